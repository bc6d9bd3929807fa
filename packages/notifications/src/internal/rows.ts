import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { AtRestService } from "../AtRest.js"
import type { Kind, Row, State, Summary } from "../InboxRow.js"

/** Whole numbers come as `number` from SQLite, as text from PostgreSQL. */
export type Whole = number | bigint | string

export interface SqlSummary {
  readonly id: Whole
  readonly merchant_no: string
  readonly fingerprint: Uint8Array
  readonly event_type: string
  readonly kind: Kind
  readonly subject_kind: Summary["subject"]["kind"]
  readonly subject_id: string
  readonly lane: Whole
  readonly key_id: string
  readonly nested: Summary["nested"]
  readonly collision: Summary["collision"]
  readonly ambiguity: string
  readonly state: State
  readonly reason: string | null
  readonly attempts: Whole
  readonly last_error: string | null
  readonly received_at: Whole
  readonly next_attempt_at: Whole
  readonly handled_at: Whole | null
  readonly deliveries: Whole
  readonly last_received_at: Whole
}

export interface SqlRow extends SqlSummary {
  readonly raw_cipher: string
  readonly raw: Uint8Array
}

/** The columns of a summary. */
export const summaryColumns = `id, merchant_no, fingerprint, event_type, kind, subject_kind, subject_id, lane, key_id, nested,
  collision, ambiguity, state, reason, attempts, last_error, received_at, next_attempt_at, handled_at, deliveries,
  last_received_at`

/** The columns of a row. */
export const rowColumns = `${summaryColumns}, raw_cipher, raw`

const ambiguityOf = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Schema.String)))

export const toSummary = (row: SqlSummary): Summary => ({
  id: Number(row.id),
  merchantNo: row.merchant_no,
  fingerprint: row.fingerprint,
  eventType: row.event_type,
  kind: row.kind,
  subject: { kind: row.subject_kind, id: row.subject_id },
  lane: Number(row.lane),
  keyId: row.key_id,
  nested: row.nested,
  collision: row.collision,
  ambiguity:
    row.ambiguity === "[]" ? [] : Either.getOrElse(ambiguityOf(row.ambiguity), () => [row.ambiguity]),
  state: row.state,
  reason: row.reason ?? undefined,
  attempts: Number(row.attempts),
  lastError: row.last_error ?? undefined,
  receivedAt: Number(row.received_at),
  nextAttemptAt: Number(row.next_attempt_at),
  handledAt: row.handled_at === null ? undefined : Number(row.handled_at),
  deliveries: Number(row.deliveries),
  lastReceivedAt: Number(row.last_received_at)
})

export const toRow =
  (atRest: AtRestService) =>
  (row: SqlRow): Row => {
    const owner = { merchantNo: row.merchant_no, fingerprint: row.fingerprint }
    const opened = atRest.open({ cipher: row.raw_cipher, bytes: row.raw }, owner)
    return { ...toSummary(row), raw: Either.map(opened, Redacted.make) }
  }
