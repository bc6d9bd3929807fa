import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import { connection, inDatabase, Place, query, temporaryDatabase } from "./database.js"
import { amount, merchantNo } from "./support.js"

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

  it.scopedLive("begins no order as a part of a transaction that somebody left open on the connection", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const journal = yield* SqlOrderJournal.make
      const begin = journal.begin({
        merchantNo,
        merchantOrderNo: Ids.MerchantOrderNo.make("a"),
        cardId: Ids.CardId.make("CD1"),
        direction: "increase",
        amount: amount("20.00")
      })
      const inFile = Effect.flatMap(Place, (place) =>
        Effect.provide(query("SELECT merchant_order_no FROM yunmo_orders"), connection(place))
      )
      // A commit that fails: the client takes it for a defect, and the transaction stays open.
      yield* query("PRAGMA foreign_keys = ON")
      yield* query("CREATE TABLE first (id INTEGER PRIMARY KEY)")
      yield* query("CREATE TABLE second (id INTEGER REFERENCES first (id) DEFERRABLE INITIALLY DEFERRED)")
      yield* Effect.exit(sql.withTransaction(sql`INSERT INTO second (id) VALUES (1)`))
      assert.isTrue(Option.isNone(yield* begin))
      assert.deepStrictEqual(yield* inFile, [{ merchant_order_no: "a" }])
    }).pipe(Effect.provide(Layer.provideMerge(SqlOrderJournal.layer, inDatabase)))
  )
})
