/**
 * A `node:http` server that may stand on the open internet, alone or behind proxies: time limits for headers, requests and
 * idle connections, a limit of connections in all and for each address, and a list of the senders it answers.
 *
 * A connection beyond a limit is closed at once and without an answer: an answer would cost what the limit is there to save, and a proxy
 * takes it for a reason to try another server. A sender that is not on the list gets 403 before a byte of its body is read. All
 * of them are counted, and told in one log line every few seconds rather than in one each.
 *
 * @since 0.1.0
 */
import {
  createServer,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  ServerResponse
} from "node:http"
import type { Socket } from "node:net"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as AddressList from "./AddressList.js"
import * as ClientAddress from "./ClientAddress.js"
import { refuse } from "./internal/answer.js"
import { canonical, holderOf } from "./internal/ipAddress.js"
import * as NodeServer from "./NodeServer.js"

/**
 * Whom the server answers, and how much it bears.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends NodeServer.Address {
  /** From the connection's first moment to the end of the headers, so also for one that says nothing; 10 seconds unless set. */
  readonly headersTimeout?: Duration.DurationInput | undefined
  /** To the end of a request's body; 20 seconds unless set. */
  readonly requestTimeout?: Duration.DurationInput | undefined
  /** Between two requests of one connection; 65 seconds unless set, so that a proxy, with its common 60, is the one to close it. */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /** Connections in all; 4,096 unless set. */
  readonly maxConnections?: number | undefined
  /** Connections of one address, or of one /64 network in IPv6; 256 unless set. Those of trusted proxies are not counted. */
  readonly maxConnectionsPerAddress?: number | undefined
  /** Others whose connections are not counted by address; this machine's own unless set. */
  readonly uncounted?: AddressList.AddressList | undefined
  /** Who may send; everybody when not given. */
  readonly allow?: AddressList.AddressList | undefined
  /** Whose `X-Forwarded-For` is believed; nobody's unless given. */
  readonly trustedProxies?: AddressList.AddressList | undefined
  /** Paths that answer everybody, whatever `allow` says: that of the health check. */
  readonly openPaths?: ReadonlyArray<string> | undefined
  /** How long stopping waits for what is in flight; 5 seconds unless set. */
  readonly drainTimeout?: Duration.DurationInput | undefined
}

/**
 * Connections closed at once, by `reason`: `total`, or `address` for too many of one address.
 *
 * @since 0.1.0
 * @category metrics
 */
export const connectionsRefused = Metric.counter("yunmo_http_connections_refused_total", {
  description: "Connections closed at once because there were too many, by reason",
  incremental: true
})

/**
 * Requests answered with 403 because their sender is not on the list.
 *
 * @since 0.1.0
 * @category metrics
 */
export const sendersRefused = Metric.counter("yunmo_http_senders_refused_total", {
  description: "Requests of senders that are not on the list of allowed addresses",
  incremental: true
})

/**
 * Connections that are open now.
 *
 * @since 0.1.0
 * @category metrics
 */
export const connectionsOpen = Metric.gauge("yunmo_http_connections_open", {
  description: "Connections to the public listener that are open now"
})

const logInterval = Duration.seconds(5)

type Refusal = "total" | "address" | "sender"

const sentences: Readonly<Record<Refusal, string>> = {
  total: "Connections were closed at once: there were as many as the server takes.",
  address: "Connections were closed at once: their address had as many as one may have.",
  sender: "Requests were refused with 403: their sender is not on the list of allowed addresses."
}

/** Counts each refusal at once, and logs them together: a flood must not become a flood of lines. */
const makeTally = Effect.gen(function* () {
  const runSync = Runtime.runSync(yield* Effect.runtime<never>())
  const pending = new Map<Refusal, { count: number; last: string }>()
  const flush = Effect.suspend(() => {
    const lines = [...pending]
    pending.clear()
    return Effect.forEach(
      lines,
      ([reason, { count, last }]) =>
        Effect.logWarning(sentences[reason]).pipe(
          Effect.annotateLogs({ event: "refused", reason, count, lastAddress: last })
        ),
      { discard: true }
    )
  })
  yield* Effect.addFinalizer(() => flush)
  yield* Effect.forkScoped(Effect.forever(Effect.delay(flush, logInterval)))
  const counters = {
    total: Metric.tagged(connectionsRefused, "reason", "total"),
    address: Metric.tagged(connectionsRefused, "reason", "address"),
    sender: sendersRefused
  }
  // So that the page has them from the start, and a rate can be had of the first one.
  yield* Effect.forEach(Object.values(counters), (counter) => Metric.incrementBy(counter, 0))
  return (reason: Refusal, address: string): void => {
    const known = pending.get(reason)
    if (known === undefined) {
      pending.set(reason, { count: 1, last: address })
    } else {
      known.count += 1
      known.last = address
    }
    runSync(Metric.increment(counters[reason]))
  }
})

/** Closes what is beyond the limits, and keeps count of the rest. */
const limitConnections = (
  server: Server,
  options: Options,
  tally: (reason: Refusal, address: string) => void,
  opened: (count: number) => void
): void => {
  const { maxConnections = 4096, maxConnectionsPerAddress = 256 } = options
  const { trustedProxies = AddressList.empty, uncounted: exempt = { contains: NodeServer.isLoopback } } =
    options
  const counts = new Map<string, number>()
  let open = 0
  server.maxConnections = maxConnections
  // Node leaves away what is beyond 1,000 headers, as the one that a proxy adds at the end; 16 KiB limit them anyway.
  server.maxHeadersCount = 0
  server.on("drop", (data) => tally("total", data?.remoteAddress ?? "unknown"))
  server.on("connection", (socket: Socket) => {
    const address = canonical(socket.remoteAddress ?? "") ?? "unknown"
    const uncounted = trustedProxies.contains(address) || exempt.contains(address)
    const holder = holderOf(address)
    const count = counts.get(holder) ?? 0
    if (!uncounted && count >= maxConnectionsPerAddress) {
      tally("address", address)
      socket.destroy()
      return
    }
    open += 1
    opened(open)
    if (!uncounted) {
      counts.set(holder, count + 1)
    }
    socket.once("close", () => {
      open -= 1
      opened(open)
      if (!uncounted) {
        const left = (counts.get(holder) ?? 1) - 1
        if (left > 0) {
          counts.set(holder, left)
        } else {
          counts.delete(holder)
        }
      }
    })
  })
}

/** Answers of a server that has stopped listening: each is the last of its connection, also to a request that came before. */
const lastAnswers = (isListening: () => boolean) =>
  class extends ServerResponse {
    override writeHead(
      status: number,
      first?: string | OutgoingHttpHeaders | Array<OutgoingHttpHeader>,
      second?: OutgoingHttpHeaders | Array<OutgoingHttpHeader>
    ): this {
      if (!isListening()) {
        this.shouldKeepAlive = false
      }
      return typeof first === "object"
        ? super.writeHead(status, first)
        : super.writeHead(status, first, second)
    }
  }

const millis = (duration: Duration.DurationInput | undefined, otherwise: number): number =>
  duration === undefined ? otherwise : Math.max(1, Duration.toMillis(duration))

/**
 * Listens until the scope closes, and gives the URL. Closing takes no new connection, lets what is in flight be answered
 * within `drainTimeout`, and what comes in on connections that are open for half a second, and closes the rest.
 *
 * @example
 * ```ts
 * import * as PublicServer from "@effect-yunmo/node/PublicServer"
 *
 * const server = PublicServer.listen((_request, response) => void response.end("hello"), {
 *   host: "0.0.0.0",
 *   port: 8787,
 *   settings: { host: "HOST", port: "PORT" },
 *   maxConnections: 1000
 * })
 * ```
 *
 * @since 0.1.0
 * @category servers
 */
export const listen = (
  listener: RequestListener,
  options: Options
): Effect.Effect<string, NodeServer.CannotListen, Scope.Scope> =>
  Effect.gen(function* () {
    const { allow, drainTimeout = "5 seconds", openPaths = [], trustedProxies = AddressList.empty } = options
    const runtime = yield* Effect.runtime<never>()
    const tally = yield* makeTally
    const headersTimeout = millis(options.headersTimeout, 10_000)
    const server: Server = createServer(
      {
        ServerResponse: lastAnswers(() => server.listening),
        headersTimeout,
        requestTimeout: Math.max(headersTimeout, millis(options.requestTimeout, 20_000)),
        keepAliveTimeout: millis(options.idleTimeout, 65_000),
        // How late the limits above may be met.
        connectionsCheckingInterval: Math.min(2000, headersTimeout)
      },
      (request, response) => {
        const sender = allow === undefined ? "" : ClientAddress.ofRequest(request, trustedProxies)
        const path = (request.url ?? "").split("?", 1)[0] ?? ""
        if (allow === undefined || allow.contains(sender) || openPaths.includes(path)) {
          listener(request, response)
        } else {
          tally("sender", sender)
          refuse(request, response, 403, "This address may not send here.")
        }
      }
    )
    const runSync = Runtime.runSync(runtime)
    limitConnections(server, options, tally, (count) => runSync(Metric.set(connectionsOpen, count)))
    // Out of file descriptors, say: worth a line, not the end of the process.
    const log = Runtime.runFork(runtime)
    const url = yield* Effect.acquireRelease(NodeServer.listen(server, options), () =>
      NodeServer.close(server, drainTimeout)
    )
    server.on("error", (error) => {
      log(Effect.logError("The server cannot accept a connection", error.message))
    })
    return url
  })
