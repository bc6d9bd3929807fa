import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"
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
const bodyFromFramework = (
  request: IncomingMessage,
  maxBytes: number
): Effect.Effect<Uint8Array, BodyProblem> => {
  const bytes = keptBytes(request)
  return bytes === undefined
    ? Effect.fail("AlreadyRead")
    : bytes.byteLength > maxBytes
      ? Effect.fail("TooLarge")
      : Effect.succeed(bytes)
}

/**
 * Reads at most `maxBytes`: a body that is chunked, or longer than it says, is given up at the first byte beyond. The time is
 * kept by a plain timer: `Effect.timeout` would start two fibers for each request.
 */
const bodyFromStream = (request: IncomingMessage, maxBytes: number, millis: number) =>
  Effect.async<Uint8Array, BodyProblem>((resume) => {
    const chunks: Array<Uint8Array> = []
    let length = 0
    const end = (outcome: Effect.Effect<Uint8Array, BodyProblem>) => {
      detach()
      resume(outcome)
    }
    const onData = (data: Uint8Array | string) => {
      const chunk = typeof data === "string" ? encoder.encode(data) : data
      length += chunk.byteLength
      if (length > maxBytes) {
        request.pause()
        end(Effect.fail("TooLarge"))
      } else {
        chunks.push(chunk)
      }
    }
    const onEnd = () => end(Effect.succeed(joined(chunks, length)))
    const onClose = () => end(Effect.fail("Aborted"))
    const timer = setTimeout(() => end(Effect.fail("TimedOut")), millis)
    const detach = () => {
      clearTimeout(timer)
      request.off("data", onData).off("end", onEnd).off("close", onClose).off("error", onClose)
    }
    request.on("data", onData).on("end", onEnd).on("close", onClose).on("error", onClose)
    return Effect.sync(detach)
  })

/** The exact bytes of a request's body, if they come within so many milliseconds. */
export const readBody = (
  request: IncomingMessage,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> => {
  if (request.destroyed && !request.complete) {
    return Effect.fail("Aborted")
  }
  // Frameworks put an empty `body` on requests they did not read: only the stream itself tells.
  if (request.readableDidRead || request.readableEnded) {
    return bodyFromFramework(request, maxBytes)
  }
  return declaresMore(request, maxBytes) ? Effect.fail("TooLarge") : bodyFromStream(request, maxBytes, millis)
}
