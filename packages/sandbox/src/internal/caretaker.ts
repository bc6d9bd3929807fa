/** What changes the world from outside of it: its clock, its snapshots, its end and new beginning. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Control from "../Control.js"
import { MoveRefused } from "../SandboxError.js"
import type * as State from "../State.js"
import type { CallLog } from "./callLog.js"
import { type Engine, inOnePiece } from "./engine.js"
import type { Nonces } from "./nonces.js"
import * as Snapshots from "./snapshots.js"
import { latest } from "./time.js"

export interface Caretaker {
  readonly clock: Effect.Effect<State.Clock>
  readonly moveClock: (input: Control.MoveClock) => Effect.Effect<State.Clock, MoveRefused>
  readonly takeSnapshot: (name: string) => Effect.Effect<State.Snapshot>
  readonly restoreSnapshot: (name: string) => Effect.Effect<void, MoveRefused>
  readonly snapshots: Effect.Effect<ReadonlyArray<State.Snapshot>>
  readonly reset: Effect.Effect<void>
}

/** What an engine does not know of, and what goes back with it. */
export interface Belongings {
  readonly nonces: Nonces
  readonly log: CallLog
}

export const make = (engine: Engine, { log, nonces }: Belongings): Effect.Effect<Caretaker> =>
  Effect.gen(function* () {
    const { beginning, courier, random, replaced, tick, time, world } = engine
    const { agenda } = world.index
    const snapshots = new Map<string, Snapshots.Snapshot>()
    const moving = yield* Effect.makeSemaphore(1)

    const clock = Effect.map(
      Effect.all([time.now, Clock.currentTimeMillis]),
      ([now, machine]): State.Clock => {
        const { ahead, frozenAt } = time.setting()
        return {
          now,
          iso: DateTime.formatIso(DateTime.unsafeMake(now)),
          frozen: frozenAt !== undefined,
          // The machine's clock goes on while a frozen one stands still.
          ahead: frozenAt === undefined ? ahead : now - machine,
          nextAt: agenda.next()?.at
        }
      }
    )

    /** From one thing that is due to the next, each at its own time, with its notifications sent before the next. */
    const goTo = (target: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        // What is on its way now was sent now, and whether it is sent again is known only when it was answered.
        yield* courier.quiet
        for (let next = agenda.next(); next !== undefined && next.at <= target; next = agenda.next()) {
          yield* time.stepTo(Math.max(next.at, yield* time.now))
          yield* tick
          yield* courier.quiet
        }
        yield* time.stepTo(target)
      })

    const moveTo = (now: number, target: number): Effect.Effect<void, MoveRefused> =>
      Effect.gen(function* () {
        if (target < now) {
          return yield* new MoveRefused({
            message: `The clock shows ${DateTime.formatIso(DateTime.unsafeMake(now))} and moves forward only; restore a snapshot to go back.`
          })
        }
        if (!(target <= latest)) {
          return yield* new MoveRefused({
            message: "The clock ends with the year 9999, as the vendor's dates do; move it less far."
          })
        }
        yield* time.stepTo(now)
        yield* Effect.ensuring(goTo(target), time.goOn)
        yield* tick
      })

    const take = (at: number): Snapshots.Snapshot => {
      const then = Snapshots.take(world, random, time.setting(), at)
      const used = nonces.copy()
      return {
        ...then,
        restore: () => {
          then.restore()
          used()
        }
      }
    }

    const replace = (snapshot: Snapshots.Snapshot, setClock: Effect.Effect<void>): Effect.Effect<void> =>
      Effect.suspend(() => {
        snapshot.restore()
        log.clear()
        return Effect.zipRight(setClock, replaced)
      }).pipe(inOnePiece, Effect.uninterruptible)

    /** A clock that ran then runs on from there. */
    const backTo = (snapshot: Snapshots.Snapshot): Effect.Effect<void> =>
      replace(
        snapshot,
        Effect.suspend(() => {
          time.set(snapshot.clock)
          return time.setTo(snapshot.at)
        })
      )

    const start: Snapshots.Snapshot = {
      ...beginning,
      restore: () => {
        beginning.restore()
        nonces.clear()
      }
    }

    return {
      clock,
      moveClock: ({ bySeconds, to }) =>
        Effect.gen(function* () {
          const now = yield* time.now
          yield* moveTo(
            now,
            to === undefined ? now + Math.round((bySeconds ?? 0) * 1000) : DateTime.toEpochMillis(to)
          )
          return yield* clock
        }).pipe(moving.withPermits(1)),
      // Not in the middle of a move, when the clock stands where it will not stay.
      takeSnapshot: (name) =>
        Effect.map(time.now, (at) => {
          snapshots.set(name, take(at))
          return { name, at }
        }).pipe(moving.withPermits(1)),
      restoreSnapshot: (name) =>
        Effect.suspend(() => {
          const snapshot = snapshots.get(name)
          return snapshot === undefined
            ? new MoveRefused({
                message: `There is no snapshot ${name}; GET /_sandbox/snapshots lists them. They end with the process.`
              })
            : backTo(snapshot)
        }).pipe(moving.withPermits(1)),
      snapshots: Effect.sync(() => Array.from(snapshots, ([name, { at }]) => ({ name, at }))),
      reset: replace(start, time.startAgain).pipe(moving.withPermits(1))
    }
  })
