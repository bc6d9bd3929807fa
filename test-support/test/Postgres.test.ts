import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Client } from "pg"
import * as Postgres from "../src/Postgres.js"

const rowsOf = (url: string, query: string) =>
  Effect.promise(async () => {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      return (await client.query(query)).rows
    } finally {
      await client.end()
    }
  })

describe("Postgres", () => {
  it.scopedLive(
    "keeps what was committed over a stop and a start, and syncs every commit",
    () =>
      Effect.gen(function* () {
        const server = yield* Postgres.server
        const url = yield* Postgres.freshDatabase(server.urlOf("postgres"))
        yield* Postgres.run(url, ["CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)"])
        yield* server.stop
        yield* server.start
        assert.deepStrictEqual(yield* rowsOf(url, "SELECT n FROM kept"), [{ n: 1 }])
        assert.deepStrictEqual(yield* rowsOf(url, "SHOW fsync"), [{ fsync: "on" }])
        assert.deepStrictEqual(yield* rowsOf(url, "SHOW synchronous_commit"), [{ synchronous_commit: "on" }])
      }),
    60_000
  )

  it.scopedLive(
    "gives each test a database of its own",
    () =>
      Effect.gen(function* () {
        const server = yield* Postgres.server
        const [one, two] = yield* Effect.all([
          Postgres.freshDatabase(server.urlOf("postgres")),
          Postgres.freshDatabase(server.urlOf("postgres"))
        ])
        yield* Postgres.run(one, ["CREATE TABLE mine (n int)"])
        yield* Postgres.run(two, ["CREATE TABLE mine (n int)"])
        assert.notStrictEqual(one, two)
      }),
    60_000
  )
})
