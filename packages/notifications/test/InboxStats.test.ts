import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as AtRest from "../src/AtRest.js"
import * as Inbox from "../src/Inbox.js"
import * as InboxStats from "../src/InboxStats.js"
import * as Quarantine from "../src/Quarantine.js"
import * as Retention from "../src/Retention.js"
import { setTime, test } from "./steered.js"
import { bytes, dialects, merchantNo, newRow, query, database as sqlite } from "./support.js"

describe.each(dialects)("InboxStats on $name", ({ database }) => {
  const layer = Layer.merge(Inbox.layer, Quarantine.layer()).pipe(Layer.provideMerge(database))

  test("has nothing to tell of an empty inbox", () =>
    Effect.gen(function* () {
      const { bytes, ...stats } = yield* InboxStats.read
      assert.deepStrictEqual(stats, {
        counts: [],
        backlog: [],
        oldestPendingAt: undefined,
        setAsideReasons: [],
        resent: { rows: 0, deliveries: 0 },
        quarantine: [],
        replays: 0
      })
      assert.isAbove(bytes.used, 0)
    }).pipe(Effect.provide(layer)))

  test("counts what is in which state, why, and since when", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const quarantine = yield* Quarantine.Quarantine
      yield* setTime(1000)
      const handled = yield* inbox.keep(newRow(1))
      yield* inbox.markHandled(handled.id)
      yield* setTime(2000)
      const failed = yield* inbox.keep(newRow(2))
      yield* inbox.markFailed(failed.id, "away", 9999)
      yield* setTime(3000)
      yield* inbox.keep(newRow(3, { kind: "kyc", subject: { kind: "customer", id: "A" } }))
      yield* inbox.keep(newRow(4, { kind: "threeDs" }))
      yield* inbox.keep(newRow(5, { merchantNo: "BU2" }))
      yield* inbox.keep(newRow(5, { merchantNo: "BU2" }))
      yield* inbox.keep(newRow(5, { merchantNo: "BU2" }))
      yield* inbox.keep(newRow(6, { kind: "unknown", setAside: "Unknown." }))
      yield* inbox.keep(newRow(7, { kind: "unknown", setAside: "Unknown." }))
      yield* inbox.keep(newRow(8, { setAside: "Unreadable." }))
      yield* quarantine.put(Redacted.make(bytes("a")), "Mismatch")
      yield* quarantine.put(Redacted.make(bytes("a")), "Mismatch")
      yield* quarantine.put(Redacted.make(bytes("b")), "UnknownMerchant")
      const { bytes: _, ...stats } = yield* InboxStats.read
      assert.deepStrictEqual(stats, {
        counts: [
          { state: "pending", kind: "kyc", count: 1 },
          { state: "pending", kind: "trade", count: 2 },
          { state: "pending", kind: "threeDs", count: 1 },
          { state: "set_aside", kind: "trade", count: 1 },
          { state: "set_aside", kind: "unknown", count: 2 },
          { state: "handled", kind: "trade", count: 1 }
        ],
        backlog: [
          { merchantNo, pending: 3, failed: 1, threeDs: 1, oldestReceivedAt: 2000 },
          { merchantNo: "BU2", pending: 1, failed: 0, threeDs: 0, oldestReceivedAt: 3000 }
        ],
        oldestPendingAt: 2000,
        setAsideReasons: [
          { kind: "unknown", reason: "Unknown.", count: 2 },
          { kind: "trade", reason: "Unreadable.", count: 1 }
        ],
        resent: { rows: 1, deliveries: 2 },
        quarantine: [
          { reason: "Mismatch", count: 1, deliveries: 2 },
          { reason: "UnknownMerchant", count: 1, deliveries: 1 }
        ],
        replays: 0
      })
    }).pipe(Effect.provide(layer)))
})

describe.each(dialects)("Ciphers in use on $name", ({ database }) => {
  const keyOf = (letter: string) => Redacted.make(letter.repeat(64))
  const under = (...keys: ReadonlyArray<AtRest.Key>) =>
    Layer.merge(Inbox.layer, Quarantine.layer()).pipe(Layer.provide(AtRest.layer({ keys })))

  test("are counted, so that a key can be taken out once nothing needs it", () =>
    Effect.gen(function* () {
      const keep = (n: number) => Effect.flatMap(Inbox.Inbox, ({ keep }) => keep(newRow(n)))
      const old = { id: "old", key: keyOf("a") }
      yield* Effect.provide(keep(1), Inbox.layer)
      yield* Effect.provide(
        Effect.gen(function* () {
          const { id } = yield* keep(2)
          yield* Effect.flatMap(Inbox.Inbox, ({ markHandled }) => markHandled(id))
          yield* Effect.flatMap(Quarantine.Quarantine, ({ put }) =>
            put(Redacted.make(bytes("a")), "Mismatch")
          )
        }),
        under(old)
      )
      yield* Effect.provide(keep(3), under({ id: "new", key: keyOf("b") }, old))
      assert.deepStrictEqual(yield* InboxStats.ciphers, [
        { cipher: "A256GCM:new", inbox: 1, quarantine: 0 },
        { cipher: "A256GCM:old", inbox: 1, quarantine: 1 },
        { cipher: "none", inbox: 1, quarantine: 0 }
      ])
      yield* setTime(10_000)
      yield* Effect.provide(Retention.sweep({ action: "delete", keepFor: 0, pause: 0 }), Inbox.layer)
      const [, after] = yield* InboxStats.ciphers
      assert.deepStrictEqual(after, { cipher: "A256GCM:old", inbox: 0, quarantine: 1 })
    }).pipe(Effect.provide(database)))
})

describe("InboxStats on SQLite", () => {
  const layer = Layer.provideMerge(Inbox.layer, sqlite)

  test("counts over indexes, and never reads the whole table", () =>
    Effect.gen(function* () {
      for (const [condition, columns] of [
        ["state = 'handled'", "kind, count(*)"],
        ["deliveries > 1", "count(*), sum(deliveries - 1)"]
      ]) {
        const plan = yield* query<{ readonly detail: string }>(
          `EXPLAIN QUERY PLAN SELECT ${columns} FROM yunmo_inbox WHERE ${condition}${columns?.startsWith("kind") ? " GROUP BY kind" : ""}`
        )
        assert.match(plan[0]?.detail ?? "", /USING COVERING INDEX/, plan[0]?.detail)
      }
      const plan = yield* query<{ readonly detail: string }>(
        "EXPLAIN QUERY PLAN SELECT merchant_no, kind, count(*), min(id) FROM yunmo_inbox WHERE state = 'pending' AND attempts = 0 AND behind = 0 AND kind <> 'threeDs' GROUP BY merchant_no, kind"
      )
      assert.match(plan[0]?.detail ?? "", /USING INDEX yunmo_inbox_/)
    }).pipe(Effect.provide(layer)))

  test("tells what a sweep made free in the file, for new rows to take", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const raw = Redacted.make(bytes("x".repeat(3000)))
      for (let n = 0; n < 200; n++) {
        const { id } = yield* inbox.keep(newRow(n, { raw }))
        yield* inbox.markHandled(id)
      }
      const before = (yield* InboxStats.read).bytes
      yield* setTime(1)
      yield* Retention.sweep({ action: "delete", keepFor: 0, pause: 0 })
      const after = (yield* InboxStats.read).bytes
      assert.isAbove(after.free ?? 0, 400_000)
      assert.isBelow(after.used, before.used - 400_000)
      for (let n = 0; n < 100; n++) {
        yield* inbox.keep(newRow(n, { merchantNo: "BU2", raw }))
      }
      // The file is no larger for them.
      const refilled = (yield* InboxStats.read).bytes
      assert.isAtMost(refilled.used + (refilled.free ?? 0), after.used + (after.free ?? 0))
    }).pipe(Effect.provide(layer)))
})
