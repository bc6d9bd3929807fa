/**
 * A web-standard handler, `Request` to `Promise<Response>`: a route handler of Next.js, or the `fetch` of Bun, Deno and Hono. It
 * reads the exact bytes within bounds and hands them to the {@link Receiver}.
 *
 * It gives the same answers as {@link "NodeListener"}. Two things belong to the server in front: to close connections that send
 * nothing, and not to decompress bodies.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Defect from "./Defect.js"
import { logProblem, maxBytesOf, problems, type Reply, replies, routes } from "./internal/exchange.js"
import * as InFlight from "./internal/inFlight.js"
import { readBody } from "./internal/webBody.js"
import { type Binding, Receiver } from "./Receiver.js"

/**
 * What the runtimes take.
 *
 * @since 0.1.0
 * @category models
 */
export type WebHandler = (request: Request) => Promise<Response>

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The path of the callback URL, without query. Every path when not given: the router in front has chosen. */
  readonly path?: string | false | undefined
  /** The merchant to whom the path belongs: messages that name another are refused. Any merchant known when not given. */
  readonly merchantNo?: string | undefined
  /** Further paths, each with the merchant to whom it belongs. */
  readonly merchantPaths?: Readonly<Record<string, string>> | undefined
  /** A path that answers 200 while the process lives; none when not given. */
  readonly healthPath?: string | false | undefined
  /** Bytes of a body; 64 KiB when not given. The verifier has a limit of its own: raise both. */
  readonly maxBytes?: number | undefined
  /** How long a body may take to arrive; 10 seconds when not given. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
  /** How long requests in flight may take once the scope closes; 5 seconds when not given. */
  readonly drainTimeout?: Duration.DurationInput | undefined
}

const responseOf = (request: Request, { body, headers, status }: Reply): Response =>
  new Response(request.method === "HEAD" ? null : body, { status, headers })

/**
 * Builds the handler. Each request runs in a fiber of its own. When the scope closes, requests in flight are answered first,
 * within `drainTimeout`, and new ones get 503.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<WebHandler, never, Receiver | Scope.Scope> =>
  Effect.gen(function* () {
    const { bodyTimeout = "10 seconds", drainTimeout = "5 seconds" } = options
    const route = routes(options)
    const maxBytes = maxBytesOf(options)
    const millis = Duration.toMillis(bodyTimeout)
    const receiver = yield* Receiver
    const { fibers, isStopping } = yield* InFlight.make(drainTimeout)
    const run = yield* FiberSet.runtime(fibers)<never>()

    const receive = (request: Request, binding: Binding | undefined): Effect.Effect<Reply> =>
      Effect.matchEffect(readBody(request, maxBytes, millis), {
        onSuccess: (raw): Effect.Effect<Reply> => receiver.receive(raw, binding),
        onFailure: (problem) => Effect.as(logProblem(problem), problems[problem])
      })

    const respond = (request: Request): Effect.Effect<Reply> => {
      const verdict = route(
        request.method,
        new URL(request.url).pathname,
        request.headers.get("content-encoding")
      )
      return verdict._tag === "Reply" ? Effect.succeed(verdict.reply) : receive(request, verdict.binding)
    }

    const answered = (request: Request): Effect.Effect<Reply> =>
      Effect.suspend(() => respond(request)).pipe(
        Effect.catchAllDefect((defect) =>
          Effect.as(Effect.logError(`The handler met a defect: ${Defect.describe(defect)}`), replies.broken)
        )
      )

    return (request) =>
      isStopping()
        ? Promise.resolve(responseOf(request, replies.stopping))
        : new Promise((resolve) => {
            const done = (reply: Reply) => resolve(responseOf(request, reply))
            const fiber = run(
              Effect.map(answered(request), (reply) => {
                done(reply)
              })
            )
            fiber.addObserver((exit) => {
              // Interrupted, by the scope that closed.
              if (Exit.isFailure(exit)) {
                done(replies.stopping)
              }
            })
          })
  })

/**
 * For hosts that know nothing of Effect: a handler over a receiver that is built on the first request, once, and tried again with
 * the next when that fails (meanwhile the answer is 503). `dispose` answers what is in flight and releases what the layer
 * holds.
 *
 * @example
 * ```ts
 * import type { Receiver } from "@effect-yunmo/notifications/Receiver"
 * import * as WebHandler from "@effect-yunmo/notifications/WebHandler"
 * import type * as Layer from "effect/Layer"
 *
 * declare const receiver: Layer.Layer<Receiver>
 *
 * // app/yunmo/notifications/route.ts
 * export const { handler: POST } = WebHandler.fromLayer(receiver)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromLayer = <E extends { readonly message: string }>(
  layer: Layer.Layer<Receiver, E>,
  options: Options = {}
): { readonly handler: WebHandler; readonly dispose: () => Promise<void> } => {
  let current: Started | undefined
  let last: Promise<Started> | undefined

  const start = Effect.gen(function* () {
    const scope = yield* Scope.make()
    return yield* Layer.toRuntime(layer).pipe(
      Effect.flatMap((runtime) => Effect.provide(make(options), runtime)),
      Scope.extend(scope),
      Effect.map((handler): Started => ({ handler, close: Scope.close(scope, Exit.void) })),
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Scope.close(scope, Exit.void),
          Effect.as(Effect.logError(`Notifications cannot be taken: ${Defect.describeCause(cause)}`), failed)
        )
      )
    )
  })

  const started = (): Promise<Started> => {
    last ??= Effect.runPromise(start).then((outcome) => {
      if (outcome === failed) {
        last = undefined
      } else {
        current = outcome
      }
      return outcome
    })
    return last
  }

  return {
    handler: (request) =>
      current === undefined ? started().then(({ handler }) => handler(request)) : current.handler(request),
    dispose: () =>
      last === undefined ? Promise.resolve() : last.then(({ close }) => Effect.runPromise(close))
  }
}

interface Started {
  readonly handler: WebHandler
  readonly close: Effect.Effect<void>
}

/** What could not be started; the next request tries again. */
const failed: Started = {
  handler: (request) => Promise.resolve(responseOf(request, replies.broken)),
  close: Effect.void
}
