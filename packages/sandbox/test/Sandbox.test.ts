import { assert, describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import { Caller, cardState, kycOf, passedCustomer, photo, virtualCard, withCaller } from "./support/vendor.js"

const { amount } = Id

describe("customers (2)", () => {
  it.scoped("are created, found by either key, and unique by their code", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const customerCode = Id.code("c-1")
      const created = yield* call("createCustomer", {
        customerCode,
        email: "ada@example.com",
        phone: "+639170000000"
      })
      assert.match(created.customerId, /^AU\d{9}$/)
      for (const input of [
        { customerCode },
        { customerId: created.customerId },
        { customerCode, customerId: created.customerId }
      ]) {
        const found = yield* call("queryCustomer", input)
        assert.strictEqual(found.customerId, created.customerId)
        assert.strictEqual(found.customerCode, customerCode)
        assert.strictEqual(found.email, "ada@example.com")
        assert.strictEqual(found.phone, "+639170000000")
        assert.strictEqual(found.auditState, "-1")
      }
      assert.strictEqual(yield* code("createCustomer", { customerCode }), "4000004")
      assert.strictEqual(yield* code("queryCustomer", { customerCode: Id.code("c-2") }), "4000001")
      assert.strictEqual(yield* code("queryCustomer", { customerId: Id.customer("AU000000000") }), "4000001")
      assert.strictEqual(
        yield* code("queryCustomer", { customerCode, customerId: Id.customer("AU000000000") }),
        "4000001"
      )
      assert.strictEqual(yield* code("queryCustomer", {}), "1000000")
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("KYC (3)", () => {
  it.scoped("goes from submitted to rejected, resubmitted and passed", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      const status = Effect.map(call("getKycStatus", { customerId }), ({ auditRemark, auditState }) => [
        auditState,
        auditRemark
      ])
      assert.deepStrictEqual(yield* status, ["-1", undefined])

      const early = yield* Effect.flip(sandbox.reviewKyc({ customerId, result: "passed" }))
      assert.include(early.message, "no KYC under review (it is notSubmitted)")

      assert.isTrue(yield* call("submitKyc", { ...kycOf(customerId), idBackPhoto: photo }))
      assert.deepStrictEqual(yield* status, ["0", undefined])
      assert.strictEqual(yield* code("submitKyc", kycOf(customerId)), "4000000")

      yield* sandbox.reviewKyc({ customerId, result: "rejected", remark: "The photo is blurred" })
      assert.deepStrictEqual(yield* status, ["2", "The photo is blurred"])
      yield* call("submitKyc", kycOf(customerId))
      assert.deepStrictEqual(yield* status, ["0", undefined])
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      assert.deepStrictEqual(yield* status, ["1", undefined])
      assert.strictEqual((yield* call("queryCustomer", { customerId })).auditState, "1")

      assert.strictEqual(yield* code("submitKyc", kycOf(customerId)), "4000002")
      assert.strictEqual(yield* code("submitKyc", kycOf(Id.customer("AU000000000"))), "4000001")
      assert.strictEqual(yield* code("getKycStatus", { customerId: Id.customer("AU000000000") }), "4000001")
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("refuses photos that are none, and changes nothing then", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      for (const bad of ["=", "not base64!"].map((text) => Redacted.make(text))) {
        assert.strictEqual(yield* code("submitKyc", { ...kycOf(customerId), idFrontPhoto: bad }), "1000001")
        assert.strictEqual(yield* code("submitKyc", { ...kycOf(customerId), idBackPhoto: bad }), "1000001")
      }
      assert.strictEqual((yield* call("getKycStatus", { customerId })).auditState, "-1")
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("has one liveness check at a time, and a new one after a failure", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      assert.strictEqual(yield* code("getLivenessUrl", { customerId }), "4000003")
      yield* call("submitKyc", kycOf(customerId))
      assert.include(
        (yield* Effect.flip(sandbox.finishLiveness({ customerId, result: "passed" }))).message,
        "no liveness check in progress"
      )

      const first = yield* call("getLivenessUrl", { customerId })
      assert.strictEqual(first.customerId, customerId)
      assert.include(Redacted.value(first.url), first.transactionId)
      assert.strictEqual((yield* call("getLivenessUrl", { customerId })).transactionId, first.transactionId)
      assert.strictEqual(yield* code("submitKyc", kycOf(customerId)), "4000005")
      const result = ({ transactionId }: typeof first) =>
        Effect.map(call("getLivenessResult", { customerId, transactionId }), ({ auditStatus }) => auditStatus)
      assert.strictEqual(yield* result(first), "0")

      yield* sandbox.finishLiveness({ customerId, result: "failed" })
      assert.strictEqual(yield* result(first), "2")
      const second = yield* call("getLivenessUrl", { customerId })
      assert.notStrictEqual(second.transactionId, first.transactionId)
      yield* sandbox.finishLiveness({ customerId, result: "passed" })
      assert.strictEqual(yield* result(second), "1")
      assert.strictEqual(yield* result(first), "2")
      assert.strictEqual(yield* code("getLivenessUrl", { customerId }), "4000006")

      assert.strictEqual(
        yield* code("getLivenessResult", { customerId, transactionId: Id.liveness("LV0") }),
        "4000007"
      )
      const other = yield* call("createCustomer", { customerCode: Id.code("c-2") })
      assert.strictEqual(
        yield* code("getLivenessResult", {
          customerId: other.customerId,
          transactionId: second.transactionId
        }),
        "4000007"
      )
      yield* sandbox.reviewKyc({ customerId, result: "rejected" })
      assert.strictEqual(yield* code("getLivenessUrl", { customerId }), "4000006")
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("cards (4)", () => {
  it.scoped("are opened from the samples that are listed, by customers whose KYC has passed", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const samples = yield* call("listCardSamples", {})
      assert.deepStrictEqual(
        samples.map(({ cardForm, cardSampleId, currency }) => [cardSampleId, cardForm, currency]),
        [
          ["CS0001", "VIRTUAL", "USD"],
          ["CS0002", "PHYSICAL", "USD"]
        ]
      )
      assert.isString(samples[0]?.benefits?.[0]?.benefitName)

      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      const open = (cardSampleId: string, of = customerId) =>
        code("createVirtualCard", { customerId: of, cardSampleId: Id.sample(cardSampleId) })
      assert.strictEqual(yield* open("CS0001"), "4000003")
      yield* call("submitKyc", kycOf(customerId))
      assert.strictEqual(yield* open("CS0001"), "4000000")
      yield* sandbox.reviewKyc({ customerId, result: "rejected" })
      assert.strictEqual(yield* open("CS0001"), "4000000")
      yield* call("submitKyc", kycOf(customerId))
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      assert.strictEqual(yield* open("CS0002"), "4010001")
      assert.strictEqual(yield* open("CS9999"), "4010001")
      assert.strictEqual(yield* open("CS0003"), "4010002")
      assert.strictEqual(yield* open("CS0001", Id.customer("AU000000000")), "4000001")
      assert.deepStrictEqual(yield* call("listCustomerCards", { customerId }), [])

      const first = yield* call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      const second = yield* call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      assert.strictEqual(first.cardId, `CD${customerId}V01`)
      assert.strictEqual(second.cardId, `CD${customerId}V02`)
      assert.match(String(first.orderNo), /^OR\d{18}$/)
      const cards = yield* call("listCustomerCards", { customerId })
      assert.deepStrictEqual(
        cards.map(({ cardForm, cardId, status }) => [cardId, cardForm, status]),
        [
          [first.cardId, "VIRTUAL", "ACTIVE"],
          [second.cardId, "VIRTUAL", "ACTIVE"]
        ]
      )
      const { maskedCardNumber } = cards[0] ?? {}
      assert.match(
        maskedCardNumber === undefined ? "" : Redacted.value(maskedCardNumber),
        /^424242\*{6}\d{4}$/
      )
      assert.strictEqual(
        yield* code("listCustomerCards", { customerId: Id.customer("AU000000000") }),
        "4000001"
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("freeze, unfreeze and are destroyed; a repeat is no mistake", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const status = Effect.map(call("getCardDetail", { cardId }), (card) => card.status)
      for (const [operation, expected] of [
        ["unfreezeCard", "ACTIVE"],
        ["freezeCard", "FROZEN"],
        ["freezeCard", "FROZEN"],
        ["unfreezeCard", "ACTIVE"],
        ["freezeCard", "FROZEN"],
        ["destroyCard", "DESTROYED"],
        ["destroyCard", "DESTROYED"]
      ] as const) {
        assert.isTrue(yield* call(operation, { cardId }))
        assert.strictEqual(yield* status, expected)
      }
      assert.strictEqual(yield* code("freezeCard", { cardId }), "4000000")
      assert.strictEqual(yield* code("unfreezeCard", { cardId }), "4000000")
      for (const operation of ["destroyCard", "freezeCard", "unfreezeCard", "getCardDetail"] as const) {
        assert.strictEqual(yield* code(operation, { cardId: Id.card("CD0") }), "4010006")
      }
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("keep the phone, email and limits they are given", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      assert.isTrue(yield* call("updateCardPhone", { cardId, dialCode: "63", phoneNumber: "9170000000" }))
      assert.isTrue(yield* call("updateCardEmail", { cardId, email: "ada@example.com" }))
      assert.isTrue(
        yield* call("updateCardLimit", { cardId, singleLimit: amount("100.00"), dailyLimit: amount("250") })
      )
      assert.isTrue(yield* call("updateCardLimit", { cardId, monthlyLimit: amount("1000.0") }))
      const shown = yield* cardState(cardId)
      assert.deepStrictEqual(
        [shown.dialCode, shown.phoneNumber, shown.email],
        ["63", "9170000000", "ada@example.com"]
      )
      const detail = yield* call("getCardDetail", { cardId })
      assert.deepStrictEqual(
        [detail.singleLimit?.text, detail.dailyLimit?.text, detail.monthlyLimit?.text],
        ["100.00", "250", "1000.0"]
      )
      assert.strictEqual(yield* code("updateCardLimit", { cardId }), "1000000")
      yield* call("destroyCard", { cardId })
      assert.strictEqual(yield* code("updateCardEmail", { cardId, email: "eve@example.com" }), "4000000")
      assert.strictEqual(
        yield* code("updateCardPhone", { cardId: Id.card("CD0"), dialCode: "63", phoneNumber: "9170" }),
        "4010006"
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("that are physical are made, bound and activated in that order", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const customerId = yield* passedCustomer("c-1")
      const { activationCode, cardId, sku } = yield* sandbox.makePhysicalCard()
      const wrongCode = Redacted.make("wrong")
      assert.strictEqual(yield* code("activatePhysicalCard", { cardId, activationCode }), "4010005")
      assert.strictEqual(yield* code("freezeCard", { cardId }), "4010005")
      assert.strictEqual((yield* call("getCardDetail", { cardId })).status, "IN_PRODUCTION")
      assert.strictEqual(
        yield* code("bindPhysicalCard", { customerId, sku, activationCode: wrongCode }),
        "4010003"
      )
      assert.strictEqual(
        yield* code("bindPhysicalCard", { customerId, sku: "SKU0", activationCode }),
        "4010003"
      )
      assert.strictEqual(
        yield* code("bindPhysicalCard", { customerId: Id.customer("AU000000000"), sku, activationCode }),
        "4000001"
      )
      const fresh = yield* call("createCustomer", { customerCode: Id.code("c-2") })
      assert.strictEqual(
        yield* code("bindPhysicalCard", { customerId: fresh.customerId, sku, activationCode }),
        "4000003"
      )

      assert.strictEqual(
        (yield* call("bindPhysicalCard", { customerId, sku, activationCode })).cardId,
        cardId
      )
      assert.strictEqual((yield* call("getCardDetail", { cardId })).status, "BOUND")
      assert.strictEqual(yield* code("bindPhysicalCard", { customerId, sku, activationCode }), "4010004")
      assert.strictEqual(
        yield* code("activatePhysicalCard", { cardId, activationCode: wrongCode }),
        "4010003"
      )
      assert.isTrue(yield* call("activatePhysicalCard", { cardId, activationCode }))
      assert.strictEqual(yield* code("activatePhysicalCard", { cardId, activationCode }), "4010007")
      assert.deepStrictEqual(
        (yield* call("listCustomerCards", { customerId })).map((card) => [
          card.cardId,
          card.cardForm,
          card.status
        ]),
        [[cardId, "PHYSICAL", "ACTIVE"]]
      )
      yield* call("destroyCard", { cardId })
      assert.strictEqual(yield* code("bindPhysicalCard", { customerId, sku, activationCode }), "4010008")
      assert.strictEqual(
        yield* code("activatePhysicalCard", { cardId: Id.card("CD0"), activationCode }),
        "4010006"
      )
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("balance adjustments (4.04, 4.05)", () => {
  const settled = TestClock.adjust("250 millis")

  it.scoped("are pending, then done, and move exactly the money they name", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { ledger } = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const balance = Effect.map(call("getCardDetail", { cardId }), (card) => card.balance?.text)
      assert.strictEqual(yield* balance, "0.00")

      const merchantOrderNo = Id.order("o-1")
      const up = yield* call("adjustBalance", {
        cardId,
        amount: amount("20.10"),
        direction: "INCREASE",
        merchantOrderNo
      })
      assert.strictEqual(up.status, "PENDING")
      assert.strictEqual((yield* call("queryTopUpOrder", { merchantOrderNo })).status, "PENDING")
      assert.strictEqual(yield* balance, "0.00")
      yield* TestClock.adjust("249 millis")
      assert.strictEqual((yield* call("queryTopUpOrder", { merchantOrderNo })).status, "PENDING")
      yield* TestClock.adjust("1 millis")
      const order = yield* call("queryTopUpOrder", { merchantOrderNo })
      assert.deepStrictEqual(
        [order.status, order.orderNo, order.cardId, order.direction, order.amount?.text],
        ["SUCCESS", up.orderNo, cardId, "INCREASE", "20.10"]
      )
      assert.strictEqual(yield* balance, "20.10")

      yield* call("adjustBalance", {
        cardId,
        amount: amount("0.2"),
        direction: "INCREASE",
        merchantOrderNo: Id.order("o-2")
      })
      yield* call("adjustBalance", {
        cardId,
        amount: amount("20.00"),
        direction: "DECREASE",
        merchantOrderNo: Id.order("o-3")
      })
      yield* settled
      assert.strictEqual(yield* balance, "0.30")
      assert.strictEqual(
        (yield* call("queryTopUpOrder", { merchantOrderNo: Id.order("o-3") })).direction,
        "DECREASE"
      )
      assert.deepStrictEqual(
        (yield* ledger(cardId)).map((entry) => [entry.cause, entry.amount.text]),
        [
          ["increase", "20.10"],
          ["increase", "0.20"],
          ["decrease", "-20.00"]
        ]
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("keep the money of a pending decrease back", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const adjust = (direction: string, text: string, merchantOrderNo: string) =>
        code("adjustBalance", {
          cardId,
          amount: amount(text),
          direction,
          merchantOrderNo: Id.order(merchantOrderNo)
        })
      assert.strictEqual(yield* adjust("DECREASE", "0.01", "o-0"), "4000000")
      yield* adjust("INCREASE", "10", "o-1")
      assert.strictEqual(yield* adjust("DECREASE", "10", "o-2"), "4000000")
      yield* settled
      assert.strictEqual(yield* adjust("DECREASE", "7", "o-3"), "200")
      assert.strictEqual(yield* adjust("DECREASE", "7", "o-4"), "4000000")
      const held = yield* cardState(cardId)
      assert.deepStrictEqual(
        [held.balance.text, held.held.text, held.available.text],
        ["10.00", "7.00", "3.00"]
      )
      yield* sandbox.finishOrder({ merchantOrderNo: Id.order("o-3"), result: "failed" })
      const released = yield* cardState(cardId)
      assert.deepStrictEqual([released.balance.text, released.held.text], ["10.00", "0.00"])
      assert.strictEqual(
        (yield* call("queryTopUpOrder", { merchantOrderNo: Id.order("o-3") })).status,
        "FAILED"
      )
      assert.include(
        (yield* Effect.flip(sandbox.finishOrder({ merchantOrderNo: Id.order("o-3"), result: "done" })))
          .message,
        "is failed already"
      )
      assert.include(
        (yield* Effect.flip(sandbox.finishOrder({ merchantOrderNo: Id.order("o-9"), result: "done" })))
          .message,
        "no order o-9"
      )
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("are refused with the vendor's codes", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const input = {
        cardId,
        amount: amount("1.00"),
        direction: "INCREASE",
        merchantOrderNo: Id.order("o-1")
      }
      assert.strictEqual(yield* code("adjustBalance", { ...input, cardId: Id.card("CD0") }), "4010006")
      assert.strictEqual(yield* code("adjustBalance", { ...input, direction: "SIDEWAYS" }), "1000000")
      assert.strictEqual(yield* code("adjustBalance", { ...input, amount: amount("1.001") }), "1000000")
      assert.strictEqual(
        yield* code("queryTopUpOrder", { merchantOrderNo: input.merchantOrderNo }),
        "4020001"
      )
      const { cardId: unbound } = yield* sandbox.makePhysicalCard()
      assert.strictEqual(yield* code("adjustBalance", { ...input, cardId: unbound }), "4010005")
      yield* call("destroyCard", { cardId })
      assert.strictEqual(yield* code("adjustBalance", input), "4000000")
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("under a number given twice are refused, and move nothing more", () =>
    Effect.gen(function* () {
      const { call, code } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const input = {
        cardId,
        amount: amount("5.00"),
        direction: "INCREASE",
        merchantOrderNo: Id.order("o-1")
      }
      yield* call("adjustBalance", input)
      assert.strictEqual(yield* code("adjustBalance", input), "4000000")
      yield* settled
      assert.strictEqual(yield* code("adjustBalance", input), "4000000")
      yield* settled
      assert.strictEqual((yield* cardState(cardId)).balance.text, "5.00")
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("under a number given twice are executed twice when the options say so", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const input = {
        cardId,
        amount: amount("5.00"),
        direction: "INCREASE",
        merchantOrderNo: Id.order("o-1")
      }
      const first = yield* call("adjustBalance", input)
      const second = yield* call("adjustBalance", input)
      assert.notStrictEqual(first.orderNo, second.orderNo)
      yield* settled
      assert.strictEqual((yield* cardState(cardId)).balance.text, "10.00")
      assert.strictEqual(
        (yield* call("queryTopUpOrder", { merchantOrderNo: input.merchantOrderNo })).orderNo,
        second.orderNo
      )
    }).pipe(Effect.provide(withCaller({ rules: { duplicateOrders: "execute" } })))
  )

  it.scoped("stay pending for ever when the options say so, until somebody finishes them", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { finishOrder } = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const merchantOrderNo = Id.order("o-1")
      yield* call("adjustBalance", { cardId, amount: amount("5.00"), direction: "INCREASE", merchantOrderNo })
      yield* TestClock.adjust("30 days")
      assert.strictEqual((yield* cardState(cardId)).balance.text, "0.00")
      yield* finishOrder({ merchantOrderNo, result: "done" })
      assert.strictEqual((yield* cardState(cardId)).balance.text, "5.00")
    }).pipe(
      Effect.provide(withCaller({ rules: { settleAfterSeconds: null, tokenLifetimeSeconds: 5_184_000 } }))
    )
  )

  it.scoped("still take money off a destroyed card", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const adjust = (direction: string, merchantOrderNo: string) =>
        call("adjustBalance", {
          cardId,
          amount: amount("5"),
          direction,
          merchantOrderNo: Id.order(merchantOrderNo)
        })
      yield* adjust("INCREASE", "o-1")
      yield* settled
      yield* call("destroyCard", { cardId })
      assert.strictEqual((yield* cardState(cardId)).balance.text, "5.00")
      yield* adjust("DECREASE", "o-2")
      yield* settled
      assert.isTrue(BigDecimal.isZero((yield* cardState(cardId)).balance.value))
    }).pipe(Effect.provide(withCaller()))
  )
})
