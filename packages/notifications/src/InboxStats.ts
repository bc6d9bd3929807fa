/**
 * The inbox in figures, for people and dashboards: what waits and since when, what was set aside and why, what was re-sent,
 * and what is in the quarantine.
 *
 * Rows that wait and rows that were set aside are looked at; the others, however many, are counted over indexes of their
 * own. So it takes as long as there is much to do, and some tenths of a second per million handled rows: ask once in a
 * while, not with every request.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import type { InboxUnavailable } from "./InboxError.js"
import type { Kind, State } from "./InboxRow.js"
import * as Figures from "./internal/figures.js"
import { guardedRepeatable } from "./internal/sqlFailure.js"

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
 * What waits, of one merchant.
 *
 * @since 0.1.0
 * @category models
 */
export interface Backlog {
  readonly merchantNo: string
  readonly pending: number
  /** Of these, the ones that have failed and are tried again. */
  readonly failed: number
  readonly threeDs: number
  /** When the first of them came, in epoch milliseconds. */
  readonly oldestReceivedAt: number
}

/**
 * Why rows were set aside.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reason {
  readonly kind: Kind
  readonly reason: string
  readonly count: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Stats {
  readonly counts: ReadonlyArray<Count>
  /** By merchant, the greatest first. */
  readonly backlog: ReadonlyArray<Backlog>
  /** When the first row that waits came, in epoch milliseconds. */
  readonly oldestPendingAt: number | undefined
  /** The most frequent ones. */
  readonly setAsideReasons: ReadonlyArray<Reason>
  /** Rows that came more than once, pruned ones included, and how often they came beyond once. */
  readonly resent: { readonly rows: number; readonly deliveries: number }
  /** By reason, the most frequent first. */
  readonly quarantine: ReadonlyArray<{
    readonly reason: string
    readonly count: number
    readonly deliveries: number
  }>
  /** How often rows were replayed. */
  readonly replays: number
  /** Of the database file, or of the tables of the inbox on PostgreSQL; `free` is what new rows take first (SQLite). */
  readonly bytes: { readonly used: number; readonly free: number | undefined }
}

/**
 * Messages that stand under one cipher: `none`, or `A256GCM:` and the id of the key.
 *
 * @since 0.1.0
 * @category models
 */
export interface CipherInUse {
  readonly cipher: string
  readonly inbox: number
  readonly quarantine: number
}

/**
 * Under which keys messages stand, so that a key can be taken out of the settings once nothing needs it. Reads both tables
 * whole: seconds per million rows.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ciphers: Effect.Effect<
  ReadonlyArray<CipherInUse>,
  InboxUnavailable,
  SqlClient.SqlClient
> = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  return yield* guardedRepeatable("stats")(Figures.ciphers(sql))
}).pipe(Effect.withSpan("InboxStats.ciphers"))

/**
 * The figures of now; several queries one after the other, so that they need not add up while rows come.
 *
 * @since 0.1.0
 * @category constructors
 */
export const read: Effect.Effect<Stats, InboxUnavailable, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = (yield* SqlClient.SqlClient).withoutTransforms()
  return yield* guardedRepeatable("stats")(Figures.read(sql))
}).pipe(Effect.withSpan("InboxStats.read"))
