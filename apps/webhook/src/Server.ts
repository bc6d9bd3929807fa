/**
 * The HTTP server: a plain `node:http` one, since that and one fiber per request is several times as fast on this path as
 * a framework. It stops in order: no new connections, what is in flight is answered (within 5 seconds), then it closes.
 */
import { createServer } from "node:http"
import * as NodeServer from "@effect-yunmo/node/NodeServer"
import * as Program from "@effect-yunmo/node/Program"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import type { Receiver } from "@effect-yunmo/notifications/Receiver"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"

const app = "webhook"

/** Milliseconds. */
const timeouts = {
  /** From the connection's first moment to the end of the headers: also ends connections that say nothing. */
  headersTimeout: 10_000,
  /** To the end of the body. The listener gives up on a slow body before that, and says so. */
  requestTimeout: 20_000,
  /** Longer than the 60 seconds that proxies commonly keep a connection, so that the proxy is the one to close it. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 2_000
}

const drainTimeout = "5 seconds"

/** The settings that say where it listens. */
const settings = { host: "WEBHOOK_HOST", port: "WEBHOOK_PORT" }

export interface Options {
  readonly host: string
  readonly port: number
  readonly path: string
}

export const layer = (options: Options): Layer.Layer<never, NodeServer.CannotListen, Receiver> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { host, path, port } = options
      const listener = yield* NodeListener.make({ path, drainTimeout: "2 seconds" })
      let closing = false
      const server = createServer(timeouts, (request, response) => {
        if (closing) {
          response.setHeader("Connection", "close")
        }
        listener(request, response)
      })
      const url = yield* Effect.acquireRelease(NodeServer.listen(server, { host, port, settings }), () =>
        Effect.logInfo(`${app} stops`).pipe(
          Effect.annotateLogs({ event: "stopping", app }),
          Effect.zipRight(
            Effect.suspend(() => {
              closing = true
              return NodeServer.close(server, drainTimeout)
            })
          )
        )
      )
      // Out of file descriptors, say: worth a line, not the end of the process.
      const log = Runtime.runFork(yield* Effect.runtime<never>())
      server.on("error", (error) => {
        log(Effect.logError("The server cannot accept a connection", error.message))
      })
      yield* Effect.logWarning(
        "Notifications are kept unencrypted in the database file, which only this user can read; keep it on an encrypted disk."
      )
      yield* Program.listening(app, url, `${app} takes notifications at ${url}${path}`)
    })
  )
