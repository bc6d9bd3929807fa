/**
 * Identity photos for 3.1, read as a stream: from a file or an upload, a chunk at a time, straight into the base64 that is
 * sent (PROPOSED), so that the bytes themselves are never held as a whole. They are Redacted from the first byte on, and a
 * photo that is too large is given up as soon as it is known.
 *
 * What is sent has to be signed as a whole (SPEC), photos included: for the time of the call the client holds them about three
 * times, as base64, as the text of the request and as its bytes. Limit how many are submitted at once; a 5 MB photo on each side is 14 MB of request.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/**
 * A photo that is not read: nothing, or too much.
 *
 * @since 0.1.0
 * @category errors
 */
export class PhotoInvalid extends Schema.TaggedError<PhotoInvalid>()("PhotoInvalid", {
  reason: Schema.Literal("Empty", "TooLarge"),
  maxBytes: Schema.Number
}) {
  override get message(): string {
    return this.reason === "Empty"
      ? "The photo is empty: give the bytes of an image."
      : `The photo has more than ${this.maxBytes} bytes: make it smaller, or raise maxBytes.`
  }
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Bytes of the image; 5 MiB unless set (PROPOSED: the vendor names no limit). */
  readonly maxBytes?: number | undefined
}

interface Reading {
  readonly length: number
  /** Up to two bytes that wait for the third: base64 writes three at a time. */
  readonly rest: Uint8Array
  readonly parts: Array<string>
}

/** So many arguments every engine takes. */
const block = 8192

/** By the platform, since Effect's own encoder takes more than a second for a photo. */
const base64 = (bytes: Uint8Array): string => {
  let binary = ""
  for (let at = 0; at < bytes.length; at += block) {
    binary += String.fromCharCode(...bytes.subarray(at, at + block))
  }
  return globalThis.btoa(binary)
}

/**
 * Reads a photo, for `idFrontPhoto` and `idBackPhoto`.
 *
 * @example
 * ```ts
 * import * as FileSystem from "@effect/platform/FileSystem"
 * import * as Photo from "@effect-yunmo/client/Photo"
 * import * as Effect from "effect/Effect"
 *
 * const front = (path: string) =>
 *   Effect.flatMap(FileSystem.FileSystem, (files) => Photo.fromStream(files.stream(path)))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromStream = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  { maxBytes = 5 * 1024 * 1024 }: Options = {}
): Effect.Effect<Redacted.Redacted<string>, E | PhotoInvalid, R> =>
  bytes.pipe(
    Stream.runFoldEffect<Reading, Uint8Array, PhotoInvalid, never>(
      { length: 0, rest: new Uint8Array(), parts: [] },
      ({ length, parts, rest }, chunk) => {
        const read = length + chunk.length
        if (read > maxBytes) {
          return new PhotoInvalid({ reason: "TooLarge", maxBytes })
        }
        const joined = new Uint8Array(rest.length + chunk.length)
        joined.set(rest)
        joined.set(chunk, rest.length)
        const whole = joined.length - (joined.length % 3)
        // Written to in place: a copy for each chunk would be the square of a photo.
        parts.push(base64(joined.subarray(0, whole)))
        return Effect.succeed({ length: read, rest: joined.slice(whole), parts })
      }
    ),
    Effect.flatMap(({ length, parts, rest }) =>
      length === 0
        ? new PhotoInvalid({ reason: "Empty", maxBytes })
        : Effect.succeed(Redacted.make(`${parts.join("")}${base64(rest)}`))
    )
  )
