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
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Defect from "./Defect.js"
import { ambientOf } from "./internal/ambient.js"
import { receiveDirectly } from "./internal/direct.js"
import {
  logProblem,
  maxBytesOf,
  pathnameOf,
  problems,
  type Reply,
  replies,
  routes
} from "./internal/exchange.js"
import { isPending, takeBody } from "./internal/nodeBody.js"
import * as NodeInFlight from "./internal/nodeInFlight.js"
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

const stopping = (request: NodeInFlight.Request, forget: () => void) => () => {
  forget()
  request.done()
}

const refuse = (request: IncomingMessage, response: ServerResponse, answer: Reply): Effect.Effect<void> =>
  isPending(request) ? replyAndClose(request, response, answer) : reply(response, answer)

/**
 * Builds the listener. When the scope closes, requests in flight are answered first,
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
    const runtime = yield* Effect.runtime<never>()
    const inFlight = yield* NodeInFlight.make(drainTimeout)
    const ambient = ambientOf(runtime)
    const directly = ambient === undefined ? undefined : receiveDirectly(receiver)
    const run = Runtime.runFork(runtime)

    /** Carries a request on in a fiber, where it is not answered by plain callbacks: with a tracer, and what is rare. */
    const carryOn = (request: NodeInFlight.Request, effect: Effect.Effect<void>): void => {
      const { response } = request
      const fiber = run(
        effect.pipe(
          Effect.catchAllDefect((defect) =>
            Effect.zipRight(
              Effect.logError(`The listener met a defect: ${Defect.describe(defect)}`),
              reply(response, replies.broken)
            )
          ),
          Effect.onInterrupt(() => reply(response, replies.stopping))
        )
      )
      request.stop = () => fiber.unsafeInterruptAsFork(FiberId.none)
      fiber.addObserver(request.done)
    }

    /** Whatever is thrown is an answer as well. */
    const attempt = (request: NodeInFlight.Request, action: () => void): void => {
      try {
        action()
      } catch (defect) {
        carryOn(request, Effect.die(defect))
      }
    }

    const receive = (request: NodeInFlight.Request, raw: Uint8Array, binding: Binding | undefined): void => {
      const { response } = request
      const answer = (give: () => Reply) =>
        attempt(request, () => {
          send(response, give())
          request.done()
        })
      const begun =
        directly === undefined || ambient === undefined
          ? receiver.receive(raw, binding)
          : directly(raw, binding, ambient, answer)
      if (Effect.isEffect(begun)) {
        carryOn(
          request,
          Effect.flatMap(begun, (answer) => reply(response, answer))
        )
      } else {
        request.stop = stopping(request, begun)
      }
    }

    const respond = (request: NodeInFlight.Request): void => {
      const { message, response } = request
      const { headers, method = "", url = "" } = message
      const verdict = route(method, pathnameOf(url), headers["content-encoding"])
      if (verdict._tag === "Reply") {
        carryOn(request, refuse(message, response, verdict.reply))
        return
      }
      const forget = takeBody(message, maxBytes, millis, (body) =>
        attempt(request, () => {
          if (Either.isRight(body)) {
            receive(request, body.right, verdict.binding)
          } else {
            const problem = body.left
            const told = logProblem(problem)
            carryOn(
              request,
              problem === "Aborted"
                ? told
                : Effect.zipRight(told, refuse(message, response, problems[problem]))
            )
          }
        })
      )
      if (forget !== undefined) {
        request.stop = stopping(request, forget)
      }
    }

    return (message, response) => {
      const request = inFlight.begin(message, response)
      if (request === undefined) {
        send(response, replies.stopping)
      } else {
        attempt(request, () => respond(request))
      }
    }
  })
