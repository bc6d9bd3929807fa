/**
 * The database of a test: every test file runs once on SQLite and once on PostgreSQL (`vitest.config.ts`). What differs between
 * the two stands here.
 */
import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import type { DatabaseUnavailable } from "@effect-yunmo/node/DatabaseError"
import * as Postgres from "@effect-yunmo/node/Postgres"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as TestPostgres from "@effect-yunmo/test-support/Postgres"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { inject } from "vitest"

declare module "vitest" {
  export interface ProvidedContext {
    database: "SQLite" | "PostgreSQL"
  }
}

export const onPostgres = inject("database") === "PostgreSQL"

/** A new, empty database, gone with the scope: the path of a file, or a URL. */
export const temporaryDatabase: Effect.Effect<string, never, Scope.Scope> = Effect.suspend(() =>
  onPostgres
    ? TestPostgres.freshDatabase(inject("postgresUrl"))
    : Effect.map(Folder.temporary, (folder) => join(folder, "yunmo.db"))
)

/** Connections to a database, without a doorbell. */
export const connection = (
  place: string,
  options: { readonly busyTimeout?: number; readonly maxConnections?: number } = {}
): Layer.Layer<SqlClient.SqlClient, DatabaseUnavailable> =>
  onPostgres
    ? Postgres.layer({ url: Redacted.make(place), maxConnections: options.maxConnections })
    : Sqlite.layer({
        filename: place,
        ...(options.busyTimeout === undefined ? {} : { busyTimeout: options.busyTimeout })
      })

/** The database of a test: a path or a URL. */
export class Place extends Context.Tag("test/Place")<Place, string>() {
  static readonly layer = Layer.scoped(Place, temporaryDatabase)
}

/** An open database of its own. */
export const inDatabase = Layer.provideMerge(
  Layer.unwrapEffect(Effect.map(Place, (place) => connection(place))),
  Place.layer
)

/** Other connections to the database of the test, as another process has them, while the scope lives. */
export const anotherConnection = Effect.flatMap(Place, (place) =>
  Effect.map(Layer.build(Layer.fresh(connection(place))), Context.get(SqlClient.SqlClient))
)

/** The type of `bigint` columns, and of counts. */
const int8 = 20

interface PgResult {
  readonly rows: ReadonlyArray<Record<string, unknown>>
  readonly fields: ReadonlyArray<{ readonly name: string; readonly dataTypeID: number }>
}

const withNumbers = ({ fields, rows }: PgResult) => {
  const whole = fields.filter(({ dataTypeID }) => dataTypeID === int8).map(({ name }) => name)
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(whole.map((name) => [name, row[name] === null ? null : Number(row[name])]))
  }))
}

/**
 * Statements that stand outside the services: to look, and to break things. Written for SQLite; whole numbers come as
 * numbers from both.
 */
export const query = <A extends object>(statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    onPostgres
      ? Effect.map(
          sql.unsafe<A>(statement.replace(/ STRICT$/, "").replace("ORDER BY rowid", "ORDER BY ctid")).raw,
          (result) => withNumbers(result as PgResult) as unknown as ReadonlyArray<A>
        )
      : sql.unsafe<A>(statement)
  )

/** The names of all tables. */
export const tableNames = Effect.map(
  query<{ readonly name: string }>(
    onPostgres
      ? "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
      : "SELECT name FROM sqlite_master WHERE type = 'table'"
  ),
  (rows) => rows.map(({ name }) => name)
)

/** Another connection holds back every write until it is let go. */
export const held = Effect.gen(function* () {
  const other = yield* anotherConnection
  if (!onPostgres) {
    yield* other.unsafe("BEGIN IMMEDIATE")
    return { letGo: other.unsafe("COMMIT") }
  }
  const names = yield* tableNames
  const session = yield* other.reserve
  const run = (statement: string) => session.executeUnprepared(statement, [], undefined)
  yield* run("BEGIN")
  yield* run(`LOCK TABLE ${names.join(", ")} IN EXCLUSIVE MODE`)
  return { letGo: run("COMMIT") }
})

/** Lets nobody write any more, or lets them again; comes back when every connection made before is known to have ended. */
export const readOnly = (on: boolean) =>
  onPostgres
    ? Effect.flatMap(Place, (place) =>
        TestPostgres.run(place, [
          "SET default_transaction_read_only = off",
          `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${on ? "on" : "off"}', current_database()); END $$`,
          `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()`
        ])
      ).pipe(
        // The pool hears of it by and by.
        Effect.zipRight(Effect.sleep("100 millis")),
        Effect.zipRight(
          Effect.retry(query("SELECT 1"), { times: 20, schedule: Schedule.spaced("50 millis") })
        ),
        Effect.asVoid
      )
    : Effect.asVoid(query(`PRAGMA query_only = ${on ? "ON" : "OFF"}`))

/** Lets one client, which has one connection, write no more, or again. */
export const readOnlyFor = (sql: SqlClient.SqlClient, on: boolean) =>
  sql.unsafe(
    onPostgres
      ? `SET default_transaction_read_only = ${on ? "on" : "off"}`
      : `PRAGMA query_only = ${on ? "ON" : "OFF"}`
  )
