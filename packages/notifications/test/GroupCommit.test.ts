import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Doorbell from "../src/Doorbell.js"
import * as Inbox from "../src/Inbox.js"
import { bytes, dialects, newRow, query } from "./support.js"

const numbered = (n: number, more: Parameters<typeof newRow>[1] = {}) => {
  const fingerprint = new Uint8Array(32)
  new DataView(fingerprint.buffer).setUint32(0, n)
  return newRow(0, { fingerprint, raw: Redacted.make(bytes(`{"n":${n}}`)), ...more })
}

const tags = (answers: ReadonlyArray<Inbox.Kept>) => answers.map(({ _tag }) => _tag)

const together = { concurrency: "unbounded" } as const

/** How many transactions and rows were counted while an effect ran. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* Metric.value(Inbox.commitRows)
    const result = yield* effect
    const after = yield* Metric.value(Inbox.commitRows)
    return { result, commits: after.count - before.count, rows: after.sum - before.sum }
  })

describe.each(dialects)("a group on $name", ({ database, name }) => {
  const inbox = Inbox.layer.pipe(Layer.provideMerge(database))
  const withOptions = (options: Inbox.Options) =>
    Inbox.layerOptions(options).pipe(Layer.provideMerge(database))
  const isSqlite = name === "SQLite"

  it.live("is one transaction for all rows of a turn, with ids in order of arrival", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const { commits, result, rows } = yield* counted(
        Effect.forEach(
          Array.from({ length: 64 }, (_, n) => numbered(n)),
          inbox.keep,
          together
        )
      )
      assert.deepStrictEqual([commits, rows], [1, 64])
      const ids = result.map(({ id }) => id)
      assert.deepStrictEqual(
        ids,
        [...ids].sort((a, b) => a - b)
      )
      for (const [n, { id }] of result.entries()) {
        const row = Option.getOrThrow(yield* inbox.get(id))
        assert.deepStrictEqual(
          new TextDecoder().decode(Redacted.value(Either.getOrThrow(row.raw))),
          `{"n":${n}}`
        )
      }
    }).pipe(Effect.provide(inbox))
  )

  it.live("keeps the first of equal rows and counts the others", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const keep = Effect.forEach([numbered(1), numbered(2), numbered(1), numbered(1)], inbox.keep, together)
      const first = yield* keep
      assert.deepStrictEqual(tags(first), ["Kept", "Kept", "Repeated", "Repeated"])
      assert.strictEqual(first[2]?.id, first[0]?.id)
      const second = yield* keep
      assert.deepStrictEqual(tags(second), ["Repeated", "Repeated", "Repeated", "Repeated"])
      assert.deepStrictEqual(
        second.map(({ id }) => id),
        first.map(({ id }) => id)
      )
      const row = Option.getOrThrow(yield* inbox.get(first[0]?.id ?? 0))
      assert.strictEqual(row.deliveries, 6)
    }).pipe(Effect.provide(inbox))
  )

  it.live("does without a row that the database refuses", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* query(
        isSqlite
          ? `CREATE TRIGGER refuse BEFORE INSERT ON yunmo_inbox WHEN NEW.key_id = 'bad'
               BEGIN SELECT RAISE(ABORT, 'refused'); END`
          : "ALTER TABLE yunmo_inbox ADD CONSTRAINT refuse CHECK (key_id <> 'bad')"
      )
      const rows = [numbered(1), numbered(2, { keyId: "bad" }), numbered(3)]
      const answers = yield* Effect.forEach(rows, (row) => Effect.either(inbox.keep(row)), together)
      assert.deepStrictEqual(answers.map(Either.isRight), [true, false, true])
      assert.lengthOf(yield* inbox.list(), 2)
    }).pipe(Effect.provide(inbox))
  )

  it.live("holds texts of any kind: NUL, halves of characters, endless ids", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const rows = [
        numbered(1, { eventType: "A\0B", subject: { kind: "card", id: "C\0\ud800" }, setAside: "no\0" }),
        numbered(2, { subject: { kind: "card", id: "é".repeat(20_000) }, ambiguity: ["a\0"] })
      ]
      const kept = yield* Effect.forEach(rows, inbox.keep, together)
      assert.deepStrictEqual(tags(kept), ["Kept", "Kept"])
      assert.isTrue(yield* inbox.markFailed(kept[1]?.id ?? 0, "x\0", 0))
      const row = Option.getOrThrow(yield* inbox.get(kept[0]?.id ?? 0))
      assert.strictEqual(row.eventType, "A\uFFFDB")
    }).pipe(Effect.provide(inbox))
  )

  it.live("is bounded: what is beyond a bound fails at once and says why, and is taken later", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const keep = (n: number) => Effect.either(inbox.keep(numbered(n)))
      const answers = yield* Effect.forEach([1, 2, 3, 4, 5], keep, together)
      assert.deepStrictEqual(answers.map(Either.isRight), [true, true, true, false, false])
      const refused = Either.getOrThrow(Either.flip(answers[4] ?? assert.fail("no answer")))
      assert.include(refused.message, "does not keep up: 3 notifications of")
      assert.isTrue(Either.isRight(yield* keep(5)))
    }).pipe(Effect.provide(withOptions({ maxWaiting: 3 })))
  )

  it.live("is bounded in bytes, though a single row larger than that is taken", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const large = (n: number) =>
        Effect.either(inbox.keep(numbered(n, { raw: Redacted.make(new Uint8Array(2000)) })))
      const answers = yield* Effect.forEach([1, 2], large, together)
      assert.deepStrictEqual(answers.map(Either.isRight), [true, false])
    }).pipe(Effect.provide(withOptions({ maxWaitingBytes: 1000 })))
  )

  it.live("forgets whoever is interrupted, and nobody else", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const fibers = yield* Effect.forEach([1, 2, 3], (n) => Effect.fork(inbox.keep(numbered(n))))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(fibers[1] ?? assert.fail("no fiber"))
      assert.strictEqual((yield* fibers[0] ?? assert.fail("no fiber"))._tag, "Kept")
      assert.strictEqual((yield* fibers[2] ?? assert.fail("no fiber"))._tag, "Kept")
      // It is there or not, and whole in either case.
      const answer = yield* inbox.keep(numbered(2))
      const row = Option.getOrThrow(yield* inbox.get(answer.id))
      assert.strictEqual(row.deliveries, answer._tag === "Kept" ? 1 : 2)
    }).pipe(Effect.provide(inbox))
  )

  it.live("rings after the commit", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const bell = yield* Doorbell.Doorbell
      const rings = yield* bell.rings
      const seen = yield* Effect.fork(
        Stream.runHead(Stream.mapEffect(Stream.take(rings, 1), () => inbox.list()))
      )
      yield* inbox.keep(numbered(1))
      assert.lengthOf(Option.getOrThrow(yield* seen), 1)
    }).pipe(
      Effect.scoped,
      Effect.provide(Inbox.layer.pipe(Layer.provideMerge(Doorbell.layerMemory), Layer.provideMerge(database)))
    )
  )

  it.live("commits what waits when the scope closes, and refuses what comes after", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const inbox = yield* Effect.provideService(Inbox.make(), Scope.Scope, scope)
      const fibers = yield* Effect.forEach(
        Array.from({ length: 100 }, (_, n) => numbered(n)),
        (row) => Effect.fork(inbox.keep(row))
      )
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(new Set(tags(yield* Fiber.join(Fiber.all(fibers)))), new Set(["Kept"]))
      assert.include((yield* Effect.flip(inbox.keep(numbered(1)))).reason, "closed")
    }).pipe(Effect.provide(inbox))
  )

  it.live("of a database that hangs is given up after the timeout, and the inbox recovers", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const sql = yield* SqlClient.SqlClient
      const release = yield* Deferred.make<void>()
      const locked = yield* Deferred.make<void>()
      // SQLite: the one connection is in use. PostgreSQL: another one has locked the table.
      const holder = yield* Effect.fork(
        sql.withTransaction(
          Effect.zipRight(
            isSqlite ? Effect.void : Effect.asVoid(sql`LOCK TABLE yunmo_inbox IN ACCESS EXCLUSIVE MODE`),
            Effect.zipRight(Deferred.succeed(locked, undefined), Deferred.await(release))
          )
        )
      )
      yield* Deferred.await(locked)
      const answers = yield* Effect.forEach([1, 2], (n) => Effect.flip(inbox.keep(numbered(n))), together)
      for (const { reason } of answers) {
        assert.include(reason, "has not answered for 300 ms")
      }
      yield* Deferred.succeed(release, undefined)
      yield* Fiber.join(holder)
      yield* inbox.keep(numbered(1))
      assert.lengthOf(
        (yield* inbox.list()).filter(({ fingerprint }) => fingerprint[3] === 1),
        1
      )
    }).pipe(Effect.provide(withOptions({ keepTimeout: "300 millis" })))
  )
})
