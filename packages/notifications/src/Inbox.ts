/**
 * The inbox: one durable row per notification, which is waiting work, audit record and history in one. A row that `keep`
 * answered for is on the disk; only then may the vendor get its `OK`.
 *
 * Every operation fails with `InboxUnavailable` when the database does not do it. The layer makes the tables, sets and checks
 * full sync, and fails with `InboxUnusable` when that cannot be had.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { InboxUnavailable, type InboxUnusable } from "./InboxError.js"
import type { Kind, NewRow, Row, State, Summary } from "./InboxRow.js"
import { prepare } from "./internal/database.js"
import { type SqlRow, type SqlSummary, summaryColumns, toRow, toSummary } from "./internal/rows.js"
import { guarded } from "./internal/sqlFailure.js"
import * as Lane from "./Lane.js"

/**
 * The answer of `keep`: a new row, or the row of which this is a re-send.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly _tag: "Kept" | "Repeated"
  readonly id: number
}

/**
 * Which waiting rows to take.
 *
 * @since 0.1.0
 * @category options
 */
export interface ReadyOptions {
  /**
   * 3-D Secure requests have a deadline and wait for nothing: take them by themselves (`threeDs`), and the rest in another
   * loop (`others`). Both together, oldest first, when not given.
   */
  readonly queue?: "threeDs" | "others" | undefined
  /** Only rows of this merchant; of all when not given. */
  readonly merchantNo?: string | undefined
  /** Only rows of these lanes; of all when not given. */
  readonly lanes?: ReadonlyArray<number> | undefined
}

/**
 * Which rows to list, newest first.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions {
  readonly state?: State | undefined
  readonly kind?: Kind | undefined
  /** Rows with a smaller id: the last id of one page gives the next. */
  readonly before?: number | undefined
  /** 50 when not given. */
  readonly limit?: number | undefined
}

/**
 * How many rows are in a state, by kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface Count {
  readonly state: State
  readonly kind: Kind
  readonly count: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface InboxService {
  /**
   * Commits a row, or counts a re-send of one that is there. Refuses inside a transaction: it would answer before the commit.
   */
  readonly keep: (row: NewRow) => Effect.Effect<Kept, InboxUnavailable>
  /**
   * Rows to be handled at `now` (epoch milliseconds), oldest first, chosen by their state. Rows of one subject come in order of
   * arrival, and none comes while an earlier one of its subject waits for its next attempt; 3-D Secure requests wait for
   * nothing and hold nothing up. When a row fails, leave the later rows of its subject in the batch alone.
   */
  readonly ready: (
    limit: number,
    now: number,
    options?: ReadyOptions
  ) => Effect.Effect<ReadonlyArray<Row>, InboxUnavailable>
  /**
   * Marks a pending row as handled and says whether there was one. Call it in the transaction that writes the effect; on
   * `false` somebody else has handled the row or taken it out: drop the effect.
   */
  readonly markHandled: (id: number) => Effect.Effect<boolean, InboxUnavailable>
  /**
   * Counts a failed attempt of a pending row and says when to try again. The text is kept (its first 2,000 characters) and
   * shown to people: no secrets in it.
   */
  readonly markFailed: (
    id: number,
    error: string,
    nextAttemptAt: number
  ) => Effect.Effect<boolean, InboxUnavailable>
  /** Counts the last attempt of a pending row and leaves the row to a person, who is shown the reason. */
  readonly setAside: (id: number, reason: string) => Effect.Effect<boolean, InboxUnavailable>
  readonly get: (id: number) => Effect.Effect<Option.Option<Row>, InboxUnavailable>
  readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Summary>, InboxUnavailable>
  /** Reads the whole table: for people, not for polling. */
  readonly counts: Effect.Effect<ReadonlyArray<Count>, InboxUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Inbox extends Context.Tag("@effect-yunmo/notifications/Inbox")<Inbox, InboxService>() {}

const maxTextLength = 2000

/**
 * An inbox in a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<InboxService, never, SqlClient.SqlClient> = Effect.gen(function* () {
  // Names are written out below; a client set up to translate them must not.
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  const summary = sql.literal(summaryColumns)

  const keep = Effect.fn("Inbox.keep")(function* (row: NewRow) {
    if (Option.isSome(yield* Effect.serviceOption(SqlClient.TransactionConnection))) {
      return yield* new InboxUnavailable({
        operation: "keep",
        reason: "it was called inside a transaction, which could be rolled back after the answer"
      })
    }
    const now = yield* Clock.currentTimeMillis
    // One statement, so that SQLite commits it by itself: no lock is held between a read and a write.
    const [kept] = yield* sql<{ readonly id: number | string; readonly deliveries: number | string }>`
      INSERT INTO yunmo_inbox ${sql.insert({
        merchant_no: row.merchantNo,
        fingerprint: row.fingerprint,
        event_type: row.eventType,
        kind: row.kind,
        subject_kind: row.subject.kind,
        subject_id: row.subject.id,
        lane: Lane.of(row.merchantNo, row.subject),
        key_id: row.keyId,
        nested: row.nested,
        collision: row.collision,
        state: row.setAside === undefined ? "pending" : "set_aside",
        reason: row.setAside?.slice(0, maxTextLength) ?? null,
        received_at: now,
        last_received_at: now,
        raw: Redacted.value(row.raw)
      })}
      ON CONFLICT (merchant_no, fingerprint) DO UPDATE SET
        deliveries = yunmo_inbox.deliveries + 1,
        last_received_at = excluded.last_received_at
      RETURNING id, deliveries`.pipe(guarded("keep"))
    if (kept === undefined) {
      return yield* new InboxUnavailable({ operation: "keep", reason: "the database gave no row back" })
    }
    const answer: Kept = { _tag: Number(kept.deliveries) === 1 ? "Kept" : "Repeated", id: Number(kept.id) }
    return answer
  })

  const ready = Effect.fn("Inbox.ready")(function* (limit: number, now: number, options: ReadyOptions = {}) {
    const { lanes, merchantNo, queue } = options
    if (lanes?.length === 0) {
      return []
    }
    // Literals, not parameters: only then does the planner see that a partial index fits.
    const ofQueue = sql.literal(
      queue === undefined ? "TRUE" : queue === "threeDs" ? "kind = 'threeDs'" : "kind <> 'threeDs'"
    )
    const ofMerchant = merchantNo === undefined ? sql.literal("TRUE") : sql`merchant_no = ${merchantNo}`
    const ofLanes = lanes === undefined ? sql.literal("TRUE") : sql`lane IN ${sql.in(lanes)}`
    const rows = yield* sql<SqlRow>`
      SELECT ${summary}, raw FROM yunmo_inbox AS r
      WHERE state = 'pending' AND next_attempt_at <= ${now} AND ${ofQueue} AND ${ofMerchant} AND ${ofLanes}
        AND (kind = 'threeDs' OR NOT EXISTS (
          SELECT 1 FROM yunmo_inbox AS earlier
          WHERE earlier.state = 'pending' AND earlier.attempts > 0
            AND earlier.merchant_no = r.merchant_no
            AND earlier.subject_kind = r.subject_kind AND earlier.subject_id = r.subject_id
            AND earlier.id < r.id AND earlier.next_attempt_at > ${now} AND earlier.kind <> 'threeDs'))
      ORDER BY id LIMIT ${limit}`.pipe(guarded("ready"))
    return rows.map(toRow)
  })

  const markHandled = Effect.fn("Inbox.markHandled")(function* (id: number) {
    const now = yield* Clock.currentTimeMillis
    const marked = yield* sql`
      UPDATE yunmo_inbox SET state = 'handled', handled_at = ${now}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("markHandled"))
    return marked.length > 0
  })

  const markFailed = Effect.fn("Inbox.markFailed")(function* (
    id: number,
    error: string,
    nextAttemptAt: number
  ) {
    const marked = yield* sql`
      UPDATE yunmo_inbox SET attempts = attempts + 1,
        last_error = ${error.slice(0, maxTextLength)}, next_attempt_at = ${nextAttemptAt}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("markFailed"))
    return marked.length > 0
  })

  const setAside = Effect.fn("Inbox.setAside")(function* (id: number, reason: string) {
    const marked = yield* sql`
      UPDATE yunmo_inbox SET state = 'set_aside', attempts = attempts + 1, reason = ${reason.slice(0, maxTextLength)}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("setAside"))
    return marked.length > 0
  })

  const get = Effect.fn("Inbox.get")(function* (id: number) {
    const [row] = yield* sql<SqlRow>`
      SELECT ${summary}, raw FROM yunmo_inbox WHERE id = ${id}`.pipe(guarded("get"))
    return Option.map(Option.fromNullable(row), toRow)
  })

  const list = Effect.fn("Inbox.list")(function* (options: ListOptions = {}) {
    const conditions = sql.and([
      ...(options.state === undefined ? [] : [sql.literal(`state = '${options.state}'`)]),
      ...(options.kind === undefined ? [] : [sql`kind = ${options.kind}`]),
      ...(options.before === undefined ? [] : [sql`id < ${options.before}`])
    ])
    const rows = yield* sql<SqlSummary>`
      SELECT ${summary} FROM yunmo_inbox WHERE ${conditions}
      ORDER BY id DESC LIMIT ${options.limit ?? 50}`.pipe(guarded("list"))
    return rows.map(toSummary)
  })

  const counts = sql<{ readonly state: State; readonly kind: Kind; readonly count: number | string }>`
    SELECT state, kind, count(*) AS count FROM yunmo_inbox
    GROUP BY state, kind ORDER BY state, kind`.pipe(
    guarded("counts"),
    Effect.map((rows) => rows.map((row) => ({ ...row, count: Number(row.count) }))),
    Effect.withSpan("Inbox.counts")
  )

  return { keep, ready, markHandled, markFailed, setAside, get, list, counts }
})

/**
 * An inbox in the open database, once its tables are made and full sync is ascertained.
 *
 * @example
 * ```ts
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Effect from "effect/Effect"
 *
 * const waiting = Effect.gen(function* () {
 *   const inbox = yield* Inbox.Inbox
 *   return yield* inbox.list({ state: "set_aside" })
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Inbox, InboxUnusable, SqlClient.SqlClient> = Layer.effect(
  Inbox,
  Effect.zipRight(prepare, make)
)
