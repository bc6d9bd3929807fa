import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import * as Outcome from "@effect-yunmo/client/Outcome"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as SqlCardJournal from "../src/SqlCardJournal.js"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import { connection, held, inDatabase, Place, readOnly, temporaryDatabase } from "./database.js"
import { amount, client, fundedCard, merchantNo, otherMerchantNo, quiet, vendor, Way } from "./support.js"

const number = (text: string) => Ids.MerchantOrderNo.make(text)

const order = (text: string, overrides: Partial<OrderJournal.Order> = {}): OrderJournal.Order => ({
  merchantNo,
  merchantOrderNo: number(text),
  cardId: Ids.CardId.make("CD1"),
  direction: "increase",
  amount: amount("20.00"),
  ...overrides
})

const finding = (state: OrderJournal.State, overrides: Partial<OrderJournal.Finding> = {}) => ({
  state,
  orderNo: Option.none(),
  note: `it is ${state}`,
  ...overrides
})

const inSql = Layer.provideMerge(SqlOrderJournal.layer, inDatabase)

/** An entry to compare: a decimal that has been compared before remembers it, and then differs from one that has not. */
const shown = Option.map((entry: OrderJournal.Entry) => ({ ...entry, amount: entry.amount.text }))

const journals = {
  memory: OrderJournal.layerMemory,
  SQL: Layer.orDie(SqlOrderJournal.layer).pipe(Layer.provide(Layer.orDie(inDatabase)))
}

for (const [name, layer] of Object.entries(journals)) {
  describe(`an order journal (${name})`, () => {
    it.effect("begins an order once, and gives the entry that is there from then on", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        yield* TestClock.setTime(1000)
        assert.deepStrictEqual(yield* journal.begin(order("a")), Option.none())
        yield* TestClock.setTime(2000)
        const present = yield* journal.begin(order("a", { amount: amount("99.00") }))
        assert(Option.isSome(present))
        assert.deepInclude(present.value, {
          ...order("a"),
          amount: present.value.amount,
          state: "open",
          createdAt: 1000,
          updatedAt: 1000
        })
        assert.strictEqual(present.value.amount.text, "20.00")
        assert.isFalse(
          OrderJournal.sameOrder(present.value, order("a", { amount: amount("99.00") })),
          "what was asked for now is another order"
        )
        assert.isTrue(OrderJournal.sameOrder(present.value, order("a", { amount: amount("20.0") })))
        assert.deepStrictEqual(shown(yield* journal.find(merchantNo, number("a"))), shown(present))
        assert.deepStrictEqual(yield* journal.find(merchantNo, number("b")), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps merchants apart", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        assert.isTrue(Option.isNone(yield* journal.begin(order("a"))))
        assert.isTrue(Option.isNone(yield* journal.begin(order("a", { merchantNo: otherMerchantNo }))))
        yield* journal.record(otherMerchantNo, number("a"), finding("done"))
        const mine = Option.getOrThrow(yield* journal.find(merchantNo, number("a")))
        const theirs = Option.getOrThrow(yield* journal.find(otherMerchantNo, number("a")))
        assert.deepStrictEqual([mine.state, theirs.state], ["open", "done"])
        assert.lengthOf(yield* journal.unsettled(merchantNo), 1)
        assert.lengthOf(yield* journal.unsettled(otherMerchantNo), 0)
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps an order number that was learned, and the amount's text", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        yield* journal.begin(order("a", { amount: amount("0.1000") }))
        const orderNo = Option.some(Ids.OrderNo.make("OR1"))
        yield* journal.record(merchantNo, number("a"), finding("pending", { orderNo }))
        const after = Option.getOrThrow(yield* journal.record(merchantNo, number("a"), finding("done")))
        assert.deepStrictEqual(after.orderNo, orderNo)
        assert.strictEqual(after.amount.text, "0.1000")
        assert.strictEqual(after.note, "it is done")
      }).pipe(Effect.provide(layer))
    )

    for (const settled of ["done", "failed", "refused"] as const) {
      it.effect(`never leaves ${settled}`, () =>
        Effect.gen(function* () {
          const journal = yield* OrderJournal.OrderJournal
          yield* journal.begin(order("a"))
          yield* TestClock.setTime(5)
          yield* journal.record(merchantNo, number("a"), finding(settled))
          const before = yield* journal.find(merchantNo, number("a"))
          yield* TestClock.setTime(10)
          for (const state of OrderJournal.State.literals) {
            const orderNo = Option.some(Ids.OrderNo.make("OR9"))
            const answer = yield* journal.record(merchantNo, number("a"), finding(state, { orderNo }))
            assert.deepStrictEqual(answer, before)
          }
          assert.deepStrictEqual(yield* journal.begin(order("a")), before)
          assert.deepStrictEqual(yield* journal.unsettled(merchantNo), [])
        }).pipe(Effect.provide(layer))
      )
    }

    it.effect("lists what is open, pending or unknown, oldest first", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        const states = ["done", "unknown", "open", "failed", "pending", "refused"] as const
        for (const [at, state] of states.entries()) {
          yield* TestClock.setTime(1000 + at)
          yield* journal.begin(order(state))
        }
        yield* TestClock.setTime(2000)
        for (const state of states) {
          yield* state === "open"
            ? Effect.void
            : Effect.asVoid(journal.record(merchantNo, number(state), finding(state)))
        }
        assert.deepStrictEqual(
          (yield* journal.unsettled(merchantNo)).map((entry) => [entry.merchantOrderNo, entry.state]),
          [
            ["unknown", "unknown"],
            ["open", "open"],
            ["pending", "pending"]
          ]
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("does not record what was never begun", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        assert.deepStrictEqual(yield* journal.record(merchantNo, number("a"), finding("done")), Option.none())
        assert.deepStrictEqual(yield* journal.find(merchantNo, number("a")), Option.none())
      }).pipe(Effect.provide(layer))
    )

    it.effect("lets one of fifty begin", () =>
      Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => journal.begin(order("a")), {
          concurrency: "unbounded"
        })
        assert.lengthOf(answers.filter(Option.isNone), 1)
      }).pipe(Effect.provide(layer))
    )
  })
}

describe("the journal's file", () => {
  it.scopedLive("has what was begun and recorded after it was opened again", () =>
    Effect.gen(function* () {
      const place = yield* temporaryDatabase
      const opened = <A, E>(use: Effect.Effect<A, E, OrderJournal.OrderJournal>) =>
        Effect.provide(use, Layer.fresh(SqlOrderJournal.layer.pipe(Layer.provide(connection(place)))))
      const before = yield* opened(
        Effect.gen(function* () {
          const journal = yield* OrderJournal.OrderJournal
          yield* journal.begin(order("a"))
          yield* journal.begin(order("b"))
          yield* journal.record(merchantNo, number("b"), finding("done"))
          return [yield* journal.find(merchantNo, number("a")), yield* journal.find(merchantNo, number("b"))]
        })
      )
      const after = yield* opened(
        Effect.gen(function* () {
          const journal = yield* OrderJournal.OrderJournal
          assert.isTrue(Option.isSome(yield* journal.begin(order("a"))))
          yield* journal.record(merchantNo, number("b"), finding("refused"))
          return [yield* journal.find(merchantNo, number("a")), yield* journal.find(merchantNo, number("b"))]
        })
      )
      assert.deepStrictEqual(after, before)
    })
  )

  it.scopedLive("says what is wrong when it cannot be written, and then has nothing", () =>
    Effect.gen(function* () {
      const journal = yield* OrderJournal.OrderJournal
      yield* readOnly(true)
      const error = yield* Effect.flip(journal.begin(order("a")))
      assert.strictEqual(error._tag, "OrderJournalUnavailable")
      assert.match(error.message, /read-?only/)
      yield* readOnly(false)
      assert.isTrue(Option.isNone(yield* journal.begin(order("a"))))
    }).pipe(Effect.provide(inSql))
  )

  it.scopedLive("waits for another connection's write instead of giving up", () =>
    Effect.gen(function* () {
      const place = yield* temporaryDatabase
      const mine = Layer.provideMerge(SqlOrderJournal.layer, connection(place, { busyTimeout: 20 }))
      yield* Effect.gen(function* () {
        const journal = yield* OrderJournal.OrderJournal
        const { letGo } = yield* Effect.provideService(held, Place, place)
        const beginning = yield* Effect.fork(journal.begin(order("a")))
        yield* Effect.sleep("300 millis")
        yield* letGo
        assert.isTrue(Option.isNone(yield* beginning))
      }).pipe(Effect.provide(mine))
    })
  )

  it.scopedLive("lets one of four processes begin each order", () =>
    Effect.gen(function* () {
      const place = yield* temporaryDatabase
      const orders = 25
      const said = yield* Effect.promise(async () => {
        const main = fileURLToPath(new URL("fixtures/beginOrders.ts", import.meta.url))
        const children = Array.from({ length: 4 }, () => {
          const child = spawn(process.execPath, [main, place, String(orders)], { stdio: "pipe" })
          let out = ""
          let error = ""
          const ready = new Promise<void>((resolve) => {
            child.stdout.on("data", (chunk) => {
              out += chunk
              resolve()
            })
          })
          child.stderr.on("data", (chunk) => {
            error += chunk
          })
          const ended = new Promise<string>((resolve) => child.on("close", () => resolve(out + error)))
          return { child, ready, ended }
        })
        await Promise.all(children.map(({ ended, ready }) => Promise.race([ready, ended])))
        for (const { child } of children) {
          child.stdin.end("go\n")
        }
        return Promise.all(children.map(({ ended }) => ended))
      })
      const begun = said.map((text) => Number(/new (\d+)/.exec(text)?.[1]))
      assert.strictEqual(
        begun.reduce((total, one) => total + one, 0),
        orders,
        said.join()
      )
    })
  )
})

describe("money through the journal", () => {
  const shop = client.pipe(
    Layer.provideMerge(SqlCardJournal.layer),
    Layer.provideMerge(inSql),
    Layer.provideMerge(vendor()),
    Layer.provideMerge(quiet)
  )

  it.scopedLive("inside a transaction nothing is begun and nothing is sent", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const yunmo = yield* Yunmo
      const way = yield* Way
      const { cardId } = yield* fundedCard("c-1")
      const before = way.calls("adjustBalance").made
      const merchantOrderNo = number("inside")
      const error = yield* yunmo.cards
        .adjustBalance({ cardId, amount: amount("5.00"), direction: "increase", merchantOrderNo })
        .pipe(sql.withTransaction, Effect.flip)
      assert.strictEqual(error._tag, "OrderJournalUnavailable")
      assert.include(error.message, "inside a transaction")
      assert.strictEqual(way.calls("adjustBalance").made, before)
      const journal = yield* OrderJournal.OrderJournal
      assert.isTrue(Option.isNone(yield* journal.find(merchantNo, merchantOrderNo)))
    }).pipe(Effect.provide(shop))
  )

  it.scopedLive("an order whose answer was lost is settled after a restart, and paid once", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const way = yield* Way
      const place = yield* temporaryDatabase
      const restarted = <A, E, R>(use: Effect.Effect<A, E, R | Yunmo>) =>
        Effect.provide(
          use,
          Layer.fresh(
            client.pipe(
              Layer.provideMerge(Layer.merge(SqlOrderJournal.layer, SqlCardJournal.layer)),
              Layer.provideMerge(connection(place))
            )
          )
        )
      const { cardId } = yield* restarted(fundedCard("c-1", "10.00"))
      const adjustment = {
        cardId,
        amount: amount("5.00"),
        direction: "increase",
        merchantOrderNo: number("lost")
      } as const
      way.set("adjustBalance", "loses")
      const lost = yield* restarted(Effect.flatMap(Yunmo, ({ cards }) => cards.adjustBalance(adjustment)))
      assert.strictEqual(lost._tag, "Unknown")
      way.set("adjustBalance", undefined)
      const again = yield* restarted(
        Effect.flatMap(Yunmo, ({ cards }) => cards.adjustBalance(adjustment)).pipe(
          Effect.zipRight(Effect.sleep("50 millis")),
          Effect.zipRight(Effect.flatMap(Yunmo, ({ cards }) => cards.settleOrder(number("lost")))),
          Outcome.orFail
        )
      )
      assert.strictEqual(again.merchantOrderNo, "lost")
      const credits = (yield* sandbox.ledger(cardId)).filter(({ cause }) => cause === "increase")
      assert.deepStrictEqual(
        credits.map((entry) => entry.amount.text),
        ["10.00", "5.00"]
      )
    }).pipe(Effect.provide(Layer.provideMerge(vendor(), quiet)))
  )
})
