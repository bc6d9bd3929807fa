/**
 * The HTTP server: a plain `node:http` one, since that and one fiber per request is several times as fast on this path as
 * a framework. It stops in order: no new connections, what is in flight is answered (within 5 seconds), then it closes.
 */
import { createServer, type Server } from "node:http"
import * as Program from "@effect-yunmo/node/Program"
import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
import type { Receiver } from "@effect-yunmo/notifications/Receiver"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"

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

export interface Options {
  readonly host: string
  readonly port: number
  readonly path: string
}

export class CannotListen extends Data.TaggedError("CannotListen")<{
  readonly host: string
  readonly port: number
  readonly code: string
}> {
  override get message(): string {
    const address = `${this.host}:${this.port}`
    switch (this.code) {
      case "EADDRINUSE":
        return `Another program listens on ${address} already; stop it, or set WEBHOOK_PORT to another port (0 takes a free one).`
      case "EACCES":
        return `This user may not listen on ${address}; set WEBHOOK_PORT to a port above 1023.`
      default:
        return `It is not possible to listen on ${address} (${this.code}); set WEBHOOK_HOST to an address of this machine.`
    }
  }
}

const urlOf = (server: Server): string => {
  const address = server.address()
  if (address === null || typeof address === "string") {
    return "http://unknown"
  }
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`
}

const listen = ({ host, port }: Options, server: Server): Effect.Effect<Server, CannotListen> =>
  Effect.async((resume) => {
    const refused = (error: NodeJS.ErrnoException) =>
      resume(Effect.fail(new CannotListen({ host, port, code: error.code ?? error.message })))
    server.once("error", refused)
    server.listen({ host, port }, () => {
      server.off("error", refused)
      resume(Effect.succeed(server))
    })
  })

/** A connection that is kept alive has to be closed once it is idle, or the server would wait for the client to do it. */
const close = (server: Server): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
  }).pipe(
    Effect.raceFirst(
      Effect.repeat(
        Effect.sync(() => server.closeIdleConnections()),
        Schedule.spaced("25 millis")
      )
    ),
    Effect.interruptible,
    Effect.timeoutOption(drainTimeout),
    Effect.zipRight(Effect.sync(() => server.closeAllConnections()))
  )

export const layer = (options: Options): Layer.Layer<never, CannotListen, Receiver> =>
  Layer.scopedDiscard(
    Effect.gen(function* () {
      const { path } = options
      const listener = yield* NodeListener.make({ path, drainTimeout: "2 seconds" })
      let closing = false
      const server = yield* Effect.acquireRelease(
        listen(
          options,
          createServer(timeouts, (request, response) => {
            if (closing) {
              response.setHeader("Connection", "close")
            }
            listener(request, response)
          })
        ),
        (server) =>
          Effect.logInfo(`${app} stops`).pipe(
            Effect.annotateLogs({ event: "stopping", app }),
            Effect.zipRight(
              Effect.suspend(() => {
                closing = true
                return close(server)
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
      yield* Program.listening(app, urlOf(server), `${app} takes notifications at ${urlOf(server)}${path}`)
    })
  )
