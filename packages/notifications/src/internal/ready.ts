import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { rowColumns, type SqlRow, type Whole } from "./rows.js"

export interface Selection {
  readonly queue?: "threeDs" | "others" | undefined
  readonly merchantNo?: string | undefined
  readonly lanes?: ReadonlyArray<number> | undefined
}

/** So many rows that wait behind a failed one of their subject are walked over; more of them are parked. */
const parkFrom = 100
/** Rows looked at in one step, once the first step did not find enough. */
const walkStep = 500
/** Rows of one subject that come back at once when it goes on. */
const releaseAtOnce = 500
/** Failed rows, of those that others are parked behind, that one call looks at. */
const headsAtOnce = 256

// Literals, not parameters: only then does the planner see that a partial index fits.
const fresh = "state = 'pending' AND attempts = 0 AND behind = 0 AND kind <> 'threeDs'"
const failed = "state = 'pending' AND attempts > 0 AND kind <> 'threeDs'"
const parked = "state = 'pending' AND behind > 0"
const threeDs = "state = 'pending' AND kind = 'threeDs'"

/** The first row before `r` of the same subject in a condition. */
const firstBefore = (what: string, condition: string) => `(SELECT ${what} FROM yunmo_inbox AS e
  WHERE ${condition.replaceAll(/\b(state|attempts|kind|behind)\b/g, "e.$1")} AND e.merchant_no = r.merchant_no
    AND e.subject_kind = r.subject_kind AND e.subject_id = r.subject_id AND e.id < r.id
  ORDER BY e.id LIMIT 1)`

/** The failed row that `r` waits for; null when it waits for none. */
const head = `coalesce(${firstBefore("e.id", failed)}, ${firstBefore("e.behind", parked)})`

interface Fresh extends SqlRow {
  readonly head: Whole | null
  readonly parked: Whole | boolean
}

interface Head {
  readonly id: Whole
  readonly settled: Whole | boolean
}

const byId = (left: SqlRow, right: SqlRow) => Number(left.id) - Number(right.id)

/**
 * Finds what may be handled now. Rows that were never tried are walked in order of arrival, over an index of just these; each
 * is let pass unless an earlier one of its subject has failed and is not settled. Such rows are few, or they are parked: put
 * out of the way of that walk, so that a subject with 100,000 of them costs the others nothing, and brought back when it
 * goes on. A row parked or brought back at the wrong moment by another process is late, never out of order: nothing passes
 * a parked row of its subject.
 */
export const make = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const cursor = yield* Ref.make(0)
    const columns = sql.literal(rowColumns)
    const isFresh = sql.literal(fresh)
    const isFailed = sql.literal(failed)
    const isParked = sql.literal(parked)
    const isThreeDs = sql.literal(threeDs)
    const headOf = sql.literal(head)

    const inLanes = (lanes: Selection["lanes"]) =>
      lanes === undefined ? sql.literal("TRUE") : sql`lane IN ${sql.in(lanes)}`

    /** Each lane by itself, so that one with much in it is not in the way of the others. */
    const idsOfLanes = (merchantNo: string, lanes: ReadonlyArray<number>, after: number, limit: number) => {
      const list = [...new Set(lanes.map(Math.trunc))].join(",")
      const rest = sql`${isFresh} AND merchant_no = ${merchantNo} AND id > ${after} ORDER BY id LIMIT ${limit}`
      return sql.onDialectOrElse({
        pg: () => sql`SELECT c.id FROM unnest(${sql.literal(`ARRAY[${list}]::bigint[]`)}) AS l(lane)
          CROSS JOIN LATERAL (SELECT id FROM yunmo_inbox WHERE lane = l.lane AND ${rest}) AS c`,
        orElse: () => sql`SELECT c.id FROM json_each(${`[${list}]`}) AS l CROSS JOIN yunmo_inbox AS c
          ON c.id IN (SELECT id FROM yunmo_inbox WHERE lane = l.value AND ${rest})`
      })
    }

    const walk = (merchantNo: string, lanes: Selection["lanes"], after: number, limit: number) => {
      const which =
        lanes === undefined
          ? sql`${isFresh} AND merchant_no = ${merchantNo} AND id > ${after}`
          : sql`id IN (${idsOfLanes(merchantNo, lanes, after, limit)})`
      return sql<Fresh>`
        SELECT ${columns}, ${headOf} AS head, EXISTS (SELECT 1 FROM yunmo_inbox WHERE ${isParked}) AS parked
        FROM yunmo_inbox AS r WHERE ${which} ORDER BY id LIMIT ${limit}`
    }

    const retries = (
      merchantNo: string,
      lanes: Selection["lanes"],
      now: number,
      limit: number
    ) => sql<SqlRow>`
      SELECT ${columns} FROM yunmo_inbox AS r
      WHERE ${isFailed} AND merchant_no = ${merchantNo} AND next_attempt_at <= ${now} AND ${inLanes(lanes)}
        AND ${sql.literal(firstBefore("e.id", failed))} IS NULL
        AND ${sql.literal(firstBefore("e.id", parked))} IS NULL
      ORDER BY next_attempt_at, id LIMIT ${limit}`

    const threeDsOf = (
      merchantNo: string,
      lanes: Selection["lanes"],
      now: number,
      limit: number
    ) => sql<SqlRow>`
      SELECT ${columns} FROM yunmo_inbox
      WHERE ${isThreeDs} AND merchant_no = ${merchantNo} AND next_attempt_at <= ${now} AND ${inLanes(lanes)}
      ORDER BY id LIMIT ${limit}`

    /** Helps who comes after; whoever reads in a transaction of their own is not made to write. */
    const park = (ids: ReadonlyArray<Whole>) =>
      Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) =>
        Option.isSome(transaction)
          ? Effect.void
          : Effect.ignore(sql`
              UPDATE yunmo_inbox AS r SET behind = coalesce(${headOf}, 0)
              WHERE id IN ${sql.in(ids)} AND ${isFresh}`)
      )

    /** Brings back the rows of subjects that go on, each in order of arrival. Gives how many rows it looked for. */
    const release = Effect.gen(function* () {
      const heads = yield* sql<Head>`
        WITH RECURSIVE heads (id, n) AS (
          SELECT (SELECT min(behind) FROM yunmo_inbox WHERE ${isParked} AND behind > ${yield* Ref.get(cursor)}), 1
          UNION ALL
          SELECT (SELECT min(behind) FROM yunmo_inbox WHERE ${isParked} AND behind > heads.id), n + 1
          FROM heads WHERE heads.id IS NOT NULL AND n < ${headsAtOnce}
        )
        SELECT id, NOT EXISTS (SELECT 1 FROM yunmo_inbox AS h
          WHERE h.id = heads.id AND h.state = 'pending' AND h.attempts > 0) AS settled
        FROM heads WHERE id IS NOT NULL`
      yield* Ref.set(cursor, heads.length < headsAtOnce ? 0 : Number(heads.at(-1)?.id ?? 0))
      const settled = heads.filter((one) => Boolean(one.settled))
      for (const { id } of settled) {
        yield* sql`
          UPDATE yunmo_inbox SET behind = 0 WHERE ${isParked} AND id IN (
            SELECT id FROM yunmo_inbox WHERE ${isParked} AND behind = ${id} ORDER BY id LIMIT ${releaseAtOnce})`
      }
      return settled.length
    })

    const anyParked = Effect.map(
      sql`SELECT 1 AS found FROM yunmo_inbox WHERE ${isParked} LIMIT 1`,
      (rows) => rows.length > 0
    )

    const walkAll = Effect.fnUntraced(function* (
      merchantNo: string,
      lanes: Selection["lanes"],
      limit: number
    ) {
      const found: Array<SqlRow> = []
      let held: Array<Whole> = []
      let after = 0
      let isParkedSeen: boolean | undefined
      while (found.length < limit) {
        // The first step is all there is to it, mostly.
        const step = after === 0 ? limit : Math.max(limit, walkStep)
        const rows = yield* walk(merchantNo, lanes, after, step)
        isParkedSeen ??= rows[0] === undefined ? undefined : Boolean(rows[0].parked)
        found.push(...rows.filter((row) => row.head === null))
        held.push(...rows.filter((row) => row.head !== null).map((row) => row.id))
        if (held.length >= parkFrom) {
          yield* park(held)
          held = []
        }
        if (rows.length < step) {
          break
        }
        after = Number(rows.at(-1)?.id)
      }
      return { found: found.slice(0, limit), isParkedSeen: isParkedSeen ?? (yield* anyParked) }
    })

    const others = Effect.fnUntraced(function* (
      merchantNo: string,
      lanes: Selection["lanes"],
      now: number,
      limit: number
    ) {
      // Before the walk: an earlier row that is settled in between keeps these out, or lets pass what stands in front of them.
      const due = yield* retries(merchantNo, lanes, now, limit)
      let walked = yield* walkAll(merchantNo, lanes, limit)
      if (walked.isParkedSeen && (yield* release) > 0 && walked.found.length < limit) {
        walked = yield* walkAll(merchantNo, lanes, limit)
      }
      return [...due, ...walked.found]
    })

    /** The merchants that have something pending, one step of an index each. */
    const merchants = Effect.map(
      sql<{ readonly merchant_no: string }>`
        WITH RECURSIVE ${sql.literal(
          [fresh, failed, threeDs]
            .map(
              (condition, at) => `m${at} (merchant_no) AS (
                SELECT (SELECT min(merchant_no) FROM yunmo_inbox WHERE ${condition})
                UNION ALL
                SELECT (SELECT min(merchant_no) FROM yunmo_inbox WHERE ${condition} AND merchant_no > m${at}.merchant_no)
                FROM m${at} WHERE m${at}.merchant_no IS NOT NULL)`
            )
            .join(", ")
        )}
        SELECT merchant_no FROM m0 WHERE merchant_no IS NOT NULL
        UNION SELECT merchant_no FROM m1 WHERE merchant_no IS NOT NULL
        UNION SELECT merchant_no FROM m2 WHERE merchant_no IS NOT NULL`,
      (rows) => rows.map((row) => row.merchant_no)
    )

    return (
      limit: number,
      now: number,
      { lanes, merchantNo, queue }: Selection
    ): Effect.Effect<ReadonlyArray<SqlRow>, SqlError> =>
      Effect.gen(function* () {
        if (lanes?.length === 0 || limit < 1) {
          return []
        }
        const found: Array<SqlRow> = []
        for (const one of merchantNo === undefined ? yield* merchants : [merchantNo]) {
          if (queue !== "others") {
            found.push(...(yield* threeDsOf(one, lanes, now, limit)))
          }
          if (queue !== "threeDs") {
            found.push(...(yield* others(one, lanes, now, limit)))
          }
        }
        return found.sort(byId).slice(0, limit)
      })
  })
