import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Inbox from "../src/Inbox.js"
import { bytes, connection, dialects, newRow, query, temporaryFolder } from "./support.js"

const together = { concurrency: "unbounded" } as const

describe.each(dialects)("Inbox.prune on $name", ({ database }) => {
  const inbox = Inbox.layer.pipe(Layer.provideMerge(database))

  /** Rows 1 to 5 handled at 1000 to 5000, 6 pending, 7 set aside. */
  const filled = Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    const kept = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7], (n) =>
      inbox.keep(
        newRow(n, { subject: { kind: "card", id: `CARD-${n}` }, setAside: n === 7 ? "why" : undefined })
      )
    )
    for (const [at, { id }] of kept.slice(0, 5).entries()) {
      yield* TestClock.setTime((at + 1) * 1000)
      yield* inbox.markHandled(id)
    }
    return kept.map(({ id }) => id)
  })

  it.effect("takes what was handled before a time, oldest first, a step at a time", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const ids = yield* filled
      const step = inbox.prune({ handledBefore: 4000, limit: 2, archive: false })
      assert.deepStrictEqual([yield* step, yield* step, yield* step], [2, 1, 0])
      assert.deepStrictEqual(
        (yield* inbox.list()).map(({ id }) => id),
        ids.slice(3).reverse()
      )
      assert.isTrue(Option.isNone(yield* inbox.get(ids[0] ?? 0)))
      assert.deepStrictEqual(yield* inbox.counts, [
        { state: "handled", kind: "trade", count: 2 },
        { state: "pending", kind: "trade", count: 1 },
        { state: "set_aside", kind: "trade", count: 1 }
      ])
      assert.deepStrictEqual(yield* query("SELECT id FROM yunmo_inbox_archive"), [])
    }).pipe(Effect.provide(inbox))
  )

  it.effect("leaves what recognises and counts a re-send, and nothing of the message", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const [id = 0] = yield* filled
      yield* inbox.prune({ handledBefore: 2000, limit: 10, archive: false })
      assert.deepStrictEqual(yield* inbox.keep(newRow(1)), { _tag: "Repeated", id })
      assert.strictEqual((yield* inbox.keep(newRow(1, { merchantNo: "BU2" })))._tag, "Kept")
      const [row] = yield* query<{ deliveries: string; raw: Uint8Array; subject_id: string }>(
        `SELECT deliveries, raw, subject_id FROM yunmo_inbox WHERE id = ${id}`
      )
      assert.deepStrictEqual([Number(row?.deliveries), row?.raw.length, row?.subject_id], [2, 0, ""])
      assert.deepStrictEqual(
        (yield* inbox.ready(10, 9000, { merchantNo: "BU078255558" })).map(
          ({ fingerprint }) => fingerprint[0]
        ),
        [6]
      )
      assert.isFalse(yield* inbox.markHandled(id))
    }).pipe(Effect.provide(inbox))
  )

  it.effect("moves rows to the archive as they are", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const [id = 0] = yield* filled
      const before = yield* query(`SELECT * FROM yunmo_inbox WHERE id = ${id}`)
      yield* inbox.prune({ handledBefore: 2000, limit: 10, archive: true })
      const [archived, ...others] = yield* query<Record<string, unknown>>("SELECT * FROM yunmo_inbox_archive")
      assert.lengthOf(others, 0)
      const { archived_at, ...columns } = archived ?? {}
      assert.strictEqual(Number(archived_at), 5000)
      const { behind: _, ...expected } = (before[0] ?? {}) as Record<string, unknown>
      assert.deepStrictEqual(columns, expected)
    }).pipe(Effect.provide(inbox))
  )

  it.live("and re-sends at the same time: each is recognised, and each row is archived once", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const sql = yield* SqlClient.SqlClient
      const numbers = Array.from({ length: 100 }, (_, n) => n)
      const kept = yield* Effect.forEach(numbers, (n) => inbox.keep(newRow(n)), together)
      assert.lengthOf(yield* inbox.markHandledAll(kept.map(({ id }) => id)), 100)
      const pruned = Effect.iterate(1, {
        while: (taken) => taken > 0,
        body: () => inbox.prune({ handledBefore: Number.MAX_SAFE_INTEGER, limit: 7, archive: true })
      })
      const [answers] = yield* Effect.all(
        [
          Effect.forEach(numbers, (n) => Effect.delay(inbox.keep(newRow(n)), `${n} millis`), together),
          pruned,
          pruned
        ],
        together
      )
      assert.deepStrictEqual(
        answers,
        kept.map(({ id }) => ({ _tag: "Repeated" as const, id }))
      )
      // PostgreSQL passes over a row that a re-send has locked at that moment: the next step takes it.
      yield* pruned
      const [counted] = yield* sql<{ rows: string; ids: string }>`
        SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM yunmo_inbox_archive`
      assert.deepStrictEqual([Number(counted?.rows), Number(counted?.ids)], [100, 100])
    }).pipe(Effect.provide(inbox))
  )

  it.effect("marks many rows at once, those that are pending", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const ids = yield* filled
      assert.deepStrictEqual(yield* inbox.markHandledAll(ids), ids.slice(5, 6))
      assert.deepStrictEqual(yield* inbox.markHandledAll([]), [])
    }).pipe(Effect.provide(inbox))
  )
})

describe("a message that was deleted", () => {
  it.scopedLive("stands in no page of SQLite's file any more, nor what it was about", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFolder, "yunmo.db")
      const text = yield* Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        const found = () => readFileSync(filename, "latin1").match(/CANARY/g)?.length ?? 0
        for (let n = 0; n < 30; n += 1) {
          const raw = Redacted.make(bytes(`{"canary":"CANARY${"x".repeat(900)}"}`))
          const { id } = yield* inbox.keep(newRow(n, { subject: { kind: "card", id: `CANARY-${n}` }, raw }))
          yield* inbox.markHandled(id)
        }
        yield* query("PRAGMA wal_checkpoint(TRUNCATE)")
        assert.isAtLeast(found(), 60)
        yield* inbox.prune({ handledBefore: Number.MAX_SAFE_INTEGER, limit: 100, archive: false })
        yield* query("PRAGMA wal_checkpoint(TRUNCATE)")
        return found()
      }).pipe(Effect.provide(Inbox.layer.pipe(Layer.provideMerge(connection(filename)))))
      assert.strictEqual(text, 0)
    })
  )
})
