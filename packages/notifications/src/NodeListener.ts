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
import { defaultLimits } from "@effect-yunmo/signing/RawMessage"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Defect from "./Defect.js"
import { textHeaders } from "./internal/answers.js"
import { type BodyProblem, readBody } from "./internal/nodeBody.js"
import { type Reply, reply, replyAndClose, send } from "./internal/nodeReply.js"
import { Receiver } from "./Receiver.js"

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
  /** The path of the callback URL, without query; `/yunmo/notifications` when not given. */
  readonly path?: string | undefined
  /** The path that answers 200 while the process lives; `/healthz` when not given. */
  readonly healthPath?: string | undefined
  /** Bytes of a body; 64 KiB when not given. The verifier has a limit of its own: raise both. */
  readonly maxBytes?: number | undefined
  /** How long a body may take to arrive; 10 seconds when not given. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
  /** How long requests in flight may take once the scope closes; 5 seconds when not given. */
  readonly drainTimeout?: Duration.DurationInput | undefined
}

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  body,
  headers: { ...textHeaders, ...headers }
})

const alreadyReadSentence =
  "The body was parsed before its signature was verified, so the bytes that were signed are gone: mount this listener in front of the body parser (in Express before express.json()), or keep the raw bytes on this route with express.raw({ type: () => true })."

const problems: Readonly<Record<Exclude<BodyProblem, "Aborted">, Reply>> = {
  TooLarge: text(413, "The body is too large."),
  AlreadyRead: text(500, alreadyReadSentence)
}

/** A body that is announced and has not been read. */
const bodyPending = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)

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
    const maxBytes = options.maxBytes ?? defaultLimits.maxBytes
    const receiver = yield* Receiver
    const fibers = yield* FiberSet.make<void>()
    const run = yield* FiberSet.runtime(fibers)<never>()
    let stopping = false
    yield* Effect.addFinalizer(() => {
      stopping = true
      // A finalizer is uninterruptible, and so would be the wait in it: no timeout would end it.
      return FiberSet.awaitEmpty(fibers).pipe(Effect.interruptible, Effect.timeoutOption(drainTimeout))
    })

    const receive = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
      readBody(request, maxBytes).pipe(
        Effect.timeoutFail({ duration: bodyTimeout, onTimeout: () => "TimedOut" as const }),
        Effect.matchEffect({
          onSuccess: (raw) => Effect.flatMap(receiver.receive(raw), (answer) => reply(response, answer)),
          onFailure: (problem) => {
            switch (problem) {
              case "Aborted":
                return Effect.logDebug("A client went away before its message was complete.")
              case "TimedOut":
                return replyAndClose(request, response, text(408, "The body did not arrive in time."))
              case "AlreadyRead":
                return Effect.zipRight(
                  Effect.logError(alreadyReadSentence),
                  reply(response, problems.AlreadyRead)
                )
              case "TooLarge":
                return replyAndClose(request, response, problems.TooLarge)
            }
          }
        })
      )

    const refuse = (request: IncomingMessage, response: ServerResponse, answer: Reply) =>
      bodyPending(request) ? replyAndClose(request, response, answer) : reply(response, answer)

    const route = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void> => {
      const { headers, method } = request
      const pathname = (request.url ?? "").split("?", 1)[0]
      if (pathname === healthPath) {
        return method === "GET" || method === "HEAD"
          ? reply(response, health)
          : refuse(request, response, text(405, "Only GET is answered here.", { Allow: "GET, HEAD" }))
      }
      if (pathname !== path) {
        return refuse(request, response, text(404, "There is nothing at this path."))
      }
      if (method !== "POST") {
        return refuse(request, response, text(405, "Only POST is answered here.", { Allow: "POST" }))
      }
      // What was signed are the plain bytes, and a small compressed body can be a large one.
      if ((headers["content-encoding"] ?? "identity").trim().toLowerCase() !== "identity") {
        return refuse(
          request,
          response,
          text(415, "Compressed bodies are not read.", { "Accept-Encoding": "identity" })
        )
      }
      return receive(request, response)
    }

    const answered = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void> =>
      route(request, response).pipe(
        Effect.catchAllDefect((defect) =>
          Effect.zipRight(
            Effect.logError(`The listener met a defect: ${Defect.describe(defect)}`),
            reply(response, text(500, "Something went wrong here; send it again."))
          )
        ),
        Effect.onInterrupt(() => reply(response, stopped))
      )

    return (request, response) => {
      // Once the scope is closed nothing runs in it any more, and a server that lives longer still needs an answer.
      if (stopping) {
        send(response, stopped)
      } else {
        run(answered(request, response))
      }
    }
  })

const stopped: Reply = text(503, "Stopping; send it again.", { "Retry-After": "5", Connection: "close" })

const health: Reply = {
  status: 200,
  headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  body: `{"status":"ok"}`
}
