/**
 * Which database a program works on: a SQLite file, or PostgreSQL. One text says it (`YUNMO_DATABASE`), a path or a
 * `postgres://` URL; `Database.layer` opens either.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { parseUrl, shownUrl } from "./internal/pgUrl.js"

/**
 * A file of SQLite, shared by the processes of one machine.
 *
 * @since 0.1.0
 * @category models
 */
export interface SqliteFile {
  readonly _tag: "SqliteFile"
  readonly filename: string
}

/**
 * A database of a PostgreSQL server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Postgres {
  readonly _tag: "Postgres"
  /** It holds the password. */
  readonly url: Redacted.Redacted<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export type DatabaseChoice = SqliteFile | Postgres

/**
 * @since 0.1.0
 * @category constructors
 */
export const sqliteFile = (filename: string): DatabaseChoice => ({ _tag: "SqliteFile", filename })

/**
 * @since 0.1.0
 * @category constructors
 */
export const postgres = (url: Redacted.Redacted<string>): DatabaseChoice => ({ _tag: "Postgres", url })

/**
 * Reads a path or a `postgres://` (`postgresql://`) URL. What is wrong with it comes as the end of a sentence that quotes
 * nothing of it, since a password may stand in it.
 *
 * @example
 * ```ts
 * import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
 *
 * DatabaseChoice.fromText("./yunmo.sqlite")
 * DatabaseChoice.fromText("postgres://yunmo:secret@db.internal/yunmo?sslmode=verify-full")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromText = (text: string): Either.Either<DatabaseChoice, string> => {
  if (/^postgres(ql)?:/i.test(text)) {
    return Either.map(parseUrl(text), () => postgres(Redacted.make(text)))
  }
  // Either of these would make a file of that name, the password in its name: keywords as libpq takes them, and a URL with a
  // blank or a quote before it.
  if (/(^|\s)(host|hostaddr|dbname|user|password)\s*=/i.test(text)) {
    return Either.left("is a list of keywords; write it as a postgres://user:password@host:5432/database URL")
  }
  return text.includes("://")
    ? Either.left("is neither a path nor a URL that begins with postgres://")
    : Either.right(sqliteFile(text))
}

/**
 * For people and logs: the path, or `postgres://host:port/name` without what is secret.
 *
 * @since 0.1.0
 * @category formatting
 */
export const show = (choice: DatabaseChoice): string =>
  choice._tag === "SqliteFile" ? choice.filename : shownUrl(choice.url)
