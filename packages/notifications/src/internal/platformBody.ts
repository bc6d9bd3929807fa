import type { IncomingMessage } from "node:http"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { joined } from "./bytes.js"
import type { BodyProblem } from "./exchange.js"
import * as Node from "./nodeBody.js"
import { ended, linger } from "./nodeReply.js"
import * as Web from "./webBody.js"

/**
 * What stands behind a request of @effect/platform. Its own streams cannot tell a body that was read before from an empty one, and
 * close the connection when they are given up, before the answer is out: so the server's own request is asked.
 */
const isNode = (source: unknown): source is IncomingMessage =>
  Predicate.hasProperty(source, "readableDidRead") && Predicate.hasProperty(source, "complete")

const isWeb = (source: unknown): source is Request =>
  Predicate.hasProperty(source, "bodyUsed") && Predicate.hasProperty(source, "signal")

/** Any other server: the stream, within bounds. */
const fromStream = (
  request: HttpServerRequest.HttpServerRequest,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> =>
  request.stream.pipe(
    Stream.runFoldWhileEffect(
      { chunks: [] as Uint8Array[], length: 0 },
      ({ length }) => length <= maxBytes,
      ({ chunks, length }, chunk) => {
        chunks.push(chunk)
        return Effect.succeed({ chunks, length: length + chunk.byteLength })
      }
    ),
    Effect.mapError((): BodyProblem => "Aborted"),
    Effect.flatMap(({ chunks, length }) =>
      length > maxBytes ? Either.left<BodyProblem>("TooLarge") : Either.right(joined(chunks, length))
    ),
    Effect.timeoutFail({ duration: millis, onTimeout: (): BodyProblem => "TimedOut" })
  )

/** The exact bytes of a request's body, if they come within so many milliseconds. */
export const readBody = (
  request: HttpServerRequest.HttpServerRequest,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> => {
  const { source } = request
  if (isNode(source)) {
    return Node.readBody(source, maxBytes, millis)
  }
  if (isWeb(source)) {
    return Web.readBody(source, maxBytes, millis)
  }
  return Number(request.headers["content-length"] ?? 0) > maxBytes
    ? Effect.fail("TooLarge")
    : fromStream(request, maxBytes, millis)
}

/** Waits for a moment for a body that nobody reads, where its bytes would otherwise reset the connection under the answer. */
export const drained = ({ source }: HttpServerRequest.HttpServerRequest): Effect.Effect<void> | undefined =>
  isNode(source) && Node.isPending(source)
    ? Effect.asVoid(Effect.timeoutOption(ended(source), linger))
    : undefined
