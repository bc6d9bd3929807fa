import * as Effect from "effect/Effect"
import { joined } from "./bytes.js"
import type { BodyProblem } from "./exchange.js"

const declaresMore = ({ headers }: Request, maxBytes: number): boolean => {
  const declared = headers.get("content-length")
  return declared !== null && Number(declared) > maxBytes
}

const empty = new Uint8Array(0)

/**
 * Reads at most `maxBytes`, and tells the sender to stop at the first byte beyond. A request whose signal is aborted, or whose
 * stream breaks, has no body.
 */
const fromStream = (
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> =>
  Effect.async((resume) => {
    const reader = body.getReader()
    const chunks: Array<Uint8Array> = []
    let length = 0
    const detach = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    }
    const end = (outcome: Effect.Effect<Uint8Array, BodyProblem>) => {
      detach()
      resume(outcome)
    }
    const giveUp = (problem: BodyProblem) => {
      end(Effect.fail(problem))
      // Says that nobody reads on; that it fails, when the stream is broken already, changes nothing.
      reader.cancel().catch(() => undefined)
    }
    const onAbort = () => giveUp("Aborted")
    const timer = setTimeout(() => giveUp("TimedOut"), millis)
    signal.addEventListener("abort", onAbort)
    const pull = (): void => {
      reader.read().then(
        ({ done, value }) => {
          if (done) {
            return end(Effect.succeed(joined(chunks, length)))
          }
          length += value.byteLength
          if (length > maxBytes) {
            return giveUp("TooLarge")
          }
          chunks.push(value)
          pull()
        },
        () => end(Effect.fail("Aborted"))
      )
    }
    if (signal.aborted) {
      onAbort()
    } else {
      pull()
    }
    return Effect.sync(() => {
      detach()
      reader.cancel().catch(() => undefined)
    })
  })

/** The exact bytes of a request's body, if they come within so many milliseconds. */
export const readBody = (
  request: Request,
  maxBytes: number,
  millis: number
): Effect.Effect<Uint8Array, BodyProblem> => {
  if (request.bodyUsed || request.body?.locked === true) {
    return Effect.fail("AlreadyRead")
  }
  if (declaresMore(request, maxBytes)) {
    return Effect.fail("TooLarge")
  }
  return request.body === null
    ? Effect.succeed(empty)
    : fromStream(request.body, request.signal, maxBytes, millis)
}
