/** Harm at moments that the seed chooses, counted in work done and not in seconds, so that they fall into the work on any machine. */
import * as Effect from "effect/Effect"
import type { Load } from "./Load.js"
import * as Seeded from "./Seeded.js"

export interface Moment {
  /** Deliveries that were over by then. */
  readonly done: number
  /** Requests that had no answer yet. */
  readonly underWay: number
}

/** Does it at so many moments, one after the other, while the load goes on; tells what was going on at each. */
export const during = <R>(
  load: Load,
  options: { readonly seed: number; readonly name: string; readonly times: number },
  harm: (random: Seeded.Seeded) => Effect.Effect<void, never, R>
): Effect.Effect<ReadonlyArray<Moment>, never, R> => {
  const random = Seeded.stream(options.seed, options.name)
  // Not in the very last part: what is harmed then might have nothing left to do.
  const moments = Array.from({ length: options.times }, () =>
    random.between(1, Math.ceil(load.total * 0.95))
  ).sort((one, other) => one - other)
  return Effect.forEach(moments, (moment) =>
    Effect.gen(function* () {
      while (load.done() < moment) {
        yield* Effect.sleep("1 millis")
      }
      yield* Effect.sleep(random.between(0, 25))
      const now: Moment = { done: load.done(), underWay: load.underWay() }
      yield* harm(random)
      return now
    })
  )
}
