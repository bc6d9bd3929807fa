import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Apps from "../src/Apps.js"
import * as Compare from "../src/Compare.js"
import { query, world } from "./support.js"

/** Twenty notifications that were received in peace. */
const received = Effect.gen(function* () {
  const { database, load, port, tally } = yield* world
  yield* Apps.start(Apps.webhook({ database, port })).pipe(
    Effect.zipRight(load({ count: 20, duplicates: 0.5, cuts: 0 }).run),
    Effect.scoped
  )
  const damaged = (statement: string) =>
    Effect.gen(function* () {
      yield* query(database, statement)
      const { differences } = yield* Compare.compare(database, tally)
      return differences
    })
  return { database, tally, damaged }
})

describe("compare", () => {
  it.scopedLive("finds nothing where nothing was done", () =>
    Effect.gen(function* () {
      const { database, tally } = yield* received
      const comparison = yield* Compare.compare(database, tally)
      assert.deepStrictEqual(comparison.differences, [])
      assert.strictEqual(comparison.rows, 20)
      assert.strictEqual(comparison.acknowledged, 20)
      assert.strictEqual(comparison.deliveries, tally.latencies.length)
      assert.isAbove(comparison.deliveries, 20)
    })
  )

  it.scopedLive(
    "finds a row that is lost, changed, doubled, foreign, miscounted, or in the wrong state",
    () =>
      Effect.gen(function* () {
        const { damaged, database } = yield* received
        // Nearly all are pending; the others belong to a person from the start.
        const pending = yield* query<{ id: number }>(
          database,
          "SELECT id FROM yunmo_inbox WHERE state = 'pending'"
        )
        const row = (n: number) => pending[n]?.id
        const columns = `event_type, kind, subject_kind, subject_id, lane, key_id, nested, collision, state, received_at,
        deliveries, last_received_at, raw`
        const [lost, ...others] = yield* damaged(`DELETE FROM yunmo_inbox WHERE id = ${row(1)}`)
        assert.match(lost ?? "", /^LOST: message \d+ was answered OK \d times? and has no row/)
        assert.lengthOf(others, 0)
        const seen = new Set([lost])
        const further = (statement: string) =>
          Effect.map(damaged(statement), (differences) => {
            const fresh = differences.filter((one) => !seen.has(one))
            for (const one of fresh) {
              seen.add(one)
            }
            return fresh.map((one) => one.replaceAll(/\d+/g, "n"))
          })
        assert.deepStrictEqual(
          yield* further(`UPDATE yunmo_inbox SET raw = CAST(raw || x'20' AS BLOB) WHERE id = ${row(2)}`),
          ["Row n has bytes that nobody sent.", "LOST: message n was answered OK n times and has no row."]
        )
        assert.deepStrictEqual(
          yield* further(
            `INSERT INTO yunmo_inbox (merchant_no, fingerprint, ${columns})
           SELECT 'BU1', x'00', ${columns} FROM yunmo_inbox WHERE id = ${row(3)}`
          ),
          ["Message n has more than one row (n is another)."]
        )
        assert.deepStrictEqual(
          yield* further(`UPDATE yunmo_inbox SET deliveries = deliveries - 1 WHERE id = ${row(4)}`),
          ["Message n was answered OK n times, and its row counts n deliveries."]
        )
        assert.deepStrictEqual(
          yield* further(`UPDATE yunmo_inbox SET deliveries = deliveries + 1 WHERE id = ${row(5)}`),
          ["Message n left the sender n times, and its row counts n deliveries."]
        )
        assert.deepStrictEqual(
          yield* further(`UPDATE yunmo_inbox SET state = 'handled' WHERE id = ${row(6)}`),
          ["Message n had to be pending, and its row is handled."]
        )
        assert.deepStrictEqual(
          yield* further(
            `INSERT INTO yunmo_quarantine (merchant_no, digest, reason, received_at, last_received_at, raw)
           VALUES ('BU1', x'00', 'Mismatch', 1, 1, x'00')`
          ),
          ["n genuine messages are in the quarantine (Mismatch)."]
        )
      })
  )
})
