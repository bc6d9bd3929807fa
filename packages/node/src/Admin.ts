/**
 * The port for those who run a program, apart from the one for the world: `/healthz` while the process lives, `/readyz` while it
 * can do its work ({@link Readiness}), `/metrics` for Prometheus. GET only.
 *
 * On loopback without a credential it answers callers on this machine alone: by its own names, so that no page can reach
 * it by a name of its own (DNS rebinding), and not through a proxy. Elsewhere it does not start without a credential, and answers
 * nothing without it. Calls that a browser makes for a page of another site are refused in any case.
 *
 * @since 0.1.0
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import type * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { refusalOf } from "./internal/adminGuard.js"
import { refuse } from "./internal/answer.js"
import * as ProcessMetrics from "./internal/processMetrics.js"
import * as NodeServer from "./NodeServer.js"
import * as Prometheus from "./Prometheus.js"
import { Readiness } from "./Readiness.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends NodeServer.Address {
  /** The credential that every call has to bear; needed unless `host` is loopback. */
  readonly token?: Redacted.Redacted<string> | undefined
  /** Brings gauges up to date before `/metrics` is answered: sizes that are counted when somebody asks. */
  readonly collect?: Effect.Effect<void> | undefined
  /** How long that may take; 2 seconds unless set. */
  readonly collectTimeout?: Duration.DurationInput | undefined
}

/**
 * An admin port that others could reach without a credential.
 *
 * @since 0.1.0
 * @category errors
 */
export class AdminUnprotected extends Data.TaggedError("AdminUnprotected")<{ readonly host: string }> {
  override get message(): string {
    return `The admin port may not listen on ${this.host} without a credential; give one, or let it listen on 127.0.0.1.`
  }
}

/**
 * Calls of the admin port that were refused, by `reason`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const refused = Metric.counter("yunmo_admin_refused_total", {
  description: "Calls of the admin port that were refused, by reason",
  incremental: true
})

interface Reply {
  readonly status: number
  readonly type: string
  readonly body: string
}

const json = (status: number, value: Readonly<Record<string, string>>): Reply => ({
  status,
  type: "application/json",
  body: JSON.stringify(value)
})

const send = (request: IncomingMessage, response: ServerResponse, { body, status, type }: Reply): void => {
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    "Content-Type": type,
    "Content-Length": bytes.byteLength,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin"
  })
  response.end(request.method === "HEAD" ? undefined : bytes)
}

/**
 * Listens until the scope closes, and gives the URL. It closes after whatever was built on it, and so tells `/readyz` apart
 * until the end of a drain.
 *
 * @since 0.1.0
 * @category servers
 */
export const listen = (
  options: Options
): Effect.Effect<string, NodeServer.CannotListen | AdminUnprotected, Readiness | Scope.Scope> =>
  Effect.gen(function* () {
    const { collect = Effect.void, collectTimeout = "2 seconds", host, token } = options
    if (token === undefined && !NodeServer.isLoopback(host)) {
      return yield* new AdminUnprotected({ host })
    }
    const readiness = yield* Readiness
    const processMetrics = yield* ProcessMetrics.make

    const ready = readiness.check.pipe(
      Effect.as(json(200, { status: "ready" })),
      Effect.catchTag("NotReady", (notReady) =>
        // A drain is announced by the program itself.
        Effect.logWarning(`Not ready: ${notReady.message}`).pipe(
          Effect.unless(() => notReady.reason === "draining"),
          Effect.as(json(503, { status: "not ready", reason: notReady.reason }))
        )
      )
    )
    const metrics = collect.pipe(
      Effect.timeoutOption(collectTimeout),
      Effect.catchAllCause((cause) =>
        Effect.logWarning("Some metrics could not be brought up to date", cause)
      ),
      Effect.zipRight(processMetrics),
      Effect.zipRight(Prometheus.snapshot),
      Effect.map((body): Reply => ({ status: 200, type: Prometheus.contentType, body }))
    )
    const route = (request: IncomingMessage): Effect.Effect<Reply> => {
      switch ((request.url ?? "").split("?", 1)[0]) {
        case "/healthz":
          return Effect.succeed(json(200, { status: "ok" }))
        case "/readyz":
          return ready
        case "/metrics":
          return metrics
        default:
          return Effect.succeed(json(404, { error: "There is /healthz, /readyz and /metrics." }))
      }
    }

    const runFork = Runtime.runFork(yield* Effect.runtime<never>())
    const server = createServer(
      { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 },
      (request, response) => {
        const refusal = refusalOf(request, token)
        if (refusal !== undefined) {
          const { headers, reason, status, text } = refusal
          runFork(Metric.increment(Metric.tagged(refused, "reason", reason)))
          refuse(request, response, status, text, headers)
          return
        }
        const fiber = runFork(
          Effect.map(route(request), (reply) => send(request, response, reply)).pipe(
            Effect.catchAllDefect(() =>
              Effect.sync(() => refuse(request, response, 500, "Something went wrong here."))
            )
          )
        )
        response.once("close", () => runFork(Fiber.interrupt(fiber)))
      }
    )
    server.maxConnections = 64
    // Node leaves away what is beyond 1,000 headers, among them perhaps those by which a proxy is known.
    server.maxHeadersCount = 0
    return yield* Effect.acquireRelease(NodeServer.listen(server, options), () =>
      NodeServer.close(server, "500 millis")
    )
  })

/**
 * Listens while the layer lives, and logs where, as a line with the event `adminListening`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  app: string,
  options: Options
): Layer.Layer<never, NodeServer.CannotListen | AdminUnprotected, Readiness> =>
  Layer.scopedDiscard(
    Effect.flatMap(listen(options), (url) =>
      Effect.logInfo(`${app} answers its operators at ${url}`).pipe(
        Effect.annotateLogs({ event: "adminListening", app, url })
      )
    )
  )
