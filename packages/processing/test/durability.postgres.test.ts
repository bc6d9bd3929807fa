/** What is written down before something irrevocable is sent waits for the disk, whatever a pooled connection was set to. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Findings from "../src/Findings.js"
import * as ThreeDsTable from "../src/internal/threeDsTable.js"
import * as SqlCardJournal from "../src/SqlCardJournal.js"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import { connection, query, temporaryDatabase } from "./database.js"
import { amount, merchantNo } from "./support.js"

const cardId = Ids.CardId.make("CD1")
const authId = Ids.AuthorizationId.make("TDS1")

/** The level that the commit of one write to a table has, on a connection on which somebody turned it off. */
const levelOf = <A, E>(
  table: string,
  before: string,
  write: Effect.Effect<A, E, SqlClient.SqlClient | Findings.Findings>
) =>
  Effect.gen(function* () {
    const place = yield* temporaryDatabase
    const context = yield* Layer.build(
      Findings.layer.pipe(Layer.provideMerge(connection(place, { maxConnections: 1 })))
    )
    return yield* Effect.gen(function* () {
      yield* query("CREATE TABLE levels (level TEXT)")
      yield* query(`CREATE FUNCTION note() RETURNS TRIGGER AS $$ BEGIN
        INSERT INTO levels VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$ LANGUAGE plpgsql`)
      yield* query(before)
      // Written in the transaction, when it is about to be committed.
      yield* query(`CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON ${table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note()`)
      yield* query("SET synchronous_commit = off")
      const written = yield* write
      assert.deepStrictEqual(yield* query("SHOW synchronous_commit"), [{ synchronous_commit: "off" }])
      return { written, levels: yield* query("SELECT level FROM levels") }
    }).pipe(Effect.provide(context))
  })

const disk = [{ level: "on" }]

describe("what stands before the first byte that leaves", () => {
  it.scopedLive("an order", () =>
    Effect.gen(function* () {
      const { levels, written } = yield* levelOf(
        "yunmo_orders",
        "SELECT 1",
        Effect.flatMap(SqlOrderJournal.make, (journal) =>
          journal.begin({
            merchantNo,
            merchantOrderNo: Ids.MerchantOrderNo.make("a"),
            cardId,
            direction: "increase",
            amount: amount("20.00")
          })
        )
      )
      assert.isTrue(Option.isNone(written))
      assert.deepStrictEqual(levels, disk)
    })
  )

  it.scopedLive("a creation", () =>
    Effect.gen(function* () {
      const { levels, written } = yield* levelOf(
        "yunmo_creations",
        "SELECT 1",
        Effect.flatMap(SqlCardJournal.make, (journal) =>
          journal.begin({
            merchantNo,
            customerId: Ids.CustomerId.make("AU1"),
            number: 1,
            cardSampleId: Ids.CardSampleId.make("CS0001"),
            before: []
          })
        )
      )
      assert.isTrue(written)
      assert.deepStrictEqual(levels, disk)
    })
  )

  it.scopedLive("a 3-D Secure decision", () =>
    Effect.gen(function* () {
      const { levels, written } = yield* levelOf(
        "yunmo_three_ds",
        `INSERT INTO yunmo_three_ds (merchant_no, auth_id, card_id, deadline, state, inbox_id, received_at, updated_at)
          VALUES ('${merchantNo}', '${authId}', '${cardId}', 1000, 'waiting', 1, 1, 1)`,
        Effect.flatMap(ThreeDsTable.make(merchantNo, Duration.minutes(2)), ({ claim }) =>
          claim(authId, "approve", "ada", 1)
        )
      )
      assert.deepStrictEqual(
        written.map(({ state }) => state),
        ["deciding"]
      )
      assert.deepStrictEqual(levels, disk)
    })
  )
})
