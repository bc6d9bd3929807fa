import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Inbox from "../src/Inbox.js"
import { dialects, newRow, query } from "./support.js"

const ids = (rows: ReadonlyArray<{ readonly id: number }>) => rows.map(({ id }) => id)

describe.each(dialects)("on $name", ({ database }) => {
  const inbox = Inbox.layer.pipe(Layer.provideMerge(database))

  describe("Inbox.keep", () => {
    it.effect("keeps the exact bytes and everything that is known of a notification", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* TestClock.setTime(1_770_712_296_681)
        const raw = new Uint8Array([0x7b, 0x22, 0xff, 0x00, 0x0d, 0x0a, 0x7d])
        const kept = yield* inbox.keep(
          newRow(1, {
            raw: Redacted.make(raw),
            keyId: "accepted-1",
            nested: "compactJson",
            collision: "both",
            ambiguity: ["Resplit"]
          })
        )
        assert.strictEqual(kept._tag, "Kept")
        const row = Option.getOrThrow(yield* inbox.get(kept.id))
        assert.deepStrictEqual(new Uint8Array(Redacted.value(Either.getOrThrow(row.raw))), raw)
        const { fingerprint, raw: _, ...rest } = row
        assert.deepStrictEqual(new Uint8Array(fingerprint), new Uint8Array(32).fill(1))
        assert.deepStrictEqual(rest, {
          id: kept.id,
          merchantNo: "BU078255558",
          eventType: "TRADE",
          kind: "trade",
          subject: { kind: "card", id: "CARD-A" },
          lane: 2,
          keyId: "accepted-1",
          nested: "compactJson",
          collision: "both",
          ambiguity: ["Resplit"],
          state: "pending",
          reason: undefined,
          attempts: 0,
          lastError: undefined,
          receivedAt: 1_770_712_296_681,
          nextAttemptAt: 0,
          handledAt: undefined,
          deliveries: 1,
          lastReceivedAt: 1_770_712_296_681
        })
        assert.isFalse(`${JSON.stringify(row)}${row.raw}`.includes("123,34"))
      }).pipe(Effect.provide(inbox))
    )

    it.effect("refuses inside a transaction, which could be rolled back after the OK", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const sql = yield* SqlClient.SqlClient
        const refused = yield* sql.withTransaction(Effect.flip(inbox.keep(newRow(1))))
        assert.strictEqual(refused._tag, "InboxUnavailable")
        assert.include(refused.message, "inside a transaction")
        assert.deepStrictEqual(yield* inbox.list(), [])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("counts a re-send on the row that is there, whatever has become of it", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const { id } = yield* inbox.keep(newRow(1))
        yield* TestClock.setTime(5000)
        assert.deepStrictEqual(yield* inbox.keep(newRow(1)), { _tag: "Repeated", id })
        assert.isTrue(yield* inbox.markHandled(id))
        assert.deepStrictEqual(yield* inbox.keep(newRow(1)), { _tag: "Repeated", id })
        const row = Option.getOrThrow(yield* inbox.get(id))
        assert.strictEqual(row.deliveries, 3)
        assert.strictEqual(row.lastReceivedAt, 5000)
        assert.strictEqual(row.receivedAt, 0)
        assert.strictEqual(row.state, "handled")
      }).pipe(Effect.provide(inbox))
    )

    it.effect("takes the same message of another merchant for another message", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const first = yield* inbox.keep(newRow(1))
        const second = yield* inbox.keep(newRow(1, { merchantNo: "BU000000002" }))
        assert.strictEqual(second._tag, "Kept")
        assert.notStrictEqual(second.id, first.id)
      }).pipe(Effect.provide(inbox))
    )

    it.effect("never gives an id twice, not even that of a deleted row", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const { id } = yield* inbox.keep(newRow(1))
        yield* query("DELETE FROM yunmo_inbox")
        const next = yield* inbox.keep(newRow(2))
        assert.isAbove(next.id, id)
      }).pipe(Effect.provide(inbox))
    )
  })

  describe("Inbox.ready", () => {
    it.effect("gives pending rows, oldest first, by their state", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const a = yield* inbox.keep(newRow(1))
        const b = yield* inbox.keep(newRow(2))
        yield* inbox.keep(newRow(3, { setAside: "unknown" }))
        const d = yield* inbox.keep(newRow(4))
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [a.id, b.id, d.id])
        assert.deepStrictEqual(ids(yield* inbox.ready(2, 0)), [a.id, b.id])
        yield* inbox.markHandled(b.id)
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [a.id, d.id])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("gives the rows of one merchant when asked for them", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const mine = yield* inbox.keep(newRow(1, { merchantNo: "BU1" }))
        yield* inbox.keep(newRow(2, { merchantNo: "BU2" }))
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0, { merchantNo: "BU1" })), [mine.id])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("does not ask a clock that was put back when a new row may be handled", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* TestClock.setTime(1_000_000)
        const { id } = yield* inbox.keep(newRow(1))
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [id])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("holds back the later rows of a subject that waits, and nobody else's", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const before = yield* inbox.keep(newRow(1))
        const failing = yield* inbox.keep(newRow(2))
        const after = yield* inbox.keep(newRow(3))
        const otherCard = yield* inbox.keep(newRow(4, { subject: { kind: "card", id: "CARD-B" } }))
        const customer = yield* inbox.keep(newRow(5, { subject: { kind: "customer", id: "CARD-A" } }))
        const otherMerchant = yield* inbox.keep(newRow(6, { merchantNo: "BU000000002" }))
        assert.isTrue(yield* inbox.markFailed(failing.id, "no answer", 1000))

        const others = [before.id, otherCard.id, customer.id, otherMerchant.id]
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 999)), others)
        // A row that has failed comes alone: those behind it wait until it is settled.
        const alone = [before.id, failing.id, otherCard.id, customer.id, otherMerchant.id]
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 1000)), alone)

        assert.isTrue(yield* inbox.setAside(failing.id, "failed too often"))
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [
          before.id,
          after.id,
          otherCard.id,
          customer.id,
          otherMerchant.id
        ])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("lets a 3-D Secure request wait for nothing, and nothing wait for it", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const trade = yield* inbox.keep(newRow(1))
        const request = yield* inbox.keep(newRow(2, { kind: "threeDs" }))
        yield* inbox.markFailed(trade.id, "no answer", 1000)
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [request.id])
        const later = yield* inbox.keep(newRow(3))
        yield* inbox.markHandled(trade.id)
        yield* inbox.markFailed(request.id, "no answer", 1000)
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0)), [later.id])
      }).pipe(Effect.provide(inbox))
    )

    it.effect("can be asked for 3-D Secure alone, for the rest, and for lanes", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const trade = yield* inbox.keep(newRow(1))
        const request = yield* inbox.keep(newRow(2, { kind: "threeDs" }))
        const other = yield* inbox.keep(newRow(3, { subject: { kind: "card", id: "CARD-B" } }))
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0, { queue: "threeDs" })), [request.id])
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0, { queue: "others" })), [trade.id, other.id])
        const [{ lane } = { lane: -1 }] = yield* inbox.ready(1, 0)
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0, { lanes: [lane] })), [trade.id, request.id])
        assert.deepStrictEqual(ids(yield* inbox.ready(10, 0, { lanes: [lane], queue: "others" })), [trade.id])
        assert.deepStrictEqual(yield* inbox.ready(10, 0, { lanes: [] }), [])
      }).pipe(Effect.provide(inbox))
    )
  })

  describe("marks", () => {
    it.effect("say whether they hit a pending row", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const { id } = yield* inbox.keep(newRow(1))
        yield* TestClock.setTime(700)
        assert.isTrue(yield* inbox.markFailed(id, "x".repeat(5000), 800))
        assert.isTrue(yield* inbox.markHandled(id))
        assert.isFalse(yield* inbox.markHandled(id))
        assert.isFalse(yield* inbox.markFailed(id, "late", 0))
        assert.isFalse(yield* inbox.setAside(id, "late"))
        assert.isFalse(yield* inbox.markHandled(id + 1))
        const row = Option.getOrThrow(yield* inbox.get(id))
        assert.strictEqual(row.state, "handled")
        assert.strictEqual(row.handledAt, 700)
        assert.strictEqual(row.attempts, 1)
        assert.strictEqual(row.nextAttemptAt, 800)
        assert.strictEqual(row.lastError, "x".repeat(2000))
      }).pipe(Effect.provide(inbox))
    )

    it.effect("leave a row to a person, with the reason and the last error", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const { id } = yield* inbox.keep(newRow(1))
        yield* inbox.markFailed(id, "no answer", 0)
        assert.isTrue(yield* inbox.setAside(id, "failed too often"))
        assert.isFalse(yield* inbox.markHandled(id))
        const row = Option.getOrThrow(yield* inbox.get(id))
        assert.strictEqual(row.state, "set_aside")
        assert.strictEqual(row.reason, "failed too often")
        assert.strictEqual(row.lastError, "no answer")
        assert.strictEqual(row.attempts, 2)
      }).pipe(Effect.provide(inbox))
    )

    it.effect("stand and fall with the caller's transaction", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* inbox.keep(newRow(1))
        yield* query("CREATE TABLE effects (id INTEGER PRIMARY KEY)")
        const state = Effect.map(inbox.get(id), (row) => Option.getOrThrow(row).state)
        const effects = Effect.map(query("SELECT id FROM effects"), (rows) => rows.length)

        const handle = (outcome: Effect.Effect<void, string>) =>
          sql`INSERT INTO effects ${sql.insert({ id })}`.pipe(
            Effect.zipRight(inbox.markHandled(id)),
            Effect.filterOrFail(
              (hit) => hit,
              () => "the mark hit nothing"
            ),
            Effect.zipRight(outcome),
            sql.withTransaction,
            Effect.exit
          )

        assert.isTrue(Exit.isFailure(yield* handle(Effect.fail("after the mark"))))
        assert.deepStrictEqual([yield* state, yield* effects], ["pending", 0])
        assert.isTrue(Exit.isSuccess(yield* handle(Effect.void)))
        assert.deepStrictEqual([yield* state, yield* effects], ["handled", 1])
        yield* query("DELETE FROM effects")
        // The row was handled meanwhile: the effect is dropped.
        assert.isTrue(Exit.isFailure(yield* handle(Effect.void)))
        assert.strictEqual(yield* effects, 0)
      }).pipe(Effect.provide(inbox))
    )
  })

  describe("Inbox.list and counts", () => {
    it.effect("page from the newest on, by state and kind", () =>
      Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const kept = yield* Effect.forEach([1, 2, 3, 4, 5], (n) =>
          inbox.keep(
            newRow(n, { kind: n % 2 === 0 ? "kyc" : "trade", setAside: n === 5 ? "unknown" : undefined })
          )
        )
        yield* inbox.markHandled(kept[0]?.id ?? 0)
        const newestFirst = ids(kept).reverse()
        assert.deepStrictEqual(ids(yield* inbox.list()), newestFirst)
        const page = yield* inbox.list({ limit: 2 })
        assert.deepStrictEqual(ids(page), newestFirst.slice(0, 2))
        assert.deepStrictEqual(
          ids(yield* inbox.list({ before: page[1]?.id, limit: 2 })),
          newestFirst.slice(2, 4)
        )
        assert.deepStrictEqual(ids(yield* inbox.list({ state: "set_aside" })), newestFirst.slice(0, 1))
        assert.deepStrictEqual(ids(yield* inbox.list({ state: "pending", kind: "trade" })), [kept[2]?.id])
        assert.isFalse("raw" in (page[0] ?? {}))
        assert.deepStrictEqual(yield* inbox.counts, [
          { state: "handled", kind: "trade", count: 1 },
          { state: "pending", kind: "kyc", count: 2 },
          { state: "pending", kind: "trade", count: 1 },
          { state: "set_aside", kind: "trade", count: 1 }
        ])
      }).pipe(Effect.provide(inbox))
    )
  })
})
