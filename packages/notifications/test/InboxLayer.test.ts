import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Clock from "effect/Clock"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { inject } from "vitest"
import * as Inbox from "../src/Inbox.js"
import { connection, newRow, query, temporaryFolder } from "./support.js"

const openedBy = (database: string, startAt: number, n: number) =>
  Effect.async<string>((resume) => {
    const script = fileURLToPath(new URL("./fixtures/openInbox.ts", import.meta.url))
    const child = spawn(process.execPath, [script, database, String(startAt), String(n)])
    let output = ""
    child.stdout.on("data", (chunk) => {
      output += chunk
    })
    child.stderr.on("data", (chunk) => {
      output += chunk
    })
    const closed = new Promise((resolve) => child.on("close", resolve))
    closed.then(() => resume(Effect.succeed(output.trim())))
    return Effect.promise(() => {
      child.kill("SIGKILL")
      return closed
    })
  })

describe("Inbox.layer on SQLite", () => {
  it.scoped("sets full sync, which the driver does not see to", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFolder, "yunmo.db")
      // SQLite lowers the level when it opens a file that has a write-ahead log already.
      yield* Effect.provide(query("CREATE TABLE other (id INTEGER)"), SqliteClient.layer({ filename }))
      const sql = yield* Layer.build(SqliteClient.layer({ filename }))
      const level = query<{ synchronous: number }>("PRAGMA synchronous").pipe(
        Effect.map(([row]) => row?.synchronous),
        Effect.provide(sql)
      )
      assert.strictEqual(yield* level, 1)
      yield* Effect.provide(Layer.build(Inbox.layer), sql)
      assert.strictEqual(yield* level, 2)
    })
  )

  const refusal = (sql: Layer.Layer<SqlClient.SqlClient, ConfigError | SqlError>) =>
    Effect.map(Effect.flip(Layer.build(Layer.provide(Inbox.layer, sql))), (error) => error.message)

  it.scoped("refuses a database that cannot keep what it is given", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const filename = join(folder, "yunmo.db")
      assert.include(
        yield* refusal(SqliteClient.layer({ filename, disableWAL: true })),
        `journal mode is "delete"`
      )
      assert.include(yield* refusal(SqliteClient.layer({ filename: ":memory:" })), `journal mode is "memory"`)
    })
  )

  it.scoped("says so at once when the tables cannot be made", () =>
    Effect.gen(function* () {
      const readOnly = Layer.effectDiscard(query("PRAGMA query_only = ON")).pipe(
        Layer.provideMerge(SqliteClient.layer({ filename: join(yield* temporaryFolder, "yunmo.db") }))
      )
      assert.include(yield* refusal(readOnly), "attempt to write a readonly database")
    })
  )

  it.scoped("works beside a client that translates names", () =>
    Effect.gen(function* () {
      const translating = SqliteClient.layer({
        filename: join(yield* temporaryFolder, "yunmo.db"),
        transformQueryNames: (name) => name.toUpperCase(),
        transformResultNames: (name) =>
          name.toLowerCase().replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
      })
      yield* Effect.gen(function* () {
        const inbox = yield* Inbox.Inbox
        yield* inbox.keep(newRow(1))
        const [row] = yield* inbox.ready(1, 0)
        assert.strictEqual(row?.merchantNo, "BU078255558")
      }).pipe(Effect.provide(Layer.provide(Inbox.layer, translating)))
    })
  )

  it.scopedLive("comes up in every process that opens a new file at the same time", () =>
    Effect.gen(function* () {
      const filename = join(yield* temporaryFolder, "yunmo.db")
      const startAt = (yield* Clock.currentTimeMillis) + 1500
      const answers = yield* Effect.forEach([1, 2, 3], (n) => openedBy(filename, startAt, n), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers, ["Kept", "Kept", "Kept"])
      const sql = yield* Layer.build(connection(filename))
      const rows = yield* Effect.provide(
        query("SELECT migration_id, name FROM yunmo_notifications_migrations ORDER BY 1"),
        sql
      )
      assert.deepStrictEqual(rows, [
        { migration_id: 1, name: "inbox" },
        { migration_id: 2, name: "quarantine" },
        { migration_id: 3, name: "replays" }
      ])
      assert.lengthOf(yield* Effect.provide(query("SELECT id FROM yunmo_inbox"), sql), 3)
    })
  )
})

const postgres = (url: string) => PgClient.layer({ url: Redacted.make(url) })

const setting = (url: string, ...statements: ReadonlyArray<string>) => Postgres.run(url, statements)

describe("Inbox.layer on PostgreSQL", () => {
  const refusal = (url: string) =>
    Effect.map(
      Effect.flip(Layer.build(Layer.provide(Inbox.layer, Layer.orDie(postgres(url))))),
      (error) => error.message
    )

  it.scopedLive("refuses a database whose commits do not wait for the disk", () =>
    Effect.gen(function* () {
      const url = yield* Postgres.freshDatabase(inject("postgresUrl"))
      const name = new URL(url).pathname.slice(1)
      yield* setting(url, `ALTER DATABASE ${name} SET synchronous_commit = off`)
      assert.include(yield* refusal(url), "ALTER ROLE CURRENT_USER SET synchronous_commit = on")
      yield* setting(url, `ALTER DATABASE ${name} SET synchronous_commit = local`)
      yield* Layer.build(Layer.provide(Inbox.layer, postgres(url)))
    })
  )

  it.scopedLive("refuses an encoding that cannot hold what may come", () =>
    Effect.gen(function* () {
      const server = inject("postgresUrl")
      const name = `latin_${process.pid}`
      yield* Effect.acquireRelease(
        setting(server, `CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`),
        () => setting(server, `DROP DATABASE ${name} WITH (FORCE)`)
      )
      const url = new URL(server)
      url.pathname = `/${name}`
      assert.include(yield* refusal(url.href), "LATIN1")
    })
  )

  it.scopedLive("waits for the disk even on a connection on which somebody turned that off", () =>
    Effect.gen(function* () {
      const url = yield* Postgres.freshDatabase(inject("postgresUrl"))
      const one = PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })
      const context = yield* Layer.build(Inbox.layer.pipe(Layer.provideMerge(one)))
      yield* Effect.gen(function* () {
        // Written by a trigger, in the transaction that commits the row: the level which its commit will have.
        yield* query("CREATE TABLE levels (level TEXT)")
        yield* query(`CREATE FUNCTION note() RETURNS TRIGGER AS $$ BEGIN
          INSERT INTO levels VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$ LANGUAGE plpgsql`)
        yield* query(`CREATE CONSTRAINT TRIGGER note AFTER INSERT ON yunmo_inbox
          DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()`)
        yield* query("SET synchronous_commit = off")
        const inbox = yield* Inbox.Inbox
        yield* inbox.keep(newRow(1))
        assert.deepStrictEqual(yield* query("SELECT level FROM levels"), [{ level: "on" }])
        assert.deepStrictEqual(yield* query("SHOW synchronous_commit"), [{ synchronous_commit: "off" }])
      }).pipe(Effect.provide(context))
    })
  )

  it.scopedLive("comes up in every process that opens a new database at the same time", () =>
    Effect.gen(function* () {
      const url = yield* Postgres.freshDatabase(inject("postgresUrl"))
      const startAt = (yield* Clock.currentTimeMillis) + 1500
      const answers = yield* Effect.forEach([1, 2, 3], (n) => openedBy(url, startAt, n), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(answers, ["Kept", "Kept", "Kept"])
      const rows = yield* Effect.provide(
        query("SELECT migration_id, name FROM yunmo_notifications_migrations ORDER BY 1"),
        yield* Layer.build(postgres(url))
      )
      assert.deepStrictEqual(rows, [
        { migration_id: 1, name: "inbox" },
        { migration_id: 2, name: "quarantine" },
        { migration_id: 3, name: "replays" }
      ])
    })
  )
})
