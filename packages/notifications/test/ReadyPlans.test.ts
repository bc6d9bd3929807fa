import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Inbox from "../src/Inbox.js"
import { dialects, newRow, query } from "./support.js"

describe.each(dialects)("what ready reads on $name", ({ database, name }) => {
  const inbox = Inbox.layer.pipe(Layer.provideMerge(database))
  const isSqlite = name === "SQLite"

  /** Rows of one subject by one statement; they come after what is there. */
  const many = (count: number, prefix: string, subject: string, state = "pending") =>
    query(
      isSqlite
        ? `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${count})
           INSERT INTO yunmo_inbox (merchant_no, fingerprint, event_type, kind, subject_kind, subject_id, lane, key_id,
             nested, collision, state, received_at, handled_at, last_received_at, raw)
           SELECT 'BU078255558', CAST('${prefix}' || n AS BLOB), 'TRADE', 'trade', 'card', ${subject}, n % 64, 'k',
             'none', 'none', '${state}', 0, ${state === "handled" ? "n" : "NULL"}, 0, x'00' FROM n`
        : `INSERT INTO yunmo_inbox (merchant_no, fingerprint, event_type, kind, subject_kind, subject_id, lane, key_id,
             nested, collision, state, received_at, handled_at, last_received_at, raw)
           SELECT 'BU078255558', convert_to('${prefix}' || n, 'UTF8'), 'TRADE', 'trade', 'card', ${subject}, n % 64, 'k',
             'none', 'none', '${state}', 0, ${state === "handled" ? "n" : "NULL"}, 0, '\\x00' FROM generate_series(1, ${count}) AS n`
    )
  const eachItsOwn = "'CARD-' || n"

  /** The plans of all statements that an operation runs. */
  const plansOf = <A, E>(operation: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const seen: Array<readonly [sql: string, params: ReadonlyArray<unknown>]> = []
      yield* Statement.withTransformer(operation, (statement) => {
        seen.push(statement.compile())
        return Effect.succeed(statement)
      })
      const sql = yield* SqlClient.SqlClient
      const plans: Array<string> = []
      for (const [statement, params] of seen) {
        const steps = yield* sql.unsafe<Record<string, unknown>>(
          `EXPLAIN ${isSqlite ? "QUERY PLAN " : ""}${statement}`,
          params
        )
        plans.push(steps.map((step) => step["detail"] ?? step["QUERY PLAN"]).join("\n"))
      }
      return plans.join("\n")
    })

  /** No step goes over the table itself, nor over an index that holds what was handled. */
  const assertNoScan = (plans: string) => {
    assert.notMatch(plans, /Seq Scan on yunmo_inbox|SCAN (r|e|c|h|yunmo_inbox)\b(?! USING (COVERING )?INDEX)/)
    assert.notInclude(plans, "yunmo_inbox_handled")
  }

  it.live("is in partial indexes, each way of asking", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* many(20_000, "old", eachItsOwn, "handled")
      yield* many(2_000, "new", eachItsOwn)
      yield* query("ANALYZE")
      const merchantNo = "BU078255558"
      const plans = {
        all: yield* plansOf(inbox.ready(10, 0)),
        threeDs: yield* plansOf(inbox.ready(10, 0, { queue: "threeDs" })),
        merchant: yield* plansOf(inbox.ready(10, 0, { queue: "others", merchantNo })),
        lanes: yield* plansOf(inbox.ready(10, 0, { queue: "others", merchantNo, lanes: [1, 2] })),
        setAside: yield* plansOf(inbox.list({ state: "set_aside" })),
        marks: yield* plansOf(inbox.markHandledAll([1, 2])),
        prune: yield* plansOf(inbox.prune({ handledBefore: 0, limit: 10, archive: true }))
      }
      assertNoScan(plans.all)
      assertNoScan(plans.threeDs)
      assertNoScan(plans.merchant)
      assertNoScan(plans.lanes)
      for (const index of [
        "yunmo_inbox_fresh",
        "yunmo_inbox_failed",
        "yunmo_inbox_parked",
        "yunmo_inbox_retry"
      ]) {
        assert.include(plans.merchant, index)
      }
      assert.include(plans.threeDs, "yunmo_inbox_three_ds")
      assert.include(plans.lanes, "yunmo_inbox_lane")
      assert.include(plans.setAside, "yunmo_inbox_set_aside")
      assert.include(plans.prune, "yunmo_inbox_handled")
      assert.notMatch(plans.marks, /Seq Scan on yunmo_inbox|SCAN yunmo_inbox/)
    }).pipe(Effect.provide(inbox))
  )

  it.live(
    "does not grow with the rows behind a failed one, which come back in order when it is settled",
    () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const sql = yield* SqlClient.SqlClient
        const head = yield* inbox.keep(newRow(1))
        yield* inbox.markFailed(head.id, "no answer", 1000)
        yield* many(3_000, "behind", "'CARD-A'")
        const other = yield* inbox.keep(newRow(2, { subject: { kind: "card", id: "CARD-B" } }))
        const ids = (limit: number, now = 0) =>
          Effect.map(inbox.ready(limit, now), (rows) => rows.map(({ id }) => id))
        const statements = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          Effect.suspend(() => {
            let count = 0
            return Statement.withTransformer(effect, (statement) => {
              count += 1
              return Effect.succeed(statement)
            }).pipe(Effect.map((result) => ({ result, count })))
          })
        // Once they are walked over and parked; from then on they are not met.
        assert.deepStrictEqual(yield* ids(10), [other.id])
        const later = yield* statements(ids(10))
        assert.deepStrictEqual(later.result, [other.id])
        assert.isAtMost(later.count, 6)
        const [parked] = yield* sql<{
          n: string
        }>`SELECT count(*) AS n FROM yunmo_inbox WHERE behind = ${head.id}`
        assert.isAbove(Number(parked?.n), 2_800)
        assert.deepStrictEqual(yield* ids(10, 1000), [head.id, other.id])
        yield* inbox.markHandled(other.id)

        // What comes meanwhile waits behind them, and nothing passes.
        const last = yield* inbox.keep(newRow(3))
        assert.deepStrictEqual(yield* ids(10), [])
        yield* inbox.markHandled(head.id)
        const order: Array<number> = []
        for (let rows = yield* ids(700); rows.length > 0; rows = yield* ids(700)) {
          order.push(...rows)
          yield* inbox.markHandledAll(rows)
        }
        assert.lengthOf(order, 3_001)
        assert.deepStrictEqual(
          order,
          [...order].sort((a, b) => a - b)
        )
        assert.strictEqual(order.at(-1), last.id)
      }).pipe(Effect.provide(inbox))
  )

  describe("a row that has failed, before earlier ones of its subject were replayed", () => {
    /** An earlier row that fails, some that never did, and a later one that is due to be tried again. */
    const replayed = (between: number) =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const head = yield* inbox.keep(newRow(1))
        yield* many(between, "between", "'CARD-A'")
        const late = yield* inbox.keep(newRow(2))
        yield* inbox.markFailed(late.id, "no answer", 1)
        yield* inbox.markFailed(head.id, "no answer", 1000)
        return { inbox, head: head.id, late: late.id }
      })

    it.live("does not pass those that were parked", () =>
      Effect.gen(function* () {
        const { head, inbox, late } = yield* replayed(150)
        yield* many(10, "other", eachItsOwn)
        yield* inbox.ready(4, 10)
        const ids = Effect.map(inbox.ready(4, 10), (rows) => rows.map(({ id }) => id))
        yield* inbox.markHandled(head)
        assert.notInclude(yield* ids, late)
        const order: Array<number> = []
        for (let rows = yield* ids; rows.length > 0; rows = yield* ids) {
          order.push(...rows)
          yield* inbox.markHandledAll(rows)
        }
        assert.lengthOf(order, 161)
        assert.deepStrictEqual(
          order.filter((id) => id <= late),
          Array.from({ length: 151 }, (_, n) => head + 1 + n)
        )
      }).pipe(Effect.provide(inbox))
    )

    it.live("does not pass them when another worker settles the first under way", () =>
      Effect.gen(function* () {
        const { head, inbox, late } = yield* replayed(3)
        let isSettled = false
        const rows = yield* Statement.withTransformer(
          inbox.ready(10, 10, { queue: "others" }),
          (statement) => {
            const [text] = statement.compile()
            if (isSettled || !text.includes("next_attempt_at <=")) {
              return Effect.succeed(statement)
            }
            isSettled = true
            return Effect.as(Effect.orDie(inbox.markHandled(head)), statement)
          }
        )
        assert.isTrue(isSettled)
        assert.deepStrictEqual(
          rows.map(({ id }) => id),
          [head + 1, head + 2, head + 3, late]
        )
      }).pipe(Effect.provide(inbox))
    )
  })
})
