/**
 * What can go wrong while notifications are handled.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The database did not do what was asked.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()("StoreUnavailable", {
  operation: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `The database could not do "${this.operation}": ${this.reason}. It is tried again; look at its disk, permissions and locks if this stays.`
  }
}

/**
 * A handler could not finish. The row is tried again with back-off and in the end set aside.
 *
 * @since 0.1.0
 * @category errors
 */
export class HandlerFailed extends Schema.TaggedError<HandlerFailed>()("HandlerFailed", {
  /** One sentence for people, without secrets; it is kept with the row. */
  reason: Schema.String
}) {
  override get message(): string {
    return this.reason
  }
}
