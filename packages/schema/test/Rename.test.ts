import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Codec from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import * as Ids from "../src/Ids.js"
import { TradeData } from "../src/Notification.js"
import { dtos, json, reveal } from "./support.js"

const run = Effect.runSync
const contract = Contract.correct({
  fields: {
    CustomerAddDto: { phone: "mobile" },
    CustomerAddVo: { customerId: "id" },
    CardSampleInfoVo: { benefits: "perks", cardSampleId: "sampleId" },
    CardBenefitVo: { benefitName: "title" },
    ApiEncryptVo: { encryptData: "cipherText" },
    // Two that change places.
    CardRechargeVo: { orderNo: "merchantOrderNo", merchantOrderNo: "orderNo" },
    TradeNotification: { cardId: "cardNo" }
  }
})

describe("a renamed field", () => {
  it("bears the vendor's name on the wire and ours in code", () => {
    const input = { customerCode: Ids.CustomerCode.make("c1"), phone: "09171234567" }
    const data = run(Codec.encodeRequest(contract, "createCustomer", input))
    assert.deepStrictEqual(data, { customerCode: "c1", mobile: "09171234567" })
    assert.deepStrictEqual(run(Codec.decodeRequest(contract, "createCustomer", data)), input)
  })

  it("is renamed in responses too, and named as ours in a complaint", () => {
    assert.strictEqual(run(Codec.decodeResponse(contract, "createCustomer", { id: "C1" })).customerId, "C1")
    const error = run(Effect.flip(Codec.decodeResponse(contract, "createCustomer", { customerCode: "c" })))
    assert.deepStrictEqual(error.problems, [{ path: "customerId", problem: "is missing" }])
  })

  it("is renamed inside lists and inside what they hold", () => {
    const wire = [
      { sampleId: "S1", perks: [{ title: "cash back", benefitDescription: "1 %", extra: 1 }] },
      { sampleId: "S2", perks: null }
    ]
    const samples = run(Codec.decodeResponse(contract, "listCardSamples", wire))
    assert.deepStrictEqual(reveal(samples), [
      {
        cardSampleId: "S1",
        benefits: [
          { benefitName: "cash back", benefitDescription: "1 %", unknownFields: { redacted: { extra: 1 } } }
        ],
        unknownFields: { redacted: {} }
      },
      { cardSampleId: "S2", unknownFields: { redacted: {} } }
    ])
    assert.deepStrictEqual(run(Codec.encodeResponse(contract, "listCardSamples", samples)), [
      { sampleId: "S1", perks: [{ title: "cash back", benefitDescription: "1 %", extra: 1 }] },
      { sampleId: "S2" }
    ])
  })

  it("is renamed in one of two forms of an answer without touching the other", () => {
    assert.deepStrictEqual(reveal(run(Codec.decodeResponse(contract, "getCardPin", { cipherText: "e" }))), {
      encryptData: { redacted: "e" },
      unknownFields: { redacted: {} }
    })
    assert.deepStrictEqual(reveal(run(Codec.decodeResponse(contract, "getCardPin", "cipherText"))), {
      redacted: "cipherText"
    })
  })

  it("may change places with another", () => {
    const order = run(
      Codec.decodeResponse(contract, "adjustBalance", {
        orderNo: "mine",
        merchantOrderNo: "theirs",
        status: "S"
      })
    )
    assert.deepStrictEqual(
      [order.merchantOrderNo, order.orderNo],
      [Ids.MerchantOrderNo.make("mine"), Ids.OrderNo.make("theirs")]
    )
    assert.deepStrictEqual(run(Codec.encodeResponse(contract, "adjustBalance", order)), {
      orderNo: "mine",
      merchantOrderNo: "theirs",
      status: "S"
    })
  })

  it("is renamed in notifications", () => {
    const message = json(`{"merchantNo":"BU1","eventType":"TRADE","data":{"orderNo":"OR1","cardNo":"CD1"}}`)
    const notification = run(Codec.decodeNotification(contract, message))
    assert.strictEqual(notification._tag === "Trade" ? notification.data.cardId : "", "CD1")
    if (notification._tag === "Trade") {
      assert.deepStrictEqual(run(Codec.encodeNotificationData(contract, TradeData, notification.data)), {
        orderNo: "OR1",
        cardNo: "CD1"
      })
    }
  })
})

describe("a field that bears a name the contract has given away", () => {
  const wire = { id: "C1", customerId: "something else", "wire.other": "x" }

  it("is not the renamed one: it is kept as unknown, under wire.", () => {
    const value = run(Codec.decodeResponse(contract, "createCustomer", wire))
    assert.strictEqual(value.customerId, "C1")
    assert.deepStrictEqual(Redacted.value(value.unknownFields), {
      "wire.customerId": "something else",
      "wire.other": "x"
    })
  })

  it("goes out again under the name it came with", () => {
    const value = run(Codec.decodeResponse(contract, "createCustomer", wire))
    assert.deepStrictEqual(run(Codec.encodeResponse(contract, "createCustomer", value)), wire)
  })

  it("does not stand in for a missing one", () => {
    const error = run(Effect.flip(Codec.decodeResponse(contract, "createCustomer", { customerId: "C1" })))
    assert.deepStrictEqual(error.problems, [{ path: "customerId", problem: "is missing" }])
  })

  it("is passed over in a received request", () => {
    assert.deepStrictEqual(
      run(
        Codec.decodeRequest(contract, "createCustomer", {
          customerCode: "c1",
          phone: "not a number",
          mobile: "63917"
        })
      ),
      { customerCode: Ids.CustomerCode.make("c1"), phone: "63917" }
    )
  })
})

describe("every field of every data object, renamed", () => {
  const renamed = Contract.correct({
    fields: Object.fromEntries(
      dtos.map((dto) => [
        dto.name,
        Object.fromEntries(Object.keys(dto.fields).map((field) => [field, `x-${field}`]))
      ])
    )
  })

  it("is accepted as a correction, each by its name", () => {
    const overrides = JSON.stringify({ fields: renamed.fields })
    assert.strictEqual(Contract.fromJson(overrides)._tag, "Right")
  })
})
