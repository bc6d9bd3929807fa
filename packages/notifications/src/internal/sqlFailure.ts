import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import { InboxUnavailable } from "../InboxError.js"

/** The error and its causes, outermost first. */
const chain = (error: unknown): ReadonlyArray<unknown> =>
  Predicate.hasProperty(error, "cause") && error.cause !== undefined
    ? [error, ...chain(error.cause)]
    : [error]

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" ? error.code : ""

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * What the driver said: the message at the end of the chain of causes. Drivers do not put values into it, PostgreSQL's
 * data exceptions (class 22) apart, which quote them. A refused connection may have a code and no text.
 */
export const reasonOf = (error: unknown): string => {
  const last = chain(error).at(-1)
  const code = codeOf(last)
  if (/^22[0-9A-Z]{3}$/.test(code)) {
    return `the database refuses a value (SQLSTATE ${code})`
  }
  return messageOf(last) || code || "no reason was given"
}

/**
 * Nothing took place and another try may help: SQLite's lock is held, or PostgreSQL rolled back (40001 serialization, 40P01
 * deadlock, 55P03 lock), is starting or stopping (57P03), is full (53300), or there was no connection to begin with.
 */
const busyCode = /^(SQLITE_(BUSY|LOCKED).*|40001|40P01|55P03|57P03|53300|ECONNREFUSED)$/

/** SQLite's one connection still had somebody's transaction whose commit failed. It was rolled back when this was refused. */
const isLeftOpen = /cannot start a transaction within a transaction/

/** A connection that the server refuses for who asks or for what: a wrong password does not become right. */
const refusedCode = /^(28|3D)[0-9A-Z]{3}$/

const notConnected = (errors: ReadonlyArray<unknown>): boolean =>
  errors.some(
    (error) => error instanceof Error && error.message.startsWith("Failed to acquire connection")
  ) && !errors.some((error) => refusedCode.test(codeOf(error)))

export const isBusy = (error: unknown): boolean => {
  const errors = chain(error)
  return (
    errors.some((one) => one instanceof InboxUnavailable && one.busy) ||
    errors.some((one) => busyCode.test(codeOf(one)) || isLeftOpen.test(messageOf(one))) ||
    notConnected(errors)
  )
}

/**
 * The connection was lost under way (class 08, 57P01 and 57P02 of a server that stops or crashed): whether the statement
 * was committed is not known. Only what may be done twice may be tried again.
 */
const isLost = (error: unknown): boolean =>
  chain(error).some(
    (one) =>
      /^(08[0-9A-Z]{3}|57P01|57P02|57P05|ECONNRESET|EPIPE|ETIMEDOUT)$/.test(codeOf(one)) ||
      /^Connection (terminated|error)|connection error and is not queryable|was closed/.test(messageOf(one))
  )

/**
 * It is the row's own fault: a constraint, a value that is too long or that the driver cannot bind. Other rows
 * would have been taken.
 */
export const isOfRow = (error: unknown): boolean =>
  chain(error).some(
    (one) =>
      one instanceof TypeError ||
      one instanceof RangeError ||
      /^(SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE).*|(22|23|54)[0-9A-Z]{3})$/.test(codeOf(one))
  )

/**
 * SQLite waits for a lock by blocking the event loop, so the wait of a statement is kept short (by whoever opened the
 * connection) and the longer wait is done here, between tries, where everything else goes on.
 */
const shortest = "5 millis"
const backOff = Schedule.exponential(shortest).pipe(
  Schedule.either(Schedule.spaced("100 millis")),
  Schedule.jittered,
  Schedule.upTo("2 seconds")
)

const retryWhile =
  (worthIt: (error: unknown) => boolean) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    // Inside a transaction whoever opened it has to begin it anew: the lock will not come to one statement alone.
    Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) =>
      Option.isSome(transaction)
        ? effect
        : Effect.catchAll(effect, (error) =>
            // A schedule is set up for what failed alone: it costs as much as a statement.
            worthIt(error)
              ? Effect.delay(Effect.retry(effect, { schedule: backOff, while: worthIt }), shortest)
              : Effect.fail(error)
          )
    )

export const retryBusy = retryWhile(isBusy)

/** For what may be done twice: reads, and `keep`, whose row is recognised by its fingerprint. */
export const retryRepeatable = retryWhile((error) => isBusy(error) || isLost(error))

export const unavailable =
  (operation: string) =>
  (error: unknown): InboxUnavailable =>
    new InboxUnavailable({ operation, reason: reasonOf(error), busy: isBusy(error) })

/** Names the operation in the error, and tries again while the database is busy. */
export const guarded =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, InboxUnavailable, R> =>
    Effect.mapError(retryBusy(effect), unavailable(operation))

/** The same for what may be done twice: it is tried again after a lost connection too. */
export const guardedRepeatable =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, InboxUnavailable, R> =>
    Effect.mapError(retryRepeatable(effect), unavailable(operation))
