import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import type { MoveRefused } from "../src/SandboxError.js"
import * as Id from "./support/ids.js"
import { Caller, fundedCard, moneyOn, virtualCard, withCaller } from "./support/vendor.js"
import { booksAreRight } from "./support/world.js"

const { amount } = Id
const usd = (text: string) => ({ amount: amount(text), currency: "USD" })

describe("purchases", () => {
  it.scoped("are held by an authorization, taken by a settlement and given back by refunds", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      const { orderNo, subOrderNo, status } = yield* sandbox.authorize({
        cardId,
        ...usd("30.00"),
        merchantName: "Café"
      })
      assert.strictEqual(status, "succeeded")
      assert.match(orderNo, /^OR\d{18}$/)
      assert.match(subOrderNo, /^SU\d{18}$/)
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "30.00", "70.00"])

      assert.strictEqual(
        (yield* sandbox.additionalAuthorize({ orderNo, amount: amount("5.50") })).status,
        "succeeded"
      )
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "35.50", "64.50"])

      yield* sandbox.settle({ orderNo })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["64.50", "0.00", "64.50"])

      yield* sandbox.refund({ orderNo, amount: amount("10") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["74.50", "0.00", "74.50"])
      assert.include(
        (yield* Effect.flip(sandbox.refund({ orderNo, amount: amount("25.51") }))).message,
        "25.5 USD left to refund"
      )
      yield* sandbox.refund({ orderNo })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "0.00", "100.00"])
      assert.include((yield* Effect.flip(sandbox.refund({ orderNo }))).message, "0 USD left to refund")

      const { transactions } = yield* sandbox.state
      assert.deepStrictEqual(
        transactions.map((each) => [
          each.kind,
          each.amount.text,
          each.merchantName,
          each.orderNo === orderNo
        ]),
        [
          ["authorization", "30.00", "Café", true],
          ["additionalAuthorization", "5.50", "Café", true],
          ["settlement", "35.50", "Café", true],
          ["refund", "10", "Café", true],
          ["refund", "25.50", "Café", true]
        ]
      )
      assert.strictEqual(new Set(transactions.map((each) => each.subOrderNo)).size, 5)
      assert.deepStrictEqual(
        (yield* sandbox.ledger(cardId)).map((entry) => [entry.cause, entry.amount.text]),
        [
          ["increase", "100.00"],
          ["settlement", "-35.50"],
          ["refund", "10.00"],
          ["refund", "25.50"]
        ]
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("are released by a cancellation, and can then not be settled", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      const { orderNo } = yield* sandbox.authorize({ cardId, ...usd("30") })
      yield* sandbox.cancel({ orderNo })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "0.00", "100.00"])
      for (const attempt of [
        sandbox.settle({ orderNo }),
        sandbox.cancel({ orderNo }),
        sandbox.refund({ orderNo }),
        sandbox.additionalAuthorize({ orderNo, amount: amount("1") })
      ]) {
        assert.include((yield* Effect.flip(attempt)).message, `Purchase ${orderNo} is cancelled`)
      }
      assert.include(
        (yield* Effect.flip(sandbox.settle({ orderNo: Id.purchase("OR0") }))).message,
        "There is no purchase OR0"
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("settle for less and release the rest, or for more while the card has it", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      const less = yield* sandbox.authorize({ cardId, ...usd("30") })
      yield* sandbox.settle({ orderNo: less.orderNo, amount: amount("12.34") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["87.66", "0.00", "87.66"])

      const more = yield* sandbox.authorize({ cardId, ...usd("80") })
      assert.include(
        (yield* Effect.flip(sandbox.settle({ orderNo: more.orderNo, amount: amount("87.67") }))).message,
        "more than the card has"
      )
      assert.deepStrictEqual(yield* moneyOn(cardId), ["87.66", "80.00", "7.66"])
      yield* sandbox.settle({ orderNo: more.orderNo, amount: amount("87.66") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["0.00", "0.00", "0.00"])
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("take money at once as a transaction, and give it back", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "10")
      const { orderNo, status } = yield* sandbox.transaction({ cardId, ...usd("9.99") })
      assert.strictEqual(status, "succeeded")
      assert.deepStrictEqual(yield* moneyOn(cardId), ["0.01", "0.00", "0.01"])
      assert.include((yield* Effect.flip(sandbox.settle({ orderNo }))).message, "is settled")
      yield* sandbox.refund({ orderNo })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["10.00", "0.00", "10.00"])
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("are declined by a card that has too little or is not active, which moves nothing", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "10")
      const open = yield* sandbox.authorize({ cardId, ...usd("8") })
      const declined = [
        yield* sandbox.authorize({ cardId, ...usd("2.01") }),
        yield* sandbox.transaction({ cardId, ...usd("2.01") }),
        yield* sandbox.additionalAuthorize({ orderNo: open.orderNo, amount: amount("2.01") })
      ]
      for (const answer of declined) {
        assert.deepStrictEqual(
          [answer.status, answer.declineReason],
          ["failed", "the card's balance is too small"]
        )
      }
      yield* call("freezeCard", { cardId })
      assert.strictEqual(
        (yield* sandbox.authorize({ cardId, ...usd("1") })).declineReason,
        "the card is frozen"
      )
      assert.deepStrictEqual(yield* moneyOn(cardId), ["10.00", "8.00", "2.00"])
      assert.include(
        (yield* Effect.flip(sandbox.settle({ orderNo: declined[0]?.orderNo ?? open.orderNo }))).message,
        "is declined"
      )

      yield* call("destroyCard", { cardId })
      yield* sandbox.settle({ orderNo: open.orderNo })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["2.00", "0.00", "2.00"])
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("are declined above a limit of the card, each for its own span of time", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "1000")
      yield* call("updateCardLimit", {
        cardId,
        singleLimit: amount("50"),
        dailyLimit: amount("80"),
        monthlyLimit: amount("120")
      })
      const spend = (text: string) =>
        Effect.map(sandbox.transaction({ cardId, ...usd(text) }), (answer) => answer.declineReason)
      assert.include(yield* spend("50.01"), "limit for one purchase")
      assert.isUndefined(yield* spend("50"))
      assert.include(yield* spend("30.01"), "daily limit")
      assert.isUndefined(yield* spend("30"))
      yield* TestClock.adjust("1 day")
      assert.include(yield* spend("40.01"), "monthly limit")
      assert.isUndefined(yield* spend("40"))
      yield* TestClock.adjust("31 days")
      assert.isUndefined(yield* spend("50"))
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("in another currency have a principal in the card's, given or by the fixed rate", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "200")
      const { orderNo } = yield* sandbox.authorize({ cardId, amount: amount("5700.00"), currency: "PHP" })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["200.00", "96.78", "103.22"])
      yield* sandbox.settle({ orderNo, amount: amount("2850"), principal: amount("48.40") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["151.60", "0.00", "151.60"])
      const yen = { cardId, amount: amount("1000"), currency: "JPY" }
      assert.include((yield* Effect.flip(sandbox.authorize(yen))).message, "no rate for JPY")
      yield* sandbox.transaction({ ...yen, principal: amount("6.60") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["145.00", "0.00", "145.00"])
      assert.include(
        (yield* Effect.flip(sandbox.transaction({ ...yen, principal: amount("6.601") }))).message,
        "fraction of a cent"
      )
      assert.include(
        (yield* Effect.flip(sandbox.transaction({ cardId, amount: amount("0.01"), currency: "PHP" })))
          .message,
        "less than a cent"
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("settle and give back part by part, though the parts are rounded to more than the whole", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      const part = amount("33.33")
      const last = amount("33.34")
      const pesos = { cardId, amount: amount("100.00"), currency: "PHP" }
      const principals = Effect.map(sandbox.state, ({ transactions }) =>
        transactions.slice(-3).map(({ principal }) => principal.text)
      )

      const { orderNo } = yield* sandbox.authorize(pesos)
      yield* sandbox.settle({ orderNo, amount: part, final: false })
      yield* sandbox.settle({ orderNo, amount: part, final: false })
      yield* sandbox.settle({ orderNo, amount: part, final: false })
      assert.deepStrictEqual(yield* principals, ["0.57", "0.57", "0.56"])
      assert.deepStrictEqual(yield* moneyOn(cardId), ["98.30", "0.00", "98.30"])

      const { orderNo: paid } = yield* sandbox.transaction(pesos)
      yield* sandbox.refund({ orderNo: paid, amount: part })
      yield* sandbox.refund({ orderNo: paid, amount: part })
      yield* sandbox.refund({ orderNo: paid, amount: part })
      assert.deepStrictEqual(yield* principals, ["0.57", "0.57", "0.56"])
      assert.deepStrictEqual(yield* moneyOn(cardId), ["98.30", "0.00", "98.30"])
      assert.include(
        (yield* Effect.flip(sandbox.refund({ orderNo: paid }))).message,
        "has 0.01 PHP left to refund, of which the principal is 0; refund no more than either"
      )

      const { orderNo: whole } = yield* sandbox.transaction(pesos)
      for (const each of [part, part, last]) {
        yield* sandbox.refund({ orderNo: whole, amount: each })
      }
      assert.deepStrictEqual(yield* principals, ["0.57", "0.57", "0.56"])
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("give back no amount without its principal, nor a principal without its amount", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      const { orderNo } = yield* sandbox.transaction({ cardId, ...usd("10.00") })
      const before = yield* sandbox.state
      const refusals: ReadonlyArray<readonly [string | undefined, string, string]> = [
        ["10.00", "4.00", "would leave 0 USD (principal 6) of purchase"],
        [undefined, "4.00", "would leave 0 USD (principal 6) of purchase"],
        ["4.00", "10.00", "would leave 6 USD (principal 0) of purchase"],
        [
          "4.00",
          "10.01",
          "has 10 USD left to refund, of which the principal is 10; refund no more than either"
        ]
      ]
      for (const [named, principal, sentence] of refusals) {
        const { message } = yield* Effect.flip(
          sandbox.refund({
            orderNo,
            amount: named === undefined ? undefined : amount(named),
            principal: amount(principal)
          })
        )
        assert.include(message, sentence)
      }
      assert.deepStrictEqual(yield* sandbox.state, before)
      yield* sandbox.refund({ orderNo, amount: amount("4.00"), principal: amount("9.00") })
      yield* sandbox.refund({ orderNo, amount: amount("6.00"), principal: amount("1.00") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "0.00", "100.00"])

      // What is left of the amount is worth less than a cent.
      const pesos = yield* sandbox.transaction({ cardId, amount: amount("100.00"), currency: "PHP" })
      yield* sandbox.refund({ orderNo: pesos.orderNo, amount: amount("99.90"), principal: amount("1.70") })
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("need a card that exists", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const cardId = Id.card("CD0")
      const attempts: ReadonlyArray<Effect.Effect<unknown, MoveRefused>> = [
        sandbox.authorize({ cardId, ...usd("1") }),
        sandbox.transaction({ cardId, ...usd("1") }),
        sandbox.requestThreeDs({ cardId, ...usd("1") }),
        sandbox.ledger(cardId)
      ]
      for (const attempt of attempts) {
        assert.include((yield* Effect.flip(attempt)).message, "There is no card CD0")
      }
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("3-D Secure (5.1)", () => {
  it.scoped("is decided once, before its deadline, by the merchant whose card it is", () =>
    Effect.gen(function* () {
      const { code } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const { cardId: other } = yield* virtualCard("c-2")
      const decisions = Effect.map(sandbox.state, ({ threeDs }) => threeDs.map(({ decision }) => decision))

      const { authId } = yield* sandbox.requestThreeDs({ cardId, ...usd("12") })
      assert.deepStrictEqual(yield* decisions, ["pending"])
      assert.strictEqual(yield* code("confirmThreeDs", { authId, cardId, result: "PERHAPS" }), "1000000")
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId, cardId: other, result: "APPROVE" }),
        "4000000"
      )
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId, cardId: Id.card("CD0"), result: "APPROVE" }),
        "4010006"
      )
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId: Id.authorization("TDS0"), cardId, result: "APPROVE" }),
        "4000000"
      )
      assert.deepStrictEqual(yield* decisions, ["pending"])
      yield* TestClock.adjust("299 seconds")
      assert.strictEqual(yield* code("confirmThreeDs", { authId, cardId, result: "APPROVE" }), "200")
      assert.deepStrictEqual(yield* decisions, ["approved"])
      assert.strictEqual(yield* code("confirmThreeDs", { authId, cardId, result: "DECLINE" }), "4000000")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* decisions, ["approved"])

      const second = yield* sandbox.requestThreeDs({ cardId, ...usd("12") })
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId: second.authId, cardId, result: "DECLINE" }),
        "200"
      )
      const third = yield* sandbox.requestThreeDs({ cardId, ...usd("12"), expiresInSeconds: 10 })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId: third.authId, cardId, result: "APPROVE" }),
        "4000000"
      )
      assert.deepStrictEqual(yield* decisions, ["approved", "declined", "expired"])
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("is asked of active cards only", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      yield* call("freezeCard", { cardId })
      assert.include(
        (yield* Effect.flip(sandbox.requestThreeDs({ cardId, ...usd("12") }))).message,
        "is frozen"
      )
    }).pipe(Effect.provide(withCaller()))
  )
})
