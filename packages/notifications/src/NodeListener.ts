/**
 * A listener for `node:http`: give it to `http.createServer`, or mount it in Express or Fastify in front of whatever parses
 * bodies. It reads the exact bytes within bounds and hands them to the {@link Receiver}.
 *
 * Besides the receiver's answers it gives 404 for another path, 405 for another method, 408 for a body that does not come to
 * its end, 413 for one that is too large, 415 for a compressed one, 500 with a sentence that names the mistake when
 * something in front has parsed the body, and 503 once it is stopping.
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Defect from "./Defect.js"
import {
  type BodyProblem,
  logProblem,
  maxBytesOf,
  pathnameOf,
  problems,
  type Reply,
  replies,
  routes
} from "./internal/exchange.js"
import * as InFlight from "./internal/inFlight.js"
import { isPending, readBody } from "./internal/nodeBody.js"
import { reply, replyAndClose, send } from "./internal/nodeReply.js"
import { type Binding, Receiver } from "./Receiver.js"

/**
 * What `http.createServer` takes.
 *
 * @since 0.1.0
 * @category models
 */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => void

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * The path of the callback URL, without query; `/yunmo/notifications` when not given. `false` when a router in front has
   * chosen already: every path is taken.
   */
  readonly path?: string | false | undefined
  /** The merchant to whom `path` belongs: messages that name another are refused there. Any merchant known when not given. */
  readonly merchantNo?: string | undefined
  /** Further paths, each with the merchant to whom it belongs. */
  readonly merchantPaths?: Readonly<Record<string, string>> | undefined
  /** The path that answers 200 while the process lives; `/healthz` when not given, none when `false`. */
  readonly healthPath?: string | false | undefined
  /** Bytes of a body; 64 KiB when not given. The verifier has a limit of its own: raise both. */
  readonly maxBytes?: number | undefined
  /** How long a body may take to arrive; 10 seconds when not given. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
  /** How long requests in flight may take once the scope closes; 5 seconds when not given. */
  readonly drainTimeout?: Duration.DurationInput | undefined
}

const refuse = (request: IncomingMessage, response: ServerResponse, answer: Reply): Effect.Effect<void> =>
  isPending(request) ? replyAndClose(request, response, answer) : reply(response, answer)

/**
 * Builds the listener. Each request runs in a fiber of its own. When the scope closes, requests in flight are answered first,
 * within `drainTimeout`, and new ones get 503.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http"
 * import * as NodeListener from "@effect-yunmo/notifications/NodeListener"
 * import * as Effect from "effect/Effect"
 *
 * const server = Effect.gen(function* () {
 *   const listener = yield* NodeListener.make({ path: "/yunmo/notifications" })
 *   return yield* Effect.acquireRelease(
 *     Effect.sync(() => createServer(listener).listen(8787, "127.0.0.1")),
 *     (server) => Effect.sync(() => server.close())
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<NodeListener, never, Receiver | Scope.Scope> =>
  Effect.gen(function* () {
    const { healthPath = "/healthz", path = "/yunmo/notifications" } = options
    const { bodyTimeout = "10 seconds", drainTimeout = "5 seconds" } = options
    const route = routes({ ...options, path, healthPath })
    const maxBytes = maxBytesOf(options)
    const millis = Duration.toMillis(bodyTimeout)
    const receiver = yield* Receiver
    const { fibers, isStopping } = yield* InFlight.make(drainTimeout)
    const run = yield* FiberSet.runtime(fibers)<never>()

    const receive = (request: IncomingMessage, response: ServerResponse, binding: Binding | undefined) =>
      Effect.matchEffect(readBody(request, maxBytes, millis), {
        onSuccess: (raw) =>
          Effect.flatMap(receiver.receive(raw, binding), (answer) => reply(response, answer)),
        onFailure: (problem: BodyProblem) => {
          if (problem === "Aborted") {
            return logProblem(problem)
          }
          return Effect.zipRight(logProblem(problem), refuse(request, response, problems[problem]))
        }
      })

    const respond = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void> => {
      const { headers, method = "", url = "" } = request
      const verdict = route(method, pathnameOf(url), headers["content-encoding"])
      return verdict._tag === "Reply"
        ? refuse(request, response, verdict.reply)
        : receive(request, response, verdict.binding)
    }

    const answered = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
      Effect.suspend(() => respond(request, response)).pipe(
        Effect.catchAllDefect((defect) =>
          Effect.zipRight(
            Effect.logError(`The listener met a defect: ${Defect.describe(defect)}`),
            reply(response, replies.broken)
          )
        ),
        Effect.onInterrupt(() => reply(response, replies.stopping))
      )

    return (request, response) => {
      if (isStopping()) {
        send(response, replies.stopping)
      } else {
        run(answered(request, response))
      }
    }
  })
