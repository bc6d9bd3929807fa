import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { joined } from "./bytes.js"
import type { BodyProblem } from "./exchange.js"

const encoder = new TextEncoder()

/** `content-length` of a body that is larger than allowed is refused before a byte of it is read. */
const declaresMore = (request: IncomingMessage, maxBytes: number): boolean => {
  const declared = request.headers["content-length"]
  return declared !== undefined && Number(declared) > maxBytes
}

/** A body that is announced and has not come to its end. */
export const isPending = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0)

/** Raw bytes that something in front has kept: `express.raw()` puts them on `body`, several hosts on `rawBody`. */
const keptBytes = (request: IncomingMessage): Uint8Array | undefined =>
  "rawBody" in request && request.rawBody instanceof Uint8Array
    ? request.rawBody
    : "body" in request && request.body instanceof Uint8Array
      ? request.body
      : undefined

/** The body as a framework left it, or `AlreadyRead` when it was parsed, so that the bytes that were signed are gone. */
const bodyFromFramework = (request: IncomingMessage, maxBytes: number): Body => {
  const bytes = keptBytes(request)
  return bytes === undefined
    ? Either.left("AlreadyRead")
    : bytes.byteLength > maxBytes
      ? Either.left("TooLarge")
      : Either.right(bytes)
}

/** The exact bytes of a body, or why there are none. */
export type Body = Either.Either<Uint8Array, BodyProblem>

/**
 * Reads at most `maxBytes`: a body that is chunked, or longer than it says, is given up at the first byte beyond. The time is
 * kept by a plain timer: `Effect.timeout` would start two fibers for each request.
 */
const bodyFromStream = (
  request: IncomingMessage,
  maxBytes: number,
  millis: number,
  answer: (body: Body) => void
): (() => void) => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  let isOver = false
  const end = (body: Body) => {
    if (!isOver) {
      isOver = true
      // At its end nothing more will come, and to take listeners off costs more than to leave them to the collector.
      if (Either.isRight(body)) {
        clearTimeout(timer)
      } else {
        detach()
      }
      answer(body)
    }
  }
  const onData = (data: Uint8Array | string) => {
    const chunk = typeof data === "string" ? encoder.encode(data) : data
    length += chunk.byteLength
    if (length > maxBytes) {
      request.pause()
      end(Either.left("TooLarge"))
    } else {
      chunks.push(chunk)
    }
  }
  const onEnd = () => end(Either.right(joined(chunks, length)))
  const onClose = () => end(Either.left("Aborted"))
  const timer = setTimeout(() => end(Either.left("TimedOut")), millis)
  const detach = () => {
    isOver = true
    clearTimeout(timer)
    request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose)
  }
  request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose)
  return detach
}

/**
 * Calls back once with the body, if it comes within so many milliseconds. Gives what to call when nobody waits for it any
 * more, unless it has called back already.
 */
export const takeBody = (
  request: IncomingMessage,
  maxBytes: number,
  millis: number,
  answer: (body: Body) => void
): (() => void) | undefined => {
  const body =
    request.destroyed && !request.complete
      ? Either.left("Aborted" as const)
      : // Frameworks put an empty `body` on requests they did not read: only the stream itself tells.
        request.readableDidRead || request.readableEnded
        ? bodyFromFramework(request, maxBytes)
        : declaresMore(request, maxBytes)
          ? Either.left("TooLarge" as const)
          : undefined
  if (body === undefined) {
    return bodyFromStream(request, maxBytes, millis, answer)
  }
  answer(body)
  return undefined
}

/** The exact bytes of a request's body, if they come within so many milliseconds. */
export const readBody = (
  request: IncomingMessage,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> =>
  Effect.async((resume) => {
    const forget = takeBody(request, maxBytes, millis, resume)
    return forget === undefined ? undefined : Effect.sync(forget)
  })
