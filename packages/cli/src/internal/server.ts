/** An HTTP server that says in one sentence why it cannot listen, and that stops though clients keep connections open. */

import { createServer, type Server } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

interface Options {
  readonly host: string
  readonly port: number
}

export class CannotListen extends Data.TaggedError("CannotListen")<Options & { readonly code: string }> {
  override get message(): string {
    const address = `${this.host}:${this.port}`
    switch (this.code) {
      case "EADDRINUSE":
        return `Port ${this.port} of ${this.host} is taken by another program; stop it, or give another port with --port (0 takes a free one).`
      case "EACCES":
        return `This user may not listen on ${address}; give a port above 1023 with --port.`
      default:
        return `It is not possible to listen on ${address} (${this.code}); give an address of this machine with --host.`
    }
  }
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error
    ? "code" in cause && typeof cause.code === "string"
      ? cause.code
      : cause.message
    : "unknown"

const drainTimeout = "2 seconds"

/** Closing waits for what is in flight; that must not keep the program from stopping. */
const drain = (server: Server): Layer.Layer<never, never, HttpServer.HttpServer> =>
  Layer.scopedDiscard(
    Effect.zipRight(
      HttpServer.HttpServer,
      Effect.addFinalizer(() =>
        Effect.forkDaemon(
          Effect.delay(
            Effect.sync(() => server.closeAllConnections()),
            drainTimeout
          )
        )
      )
    )
  )

export const layer = (options: Options): Layer.Layer<HttpServer.HttpServer, CannotListen> =>
  Layer.suspend(() => {
    const server = createServer()
    return drain(server).pipe(
      Layer.provideMerge(NodeHttpServer.layerServer(() => server, options)),
      Layer.mapError(({ cause }) => new CannotListen({ ...options, code: codeOf(cause) }))
    )
  })

/** `http://127.0.0.1:8788`, with the port that was got when 0 was asked for. */
export const urlOf = (address: HttpServer.Address): string =>
  address._tag === "UnixAddress"
    ? `unix:${address.path}`
    : `http://${address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname}:${address.port}`

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host)
