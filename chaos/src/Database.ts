/** The database under the apps, and a connection of our own beside theirs: to look into it, to lock it. */
import { join } from "node:path"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Database {
  readonly kind: "SQLite" | "PostgreSQL"
  /** What the apps get as YUNMO_DATABASE. */
  readonly setting: string
  /** Fails as a defect: without it there is nothing to compare with. */
  readonly look: Layer.Layer<SqlClient.SqlClient>
}

export const sqlite = (folder: string): Database => {
  const filename = join(folder, "yunmo.sqlite")
  return { kind: "SQLite", setting: filename, look: Layer.orDie(Sqlite.layer({ filename })) }
}

export const postgres = (url: string): Database => ({
  kind: "PostgreSQL",
  setting: url,
  look: Layer.orDie(PgClient.layer({ url: Redacted.make(url) }))
})
