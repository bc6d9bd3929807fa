/**
 * Servers of `node:http` as operators expect them: one that cannot listen says in a sentence why and which setting to
 * change, and one that stops answers what is in flight, but waits for no client longer than it was told to.
 *
 * @since 0.1.0
 */

import { createServer, type Server } from "node:http"
import { type AddressInfo, BlockList, isIP, Server as NetServer } from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

/**
 * Where to listen.
 *
 * @since 0.1.0
 * @category options
 */
export interface Address {
  /** An address of this machine: `127.0.0.1`, `::1`, `0.0.0.0` for all of them. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** How a person changes the two: `{ host: "--host", port: "--port" }`, or names of environment variables. */
  readonly settings: { readonly host: string; readonly port: string }
}

/**
 * Nothing can listen there. `code` is what the system says, `EADDRINUSE` say.
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotListen extends Data.TaggedError("CannotListen")<Address & { readonly code: string }> {
  override get message(): string {
    const { code, port, settings } = this
    const address = hostAndPort(this.host, port)
    switch (code) {
      case "EADDRINUSE":
        return `Another program listens on ${address} already; stop it, or change the port with ${settings.port} (0 takes a free one).`
      case "EACCES":
        return `This user may not listen on ${address}; give a port above 1023 with ${settings.port}.`
      default:
        return `It is not possible to listen on ${address} (${code}); give an address of this machine with ${settings.host}.`
    }
  }
}

/** An IPv6 address has colons of its own. */
const hostAndPort = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`

const codeOf = (cause: unknown): string =>
  cause instanceof Error
    ? "code" in cause && typeof cause.code === "string"
      ? cause.code
      : cause.message
    : "unknown"

/**
 * The URL of an address that is listened on: `http://127.0.0.1:8788`, with the port that was got when 0 was asked for;
 * `unix:` and a path for a socket file.
 *
 * @since 0.1.0
 * @category addresses
 */
export const urlOf = (address: HttpServer.Address | AddressInfo): string =>
  "family" in address
    ? `http://${hostAndPort(address.address, address.port)}`
    : address._tag === "UnixAddress"
      ? `unix:${address.path}`
      : `http://${hostAndPort(address.hostname, address.port)}`

/** Knows an IPv4 address mapped into IPv6, too. */
const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

/**
 * Whether this host, an IPv6 one in brackets or not, is the machine itself: `localhost`, `::1` or one of `127.0.0.0/8`, as a mapped
 * address too. Other names are not resolved.
 *
 * @since 0.1.0
 * @category addresses
 */
export const isLoopback = (host: string): boolean => {
  const address = host.replace(/^\[(.*)\]$/, "$1")
  const family = isIP(address)
  return family === 0
    ? host.toLowerCase() === "localhost"
    : loopback.check(address, family === 4 ? "ipv4" : "ipv6")
}

/**
 * Listens, and gives the URL. It goes on until it is told to stop: see {@link close}.
 *
 * @since 0.1.0
 * @category servers
 */
export const listen = (server: Server, address: Address): Effect.Effect<string, CannotListen> =>
  Effect.async((resume) => {
    const refused = (error: Error) => resume(new CannotListen({ ...address, code: codeOf(error) }))
    server.once("error", refused)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off("error", refused)
      const bound = server.address()
      resume(
        Effect.succeed(
          bound === null || typeof bound === "string"
            ? `http://${hostAndPort(address.host, address.port)}`
            : urlOf(bound)
        )
      )
    })
  })

/** How long a client whose connection was kept has to send what it had begun to send when the server began to stop. */
const linger = Duration.millis(500)

/** For whoever is flooded with connections; usually it is a matter of milliseconds. */
const longestAccepting = Duration.seconds(1)

/**
 * Takes those that are connected already as far as the system goes, and would be reset otherwise: Node accepts few of them in a
 * turn of its event loop. Done with the first turn that brings none.
 */
const acceptWaiting = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    let came = true
    const onConnection = () => {
      came = true
    }
    const turn = () => {
      if (came) {
        came = false
        immediate = setImmediate(turn)
      } else {
        server.off("connection", onConnection)
        resume(Effect.void)
      }
    }
    server.on("connection", onConnection)
    let immediate = setImmediate(turn)
    return Effect.sync(() => {
      clearImmediate(immediate)
      server.off("connection", onConnection)
    })
  })

/** Not in a timer's turn, but after what has come in was read: a connection on which a request lies is no idle one. */
const closeIdle = (server: Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    setImmediate(() => {
      server.closeIdleConnections()
      resume(Effect.void)
    })
  })

/**
 * Takes no new connection and lets what is in flight be answered, and for half a second what comes in on connections that are
 * open: each of these answers is the last of its connection and says so. Connections that stay idle are closed after that, and
 * all of them when `drainTimeout` is over. Done as soon as no connection is left, at once where nothing listens.
 *
 * @since 0.1.0
 * @category servers
 */
export const close = (server: Server, drainTimeout: Duration.DurationInput): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    // Not the `close` of `node:http`, which ends idle connections at once: a busy client's next request is on its way on
    // them, and would be reset. It complains when it does not listen (any more), which is what is wanted.
    NetServer.prototype.close.call(server, () => resume(Effect.void))
    server.prependListener("request", (_request, response) => {
      response.shouldKeepAlive = false
    })
  }).pipe(
    // A connection that is kept alive has to be closed once it is idle, or this would wait for the client to do it.
    Effect.raceFirst(
      Effect.zipRight(Effect.sleep(linger), Effect.repeat(closeIdle(server), Schedule.spaced("25 millis")))
    ),
    (closed) => Effect.zipRight(Effect.timeoutOption(acceptWaiting(server), longestAccepting), closed),
    Effect.interruptible,
    Effect.timeoutOption(drainTimeout),
    Effect.zipRight(
      Effect.sync(() => {
        server.closeAllConnections()
        // Ends the watch over time limits, too.
        server.close()
      })
    )
  )

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends Address {
  /** How long stopping waits for what is in flight: 2 seconds unless set. */
  readonly drainTimeout?: Duration.DurationInput
}

/**
 * An `HttpServer` that listens there.
 *
 * @example
 * ```ts
 * import * as HttpServer from "@effect/platform/HttpServer"
 * import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
 * import * as NodeServer from "@effect-yunmo/node/NodeServer"
 * import * as Layer from "effect/Layer"
 *
 * const server = HttpServer.serve(HttpServerResponse.text("hello")).pipe(
 *   Layer.provide(
 *     NodeServer.layer({ host: "127.0.0.1", port: 8788, settings: { host: "--host", port: "--port" } })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = ({
  drainTimeout = "2 seconds",
  ...address
}: Options): Layer.Layer<HttpServer.HttpServer, CannotListen> =>
  Layer.suspend(() => {
    const server = createServer()
    // Runs before the platform's own end of the server, which would wait for every client.
    const drain = Layer.scopedDiscard(
      Effect.zipRight(
        HttpServer.HttpServer,
        Effect.addFinalizer(() => close(server, drainTimeout))
      )
    )
    return drain.pipe(
      Layer.provideMerge(
        NodeHttpServer.layerServer(() => server, { host: address.host, port: address.port })
      ),
      Layer.mapError(({ cause }) => new CannotListen({ ...address, code: codeOf(cause) }))
    )
  })
