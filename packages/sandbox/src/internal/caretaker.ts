/** What changes the world from outside of it: its clock, its snapshots, its end and new beginning. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Control from "../Control.js"
import { MoveRefused } from "../SandboxError.js"
import type * as State from "../State.js"
import type { Engine } from "./engine.js"
import * as Snapshots from "./snapshots.js"

export interface Caretaker {
  readonly clock: Effect.Effect<State.Clock>
  readonly moveClock: (input: Control.MoveClock) => Effect.Effect<State.Clock, MoveRefused>
  readonly takeSnapshot: (name: string) => Effect.Effect<State.Snapshot>
  readonly restoreSnapshot: (name: string) => Effect.Effect<void, MoveRefused>
  readonly snapshots: Effect.Effect<ReadonlyArray<State.Snapshot>>
  readonly reset: Effect.Effect<void>
}

/** Far enough for any test of a year's end, and within what a date can say. */
const latest = 8_000_000_000_000_000

export const make = (engine: Engine, forget: () => void): Effect.Effect<Caretaker> =>
  Effect.gen(function* () {
    const { beginning, courier, random, replaced, tick, time, world } = engine
    const { agenda } = world.index
    const snapshots = new Map<string, Snapshots.Snapshot>()
    const moving = yield* Effect.makeSemaphore(1)

    const clock = Effect.map(time.now, (now): State.Clock => {
      const { ahead, frozenAt } = time.setting()
      return {
        now,
        iso: DateTime.formatIso(DateTime.unsafeMake(now)),
        frozen: frozenAt !== undefined,
        ahead,
        nextAt: agenda.next()?.at
      }
    })

    /** From one thing that is due to the next, each at its own time, with its notifications sent before the next. */
    const goTo = (target: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        for (let next = agenda.next(); next !== undefined && next.at <= target; next = agenda.next()) {
          time.stopAt(Math.max(next.at, yield* time.now))
          yield* tick
          yield* courier.quiet
        }
        time.stopAt(target)
      })

    const moveTo = (target: number): Effect.Effect<void, MoveRefused> =>
      Effect.gen(function* () {
        const now = yield* time.now
        if (target < now || target > latest) {
          return yield* new MoveRefused({
            message:
              target < now
                ? `The clock shows ${DateTime.formatIso(DateTime.unsafeMake(now))} and moves forward only; restore a snapshot to go back.`
                : "That is further than a date can say; move the clock less far."
          })
        }
        const isFrozen = time.setting().frozenAt !== undefined
        time.stopAt(now)
        yield* Effect.ensuring(goTo(target), isFrozen ? Effect.void : Effect.flatMap(time.now, time.runFrom))
        yield* tick
      })

    const replace = (snapshot: Snapshots.Snapshot): Effect.Effect<void> =>
      Effect.suspend(() => {
        snapshot.restore()
        forget()
        return replaced
      })

    return {
      clock,
      moveClock: ({ bySeconds, to }) =>
        Effect.gen(function* () {
          const now = yield* time.now
          yield* moveTo(
            to === undefined ? now + Math.round((bySeconds ?? 0) * 1000) : DateTime.toEpochMillis(to)
          )
          return yield* clock
        }).pipe(moving.withPermits(1)),
      takeSnapshot: (name) =>
        Effect.map(time.now, (at) => {
          snapshots.set(name, Snapshots.take(world, random, time, at))
          return { name, at }
        }),
      restoreSnapshot: (name) =>
        Effect.suspend(() => {
          const snapshot = snapshots.get(name)
          return snapshot === undefined
            ? new MoveRefused({
                message: `There is no snapshot ${name}; GET /_sandbox/snapshots lists them. They end with the process.`
              })
            : replace(snapshot)
        }).pipe(moving.withPermits(1)),
      snapshots: Effect.sync(() => Array.from(snapshots, ([name, { at }]) => ({ name, at }))),
      reset: replace(beginning).pipe(moving.withPermits(1))
    }
  })
