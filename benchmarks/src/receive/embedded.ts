/**
 * Ours without our app, as a process: `embedded.js <database>`. The listener, receiver and inbox in a `node:http` server of
 * one's own, with nothing logged for what went well, as somebody does who has logs and metrics of their own.
 */
import { createServer } from "node:http"
import * as NodeServer from "@effect-yunmo/node/NodeServer"
import * as Program from "@effect-yunmo/node/Program"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
import * as Receiver from "@effect-yunmo/notifications/Receiver"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { secret } from "../signing/samples.js"
import { merchantNo, path } from "./messages.js"

const [, , database = ""] = process.argv

const server = Effect.gen(function* () {
  const listener = yield* NodeListener.make({ path })
  const quiet = yield* NodeServer.listen(createServer(listener), {
    host: "127.0.0.1",
    port: 0,
    settings: { host: "host", port: "port" }
  })
  yield* Program.listening("embedded", quiet).pipe(Logger.withMinimumLogLevel(LogLevel.Info))
})

const merchants = Merchants.layerEffect(
  Effect.map(KeyRing.make({ signing: SigningKey.make("bench", secret) }), (keyRing) => [
    { merchantNo, keyRing }
  ])
)

Program.main(
  "embedded",
  Layer.launch(
    Layer.scopedDiscard(server).pipe(
      Layer.provide(Receiver.layerMerchants()),
      Layer.provide(merchants),
      Layer.provide([Inbox.layer, Quarantine.layer()]),
      Layer.provide(Sqlite.layer({ filename: database })),
      Layer.provide([Logger.json, Logger.minimumLogLevel(LogLevel.Warning)])
    )
  )
)
