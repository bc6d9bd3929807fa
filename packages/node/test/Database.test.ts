import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, inject, it } from "@effect/vitest"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as TestPostgres from "@effect-yunmo/test-support/Postgres"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Database from "../src/Database.js"
import * as DatabaseChoice from "../src/DatabaseChoice.js"
import { listening, quiet as silence } from "./doorbells.js"
import { eventually, folder, logged } from "./support.js"

const places = {
  SQLite: Effect.map(folder, (path) => join(path, "yunmo.sqlite")),
  PostgreSQL: Effect.suspend(() => TestPostgres.freshDatabase(inject("postgresUrl")))
}

const row = (n: number) => ({
  merchantNo: "BU1",
  fingerprint: new Uint8Array(32).fill(n),
  eventType: "TRADE",
  kind: "trade" as const,
  subject: { kind: "card" as const, id: "CD1" },
  raw: Redacted.make(new Uint8Array([1])),
  keyId: "signing",
  nested: "none" as const,
  collision: "none" as const,
  ambiguity: []
})

describe.each(Object.entries(places))("Database.layer on %s", (_, place) => {
  it.scopedLive("gives the inbox its database and its doorbell, by one text", () =>
    Effect.gen(function* () {
      const choice = Either.getOrThrow(DatabaseChoice.fromText(yield* place))
      // Two programs on one database: one keeps, the other hears it.
      const keeping = Layer.fresh(Layer.provide(Inbox.layer, Database.layer(choice)))
      const hearing = Layer.fresh(Database.layer(choice))
      const ears = yield* Effect.provide(
        Effect.flatMap(Doorbell.Doorbell, ({ rings }) => listening(rings)),
        yield* Effect.map(Layer.build(hearing), Layer.succeedContext)
      )
      yield* silence(ears)
      const inbox = yield* Effect.provide(
        Inbox.Inbox,
        yield* Effect.map(Layer.build(keeping), Layer.succeedContext)
      )
      for (const n of [1, 2, 3]) {
        assert.strictEqual((yield* ears.after(inbox.keep(row(n))))._tag, "Kept")
      }
    }).pipe(Effect.provide(logged().layer))
  )
})

describe("Database.layer", () => {
  it.scopedLive("passes on the options of the one that was chosen", () =>
    Effect.gen(function* () {
      const options: Database.Options = {
        sqlite: { busyTimeout: 77 },
        postgres: { applicationName: "worker", maxConnections: 2 }
      }
      const file = DatabaseChoice.sqliteFile(yield* places.SQLite)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* sql`PRAGMA busy_timeout`, [{ timeout: 77 }])
      }).pipe(Effect.provide(Database.layer(file, options)))
      const server = DatabaseChoice.postgres(Redacted.make(yield* places.PostgreSQL))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* listening((yield* Doorbell.Doorbell).rings)
        const names = sql<{ readonly name: string }>`
          SELECT application_name AS name FROM pg_stat_activity
          WHERE datname = current_database() ORDER BY application_name`
        yield* eventually(
          Effect.map(names, (rows) => rows.map(({ name }) => name).join() === "worker,worker doorbell")
        )
      }).pipe(Effect.provide(Database.layer(server, options)))
    })
  )

  it.scoped("says which database cannot be opened, without what is secret of it", () =>
    Effect.gen(function* () {
      const broken = (text: string) =>
        Effect.map(
          Effect.flip(Layer.build(Database.layer(Either.getOrThrow(DatabaseChoice.fromText(text))))),
          ({ message }) => message
        )
      assert.match(
        yield* broken("/no/such/folder/yunmo.sqlite"),
        /^The database \/no\/such\/folder\/yunmo\.sqlite cannot be opened: .+$/
      )
      const url = yield* broken("postgres://CANARY:CANARY@127.0.0.1:1/yunmo")
      assert.strictEqual(
        url,
        "The database postgres://127.0.0.1:1/yunmo cannot be opened: nothing listens there. Check the host and the port in YUNMO_DATABASE, and that the server runs."
      )
    })
  )
})
