/**
 * What our tables need of a SQL database: full sync ascertained, migrations that several processes may begin at once,
 * and patience with a lock that another process holds. `@effect-yunmo/processing` keeps its tables by the same rules, and
 * so can your own.
 *
 * @since 0.1.0
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlError from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { InboxUnusable } from "./InboxError.js"
import { ensureDurable, syncCommit } from "./internal/durability.js"
import { isBusy, reasonOf, retryBusy } from "./internal/sqlFailure.js"

export {
  /**
   * Ascertains full sync; fails with `InboxUnusable` where it cannot be had, with a sentence that says what to change. On
   * SQLite it is set on the open connection first, and so is that deleted content is overwritten. PostgreSQL's settings are looked at and left alone: not `fsync = off`, not
   * `synchronous_commit = off`, no standby, encoding UTF-8.
   *
   * @since 0.1.0
   * @category durability
   */
  ensureDurable,
  /**
   * What the database said, without the driver's wrapping. Drivers do not put values into it.
   *
   * @since 0.1.0
   * @category errors
   */
  reasonOf,
  /**
   * Tries again, with back-off up to 2 seconds, while the database is busy: another process holds SQLite's lock, or PostgreSQL
   * rolled back for a deadlock, is starting, or cannot be reached at all. Not after a connection was lost under way, when
   * it is not known what took place. Inside a transaction nothing is tried again: begin the whole transaction anew instead.
   *
   * @since 0.1.0
   * @category combinators
   */
  retryBusy
}

/**
 * Whether the database still stands where it was opened. SQLite goes on writing to a file that was deleted or replaced, without
 * an error, and what is committed there is lost; so the inbox asks this before it answers. Gives a sentence that says
 * what is wrong, or `undefined`. It has to be cheap: it is asked for each commit.
 *
 * Says that all is well unless a layer says otherwise: `Sqlite.layer` of `@effect-yunmo/node` provides it for its file.
 *
 * @since 0.1.0
 * @category durability
 */
export class FileCheck extends Context.Reference<FileCheck>()(
  "@effect-yunmo/notifications/Storage/FileCheck",
  {
    defaultValue: (): Effect.Effect<string | undefined> => Effect.succeed(undefined)
  }
) {}

/**
 * @since 0.1.0
 * @category guards
 */
export const isSqlError = (error: unknown): error is SqlError.SqlError => error instanceof SqlError.SqlError

/**
 * One transaction, begun anew with back-off while the database is busy: SQLite's lock is held, or PostgreSQL rolled it back
 * for a deadlock or another transaction. `withTransaction` takes a commit that fails (a full disk) for a defect and leaves
 * the transaction open; here it is rolled back before anything else is done on the connection, and the failure goes on as `SqlError`. After a connection that was lost nothing is begun anew:
 * whether the commit took place is not known.
 *
 * On PostgreSQL the commit waits for the disk whatever the connection was set to, and a transaction in which a statement
 * failed and the failure was caught fails: PostgreSQL would answer its commit without an error and roll it back.
 *
 * @since 0.1.0
 * @category combinators
 */
export const transaction = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R | SqlClient.SqlClient> =>
  Effect.flatMap(Effect.all([SqlClient.SqlClient, isInside]), ([sql, inside]) => {
    const seal = sql.onDialectOrElse({
      pg: () => Effect.asVoid(sql.unsafe(`SELECT ${syncCommit}`)),
      // Committed in here, where a failure is followed by the rollback before anybody else gets the one connection: a
      // statement of somebody else's would else become part of what is rolled back. What `withTransaction` then commits is empty.
      orElse: () =>
        inside
          ? Effect.void
          : Effect.uninterruptible(Effect.zipRight(sql.unsafe("COMMIT"), sql.unsafe("BEGIN")))
    })
    return retryBusy(
      Effect.suspend(() => {
        let failure: Cause.Cause<E | SqlError.SqlError> | undefined
        return sql
          .withTransaction(
            Effect.tapErrorCause(Effect.zipLeft(effect, seal), (cause) =>
              Effect.sync(() => {
                failure = cause
              })
            )
          )
          .pipe(
            // A commit or a rollback that failed. A full disk has SQLite roll back by itself: what it says to a second
            // rollback is not what went wrong. PostgreSQL has ended the transaction, and its connection is back in the pool.
            Effect.catchSomeDefect((defect) =>
              isSqlError(defect)
                ? Option.some(Effect.failCause(failure ?? Cause.fail(defect)))
                : Option.none()
            )
          )
      })
    )
  })

const isInside = Effect.map(Effect.serviceOption(SqlClient.TransactionConnection), Option.isSome)

/**
 * Migrations by name, `0001_orders` and so on, and the table in which it is kept which were run.
 *
 * @since 0.1.0
 * @category options
 */
export interface Migrations {
  readonly table: string
  readonly migrations: Readonly<Record<string, Effect.Effect<unknown, unknown, SqlClient.SqlClient>>>
}

/** PostgreSQL's answers to whoever is second to create one table: the table, its type, or a row of the catalogue, is there. */
const alreadyThere = (error: unknown): boolean =>
  (Predicate.hasProperty(error, "code") &&
    (error.code === "42P07" || error.code === "42710" || error.code === "23505")) ||
  (Predicate.hasProperty(error, "cause") && alreadyThere(error.cause))

class Unfinished {
  readonly _tag = "Unfinished"
}

/**
 * Runs the migrations that were not run yet. Another process may be at it on the same database. SQLite then says busy, or the
 * migrator returns having done nothing; PostgreSQL's migrator locks its table, but two may be about to create that one.
 * So it is asked again for up to 15 seconds.
 *
 * @since 0.1.0
 * @category migrations
 */
export const migrate = ({
  migrations,
  table
}: Migrations): Effect.Effect<void, InboxUnusable, SqlClient.SqlClient> => {
  const latest = Object.keys(migrations).length
  const applied = Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const [row] = yield* sql<{ readonly id: number | bigint | null }>`
      SELECT max(migration_id) AS id FROM ${sql(table)}`
    return Number(row?.id ?? 0)
  })
  return Migrator.make({})({ loader: Migrator.fromRecord(migrations), table }).pipe(
    Effect.zipRight(applied),
    Effect.filterOrFail(
      (id) => id >= latest,
      () => new Unfinished()
    ),
    // A migration that fails is a defect to the migrator.
    Effect.catchAllCause((cause) => Effect.fail(Cause.squash(cause))),
    Effect.retry({
      schedule: Schedule.spaced("25 millis").pipe(Schedule.jittered, Schedule.upTo("15 seconds")),
      while: (error) => error instanceof Unfinished || isBusy(error) || alreadyThere(error)
    }),
    Effect.catchAll((error) =>
      Effect.fail(
        new InboxUnusable({
          problem:
            error instanceof Unfinished || isBusy(error)
              ? "another process has kept it locked for 15 seconds while its tables were to be made"
              : `its tables cannot be made (${reasonOf(error)})`
        })
      )
    ),
    Effect.asVoid
  )
}
