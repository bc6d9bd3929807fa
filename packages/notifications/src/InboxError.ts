/**
 * What can go wrong with the tables of this package. The errors hold data only, and nothing of a notification.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The database did not do what was asked: it is locked, full, read-only, or gone. Whether a write took place is not known for
 * certain; to the sender of a notification it means: not kept, send it again.
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxUnavailable extends Schema.TaggedError<InboxUnavailable>(
  "@effect-yunmo/notifications/InboxUnavailable"
)("InboxUnavailable", {
  /** `keep`, `ready`, `markHandled` … */
  operation: Schema.String,
  /** What the database said. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The inbox could not do "${this.operation}": ${this.reason}. Try again; if that does not help, look at the database's disk space, permissions and locks.`
  }
}

/**
 * The database cannot hold the inbox as the promise "OK means kept" needs it, so nothing starts.
 *
 * @since 0.1.0
 * @category errors
 */
export class InboxUnusable extends Schema.TaggedError<InboxUnusable>(
  "@effect-yunmo/notifications/InboxUnusable"
)("InboxUnusable", {
  /** What is wrong and what to change, as the end of a sentence. */
  problem: Schema.String
}) {
  override get message(): string {
    return `The inbox cannot be kept in this database: ${this.problem}.`
  }
}
