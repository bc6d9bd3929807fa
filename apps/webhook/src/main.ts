/** Receives the vendor's notifications, and keeps each of them before it says OK. */
import * as Program from "@effect-yunmo/node/Program"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Server from "./Server.js"
import { settings } from "./Settings.js"

const webhook = Effect.map(settings, ({ contractFile, database, host, keyRing, merchantNo, path, port }) =>
  Server.layer({ host, port, path }).pipe(
    Layer.provide(Receiver.layer({ merchantNos: [merchantNo] })),
    Layer.provide(Verifier.layer),
    Layer.provide(Layer.succeed(KeyRing.KeyRing, keyRing)),
    Layer.provide([Inbox.layer, Quarantine.layer()]),
    Layer.provide(Sqlite.layer({ filename: database })),
    Layer.provide(Shared.contractLayer(contractFile))
  )
)

Program.run("webhook", Layer.unwrapEffect(Effect.zipRight(Program.noArguments("webhook"), webhook)))
