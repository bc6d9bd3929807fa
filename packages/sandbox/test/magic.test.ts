import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { CardId } from "@effect-yunmo/schema/Ids"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Ambiguity from "@effect-yunmo/signing/Ambiguity"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as TestClock from "effect/TestClock"
import * as Magic from "../src/Magic.js"
import { Sandbox } from "../src/Sandbox.js"
import { Api, fieldsOf, identity, withApi } from "./support/api.js"
import * as Id from "./support/ids.js"
import { Caller, fundedCard, key, moneyOn, virtualCard } from "./support/vendor.js"
import { booksAreRight, everything } from "./support/world.js"

type Test = Effect.Effect<void, unknown, Api | Caller | Sandbox>

/** How an entry of the table is shown: what it does, and that it does not when the rule is off. */
interface Entry {
  readonly on: Test
  readonly off: Test
}

/** The code of a call, or that the connection was closed before there was one. */
const codeOf = (...call: Parameters<Api["Type"]["code"]>) =>
  Effect.flatMap(Api, ({ code }) =>
    Effect.catchAllDefect(code(...call), (defect) =>
      String(defect).includes("fetch failed") ? Effect.succeed("no answer") : Effect.die(defect)
    )
  )

const submitted = (idNumber: string) =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
    const before = yield* everything
    const code = yield* codeOf("submitKyc", { ...identity, customerId, idNumber })
    return {
      code,
      customerId,
      before,
      kyc: Effect.map(call("getKycStatus", { customerId }), ({ auditState }) => auditState)
    }
  })

/** The review ends as the sandbox is told to end it otherwise: after ten seconds, passed. */
const slowReview = Effect.flatMap(Sandbox, ({ setRules }) => setRules({ kycReviewAfterSeconds: 10 }))

const ordinaryReview = (idNumber: string): Test =>
  Effect.gen(function* () {
    yield* slowReview
    const { code, kyc } = yield* submitted(idNumber)
    assert.strictEqual(code, "200")
    yield* TestClock.adjust("9999 millis")
    assert.strictEqual(yield* kyc, "0")
    yield* TestClock.adjust("1 millis")
    assert.strictEqual(yield* kyc, "1")
  })

const reviewedAfterASecond = (idNumber: string, state: string): Test =>
  Effect.gen(function* () {
    yield* slowReview
    const { code, kyc } = yield* submitted(idNumber)
    assert.strictEqual(code, "200")
    yield* TestClock.adjust("999 millis")
    assert.strictEqual(yield* kyc, "0")
    yield* TestClock.adjust("1 millis")
    assert.strictEqual(yield* kyc, state)
    const { deliveries } = yield* Sandbox
    assert.deepStrictEqual(
      (yield* deliveries).map(({ body, createdAt }) => [createdAt, /"auditState":(\d)/.exec(body)?.[1]]),
      [[1000, state]]
    )
  })

const merchantOrderNo = "o-1"

const adjusted = (cardId: CardId, amount: string, direction = "INCREASE") =>
  codeOf("adjustBalance", { cardId, amount, direction, merchantOrderNo })

const queried = Effect.flatMap(Api, ({ data }) =>
  Effect.map(data("queryTopUpOrder", { merchantOrderNo }), (order) => fieldsOf(order).status)
)

const orders = Effect.flatMap(Sandbox, ({ state }) => Effect.map(state, (all) => all.orders.length))

/** A card with 5000.00, and an order over the magic amount, done 250 milliseconds later unless it is magic. */
const card = Effect.map(fundedCard("c-1", "5000"), ({ cardId }) => cardId)

const ordinaryOrder = (amount: string): Test =>
  Effect.gen(function* () {
    const cardId = yield* card
    assert.strictEqual(yield* adjusted(cardId, amount), "200")
    assert.strictEqual(yield* queried, "PENDING")
    yield* TestClock.adjust("250 millis")
    assert.strictEqual(yield* queried, "SUCCESS")
    yield* booksAreRight
  })

const afterTenSeconds = (amount: string, status: string, balance: string): Test =>
  Effect.gen(function* () {
    const cardId = yield* card
    assert.strictEqual(yield* adjusted(cardId, amount), "200")
    yield* TestClock.adjust("9999 millis")
    assert.deepStrictEqual([yield* queried, (yield* moneyOn(cardId))[0]], ["PENDING", "5000.00"])
    yield* TestClock.adjust("1 millis")
    assert.deepStrictEqual([yield* queried, (yield* moneyOn(cardId))[0]], [status, balance])
    yield* booksAreRight
  })

const purchaseAt = (merchantName: string): Test =>
  Effect.gen(function* () {
    const cardId = yield* card
    const sandbox = yield* Sandbox
    const { status } = yield* sandbox.authorize({
      cardId,
      amount: Id.amount("5"),
      currency: "USD",
      merchantName
    })
    assert.strictEqual(status, "succeeded")
    const body = new TextEncoder().encode((yield* sandbox.deliveries).at(-1)?.body)
    assert.isTrue(Either.isRight(Verifier.verifyWith([key], body)))
    const read = RawMessage.read(body)
    assert(read._tag === "Read")
    assert.deepStrictEqual(
      Ambiguity.find(read.message).map(({ key, reason }) => [key, reason]),
      [["terminalMerchantName", "PairInValue"]]
    )
  })

const forced = Effect.gen(function* () {
  const { send } = yield* Api
  const before = yield* everything
  for (const { code, meaning } of ResponseCode.rows) {
    const answer = yield* send("createCustomer", { customerCode: `FORCE-${code}` })
    assert.deepStrictEqual([answer.status, answer.code, answer.msg, answer.data], [200, code, meaning, null])
  }
  assert.deepStrictEqual(yield* everything, before)
  for (const ordinary of [
    "FORCE-",
    "FORCE-200",
    "FORCE-9999999",
    "FORCE-3000000x",
    "force-3000000",
    "xFORCE--1"
  ]) {
    assert.strictEqual(yield* codeOf("createCustomer", { customerCode: ordinary }), "200", ordinary)
  }
})

/** By the value of the entry that it shows. */
const entries: Readonly<Record<string, Entry>> = {
  "FORCE-<code>": {
    on: forced,
    off: Effect.gen(function* () {
      for (const { code } of ResponseCode.rows) {
        assert.strictEqual(yield* codeOf("createCustomer", { customerCode: `FORCE-${code}` }), "200")
      }
    })
  },
  [Magic.kyc.passes]: {
    on: reviewedAfterASecond(Magic.kyc.passes, "1"),
    off: ordinaryReview(Magic.kyc.passes)
  },
  [Magic.kyc.isRejected]: {
    on: reviewedAfterASecond(Magic.kyc.isRejected, "2"),
    off: ordinaryReview(Magic.kyc.isRejected)
  },
  [Magic.kyc.neverEnds]: {
    on: Effect.gen(function* () {
      const sandbox = yield* Sandbox
      yield* slowReview
      yield* sandbox.setRules({ tokenLifetimeSeconds: null })
      yield* Effect.flatMap(Api, ({ login }) => login)
      const { customerId, kyc } = yield* submitted(Magic.kyc.neverEnds)
      yield* TestClock.adjust("365 days")
      assert.strictEqual(yield* kyc, "0")
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      assert.strictEqual(yield* kyc, "1")
    }),
    off: ordinaryReview(Magic.kyc.neverEnds)
  },
  [Magic.kyc.photoAbnormal]: {
    on: Effect.gen(function* () {
      const { before, code, kyc } = yield* submitted(Magic.kyc.photoAbnormal)
      assert.strictEqual(code, "1000001")
      assert.deepStrictEqual(yield* everything, before)
      assert.strictEqual(yield* kyc, "-1")
    }),
    off: ordinaryReview(Magic.kyc.photoAbnormal)
  },
  [Magic.topUp.staysPending]: {
    on: Effect.gen(function* () {
      const cardId = yield* card
      const { finishOrder } = yield* Sandbox
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.staysPending), "200")
      yield* TestClock.adjust("100 minutes")
      assert.deepStrictEqual([yield* queried, (yield* moneyOn(cardId))[0]], ["PENDING", "5000.00"])
      yield* finishOrder({ merchantOrderNo: Id.order(merchantOrderNo), result: "done" })
      assert.deepStrictEqual([yield* queried, (yield* moneyOn(cardId))[0]], ["SUCCESS", "9040.01"])
      yield* booksAreRight
    }),
    off: ordinaryOrder(Magic.topUp.staysPending)
  },
  [Magic.topUp.failsAfterTenSeconds]: {
    on: afterTenSeconds(Magic.topUp.failsAfterTenSeconds, "FAILED", "5000.00"),
    off: ordinaryOrder(Magic.topUp.failsAfterTenSeconds)
  },
  [Magic.topUp.losesAnswerAfter]: {
    on: Effect.gen(function* () {
      const cardId = yield* card
      const made = yield* orders
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.losesAnswerAfter), "no answer")
      assert.strictEqual(yield* queried, "PENDING")
      // Sent again under its number it is refused, and nobody hears of that either.
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.losesAnswerAfter), "no answer")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* queried, "SUCCESS")
      assert.strictEqual(yield* orders, made + 1)
      assert.deepStrictEqual(yield* moneyOn(cardId), ["9040.03", "0.00", "9040.03"])
      yield* booksAreRight
    }),
    off: ordinaryOrder(Magic.topUp.losesAnswerAfter)
  },
  [Magic.topUp.losesAnswerBefore]: {
    on: Effect.gen(function* () {
      const cardId = yield* card
      const before = yield* everything
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.losesAnswerBefore), "no answer")
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.losesAnswerBefore), "no answer")
      yield* TestClock.adjust("100 minutes")
      assert.strictEqual(yield* codeOf("queryTopUpOrder", { merchantOrderNo }), "4020001")
      assert.deepStrictEqual(yield* everything, before)
      // The number is still free.
      assert.strictEqual(yield* adjusted(cardId, "1.00"), "200")
    }),
    off: ordinaryOrder(Magic.topUp.losesAnswerBefore)
  },
  [Magic.topUp.isDoneAfterTenSeconds]: {
    on: afterTenSeconds(Magic.topUp.isDoneAfterTenSeconds, "SUCCESS", "9040.05"),
    off: ordinaryOrder(Magic.topUp.isDoneAfterTenSeconds)
  },
  [Magic.topUp.hasUnknownStatus]: {
    on: Effect.gen(function* () {
      const cardId = yield* card
      const contract = yield* Contract.Contract
      const { data } = yield* Api
      const answer = yield* data("adjustBalance", {
        cardId,
        amount: Magic.topUp.hasUnknownStatus,
        direction: "INCREASE",
        merchantOrderNo
      })
      const odd = yield* queried
      assert.strictEqual(fieldsOf(answer).status, odd)
      assert.strictEqual(Contract.meaningOf(contract, "orderStatus", String(odd))._tag, "None")
      assert.strictEqual((yield* moneyOn(cardId))[0], "5000.00")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* queried, odd)
      assert.strictEqual((yield* moneyOn(cardId))[0], "9040.06")
      yield* booksAreRight
    }),
    off: ordinaryOrder(Magic.topUp.hasUnknownStatus)
  },
  [Magic.ambiguousShop]: { on: purchaseAt(Magic.ambiguousShop), off: purchaseAt(Magic.ambiguousShop) }
}

describe("magic values", () => {
  it("have an entry here each", () => {
    assert.deepStrictEqual(
      Magic.values.map(({ value }) => value),
      Object.keys(entries)
    )
  })

  it("stand in the table, all of them", () => {
    const constants = [
      ...Object.values(Magic.kyc),
      ...Object.values(Magic.topUp),
      `${Magic.forcedCode}<code>`,
      Magic.ambiguousShop
    ]
    assert.deepStrictEqual(Magic.values.map(({ value }) => value).sort(), constants.sort())
  })

  for (const { field, outcome, value, where } of Magic.values) {
    const entry = entries[value]
    it.scoped(`${where}, ${field} ${value}: ${outcome}`, () =>
      Effect.gen(function* () {
        assert(entry !== undefined)
        yield* entry.on
      }).pipe(Effect.provide(withApi()))
    )
    it.scoped(`${where}, ${field} ${value}: with the rule off as any other`, () =>
      Effect.gen(function* () {
        assert(entry !== undefined)
        yield* entry.off
      }).pipe(Effect.provide(withApi({ rules: { magic: false } })))
    )
  }

  for (const text of ["4040.040", "4040.0400000"]) {
    it.scoped(`are amounts as values: ${text} is 4040.04`, () =>
      Effect.gen(function* () {
        const { cardId } = yield* virtualCard("c-1")
        assert.strictEqual(yield* adjusted(cardId, text), "no answer")
      }).pipe(Effect.provide(withApi()))
    )
  }

  for (const text of ["4040.1", "4040.10", "4040.4", "4040", "404.04", "4040.041", "-4040.04", "04040.04"]) {
    const expected = text.startsWith("-") || text.startsWith("0") || text === "4040.041" ? "1000000" : "200"
    it.scoped(`are no other amounts: ${text} is answered with ${expected}`, () =>
      Effect.gen(function* () {
        const { cardId } = yield* virtualCard("c-1")
        assert.strictEqual(yield* adjusted(cardId, text), expected)
        yield* TestClock.adjust("250 millis")
        if (expected === "200") {
          assert.strictEqual(yield* queried, "SUCCESS")
        }
      }).pipe(Effect.provide(withApi()))
    )
  }

  it.scoped("are decreases too: one that loses its answer keeps its money back all the same", () =>
    Effect.gen(function* () {
      const cardId = yield* card
      assert.strictEqual(yield* adjusted(cardId, Magic.topUp.losesAnswerAfter, "DECREASE"), "no answer")
      assert.deepStrictEqual(yield* moneyOn(cardId), ["5000.00", "4040.03", "959.97"])
      yield* TestClock.adjust("250 millis")
      assert.deepStrictEqual(yield* moneyOn(cardId), ["959.97", "0.00", "959.97"])
      yield* booksAreRight
    }).pipe(Effect.provide(withApi()))
  )

  it.scoped("force nothing in a call that is refused before it is looked at", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* codeOf("createCustomer", { customerCode: "FORCE--1" }, { token: "x" }),
        "2000002"
      )
      const { customerId } = yield* submitted("P0000001")
      const again = { ...identity, customerId, idNumber: Magic.kyc.photoAbnormal }
      assert.strictEqual(yield* codeOf("submitKyc", again), "4000000")
    }).pipe(Effect.provide(withApi()))
  )
})
