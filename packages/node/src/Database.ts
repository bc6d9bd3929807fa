/**
 * The database that a program was told to work on (`Settings.database`): a SQLite file or PostgreSQL, each with full sync, and
 * with the doorbell that tells the other processes on it of new rows. One line of an app.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import type { DatabaseChoice } from "./DatabaseChoice.js"
import type { DatabaseUnavailable } from "./DatabaseError.js"
import * as FileDoorbell from "./FileDoorbell.js"
import * as Postgres from "./Postgres.js"
import * as PostgresDoorbell from "./PostgresDoorbell.js"
import * as Sqlite from "./Sqlite.js"

/**
 * What concerns one of the two alone; the other passes over it.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly sqlite?: Omit<Sqlite.Options, "filename"> | undefined
  readonly postgres?: Omit<Postgres.Options, "url"> | undefined
}

/**
 * A `SqlClient`, and the `Doorbell` beside it, for `Inbox` (which rings) and `Dispatcher` (which listens).
 *
 * @example
 * ```ts
 * import * as Database from "@effect-yunmo/node/Database"
 * import * as Settings from "@effect-yunmo/node/Settings"
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const inbox = Layer.unwrapEffect(
 *   Effect.map(Settings.database, (choice) => Layer.provide(Inbox.layer, Database.layer(choice)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  choice: DatabaseChoice,
  options: Options = {}
): Layer.Layer<SqlClient.SqlClient, DatabaseUnavailable> => {
  if (choice._tag === "SqliteFile") {
    const { filename } = choice
    return Layer.merge(
      Sqlite.layer({ ...options.sqlite, filename }),
      FileDoorbell.layer({ database: filename })
    )
  }
  const { url } = choice
  const name = options.postgres?.applicationName ?? "yunmo"
  return Layer.provideMerge(
    PostgresDoorbell.layer({ url, applicationName: `${name} doorbell` }),
    Postgres.layer({ ...options.postgres, url })
  )
}
