/** Keeps an app alive as a supervisor does, and kills it as a bad day does. */
import * as Child from "@effect-yunmo/test-support/Child"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Apps from "./Apps.js"

export interface Supervised {
  readonly current: () => Child.Child
  readonly kill: Effect.Effect<void>
  /** Kills it as `kill -9` does, and starts it again. */
  readonly killAndRestart: Effect.Effect<void>
  /** Starts one after a kill, and kills that one too, so many milliseconds after: it may not be at work yet. */
  readonly killWhileStarting: (milliseconds: number) => Effect.Effect<void>
  /** Ends it with SIGTERM; gives how it ended, and starts it again. */
  readonly stopAndRestart: (command?: Child.Command) => Effect.Effect<Child.Ended>
  /** Starts that ended before it was at work, by kills of ours aside: its database was away, say. */
  readonly failedStarts: () => number
  /** Ends that were not ours: a sentence each. */
  readonly crashes: () => ReadonlyArray<string>
}

/** At work; a start that fails is tried again, for a minute. */
export const start = (command: Child.Command): Effect.Effect<Supervised, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const crashes: Array<string> = []
    const ours = new Set<Child.Child>()
    let failedStarts = 0
    let wanted = command

    const watch = (child: Child.Child) =>
      Effect.map(child.ended, ({ code, signal, stderr }) => {
        if (!ours.has(child)) {
          crashes.push(`A process ended by itself (${signal ?? `exit code ${code}`}): ${stderr.trim()}`)
        }
      }).pipe(Effect.forkIn(scope))

    const up = Effect.suspend(() => Apps.start(wanted)).pipe(
      Effect.tapError(() =>
        Effect.sync(() => {
          failedStarts += 1
        })
      ),
      Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.upTo("1 minute"))),
      Effect.orDie,
      Effect.tap(watch),
      Scope.extend(scope)
    )

    let current = yield* up
    const end = (signal: NodeJS.Signals) =>
      Effect.suspend(() => {
        ours.add(current)
        return current.end(signal)
      })
    const restart = Effect.map(up, (child) => {
      current = child
    })
    yield* Effect.addFinalizer(() => end("SIGKILL"))
    return {
      current: () => current,
      kill: Effect.asVoid(end("SIGKILL")),
      killAndRestart: Effect.zipRight(end("SIGKILL"), restart),
      killWhileStarting: (milliseconds) =>
        Effect.gen(function* () {
          yield* end("SIGKILL")
          const child = yield* Child.start(wanted)
          yield* Effect.sleep(milliseconds)
          yield* child.end("SIGKILL")
        }).pipe(Effect.scoped),
      stopAndRestart: (next = wanted) =>
        Effect.suspend(() => {
          wanted = next
          return Effect.zipLeft(end("SIGTERM"), restart)
        }),
      failedStarts: () => failedStarts,
      crashes: () => crashes
    }
  })
