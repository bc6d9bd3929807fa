import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as Findings from "../src/Findings.js"
import { inDatabase, query } from "./database.js"
import { merchantNo, otherMerchantNo } from "./support.js"

const findings = Layer.provideMerge(Findings.layer, inDatabase)

const found: Findings.NewFinding = {
  merchantNo,
  kind: "stateDiffers",
  subject: "card CD1",
  detail: "It differs.",
  inboxId: 7
}

describe("findings", () => {
  it.effect("are kept once, counted, and listed oldest first for their merchant", () =>
    Effect.gen(function* () {
      const { add, open } = yield* Findings.Findings
      yield* TestClock.setTime(1000)
      yield* add(found)
      yield* TestClock.setTime(2000)
      yield* add({ ...found, detail: "It differs otherwise." })
      yield* add({ ...found, merchantNo: otherMerchantNo })
      yield* TestClock.setTime(3000)
      yield* add({ ...found, inboxId: 9 })
      assert.deepStrictEqual(yield* open(merchantNo), [
        { ...found, id: 1, times: 2, foundAt: 1000, lastFoundAt: 3000 },
        { ...found, id: 2, detail: "It differs otherwise.", times: 1, foundAt: 2000, lastFoundAt: 2000 }
      ])
      assert.lengthOf(yield* open(otherMerchantNo), 1)
    }).pipe(Effect.provide(findings))
  )

  it.effect("that were resolved come back when they are found again", () =>
    Effect.gen(function* () {
      const { add, open } = yield* Findings.Findings
      yield* add(found)
      yield* query("UPDATE yunmo_findings SET resolved_at = 5")
      assert.deepStrictEqual(yield* open(merchantNo), [])
      yield* add(found)
      assert.lengthOf(yield* open(merchantNo), 1)
    }).pipe(Effect.provide(findings))
  )

  it.effect("without a notification have none", () =>
    Effect.gen(function* () {
      const { add, open } = yield* Findings.Findings
      const { inboxId: _, ...rest } = found
      yield* add(rest)
      const [finding] = yield* open(merchantNo)
      assert.notProperty(finding, "inboxId")
    }).pipe(Effect.provide(findings))
  )

  it.effect("go with a transaction that is rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { add, open } = yield* Findings.Findings
      yield* add(found).pipe(Effect.zipRight(Effect.fail("no")), sql.withTransaction, Effect.ignore)
      assert.deepStrictEqual(yield* open(merchantNo), [])
    }).pipe(Effect.provide(findings))
  )

  it.effect("say what is wrong when the database does not answer", () =>
    Effect.gen(function* () {
      const { open } = yield* Findings.Findings
      yield* query("DROP TABLE yunmo_findings")
      const error = yield* Effect.flip(open(merchantNo))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.match(error.message, /no such table|relation "yunmo_findings" does not exist/)
    }).pipe(Effect.provide(findings))
  )
})
