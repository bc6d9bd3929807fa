import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, inject, it } from "@effect/vitest"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as TestPostgres from "@effect-yunmo/test-support/Postgres"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Database from "../src/Database.js"
import { postgres } from "../src/DatabaseChoice.js"
import { bellOn, listening, neighbour, quiet } from "./doorbells.js"
import { eventually, logged } from "./support.js"

const database = Effect.suspend(() => TestPostgres.freshDatabase(inject("postgresUrl")))
const choice = (url: string) => postgres(Redacted.make(url))

const listeners = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.map(
    sql<{ readonly n: string }>`SELECT count(*) AS n FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'yunmo doorbell'`,
    ([row]) => Number(row?.n)
  )
)

describe("PostgresDoorbell", () => {
  it.scopedLive("is heard by another process that listened before", () =>
    Effect.gen(function* () {
      const url = yield* database
      const other = yield* neighbour(url, "hear")
      const { ring } = yield* bellOn(choice(url))
      // It may have heard itself begin.
      yield* Effect.sleep("300 millis")
      yield* other.forget
      yield* ring
      yield* other.heard
    })
  )

  it.scopedLive("is heard from another process that was there before, many times over", () =>
    Effect.gen(function* () {
      const url = yield* database
      const other = yield* neighbour(url, "ring")
      const ears = yield* listening((yield* bellOn(choice(url))).rings)
      yield* quiet(ears)
      for (let n = 0; n < 20; n += 1) {
        yield* ears.after(other.ring)
      }
    })
  )

  it.scopedLive("is not heard on another database, and in its own process by each who listens", () =>
    Effect.gen(function* () {
      const stranger = yield* listening((yield* bellOn(choice(yield* database))).rings)
      const { ring, rings } = yield* bellOn(choice(yield* database))
      const one = yield* listening(rings)
      const two = yield* listening(rings)
      yield* quiet(stranger)
      const before = stranger.times()
      yield* one.after(two.after(ring))
      yield* quiet(one)
      assert.strictEqual(stranger.times(), before)
    })
  )

  it.scopedLive("listens on one connection, while somebody does", () =>
    Effect.gen(function* () {
      const url = yield* database
      yield* Effect.gen(function* () {
        const { rings } = yield* Doorbell.Doorbell
        assert.strictEqual(yield* listeners, 0)
        const scope = yield* Scope.make()
        yield* Effect.provideService(rings, Scope.Scope, scope)
        yield* Effect.provideService(rings, Scope.Scope, scope)
        yield* eventually(Effect.map(listeners, (n) => n === 1))
        yield* Scope.close(scope, Exit.void)
        yield* eventually(Effect.map(listeners, (n) => n === 0))
      }).pipe(Effect.provide(Database.layer(choice(url))))
    })
  )

  it.scopedLive("tells many rings as few", () =>
    Effect.gen(function* () {
      const url = yield* database
      const ears = yield* listening((yield* bellOn(choice(url))).rings)
      const { ring } = yield* bellOn(choice(url))
      yield* quiet(ears)
      const before = ears.times()
      yield* ears.after(Effect.repeatN(ring, 10_000))
      yield* quiet(ears)
      assert.isBelow(ears.times() - before, 1000)
    })
  )

  it.scopedLive(
    "is heard again after the server was stopped and started, and rings once more for what was missed",
    () =>
      Effect.gen(function* () {
        const server = yield* TestPostgres.server
        const log = logged()
        const url = server.urlOf("postgres")
        const open = Effect.map(
          Layer.build(Layer.fresh(Database.layer(choice(url)))),
          Context.get(Doorbell.Doorbell)
        ).pipe(Effect.provide(log.layer))
        const here = yield* open
        const there = yield* open
        const ears = yield* listening(here.rings).pipe(Effect.provide(log.layer))
        yield* quiet(ears)
        yield* ears.after(there.ring)
        for (const time of [1, 2]) {
          yield* quiet(ears)
          yield* server.stop
          yield* there.ring
          yield* eventually(
            Effect.sync(() => log.lines.filter((line) => line.includes("is not heard")).length === time)
          )
          yield* ears.after(server.start)
          yield* eventually(
            Effect.sync(() => log.lines.filter((line) => line.includes("is heard again")).length === time)
          )
          yield* quiet(ears)
          yield* ears.after(there.ring)
        }
        for (const line of log.lines) {
          assert.notInclude(line, "for-tests-on-loopback-only")
        }
      })
  )
})
