import { join } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import * as Readiness from "../src/Readiness.js"
import * as Sqlite from "../src/Sqlite.js"
import { folder } from "./support.js"

/** A check that fails so many times, and counts how often it was asked. */
const failing = (times: number) =>
  Effect.map(Ref.make(0), (asked) => ({
    asked,
    check: Effect.flatMap(
      Ref.updateAndGet(asked, (count) => count + 1),
      (count) => (count <= times ? Effect.fail({ message: `no ${count}` }) : Effect.void)
    )
  }))

describe("Readiness", () => {
  it.effect("is ready while its check succeeds, and looks once a second however often it is asked", () =>
    Effect.gen(function* () {
      const { asked, check } = yield* failing(0)
      const readiness = yield* Readiness.make(check)
      yield* Effect.all([readiness.check, readiness.check, readiness.check], { concurrency: 3 })
      assert.strictEqual(yield* Ref.get(asked), 1)
      yield* TestClock.adjust("1 second")
      yield* readiness.check
      assert.strictEqual(yield* Ref.get(asked), 2)
    })
  )

  it.effect("does not lose heart at a check that fails for a moment", () =>
    Effect.gen(function* () {
      const { asked, check } = yield* failing(3)
      const readiness = yield* Readiness.make(check)
      const answer = yield* Effect.fork(readiness.check)
      yield* TestClock.adjust("300 millis")
      yield* Fiber.join(answer)
      assert.strictEqual(yield* Ref.get(asked), 4)
    })
  )

  it.effect("says what failed when it goes on failing, and recovers", () =>
    Effect.gen(function* () {
      const { check } = yield* failing(21)
      const readiness = yield* Readiness.make(check)
      const answer = yield* Effect.fork(Effect.flip(readiness.check))
      yield* TestClock.adjust("2 seconds")
      const notReady = yield* Fiber.join(answer)
      assert.strictEqual(notReady.reason, "failed")
      assert.match(notReady.message, /^The readiness check failed: no \d+$/)
      yield* TestClock.adjust("1 second")
      const later = yield* Effect.fork(readiness.check)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(later)
    })
  )

  it.effect("does not wait for a check that hangs, though it cannot be interrupted", () =>
    Effect.gen(function* () {
      const readiness = yield* Readiness.make(Effect.uninterruptible(Effect.never))
      const answer = yield* Effect.fork(Effect.flip(readiness.check))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(answer)).reason, "timeout")
    })
  )

  it.effect("is not ready from the moment it drains, whatever was known before", () =>
    Effect.gen(function* () {
      const readiness = yield* Readiness.make(Effect.void)
      yield* readiness.check
      yield* readiness.drain
      assert.strictEqual((yield* Effect.flip(readiness.check)).reason, "draining")
    })
  )

  it.scopedLive("tries a write: a database that can only be read is not ready", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "yunmo.db")
      const context = yield* Layer.build(
        Layer.provideMerge(
          Readiness.layerDatabase({ timeout: "300 millis", timeToLive: 0 }),
          Sqlite.layer({ filename: path })
        )
      )
      yield* Effect.gen(function* () {
        const readiness = yield* Readiness.Readiness
        const sql = yield* SqlClient.SqlClient
        yield* readiness.check
        yield* readiness.check
        assert.lengthOf(yield* sql`SELECT * FROM yunmo_readiness`, 1)
        yield* sql`PRAGMA query_only = ON`
        const notReady = yield* Effect.flip(readiness.check)
        assert.strictEqual(notReady.reason, "failed")
        assert.include(notReady.message, "readonly")
        yield* sql`PRAGMA query_only = OFF`
        yield* readiness.check
      }).pipe(Effect.provide(context))
    })
  )
})
