import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Contract from "../src/Contract.js"
import { dtos, prints } from "./support.js"

const problems = (overrides: unknown): ReadonlyArray<string> =>
  Either.match(Contract.fromJson(JSON.stringify(overrides)), {
    onLeft: (invalid) => invalid.problems,
    onRight: () => []
  })

describe("the proposed contract", () => {
  it("says what SPEC and VENDOR say", () => {
    assert.deepInclude(Contract.proposed, {
      version: "v1.0",
      successCode: "200",
      acknowledgement: "OK",
      sandboxUrl: "https://sandbox-api.yunmo.io",
      fields: {}
    })
    assert.deepStrictEqual(Contract.proposed.enums.eventType, { KYC: "kyc", _3DS: "threeDs", TRADE: "trade" })
  })

  it("labels each enum, and only what is known as more than a proposal", () => {
    const { enums, enumSources } = Contract.proposed
    assert.deepStrictEqual(Object.keys(enumSources).sort(), Object.keys(enums).sort())
    assert.deepStrictEqual(
      Object.entries(enumSources).filter(([, source]) => source !== "PROPOSED"),
      [
        ["kycState", "SIBLING"],
        ["eventType", "VENDOR"]
      ]
    )
  })

  it("has a wire value for every meaning, and reads it back", () => {
    for (const [name, meaning] of Object.entries(Contract.Meanings)) {
      const enumName = name as Contract.EnumName
      for (const literal of meaning.literals) {
        const raw = Contract.wireValueOf(Contract.proposed, enumName, literal as never)
        assert.deepStrictEqual(
          Option.flatMap(raw, (value) => Contract.meaningOf(Contract.proposed, enumName, value)),
          Option.some(literal),
          `${name} ${literal}`
        )
      }
    }
  })

  it.effect("holds without any layer", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Contract.Contract, Contract.proposed)
    })
  )
})

describe("meaningOf", () => {
  it.each([
    "constructor",
    "__proto__",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "",
    " ",
    "success",
    "SUCCESS "
  ])("gives %j no meaning", (raw) => {
    for (const name of Object.keys(Contract.Meanings)) {
      assert.deepStrictEqual(
        Contract.meaningOf(Contract.proposed, name as Contract.EnumName, raw),
        Option.none(),
        name
      )
    }
  })

  it("gives what is not there no meaning", () => {
    assert.deepStrictEqual(Contract.meaningOf(Contract.proposed, "orderStatus", undefined), Option.none())
  })
})

describe("wireValueOf", () => {
  it("is the first value given to a meaning, and none when no value has it", () => {
    const contract = Contract.correct({ enums: { orderStatus: { OK: "done", FINE: "done" } } })
    assert.deepStrictEqual(Contract.wireValueOf(contract, "orderStatus", "done"), Option.some("OK"))
    assert.deepStrictEqual(Contract.wireValueOf(contract, "orderStatus", "failed"), Option.none())
  })

  it("takes whole numbers first, smallest first", () => {
    const contract = Contract.correct({ enums: { orderStatus: { OK: "done", "2": "done", "1": "done" } } })
    assert.deepStrictEqual(Contract.wireValueOf(contract, "orderStatus", "done"), Option.some("1"))
  })
})

describe("codeOf", () => {
  it.each(["200", "9999999", "", "constructor", "__proto__", "toString"])("knows no failure %j", (code) => {
    assert.deepStrictEqual(Contract.codeOf(Contract.proposed, code), Option.none())
  })

  it("knows the vendor's", () => {
    assert.strictEqual(
      Option.getOrThrow(Contract.codeOf(Contract.proposed, "4000004")).name,
      "CustomerCodeExists"
    )
  })
})

describe("correct", () => {
  it("changes nothing when there is nothing to correct", () => {
    assert.deepStrictEqual(Contract.correct({}), Contract.proposed)
  })

  it("leaves the contract it starts from alone", () => {
    const before = JSON.stringify(Contract.proposed)
    Contract.correct({
      version: "V1.0",
      paths: { login: "/x" },
      enums: { kycState: {} },
      fields: { KycDto: { customerId: "id" } }
    })
    assert.strictEqual(JSON.stringify(Contract.proposed), before)
  })

  it("takes scalars as they are", () => {
    const scalars = {
      version: "V1.0",
      successCode: "0",
      acknowledgement: "SUCCESS",
      sandboxUrl: "https://test.example.com",
      tradeKindField: "eventType"
    } as const
    assert.deepInclude(Contract.correct(scalars), scalars)
  })

  it("corrects single paths, and says whose word that is", () => {
    const { paths } = Contract.correct({ paths: { createCustomer: "/v1/customers" } })
    assert.deepStrictEqual(paths.createCustomer, { path: "/v1/customers", source: "MERCHANT" })
    assert.deepStrictEqual(paths.login, Contract.proposed.paths.login)
  })

  it("replaces an enum whole, and leaves the others", () => {
    const contract = Contract.correct({ enums: { orderStatus: { "0": "pending", "1": "done" } } })
    assert.deepStrictEqual(contract.enums.orderStatus, { "0": "pending", "1": "done" })
    assert.deepStrictEqual(Contract.meaningOf(contract, "orderStatus", "SUCCESS"), Option.none())
    assert.deepStrictEqual(contract.enums.cardStatus, Contract.proposed.enums.cardStatus)
    assert.deepStrictEqual(
      [contract.enumSources.orderStatus, contract.enumSources.cardStatus],
      ["MERCHANT", "PROPOSED"]
    )
  })

  it("keeps the error name of a listed code, and makes a new one an unknown code with a meaning", () => {
    const row = { meaning: "as documented in 2026", advice: "stop", refused: true } as const
    const { codes } = Contract.correct({ codes: { "4000000": row, "4990001": row, constructor: row } })
    assert.deepStrictEqual(codes["4000000"], { ...row, name: "BusinessAnomaly", source: "MERCHANT" })
    assert.deepStrictEqual(codes["4990001"], { ...row, name: "UnknownResponseCode", source: "MERCHANT" })
    assert.deepStrictEqual(codes["constructor"], { ...row, name: "UnknownResponseCode", source: "MERCHANT" })
    assert.deepStrictEqual(codes["4000001"], Contract.proposed.codes["4000001"])
  })

  it("adds to earlier corrections", () => {
    const first = Contract.correct({
      fields: { CustomerAddDto: { phone: "mobile" } },
      paths: { login: "/a" }
    })
    const second = Contract.correct(
      { fields: { CustomerAddDto: { email: "mail" }, KycDto: { customerId: "id" } }, version: "V1.0" },
      first
    )
    assert.deepStrictEqual(second.fields, {
      CustomerAddDto: { phone: "mobile", email: "mail" },
      KycDto: { customerId: "id" }
    })
    assert.strictEqual(second.paths.login.path, "/a")
    assert.strictEqual(second.version, "V1.0")
  })
})

describe("fromJson", () => {
  it("reads what correct takes", () => {
    const overrides: Contract.Overrides = {
      version: "V1.0",
      paths: { createCustomer: "/v1/customers" },
      codes: { "4990001": { meaning: "balance too low", advice: "stop", refused: true } },
      fields: { CustomerAddDto: { phone: "mobile" } },
      enums: { orderStatus: { "1": "done" } },
      tradeKindField: "transactionCategory"
    }
    assert.deepStrictEqual(
      Either.getOrThrow(Contract.fromJson(JSON.stringify(overrides))),
      Contract.correct(overrides)
    )
    assert.deepStrictEqual(Either.getOrThrow(Contract.fromJson("{}")), Contract.proposed)
  })

  it("reads the example of the README", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
    const contract = Either.getOrThrow(Contract.fromJson(/```json\n([\s\S]+?)```/.exec(readme)?.[1] ?? ""))
    assert.strictEqual(contract.paths.createCustomer.source, "MERCHANT")
    assert.strictEqual(contract.codes["4990001"]?.refused, true)
  })

  it("names every wrong entry", () => {
    const found = problems({
      version: "",
      successCode: 200,
      colour: "red",
      paths: { createCustomer: "v1/customers", login: "/a?b", noSuchOperation: "/x" },
      codes: { "1": { meaning: "m", advice: "pray", refused: "no" }, "2": {} },
      fields: { NoSuchDto: { a: "b" }, CustomerAddDto: { zip: "plz" }, constructor: { a: "b" } },
      enums: { orderStatus: { "1": "finished" }, weather: {} },
      tradeKindField: "kind"
    })
    const paths = found.map((problem) => problem.slice(0, problem.indexOf(":"))).sort()
    assert.deepStrictEqual(paths, [
      "codes.1.advice",
      "codes.1.refused",
      "codes.2.advice",
      "codes.2.meaning",
      "codes.2.refused",
      "colour",
      "enums.orderStatus.1",
      "enums.weather",
      "fields.CustomerAddDto.zip",
      "fields.NoSuchDto",
      "fields.constructor",
      "paths.createCustomer",
      "paths.login",
      "paths.noSuchOperation",
      "successCode",
      "tradeKindField",
      "version"
    ])
  })

  it("says what would be right", () => {
    assert.deepStrictEqual(problems({ enums: { orderStatus: { "1": "finished" } } }), [
      'enums.orderStatus.1: expected "pending" | "done" | "failed"'
    ])
    assert.deepStrictEqual(problems({ fields: { CustomerAddDto: { zip: "plz" } } }), [
      "fields.CustomerAddDto.zip: CustomerAddDto has no such field (it has customerCode, email, phone)"
    ])
    assert.deepStrictEqual(problems({ paths: { login: "login" } }), [
      "paths.login: expected a path that begins with /"
    ])
  })

  it("refuses two fields under one name, which could not both arrive", () => {
    assert.deepStrictEqual(problems({ fields: { CustomerAddDto: { phone: "email" } } }), [
      'fields.CustomerAddDto.phone: another field is called "email" too'
    ])
    assert.strictEqual(
      problems({ fields: { CustomerAddDto: { phone: "contact", email: "contact" } } }).length,
      2
    )
    assert.deepStrictEqual(problems({ fields: { CustomerAddDto: { phone: "email", email: "phone" } } }), [])
  })

  it("knows every data object by name", () => {
    for (const dto of dtos) {
      const [field] = Object.keys(dto.fields)
      assert.deepStrictEqual(
        problems({ fields: { [dto.name]: field === undefined ? {} : { [field]: "other" } } }),
        []
      )
    }
  })

  it.each(["", "{", "[]", "null", '"x"', "1", '{"paths":[]}', '{"fields":1}', '{"__proto__":{}}'])(
    "refuses %s in one short sentence",
    (text) => {
      const invalid = Either.getOrThrow(Either.flip(Contract.fromJson(text)))
      assert.strictEqual(invalid._tag, "ContractInvalid")
      assert.match(
        invalid.message,
        /^The contract's corrections cannot be used: .+\. Correct the named entries\.$/s
      )
      assert.isBelow(invalid.message.length, 300)
    }
  )
})

describe("layers", () => {
  it.effect("give a corrected contract to whoever asks", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Contract.Contract).version, "V1.0")
    }).pipe(Effect.provide(Contract.layer({ version: "V1.0" })))
  )

  it.effect("from JSON too", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Contract.Contract).version, "V1.0")
    }).pipe(Effect.provide(Contract.layerJson('{"version":"V1.0"}')))
  )

  it.effect("fail with every wrong entry named", () =>
    Effect.gen(function* () {
      const error = yield* Contract.Contract.pipe(
        Effect.provide(Contract.layerJson('{"version":"","paths":{"x":"/y"}}')),
        Effect.flip
      )
      assert.strictEqual(error.problems.length, 2)
      assert.include(prints(error), "paths.x")
    })
  )
})
