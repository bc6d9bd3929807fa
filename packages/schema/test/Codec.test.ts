import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { Amount } from "../src/Amount.js"
import * as Codec from "../src/Codec.js"
import { proposed } from "../src/Contract.js"
import { type Fields, noUnknownFields } from "../src/Dto.js"
import * as Ids from "../src/Ids.js"
import * as Operation from "../src/Operation.js"
import { anyRequest, anyResponse, names, reveal } from "./support.js"

const cardId = Ids.CardId.make("CDAU079126648V01")
const customerId = Ids.CustomerId.make("CU1")

const flip = <A>(effect: Effect.Effect<A, Codec.DataInvalid>): Codec.DataInvalid =>
  Effect.runSync(Effect.flip(effect))

describe.each(names)("%s", (name) => {
  it("sends no field that nobody has", () => {
    FastCheck.assert(
      FastCheck.property(anyRequest(name), (input) => {
        const more = { ...input, noSuchField: "x" }
        const error = flip(Codec.encodeRequest(proposed, name, more))
        assert.deepStrictEqual(
          [error.name, error.problems],
          [Operation.operations[name].request.name, [{ path: "noSuchField", problem: "is not a field here" }]]
        )
      }),
      { numRuns: 5 }
    )
  })

  it("passes over a received request's fields that nobody knows", () => {
    FastCheck.assert(
      FastCheck.property(anyRequest(name), (input) => {
        const data = Effect.runSync(Codec.encodeRequest(proposed, name, input))
        const read = Effect.runSync(
          Codec.decodeRequest(proposed, name, { ...data, toString: [{}], added: 1 })
        )
        assert.deepStrictEqual(reveal(read), reveal(input))
      }),
      { numRuns: 5 }
    )
  })

  it("names every missing field of a request", () => {
    const { request } = Operation.operations[name]
    const required = Object.entries(request.fields).filter(([, field]) => !field.optional)
    const decoded = Effect.runSync(Effect.either(Codec.decodeRequest(proposed, name, {})))
    assert.deepStrictEqual(
      decoded._tag === "Left" ? decoded.left.problems : [],
      required.map(([path]) => ({ path, problem: "is missing" }))
    )
  })

  it("reads null as absent in both directions", () => {
    const { request, response } = Operation.operations[name]
    for (const [dto, any, encode, decode] of [
      [request, anyRequest(name), Codec.encodeRequest, Codec.decodeRequest],
      [
        "dto" in response ? response.dto : undefined,
        anyResponse(name),
        Codec.encodeResponse,
        Codec.decodeResponse
      ]
    ] as const) {
      const fields: Fields = dto?.fields ?? {}
      const optional = Object.entries(fields).filter(([, field]) => field.optional)
      FastCheck.assert(
        FastCheck.property(any, (value) => {
          // Both halves of the table have the same form, which the union of the two hides.
          const data = Effect.runSync(encode(proposed, name, value as never))
          const withOptional = (member: null | undefined) =>
            (Array.isArray(data) ? data : [data]).map((item) =>
              typeof item === "object" && item !== null
                ? { ...item, ...Object.fromEntries(optional.map(([field]) => [field, member])) }
                : item
            )
          const read = (items: ReadonlyArray<unknown>) =>
            reveal(Effect.runSync(decode(proposed, name, (Array.isArray(data) ? items : items[0]) as never)))
          assert.deepStrictEqual(read(withOptional(null)), read(withOptional(undefined)))
        }),
        { numRuns: 20 }
      )
    }
  })
})

describe("encodeRequest", () => {
  // Hostile or careless input can put anything in a key's place, a card number included.
  it.each(["4111111111111111", "card_4111111111111111", "a b", "卡", "", "x".repeat(65)])(
    "refuses a field called %j without repeating what may be no name",
    (key) => {
      const error = flip(Codec.encodeRequest(proposed, "freezeCard", { cardId, [key]: 1 }))
      assert.deepStrictEqual(error.problems, [
        { path: `(key of ${key.length} characters)`, problem: "is not a field here" }
      ])
    }
  )

  it.effect("writes what the vendor is known to read", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* Codec.encodeRequest(proposed, "createCustomer", {
          customerCode: Ids.CustomerCode.make("test0001"),
          phone: undefined
        }),
        { customerCode: "test0001" }
      )
      assert.deepStrictEqual(
        yield* Codec.encodeRequest(proposed, "adjustBalance", {
          cardId,
          amount: Amount.unsafeFromText("20.00"),
          direction: "INCREASE",
          merchantOrderNo: Ids.MerchantOrderNo.make("EY1")
        }),
        { cardId: "CDAU079126648V01", amount: "20.00", direction: "INCREASE", merchantOrderNo: "EY1" }
      )
      assert.deepStrictEqual(
        yield* Codec.encodeRequest(proposed, "login", { apiKey: Redacted.make("key") }),
        {
          apiKey: "key"
        }
      )
      assert.deepStrictEqual(yield* Codec.encodeRequest(proposed, "listCardSamples", {}), {})
    })
  )

  const photo = Redacted.make("cGhvdG8=")
  const kyc = {
    customerId,
    firstName: "Ada",
    lastName: "Lovelace",
    birthday: "1990-12-31",
    nationality: "PH",
    idType: "PASSPORT",
    idNumber: Redacted.make("P1"),
    idFrontPhoto: photo
  }

  it("says where each wrong field lies and what was expected there, in one sentence", () => {
    const error = flip(
      Codec.encodeRequest(proposed, "submitKyc", {
        ...kyc,
        firstName: " ",
        birthday: "1990-02-30",
        nationality: "Philippines",
        idNumber: Redacted.make("")
      })
    )
    assert.strictEqual(
      error.message,
      "SubmitKycDto does not fit its schema: " +
        "firstName expected text that is not empty and has no blanks around it; " +
        "birthday expected a date such as 1990-12-31; " +
        "nationality expected an ISO 3166-1 alpha-2 code such as PH; " +
        "idNumber expected text that is not blank."
    )
  })

  it.each(["1990-02-29", "1990-13-01", "1990-1-1", "31.12.1990", "1990-12-31T00:00:00Z", ""])(
    "takes %j for no date",
    (birthday) => {
      assert.deepStrictEqual(
        flip(Codec.encodeRequest(proposed, "submitKyc", { ...kyc, birthday })).problems,
        [{ path: "birthday", problem: "expected a date such as 1990-12-31" }]
      )
    }
  )

  it.each(["0", "0.00", "-1"])("moves no amount of %s", (text) => {
    const error = flip(
      Codec.encodeRequest(proposed, "adjustBalance", {
        cardId,
        amount: Amount.unsafeFromText(text),
        direction: "INCREASE",
        merchantOrderNo: Ids.MerchantOrderNo.make("EY1")
      })
    )
    assert.deepStrictEqual(error.problems, [{ path: "amount", problem: "expected an amount above zero" }])
  })

  it("sets no negative limit, but takes zero", () => {
    const limit = (text: string) =>
      Codec.encodeRequest(proposed, "updateCardLimit", { cardId, dailyLimit: Amount.unsafeFromText(text) })
    assert.deepStrictEqual(flip(limit("-0.01")).problems, [
      { path: "dailyLimit", problem: "expected an amount that is not negative" }
    ])
    assert.deepStrictEqual(Effect.runSync(limit("0")), { cardId, dailyLimit: "0" })
  })

  it.each(["ada", "ada@", "@example.com", "ada @example.com", "a@b@c", ""])(
    "takes %j for no email",
    (email) => {
      assert.deepStrictEqual(
        flip(Codec.encodeRequest(proposed, "updateCardEmail", { cardId, email })).problems,
        [{ path: "email", problem: "expected an email address such as ada@example.com" }]
      )
    }
  )

  it.each([
    ["++63", "9171234567", "dialCode"],
    ["63000", "9171234567", "dialCode"],
    ["63", "+9171234567", "phoneNumber"],
    ["63", "917", "phoneNumber"]
  ])("takes %s %s for no phone number", (dialCode, phoneNumber, path) => {
    const error = flip(Codec.encodeRequest(proposed, "updateCardPhone", { cardId, dialCode, phoneNumber }))
    assert.deepStrictEqual(
      error.problems.map((problem) => problem.path),
      [path]
    )
  })
})

describe("decodeResponse", () => {
  it.effect("keeps the literal text of amounts and the numbers of ids", () =>
    Effect.gen(function* () {
      const detail = yield* Codec.decodeResponse(proposed, "getCardDetail", {
        cardId: 12345,
        status: 1,
        balance: "0.0000",
        dailyLimit: 100,
        currency: null,
        maskedCardNumber: "411111******1111",
        addedLater: "x"
      })
      assert.deepStrictEqual(reveal(detail), {
        cardId: "12345",
        status: "1",
        balance: { amount: "0.0000" },
        dailyLimit: { amount: "100" },
        maskedCardNumber: { redacted: "411111******1111" },
        unknownFields: { redacted: { addedLater: "x" } }
      })
    })
  )

  it.effect("reads a PIN as text or as the encrypted object", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(reveal(yield* Codec.decodeResponse(proposed, "getCardPin", "1234")), {
        redacted: "1234"
      })
      assert.deepStrictEqual(
        reveal(yield* Codec.decodeResponse(proposed, "getCardPin", { encryptData: "e", publicKey: "p" })),
        { encryptData: { redacted: "e" }, publicKey: "p", unknownFields: { redacted: {} } }
      )
    })
  )

  it("points into lists", () => {
    const error = flip(
      Codec.decodeResponse(proposed, "listCardSamples", [
        { cardSampleId: "S1", benefits: [{ benefitName: "cash back" }, { benefitName: true }] },
        { cardSampleId: "" }
      ])
    )
    assert.deepStrictEqual(error.problems, [
      { path: "[0].benefits[1].benefitName", problem: "expected a string or a number" },
      { path: "[1].cardSampleId", problem: "expected text that is not empty and has no blanks around it" }
    ])
  })

  it.each([null, "x", 1, true, [], [{}]])("does not take %j for an object", (data) => {
    const error = flip(Codec.decodeResponse(proposed, "createCustomer", data))
    assert.match(error.message, /^CustomerAddVo does not fit its schema: expected an object, got .+\.$/)
  })

  it.each([null, {}, "x", true])("does not take %j for a list", (data) => {
    const error = flip(Codec.decodeResponse(proposed, "listCustomerCards", data))
    assert.match(error.message, /^List<CardQueryVo> does not fit its schema: expected .+\.$/)
  })

  it.each([null, {}, "yes", 1])("does not take %j for yes", (data) => {
    assert.strictEqual(
      flip(Codec.decodeResponse(proposed, "freezeCard", data)).message,
      "Boolean does not fit its schema: expected true or false."
    )
  })

  // The names that every JavaScript object inherits, with what would send a careless look-up astray.
  it.each(["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"])(
    "is not misled by a field called %s",
    (key) => {
      const data: Codec.JsonObject = JSON.parse(`{"customerId":"C1","${key}":{"${key}":[{"${key}":1}]}}`)
      const value = Effect.runSync(Codec.decodeResponse(proposed, "createCustomer", data))
      assert.strictEqual(value.customerId, "C1")
      assert.deepStrictEqual(Effect.runSync(Codec.encodeResponse(proposed, "createCustomer", value)), data)
      const samples = Codec.decodeResponse(proposed, "listCardSamples", [{ cardSampleId: "S", ...data }])
      assert.strictEqual(Effect.runSync(samples).length, 1)
    }
  )
})

describe("encodeResponse", () => {
  it.effect("writes what the schema says, absent fields left out", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* Codec.encodeResponse(proposed, "createVirtualCard", {
          cardId,
          orderNo: undefined,
          unknownFields: noUnknownFields
        }),
        { cardId: "CDAU079126648V01" }
      )
      assert.strictEqual(yield* Codec.encodeResponse(proposed, "freezeCard", true), true)
      assert.strictEqual(
        yield* Codec.encodeResponse(proposed, "getCardPanHtml", Redacted.make("<html>")),
        "<html>"
      )
    })
  )
})
