import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

interface Socket {
  readonly destroy: () => void
  readonly resetAndDestroy?: () => void
}

const isSocket = (value: unknown): value is Socket =>
  Predicate.hasProperty(value, "destroy") && typeof value.destroy === "function"

/** The connection behind a request: `HttpServerRequest` has no word for it, so it is looked for where Node keeps it. */
const socketOf = ({ source }: HttpServerRequest.HttpServerRequest): Socket | undefined =>
  Predicate.hasProperty(source, "socket") && isSocket(source.socket) ? source.socket : undefined

/** Ends the connection without an answer. Where it cannot be got at, the answer is an empty one that ends it. */
export const hangUp = (
  request: HttpServerRequest.HttpServerRequest,
  reset: boolean
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.suspend(() => {
    const socket = socketOf(request)
    if (socket === undefined) {
      return HttpServerResponse.empty({ status: 502, headers: { connection: "close" } })
    }
    if (reset && socket.resetAndDestroy !== undefined) {
      socket.resetAndDestroy()
    } else {
      socket.destroy()
    }
    // The server ends this fiber when it sees that the caller is gone; it runs handlers uninterruptibly, so it has to be let.
    return Effect.interruptible(Effect.never)
  })
