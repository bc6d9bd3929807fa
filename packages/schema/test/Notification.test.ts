import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as Codec from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import type * as Dto from "../src/Dto.js"
import * as Ids from "../src/Ids.js"
import * as Notification from "../src/Notification.js"
import * as VendorTime from "../src/VendorTime.js"
import { json, overTheWire, prints, reveal, withoutEmpty } from "./support.js"

const decode = (message: Codec.JsonObject, contract = Contract.proposed) =>
  Effect.runSync(Codec.decodeNotification(contract, message))
const refused = (message: Codec.JsonObject) =>
  Effect.runSync(Effect.flip(Codec.decodeNotification(Contract.proposed, message)))

/** One kind out of the union, or a failed test. */
const only = <K extends Notification.Kind>(kind: K, message: Codec.JsonObject): Notification.Of<K> => {
  const notification = decode(message)
  const is: (value: Notification.Notification) => value is Notification.Of<K> =
    Notification.Notification.$is(kind)
  if (!is(notification)) {
    throw new Error(`expected ${kind}, got ${notification._tag}`)
  }
  return notification
}

/** VENDOR 6.4, its keys in its order, with what the sample says of each; contract.md section 5. */
const trade = json(`{
  "merchantNo": "BU078255558", "requestTime": 1770712296681, "version": "v1.0", "nonce": "TW4P54uVulwRoc2y",
  "sign": "6bf642b5fc7b10a6eae3b8ab5e7bbea2", "eventType": "TRADE", "eventName": "trade",
  "data": {
    "orderNo": "OR2026021012345678", "subOrderNo": "SU2026021012345678", "cardId": "CDAU079126648V01",
    "eventType": null, "subType": null, "status": null, "subStatus": null,
    "amount": "5700.00", "currency": "PHP", "principal": "96.78",
    "refund": null, "refundFee": null, "reversal": null, "reversalFee": null,
    "atmFee": "0.00", "authorizationFee": "0.00", "fxFee": "0.0000", "serviceFee": "0.00", "cardFixedAmount": null,
    "eventTime": "2026-02-10 16:31:36",
    "terminalMerchantId": null, "terminalMerchantName": null, "terminalMerchantCountry": "PH",
    "terminalMerchantCity": null, "terminalMerchantMccCode": null, "terminalMerchantMccCategory": null,
    "terminalMerchantPostCode": null, "transactionCategory": null, "transactionChannel": null,
    "channelPrincipal": "96.78", "channelRefund": null, "channelRefundFee": null, "channelAtmFee": "0.00",
    "channelFixedAmount": null
  }
}`)
const tradeData = trade["data"] as Codec.JsonObject
const tradeWith = (changes: Codec.JsonObject) => ({ ...trade, data: { ...tradeData, ...changes } })

/** VENDOR 6.1: `requestTime` and `auditState` are numbers there, whatever its text says. */
const kyc = json(`{
  "merchantNo": "BU078255558", "requestTime": 1770712296681, "version": "v1.0", "nonce": "TW4P54uVulwRoc2y",
  "sign": "6bf642b5fc7b10a6eae3b8ab5e7bbea2", "eventType": "KYC", "eventName": "kyc_status",
  "data": { "customerId": "CU079126648", "auditState": 2, "auditRemark": "photo is not clear" }
}`)

/** SIBLING throughout. */
const threeDs = json(`{
  "merchantNo": "BU078255558", "requestTime": "1770712296681", "version": "v1.0", "nonce": "TW4P54uVulwRoc2y",
  "eventType": "_3DS", "eventName": "3ds",
  "data": {
    "authId": "A-1", "cardId": "CDAU079126648V01", "cardPan": "411111******1111", "txnCurrency": "USD",
    "txnAmount": "12.50", "cardAcceptorLocationName": "SHOP", "createdTime": "2026-02-10 16:31:36",
    "expireTimeStamp": 1770712596681
  }
}`)

describe("decodeNotification", () => {
  it("reads the vendor's transaction, nulls as absent, the scale of each amount kept", () => {
    assert.deepStrictEqual(Object.keys(Notification.TradeData.fields), Object.keys(tradeData))
    const { data, envelope } = only("Trade", trade)
    assert.deepStrictEqual(envelope, {
      merchantNo: Ids.MerchantNo.make("BU078255558"),
      requestTime: 1770712296681,
      version: "v1.0",
      nonce: "TW4P54uVulwRoc2y",
      eventType: "TRADE",
      eventName: "trade"
    })
    assert.deepStrictEqual(reveal(data), {
      orderNo: "OR2026021012345678",
      subOrderNo: "SU2026021012345678",
      cardId: "CDAU079126648V01",
      amount: { amount: "5700.00" },
      currency: "PHP",
      principal: { amount: "96.78" },
      atmFee: { amount: "0.00" },
      authorizationFee: { amount: "0.00" },
      fxFee: { amount: "0.0000" },
      serviceFee: { amount: "0.00" },
      eventTime: "2026-02-10 16:31:36",
      terminalMerchantCountry: "PH",
      channelPrincipal: { amount: "96.78" },
      channelAtmFee: { amount: "0.00" },
      unknownFields: { redacted: {} }
    })
    assert.isTrue(Option.isSome(VendorTime.toUtc(data.eventTime ?? VendorTime.VendorTime.make(""))))
  })

  it("reads the vendor's KYC result, a number where its text promises a string", () => {
    const { data } = only("Kyc", kyc)
    assert.deepStrictEqual(reveal(data), {
      customerId: "CU079126648",
      auditState: "2",
      auditRemark: "photo is not clear",
      unknownFields: { redacted: {} }
    })
    assert.deepStrictEqual(
      Contract.meaningOf(Contract.proposed, "kycState", data.auditState),
      Option.some("rejected")
    )
    assert.strictEqual(
      only("Kyc", { ...kyc, data: { customerId: "CU1", auditState: "2", auditRemark: null } }).data
        .auditState,
      "2"
    )
  })

  it("reads a 3-D Secure request, and shows nothing of its card number", () => {
    const notification = only("ThreeDs", threeDs)
    assert.strictEqual(notification.envelope.requestTime, 1770712296681)
    assert.strictEqual(notification.data.expireTimeStamp, "1770712596681")
    assert.strictEqual(notification.data.txnAmount?.text, "12.50")
    assert.notInclude(prints(notification), "411111")
  })

  it("reads every value as a string too, as the vendor's text has it", () => {
    const asText = (object: Codec.JsonObject): Codec.JsonObject =>
      Object.fromEntries(
        Object.entries(object).map(([key, value]) => [
          key,
          value === null
            ? null
            : typeof value === "object"
              ? asText(value as Codec.JsonObject)
              : String(value)
        ])
      )
    for (const message of [trade, kyc, threeDs]) {
      assert.deepStrictEqual(reveal(decode(asText(message))), reveal(decode(message)))
    }
  })

  it("reads numbers where the samples have strings", () => {
    const { data } = only(
      "Trade",
      tradeWith({ orderNo: 77, amount: 5700, status: 1, eventTime: 1770712296681 })
    )
    assert.deepStrictEqual(
      [data.orderNo, data.amount?.text, data.status, data.eventTime],
      ["77", "5700", "1", "1770712296681"]
    )
  })

  it.each(["CARD_STATUS", "kyc", "3DS", "", "constructor", "toString", "__proto__", "hasOwnProperty"])(
    "keeps an event of the unknown type %j, data and all, and shows nothing of it",
    (eventType) => {
      for (const data of [{ pan: "CANARY" }, "CANARY", ["CANARY"], null]) {
        const notification = decode({ ...trade, eventType, data })
        assert.deepStrictEqual(
          [notification._tag, notification.envelope.eventType, reveal(notification.data)],
          ["Unknown", eventType, { redacted: data }]
        )
        assert.notInclude(prints(notification), "CANARY")
      }
      const { data: _, ...without } = trade
      assert.deepStrictEqual(reveal(decode({ ...without, eventType }).data), { redacted: null })
    }
  )

  it("takes another event type for a known kind when the contract says so", () => {
    const contract = Contract.correct({ enums: { eventType: { CARD_TXN: "trade" } } })
    assert.strictEqual(decode({ ...trade, eventType: "CARD_TXN" }, contract)._tag, "Trade")
    assert.strictEqual(decode(trade, contract)._tag, "Unknown")
  })

  it("reads fields added since", () => {
    assert.deepStrictEqual(reveal(only("Trade", tradeWith({ addedLater: { a: [1] } })).data.unknownFields), {
      redacted: { addedLater: { a: [1] } }
    })
  })

  it("names what does not fit, and never what stood there", () => {
    const error = refused(
      tradeWith({ orderNo: null, cardId: " CANARY ", amount: "CANARY", status: { a: "CANARY" } })
    )
    assert.strictEqual(error.name, "TradeNotification")
    assert.deepStrictEqual(
      error.problems.map(({ path }) => path),
      ["orderNo", "cardId", "status", "amount"]
    )
    assert.notInclude(prints(error), "CANARY")
  })

  it.each([
    ["KYC", "KycNotification"],
    ["_3DS", "ThreeDsNotification"],
    ["TRADE", "TradeNotification"]
  ])("refuses a %s without its data", (eventType, name) => {
    const { data: _, ...without } = trade
    for (const message of [
      without,
      { ...trade, data: null },
      { ...trade, data: [] },
      { ...trade, data: {} }
    ]) {
      assert.strictEqual(refused({ ...message, eventType }).name, name)
    }
  })

  it("refuses an envelope without merchant or event type", () => {
    const { eventType: _, ...untyped } = trade
    for (const message of [untyped, { ...trade, merchantNo: "" }, { ...trade, eventType: null }, {}]) {
      assert.strictEqual(refused(message).name, "Notification")
    }
  })
})

describe("encodeNotificationData", () => {
  it.each([
    ["KYC", Notification.KycData],
    ["_3DS", Notification.ThreeDsData],
    ["TRADE", Notification.TradeData]
  ] as const)("brings any %s over the wire unchanged", (eventType, dto) => {
    // The three differ in their types only; each goes with its own event type.
    const schema = dto.schema as unknown as Schema.Schema<Notification.Notification["data"], unknown>
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(schema), (any) => {
        const value = withoutEmpty(dto, any) as typeof any
        const data = Effect.runSync(
          Codec.encodeNotificationData(Contract.proposed, { ...dto, schema }, value)
        )
        const read = decode({ merchantNo: "BU1", eventType, data: overTheWire(data) })
        assert.deepStrictEqual(reveal(read.data), reveal(value))
      })
    )
  })
})

describe("empty text", () => {
  it("reads as absent where a field is optional, and sinks no notification", () => {
    const { data } = only("Trade", tradeWith({ amount: "", subOrderNo: "", eventTime: "" }))
    assert.isUndefined(data.amount)
    assert.isUndefined(data.subOrderNo)
    assert.isUndefined(data.eventTime)
  })

  it("is refused where a field is required", () => {
    assert.throws(() => decode(tradeWith({ orderNo: "" })))
  })
})

describe("threeDsDeadline", () => {
  const deadline = (expireTimeStamp: Codec.JsonValue) =>
    Notification.threeDsDeadline(
      only("ThreeDs", { ...threeDs, data: { authId: "A-1", cardId: "CD1", expireTimeStamp } }).data
    )

  it.each([
    [1770712596681, 1770712596681],
    ["1770712596681", 1770712596681],
    ["1770712596", 1770712596000],
    ["2026-02-10 08:36:36", 1770712596000]
  ])("reads %s", (text, milliseconds) => {
    assert.deepStrictEqual(deadline(text), Option.some(milliseconds))
  })

  it.each([null, "", "soon", "17707125966810", "-1770712596681", "2026-02-30 08:36:36"])(
    "leaves %s unread",
    (text) => {
      assert.deepStrictEqual(deadline(text), Option.none())
    }
  )
})

describe("kinds", () => {
  it("are the three of the vendor, under its names", () => {
    assert.deepStrictEqual(
      Object.entries(Notification.kinds).map(([kind, { eventName, key, subject }]) => [
        kind,
        eventName,
        `${subject.kind} ${subject.field}`,
        key.join(" ")
      ]),
      [
        ["Kyc", "kyc_status", "customer customerId", "customerId auditState"],
        ["ThreeDs", "3ds", "card cardId", "authId"],
        ["Trade", "trade", "card cardId", "orderNo subOrderNo eventType subType status subStatus"]
      ]
    )
  })

  it("take subject and key from fields there are", () => {
    for (const { data, key, subject } of Object.values(Notification.kinds)) {
      const fields: Dto.Fields = data.fields
      for (const field of [subject.field, ...key]) {
        assert.property(fields, field)
      }
      assert.isFalse(fields[subject.field]?.optional)
    }
  })

  it("have an envelope with a source for each field, and no others", () => {
    assert.deepStrictEqual(
      Object.keys(Notification.envelopeFields).sort(),
      [...Object.keys(Notification.Envelope.fields), "sign", "data"].sort()
    )
    for (const { provenance } of Object.values(Notification.envelopeFields)) {
      assert.strictEqual(provenance, "VENDOR")
    }
  })
})

describe("subject", () => {
  it("is the card or the customer a notification is about", () => {
    assert.deepStrictEqual(Notification.subject(decode(trade)), { kind: "card", id: "CDAU079126648V01" })
    assert.deepStrictEqual(Notification.subject(decode(threeDs)), { kind: "card", id: "CDAU079126648V01" })
    assert.deepStrictEqual(Notification.subject(decode(kyc)), { kind: "customer", id: "CU079126648" })
    assert.deepStrictEqual(Notification.subject(decode({ ...trade, eventType: "NEW" })), {
      kind: "none",
      id: ""
    })
  })
})

describe("businessKey", () => {
  const key = (message: Codec.JsonObject) => Notification.businessKey(decode(message))
  const keyFields = ["orderNo", "subOrderNo", "eventType", "subType", "status", "subStatus"] as const

  it("is the key of the kind", () => {
    assert.strictEqual(key(trade), Notification.tradeKey(only("Trade", trade).data))
    assert.strictEqual(key(kyc), Notification.kycKey(only("Kyc", kyc).data))
    assert.strictEqual(key(threeDs), Notification.threeDsKey(only("ThreeDs", threeDs).data))
    assert.isUndefined(key({ ...trade, eventType: "NEW" }))
  })

  it("of a transaction is order, sub-order, event type, sub-type, status and sub-status", () => {
    assert.strictEqual(key(trade), `["OR2026021012345678","SU2026021012345678",null,null,null,null]`)
    assert.strictEqual(
      key(tradeWith({ eventType: "a", subType: "b", status: "c", subStatus: "d" })),
      `["OR2026021012345678","SU2026021012345678","a","b","c","d"]`
    )
  })

  it("stays the same whatever else a re-send says, and changes with each of its parts", () => {
    const others = Object.keys(tradeData).filter(
      (field) => !keyFields.some((one) => one === field) && field !== "cardId"
    )
    for (const field of others) {
      assert.strictEqual(key(tradeWith({ [field]: "1" })), key(trade), field)
    }
    const changed = keyFields.map((field) => key(tradeWith({ [field]: "1" })))
    assert.strictEqual(new Set([key(trade), ...changed]).size, 7)
  })

  it("has a value of its own for what is absent, null or empty: not the word", () => {
    const { status: _, ...without } = tradeData
    assert.strictEqual(key({ ...trade, data: without }), key(tradeWith({ status: null })))
    assert.strictEqual(key({ ...trade, data: without }), key(tradeWith({ status: "" })))
    const distinct = [null, "null", "undefined", " ", "x", "x "].map((status) => key(tradeWith({ status })))
    assert.strictEqual(new Set(distinct).size, 6)
  })

  it("of a KYC result is customer and state, of a 3-D Secure request its id", () => {
    assert.strictEqual(key(kyc), `["CU079126648","2"]`)
    assert.strictEqual(key(threeDs), `["A-1"]`)
  })

  // Text with separators, quotes, escapes and nulls in it, on purpose.
  const part = FastCheck.oneof(
    FastCheck.constant(null),
    FastCheck.constantFrom("", "null", ",", '"', '","', "\\", '\\"', "[", "]", "null,null"),
    FastCheck.string()
  )
  const id = FastCheck.oneof(
    FastCheck.constantFrom('a","b', "a", "b", "a,b", '"', "\\"),
    FastCheck.string()
  ).filter((text) => text !== "" && text.trim() === text)
  const parts = FastCheck.tuple(id, FastCheck.option(id), part, part, part, part)
  const messageOf = (values: ReadonlyArray<string | null>) =>
    tradeWith(Object.fromEntries(keyFields.map((field, index) => [field, values[index] ?? null])))

  /** To the vendor empty is nothing. */
  const said = (values: ReadonlyArray<string | null | undefined>) =>
    JSON.stringify(values.map((value) => (value === "" ? null : value)))

  it.prop("never is the same for two transactions that differ in a part", [parts, parts], ([one, other]) => {
    assert.strictEqual(key(messageOf(one)) === key(messageOf(other)), said(one) === said(other))
  })

  it.prop("never is the same when parts trade places or run together", [parts], ([values]) => {
    const [order, sub, ...rest] = values
    const shifted = [order, sub, null, ...rest.slice(0, 3)]
    const joined = [order, sub, rest.map((text) => text ?? "null").join(","), null, null, null]
    for (const other of [shifted, joined]) {
      assert.strictEqual(key(messageOf(values)) === key(messageOf(other)), said(values) === said(other))
    }
  })

  it("never is the same for two kinds", () => {
    const same = "X"
    const keys = [
      key({ ...kyc, data: { customerId: same, auditState: same } }),
      key({ ...threeDs, data: { authId: same, cardId: same } }),
      key({ ...trade, data: { orderNo: same, cardId: same } })
    ]
    assert.strictEqual(new Set(keys).size, 3)
  })
})
