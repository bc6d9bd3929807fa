/**
 * The receiver as an `HttpApp` of @effect/platform: route to it with `HttpRouter.post`, or serve it by itself. It reads the exact
 * bytes through `HttpServerRequest` within bounds and hands them to the {@link Receiver}.
 *
 * It gives the same answers as {@link "NodeListener"}, which does several times as many requests on a plain `node:http` server.
 * A notification that has come in whole is carried through when its client goes away.
 *
 * @since 0.1.0
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
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
import { drained, readBody } from "./internal/platformBody.js"
import { type Binding, Receiver } from "./Receiver.js"
import type * as WebHandler from "./WebHandler.js"

/**
 * The same as a web-standard handler's: every path and no health path unless set.
 *
 * @since 0.1.0
 * @category options
 */
export type Options = WebHandler.Options

const encoder = new TextEncoder()

const respond = ({ body, headers, status }: Reply): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, { status, headers, contentType: headers["Content-Type"] })

/**
 * Answers a request whose body will not be read, and closes the connection. The answer goes out whole; then what still comes
 * in is thrown away for a moment, since closed at once it would reset the connection under the answer.
 */
const refuse = (
  request: HttpServerRequest.HttpServerRequest,
  reply: Reply
): HttpServerResponse.HttpServerResponse => {
  const wait = drained(request)
  if (wait === undefined) {
    return respond(reply)
  }
  const bytes = encoder.encode(reply.body)
  return HttpServerResponse.stream(Stream.concat(Stream.make(bytes), Stream.drain(Stream.fromEffect(wait))), {
    status: reply.status,
    headers: { ...reply.headers, "Content-Length": String(bytes.byteLength), Connection: "close" }
  })
}

/**
 * Builds the app. When the scope closes, requests in flight are answered first, within `drainTimeout`, and new ones get 503.
 *
 * @example
 * ```ts
 * import * as HttpRouter from "@effect/platform/HttpRouter"
 * import * as HttpServer from "@effect/platform/HttpServer"
 * import * as HttpApp from "@effect-yunmo/notifications/HttpApp"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * // Needs the Receiver and an HttpServer.
 * const server = Layer.unwrapScoped(
 *   Effect.map(HttpApp.make(), (app) =>
 *     HttpRouter.empty.pipe(HttpRouter.post("/yunmo/notifications", app), HttpServer.serve())
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<HttpApp.Default, never, Receiver | Scope.Scope> =>
  Effect.gen(function* () {
    const { bodyTimeout = "10 seconds", drainTimeout = "5 seconds" } = options
    const route = routes(options)
    const maxBytes = maxBytesOf(options)
    const millis = Duration.toMillis(bodyTimeout)
    const receiver = yield* Receiver
    const { fibers, isStopping } = yield* InFlight.make(drainTimeout)

    /** In a fiber of its own: the server interrupts the one of the request when the client goes away. */
    const carryThrough = (raw: Uint8Array, binding: Binding | undefined): Effect.Effect<Reply> =>
      Effect.suspend(() => {
        let reply: Reply = replies.stopping
        const received = Effect.map(receiver.receive(raw, binding), (answer) => {
          reply = answer
        })
        return FiberSet.run(fibers, received).pipe(
          Effect.flatMap(Fiber.await),
          // Interrupted, by the scope that closed: it is said that this stops.
          Effect.flatMap((exit) => (Exit.isInterrupted(exit) ? Effect.void : exit)),
          Effect.map(() => reply)
        )
      })

    const receive = (request: HttpServerRequest.HttpServerRequest, binding: Binding | undefined) =>
      Effect.matchEffect(readBody(request, maxBytes, millis), {
        onSuccess: (raw) => Effect.map(carryThrough(raw, binding), respond),
        onFailure: (problem: BodyProblem) =>
          Effect.as(logProblem(problem), refuse(request, problems[problem]))
      })

    return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      if (isStopping()) {
        return Effect.succeed(refuse(request, replies.stopping))
      }
      const verdict = route(request.method, pathnameOf(request.url), request.headers["content-encoding"])
      return verdict._tag === "Reply"
        ? Effect.succeed(refuse(request, verdict.reply))
        : receive(request, verdict.binding)
    }).pipe(
      Effect.catchAllDefect((defect) =>
        Effect.as(
          Effect.logError(`The app met a defect: ${Defect.describe(defect)}`),
          respond(replies.broken)
        )
      )
    )
  })
