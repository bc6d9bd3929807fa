import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { Kind } from "../InboxRow.js"
import type { Backlog, CipherInUse, Count, Stats } from "../InboxStats.js"
import { among } from "./among.js"
import type { Whole } from "./rows.js"

/** The rows that wait, in parts that each have an index. Literals, so that the planner sees that it fits. */
const parts = {
  fresh: "state = 'pending' AND attempts = 0 AND behind = 0 AND kind <> 'threeDs'",
  parked: "state = 'pending' AND behind > 0",
  failed: "state = 'pending' AND attempts > 0 AND kind <> 'threeDs'",
  threeDs: "state = 'pending' AND kind = 'threeDs'"
}

const mostReasons = 20

interface Waiting {
  readonly merchant_no: string
  readonly kind: Kind
  readonly count: Whole
  readonly oldest: Whole
}

const sumOf = <A>(list: ReadonlyArray<A>, of: (one: A) => number): number =>
  list.reduce((sum, one) => sum + of(one), 0)

export const read = (sql: SqlClient.SqlClient): Effect.Effect<Stats, SqlError> =>
  Effect.gen(function* () {
    const waitingIn = (part: keyof typeof parts) =>
      Effect.map(
        sql<Waiting>`
          SELECT merchant_no, kind, count(*) AS count, min(id) AS oldest FROM yunmo_inbox
          WHERE ${sql.literal(parts[part])} GROUP BY merchant_no, kind`,
        (rows) =>
          rows.map((row) => ({
            part,
            merchantNo: row.merchant_no,
            kind: row.kind,
            count: Number(row.count),
            oldest: Number(row.oldest)
          }))
      )
    const waiting = (yield* Effect.forEach(
      ["fresh", "parked", "failed", "threeDs"] as const,
      waitingIn
    )).flat()

    const came = new Map(
      (yield* sql<{ readonly id: Whole; readonly received_at: Whole }>`
        SELECT id, received_at FROM yunmo_inbox
        WHERE id IN ${among(
          sql,
          waiting.map(({ oldest }) => oldest)
        )}`).map((row) => [Number(row.id), Number(row.received_at)])
    )
    const backlog = [...new Set(waiting.map(({ merchantNo }) => merchantNo))]
      .map((merchantNo): Backlog => {
        const own = waiting.filter((one) => one.merchantNo === merchantNo)
        const inPart = (part: keyof typeof parts) =>
          sumOf(
            own.filter((one) => one.part === part),
            ({ count }) => count
          )
        return {
          merchantNo,
          pending: sumOf(own, ({ count }) => count),
          failed: inPart("failed"),
          threeDs: inPart("threeDs"),
          oldestReceivedAt: Math.min(...own.flatMap(({ oldest }) => came.get(oldest) ?? []))
        }
      })
      .sort((left, right) => right.pending - left.pending)

    const counted = (state: Count["state"]) =>
      Effect.map(
        sql<{ readonly kind: Kind; readonly count: Whole }>`
          SELECT kind, count(*) AS count FROM yunmo_inbox WHERE state = ${sql.literal(`'${state}'`)}
          GROUP BY kind ORDER BY kind`,
        (rows) => rows.map(({ count, kind }): Count => ({ state, kind, count: Number(count) }))
      )
    const pending = Array.from(
      waiting.reduce(
        (sums, { count, kind }) => sums.set(kind, (sums.get(kind) ?? 0) + count),
        new Map<Kind, number>()
      ),
      ([kind, count]): Count => ({ state: "pending", kind, count })
    )

    const reasons = yield* sql<{
      readonly kind: Kind
      readonly reason: string | null
      readonly count: Whole
    }>`
      SELECT kind, reason, count(*) AS count FROM yunmo_inbox WHERE state = 'set_aside'
      GROUP BY kind, reason ORDER BY count(*) DESC, kind, reason LIMIT ${mostReasons}`
    const [resent] = yield* sql<{ readonly count: Whole; readonly deliveries: Whole | null }>`
      SELECT count(*) AS count, sum(deliveries - 1) AS deliveries FROM yunmo_inbox WHERE deliveries > 1`
    const quarantine = yield* sql<{
      readonly reason: string
      readonly count: Whole
      readonly deliveries: Whole
    }>`
      SELECT reason, count(*) AS count, sum(deliveries) AS deliveries FROM yunmo_quarantine
      GROUP BY reason ORDER BY count(*) DESC, reason`
    const [replays] = yield* sql<{ readonly count: Whole }>`SELECT count(*) AS count FROM yunmo_inbox_replay`

    return {
      counts: [...pending, ...(yield* counted("set_aside")), ...(yield* counted("handled"))],
      backlog,
      oldestPendingAt:
        backlog.length === 0
          ? undefined
          : Math.min(...backlog.map(({ oldestReceivedAt }) => oldestReceivedAt)),
      setAsideReasons: reasons.map(({ count, kind, reason }) => ({
        kind,
        reason: reason ?? "",
        count: Number(count)
      })),
      resent: { rows: Number(resent?.count ?? 0), deliveries: Number(resent?.deliveries ?? 0) },
      quarantine: quarantine.map(({ count, deliveries, reason }) => ({
        reason,
        count: Number(count),
        deliveries: Number(deliveries)
      })),
      replays: Number(replays?.count ?? 0),
      bytes: yield* bytesOf(sql)
    }
  })

const bytesOf = (sql: SqlClient.SqlClient): Effect.Effect<Stats["bytes"], SqlError> =>
  sql.onDialectOrElse({
    pg: () =>
      Effect.map(
        sql<{ readonly bytes: Whole }>`
          SELECT pg_total_relation_size('yunmo_inbox') + pg_total_relation_size('yunmo_inbox_archive') AS bytes`,
        ([row]) => ({ used: Number(row?.bytes ?? 0), free: undefined })
      ),
    orElse: () =>
      Effect.map(
        sql<{ readonly size: Whole; readonly pages: Whole; readonly free: Whole }>`
          SELECT s.page_size AS size, p.page_count AS pages, f.freelist_count AS free
          FROM pragma_page_size AS s, pragma_page_count AS p, pragma_freelist_count AS f`,
        ([row]) => {
          const size = Number(row?.size ?? 0)
          const free = size * Number(row?.free ?? 0)
          return { used: size * Number(row?.pages ?? 0) - free, free }
        }
      )
  })

/** Pruned rows hold no message any more. */
export const ciphers = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<CipherInUse>, SqlError> =>
  Effect.map(
    sql<{ readonly cipher: string; readonly inbox: Whole; readonly quarantine: Whole }>`
      SELECT cipher, sum(inbox) AS inbox, sum(quarantine) AS quarantine FROM (
        SELECT raw_cipher AS cipher, count(*) AS inbox, 0 AS quarantine FROM yunmo_inbox
        WHERE state <> 'past' GROUP BY raw_cipher
        UNION ALL
        SELECT raw_cipher, 0, count(*) FROM yunmo_quarantine GROUP BY raw_cipher
      ) AS uses GROUP BY cipher ORDER BY cipher`,
    (rows) =>
      rows.map(({ cipher, inbox, quarantine }) => ({
        cipher,
        inbox: Number(inbox),
        quarantine: Number(quarantine)
      }))
  )
