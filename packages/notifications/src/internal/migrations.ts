import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Storage from "../Storage.js"

/** The words in which SQLite and PostgreSQL differ; everything else of the schema is one text. */
interface Words {
  /** Never given twice, not even after the newest rows were deleted: audit records refer to ids. */
  readonly id: string
  readonly whole: string
  readonly bytes: string
  /** Ends a table. */
  readonly end: string
}

const sqlite: Words = {
  id: "INTEGER PRIMARY KEY AUTOINCREMENT",
  whole: "INTEGER",
  bytes: "BLOB",
  end: "STRICT"
}

const postgres: Words = {
  id: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  whole: "BIGINT",
  bytes: "BYTEA",
  end: ""
}

const statements = (texts: (words: Words) => ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.forEach(
      texts(sql.onDialectOrElse({ pg: () => postgres, orElse: () => sqlite })),
      (text) => sql.unsafe(text),
      { discard: true }
    )
  )

/** What a row is about and what is known of it; the archive has the same columns. */
const columns = ({ bytes, whole }: Words) => `
  merchant_no TEXT NOT NULL,
  fingerprint ${bytes} NOT NULL,
  event_type TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  lane ${whole} NOT NULL,
  key_id TEXT NOT NULL,
  nested TEXT NOT NULL,
  collision TEXT NOT NULL,
  ambiguity TEXT NOT NULL DEFAULT '[]',
  state TEXT NOT NULL CHECK (state IN ('pending', 'handled', 'set_aside', 'past')),
  reason TEXT,
  attempts ${whole} NOT NULL DEFAULT 0,
  last_error TEXT,
  received_at ${whole} NOT NULL,
  next_attempt_at ${whole} NOT NULL DEFAULT 0,
  handled_at ${whole},
  deliveries ${whole} NOT NULL DEFAULT 1,
  last_received_at ${whole} NOT NULL,
  raw_cipher TEXT NOT NULL DEFAULT 'none',
  raw ${bytes} NOT NULL`

/**
 * `behind` is the id of the failed row of the same subject that a pending row waits for, once so many wait for it that they
 * stood in the way of others; 0 otherwise.
 *
 * A row in the state `past` was pruned: only what recognises and counts a re-send is left of it. It stays in this
 * table, under the same unique key, so that `keep` finds it in the one statement that it runs anyway.
 */
const createInbox = statements((words) => [
  `CREATE TABLE yunmo_inbox (
    id ${words.id},
    behind ${words.whole} NOT NULL DEFAULT 0,${columns(words)},
    UNIQUE (merchant_no, fingerprint)
  ) ${words.end}`,
  // Partial indexes hold only what is in that state: they stay small however much has been handled.
  `CREATE INDEX yunmo_inbox_fresh ON yunmo_inbox (merchant_no, id)
    WHERE state = 'pending' AND attempts = 0 AND behind = 0 AND kind <> 'threeDs'`,
  `CREATE INDEX yunmo_inbox_lane ON yunmo_inbox (merchant_no, lane, id)
    WHERE state = 'pending' AND attempts = 0 AND behind = 0 AND kind <> 'threeDs'`,
  `CREATE INDEX yunmo_inbox_retry ON yunmo_inbox (merchant_no, next_attempt_at, id, lane)
    WHERE state = 'pending' AND attempts > 0 AND kind <> 'threeDs'`,
  `CREATE INDEX yunmo_inbox_three_ds ON yunmo_inbox (merchant_no, id, next_attempt_at, lane)
    WHERE state = 'pending' AND kind = 'threeDs'`,
  `CREATE INDEX yunmo_inbox_failed ON yunmo_inbox (merchant_no, subject_kind, subject_id, id)
    WHERE state = 'pending' AND attempts > 0 AND kind <> 'threeDs'`,
  `CREATE INDEX yunmo_inbox_parked ON yunmo_inbox (merchant_no, subject_kind, subject_id, id)
    WHERE state = 'pending' AND behind > 0`,
  "CREATE INDEX yunmo_inbox_behind ON yunmo_inbox (behind, id) WHERE state = 'pending' AND behind > 0",
  "CREATE INDEX yunmo_inbox_set_aside ON yunmo_inbox (id) WHERE state = 'set_aside'",
  // With the kind, so that they are counted without a look at the rows.
  "CREATE INDEX yunmo_inbox_handled ON yunmo_inbox (handled_at, id, kind) WHERE state = 'handled'",
  // Its ids are those of the inbox.
  `CREATE TABLE yunmo_inbox_archive (
    id ${words.whole} PRIMARY KEY,
    archived_at ${words.whole} NOT NULL,${columns(words)}
  ) ${words.end}`
])

const createQuarantine = statements(({ bytes, end, id, whole }) => [
  `CREATE TABLE yunmo_quarantine (
    id ${id},
    merchant_no TEXT NOT NULL,
    digest ${bytes} NOT NULL,
    reason TEXT NOT NULL,
    received_at ${whole} NOT NULL,
    deliveries ${whole} NOT NULL DEFAULT 1,
    last_received_at ${whole} NOT NULL,
    raw_cipher TEXT NOT NULL DEFAULT 'none',
    raw ${bytes} NOT NULL,
    UNIQUE (merchant_no, digest)
  ) ${end}`
])

/** Who made a row that was set aside pending again, when, and what it had been. Outlives the row. */
const createReplays = statements(({ end, id, whole }) => [
  `CREATE TABLE yunmo_inbox_replay (
    id ${id},
    inbox_id ${whole} NOT NULL,
    merchant_no TEXT NOT NULL,
    replayed_at ${whole} NOT NULL,
    replayed_by TEXT NOT NULL,
    kind TEXT NOT NULL,
    attempts ${whole} NOT NULL,
    reason TEXT,
    last_error TEXT
  ) ${end}`,
  "CREATE INDEX yunmo_inbox_replay_row ON yunmo_inbox_replay (inbox_id, id)",
  // Holds nothing for a row that came once: re-sends are counted without a look at the rows.
  "CREATE INDEX yunmo_inbox_resent ON yunmo_inbox (deliveries) WHERE deliveries > 1"
])

const migrations = {
  "0001_inbox": createInbox,
  "0002_quarantine": createQuarantine,
  "0003_replays": createReplays
}

/** Makes the tables of this package. */
export const migrate = Storage.migrate({ table: "yunmo_notifications_migrations", migrations })
