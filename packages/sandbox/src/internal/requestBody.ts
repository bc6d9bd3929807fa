import type * as HttpServerError from "@effect/platform/HttpServerError"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { maxRequestBytes } from "./envelope.js"

export class BodyTooLarge extends Data.TaggedError("BodyTooLarge") {}

interface Received {
  readonly chunks: ReadonlyArray<Uint8Array>
  readonly bytes: number
}

/**
 * The body to the byte. One that says it is too large is refused unread; one that does not say so is given up where it
 * becomes too large.
 */
export const bodyOf = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Uint8Array, BodyTooLarge | HttpServerError.RequestError> =>
  Number(request.headers["content-length"] ?? 0) > maxRequestBytes
    ? new BodyTooLarge()
    : Effect.map(
        Stream.runFoldEffect(request.stream, { chunks: [], bytes: 0 }, (received: Received, chunk) => {
          const bytes = received.bytes + chunk.length
          return bytes > maxRequestBytes
            ? new BodyTooLarge()
            : Effect.succeed({ chunks: [...received.chunks, chunk], bytes })
        }),
        ({ bytes, chunks }) => {
          const body = new Uint8Array(bytes)
          let offset = 0
          for (const chunk of chunks) {
            body.set(chunk, offset)
            offset += chunk.length
          }
          return body
        }
      )
