import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { receiverBy } from "./receiver.js"

/**
 * A merchant's webhook that looks around when a notification comes, before it answers: with this status, or not before it is
 * released. `seen` is what was to be seen at each one.
 */
export const witness = <A, R>(look: Effect.Effect<A, never, R>, answers: number | "whenReleased") =>
  Effect.gen(function* () {
    const run = Runtime.runPromise(yield* Effect.runtime<R>())
    const seen: Array<A> = []
    const waiting: Array<() => void> = []
    let isOpen = false
    const { received, url } = yield* receiverBy(async () => {
      seen.push(await run(look))
      if (answers === "whenReleased" && !isOpen) {
        await new Promise<void>((resolve) => waiting.push(resolve))
      }
      return { status: answers === "whenReleased" ? 200 : answers, body: "OK" }
    })
    return {
      url,
      seen,
      received: () => received.length,
      /** Answers `OK` to the one that has waited longest. */
      releaseOne: Effect.sync(() => waiting.shift()?.()),
      /** Answers `OK` to those that wait, and to those that come from now on. */
      release: Effect.sync(() => {
        isOpen = true
        for (const answer of waiting.splice(0)) {
          answer()
        }
      })
    }
  })

/** Lets real input and output happen until it holds, whatever the clock of the test says. */
export const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : Effect.zipRight(
          Effect.async<void>((resume) => void setTimeout(() => resume(Effect.void), 2)),
          until(holds)
        )
  )
