import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import type { NewRow } from "@effect-yunmo/notifications/InboxRow"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { DatabaseUnavailable } from "../src/DatabaseError.js"
import * as Sqlite from "../src/Sqlite.js"
import { fixture, folder } from "./support.js"

const database = Effect.map(folder, (path) => join(path, "yunmo.sqlite"))

const pragma = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql.unsafe<Record<string, unknown>>(`PRAGMA ${name}`)
    return Object.values(row ?? {})[0]
  })

const connect = (options: Sqlite.Options) =>
  Effect.map(Layer.build(Sqlite.layer(options)), (context) => Layer.succeedContext(context))

describe("Sqlite.layer", () => {
  it.scoped("keeps a write-ahead log, with full sync, and waits shortly for a lock", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const client = yield* connect({ filename })
      const pragmas = yield* Effect.all([
        pragma("journal_mode"),
        pragma("synchronous"),
        pragma("busy_timeout")
      ]).pipe(Effect.provide(client))
      // 2 is FULL; the driver's own is 1, NORMAL.
      assert.deepStrictEqual(pragmas, ["wal", 2, 100])
      const write = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE kept (n INTEGER NOT NULL)`)
      yield* Effect.provide(write, client)
      assert.isTrue(existsSync(`${filename}-wal`))
    })
  )

  it.scoped("does so on the connection of a transaction too", () =>
    Effect.gen(function* () {
      const client = yield* connect({ filename: yield* database })
      const inside = Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(pragma("synchronous")))
      assert.strictEqual(yield* Effect.provide(inside, client), 2)
    })
  )

  it.scoped("is refused on a Node that its driver would crash", () =>
    Effect.gen(function* () {
      const filename = yield* database
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          vi.stubGlobal(
            "process",
            Object.create(process, { versions: { value: { ...process.versions, node: "20.20.2" } } })
          )
        ),
        () => Effect.sync(() => vi.unstubAllGlobals())
      )
      const error = yield* Effect.flip(connect({ filename }))
      assert.instanceOf(error, DatabaseUnavailable)
      assert.strictEqual(
        error.message,
        `The database ${filename} cannot be opened: the driver of SQLite needs Node 22 or later, and this is 20.20.2. Run it with Node 22 or later.`
      )
      assert.isFalse(existsSync(filename))
    })
  )

  it.scoped("takes another timeout, whole milliseconds", () =>
    Effect.gen(function* () {
      const client = yield* connect({ filename: yield* database, busyTimeout: 250.9 })
      assert.strictEqual(yield* Effect.provide(pragma("busy_timeout"), client), 250)
    })
  )

  it.scoped("keeps what was committed for the next process", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const use = <A, E>(effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
        Effect.provide(effect, Sqlite.layer({ filename }))
      yield* use(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE kept (n INTEGER NOT NULL)`
          yield* sql`INSERT INTO kept (n) VALUES (7)`
        })
      )
      assert.deepStrictEqual(
        yield* use(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT n FROM kept`)),
        [{ n: 7 }]
      )
    })
  )

  it.scoped("gives up on another's lock after the timeout, with an error that says so", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const one = yield* connect({ filename })
      const other = yield* connect({ filename, busyTimeout: 50 })
      const run = (client: typeof one, statement: string) =>
        Effect.provide(
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)),
          client
        )
      yield* run(one, "CREATE TABLE kept (n INTEGER NOT NULL)")
      yield* run(one, "BEGIN IMMEDIATE")
      const error = yield* Effect.flip(run(other, "INSERT INTO kept (n) VALUES (1)"))
      assert.include(String(error.cause), "database is locked")
      // The driver's own timeout would be five seconds, of a blocked event loop.
      assert.deepStrictEqual(yield* run(other, "PRAGMA busy_timeout"), [{ timeout: 50 }])
      yield* run(one, "COMMIT")
      yield* run(other, "INSERT INTO kept (n) VALUES (1)")
    })
  )

  const unavailable = (filename: string) =>
    Effect.map(Effect.flip(Layer.build(Sqlite.layer({ filename }))), (error) => {
      assert.instanceOf(error, DatabaseUnavailable)
      assert.strictEqual(error._tag === "DatabaseUnavailable" ? error.database : "", filename)
      assert.match(
        error.message,
        /^The database .+ cannot be opened: .+\. Check that its folder exists and can be written, or set YUNMO_DATABASE to another path\.$/
      )
      assert.notInclude(error.message, "\n")
      return error.message
    })

  it.scoped("says that the folder does not exist", () =>
    Effect.gen(function* () {
      const filename = join(yield* folder, "none", "yunmo.sqlite")
      assert.include(yield* unavailable(filename), "directory does not exist")
    })
  )

  it.scoped.each([":memory:", ""])(
    "refuses the database %j, which would be gone with the process",
    (filename) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Layer.build(Sqlite.layer({ filename })))
        assert.include(error.message, "no write-ahead log")
      })
  )

  it.scoped("opens a new file in several processes at once", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const open = Effect.promise(() =>
        fixture("database", { env: { YUNMO_DATABASE: filename }, kill: ["fixture has started", "SIGTERM"] })
      )
      const ended = yield* Effect.all([open, open, open, open], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        ended.map(({ code, stderr }) => [code, stderr]),
        ended.map(() => [0, ""])
      )
    })
  )

  it.scoped("says that a folder, or a file of another kind, is no database", () =>
    Effect.gen(function* () {
      const path = yield* folder
      mkdirSync(join(path, "folder"))
      writeFileSync(join(path, "text"), "this is no database, and long enough to be read as one\n".repeat(20))
      assert.include(yield* unavailable(join(path, "folder")), "unable to open")
      assert.include(yield* unavailable(join(path, "text")), "not a database")
    })
  )
})

const row = (n: number): NewRow => ({
  merchantNo: "BU078255558",
  fingerprint: new Uint8Array(32).fill(n),
  eventType: "TRADE",
  kind: "trade",
  subject: { kind: "card", id: "CARD-A" },
  raw: Redacted.make(new Uint8Array([n])),
  keyId: "signing",
  nested: "none",
  collision: "none",
  ambiguity: []
})

describe("an inbox on Sqlite.layer", () => {
  const breaks: Record<string, (filename: string) => void> = {
    "was deleted": (filename) => rmSync(filename),
    "was replaced by a copy": (filename) => {
      copyFileSync(filename, `${filename}.copy`)
      renameSync(`${filename}.copy`, filename)
    },
    "has lost its log": (filename) => rmSync(`${filename}-wal`)
  }
  for (const [what, breakIt] of Object.entries(breaks)) {
    it.scopedLive(`keeps nothing, and says so, once its file ${what}`, () =>
      Effect.gen(function* () {
        const filename = yield* database
        const inbox = yield* Effect.provide(
          Inbox.Inbox,
          yield* Layer.build(Layer.provide(Inbox.layer, Sqlite.layer({ filename })))
        )
        assert.strictEqual((yield* inbox.keep(row(1)))._tag, "Kept")
        breakIt(filename)
        const error = yield* Effect.flip(inbox.keep(row(2)))
        assert.include(error.message, "was deleted or replaced under the running process")
      })
    )
  }

  it.scopedLive("goes on when the file is put back", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const inbox = yield* Effect.provide(
        Inbox.Inbox,
        yield* Layer.build(Layer.provide(Inbox.layer, Sqlite.layer({ filename })))
      )
      yield* inbox.keep(row(1))
      renameSync(filename, `${filename}.away`)
      yield* Effect.flip(inbox.keep(row(2)))
      renameSync(`${filename}.away`, filename)
      assert.strictEqual((yield* inbox.keep(row(3)))._tag, "Kept")
    })
  )
})
