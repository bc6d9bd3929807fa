/**
 * SQLite as our durability promise needs it: write-ahead log, full sync on every commit (the driver leaves NORMAL, which
 * can lose the last commits in a power cut), and a short wait for another process's lock, because the driver waits by
 * blocking the event loop; whoever writes retries with back-off instead.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"

/**
 * The file cannot be opened as a database.
 *
 * @since 0.1.0
 * @category errors
 */
export class DatabaseUnavailable extends Data.TaggedError("DatabaseUnavailable")<{
  readonly filename: string
  readonly reason: string
  /** What helps, where it is another thing than usual: a sentence. */
  readonly advice?: string
}> {
  override get message(): string {
    const {
      advice = "Check that its folder exists and can be written, or set YUNMO_DATABASE to another path.",
      filename,
      reason
    } = this
    return `The database ${filename} cannot be opened: ${reason}. ${advice}`
  }
}

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
        filename: options.filename,
        reason: `the driver of SQLite needs Node ${oldestNode} or later, and this is ${node}`,
        advice: `Run it with Node ${oldestNode} or later.`
      })
    )
  }
  const unavailable = (reason: unknown) =>
    new DatabaseUnavailable({
      filename: options.filename,
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
  return Layer.provideMerge(pragmas, open)
}
