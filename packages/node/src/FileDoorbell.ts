/**
 * The doorbell between the processes on one SQLite file: a small file beside it, `<database>-bell`, that is touched after a
 * commit and watched by whoever waits. It holds nothing, and may be deleted at any time.
 *
 * Where files cannot be watched or touched (some network and container file systems), it says so once and is silent: the
 * next look finds what is new.
 *
 * @since 0.1.0
 */
import { open, realpath, utimes } from "node:fs/promises"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { make as makeDoorbell } from "./internal/doorbell.js"
import { watch } from "./internal/fileWatch.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The path of the SQLite file. */
  readonly database: string
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error)

/**
 * SQLite keeps its own files beside the file that a link leads to. Asked until there is a file: what is open is not
 * exchanged under a running process.
 */
const bellOf = (database: string): (() => Promise<string>) => {
  let known: string | undefined
  return async () => {
    try {
      known ??= `${await realpath(database)}-bell`
      return known
    } catch {
      return `${database}-bell`
    }
  }
}

const touch = async (bell: string, seconds: number): Promise<void> => {
  try {
    await utimes(bell, seconds, seconds)
  } catch {
    await (await open(bell, "a", 0o600)).close()
    // It was made by somebody else meanwhile, perhaps, who watches it already.
    await utimes(bell, seconds, seconds)
  }
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = ({ database }: Options): Effect.Effect<Doorbell.DoorbellService, never, Scope.Scope> =>
  Effect.gen(function* () {
    let complained = false
    const silent = (what: string, error: unknown) =>
      Effect.suspend(() => {
        if (complained) {
          return Effect.void
        }
        complained = true
        return Effect.logWarning(
          `The doorbell beside ${database} cannot be ${what} (${codeOf(error)}): new rows are found at the next look.`
        )
      })
    const bell = Effect.promise(bellOf(database))
    return yield* makeDoorbell({
      tell: Effect.zipWith(bell, Clock.currentTimeMillis, (path, now) => touch(path, now / 1000)).pipe(
        Effect.flatMap((touched) => Effect.tryPromise({ try: () => touched, catch: (error) => error })),
        Effect.catchAll((error) => silent("rung", error))
      ),
      hear: (rung) => Effect.flatMap(bell, (path) => watch(path, rung, (error) => silent("heard", error)))
    })
  })

/**
 * Rings between the processes on this file.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never> => Layer.scoped(Doorbell.Doorbell, make(options))
