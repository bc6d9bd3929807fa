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
  const [level] = yield* sql<{ readonly synchronous: number | bigint }>`PRAGMA synchronous`
  if (level === undefined || Number(level.synchronous) < full) {
    return yield* new InboxUnusable({
      problem: `SQLite would not set "synchronous" to FULL, without which a power cut can lose what was answered with OK`
    })
  }
}).pipe(
  Effect.catchTag("SqlError", (error) =>
    Effect.fail(new InboxUnusable({ problem: `its settings cannot be read (${reasonOf(error)})` }))
  )
)

export const ensureDurable: Effect.Effect<void, InboxUnusable, SqlClient.SqlClient> = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) =>
    sql.onDialectOrElse({
      sqlite: () => sqlite,
      orElse: () =>
        Effect.fail(new InboxUnusable({ problem: "it is not SQLite, the only kind supported so far" }))
    })
)
