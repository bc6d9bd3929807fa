/**
 * How long handled rows stay in the inbox. After that the message and what it was about are deleted, or moved to the table
 * `yunmo_inbox_archive` as they stand, still encrypted under the key of their time. What recognises a re-send stays for
 * ever: it is answered with `OK` and changes nothing. Rows that wait, and rows that were set aside, are never touched.
 *
 * A sweep works in small transactions with pauses between, so that receipt goes on; it takes a bounded number of rows, and the
 * next sweep goes on where it ended. It may run in several processes, and be killed at any moment: a row is put away as a whole or not.
 *
 * The default of 180 days: card schemes let a cardholder dispute a payment for about 120 days, and the message is the
 * evidence of what was reported. What your law says about deleting personal data comes first.
 *
 * **Size.** SQLite uses the pages that become free for new rows; the file does not shrink (only `VACUUM` does that, which stops
 * receipt while it runs, so stop the programs first). On PostgreSQL autovacuum does the like.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import { Inbox } from "./Inbox.js"
import type { InboxUnavailable } from "./InboxError.js"
import { guardedRepeatable } from "./internal/sqlFailure.js"

/**
 * | option | default | what |
 * |---|---|---|
 * | `action` | | `archive` moves rows to another table of the database, `delete` deletes them |
 * | `keepFor` | 180 days | counted from when a row was handled |
 * | `step` | 200 | rows of one transaction |
 * | `pause` | 50 milliseconds | the least between two transactions; never less than 4 times what the last one took |
 * | `maxRows` | 50,000 | rows of one sweep |
 *
 * @since 0.1.0
 * @category options
 */
export interface SweepOptions {
  readonly action: "archive" | "delete"
  readonly keepFor?: Duration.DurationInput | undefined
  readonly step?: number | undefined
  readonly pause?: Duration.DurationInput | undefined
  readonly maxRows?: number | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends SweepOptions {
  /** Between the end of a sweep and the next one; 10 minutes when not given. */
  readonly every?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Swept {
  readonly rows: number
  /** Whether there may be more, since the sweep came to its bound. */
  readonly isMoreLeft: boolean
  readonly millis: number
}

/**
 * The default of `keepFor`.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultKeepFor: Duration.Duration = Duration.days(180)

/**
 * How many handled rows were put away, by `action`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const prunedRows: Metric.Metric.Counter<number> = Metric.counter("yunmo_inbox_pruned_total", {
  description: "Handled rows that were archived or deleted for their age, by action",
  incremental: true
})

/**
 * How many sweeps there were, by `outcome`: `done`, `bounded` when there may be more to do, or `failed`. More that are bounded than
 * done: rows come faster than they are put away.
 *
 * @since 0.1.0
 * @category metrics
 */
export const sweeps: Metric.Metric.Counter<number> = Metric.counter("yunmo_inbox_sweeps_total", {
  description: "Sweeps of retention, by outcome",
  incremental: true
})

/** At most a fifth of the time in a transaction. */
const restPerWork = 4

/**
 * One sweep. When it fails with `InboxUnavailable`, what was put away until then stays so.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sweep = (options: SweepOptions): Effect.Effect<Swept, InboxUnavailable, Inbox> =>
  Effect.gen(function* () {
    const { action, keepFor = defaultKeepFor, maxRows = 50_000, pause = "50 millis" } = options
    const step = Math.max(1, options.step ?? 200)
    const inbox = yield* Inbox
    const began = yield* Clock.currentTimeMillis
    const handledBefore = began - Duration.toMillis(keepFor)
    const counter = Metric.tagged(prunedRows, "action", action)
    let rows = 0
    let isMoreLeft = true
    while (rows < maxRows) {
      const limit = Math.min(step, maxRows - rows)
      const [took, pruned] = yield* Effect.timed(
        inbox.prune({ handledBefore, limit, archive: action === "archive" })
      )
      yield* Metric.incrementBy(counter, pruned)
      rows += pruned
      if (pruned < limit) {
        isMoreLeft = false
        break
      }
      yield* Effect.sleep(Duration.max(pause, Duration.times(took, restPerWork)))
    }
    const millis = (yield* Clock.currentTimeMillis) - began
    yield* Effect.annotateCurrentSpan({ rows, isMoreLeft })
    return { rows, isMoreLeft, millis }
  }).pipe(Effect.withSpan("Retention.sweep"))

/**
 * How many rows a sweep would put away if it had no bound. Counted over an index.
 *
 * @since 0.1.0
 * @category accessors
 */
export const due = (
  keepFor: Duration.DurationInput = defaultKeepFor
): Effect.Effect<number, InboxUnavailable, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const handledBefore = (yield* Clock.currentTimeMillis) - Duration.toMillis(keepFor)
    const [row] = yield* sql<{ readonly count: number | string }>`
      SELECT count(*) AS count FROM yunmo_inbox WHERE state = 'handled' AND handled_at < ${handledBefore}`.pipe(
      guardedRepeatable("prune")
    )
    return Number(row?.count ?? 0)
  }).pipe(Effect.withSpan("Retention.due"))

const told = (options: SweepOptions) => {
  const { action, keepFor = defaultKeepFor } = options
  const outcome = (name: string) => Metric.increment(Metric.tagged(sweeps, "outcome", name))
  const verb = action === "archive" ? "archived" : "deleted"
  return Effect.matchEffect(sweep(options), {
    onSuccess: ({ isMoreLeft, millis, rows }) =>
      Effect.zipRight(
        outcome(isMoreLeft ? "bounded" : "done"),
        Effect.annotateLogs(
          Effect.logInfo(
            `Retention: ${rows} rows handled more than ${Duration.format(keepFor)} ago were ${verb}${isMoreLeft ? "; the next sweep goes on" : ""}`
          ),
          { event: "retention", action, rows, millis, isMoreLeft }
        )
      ),
    onFailure: ({ message }) =>
      Effect.zipRight(
        outcome("failed"),
        Effect.annotateLogs(Effect.logWarning(`Retention: the sweep was broken off. ${message}`), {
          event: "retention",
          action
        })
      )
  })
}

/**
 * Sweeps for ever, with a line in the log for each. A sweep that fails is not the last.
 *
 * @since 0.1.0
 * @category combinators
 */
export const run = (options: Options): Effect.Effect<never, never, Inbox> =>
  Effect.zipRight(Effect.repeat(told(options), Schedule.spaced(options.every ?? "10 minutes")), Effect.never)

/**
 * Sweeps while the layer lives; it waits for the transaction that is under way when it closes.
 *
 * @example
 * ```ts
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Retention from "@effect-yunmo/notifications/Retention"
 * import * as Layer from "effect/Layer"
 *
 * // Needs a SqlClient. Best in the program that handles notifications, not in the one that receives them.
 * const retention = Retention.layer({ action: "archive", keepFor: "400 days" }).pipe(Layer.provide(Inbox.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never, never, Inbox> =>
  Layer.scopedDiscard(Effect.forkScoped(run(options)))
