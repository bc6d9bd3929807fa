import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import type { NewRow } from "@effect-yunmo/notifications/InboxRow"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Effects from "../src/Effects.js"
import * as Findings from "../src/Findings.js"
import { anotherConnection, inDatabase, query } from "./database.js"
import { merchantNo, otherMerchantNo } from "./support.js"

const effects = Layer.mergeAll(Effects.layer, Inbox.layer).pipe(
  Layer.provideMerge(Findings.layer),
  Layer.provideMerge(inDatabase)
)

const keyOf = (overrides: Partial<Effects.Key> = {}): Effects.Key => ({
  merchantNo,
  kind: "trade",
  businessKey: "k",
  content: "c",
  subject: "order OR1",
  inboxId: 1,
  ...overrides
})

const table = query("CREATE TABLE applied (what TEXT NOT NULL) STRICT")
const write = (what: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.asVoid(sql`INSERT INTO applied VALUES (${what})`))
const applied = Effect.map(
  query<{ readonly what: string }>("SELECT what FROM applied ORDER BY rowid"),
  (rows) => rows.map(({ what }) => what)
)

const row: NewRow = {
  merchantNo,
  fingerprint: new Uint8Array(32),
  eventType: "TRADE",
  kind: "trade",
  subject: { kind: "card", id: "CD1" },
  raw: Redacted.make(new TextEncoder().encode("{}")),
  keyId: "signing",
  nested: "none",
  collision: "none",
  ambiguity: []
}

describe("an effect", () => {
  it.effect("runs once; the same again is nothing, not even a finding", () =>
    Effect.gen(function* () {
      yield* table
      const { once } = yield* Effects.Effects
      assert.isTrue(yield* once(keyOf(), write("first")))
      assert.isFalse(yield* once(keyOf({ inboxId: 2 }), write("second")))
      assert.isFalse(yield* once(keyOf({ subject: "another word for it" }), write("third")))
      assert.deepStrictEqual(yield* applied, ["first"])
      const { open } = yield* Findings.Findings
      assert.deepStrictEqual(yield* open(merchantNo), [])
      assert.deepStrictEqual(yield* query("SELECT inbox_id FROM yunmo_effects"), [{ inbox_id: 1 }])
    }).pipe(Effect.provide(effects))
  )

  it.effect("told again with other content is not applied, and shown to a person", () =>
    Effect.gen(function* () {
      yield* table
      const { once } = yield* Effects.Effects
      const { open } = yield* Findings.Findings
      yield* once(keyOf({ content: `[["amount","57.00"]]` }), write("57.00"))
      const other = keyOf({ content: `[["amount","75.00"]]`, inboxId: 2 })
      assert.isFalse(yield* once(other, write("75.00")))
      assert.isFalse(yield* once({ ...other, inboxId: 3 }, write("75.00")))
      assert.deepStrictEqual(yield* applied, ["57.00"])
      const [finding, ...more] = yield* open(merchantNo)
      assert.lengthOf(more, 0)
      assert.deepInclude(finding, { kind: "contentDiffers", subject: "order OR1", times: 2, inboxId: 2 })
      assert.include(finding?.detail, "57.00")
      assert.include(finding?.detail, "75.00")
      // Neither the first content nor the second takes the place of what was applied.
      assert.deepStrictEqual(yield* query("SELECT content FROM yunmo_effects"), [
        { content: `[["amount","57.00"]]` }
      ])
    }).pipe(Effect.provide(effects))
  )

  it.effect("of another merchant, another kind, or another key is another effect", () =>
    Effect.gen(function* () {
      yield* table
      const { once } = yield* Effects.Effects
      const keys = [
        keyOf(),
        keyOf({ merchantNo: otherMerchantNo }),
        keyOf({ kind: "threeDs" }),
        keyOf({ kind: "kyc" }),
        keyOf({ businessKey: "K" }),
        keyOf({ businessKey: "k " }),
        keyOf({ businessKey: "" })
      ]
      for (const [index, key] of keys.entries()) {
        assert.isTrue(yield* once(key, write(String(index))))
      }
      for (const key of keys) {
        assert.isFalse(yield* once(key, write("again")))
      }
      assert.lengthOf(yield* applied, keys.length)
    }).pipe(Effect.provide(effects))
  )

  it.effect("outlives the notification that brought it", () =>
    Effect.gen(function* () {
      yield* table
      const inbox = yield* Inbox.Inbox
      const { once } = yield* Effects.Effects
      const { id } = yield* inbox.keep(row)
      yield* once(keyOf({ inboxId: id }), write("first"))
      yield* query("DELETE FROM yunmo_inbox")
      assert.isFalse(yield* once(keyOf({ inboxId: id + 1 }), write("second")))
      assert.deepStrictEqual(yield* applied, ["first"])
    }).pipe(Effect.provide(effects))
  )
})

describe("the key of a transaction event", () => {
  const Data = Schema.decodeUnknownSync(Notification.TradeData.schema)
  const fields = ["orderNo", "subOrderNo", "eventType", "subType", "status", "subStatus"] as const

  it("tells an absent part from an empty one, and from every other text", () => {
    const base = { orderNo: "OR1", cardId: "CD1" }
    const keys = fields
      .slice(1)
      .flatMap((field) => [
        Notification.tradeKey(Data({ ...base, [field]: "null" })),
        Notification.tradeKey(Data({ ...base, [field]: "0" })),
        Notification.tradeKey(Data({ ...base, [field]: "x" }))
      ])
    keys.push(Notification.tradeKey(Data(base)))
    assert.lengthOf(new Set(keys), keys.length)
    assert.strictEqual(
      Notification.tradeKey(Data({ ...base, subOrderNo: null, status: null })),
      Notification.tradeKey(Data(base)),
      "null is absent"
    )
  })

  it("is another one for any other part, whatever characters the parts are made of", () => {
    const part = FastCheck.option(
      FastCheck.string({
        minLength: 1,
        unit: FastCheck.constantFrom("a", "b", '"', ",", "[", "]", "\\", "n")
      }),
      { nil: undefined }
    )
    const parts = FastCheck.record({
      orderNo: FastCheck.string({ minLength: 1, unit: FastCheck.constantFrom("a", '"', ",") }),
      subOrderNo: part,
      eventType: part,
      subType: part,
      status: part,
      subStatus: part
    })
    const dataOf = (value: Record<string, string | undefined>) => Data({ ...value, cardId: "CD1" })
    FastCheck.assert(
      FastCheck.property(parts, parts, (left, right) => {
        const same = fields.every((field) => left[field] === right[field])
        assert.strictEqual(Notification.tradeKey(dataOf(left)) === Notification.tradeKey(dataOf(right)), same)
      }),
      { numRuns: 2000 }
    )
  })
})

describe("the content of a notification", () => {
  it("does not depend on the order of fields, and has nothing that is redacted", () => {
    const secret = Redacted.make("4111111111111111")
    const amount = Amount.unsafeFromText("5.00")
    const text = Effects.contentOf({
      b: "x",
      a: amount,
      c: 7,
      pan: secret,
      unknownFields: secret,
      none: undefined
    })
    assert.strictEqual(text, `[["a","5.00"],["b","x"],["c",7]]`)
    assert.strictEqual(Effects.contentOf({ c: 7, a: amount, b: "x" }), text)
    assert.notInclude(text, "4111")
  })

  it("keeps the literal text of amounts", () => {
    assert.notStrictEqual(
      Effects.contentOf({ a: Amount.unsafeFromText("5.00") }),
      Effects.contentOf({ a: Amount.unsafeFromText("5.0") })
    )
  })
})

describe("key, mark and writes", () => {
  const handled = (
    once: Effects.EffectsService["once"],
    id: number,
    effect: Effect.Effect<void, SqlError, SqlClient.SqlClient>
  ) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const inbox = yield* Inbox.Inbox
      return yield* inbox
        .markHandled(id)
        .pipe(Effect.zipRight(once(keyOf({ inboxId: id }), effect)), sql.withTransaction)
    })

  const failures = {
    fails: Effect.fail(new SqlError({ cause: new Error("constraint"), message: "no" })),
    dies: Effect.dieMessage("a defect"),
    "is interrupted": Effect.interrupt
  }
  for (const [what, failure] of Object.entries(failures)) {
    it.effect(`are all gone when the effect ${what}, and all there when it does not`, () =>
      Effect.gen(function* () {
        yield* table
        const inbox = yield* Inbox.Inbox
        const { once } = yield* Effects.Effects
        const { id } = yield* inbox.keep(row)
        const exit = yield* Effect.exit(handled(once, id, Effect.zipRight(write("half"), failure)))
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* applied, [])
        assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_effects"), [])
        assert.deepStrictEqual(yield* query("SELECT state FROM yunmo_inbox"), [{ state: "pending" }])

        assert.isTrue(yield* handled(once, id, write("whole")))
        assert.deepStrictEqual(yield* applied, ["whole"])
        assert.deepStrictEqual(yield* query("SELECT state FROM yunmo_inbox"), [{ state: "handled" }])
      }).pipe(Effect.provide(effects))
    )
  }

  it.effect("are committed together without a transaction of the caller's too", () =>
    Effect.gen(function* () {
      yield* table
      const { once } = yield* Effects.Effects
      yield* Effect.exit(once(keyOf(), Effect.zipRight(write("half"), Effect.fail("no"))))
      assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_effects"), [])
      assert.deepStrictEqual(yield* applied, [])
      assert.isTrue(yield* once(keyOf(), write("whole")))
    }).pipe(Effect.provide(effects))
  )

  it.effect("a finding goes with the transaction that it was made in", () =>
    Effect.gen(function* () {
      yield* table
      const sql = yield* SqlClient.SqlClient
      const { once } = yield* Effects.Effects
      const { open } = yield* Findings.Findings
      yield* once(keyOf(), write("first"))
      yield* once(keyOf({ content: "other" }), Effect.void).pipe(
        Effect.zipRight(Effect.fail("later")),
        sql.withTransaction,
        Effect.ignore
      )
      assert.deepStrictEqual(yield* open(merchantNo), [])
    }).pipe(Effect.provide(effects))
  )

  it.scopedLive("two connections that race apply it once", () =>
    Effect.gen(function* () {
      yield* table
      const other = yield* anotherConnection
      const theirs = yield* Effect.provideService(Effects.make, SqlClient.SqlClient, other)
      const { once } = yield* Effects.Effects
      const attempt = (service: Effects.EffectsService, sql: SqlClient.SqlClient, n: number) =>
        service
          .once(
            keyOf({ businessKey: `k${n}` }),
            Effect.provideService(write(`${n}`), SqlClient.SqlClient, sql)
          )
          .pipe(Effect.retry({ times: 100, while: (error) => error._tag === "SqlError" }))
      const sql = yield* SqlClient.SqlClient
      const ran = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index),
        (index) =>
          index % 2 === 0
            ? attempt({ once }, sql, Math.trunc(index / 2))
            : attempt(theirs, other, Math.trunc(index / 2)),
        { concurrency: "unbounded" }
      )
      assert.lengthOf(
        ran.filter((one) => one),
        20
      )
      assert.lengthOf(yield* applied, 20)
    }).pipe(Effect.provide(effects))
  )
})
