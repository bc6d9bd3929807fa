import * as Defect from "@effect-yunmo/notifications/Defect"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"

/** Work of one subject, to be done in order. */
export interface Group<A> {
  readonly subject: string
  readonly items: ReadonlyArray<A>
}

export interface Options<A, E> {
  /**
   * What is waiting, of subjects that are not in hand. The rows in hand are still waiting as far as the database knows: their
   * number is given so that it can look past them.
   */
  readonly take: (inHand: ReadonlyMap<string, ReadonlyArray<A>>) => Effect.Effect<ReadonlyArray<Group<A>>, E>
  readonly work: (items: ReadonlyArray<A>) => Effect.Effect<unknown, E>
  /** How many subjects are worked on at once. */
  readonly concurrency: number
  /** How long to wait when there is nothing to do, and after a failure. */
  readonly pause: Duration.Duration
  /** An element says that something may be waiting, before the pause is over. */
  readonly rings: Stream.Stream<void>
}

const complain = (cause: Cause.Cause<{ readonly message: string }>): Effect.Effect<void> =>
  Cause.isInterruptedOnly(cause)
    ? Effect.interrupt
    : Effect.logError(`The work is tried again: ${Defect.describeCause(cause)}`)

/**
 * Goes on for ever, a fiber per subject. None waits for what another waits for, an API that does not answer say, as long as
 * fewer than `concurrency` hang. New work is taken when all that was taken has begun.
 */
export const feed = <A, E extends { readonly message: string }>({
  concurrency,
  pause,
  rings,
  take,
  work
}: Options<A, E>): Effect.Effect<never> =>
  Effect.scoped(
    Effect.gen(function* () {
      const inHand = new Map<string, ReadonlyArray<A>>()
      const slots = yield* Effect.makeSemaphore(concurrency)
      const wake = yield* Queue.dropping<void>(1)
      const stir = Queue.offer(wake, undefined)
      let queued = 0
      yield* Effect.forkScoped(Stream.runForEach(rings, () => stir))

      const begin = ({ items, subject }: Group<A>) => {
        inHand.set(subject, items)
        queued += 1
        const begun = Effect.suspend(() => {
          queued -= 1
          return queued === 0 ? stir : Effect.void
        })
        return Effect.zipRight(begun, work(items)).pipe(
          // What could not even be written down would come back at once.
          Effect.catchAllCause((cause) => Effect.zipRight(complain(cause), Effect.sleep(pause))),
          slots.withPermits(1),
          Effect.ensuring(
            Effect.suspend(() => (inHand.delete(subject) && queued === 0 ? stir : Effect.void))
          ),
          Effect.forkScoped
        )
      }

      const rest = Effect.timeoutOption(Queue.take(wake), pause)

      const next = Effect.suspend(() => (queued > 0 ? Effect.succeed([]) : take(inHand))).pipe(
        Effect.flatMap((groups) => Effect.forEach(groups, begin)),
        Effect.catchAllCause((cause) => Effect.zipRight(complain(cause), Effect.sleep(pause))),
        Effect.zipRight(rest)
      )
      return yield* Effect.forever(next)
    })
  )
