import type * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { maxRequestBytes } from "./envelope.js"

export class BodyTooLarge extends Data.TaggedError("BodyTooLarge") {}

/** Up to here a body that is too large is read to its end, unkept: cut off earlier, its sender would not see the answer. */
const maxReadBytes = 8 * maxRequestBytes

/** The body to the byte. One that says it is too large is refused unread. */
export const bodyOf = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Uint8Array, BodyTooLarge | HttpServerError.RequestError> =>
  Effect.gen(function* () {
    if (Number(request.headers["content-length"] ?? 0) > maxRequestBytes) {
      return yield* new BodyTooLarge()
    }
    const chunks: Array<Uint8Array> = []
    const bytes = yield* Stream.runFoldEffect(request.stream, 0, (before, chunk) => {
      const after = before + chunk.length
      if (after > maxReadBytes) {
        return new BodyTooLarge()
      }
      if (after <= maxRequestBytes) {
        chunks.push(chunk)
      }
      return Effect.succeed(after)
    })
    return bytes > maxRequestBytes ? yield* new BodyTooLarge() : concat(chunks, bytes)
  })

const concat = (chunks: ReadonlyArray<Uint8Array>, bytes: number): Uint8Array => {
  const body = new Uint8Array(bytes)
  let offset = 0
  for (const chunk of chunks) {
    body.set(chunk, offset)
    offset += chunk.length
  }
  return body
}
