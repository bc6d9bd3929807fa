import { assert, describe, it } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import {
  Caller,
  fundedCard,
  key,
  kycOf,
  merchant,
  passedCustomer,
  virtualCard,
  withCaller
} from "./support/vendor.js"

const { amount } = Id

/** Its token outlives a move of the clock to the vendor's sample time. */
const patient = withCaller({ rules: { tokenLifetimeSeconds: null } })

/** The bodies so far, each verified with the merchant's secret before it is parsed. */
const bodies = Effect.gen(function* () {
  const { deliveries } = yield* Sandbox
  return yield* Effect.forEach(yield* deliveries, ({ body }) =>
    Effect.map(Verifier.verifyWith([key], body), ({ collision, message, nested }) => {
      assert.deepStrictEqual([collision, nested], ["none", "none"])
      return message
    })
  )
})

const last = Effect.map(bodies, (all) => {
  const message = all.at(-1)
  assert(message !== undefined)
  return message
})

const dataOf = ({ value }: RawMessage.RawMessage) =>
  Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(value.data)

const tradeKeys = [
  "orderNo",
  "subOrderNo",
  "cardId",
  "eventType",
  "subType",
  "status",
  "subStatus",
  "amount",
  "currency",
  "principal",
  "refund",
  "refundFee",
  "reversal",
  "reversalFee",
  "atmFee",
  "authorizationFee",
  "fxFee",
  "serviceFee",
  "cardFixedAmount",
  "eventTime",
  "terminalMerchantId",
  "terminalMerchantName",
  "terminalMerchantCountry",
  "terminalMerchantCity",
  "terminalMerchantMccCode",
  "terminalMerchantMccCategory",
  "terminalMerchantPostCode",
  "transactionCategory",
  "transactionChannel",
  "channelPrincipal",
  "channelRefund",
  "channelRefundFee",
  "channelAtmFee",
  "channelFixedAmount"
]

describe("KYC notifications (VENDOR 6.2)", () => {
  it.scoped("have the vendor's envelope, and auditState as a number", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_770_712_296_681)
      const customerId = yield* passedCustomer("c-1")
      const { value } = yield* last
      const { data, nonce, sign, ...envelope } = value
      assert.deepStrictEqual(envelope, {
        merchantNo: merchant.merchantNo,
        requestTime: 1_770_712_296_681,
        version: "v1.0",
        eventType: "KYC",
        eventName: "kyc_status"
      })
      assert.match(String(nonce), /^[A-Za-z0-9]{16}$/)
      assert.match(String(sign), /^[0-9a-f]{32}$/)
      assert.deepStrictEqual(Object.entries({ ...dataOf(yield* last) }), [
        ["customerId", customerId],
        ["auditState", 1],
        ["auditRemark", null]
      ])
      assert.isObject(data)
    }).pipe(Effect.provide(patient))
  )

  it.scoped("carry a remark when the review rejects", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      yield* sandbox.reviewKyc({ customerId, result: "rejected" })
      assert.deepStrictEqual(dataOf(yield* last), {
        customerId,
        auditState: 2,
        auditRemark: "The documents could not be verified"
      })
    }).pipe(Effect.provide(patient))
  )
})

describe("3DS notifications (SIBLING)", () => {
  it.scoped("have the masked number and the deadline", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_770_712_296_681)
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const { authId } = yield* sandbox.requestThreeDs({
        cardId,
        amount: amount("20.00"),
        currency: "PHP",
        merchantName: "Sari-sari & Co",
        expiresInSeconds: 120
      })
      const message = yield* last
      assert.deepStrictEqual([message.value.eventType, message.value.eventName], ["_3DS", "3ds"])
      const { cardPan, ...data } = dataOf(message)
      assert.match(String(cardPan), /^424242\*{6}\d{4}$/)
      assert.deepStrictEqual(Object.entries(data), [
        ["authId", authId],
        ["cardId", cardId],
        ["txnCurrency", "PHP"],
        ["txnAmount", "20.00"],
        ["cardAcceptorLocationName", "Sari-sari & Co"],
        ["createdTime", "2026-02-10 08:31:36"],
        ["expireTimeStamp", "1770712416681"]
      ])
    }).pipe(Effect.provide(patient))
  )
})

describe("TRADE notifications (VENDOR 6.4)", () => {
  it.scoped("have every key of the vendor's sample in its order, strings or null", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_770_712_296_681)
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "200")
      const { orderNo, subOrderNo } = yield* sandbox.authorize({
        cardId,
        amount: amount("5700.00"),
        currency: "PHP"
      })
      const message = yield* last
      assert.deepStrictEqual([message.value.eventType, message.value.eventName], ["TRADE", "trade"])
      const data = dataOf(message)
      assert.deepStrictEqual(Object.keys(data), tradeKeys)
      assert.deepStrictEqual(Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null)), {
        orderNo,
        subOrderNo,
        cardId,
        subType: "AUTHORIZATION",
        status: "SUCCESS",
        amount: "5700.00",
        currency: "PHP",
        principal: "96.78",
        atmFee: "0.00",
        authorizationFee: "0.00",
        fxFee: "0.0000",
        serviceFee: "0.00",
        eventTime: "2026-02-10 08:31:36",
        terminalMerchantCountry: "PH",
        channelPrincipal: "96.78",
        channelAtmFee: "0.00"
      })
    }).pipe(Effect.provide(patient))
  )

  it.scoped("tell all six kinds apart, and success from decline", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const contract = yield* Contract.Contract
      const { cardId } = yield* fundedCard("c-1", "100")
      const usd = { cardId, currency: "USD" }
      const first = yield* sandbox.authorize({ ...usd, amount: amount("10.00"), merchantName: "Shop &x=1" })
      yield* sandbox.additionalAuthorize({ orderNo: first.orderNo, amount: amount("1.00") })
      yield* sandbox.settle({ orderNo: first.orderNo })
      yield* sandbox.refund({ orderNo: first.orderNo, amount: amount("4.00") })
      const second = yield* sandbox.authorize({ ...usd, amount: amount("20.00") })
      yield* sandbox.cancel({ orderNo: second.orderNo })
      yield* sandbox.transaction({ ...usd, amount: amount("3.00") })
      yield* sandbox.transaction({ ...usd, amount: amount("1000.00") })

      const messages = (yield* bodies).filter(({ value }) => value.eventType === "TRADE")
      const decoded = yield* Effect.forEach(messages, ({ value }) =>
        Codec.decodeNotification(contract, value)
      )
      const rows = decoded.map((notification) => {
        assert(notification._tag === "Trade")
        const { data } = notification
        return [
          Option.getOrThrow(Contract.meaningOf(contract, "tradeKind", data.subType)),
          Option.getOrThrow(Contract.meaningOf(contract, "tradeStatus", data.status)),
          data.principal?.text,
          data.refund?.text,
          data.reversal?.text
        ]
      })
      assert.deepStrictEqual(rows, [
        ["authorization", "succeeded", "10.00", undefined, undefined],
        ["additionalAuthorization", "succeeded", "1.00", undefined, undefined],
        ["settlement", "succeeded", "11.00", undefined, undefined],
        ["refund", "succeeded", "4.00", "4.00", undefined],
        ["authorization", "succeeded", "20.00", undefined, undefined],
        ["cancellation", "succeeded", "20.00", undefined, "20.00"],
        ["transaction", "succeeded", "3.00", undefined, undefined],
        ["transaction", "failed", "1000.00", undefined, undefined]
      ])
      const keys = messages.map((message) => JSON.stringify(dataOf(message).subOrderNo))
      assert.strictEqual(new Set(keys).size, keys.length)
    }).pipe(Effect.provide(patient))
  )
})

describe("a corrected contract", () => {
  it.scoped("is followed: paths apart, names, values and the field of the kind", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100")
      yield* sandbox.transaction({ cardId, amount: amount("3.00"), currency: "USD" })
      const [kyc, trade] = yield* bodies
      assert(kyc !== undefined && trade !== undefined)
      assert.deepStrictEqual(Object.entries(dataOf(kyc)).slice(1), [
        ["state", "APPROVED"],
        ["auditRemark", null]
      ])
      const data = dataOf(trade)
      assert.strictEqual(data.eventType, null)
      assert.strictEqual(data.subType, null)
      assert.strictEqual(data.transactionCategory, "06")
      assert.strictEqual(
        data.status,
        "succeeded",
        "a meaning that the enum has no value for goes under its own name"
      )
      assert.strictEqual(trade.value.version, "v2.0")
    }).pipe(
      Effect.provide(
        withCaller().pipe(
          Layer.provideMerge(
            Contract.layer({
              version: "v2.0",
              tradeKindField: "transactionCategory",
              fields: { KycNotification: { auditState: "state" } },
              enums: {
                kycState: { NEW: "notSubmitted", OPEN: "pending", APPROVED: "passed", DENIED: "rejected" },
                tradeKind: { "06": "transaction" },
                tradeStatus: { F: "failed" }
              }
            })
          )
        )
      )
    )
  )
})

describe("a seed", () => {
  const story = Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const { cardId } = yield* fundedCard("c-1", "100")
    const { orderNo } = yield* sandbox.authorize({ cardId, amount: amount("10.00"), currency: "USD" })
    yield* sandbox.settle({ orderNo })
    yield* sandbox.requestThreeDs({ cardId, amount: amount("10.00"), currency: "USD" })
    yield* sandbox.makePhysicalCard()
    return { deliveries: yield* sandbox.deliveries, state: yield* sandbox.state }
  })

  it.scoped("gives the same ids and the same notifications to the byte", () =>
    Effect.gen(function* () {
      const [one, two, three] = yield* Effect.all([
        Effect.provide(story, withCaller({ seed: "monday" })),
        Effect.provide(story, withCaller({ seed: "monday" })),
        Effect.provide(story, withCaller({ seed: "tuesday" }))
      ])
      assert.deepStrictEqual(one, two)
      assert.notDeepEqual(
        one.deliveries.map(({ body }) => body),
        three.deliveries.map(({ body }) => body)
      )
    })
  )
})
