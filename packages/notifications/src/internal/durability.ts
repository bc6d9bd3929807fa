import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { InboxUnusable } from "../InboxError.js"
import { reasonOf } from "./sqlFailure.js"

/** `PRAGMA synchronous` as a number: FULL is 2, EXTRA is 3. */
const full = 2

/**
 * "OK means kept" holds only where a commit waits for the disk. SQLite decides that per connection, and drivers leave it at
 * NORMAL: set it, then look whether it took.
 */
const sqlite = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const [mode] = yield* sql<{ readonly journal_mode: string }>`PRAGMA journal_mode`
  if (mode?.journal_mode !== "wal") {
    return yield* new InboxUnusable({
      problem: `its journal mode is "${mode?.journal_mode}" and has to be "wal"; use a database file on a local disk, opened with the write-ahead log`
    })
  }
  yield* sql`PRAGMA synchronous = FULL`
  // On macOS a plain sync leaves the data in the drive's cache; elsewhere this does nothing.
  yield* sql`PRAGMA fullfsync = ON`
  // What is deleted is overwritten: else it stays readable in the file until new rows happen to take its place.
  yield* sql`PRAGMA secure_delete = ON`
  const [level] = yield* sql<{ readonly synchronous: number | bigint }>`PRAGMA synchronous`
  if (level === undefined || Number(level.synchronous) < full) {
    return yield* new InboxUnusable({
      problem: `SQLite would not set "synchronous" to FULL, without which a power cut can lose what was answered with OK`
    })
  }
})

/**
 * PostgreSQL decides it by the settings of server, database, role and connection. A connection of the pool may be made at
 * any time, so to set it on one of them would not do: what a new one has by default must be right.
 */
const postgres = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const [settings] = yield* sql<{
    readonly fsync: string
    readonly synchronous_commit: string
    readonly server_encoding: string
    readonly standby: boolean
  }>`SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
      current_setting('server_encoding') AS server_encoding, pg_is_in_recovery() AS standby`
  const problem =
    settings === undefined
      ? "PostgreSQL does not say how it is set up"
      : settings.standby
        ? "this PostgreSQL is a standby and takes no writes; connect to the primary"
        : settings.fsync !== "on"
          ? `PostgreSQL runs with "fsync = off", so that a power cut can lose or ruin everything; set "fsync = on" in its configuration and restart it`
          : settings.synchronous_commit === "off"
            ? `connections to PostgreSQL start with "synchronous_commit = off", so that a crash can lose what was answered with OK; set it to "on", for this role with: ALTER ROLE CURRENT_USER SET synchronous_commit = on`
            : settings.server_encoding !== "UTF8"
              ? `the database's encoding is ${settings.server_encoding}, which cannot hold every text that may come; make one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`
              : undefined
  if (problem !== undefined) {
    return yield* new InboxUnusable({ problem })
  }
})

/**
 * For the `SELECT` or `RETURNING` list of a statement: whatever somebody set on this pooled connection, the transaction
 * that this statement is part of waits for the disk. Any other level than `off` does so by itself.
 */
export const syncCommit = `set_config('synchronous_commit',
  CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)`

export const ensureDurable: Effect.Effect<void, InboxUnusable, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql.onDialectOrElse({
      sqlite: () => sqlite,
      pg: () => postgres,
      orElse: () =>
        Effect.fail(
          new InboxUnusable({ problem: "it is neither SQLite nor PostgreSQL, the kinds supported" })
        )
    })
).pipe(
  Effect.catchTag("SqlError", (error) =>
    Effect.fail(new InboxUnusable({ problem: `its settings cannot be read (${reasonOf(error)})` }))
  )
)
