/** Makes an inbox large: what the app itself kept is copied in SQL, so that every column is as it writes it. */
import Database from "better-sqlite3"
import type { Place } from "./contestants.js"
import { type Contestant, open } from "./contestants.js"
import type { Generator } from "./process.js"
import { take } from "./turn.js"

/** Rows that wait for a dispatcher, the newest ones, whatever the size. */
export const waiting = 500

const templates = 256

/** Columns of a copy that are not its template's. */
const ownColumns: Readonly<Record<string, string>> = {
  fingerprint: "randomblob(32)",
  state: "CASE WHEN at > @waitingFrom THEN 'pending' WHEN at % 1000 = 0 THEN 'set_aside' ELSE 'handled' END",
  reason:
    "CASE WHEN at <= @waitingFrom AND at % 1000 = 0 THEN 'The contract does not know this event type.' END",
  handled_at: "CASE WHEN at <= @waitingFrom AND at % 1000 <> 0 THEN received_at + 250 END",
  subject_id: "'C' || (at % 50000)",
  lane: "at % 64"
}

/** Fills the database of a contestant that does not run yet, almost all of it handled. */
export const fill = async (
  contestant: Contestant,
  place: Place,
  generator: Generator,
  rows: number
): Promise<void> => {
  const running = await open(contestant, place)
  try {
    await take(running, generator, { connections: 8, seed: 0, from: 0, count: templates })
  } finally {
    await running.server.stop()
  }
  const database = new Database(running.store.location)
  try {
    // Only here: what is lost in a power cut is made again.
    database.pragma("synchronous = OFF")
    database.pragma("cache_size = -1000000")
    database.pragma("wal_autocheckpoint = 100000")
    const columns = database
      .prepare("SELECT name FROM pragma_table_info('yunmo_inbox') WHERE name <> 'id'")
      .pluck()
      .all()
      .map(String)
    database
      .prepare(
        `WITH RECURSIVE numbers (at) AS (SELECT @first UNION ALL SELECT at + 1 FROM numbers WHERE at < @rows)
         INSERT INTO yunmo_inbox (${columns.join()})
         SELECT ${columns.map((column) => ownColumns[column] ?? column).join()}
         FROM numbers CROSS JOIN yunmo_inbox AS template ON template.id = 1 + at % @templates
         ORDER BY at`
      )
      .run({ first: templates + 1, rows, templates, waitingFrom: rows - waiting })
    database
      .prepare("UPDATE yunmo_inbox SET state = 'handled', handled_at = received_at WHERE id <= ?")
      .run(templates)
    database.pragma("wal_checkpoint(TRUNCATE)")
  } finally {
    database.close()
  }
}
