/**
 * A clock that says what it is told, while waiting takes its real time: under the tests' own clock a driver's late answer or a
 * lock would be waited for without end.
 */
import { it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Steered extends Clock.Clock {
  millis: number
}

const steered = (): Steered => {
  const real = Clock.make()
  const clock: Steered = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    sleep: (duration) => real.sleep(duration),
    millis: 0,
    unsafeCurrentTimeMillis: () => clock.millis,
    unsafeCurrentTimeNanos: () => BigInt(clock.millis) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => clock.millis),
    currentTimeNanos: Effect.sync(() => BigInt(clock.millis) * 1_000_000n)
  }
  return clock
}

const isSteered = (clock: Clock.Clock): clock is Steered => "millis" in clock

export const setTime = (millis: number): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    isSteered(clock)
      ? Effect.sync(() => {
          clock.millis = millis
        })
      : Effect.dieMessage("no steered clock")
  )

/** A test at the time 0, until it sets another one. */
export const test = <E>(
  name: string,
  effect: () => Effect.Effect<unknown, E, Scope.Scope>,
  timeout = 60_000
) => it.scopedLive(name, () => Effect.suspend(() => Effect.withClock(effect(), steered())), timeout)
