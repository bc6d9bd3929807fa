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
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { InboxUnusable } from "./InboxError.js"
import { ensureDurable } from "./internal/durability.js"
import { isBusy, reasonOf, retryBusy } from "./internal/sqlFailure.js"

export {
  /**
   * Sets full sync on the open connection and ascertains it; fails with `InboxUnusable` where it cannot be had.
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
   * Tries again, with back-off up to 2 seconds, while another process holds SQLite's lock. Inside a transaction nothing is
   * tried again: begin the whole transaction anew instead.
   *
   * @since 0.1.0
   * @category combinators
   */
  retryBusy
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isSqlError = (error: unknown): error is SqlError.SqlError => error instanceof SqlError.SqlError

/**
 * One transaction, begun anew with back-off while SQLite is busy. `withTransaction` takes a commit that fails (a full disk)
 * for a defect and leaves the transaction open; here it is rolled back and the failure goes on as `SqlError`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const transaction = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | SqlError.SqlError, R | SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => {
    const failedCommit = (defect: unknown) =>
      isSqlError(defect)
        ? Option.some(Effect.zipRight(Effect.ignore(sql.unsafe("ROLLBACK")), Effect.fail(defect)))
        : Option.none()
    return retryBusy(Effect.catchSomeDefect(sql.withTransaction(effect), failedCommit))
  })

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

class Unfinished {
  readonly _tag = "Unfinished"
}

/**
 * Runs the migrations that were not run yet. Another process may be at it on the same file: then SQLite says busy, or the
 * migrator returns having done nothing, so it is asked again for up to 15 seconds.
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
      while: (error) => error instanceof Unfinished || isBusy(error)
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
