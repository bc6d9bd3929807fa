import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Storage from "../Storage.js"

const createInbox = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Ids are never given twice (AUTOINCREMENT), not even after the newest rows were deleted: audit records refer to them.
  yield* sql`
    CREATE TABLE yunmo_inbox (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      merchant_no TEXT NOT NULL,
      fingerprint BLOB NOT NULL,
      event_type TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject_kind TEXT NOT NULL,
      subject_id TEXT NOT NULL,
      lane INTEGER NOT NULL,
      key_id TEXT NOT NULL,
      nested TEXT NOT NULL,
      collision TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'handled', 'set_aside')),
      reason TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      last_error TEXT,
      received_at INTEGER NOT NULL,
      next_attempt_at INTEGER NOT NULL DEFAULT 0,
      handled_at INTEGER,
      deliveries INTEGER NOT NULL DEFAULT 1,
      last_received_at INTEGER NOT NULL,
      raw_cipher TEXT NOT NULL DEFAULT 'none',
      raw BLOB NOT NULL,
      UNIQUE (merchant_no, fingerprint)
    ) STRICT`
  // Partial indexes hold only what is in that state: they stay small however much has been handled.
  yield* sql`CREATE INDEX yunmo_inbox_pending ON yunmo_inbox (id, next_attempt_at) WHERE state = 'pending'`
  yield* sql`CREATE INDEX yunmo_inbox_lane ON yunmo_inbox (lane, id) WHERE state = 'pending'`
  yield* sql`
    CREATE INDEX yunmo_inbox_three_ds ON yunmo_inbox (id, next_attempt_at)
    WHERE state = 'pending' AND kind = 'threeDs'`
  yield* sql`
    CREATE INDEX yunmo_inbox_failed ON yunmo_inbox (merchant_no, subject_kind, subject_id, id)
    WHERE state = 'pending' AND attempts > 0`
  yield* sql`CREATE INDEX yunmo_inbox_set_aside ON yunmo_inbox (id) WHERE state = 'set_aside'`
})

const createQuarantine = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    CREATE TABLE yunmo_quarantine (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      digest BLOB NOT NULL UNIQUE,
      reason TEXT NOT NULL,
      received_at INTEGER NOT NULL,
      deliveries INTEGER NOT NULL DEFAULT 1,
      last_received_at INTEGER NOT NULL,
      raw_cipher TEXT NOT NULL DEFAULT 'none',
      raw BLOB NOT NULL
    ) STRICT`
})

const migrations = {
  "0001_inbox": createInbox,
  "0002_quarantine": createQuarantine
}

/** Makes the tables of this package. */
export const migrate = Storage.migrate({ table: "yunmo_notifications_migrations", migrations })
