/**
 * Two laws for every request, every response and every notification, under the proposed contract and under one that
 * renames every field: what is encoded reads back as it was, and what was received is written again as it came, but for the
 * forms that mean the same (null and absent, a number and its text). The seed is fixed; a failure prints it with its path.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { Amount } from "../src/Amount.js"
import * as Codec from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import type * as Dto from "../src/Dto.js"
import * as Ids from "../src/Ids.js"
import * as Notification from "../src/Notification.js"
import * as Operation from "../src/Operation.js"
import {
  anyRequest,
  anyResponse,
  decimalText,
  dtos,
  names,
  overTheWire,
  reveal,
  withoutEmpty
} from "./support.js"
import * as Wire from "./wire.js"

const parameters = { seed: 20_260_411, numRuns: 40 }

const run = Effect.runSync

const renamed = Contract.correct({
  fields: Object.fromEntries(
    dtos.map((dto) => [
      dto.name,
      Object.fromEntries(Object.keys(dto.fields).map((field) => [field, `x-${field}`]))
    ])
  )
})

const contracts = [
  ["as proposed", Contract.proposed],
  ["with every field renamed", renamed]
] as const

/** Keys in any order: JSON objects have none. */
const sameJson = (actual: unknown, expected: unknown) =>
  assert.deepStrictEqual(overTheWire(actual as never), overTheWire(expected as never))

describe.each(contracts)("the contract %s", (_, contract) => {
  describe.each(names)("%s", (name) => {
    const { request, response } = Operation.operations[name]

    it("reads back any request it wrote", () => {
      FastCheck.assert(
        FastCheck.property(anyRequest(name), (input) => {
          const data = run(Codec.encodeRequest(contract, name, input))
          assert.isTrue(
            contract === Contract.proposed || Object.keys(data).every((key) => key.startsWith("x-"))
          )
          const read = run(Codec.decodeRequest(contract, name, overTheWire(data)))
          assert.deepStrictEqual(reveal(read), reveal(input))
        }),
        parameters
      )
    })

    it("writes any request as it came, without what it does not know", () => {
      FastCheck.assert(
        FastCheck.property(Wire.object(contract, request, true), ({ received, sent }) => {
          const read = run(Codec.decodeRequest(contract, name, received))
          sameJson(run(Codec.encodeRequest(contract, name, read)), sent)
        }),
        parameters
      )
    })

    it("reads back any response it wrote", () => {
      FastCheck.assert(
        FastCheck.property(anyResponse(name), (value) => {
          const data = run(Codec.encodeResponse(contract, name, value))
          const read = run(Codec.decodeResponse(contract, name, overTheWire(data)))
          assert.deepStrictEqual(reveal(read), reveal(value))
        }),
        parameters
      )
    })

    it("writes any response as it came, with what it does not know", () => {
      FastCheck.assert(
        FastCheck.property(Wire.answer(contract, response), ({ received, sent }) => {
          const read = run(Codec.decodeResponse(contract, name, received ?? null))
          sameJson(run(Codec.encodeResponse(contract, name, read)), sent)
        }),
        parameters
      )
    })
  })

  describe.each(["Kyc", "ThreeDs", "Trade"] as const)("%s", (kind) => {
    const { data: dto, meaning } = Notification.kinds[kind]
    const eventType = Contract.wireValueOf(contract, "eventType", meaning)
    const message = (data: Codec.JsonValue): Codec.JsonObject => ({
      merchantNo: "BU078255558",
      eventType: eventType._tag === "Some" ? eventType.value : "",
      data
    })

    const write = (notification: Notification.Notification): Codec.JsonObject => {
      switch (notification._tag) {
        case "Kyc":
          return run(Codec.encodeNotificationData(contract, Notification.KycData, notification.data))
        case "ThreeDs":
          return run(Codec.encodeNotificationData(contract, Notification.ThreeDsData, notification.data))
        case "Trade":
          return run(Codec.encodeNotificationData(contract, Notification.TradeData, notification.data))
        case "Unknown":
          return assert.fail("the contract knows this event type")
      }
    }

    it("reads back any notification it wrote", () => {
      const any = (Arbitrary.make as (schema: unknown) => FastCheck.Arbitrary<unknown>)(dto.schema)
      FastCheck.assert(
        FastCheck.property(any, (generated) => {
          const data = withoutEmpty(dto, generated)
          const encode = Codec.encodeNotificationData as unknown as (
            contract: Contract.ContractService,
            dto: Dto.Dto,
            data: unknown
          ) => Effect.Effect<Codec.JsonObject, Codec.DataInvalid>
          const written = run(encode(contract, dto, data))
          const read = run(Codec.decodeNotification(contract, message(overTheWire(written))))
          assert.strictEqual(read._tag, kind)
          assert.deepStrictEqual(reveal(read.data), reveal(data))
        }),
        parameters
      )
    })

    it("writes any notification as it came, with what it does not know", () => {
      FastCheck.assert(
        FastCheck.property(Wire.object(contract, dto), ({ received, sent }) => {
          const read = run(Codec.decodeNotification(contract, message(received)))
          sameJson(write(read), sent)
        }),
        parameters
      )
    })

    it("has one subject and one key, whatever form its values came in", () => {
      FastCheck.assert(
        FastCheck.property(Wire.object(contract, dto), ({ received, sent }) => {
          const first = run(Codec.decodeNotification(contract, message(received)))
          const again = run(Codec.decodeNotification(contract, message(sent)))
          assert.deepStrictEqual(Notification.subject(first), Notification.subject(again))
          assert.strictEqual(Notification.businessKey(first), Notification.businessKey(again))
        }),
        parameters
      )
    })
  })

  it("keeps a notification of an unknown kind whole", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), FastCheck.json(), (suffix, text) => {
        const data: Codec.JsonValue = JSON.parse(text)
        const eventType = `CARD_${suffix}`
        const read = run(Codec.decodeNotification(contract, { merchantNo: "BU1", eventType, data }))
        assert.strictEqual(read._tag, "Unknown")
        assert.strictEqual(read.envelope.eventType, eventType)
        assert.deepStrictEqual(read._tag === "Unknown" && Redacted.value(read.data), data)
        assert.deepStrictEqual(Notification.subject(read), { kind: "none", id: "" })
        assert.isUndefined(Notification.businessKey(read))
      }),
      parameters
    )
  })

  it("keeps text and scale of every amount of a transaction", () => {
    const amounts = Object.entries(Notification.TradeData.fields)
      .filter(([name]) => /amount|fee|principal|refund|reversal/i.test(name))
      .map(([name]) => name)
    assert.strictEqual(amounts.length, 16)
    FastCheck.assert(
      FastCheck.property(FastCheck.array(decimalText, { minLength: 16, maxLength: 16 }), (texts) => {
        const wire = Object.fromEntries(
          amounts.map((name, index) => [
            Contract.wireNameOf(contract, Notification.TradeData, name),
            texts[index] ?? ""
          ])
        )
        const orderNo = Contract.wireNameOf(contract, Notification.TradeData, "orderNo")
        const cardId = Contract.wireNameOf(contract, Notification.TradeData, "cardId")
        const { data } = run(
          Codec.decodeNotification(contract, {
            merchantNo: "BU1",
            eventType: "TRADE",
            data: { ...wire, [orderNo]: "OR1", [cardId]: "CD1" }
          })
        )
        const read = new Map<string, unknown>(Object.entries(data))
        amounts.forEach((name, index) => {
          const amount = read.get(name)
          const text = texts[index] ?? ""
          assert.strictEqual(amount instanceof Amount ? amount.text : amount, text)
          assert.strictEqual(amount instanceof Amount && amount.value.scale, text.split(".")[1]?.length ?? 0)
        })
      }),
      parameters
    )
  })

  it("reads null, empty and absent as one, in any answer", () => {
    const dto: Dto.Dto =
      Operation.operations.getCardDetail.response.dto ?? assert.fail("it answers an object")
    const optional = Object.entries(dto.fields).flatMap(([name, field]) =>
      field.optional ? [Contract.wireNameOf(contract, dto, name)] : []
    )
    const required = {
      [Contract.wireNameOf(contract, dto, "cardId")]: "CD1",
      [Contract.wireNameOf(contract, dto, "status")]: "ACTIVE"
    }
    const read = (data: Codec.JsonObject) =>
      reveal(run(Codec.decodeResponse(contract, "getCardDetail", data)))
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.constantFrom(null, "", undefined), {
          minLength: optional.length,
          maxLength: optional.length
        }),
        (forms) => {
          const data = Object.fromEntries(
            optional.flatMap((name, index) => {
              const form = forms[index]
              return form === undefined ? [] : [[name, form]]
            })
          )
          assert.deepStrictEqual(read({ ...required, ...data }), read(required))
        }
      ),
      parameters
    )
  })
})

describe("a transaction's key", () => {
  const trade = (fields: Codec.JsonObject) => {
    const read = run(
      Codec.decodeNotification(Contract.proposed, {
        merchantNo: "BU1",
        eventType: "TRADE",
        data: { orderNo: "OR1", cardId: Ids.CardId.make("CD1"), ...fields }
      })
    )
    return read._tag === "Trade" ? read : assert.fail("it is a transaction")
  }

  it("tells the six kinds apart wherever the contract reads them", () => {
    for (const field of Notification.TradeKindField.literals) {
      const keys = Object.keys(Contract.proposed.enums.tradeKind).map((kind) =>
        Notification.businessKey(trade({ [field]: kind }), field)
      )
      assert.strictEqual(new Set(keys).size, 6, field)
    }
  })

  it("does not take the category for a part of it otherwise", () => {
    const one = trade({ transactionCategory: "A" })
    const other = trade({ transactionCategory: "B" })
    assert.strictEqual(Notification.businessKey(one), Notification.businessKey(other))
    assert.notStrictEqual(
      Notification.tradeKey(one.data, "transactionCategory"),
      Notification.tradeKey(other.data, "transactionCategory")
    )
  })
})
