import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Storage from "../Storage.js"
import { rowColumns, type Whole } from "./rows.js"

export interface PruneOptions {
  readonly handledBefore: number
  readonly limit: number
  readonly archive: boolean
}

/**
 * One step: takes the message and what it was about out of at most `limit` handled rows, and leaves what recognises and
 * counts a re-send. One transaction; gives how many rows.
 */
export const prune = (sql: SqlClient.SqlClient, now: number, options: PruneOptions) => {
  const columns = sql.literal(rowColumns)
  return Storage.transaction(
    Effect.gen(function* () {
      // SQLite: the lock for writing from the start, as a read that becomes a write may be refused. PostgreSQL: another
      // process at the same work takes other rows.
      yield* sql.onDialectOrElse({
        pg: () => Effect.void,
        orElse: () => sql`DELETE FROM yunmo_inbox_archive WHERE FALSE`
      })
      const chosen = yield* sql<{ readonly id: Whole }>`
        SELECT id FROM yunmo_inbox WHERE state = 'handled' AND handled_at < ${options.handledBefore}
        ORDER BY handled_at, id LIMIT ${options.limit}
        ${sql.literal(sql.onDialectOrElse({ pg: () => "FOR UPDATE SKIP LOCKED", orElse: () => "" }))}`
      const ids = chosen.map(({ id }) => id)
      if (ids.length === 0) {
        return 0
      }
      if (options.archive) {
        yield* sql`
          INSERT INTO yunmo_inbox_archive (archived_at, ${columns})
          SELECT ${now}, ${columns} FROM yunmo_inbox WHERE id IN ${sql.in(ids)}`
      }
      yield* sql.onDialectOrElse({
        pg: () => sql`
          UPDATE yunmo_inbox SET state = 'past', event_type = '', subject_kind = 'none', subject_id = '', key_id = '',
            ambiguity = '[]', reason = NULL, last_error = NULL, raw_cipher = 'none', raw = ''::bytea
          WHERE id IN ${sql.in(ids)}`,
        orElse: () => replaceAll(sql, ids)
      })
      return ids.length
    })
  )
}

type Left = Readonly<
  Record<(typeof left)[number], string | number | bigint | null> & { readonly fingerprint: Uint8Array }
>

/** What is left of a row, beside its fingerprint. */
const left = [
  "id",
  "merchant_no",
  "kind",
  "lane",
  "nested",
  "collision",
  "attempts",
  "received_at",
  "next_attempt_at",
  "handled_at",
  "deliveries",
  "last_received_at"
] as const

/**
 * SQLite: a row that is made smaller where it stands leaves a hole in its page that no new row goes into, since those come
 * at the end. Taken out and put in again, the rows move together, and whole pages become free for new ones.
 */
const replaceAll = (sql: SqlClient.SqlClient, ids: ReadonlyArray<Whole>) =>
  Effect.gen(function* () {
    const rows = yield* sql<Left>`
      SELECT ${sql.literal(left.join(", "))}, fingerprint FROM yunmo_inbox WHERE id IN ${sql.in(ids)} ORDER BY id`
    yield* sql`DELETE FROM yunmo_inbox WHERE id IN ${sql.in(ids)}`
    yield* sql`INSERT INTO yunmo_inbox ${sql.insert(
      rows.map((row) => ({
        ...row,
        state: "past",
        event_type: "",
        subject_kind: "none",
        subject_id: "",
        key_id: "",
        raw: new Uint8Array()
      }))
    )}`
  })
