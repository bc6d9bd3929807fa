import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Effect from "effect/Effect"
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
 * One transaction, begun anew while SQLite is busy. Its own failures roll it back and go on. The cast restates the guard
 * above it, which TypeScript does not apply to a type parameter.
 */
export const transaction =
  (operation: string) =>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>
  ): Effect.Effect<A, Exclude<E, SqlError> | StoreUnavailable, R | SqlClient.SqlClient> =>
    Effect.mapError(Storage.transaction(effect), (error) =>
      Storage.isSqlError(error)
        ? new StoreUnavailable({ operation, reason: Storage.reasonOf(error) })
        : (error as Exclude<E, SqlError>)
    )
