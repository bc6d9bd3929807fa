import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { InboxUnavailable } from "../InboxError.js"

/** What the driver said: the message at the end of the chain of causes. Drivers do not put values into it. */
export const reasonOf = (error: unknown): string => {
  if (Predicate.hasProperty(error, "cause") && error.cause !== undefined) {
    return reasonOf(error.cause)
  }
  return error instanceof Error ? error.message : String(error)
}

/** Another connection holds the lock that SQLite needs: worth another try. */
export const isBusy = (error: unknown): boolean =>
  (Predicate.hasProperty(error, "code") &&
    typeof error.code === "string" &&
    /^SQLITE_(BUSY|LOCKED)/.test(error.code)) ||
  (Predicate.hasProperty(error, "cause") && isBusy(error.cause))

/**
 * SQLite waits for a lock by blocking the event loop, so the wait of a statement is kept short (by whoever opened the
 * connection) and the longer wait is done here, between tries, where everything else goes on.
 */
const backOff = Schedule.exponential("5 millis").pipe(
  Schedule.either(Schedule.spaced("100 millis")),
  Schedule.jittered,
  Schedule.upTo("2 seconds")
)

/** Inside a transaction whoever opened it has to begin it anew: the lock will not come to one statement alone. */
export const retryBusy = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) =>
    Option.isSome(transaction) ? effect : Effect.retry(effect, { schedule: backOff, while: isBusy })
  )

/** Names the operation in the error, and tries again while SQLite is busy. */
export const guarded =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, InboxUnavailable, R> =>
    Effect.mapError(
      retryBusy(effect),
      (error) => new InboxUnavailable({ operation, reason: reasonOf(error) })
    )
