import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { anotherAmount } from "../src/internal/money.js"
import { Sandbox } from "../src/Sandbox.js"
import type { MoveRefused } from "../src/SandboxError.js"
import * as Id from "./support/ids.js"
import { Caller, fundedCard, moneyOn, virtualCard, withCaller } from "./support/vendor.js"
import { booksAreRight } from "./support/world.js"

const { amount } = Id

/** The largest that is kept, and the first that is not. */
const most = "999999999999999.99"
const tooMuch = "1000000000000000"
const longest = "9".repeat(30)

describe("sums that are too large", () => {
  it.scoped("are refused by 4.04, of either direction, and nothing is written", () =>
    Effect.gen(function* () {
      const { code } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      for (const [index, text] of [tooMuch, longest, `${longest}.99`].entries()) {
        for (const direction of ["INCREASE", "DECREASE"] as const) {
          const merchantOrderNo = Id.order(`o-${index}-${direction}`)
          assert.strictEqual(
            yield* code("adjustBalance", { cardId, amount: amount(text), direction, merchantOrderNo }),
            "1000000"
          )
        }
      }
      const { orders } = yield* sandbox.state
      assert.deepStrictEqual(orders, [])
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("do not come about on a card: an increase is refused, fails, or waits for room", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const increase = (name: string, text: string) =>
        code("adjustBalance", {
          cardId,
          amount: amount(text),
          direction: "INCREASE",
          merchantOrderNo: Id.order(name)
        })
      const finish = (name: string) =>
        sandbox.finishOrder({ merchantOrderNo: Id.order(name), result: "done" })
      assert.deepStrictEqual(
        [yield* increase("o-1", most), yield* increase("o-2", most), yield* increase("4040", "4040.02")],
        ["200", "200", "200"]
      )
      yield* finish("o-1")
      assert.deepStrictEqual(yield* moneyOn(cardId), [most, "0.00", most])
      assert.strictEqual(yield* increase("o-3", "0.01"), "4000000")
      assert.include(
        (yield* Effect.flip(finish("o-2"))).message,
        "cannot be done, since the card's balance would have"
      )
      // One that ends by itself fails.
      yield* sandbox.setRules({ settleAfterSeconds: 5 })
      yield* sandbox.moveClock({ bySeconds: 60 })
      const status = (name: string) =>
        Effect.map(call("queryTopUpOrder", { merchantOrderNo: Id.order(name) }), (order) => order.status)
      assert.deepStrictEqual([yield* status("o-2"), yield* status("4040")], ["PENDING", "FAILED"])
      yield* sandbox.finishOrder({ merchantOrderNo: Id.order("o-2"), result: "failed" })
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller({ rules: { settleAfterSeconds: null }, clock: { frozen: true } })))
  )

  it.scoped("are refused by shops and banks, and nothing is written", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", most)
      const { orderNo } = yield* sandbox.authorize({ cardId, amount: amount("1.00"), currency: "USD" })
      const before = yield* sandbox.state
      for (const text of [tooMuch, longest, `${longest}.99`]) {
        const given = amount(text)
        const small = amount("1.00")
        const attempts: ReadonlyArray<Effect.Effect<unknown, MoveRefused>> = [
          sandbox.authorize({ cardId, amount: given, currency: "USD" }),
          sandbox.authorize({ cardId, amount: given, currency: "PHP", principal: small }),
          sandbox.transaction({ cardId, amount: small, currency: "USD", principal: given }),
          sandbox.additionalAuthorize({ orderNo, amount: given }),
          sandbox.settle({ orderNo, amount: given }),
          sandbox.settle({ orderNo, amount: small, principal: given }),
          sandbox.requestThreeDs({ cardId, amount: given, currency: "USD" })
        ]
        for (const attempt of attempts) {
          const error = yield* Effect.flip(attempt)
          assert.strictEqual(error._tag, "MoveRefused")
          assert.include(error.message, "more than 15 digits before the point")
        }
      }
      // A rate above one makes too much of what is not.
      assert.include(
        (yield* Effect.flip(sandbox.transaction({ cardId, amount: amount(most), currency: "EUR" }))).message,
        "more than 15 digits"
      )
      assert.deepStrictEqual(yield* sandbox.state, before)
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("do not come about by adding up", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", most)
      const principal = amount("1.00")
      const { orderNo } = yield* sandbox.authorize({
        cardId,
        amount: amount(most),
        currency: "IDR",
        principal
      })
      assert.include(
        (yield* Effect.flip(sandbox.additionalAuthorize({ orderNo, amount: amount("0.01"), principal })))
          .message,
        "would have authorized has more than 15 digits"
      )
      const paid = yield* sandbox.transaction({ cardId, amount: amount("5.00"), currency: "USD" })
      const merchantOrderNo = Id.order("again")
      yield* call("adjustBalance", { cardId, amount: amount("5.00"), direction: "INCREASE", merchantOrderNo })
      yield* sandbox.finishOrder({ merchantOrderNo, result: "done" })
      assert.include(
        (yield* Effect.flip(sandbox.refund({ orderNo: paid.orderNo }))).message,
        "would have more than 15 digits"
      )
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it("contradict themselves all the same", () => {
    assert.strictEqual(anotherAmount(amount("20.00")).text, "21.00")
    assert.strictEqual(anotherAmount(amount(longest)).text, `${"9".repeat(29)}8`)
  })
})
