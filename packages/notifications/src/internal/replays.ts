import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Kind, Summary } from "../InboxRow.js"
import type { Forecast, Replayed, Selection } from "../Replay.js"
import * as Storage from "../Storage.js"
import { among } from "./among.js"
import { rowColumns, type SqlRow, type Whole } from "./rows.js"
import { storableKey, storableText } from "./storable.js"

/** A page of what is set aside, in order of arrival, over an index of just these. */
export const select = (
  sql: SqlClient.SqlClient,
  { ids, kind, merchantNo, reason, receivedBefore, receivedFrom }: Selection,
  after: number,
  limit: number
): Effect.Effect<ReadonlyArray<SqlRow>, SqlError> => {
  const part = reason?.toLowerCase()
  const conditions = sql.and([
    sql.literal("state = 'set_aside'"),
    sql`id > ${after}`,
    ...(ids === undefined ? [] : [sql`id IN ${among(sql, ids.filter(Number.isSafeInteger))}`]),
    ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
    ...(merchantNo === undefined ? [] : [sql`merchant_no = ${storableKey(merchantNo)}`]),
    ...(part === undefined
      ? []
      : [
          sql.onDialectOrElse({
            pg: () => sql`position(${part} in lower(reason)) > 0`,
            orElse: () => sql`instr(lower(reason), ${part}) > 0`
          })
        ]),
    ...(receivedFrom === undefined ? [] : [sql`received_at >= ${receivedFrom}`]),
    ...(receivedBefore === undefined ? [] : [sql`received_at < ${receivedBefore}`])
  ])
  return sql<SqlRow>`
    SELECT ${sql.literal(rowColumns)} FROM yunmo_inbox WHERE ${conditions} ORDER BY id LIMIT ${limit}`
}

interface Taken {
  readonly row: Summary
  readonly forecast: Extract<Forecast, { readonly _tag: "Replayable" }>
}

/** One transaction: makes them pending, as if they had just come, and writes down who did it. Gives how many there were still. */
export const makePending = (sql: SqlClient.SqlClient, taken: ReadonlyArray<Taken>, by: string, now: number) =>
  Storage.transaction(
    Effect.map(
      Effect.forEach(taken, ({ forecast, row }) =>
        Effect.gen(function* () {
          const { kind, lane, subject } = forecast
          const marked = yield* sql`
            UPDATE yunmo_inbox SET state = 'pending', attempts = 0, next_attempt_at = 0, behind = 0, kind = ${kind},
              subject_kind = ${subject.kind}, subject_id = ${storableKey(subject.id)}, lane = ${lane}
            WHERE id = ${row.id} AND state = 'set_aside' RETURNING id`
          if (marked.length === 0) {
            return 0
          }
          yield* sql`
            INSERT INTO yunmo_inbox_replay ${sql.insert({
              inbox_id: row.id,
              merchant_no: row.merchantNo,
              replayed_at: now,
              replayed_by: storableText(by),
              kind: row.kind,
              attempts: row.attempts,
              reason: row.reason ?? null,
              last_error: row.lastError ?? null
            })}`
          return 1
        })
      ),
      (counts) => counts.filter((count) => count > 0).length
    )
  )

interface SqlReplayed {
  readonly inbox_id: Whole
  readonly merchant_no: string
  readonly replayed_at: Whole
  readonly replayed_by: string
  readonly kind: Kind
  readonly attempts: Whole
  readonly reason: string | null
  readonly last_error: string | null
}

export const history = (
  sql: SqlClient.SqlClient,
  inboxId: number
): Effect.Effect<ReadonlyArray<Replayed>, SqlError> =>
  Effect.map(
    sql<SqlReplayed>`
      SELECT inbox_id, merchant_no, replayed_at, replayed_by, kind, attempts, reason, last_error
      FROM yunmo_inbox_replay WHERE inbox_id = ${inboxId} ORDER BY id`,
    (rows) =>
      rows.map((row) => ({
        inboxId: Number(row.inbox_id),
        merchantNo: row.merchant_no,
        at: Number(row.replayed_at),
        by: row.replayed_by,
        kind: row.kind,
        attempts: Number(row.attempts),
        reason: row.reason ?? undefined,
        lastError: row.last_error ?? undefined
      }))
  )
