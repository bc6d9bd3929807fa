import { assert, describe, it } from "@effect/vitest"
import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import { Api, fieldsOf, identity, textIn, withApi } from "./support/api.js"
import * as Id from "./support/ids.js"
import { ok, receiver } from "./support/receiver.js"
import { Caller, fundedCard, key, merchant, passedCustomer, virtualCard } from "./support/vendor.js"
import { booksAreRight } from "./support/world.js"

/**
 * Each operation on its happy path, over HTTP, as raw JSON both ways: what stands here is read from the contract, not made with the
 * schemas of the packages.
 */
type Check = Effect.Effect<void, unknown, Api | Caller | Sandbox>

const data = (name: Operation.Name, request: Codec.JsonObject) =>
  Effect.flatMap(Api, (api) => api.data(name, request))

const created = Effect.map(data("createCustomer", { customerCode: "c-1" }), (answer) =>
  textIn(answer, "customerId")
)

const submitted = Effect.tap(created, (customerId) => data("submitKyc", { ...identity, customerId }))

const checking = Effect.gen(function* () {
  const customerId = yield* submitted
  const answer = yield* data("getLivenessUrl", { customerId })
  return { customerId, transactionId: textIn(answer, "transactionId") }
})

const letter = Effect.gen(function* () {
  const customerId = yield* passedCustomer("c-1")
  const { activationCode, cardId, sku } = yield* Effect.flatMap(Sandbox, (each) => each.makePhysicalCard())
  return { customerId, cardId, sku, activationCode: Redacted.value(activationCode) }
})

const fieldOfCard = (cardId: string, field: string) =>
  Effect.map(data("getCardDetail", { cardId }), (card) => fieldsOf(card)[field])

/** What the card's operations do that answer with no more than `true`. */
const answersTrue = (name: Operation.Name, request: Codec.JsonObject) =>
  Effect.map(data(name, request), (answer) => assert.strictEqual(answer, true))

const decrypt = (encrypted: string) =>
  Effect.gen(function* () {
    const { cardKey } = yield* Sandbox
    const { privateKey } = yield* cardKey()
    return yield* Effect.promise(async () => {
      const { subtle } = globalThis.crypto
      const algorithm = { name: "RSA-OAEP", hash: "SHA-256" }
      const pkcs8 = Buffer.from(Redacted.value(privateKey), "base64")
      const imported = await subtle.importKey("pkcs8", pkcs8, algorithm, false, ["decrypt"])
      const text = await subtle.decrypt(algorithm, imported, Buffer.from(encrypted, "base64"))
      return Buffer.from(text).toString("utf8")
    })
  })

/** Order as in the answer, since the vendor's documents list fields in theirs. */
const assertFields = (answer: unknown, expected: Readonly<Record<string, unknown>>) =>
  assert.deepStrictEqual(Object.entries(fieldsOf(answer)), Object.entries(expected))

const checks: Readonly<Record<Operation.Name, Check>> = {
  login: Effect.gen(function* () {
    const { send } = yield* Api
    yield* TestClock.setTime(1_770_712_296_681)
    const answer = yield* send("login", { apiKey: Redacted.value(merchant.apiKey) }, { token: "" })
    const token = textIn(answer.data, "token")
    assert.match(token, /^[A-Za-z0-9]{32}$/)
    assert.deepStrictEqual(answer, {
      status: 200,
      code: "200",
      msg: "success",
      timestamp: 1_770_712_296_681,
      data: { token, expireTime: 1_770_719_496_681 }
    })
  }),

  createCustomer: Effect.gen(function* () {
    const answer = yield* data("createCustomer", {
      customerCode: "test0001",
      email: "ada@example.com",
      phone: "+639170000000"
    })
    const customerId = textIn(answer, "customerId")
    assert.match(customerId, /^AU\d{9}$/)
    assertFields(answer, { customerId, customerCode: "test0001" })
  }),

  queryCustomer: Effect.gen(function* () {
    const customerId = yield* created
    const expected = { customerId, customerCode: "c-1", auditState: "-1" }
    assertFields(yield* data("queryCustomer", { customerCode: "c-1" }), expected)
    assertFields(yield* data("queryCustomer", { customerId }), expected)
  }),

  submitKyc: Effect.gen(function* () {
    const customerId = yield* created
    yield* answersTrue("submitKyc", { ...identity, customerId, idBackPhoto: "/9j/4AAQSkZJRg==" })
    assertFields(yield* data("getKycStatus", { customerId }), { customerId, auditState: "0" })
  }),

  getLivenessUrl: Effect.gen(function* () {
    const customerId = yield* submitted
    const answer = yield* data("getLivenessUrl", { customerId })
    const transactionId = textIn(answer, "transactionId")
    assert.match(transactionId, /^LV\d{16}$/)
    assertFields(answer, { customerId, transactionId, url: `https://liveness.invalid/${transactionId}` })
  }),

  // VENDOR: auditStatus is an integer, a JSON number.
  getLivenessResult: Effect.gen(function* () {
    const { finishLiveness } = yield* Sandbox
    const asked = yield* checking
    const { customerId } = asked
    assertFields(yield* data("getLivenessResult", asked), { customerId, auditStatus: 0 })
    yield* finishLiveness({ customerId: Id.customer(customerId), result: "failed" })
    assertFields(yield* data("getLivenessResult", asked), { customerId, auditStatus: 2 })
    const again = yield* data("getLivenessUrl", { customerId })
    yield* finishLiveness({ customerId: Id.customer(customerId), result: "passed" })
    assertFields(
      yield* data("getLivenessResult", { customerId, transactionId: textIn(again, "transactionId") }),
      { customerId, auditStatus: 1 }
    )
  }),

  getKycStatus: Effect.gen(function* () {
    const { reviewKyc } = yield* Sandbox
    const customerId = yield* submitted
    assertFields(yield* data("getKycStatus", { customerId }), { customerId, auditState: "0" })
    yield* reviewKyc({
      customerId: Id.customer(customerId),
      result: "rejected",
      remark: "The photo is blurred"
    })
    assertFields(yield* data("getKycStatus", { customerId }), {
      customerId,
      auditState: "2",
      auditRemark: "The photo is blurred"
    })
    yield* data("submitKyc", { ...identity, customerId })
    yield* reviewKyc({ customerId: Id.customer(customerId), result: "passed" })
    assertFields(yield* data("getKycStatus", { customerId }), { customerId, auditState: "1" })
  }),

  listCardSamples: Effect.gen(function* () {
    assert.deepStrictEqual(yield* data("listCardSamples", {}), [
      {
        cardSampleId: "CS0001",
        cardSampleName: "Sandbox virtual card",
        cardForm: "VIRTUAL",
        organization: "VISA",
        currency: "USD",
        benefits: [{ benefitName: "Opened at once", benefitDescription: "Active as soon as it is created" }]
      },
      {
        cardSampleId: "CS0002",
        cardSampleName: "Sandbox physical card",
        cardForm: "PHYSICAL",
        organization: "VISA",
        currency: "USD",
        benefits: [
          {
            benefitName: "Comes by post",
            benefitDescription: "Bound by the SKU and activation code on its letter"
          }
        ]
      }
    ])
  }),

  createVirtualCard: Effect.gen(function* () {
    const customerId = yield* passedCustomer("c-1")
    const answer = yield* data("createVirtualCard", { customerId, cardSampleId: "CS0001" })
    const orderNo = textIn(answer, "orderNo")
    assert.match(orderNo, /^OR\d{18}$/)
    assertFields(answer, { cardId: `CD${customerId}V01`, orderNo })
  }),

  listCustomerCards: Effect.gen(function* () {
    const { cardId, customerId } = yield* virtualCard("c-1")
    const answer = yield* data("listCustomerCards", { customerId })
    assert(Array.isArray(answer) && answer.length === 1)
    const maskedCardNumber = textIn(answer[0], "maskedCardNumber")
    assert.match(maskedCardNumber, /^424242\*{6}\d{4}$/)
    assertFields(answer[0], {
      cardId,
      cardSampleId: "CS0001",
      cardForm: "VIRTUAL",
      status: "ACTIVE",
      maskedCardNumber
    })
    const { customerId: none } = yield* Effect.flatMap(Caller, ({ call }) =>
      call("createCustomer", { customerCode: Id.code("c-2") })
    )
    assert.deepStrictEqual(yield* data("listCustomerCards", { customerId: none }), [])
  }),

  adjustBalance: Effect.gen(function* () {
    const { cardId } = yield* fundedCard("c-1", "100")
    for (const [direction, merchantOrderNo, balance] of [
      ["INCREASE", "o-1", "120.50"],
      ["DECREASE", "o-2", "100.00"]
    ] as const) {
      const answer = yield* data("adjustBalance", { cardId, amount: "20.50", direction, merchantOrderNo })
      const orderNo = textIn(answer, "orderNo")
      assert.match(orderNo, /^OR\d{18}$/)
      assertFields(answer, { orderNo, merchantOrderNo, status: "PENDING" })
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* fieldOfCard(cardId, "balance"), balance)
    }
  }),

  queryTopUpOrder: Effect.gen(function* () {
    const { finishOrder } = yield* Sandbox
    const { cardId } = yield* fundedCard("c-1", "100")
    const merchantOrderNo = "o-1"
    const order = { cardId, amount: "20.5", direction: "DECREASE", merchantOrderNo }
    const orderNo = textIn(yield* data("adjustBalance", order), "orderNo")
    const expected = { orderNo, merchantOrderNo, cardId, direction: "DECREASE", amount: "20.50" }
    const query = data("queryTopUpOrder", { merchantOrderNo })
    assertFields(yield* query, { ...expected, status: "PENDING" })
    yield* finishOrder({ merchantOrderNo: Id.order(merchantOrderNo), result: "failed" })
    assertFields(yield* query, { ...expected, status: "FAILED" })
    const funds = fieldsOf(yield* data("queryTopUpOrder", { merchantOrderNo: "top-up-c-1" }))
    assert.deepStrictEqual([funds.direction, funds.amount, funds.status], ["INCREASE", "100.00", "SUCCESS"])
  }),

  getCardDetail: Effect.gen(function* () {
    const { cardId, customerId } = yield* fundedCard("c-1", "100")
    const { authorize } = yield* Sandbox
    yield* authorize({ cardId, amount: Id.amount("30"), currency: "USD" })
    yield* data("updateCardLimit", { cardId, singleLimit: "25", dailyLimit: "50.0", monthlyLimit: "0" })
    const answer = yield* data("getCardDetail", { cardId })
    const maskedCardNumber = textIn(answer, "maskedCardNumber")
    assertFields(answer, {
      cardId,
      customerId,
      cardSampleId: "CS0001",
      cardForm: "VIRTUAL",
      status: "ACTIVE",
      // What is booked: an authorization takes nothing yet.
      balance: "100.00",
      currency: "USD",
      maskedCardNumber,
      singleLimit: "25",
      dailyLimit: "50.0",
      monthlyLimit: "0"
    })
  }),

  destroyCard: Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    yield* answersTrue("destroyCard", { cardId })
    assert.strictEqual(yield* fieldOfCard(cardId, "status"), "DESTROYED")
  }),

  freezeCard: Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    yield* answersTrue("freezeCard", { cardId })
    assert.strictEqual(yield* fieldOfCard(cardId, "status"), "FROZEN")
  }),

  unfreezeCard: Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    yield* answersTrue("freezeCard", { cardId })
    yield* answersTrue("unfreezeCard", { cardId })
    assert.strictEqual(yield* fieldOfCard(cardId, "status"), "ACTIVE")
  }),

  getCardPanHtml: Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    const page = yield* data("getCardPanHtml", { cardId })
    assert(typeof page === "string")
    assert.match(page, /<dd id="pan">4242 42\d{2} \d{4} \d{4}</)
    const pan = /id="pan">([\d ]+)</.exec(page)?.[1]?.replaceAll(" ", "") ?? ""
    assert.strictEqual(
      yield* fieldOfCard(cardId, "maskedCardNumber"),
      `${pan.slice(0, 6)}******${pan.slice(-4)}`
    )
  }),

  getCardPan: Effect.gen(function* () {
    const { cardKey } = yield* Sandbox
    const { cardId } = yield* virtualCard("c-1")
    const answer = yield* data("getCardPan", { cardId })
    const encryptData = textIn(answer, "encryptData")
    assertFields(answer, { encryptData, publicKey: (yield* cardKey()).publicKey })
    const pan = yield* decrypt(encryptData)
    assert.match(pan, /^424242\d{10}$/)
    assert.strictEqual(
      yield* fieldOfCard(cardId, "maskedCardNumber"),
      `${pan.slice(0, 6)}******${pan.slice(-4)}`
    )
  }),

  getCardPin: Effect.gen(function* () {
    const { cardKey } = yield* Sandbox
    const { cardId } = yield* virtualCard("c-1")
    const answer = yield* data("getCardPin", { cardId })
    const encryptData = textIn(answer, "encryptData")
    assertFields(answer, { encryptData, publicKey: (yield* cardKey()).publicKey })
    assert.match(yield* decrypt(encryptData), /^\d{4}$/)
  }),

  updateCardPhone: Effect.gen(function* () {
    const { state } = yield* Sandbox
    const { cardId } = yield* virtualCard("c-1")
    yield* answersTrue("updateCardPhone", { cardId, dialCode: "63", phoneNumber: "9170000000" })
    const [card] = (yield* state).cards
    assert.deepStrictEqual([card?.dialCode, card?.phoneNumber], ["63", "9170000000"])
  }),

  updateCardEmail: Effect.gen(function* () {
    const { state } = yield* Sandbox
    const { cardId } = yield* virtualCard("c-1")
    yield* answersTrue("updateCardEmail", { cardId, email: "ada@example.com" })
    assert.strictEqual((yield* state).cards[0]?.email, "ada@example.com")
  }),

  updateCardLimit: Effect.gen(function* () {
    const { transaction } = yield* Sandbox
    const { cardId } = yield* fundedCard("c-1", "100")
    yield* answersTrue("updateCardLimit", { cardId, singleLimit: "25.00" })
    const { declineReason } = yield* transaction({ cardId, amount: Id.amount("25.01"), currency: "USD" })
    assert.include(declineReason, "limit for one purchase")
  }),

  bindPhysicalCard: Effect.gen(function* () {
    const { activationCode, cardId, customerId, sku } = yield* letter
    assertFields(yield* data("bindPhysicalCard", { customerId, sku, activationCode }), { cardId })
    assert.deepStrictEqual(
      [yield* fieldOfCard(cardId, "status"), yield* fieldOfCard(cardId, "customerId")],
      ["BOUND", customerId]
    )
  }),

  activatePhysicalCard: Effect.gen(function* () {
    const { activationCode, cardId, customerId, sku } = yield* letter
    yield* data("bindPhysicalCard", { customerId, sku, activationCode })
    yield* answersTrue("activatePhysicalCard", { cardId, activationCode })
    assert.strictEqual(yield* fieldOfCard(cardId, "status"), "ACTIVE")
  }),

  confirmThreeDs: Effect.gen(function* () {
    const { requestThreeDs, state } = yield* Sandbox
    const { cardId } = yield* virtualCard("c-1")
    for (const result of ["APPROVE", "DECLINE"]) {
      const { authId } = yield* requestThreeDs({ cardId, amount: Id.amount("20.00"), currency: "USD" })
      yield* answersTrue("confirmThreeDs", { authId, cardId, result })
    }
    assert.deepStrictEqual(
      (yield* state).threeDs.map(({ decision }) => decision),
      ["approved", "declined"]
    )
  })
}

describe("the 25 operations", () => {
  it("are all of them", () => {
    assert.strictEqual(Operation.all.length, 25)
    assert.deepStrictEqual(Object.keys(checks).sort(), Operation.all.map(({ name }) => name).sort())
  })

  for (const { name, section } of Operation.all) {
    it.scoped(`${section} ${name}`, () =>
      Effect.zipRight(checks[name], booksAreRight).pipe(Effect.provide(withApi()))
    )
  }
})

/** What a merchant's webhook has received last, verified. */
const received = (
  happening: Effect.Effect<unknown, unknown, Api | Caller | Sandbox>
): Effect.Effect<
  { readonly body: string; readonly envelope: Readonly<Record<string, unknown>> },
  unknown,
  Api | Caller | Sandbox
> =>
  Effect.scoped(
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* receiver(ok)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* happening
      yield* sandbox.quiet
      const body = webhook.received.at(-1)?.body ?? ""
      assert.isTrue(Either.isRight(Verifier.verifyWith([key], new TextEncoder().encode(body))))
      const envelope = fieldsOf(JSON.parse(body))
      assert.deepStrictEqual(Object.keys(envelope).sort(), [
        "data",
        "eventName",
        "eventType",
        "merchantNo",
        "nonce",
        "requestTime",
        "sign",
        "version"
      ])
      assert.strictEqual(typeof envelope.requestTime, "number")
      return { body, envelope }
    })
  )

const asShop = (
  shop: (sandbox: Sandbox["Type"], cardId: ReturnType<typeof Id.card>) => Effect.Effect<unknown, unknown>
) =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const { cardId } = yield* fundedCard("c-1", "100")
    yield* shop(sandbox, cardId)
  })

const usd = (cardId: ReturnType<typeof Id.card>) => ({ cardId, amount: Id.amount("5"), currency: "USD" })

describe("the kinds of notification", () => {
  it.scoped("KYC kyc_status", () =>
    Effect.gen(function* () {
      const { envelope } = yield* received(passedCustomer("c-1"))
      assert.deepStrictEqual([envelope.eventType, envelope.eventName], ["KYC", "kyc_status"])
      const { auditState, ...rest } = fieldsOf(envelope.data)
      // The vendor's sample has a JSON number here, whatever its text says.
      assert.strictEqual(auditState, 1)
      assert.deepStrictEqual(Object.keys(rest), ["customerId", "auditRemark"])
    }).pipe(Effect.provide(withApi()))
  )

  it.scoped("_3DS 3ds", () =>
    Effect.gen(function* () {
      const { envelope } = yield* received(asShop((shop, cardId) => shop.requestThreeDs(usd(cardId))))
      assert.deepStrictEqual([envelope.eventType, envelope.eventName], ["_3DS", "3ds"])
      assert.deepStrictEqual(Object.keys(fieldsOf(envelope.data)), [
        "authId",
        "cardId",
        "cardPan",
        "txnCurrency",
        "txnAmount",
        "cardAcceptorLocationName",
        "createdTime",
        "expireTimeStamp"
      ])
    }).pipe(Effect.provide(withApi()))
  )

  const trades: Readonly<Record<string, Parameters<typeof asShop>[0]>> = {
    AUTHORIZATION: (shop, cardId) => shop.authorize(usd(cardId)),
    ADDITIONAL_AUTHORIZATION: (shop, cardId) =>
      Effect.flatMap(shop.authorize(usd(cardId)), ({ orderNo }) =>
        shop.additionalAuthorize({ orderNo, amount: Id.amount("1") })
      ),
    SETTLEMENT: (shop, cardId) =>
      Effect.flatMap(shop.authorize(usd(cardId)), ({ orderNo }) => shop.settle({ orderNo })),
    CANCELLATION: (shop, cardId) =>
      Effect.flatMap(shop.authorize(usd(cardId)), ({ orderNo }) => shop.cancel({ orderNo })),
    REFUND: (shop, cardId) =>
      Effect.flatMap(shop.transaction(usd(cardId)), ({ orderNo }) => shop.refund({ orderNo })),
    TRANSACTION: (shop, cardId) => shop.transaction(usd(cardId))
  }
  it("of TRADE are the contract's six", () => {
    assert.deepStrictEqual(Object.keys(trades).sort(), Object.keys(Contract.proposed.enums.tradeKind).sort())
  })

  for (const [kind, trade] of Object.entries(trades)) {
    it.scoped(`TRADE trade: ${kind}`, () =>
      Effect.gen(function* () {
        const { envelope } = yield* received(asShop(trade))
        assert.deepStrictEqual([envelope.eventType, envelope.eventName], ["TRADE", "trade"])
        const sent = fieldsOf(envelope.data)
        assert.deepStrictEqual([sent.subType, sent.status, sent.currency], [kind, "SUCCESS", "USD"])
        for (const [field, value] of Object.entries(sent)) {
          assert.isTrue(value === null || typeof value === "string", `${field} is text or null`)
        }
        yield* booksAreRight
      }).pipe(Effect.provide(withApi()))
    )
  }

  it.scoped("a kind that nobody documented", () =>
    Effect.gen(function* () {
      const { envelope } = yield* received(passedCustomer("c-1"))
      assert.notInclude(["KYC", "_3DS", "TRADE"], envelope.eventType)
      assert.notInclude(["kyc_status", "3ds", "trade"], envelope.eventName)
    }).pipe(Effect.provide(withApi({ faults: { notifications: [{ fault: "unknownEvent" }] } })))
  )
})

describe("a corrected contract", () => {
  it.scoped("is what the sandbox speaks: paths, names, values, codes", () =>
    Effect.gen(function* () {
      const { code, data, send } = yield* Api
      const customerId = yield* passedCustomer("c-1")
      const answer = yield* data("createVirtualCard", { customerId, cardSampleId: "CS0001" })
      const cardId = textIn(answer, "cardId")
      const card = fieldsOf(yield* data("getCardDetail", { cardId }))
      // A meaning that the corrections have no value for goes under its own name.
      assert.deepStrictEqual([card.cardStatus, card.cardForm, "status" in card], ["1", "virtual", false])
      yield* data("freezeCard", { cardId })
      assert.strictEqual(fieldsOf(yield* data("getCardDetail", { cardId })).cardStatus, "frozen")
      const order = { cardId, amount: "1", merchantOrderNo: "o-1" }
      assert.strictEqual(yield* code("adjustBalance", { ...order, direction: "INCREASE" }), "1000000")
      assert.strictEqual(yield* code("adjustBalance", { ...order, direction: "IN" }), "200")
      const unknown = yield* send("getCardDetail", { cardId: "CD0" })
      assert.strictEqual(unknown.code, "4010006")
      assert.strictEqual(unknown.msg, "no such card here")
    }).pipe(
      Effect.provide(
        withApi().pipe(
          Layer.provideMerge(
            Contract.layer({
              paths: { getCardDetail: "/v2/card/one" },
              fields: { CardDetailVo: { status: "cardStatus" } },
              enums: {
                cardStatus: { "1": "active" },
                cardForm: { plastic: "physical" },
                adjustmentDirection: { IN: "increase", OUT: "decrease" }
              },
              codes: { "4010006": { meaning: "no such card here", advice: "stop", refused: true } }
            })
          )
        )
      )
    )
  )
})
