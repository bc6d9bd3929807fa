import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, inject, it } from "@effect/vitest"
import * as TestPostgres from "@effect-yunmo/test-support/Postgres"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { DatabaseUnavailable } from "../src/DatabaseError.js"
import * as Postgres from "../src/Postgres.js"
import { certificate, privateKey } from "./fixtures/tls.js"
import { eventually, folder, logged } from "./support.js"

const database = Effect.suspend(() => TestPostgres.freshDatabase(inject("postgresUrl")))

const connect = (url: string, options: Partial<Postgres.Options> = {}) =>
  Effect.map(Layer.build(Postgres.layer({ url: Redacted.make(url), ...options })), (context) =>
    Layer.succeedContext(context)
  )

const run = <A extends object>(statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement))

const show = (setting: string) =>
  Effect.map(
    run<{ readonly value: string }>(`SELECT current_setting('${setting}') AS value`),
    ([row]) => row?.value
  )

const refused = (url: string, options: Partial<Postgres.Options> = {}) =>
  Effect.map(Effect.flip(connect(url, options)), (error) => {
    assert.instanceOf(error, DatabaseUnavailable)
    for (const text of [error.message, Cause.pretty(Cause.fail(error)), Inspectable.toStringUnknown(error)]) {
      assert.notInclude(text, "for-tests-on-loopback-only")
      assert.notInclude(text, "CANARY")
    }
    assert.notInclude(error.message, "\n")
    return error.message
  })

const changed = (url: string, change: (url: URL) => void) => {
  const other = new URL(url)
  change(other)
  return other.href
}

describe("Postgres.layer", () => {
  it.scoped("gives connections whose commits wait for the disk, with the limits it was told", () =>
    Effect.gen(function* () {
      const client = yield* connect(yield* database, {
        applicationName: "yunmo-test",
        statementTimeout: "7 seconds"
      })
      const settings = yield* Effect.forEach(
        [
          "fsync",
          "synchronous_commit",
          "application_name",
          "statement_timeout",
          "idle_in_transaction_session_timeout"
        ],
        show
      ).pipe(Effect.provide(client))
      assert.deepStrictEqual(settings, ["on", "on", "yunmo-test", "7s", "1min"])
    })
  )

  it.scoped("leaves whole numbers and times as the driver gives them", () =>
    Effect.gen(function* () {
      const client = yield* connect(yield* database)
      const [row] = yield* Effect.provide(
        run<{ readonly n: unknown; readonly t: unknown }>(
          "SELECT 9007199254740993::bigint AS n, '2026-02-10T00:00:00Z'::timestamptz AS t"
        ),
        client
      )
      assert.deepStrictEqual(row, { n: "9007199254740993", t: new Date("2026-02-10T00:00:00Z") })
    })
  )

  it.scoped("keeps to the size of its pool", () =>
    Effect.gen(function* () {
      const client = yield* connect(yield* database, { maxConnections: 2 })
      const backends = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        sql.withTransaction(run<{ readonly pid: number }>("SELECT pg_backend_pid() AS pid, pg_sleep(0.02)"))
      )
      const pids = yield* Effect.provide(
        Effect.all(
          Array.from({ length: 8 }, () => backends),
          { concurrency: "unbounded" }
        ),
        client
      )
      assert.strictEqual(new Set(pids.map(([row]) => row?.pid)).size, 2)
    })
  )

  it.scopedLive("ends a statement that takes too long, and goes on", () =>
    Effect.gen(function* () {
      const client = yield* connect(yield* database, { statementTimeout: "50 millis", maxConnections: 1 })
      const error = yield* Effect.flip(Effect.provide(run("SELECT pg_sleep(60)"), client))
      assert.include(String(error.cause), "statement timeout")
      assert.deepStrictEqual(yield* Effect.provide(run("SELECT 1 AS one"), client), [{ one: 1 }])
    })
  )

  it.scoped.each(["fsync", "synchronous_commit"])("refuses a database where %s is off", (setting) =>
    Effect.gen(function* () {
      const server = yield* TestPostgres.server
      const url = server.urlOf("postgres")
      yield* TestPostgres.run(url, [`ALTER SYSTEM SET ${setting} = off`, "SELECT pg_reload_conf()"])
      yield* server.stop
      yield* server.start
      assert.match(
        yield* refused(url),
        new RegExp(
          `^The database postgres://127\\.0\\.0\\.1:${server.port}/postgres cannot be opened: its ${setting} is off, so .+\\. Set ${setting} = on.+\\.$`
        )
      )
    })
  )

  it.scoped("refuses the setting of a user, or of the URL, as well", () =>
    Effect.gen(function* () {
      const url = yield* database
      const off = changed(url, ({ searchParams }) => searchParams.set("options", "-c synchronous_commit=off"))
      assert.include(yield* refused(off), "its synchronous_commit is off")
    })
  )

  it.scoped("says why it cannot connect, and never the password", () =>
    Effect.gen(function* () {
      const url = yield* database
      assert.include(
        yield* refused(changed(url, (other) => Object.assign(other, { password: "CANARY" }))),
        "password authentication failed"
      )
      assert.include(
        yield* refused(changed(url, (other) => Object.assign(other, { pathname: "/nowhere" }))),
        "no such database"
      )
      assert.include(
        yield* refused(changed(url, (other) => Object.assign(other, { port: "1" }))),
        "nothing listens there"
      )
      assert.include(
        yield* refused(changed(url, (other) => Object.assign(other, { hostname: "nowhere.invalid" }))),
        "the name of its host is not known"
      )
      assert.include(
        yield* refused(changed(url, ({ searchParams }) => searchParams.set("sslmode", "verify-full"))),
        "the server has no TLS"
      )
      assert.include(
        yield* refused(changed(url, ({ searchParams }) => searchParams.set("sslmode", "CANARY"))),
        "unknown sslmode"
      )
      assert.include(
        yield* refused(
          changed(url, ({ searchParams }) => {
            searchParams.set("sslmode", "verify-full")
            searchParams.set("sslrootcert", "/nowhere/ca.pem")
          })
        ),
        "the file /nowhere/ca.pem of its URL cannot be read"
      )
      assert.include(yield* refused("postgres://u:CANARY#x@h/d"), "percent-encoded")
      assert.include(yield* refused("postgres://u:12/CANARY@h/d"), "postgres://… cannot be opened")
    })
  )
})

describe("TLS", () => {
  /** A server with TLS. It makes the files itself: they have to be its user's own. */
  const server = Effect.gen(function* () {
    const server = yield* TestPostgres.server
    const file = (name: string, text: string) =>
      `COPY (SELECT line FROM unnest(string_to_array('${text.trim()}', E'\n')) AS line)
        TO PROGRAM 'umask 077; cat > ${name}'`
    yield* TestPostgres.run(server.urlOf("postgres"), [
      file("server.crt", certificate),
      file("server.key", privateKey),
      "ALTER SYSTEM SET ssl = on"
    ])
    yield* server.stop
    yield* server.start
    const ca = join(yield* folder, "ca.pem")
    writeFileSync(ca, certificate)
    return { ca, url: server.urlOf("postgres") }
  })

  const withMode = (url: string, parameters: Record<string, string>) =>
    changed(url, ({ searchParams }) => {
      for (const [name, value] of Object.entries(parameters)) {
        searchParams.set(name, value)
      }
    })

  const encrypted = Effect.map(
    run<{ readonly ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"),
    ([row]) => row?.ssl
  )

  it.scopedLive("is what the sslmode says, and verified whenever it is asked for", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const isEncrypted = (parameters: Record<string, string>) =>
        Effect.flatMap(connect(withMode(url, parameters)), (client) => Effect.provide(encrypted, client))
      assert.isFalse(yield* isEncrypted({}))
      assert.isFalse(yield* isEncrypted({ sslmode: "disable" }))
      assert.isTrue(yield* isEncrypted({ sslmode: "no-verify" }))
      for (const sslmode of ["prefer", "require", "verify-ca", "verify-full"]) {
        assert.isTrue(yield* isEncrypted({ sslmode, sslrootcert: ca }), sslmode)
        // Nobody that the system trusts has signed it.
        assert.match(
          yield* refused(withMode(url, { sslmode })),
          /the server's certificate is not to be trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. Give the file of its authority with sslrootcert/
        )
        // It is the certificate of another name.
        assert.include(
          yield* refused(
            changed(withMode(url, { sslmode, sslrootcert: ca }), (other) =>
              Object.assign(other, { hostname: "localhost" })
            )
          ),
          "ERR_TLS_CERT_ALTNAME_INVALID"
        )
      }
    })
  )

  it.scopedLive("goes on with the files that it began with", () =>
    Effect.gen(function* () {
      const { ca, url } = yield* server
      const client = yield* connect(withMode(url, { sslmode: "verify-full", sslrootcert: ca }), {
        idleTimeout: "1 millis"
      })
      rmSync(ca)
      for (let n = 0; n < 3; n += 1) {
        assert.isTrue(yield* Effect.provide(encrypted, client))
        yield* Effect.sleep("30 millis")
      }
    })
  )
})

describe("a server that is stopped and started again", () => {
  it.scopedLive("fails what is under way, does not end the program, and is connected to anew", () =>
    Effect.gen(function* () {
      const server = yield* TestPostgres.server
      const client = yield* connect(server.urlOf("postgres"), { maxConnections: 3 })
      const log = logged()
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* run("CREATE TABLE kept (n INTEGER NOT NULL)")
        // One connection idle, one in a statement, one in a transaction.
        yield* Effect.all([run("SELECT pg_sleep(0.05)"), run("SELECT pg_sleep(0.05)"), run("SELECT 1")], {
          concurrency: 3
        })
        const statement = yield* Effect.fork(Effect.exit(run("SELECT pg_sleep(60)")))
        const transaction = yield* Effect.fork(
          Effect.exit(
            sql.withTransaction(
              Effect.zipRight(run("INSERT INTO kept (n) VALUES (1)"), run("SELECT pg_sleep(60)"))
            )
          )
        )
        yield* eventually(
          Effect.map(
            run<{ readonly n: string }>(
              "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'"
            ),
            ([row]) => row?.n === "3" || row?.n === "2"
          )
        )
        yield* server.stop
        assert.strictEqual((yield* statement.await)._tag, "Success")
        assert.strictEqual((yield* Effect.flatten(statement.await))._tag, "Failure")
        assert.strictEqual((yield* Effect.flatten(transaction.await))._tag, "Failure")
        assert.strictEqual((yield* Effect.exit(run("SELECT 1")))._tag, "Failure")
        yield* server.start
        for (const n of [2, 3, 4, 5]) {
          yield* sql.withTransaction(run(`INSERT INTO kept (n) VALUES (${n})`))
        }
        assert.deepStrictEqual(yield* run("SELECT n FROM kept ORDER BY n"), [
          { n: 2 },
          { n: 3 },
          { n: 4 },
          { n: 5 }
        ])
      }).pipe(Effect.provide(client), Effect.provide(log.layer))
    })
  )

  it.scopedLive("is refused when it came back without full sync", () =>
    Effect.gen(function* () {
      const server = yield* TestPostgres.server
      const url = server.urlOf("postgres")
      const client = yield* connect(url)
      yield* TestPostgres.run(url, ["ALTER SYSTEM SET fsync = off"])
      yield* server.stop
      yield* server.start
      const error = yield* Effect.flip(Effect.provide(run("SELECT 1"), client))
      assert.include(String(error.cause), "its fsync is off")
      yield* TestPostgres.run(url, ["ALTER SYSTEM RESET fsync"])
      yield* server.stop
      yield* server.start
      assert.deepStrictEqual(yield* Effect.provide(run("SELECT 1 AS one"), client), [{ one: 1 }])
    })
  )
})
