import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

/**
 * Many callers, few commits: all that changes before a commit begins is in it, and while it is under way the next one
 * gathers. Each caller gets the outcome of a commit that holds its changes. One that has changed nothing waits for what is
 * not committed yet all the same: it may have seen it.
 */
export const make = (options: {
  /** Whether something changed since the last commit began. */
  readonly isChanged: () => boolean
  /** Takes, at once, all that changed, and writes it down. */
  readonly commit: Effect.Effect<void>
}): Effect.Effect<void> => {
  /** One that has not begun. */
  let gathering: Deferred.Deferred<void> | undefined
  /** One that is under way. */
  let writing: Deferred.Deferred<void> | undefined

  const lead = (done: Deferred.Deferred<void>): Effect.Effect<void> =>
    Effect.gen(function* () {
      // Whoever is ready to change something may do so before.
      yield* Effect.yieldNow()
      gathering = undefined
      writing = done
      const exit = yield* Effect.exit(options.commit)
      writing = undefined
      yield* Deferred.done(done, exit)
      if (gathering !== undefined) {
        yield* Effect.forkDaemon(lead(gathering))
      }
    }).pipe(Effect.uninterruptible)

  return Effect.suspend(() => {
    if (gathering !== undefined) {
      return Deferred.await(gathering)
    }
    if (!options.isChanged()) {
      return writing === undefined ? Effect.void : Deferred.await(writing)
    }
    const done = Deferred.unsafeMake<void>(FiberId.none)
    gathering = done
    return writing === undefined ? Effect.zipRight(lead(done), Deferred.await(done)) : Deferred.await(done)
  })
}
