/** Receives the vendor's notifications, and keeps each of them before it says OK. */
import * as Database from "@effect-yunmo/node/Database"
import * as MerchantsChoice from "@effect-yunmo/node/MerchantsChoice"
import * as Program from "@effect-yunmo/node/Program"
import * as Readiness from "@effect-yunmo/node/Readiness"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Telemetry from "@effect-yunmo/node/Telemetry"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Server from "./Server.js"
import { settings } from "./Settings.js"

const webhook = Effect.gen(function* () {
  yield* Program.noArguments(Server.app)
  const { admin, atRestKeys, contractFile, database, listener, merchants, telemetry } = yield* settings
  const opened = yield* MerchantsChoice.open(merchants, { takenPaths: [listener.path, listener.healthPath] })
  return Server.layer(listener, opened.merchantPaths).pipe(
    // Opened before the listener and closed after it, so that it tells of the drain to its end.
    Layer.provide(Server.adminLayer(admin)),
    Layer.provide(Receiver.layerMerchants()),
    Layer.provide(opened.layer),
    Layer.provide([Inbox.layer, Quarantine.layer()]),
    Layer.provide(Readiness.layerDatabase()),
    Layer.provide(Shared.atRestLayer(atRestKeys)),
    Layer.provide(Database.layer(database, { postgres: { applicationName: Server.app } })),
    Layer.provide(Shared.contractLayer(contractFile)),
    Layer.provide(Telemetry.layer(Server.app, telemetry))
  )
})

Program.run(Server.app, Layer.unwrapEffect(webhook))
