/**
 * The vendor as a sender under strain: many deliveries at once, some of them again although they were answered, out of order,
 * with connections that break; and each until it is answered OK, ten tries at most.
 */
import * as Effect from "effect/Effect"
import * as Message from "./Message.js"
import * as Seeded from "./Seeded.js"
import * as Sender from "./Sender.js"
import type { Tally } from "./Tally.js"

export interface Plan {
  readonly seed: number
  /** Different messages. */
  readonly count: number
  /** The number of the first one, for a load that follows another; 0 when not given. */
  readonly first?: number
  /** The part of the messages that is sent again after all; 0.3 when not given. */
  readonly duplicates?: number
  /** The part of the tries whose connection the client cuts in the body, and as large a part right behind it; 0.05 when not given. */
  readonly cuts?: number
  /** How often the vendor tries (VENDOR 6.1); 10 when not given. */
  readonly tries?: number
  /** Deliveries at once; 32 when not given. */
  readonly atOnce?: number
  /** Where to: the full URL of the callback, for each try anew. */
  readonly url: (random: Seeded.Seeded) => string
  /** Whose key signs the message of that number; the merchant's one when not given. */
  readonly secret?: (index: number) => string
}

export interface Load {
  /** Deliveries planned. */
  readonly total: number
  /** Deliveries that are over, answered or given up. */
  readonly done: () => number
  /** Requests that have no answer yet. */
  readonly underWay: () => number
  /** Ends when every delivery is over. */
  readonly run: Effect.Effect<void>
}

/**
 * Between tries, in milliseconds: the vendor's schedule is unknown and surely longer, but ten tries have to outlast a restart here, too.
 */
const firstPause = 50
const longestPause = 3_000

/** Which message each delivery carries: duplicates soon after their first or much later, and nothing strictly in order. */
const deliveries = ({ count, duplicates = 0.3, first = 0, seed }: Plan): ReadonlyArray<number> => {
  const planned: Array<{ readonly index: number; readonly at: number }> = []
  for (let index = first; index < first + count; index++) {
    const random = Seeded.stream(seed, "delivery", index)
    const at = index + (random.chance(0.3) ? random.between(0, 50) : 0)
    planned.push({ index, at })
    if (random.chance(duplicates)) {
      const times = random.pick(1, 1, 2, 3)
      for (let time = 0; time < times; time++) {
        // A distance of almost nothing puts both on their way at the same time.
        planned.push({ index, at: at + random.pick(0.5, random.between(1, 20), random.between(20, 2_000)) })
      }
    }
  }
  return planned.sort((one, other) => one.at - other.at).map(({ index }) => index)
}

const cutOf = (random: Seeded.Seeded, cuts: number): Sender.Cut => {
  const chance = random.next()
  return chance < cuts ? "inBody" : chance < 2 * cuts ? "afterBody" : "never"
}

export const make = (plan: Plan, sender: Sender.Sender, tally: Tally): Load => {
  const { atOnce = 32, cuts = 0.05, seed, tries = 10 } = plan
  const planned = deliveries(plan)
  let done = 0

  const deliver = (index: number, number: number) =>
    Effect.gen(function* () {
      const message = Message.of(seed, index, plan.secret?.(index))
      const random = Seeded.stream(seed, "try", number)
      for (let attempt = 0; attempt < tries; attempt++) {
        const cut = cutOf(random, cuts)
        const sent = tally.about(index, message, cut)
        const answer = yield* sender.send(plan.url(random), message.body, cut)
        tally.hear(sent, answer)
        if (Sender.isOk(answer)) {
          return
        }
        yield* Effect.sleep(Math.min(firstPause * 2 ** attempt, longestPause) * (0.5 + random.next()))
      }
      tally.giveUp()
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          done += 1
        })
      )
    )

  return {
    total: planned.length,
    done: () => done,
    underWay: sender.underWay,
    run: Effect.forEach(planned, deliver, { concurrency: atOnce, discard: true })
  }
}
