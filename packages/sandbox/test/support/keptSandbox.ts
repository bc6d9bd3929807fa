/** A sandbox on a file, as a process of its own: `node keptSandbox.ts <file> <callback>`. Its first line is its URL. */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
// By its name, not by its path: what runs is the package as it is built.
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"

const [, , filename = "", callbackUrl = ""] = process.argv

const sandbox = Sandbox.layerSql({
  ...Sandbox.development,
  merchants: [{ ...Sandbox.development.merchants[0], callbackUrl }],
  seed: "killed",
  resend: ["20 millis"],
  rules: { settleAfterSeconds: 0.02 }
}).pipe(Layer.provide(NodeHttpClient.layer), Layer.provide(SqliteClient.layer({ filename })))

Layer.launch(
  Layer.merge(
    SandboxServer.layer,
    Layer.effectDiscard(HttpServer.addressFormattedWith((url) => Effect.sync(() => console.log(url))))
  ).pipe(
    Layer.provide(sandbox),
    Layer.provide(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
  )
).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)), Effect.runFork)
