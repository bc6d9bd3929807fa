import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"

export interface InFlight {
  readonly fibers: FiberSet.FiberSet<void>
  /** Once the scope is closing: nothing runs in it any more, and a server that lives longer still needs an answer. */
  readonly isStopping: () => boolean
}

/** The requests being answered. When the scope closes they are waited for, and what does not end in time is interrupted. */
export const make = (drainTimeout: Duration.DurationInput): Effect.Effect<InFlight, never, Scope.Scope> =>
  Effect.gen(function* () {
    const fibers = yield* FiberSet.make<void>()
    let stopping = false
    yield* Effect.addFinalizer(() => {
      stopping = true
      // A finalizer is uninterruptible, and so would be the wait in it: no timeout would end it.
      return FiberSet.awaitEmpty(fibers).pipe(Effect.interruptible, Effect.timeoutOption(drainTimeout))
    })
    return { fibers, isStopping: () => stopping }
  })
