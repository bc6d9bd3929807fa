/** Two processes at the same order, and transactions that the database gives up on. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Ids from "@effect-yunmo/schema/Ids"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as VendorTime from "@effect-yunmo/schema/VendorTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { transaction } from "../src/internal/store.js"
import * as ReadModel from "../src/ReadModel.js"
import { anotherConnection, inDatabase, onPostgres, query } from "./database.js"
import { amount, merchantNo, quiet } from "./support.js"

type Trade = Notification.Of<"Trade">["data"]

const one: Trade = {
  orderNo: Ids.OrderNo.make("OR1"),
  cardId: Ids.CardId.make("CD1"),
  subType: "AUTHORIZATION",
  status: "SUCCESS",
  amount: amount("1.00"),
  currency: "USD",
  eventTime: VendorTime.VendorTime.make("2026-02-10 16:11:36"),
  unknownFields: Redacted.make({})
}

const world = ReadModel.layer.pipe(Layer.provideMerge(inDatabase), Layer.provideMerge(quiet))

const events = 30

describe("an order whose events two processes add at once", () => {
  for (const isolation of onPostgres
    ? ["read committed", "repeatable read", "serializable"]
    : ["SQLite's own"]) {
    it.scopedLive(`is added up from all of them (${isolation})`, () =>
      Effect.gen(function* () {
        if (onPostgres) {
          yield* query(
            `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', current_database(), '${isolation}'); END $$`
          )
        }
        const clients = yield* Effect.all([anotherConnection, anotherConnection])
        const models = yield* Effect.forEach(clients, (sql) =>
          Effect.map(Effect.provideService(ReadModel.make, SqlClient.SqlClient, sql), (model) => ({
            model,
            sql
          }))
        )
        const data = (n: number): Trade => ({ ...one, subOrderNo: Ids.SubOrderNo.make(`SU${n}`) })
        yield* Effect.forEach(
          Array.from({ length: events }, (_, n) => n),
          (n) => {
            const { model, sql } = models[n % 2] ?? assert.fail("there are two")
            return model
              .addEvent(merchantNo, `key-${n}`, data(n), n)
              .pipe(
                transaction("add"),
                Effect.provideService(SqlClient.SqlClient, sql),
                Effect.retry({ times: 50, while: ({ _tag }) => _tag === "StoreUnavailable" })
              )
          },
          { concurrency: 8, discard: true }
        )
        assert.deepStrictEqual(yield* query("SELECT events, authorized FROM yunmo_transactions"), [
          { events, authorized: "30.00" }
        ])
      }).pipe(Effect.provide(world))
    )
  }
})
