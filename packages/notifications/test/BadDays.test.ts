import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as SqlClient from "@effect/sql/SqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { inject } from "vitest"
import { Doorbell } from "../src/Doorbell.js"
import * as Inbox from "../src/Inbox.js"
import type { NewRow } from "../src/InboxRow.js"
import * as Storage from "../src/Storage.js"
import { connection, database, dialects, newRow, query, temporaryFolder } from "./support.js"

const numbered = (n: number, overrides: Partial<NewRow> = {}) => {
  const fingerprint = new Uint8Array(32)
  new DataView(fingerprint.buffer).setUint32(0, n)
  return newRow(0, { fingerprint, ...overrides })
}

const together = { concurrency: "unbounded" } as const

/** The ids of what was answered with kept, which have to be there. */
const keptIds = (answers: ReadonlyArray<Either.Either<Inbox.Kept, unknown>>) =>
  answers.flatMap((answer) => (Either.isRight(answer) ? [answer.right.id] : []))

const idsInTable = Effect.map(
  query<{ readonly id: number | string }>("SELECT id FROM yunmo_inbox"),
  (rows) => new Set(rows.map(({ id }) => Number(id)))
)

/** A process that holds the write lock of a file until the scope closes. */
const lockedByAnother = (filename: string) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof spawn>>((resume) => {
      const script = fileURLToPath(new URL("./fixtures/holdLock.ts", import.meta.url))
      const child = spawn(process.execPath, [script, filename], { stdio: ["pipe", "pipe", "inherit"] })
      child.stdout.once("data", () => resume(Effect.succeed(child)))
      child.once("exit", () => resume(Effect.dieMessage("it could not take the lock")))
    }),
    (child) =>
      Effect.async<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.stdin?.end()
      })
  )

describe("a bad day of SQLite", () => {
  it.scopedLive(
    "somebody's transaction left open after its commit failed: nothing is kept as a part of it",
    () =>
      Effect.gen(function* () {
        const filename = join(yield* temporaryFolder, "yunmo.db")
        const context = yield* Layer.build(Layer.provideMerge(Inbox.layer, connection(filename)))
        const { kept, seen } = yield* Effect.gen(function* () {
          yield* query("PRAGMA foreign_keys = ON")
          yield* query("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
          yield* query(
            "CREATE TABLE children (id INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)"
          )
          const sql = yield* SqlClient.SqlClient
          const leftOpen = Effect.exit(sql.withTransaction(sql`INSERT INTO children (id) VALUES (1)`))
          const inbox = yield* Inbox.Inbox
          assert.isTrue(Exit.isFailure(yield* leftOpen))
          const kept = yield* inbox.keep(numbered(1))
          const seen = yield* Effect.provide(idsInTable, connection(filename))
          // Our own transactions meet it as well.
          assert.isTrue(Exit.isFailure(yield* leftOpen))
          yield* Storage.transaction(sql`INSERT INTO parents (id) VALUES (7)`)
          assert.deepStrictEqual(yield* query("SELECT id FROM parents"), [{ id: 7 }])
          assert.deepStrictEqual(yield* query("SELECT id FROM children"), [])
          return { kept, seen }
        }).pipe(Effect.provide(context))
        assert.deepStrictEqual(seen, new Set([kept.id]))
      })
  )

  it.scopedLive("a doorbell that dies: everything is kept all the same", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      for (const n of [1, 2, 3]) {
        assert.strictEqual((yield* inbox.keep(numbered(n)))._tag, "Kept")
      }
    }).pipe(
      Effect.provide(
        Inbox.layer.pipe(
          Layer.provideMerge(database),
          Layer.provide(
            Layer.succeed(Doorbell, {
              ring: Effect.dieMessage("the bell is broken"),
              rings: Effect.succeed(Stream.never)
            })
          ),
          Layer.provide(Logger.minimumLogLevel(LogLevel.None))
        )
      )
    )
  )

  it.live("a full disk: no OK without a row, and it goes on when there is space", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const [pages] = yield* query<{ readonly page_count: number }>("PRAGMA page_count")
      yield* query(`PRAGMA max_page_count = ${(pages?.page_count ?? 0) + 100}`)
      const raw = Redacted.make(new Uint8Array(20_000))
      const keep = (n: number) => Effect.either(inbox.keep(numbered(n, { raw })))
      const answers: Array<Either.Either<Inbox.Kept, { readonly reason: string }>> = []
      for (let n = 0; n < 60; n += 6) {
        answers.push(...(yield* Effect.forEach([0, 1, 2, 3, 4, 5], (at) => keep(n + at), together)))
      }
      const failures = answers.flatMap((answer) => (Either.isLeft(answer) ? [answer.left.reason] : []))
      assert.deepStrictEqual(new Set(failures), new Set(["database or disk is full"]))
      const kept = keptIds(answers)
      assert.isAbove(kept.length, 0)
      assert.deepStrictEqual(yield* idsInTable, new Set(kept))
      yield* query("PRAGMA max_page_count = 1000000")
      assert.strictEqual(Either.getOrThrow(yield* keep(59))._tag, "Kept")
    }).pipe(Effect.provide(Inbox.layer.pipe(Layer.provideMerge(database))))
  )

  it.scopedLive("a full disk under a transaction is told as such, and so is one inside another", () =>
    Effect.gen(function* () {
      yield* query("CREATE TABLE large (bytes BLOB)")
      const [pages] = yield* query<{ readonly page_count: number }>("PRAGMA page_count")
      yield* query(`PRAGMA max_page_count = ${pages?.page_count}`)
      const tooLarge = Storage.transaction(query("INSERT INTO large VALUES (zeroblob(1000000))"))
      for (const one of [tooLarge, Storage.transaction(tooLarge)]) {
        assert.strictEqual(Storage.reasonOf(yield* Effect.flip(one)), "database or disk is full")
      }
    }).pipe(Effect.provide(database))
  )

  it.scopedLive("a commit that fails takes nothing with it, however the fibers take turns", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* query("PRAGMA foreign_keys = ON")
      yield* query("CREATE TABLE first (id INTEGER PRIMARY KEY)")
      yield* query("CREATE TABLE second (id INTEGER REFERENCES first (id) DEFERRABLE INITIALLY DEFERRED)")
      const failing = Storage.transaction(
        Effect.zipRight(query("INSERT INTO second (id) VALUES (1)"), Effect.sleep(8))
      )
      const numbers = Array.from({ length: 40 }, (_, n) => n + 20)
      const answers = yield* Effect.forEach(numbers, (ops) =>
        Effect.gen(function* () {
          // A fiber lets others go first after so many operations, wherever it is by then.
          const failed = yield* Effect.fork(Effect.flip(Effect.withMaxOpsBeforeYield(failing, ops)))
          yield* Effect.sleep(1)
          const answer = yield* Effect.either(inbox.keep(numbered(ops)))
          assert.include(Storage.reasonOf(yield* failed), "FOREIGN KEY")
          return answer
        })
      )
      // Counted, since the id of a row that is rolled back is given again.
      assert.strictEqual(keptIds(answers).length, numbers.length)
      assert.strictEqual((yield* idsInTable).size, numbers.length)
    }).pipe(Effect.provide(Inbox.layer.pipe(Layer.provideMerge(database))))
  )

  it.live("a file that can only be read: no OK, and it goes on when it can be written", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* query("PRAGMA query_only = ON")
      const error = yield* Effect.flip(inbox.keep(numbered(1)))
      assert.strictEqual(error.reason, "attempt to write a readonly database")
      yield* query("PRAGMA query_only = OFF")
      assert.strictEqual((yield* inbox.keep(numbered(1)))._tag, "Kept")
    }).pipe(Effect.provide(Inbox.layer.pipe(Layer.provideMerge(database))))
  )

  it.live("another process's lock: waited for, then 'not kept', and it goes on by itself", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFolder, "yunmo.db")
      const inbox = yield* Effect.provide(
        Inbox.Inbox,
        yield* Layer.build(Inbox.layer.pipe(Layer.provide(connection(filename))))
      )
      const waiting = yield* Effect.scoped(
        Effect.gen(function* () {
          yield* lockedByAnother(filename)
          const waiting = yield* Effect.fork(inbox.keep(numbered(1)))
          yield* Effect.sleep("100 millis")
          return waiting
        })
      )
      assert.strictEqual((yield* waiting)._tag, "Kept")
      const error = yield* Effect.scoped(
        Effect.zipRight(lockedByAnother(filename), Effect.flip(inbox.keep(numbered(2))))
      )
      assert.deepInclude(error, { operation: "keep", reason: "database is locked", busy: true })
      assert.strictEqual((yield* inbox.keep(numbered(2)))._tag, "Kept")
    }).pipe(Effect.scoped)
  )

  it.live("a file that is gone under it: no OK", () =>
    Effect.gen(function* () {
      const problem = yield* Ref.make<string | undefined>(undefined)
      yield* Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        assert.strictEqual((yield* inbox.keep(numbered(1)))._tag, "Kept")
        yield* Ref.set(problem, "the file was deleted")
        const answers = yield* Effect.forEach([2, 3], (n) => Effect.flip(inbox.keep(numbered(n))), together)
        assert.deepStrictEqual(
          answers.map(({ reason }) => reason),
          ["the file was deleted", "the file was deleted"]
        )
      }).pipe(
        Effect.provide(
          Inbox.layer.pipe(
            Layer.provide(Layer.succeed(Storage.FileCheck, Ref.get(problem))),
            Layer.provideMerge(database)
          )
        )
      )
    })
  )
})

describe.each(dialects)("a clock that is put back, on $name", ({ database }) => {
  it.effect("breaks neither ids nor order", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* TestClock.setTime(1_000_000)
      const first = yield* inbox.keep(numbered(1))
      yield* TestClock.setTime(500)
      const second = yield* inbox.keep(numbered(2))
      assert.strictEqual((yield* inbox.keep(numbered(1)))._tag, "Repeated")
      assert.isAbove(second.id, first.id)
      const rows = yield* inbox.ready(10, 500)
      assert.deepStrictEqual(
        rows.map(({ id, lastReceivedAt, receivedAt }) => [id, receivedAt, lastReceivedAt]),
        [
          [first.id, 1_000_000, 500],
          [second.id, 500, 500]
        ]
      )
    }).pipe(Effect.provide(Inbox.layer.pipe(Layer.provideMerge(database))))
  )
})

describe("a bad day of PostgreSQL", () => {
  it.scopedLive("a trigger that swallows a row: it is not said to be kept", () =>
    Effect.gen(function* () {
      const url = yield* Postgres.freshDatabase(inject("postgresUrl"))
      const context = yield* Layer.build(
        Layer.provideMerge(Inbox.layer, PgClient.layer({ url: Redacted.make(url) }))
      )
      yield* Effect.gen(function* () {
        yield* query(`CREATE FUNCTION swallow() RETURNS TRIGGER LANGUAGE plpgsql AS
          $$ BEGIN IF NEW.subject_id = 'gone' THEN RETURN NULL; END IF; RETURN NEW; END $$`)
        yield* query(
          "CREATE TRIGGER swallow BEFORE INSERT ON yunmo_inbox FOR EACH ROW EXECUTE FUNCTION swallow()"
        )
        const inbox = yield* Inbox.Inbox
        const [swallowed, other] = yield* Effect.all(
          [
            Effect.either(inbox.keep(numbered(1, { subject: { kind: "card", id: "gone" } }))),
            Effect.either(inbox.keep(numbered(2)))
          ],
          together
        )
        assert.deepInclude(Either.getOrThrow(Either.flip(swallowed)), {
          _tag: "InboxUnavailable",
          reason: "the database gave no row back"
        })
        assert.strictEqual(Either.getOrThrow(other)._tag, "Kept")
      }).pipe(Effect.provide(context))
    })
  )

  it.scopedLive(
    "stopped and started again under load: every answer 'kept' has its row, and it goes on by itself",
    () =>
      Effect.gen(function* () {
        const server = yield* Postgres.server
        const url = yield* Postgres.freshDatabase(server.urlOf("postgres"))
        const context = yield* Layer.build(
          Inbox.layer.pipe(Layer.provideMerge(PgClient.layer({ url: Redacted.make(url) })))
        )
        yield* Effect.gen(function* () {
          const inbox = yield* Inbox.Inbox
          const answers: Array<Either.Either<Inbox.Kept, unknown>> = []
          const load = (from: number) =>
            Effect.forEach(
              Array.from({ length: 25 }, (_, at) => from + at),
              (n) => Effect.either(inbox.keep(numbered(n))),
              together
            ).pipe(Effect.tap((more) => Effect.sync(() => answers.push(...more))))
          const sending = yield* Effect.fork(
            Effect.forEach(
              Array.from({ length: 40 }, (_, n) => n * 25),
              (from) => Effect.zipRight(load(from), Effect.sleep("20 millis"))
            )
          )
          yield* Effect.sleep("200 millis")
          yield* server.stop
          const refused = yield* Effect.flip(inbox.keep(numbered(100_000)))
          assert.strictEqual(refused._tag, "InboxUnavailable")
          yield* server.start
          yield* sending
          const after = yield* Effect.retry(inbox.keep(numbered(100_001)), Schedule.recurs(3))
          const there = yield* idsInTable
          const kept = [...keptIds(answers), after.id]
          assert.isAbove(kept.length, 200)
          assert.deepStrictEqual(
            kept.filter((id) => !there.has(id)),
            []
          )
        }).pipe(Effect.provide(context))
      }),
    60_000
  )
})
