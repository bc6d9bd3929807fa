import type { DoorbellService } from "@effect-yunmo/notifications/Doorbell"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Queue from "effect/Queue"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/** Rings closer together than this are one, for the others: a commit each would be a write each. */
const shortest = Duration.millis(10)

/** A program that ends does not wait longer for the others to be told. */
const longest = Duration.seconds(1)

export interface Options {
  /** Tells the other processes. What it does not manage, it says by itself. */
  readonly tell: Effect.Effect<void>
  /** Hears them as long as the scope lives; begins at once and does not wait until it does. */
  readonly hear: (rung: Effect.Effect<void>) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * A doorbell whose `ring` is heard at once in this process, and soon in others. Nobody listens to the others, nor holds
 * anything open for it, until somebody here takes `rings`.
 */
export const make = ({ hear, tell }: Options): Effect.Effect<DoorbellService, never, Scope.Scope> =>
  Effect.gen(function* () {
    const heard = yield* PubSub.sliding<void>(1)
    const rung = Effect.asVoid(PubSub.publish(heard, undefined))
    const pending = yield* Queue.sliding<void>(1)
    // A program that ends right after its commit has still to tell of it.
    yield* Effect.addFinalizer(() =>
      Effect.flatMap(Queue.poll(pending), (left) =>
        Option.isSome(left) ? Effect.timeoutOption(Effect.disconnect(tell), longest) : Effect.void
      )
    )
    yield* Queue.take(pending).pipe(
      Effect.zipRight(Effect.uninterruptible(Effect.timeoutOption(Effect.disconnect(tell), longest))),
      Effect.zipRight(Effect.sleep(shortest)),
      Effect.forever,
      Effect.forkScoped
    )
    const others = yield* RcRef.make({ acquire: hear(rung) })
    return {
      ring: Effect.zipRight(rung, Effect.asVoid(Queue.offer(pending, undefined))),
      rings: Effect.gen(function* () {
        const subscription = yield* PubSub.subscribe(heard)
        yield* RcRef.get(others)
        return Stream.fromQueue(subscription)
      })
    }
  })
