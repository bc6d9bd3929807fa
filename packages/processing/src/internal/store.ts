import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { StoreUnavailable } from "../ProcessingError.js"

/** Tries again while the database is busy, and tells people of a database failure. */
export const guarded =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, StoreUnavailable, R> =>
    Effect.mapError(
      Storage.retryBusy(effect),
      (error) => new StoreUnavailable({ operation, reason: Storage.reasonOf(error) })
    )

/**
 * SQLite: takes its write lock, so that the transaction meets a busy database here, as an error that says so, and not in the
 * middle, where others have already made their own errors of it.
 *
 * PostgreSQL needs none: our statements are conditional (on a state, on a key that is not there yet) and wait for each other
 * row by row.
 */
const lock = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql.onDialectOrElse({
    sqlite: () => Effect.asVoid(sql`DELETE FROM yunmo_effects WHERE FALSE`),
    orElse: () => Effect.void
  })
)

/**
 * One transaction, begun anew as a whole while SQLite is busy, or when PostgreSQL gave up on it for the sake of another
 * (40001, 40P01). Its own failures roll it back and go on. The cast restates the guard above it, which TypeScript does not
 * apply to a type parameter.
 */
export const transaction =
  (operation: string) =>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R | SqlClient.SqlClient> =>
    Effect.mapError(Storage.transaction(Effect.zipRight(lock, effect)), (error) =>
      Storage.isSqlError(error)
        ? new StoreUnavailable({ operation, reason: Storage.reasonOf(error) })
        : (error as Exclude<E, SqlError>)
    )

/**
 * Holds back whoever else adds up the same thing until this transaction has ended, so that each reads what the other has written.
 * SQLite has one writer at a time anyway. PostgreSQL has not, and there may be no row yet that could be locked.
 */
export const alone = (...thing: ReadonlyArray<string>): Effect.Effect<void, SqlError, SqlClient.SqlClient> =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.onDialectOrElse({
      pg: () =>
        Effect.asVoid(sql`SELECT pg_advisory_xact_lock(hashtextextended(${JSON.stringify(thing)}, 0))`),
      orElse: () => Effect.void
    })
  )

/**
 * Whether a caller's transaction is open. What is written down before something irrevocable is sent may not be part of one: it
 * would not be committed by then, and could be rolled back afterwards.
 */
export const insideTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.isSome
)
