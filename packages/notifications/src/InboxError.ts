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
  reason: Schema.String,
  /** Nothing took place and another try may help: a lock, a deadlock, no connection. A transaction may be begun anew. */
  busy: Schema.optionalWith(Schema.Boolean, { default: () => false })
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

/**
 * A message stands encrypted in the database and cannot be opened: its key is not configured, or the row was changed.
 * With the key configured again it opens; nothing is lost.
 *
 * @since 0.1.0
 * @category errors
 */
export class MessageSealed extends Schema.TaggedError<MessageSealed>(
  "@effect-yunmo/notifications/MessageSealed"
)("MessageSealed", {
  /** The id of the key under which it was encrypted. */
  keyId: Schema.String,
  /** `Damaged`: the key is there and does not fit, or bytes, merchant or fingerprint were changed. */
  problem: Schema.Literal("KeyMissing", "Damaged")
}) {
  override get message(): string {
    return this.problem === "KeyMissing"
      ? `The message is encrypted with the key "${this.keyId}", which is not configured; add that key to those of AtRest.`
      : `The message does not open with the key "${this.keyId}": either that id was given to another key, or the row was changed; look at the configured keys.`
  }
}
