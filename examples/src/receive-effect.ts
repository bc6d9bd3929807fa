/** Notifications in a server of @effect/platform, with a database of one's own. */
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { HttpApp } from "@effect-yunmo/notifications"
import { Effect, Layer } from "effect"
import { receiver } from "./handlers.js"
import { port } from "./merchants.js"

const server = Layer.unwrapScoped(
  Effect.gen(function* () {
    const notifications = yield* HttpApp.make()
    return HttpRouter.empty.pipe(
      HttpRouter.get("/", HttpServerResponse.text("the rest of your server")),
      HttpRouter.all("/yunmo/notifications", notifications),
      HttpServer.serve(),
      HttpServer.withLogAddress
    )
  })
)

const http = Layer.unwrapEffect(
  Effect.map(port, (port) => NodeHttpServer.layer(createServer, { port, host: "127.0.0.1" }))
)

NodeRuntime.runMain(server.pipe(Layer.provide(receiver), Layer.provide(http), Layer.launch))
