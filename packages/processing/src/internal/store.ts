import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { StoreUnavailable } from "../ProcessingError.js"

/** Tries again while SQLite is busy, and tells people of a database failure. */
export const guarded =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, StoreUnavailable, R> =>
    Effect.mapError(
      Storage.retryBusy(effect),
      (error) => new StoreUnavailable({ operation, reason: Storage.reasonOf(error) })
    )

/**
 * Takes SQLite's write lock: a transaction that begins with it meets a busy database here, as an error that says so, and
 * not in the middle, where others have already made their own errors of it.
 */
const lock = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`DELETE FROM yunmo_effects WHERE FALSE`)

/**
 * One transaction, begun anew while SQLite is busy. Its own failures roll it back and go on. The cast restates the guard
 * above it, which TypeScript does not apply to a type parameter.
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
 * Whether a caller's transaction is open. What is written down before something irrevocable is sent may not be part of one: it
 * would not be committed by then, and could be rolled back afterwards.
 */
export const insideTransaction: Effect.Effect<boolean> = Effect.map(
  Effect.serviceOption(SqlClient.TransactionConnection),
  Option.isSome
)
