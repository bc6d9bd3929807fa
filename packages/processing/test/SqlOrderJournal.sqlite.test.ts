import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import { inDatabase, query, temporaryDatabase } from "./database.js"

describe("the journal's file", () => {
  it.scopedLive("is written with full sync, whatever the connection was opened with", () =>
    Effect.gen(function* () {
      yield* query("PRAGMA synchronous = OFF")
      yield* Layer.build(Layer.fresh(SqlOrderJournal.layer))
      assert.deepStrictEqual(yield* query("PRAGMA synchronous"), [{ synchronous: 2 }])
    }).pipe(Effect.provide(inDatabase))
  )

  it.scopedLive("is refused where full sync cannot be had", () =>
    Effect.gen(function* () {
      const filename = yield* temporaryDatabase
      for (const options of [{ filename, disableWAL: true }, { filename: ":memory:" }]) {
        const error = yield* Effect.flip(
          Layer.build(SqlOrderJournal.layer.pipe(Layer.provide(Layer.fresh(SqliteClient.layer(options)))))
        )
        assert.strictEqual(error._tag, "InboxUnusable")
        assert.include(error.message, "journal mode")
      }
    })
  )
})
