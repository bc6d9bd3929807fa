import type { IncomingMessage } from "node:http"
import * as Effect from "effect/Effect"

/** Why there are no bytes to verify. */
export type BodyProblem = "TooLarge" | "AlreadyRead" | "Aborted"

const encoder = new TextEncoder()

/** `content-length` of a body that is larger than allowed is refused before a byte of it is read. */
const declaresMore = (request: IncomingMessage, maxBytes: number): boolean => {
  const declared = request.headers["content-length"]
  return declared !== undefined && Number(declared) > maxBytes
}

/**
 * The body as a framework left it: its raw bytes (`express.raw()` puts them on `body`, several hosts on `rawBody`), or
 * `AlreadyRead` when it was parsed, so that the bytes that were signed are gone.
 */
const bodyFromFramework = (request: IncomingMessage): Effect.Effect<Uint8Array, BodyProblem> => {
  if ("rawBody" in request && request.rawBody instanceof Uint8Array) {
    return Effect.succeed(request.rawBody)
  }
  if ("body" in request && request.body instanceof Uint8Array) {
    return Effect.succeed(request.body)
  }
  return Effect.fail("AlreadyRead")
}

/** Reads at most `maxBytes`: a body that is chunked, or longer than it says, is given up at the first byte beyond. */
const bodyFromStream = (request: IncomingMessage, maxBytes: number) =>
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
    const detach = () => {
      request.off("data", onData).off("end", onEnd).off("close", onClose)
    }
    request.on("data", onData).on("end", onEnd).on("close", onClose)
    return Effect.sync(detach)
  })

const joined = (chunks: ReadonlyArray<Uint8Array>, length: number): Uint8Array => {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) {
    return only
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

/** The exact bytes of a request's body. */
export const readBody = (
  request: IncomingMessage,
  maxBytes: number
): Effect.Effect<Uint8Array, BodyProblem> => {
  if (request.destroyed && !request.complete) {
    return Effect.fail("Aborted")
  }
  // Frameworks put an empty `body` on requests they did not read: only the stream itself tells.
  if (request.readableDidRead || request.readableEnded) {
    return bodyFromFramework(request)
  }
  return declaresMore(request, maxBytes) ? Effect.fail("TooLarge") : bodyFromStream(request, maxBytes)
}
