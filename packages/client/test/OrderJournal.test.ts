import { assert, describe, it } from "@effect/vitest"
import { MerchantNo, OrderNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as OrderJournal from "../src/OrderJournal.js"
import { merchantNo } from "./support/client.js"
import * as Id from "./support/ids.js"

const states = OrderJournal.State.literals

const order = (number: string, changes: Partial<OrderJournal.Order> = {}): OrderJournal.Order => ({
  merchantNo,
  merchantOrderNo: Id.merchantOrderNo(number),
  cardId: Id.cardId,
  direction: "increase",
  amount: Id.amount("20.00"),
  ...changes
})

const finding = (state: OrderJournal.State, orderNo?: string): OrderJournal.Finding => ({
  state,
  orderNo: Option.map(Option.fromNullable(orderNo), (text) => OrderNo.make(text)),
  note: `it is ${state}`
})

const other = MerchantNo.make("BU000000002")

describe("layerMemory", () => {
  it.effect("writes an order down once, and shows the one that is there afterwards", () =>
    Effect.gen(function* () {
      const journal = yield* OrderJournal.OrderJournal
      yield* TestClock.adjust(1000)
      assert.isTrue(Option.isNone(yield* journal.begin(order("O-1"))))
      yield* TestClock.adjust(1000)
      const present = Option.getOrThrow(yield* journal.begin(order("O-1", { amount: Id.amount("99") })))
      assert.deepStrictEqual(present, {
        ...order("O-1"),
        state: "open",
        orderNo: Option.none(),
        note: "journalled",
        createdAt: 1000,
        updatedAt: 1000
      })
      assert.deepStrictEqual(yield* journal.find(merchantNo, Id.merchantOrderNo("O-1")), Option.some(present))
    }).pipe(Effect.provide(OrderJournal.layerMemory))
  )

  it.effect("of many at once lets one through", () =>
    Effect.gen(function* () {
      const journal = yield* OrderJournal.OrderJournal
      const begun = yield* Effect.all(
        Array.from({ length: 100 }, () => journal.begin(order("O-1"))),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(begun.filter(Option.isNone).length, 1)
    }).pipe(Effect.provide(OrderJournal.layerMemory))
  )

  it.effect("keeps merchants apart", () =>
    Effect.gen(function* () {
      const journal = yield* OrderJournal.OrderJournal
      yield* journal.begin(order("O-1"))
      assert.isTrue(Option.isNone(yield* journal.begin(order("O-1", { merchantNo: other }))))
      assert.isTrue(Option.isNone(yield* journal.find(MerchantNo.make("BU3"), Id.merchantOrderNo("O-1"))))
      assert.deepStrictEqual(
        (yield* journal.unsettled(other)).map((entry) => entry.merchantNo),
        [other]
      )
    }).pipe(Effect.provide(OrderJournal.layerMemory))
  )

  it.effect("records what was found, keeps the vendor's order number, and lists what is not settled", () =>
    Effect.gen(function* () {
      const journal = yield* OrderJournal.OrderJournal
      for (const state of states) {
        yield* journal.begin(order(state))
      }
      yield* TestClock.adjust(5)
      for (const state of states.filter((one) => one !== "open")) {
        yield* journal.record(merchantNo, Id.merchantOrderNo(state), finding(state, `OR-${state}`))
      }
      assert.deepStrictEqual(
        (yield* journal.unsettled(merchantNo)).map((entry) => entry.merchantOrderNo as string),
        ["open", "pending", "unknown"]
      )
      const recorded = yield* journal.record(merchantNo, Id.merchantOrderNo("pending"), finding("done"))
      assert.deepStrictEqual(
        Option.map(recorded, (entry) => [
          entry.state,
          Option.getOrThrow(entry.orderNo) as string,
          entry.updatedAt
        ]),
        Option.some(["done", "OR-pending", 5])
      )
      const none = yield* journal.record(merchantNo, Id.merchantOrderNo("nobody"), finding("done"))
      assert.isTrue(Option.isNone(none))
    }).pipe(Effect.provide(OrderJournal.layerMemory))
  )
})

describe("withFinding", () => {
  const anyFinding = FastCheck.array(
    FastCheck.record({
      state: FastCheck.constantFrom(...states),
      orderNo: FastCheck.constantFrom("OR1", "OR2", undefined)
    }),
    { maxLength: 8 }
  )

  it.prop("never changes what is settled, and never forgets an order number", [anyFinding], ([findings]) => {
    let entry = OrderJournal.opened(order("O-1"), 0)
    for (const [index, next] of findings.entries()) {
      const after = OrderJournal.withFinding(entry, finding(next.state, next.orderNo), index)
      if (OrderJournal.isSettled(entry.state)) {
        assert.strictEqual(after, entry)
      } else {
        assert.strictEqual(after.state, next.state)
        assert.isTrue(Option.isNone(entry.orderNo) || Option.isSome(after.orderNo))
      }
      assert.isTrue(OrderJournal.sameOrder(after, entry))
      entry = after
    }
  })

  it("settled are done, failed and refused", () => {
    assert.deepStrictEqual(states.filter(OrderJournal.isSettled), ["done", "failed", "refused"])
  })
})

describe("sameOrder", () => {
  it("looks at merchant, number, card, direction and the value of the amount", () => {
    const one = order("O-1")
    assert.isTrue(OrderJournal.sameOrder(one, order("O-1", { amount: Id.amount("20.0000") })))
    for (const changed of [
      order("O-2"),
      order("O-1", { merchantNo: other }),
      order("O-1", { cardId: Id.otherCardId }),
      order("O-1", { direction: "decrease" }),
      order("O-1", { amount: Id.amount("20.01") })
    ]) {
      assert.isFalse(OrderJournal.sameOrder(one, changed))
    }
  })
})

describe("OrderJournalUnavailable", () => {
  it("says that nothing is sent without the journal", () => {
    assert.strictEqual(
      new OrderJournal.OrderJournalUnavailable({ description: "the disk is full" }).message,
      "The order journal cannot be used: the disk is full. No order is sent without it; restore its database."
    )
  })
})
