/**
 * What goes wrong when a database is opened.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * The database cannot be opened, or must not be relied on.
 *
 * @since 0.1.0
 * @category errors
 */
export class DatabaseUnavailable extends Data.TaggedError("DatabaseUnavailable")<{
  /** The path of the file, or `postgres://host:port/name`: never a user's name or password. */
  readonly database: string
  /** Why, as the end of a sentence. */
  readonly reason: string
  /** What helps, where it is another thing than usual: a sentence. */
  readonly advice?: string
}> {
  override get message(): string {
    const {
      advice = "Check that its folder exists and can be written, or set YUNMO_DATABASE to another path.",
      database,
      reason
    } = this
    return `The database ${database} cannot be opened: ${reason}. ${advice}`
  }
}
