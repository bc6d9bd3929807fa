/**
 * SQLite as our durability promise needs it: write-ahead log, full sync on every commit (the driver leaves NORMAL, which
 * can lose the last commits in a power cut), and a short wait for another process's lock, because the driver waits by
 * blocking the event loop; whoever writes retries with back-off instead.
 *
 * SQLite goes on writing to a file that was deleted or replaced, without an error. So the inbox is given a check of the
 * file (`Storage.FileCheck`), which it makes before it answers.
 *
 * @since 0.1.0
 */

import { statSync } from "node:fs"
import { resolve } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { DatabaseUnavailable } from "./DatabaseError.js"

/** The driver's own: an older Node does not refuse to load it, but crashes. */
const oldestNode = 22

const isTooOld = (version: string): boolean => Number.parseInt(version, 10) < oldestNode

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The path of the file; made when it does not exist. Its folder has to exist. */
  readonly filename: string
  /** How long a statement waits for another process's write, blocking, in milliseconds. 100 when not given. */
  readonly busyTimeout?: number
}

/** What is thrown counts as failed. */
const asFailure = (cause: Cause.Cause<unknown>): Cause.Cause<unknown> =>
  Option.match(Cause.dieOption(cause), { onNone: () => cause, onSome: Cause.fail })

const whileLocked = Schedule.spaced("25 millis").pipe(
  Schedule.jittered,
  Schedule.upTo("5 seconds"),
  Schedule.whileInput((error: DatabaseUnavailable) => /locked/.test(error.message))
)

/** Which file a path names at this moment; undefined when none, or when that cannot be said. */
const identityOf = (path: string): Effect.Effect<string | undefined> =>
  Effect.try(() => statSync(path, { bigint: true, throwIfNoEntry: false })).pipe(
    Effect.map((stats) => (stats === undefined ? undefined : `${stats.dev}:${stats.ino}`)),
    Effect.orElseSucceed(() => undefined)
  )

/**
 * Two looks at the folder, a few microseconds. The log is there as soon as something was written, and until the last
 * process closes the database.
 */
const fileCheck = (filename: string): Layer.Layer<never> =>
  Layer.effect(
    Storage.FileCheck,
    Effect.gen(function* () {
      const path = resolve(filename)
      const log = `${path}-wal`
      const opened = yield* identityOf(path)
      let openedLog = yield* identityOf(log)
      return Effect.gen(function* () {
        const file = yield* identityOf(path)
        const now = yield* identityOf(log)
        openedLog ??= now
        return file !== undefined && now !== undefined && file === opened && now === openedLog
          ? undefined
          : `the database file ${path}, or its write-ahead log, was deleted or replaced under the running process; put it back, or start the process again`
      })
    })
  )

/**
 * A `SqlClient` on one SQLite file.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<SqliteClient.SqliteClient | SqlClient.SqlClient, DatabaseUnavailable> => {
  const { node } = process.versions
  if (isTooOld(node)) {
    return Layer.fail(
      new DatabaseUnavailable({
        database: options.filename,
        reason: `the driver of SQLite needs Node ${oldestNode} or later, and this is ${node}`,
        advice: `Run it with Node ${oldestNode} or later.`
      })
    )
  }
  const unavailable = (reason: unknown) =>
    new DatabaseUnavailable({
      database: options.filename,
      reason: reason instanceof Error ? reason.message : String(reason)
    })
  const pragmas = Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql.unsafe(`PRAGMA busy_timeout = ${Math.trunc(options.busyTimeout ?? 100)}`)
      yield* sql`PRAGMA synchronous = FULL`
      const [mode] = yield* sql<{ readonly journal_mode: string }>`PRAGMA journal_mode`
      // `:memory:` and a temporary database ("") have none, nor has a file on some network drives.
      if (mode?.journal_mode !== "wal") {
        return yield* unavailable("it is no file on a local disk, so it can have no write-ahead log")
      }
    }).pipe(Effect.catchTag("SqlError", (error) => unavailable(error.cause)))
  )
  // The driver throws when it cannot open the file, at once and whatever the timeout where another process is just
  // turning on the write-ahead log of a new file.
  const open = SqliteClient.layer({ filename: options.filename }).pipe(
    Layer.catchAllCause((cause) => Layer.failCause(Cause.map(asFailure(cause), unavailable))),
    Layer.retry(whileLocked)
  )
  return Layer.mergeAll(pragmas, fileCheck(options.filename)).pipe(Layer.provideMerge(open))
}
