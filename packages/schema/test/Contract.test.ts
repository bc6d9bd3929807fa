import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Contract from "../src/Contract.js"
import * as Customer from "../src/Customer.js"
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

  it("labels each single value", () => {
    const { signature, sources } = Contract.proposed
    assert.deepStrictEqual(sources, {
      version: "SPEC",
      successCode: "VENDOR",
      acknowledgement: "VENDOR",
      sandboxUrl: "SPEC",
      tradeKindField: "PROPOSED",
      "signature.nested": "PROPOSED",
      "signature.responses": "PROPOSED"
    })
    assert.deepStrictEqual(signature, { nested: "refuse", responses: "whenPresent", exempt: {} })
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

describe("wireNameOf and sourceOfField", () => {
  const dto = Customer.CustomerAddDto
  const contract = Contract.correct({ fields: { CustomerAddDto: { phone: "mobile" } } })

  it("tell a renamed field from the others", () => {
    assert.strictEqual(Contract.wireNameOf(contract, dto, "phone"), "mobile")
    assert.strictEqual(Contract.wireNameOf(contract, dto, "email"), "email")
    assert.deepStrictEqual(Contract.sourceOfField(contract, dto, "phone"), Option.some("MERCHANT"))
    assert.deepStrictEqual(Contract.sourceOfField(contract, dto, "email"), Option.some("PROPOSED"))
    assert.deepStrictEqual(Contract.sourceOfField(contract, dto, "customerCode"), Option.some("SPEC"))
    assert.deepStrictEqual(Contract.sourceOfField(Contract.proposed, dto, "phone"), Option.some("PROPOSED"))
  })

  it.each(["zip", "", "constructor", "__proto__"])("know no field %j", (field) => {
    assert.deepStrictEqual(Contract.sourceOfField(contract, dto, field), Option.none())
    assert.strictEqual(Contract.wireNameOf(contract, dto, field), field)
  })

  it("have a source for every field of every data object", () => {
    assert.deepStrictEqual(
      Contract.dataObjects.map(({ name }) => name).sort(),
      dtos.map(({ name }) => name).sort()
    )
    for (const object of Contract.dataObjects) {
      for (const [field, { provenance }] of Object.entries(object.fields)) {
        assert.deepStrictEqual(
          Contract.sourceOfField(Contract.proposed, object, field),
          Option.some(provenance)
        )
      }
    }
  })
})

describe("sourceOfValue", () => {
  const of = (contract: Contract.ContractService, raw: string) =>
    Option.getOrUndefined(Contract.sourceOfValue(contract, "kycState", raw))

  it("knows single values better or worse than their enum", () => {
    assert.deepStrictEqual(
      ["-1", "0", "1", "2", "3", "toString"].map((raw) => of(Contract.proposed, raw)),
      ["PROPOSED", "PROPOSED", "SIBLING", "VENDOR", undefined, undefined]
    )
    assert.deepStrictEqual(
      Contract.sourceOfValue(Contract.proposed, "eventType", "_3DS"),
      Option.some("VENDOR")
    )
  })

  it("says MERCHANT of an enum that was replaced, whatever the value was before", () => {
    const contract = Contract.correct({ enums: { kycState: { "2": "rejected" } } })
    assert.deepStrictEqual([of(contract, "2"), of(contract, "1")], ["MERCHANT", undefined])
  })
})

describe("exemptOf", () => {
  it("gives names as they stand on the wire", () => {
    const contract = Contract.correct({
      fields: { SubmitKycDto: { idFrontPhoto: "front" } },
      signature: { exempt: { submitKyc: ["idFrontPhoto", "idBackPhoto"] } }
    })
    assert.deepStrictEqual(Contract.exemptOf(contract, "submitKyc"), ["front", "idBackPhoto"])
    assert.deepStrictEqual(Contract.exemptOf(contract, "login"), [])
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
    const listed = { name: "BusinessAnomaly", family: "customer", source: "MERCHANT" } as const
    const own = { name: "UnknownResponseCode", family: "unspecified", source: "MERCHANT" } as const
    assert.deepStrictEqual(codes["4000000"], { ...row, ...listed })
    assert.deepStrictEqual(codes["4990001"], { ...row, ...own })
    assert.deepStrictEqual(codes["constructor"], { ...row, ...own })
    assert.deepStrictEqual(codes["4000001"], Contract.proposed.codes["4000001"])
  })

  it("puts a code of the merchant's own into a family, and leaves a listed one in its own", () => {
    const row = { meaning: "m", advice: "stop", refused: true, family: "order" } as const
    const first = Contract.correct({ codes: { "4990001": row, "2000001": row } })
    assert.strictEqual(first.codes["4990001"]?.family, "order")
    assert.strictEqual(first.codes["2000001"]?.family, "authentication")
    const { family: _, ...again } = row
    const second = Contract.correct({ codes: { "4990001": { ...again, meaning: "n" } } }, first)
    assert.deepInclude(second.codes["4990001"], {
      meaning: "n",
      family: "order",
      name: "UnknownResponseCode"
    })
  })

  it("takes signature policies one by one", () => {
    const { signature, sources } = Contract.correct({ signature: { nested: "compactJson" } })
    assert.deepStrictEqual(signature, { nested: "compactJson", responses: "whenPresent", exempt: {} })
    assert.strictEqual(sources["signature.nested"], "MERCHANT")
    assert.strictEqual(sources["signature.responses"], "PROPOSED")
    const always = Contract.correct({ signature: { responses: "always" } })
    assert.deepStrictEqual(always.signature, { nested: "refuse", responses: "always", exempt: {} })
    assert.strictEqual(always.sources["signature.responses"], "MERCHANT")
    assert.strictEqual(always.sources["signature.nested"], "PROPOSED")
  })

  it("labels what it touches, and nothing else", () => {
    const scalars = {
      version: "V1.0",
      successCode: "0",
      acknowledgement: "SUCCESS",
      sandboxUrl: "https://test.example.com",
      tradeKindField: "eventType"
    } as const
    for (const [name, value] of Object.entries(scalars)) {
      const { sources } = Contract.correct({ [name]: value })
      assert.deepStrictEqual(sources, { ...Contract.proposed.sources, [name]: "MERCHANT" })
    }
    assert.deepStrictEqual(Contract.correct({ paths: { login: "/x" } }).sources, Contract.proposed.sources)
  })

  it("adds exempt fields by operation", () => {
    const first = Contract.correct({ signature: { exempt: { submitKyc: ["idFrontPhoto"] } } })
    const second = Contract.correct({ signature: { exempt: { login: ["apiKey"] } } }, first)
    assert.deepStrictEqual(second.signature.exempt, { submitKyc: ["idFrontPhoto"], login: ["apiKey"] })
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

  it("takes signature policies", () => {
    const signature: Contract.Overrides["signature"] = {
      nested: "omit",
      responses: "never",
      exempt: { submitKyc: ["idFrontPhoto"], listCardSamples: [] }
    }
    assert.deepStrictEqual(
      Either.getOrThrow(Contract.fromJson(JSON.stringify({ signature }))).signature,
      signature
    )
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
      tradeKindField: "kind",
      signature: {
        nested: "toString",
        responses: "always",
        exempt: { submitKyc: ["photo", 1], createCustomer: "all", noSuch: [] },
        colour: "red"
      }
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
      "signature.colour",
      "signature.exempt.createCustomer",
      "signature.exempt.noSuch",
      "signature.exempt.submitKyc",
      "signature.exempt.submitKyc.1",
      "signature.nested",
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

  it.each<[unknown, string]>([
    [{ pathes: {} }, "pathes: there is no setting of this name (did you mean paths?)"],
    [{ Version: "V1.0" }, "Version: there is no setting of this name (did you mean version?)"],
    [{ vesrion: "V1.0" }, "vesrion: there is no setting of this name (did you mean version?)"],
    [
      { colour: 1 },
      "colour: there is no setting of this name (there are version, successCode, acknowledgement, sandboxUrl, paths, codes, fields, enums, tradeKindField, signature)"
    ],
    [{ paths: { logIn: "/x" } }, "paths.logIn: there is no operation of this name (did you mean login?)"],
    [{ paths: { pay: "/x" } }, "paths.pay: there is no operation of this name"],
    [
      { enums: { orderStatu: {} } },
      "enums.orderStatu: there is no enum of this name (did you mean orderStatus?)"
    ],
    [
      { fields: { CustomerAddDTO: {} } },
      "fields.CustomerAddDTO: there is no data object of this name (did you mean CustomerAddDto?)"
    ],
    [
      { fields: { CustomerAddDto: { phones: "mobile" } } },
      "fields.CustomerAddDto.phones: CustomerAddDto has no such field (did you mean phone?)"
    ],
    [
      { fields: { Object: { phones: "mobile" } } },
      "fields.Object.phones: Object has no such field (it has none)"
    ],
    [
      { codes: { "1": { meaning: "m", advise: "stop", advice: "stop", refused: true } } },
      "codes.1.advise: there is no setting of a code of this name (did you mean advice?)"
    ],
    [
      { signature: { nest: "omit" } },
      "signature.nest: there is no setting of the signature of this name (there are nested, responses, exempt)"
    ],
    [
      { signature: { exempt: { submitKYC: [] } } },
      "signature.exempt.submitKYC: there is no operation of this name (did you mean submitKyc?)"
    ],
    [
      { signature: { exempt: { submitKyc: ["idPhoto"] } } },
      'signature.exempt.submitKyc: "idPhoto": SubmitKycDto has no such field (it has customerId, firstName, lastName, birthday, nationality, idType, idNumber, idFrontPhoto, idBackPhoto)'
    ],
    [{ version: " v1" }, "version: expected text without blanks around it"],
    [{ version: 1 }, "version: expected text without blanks around it"],
    [{ successCode: "2 00" }, "successCode: expected a code, as text without blanks"],
    [{ successCode: 200 }, "successCode: expected a code, as text without blanks"],
    [{ paths: [] }, "paths: expected an object"],
    [
      { enums: { orderStatus: { "1": "Done" } } },
      'enums.orderStatus.1: expected "pending" | "done" | "failed"'
    ],
    [[], "the document: expected an object"],
    [null, "the document: expected an object"]
  ])("of %j says just that", (overrides, problem) => {
    assert.deepStrictEqual(problems(overrides), [problem])
  })

  it("refuses one path for two operations, and names both", () => {
    assert.deepStrictEqual(problems({ paths: { login: "/x", getCardPin: "/x" } }), [
      "paths.login: login and getCardPin have the same path /x; each operation needs one of its own"
    ])
    // With a path that was only proposed, too: the vendor cannot have both.
    assert.deepStrictEqual(
      problems({ paths: { createCustomer: Contract.proposed.paths.queryCustomer.path } }),
      [
        "paths.createCustomer: createCustomer and queryCustomer have the same path /customer/query; each operation needs one of its own"
      ]
    )
    const { freezeCard, unfreezeCard } = Contract.proposed.paths
    assert.deepStrictEqual(
      problems({ paths: { freezeCard: unfreezeCard.path, unfreezeCard: freezeCard.path } }),
      []
    )
  })

  it("refuses a success that is a failure, however it comes about", () => {
    const row = { meaning: "m", advice: "stop", refused: true }
    assert.deepStrictEqual(problems({ successCode: "4000001" }), [
      "successCode: 4000001 is listed in codes, as one of failure"
    ])
    assert.deepStrictEqual(problems({ successCode: "0", codes: { "0": row } }), [
      "successCode: 0 is listed in codes, as one of failure"
    ])
    assert.deepStrictEqual(problems({ codes: { "200": row } }), [
      "codes.200: this is the code of success, it cannot be one of failure"
    ])
    assert.deepStrictEqual(problems({ successCode: "0", codes: { "200": row } }), [])
  })

  it.each([" 4990001", "4990001 ", "499 0001", "", "4990001\n"])("refuses the code %j", (code) => {
    assert.deepStrictEqual(problems({ codes: { [code]: { meaning: "m", advice: "stop", refused: true } } }), [
      `codes: ${JSON.stringify(code)} is no code; write it without blanks`
    ])
  })

  it.each(["", " ", " 1", "1\n", "\u00a0"])("refuses %j as a value of an enum", (value) => {
    assert.deepStrictEqual(problems({ enums: { orderStatus: { [value]: "done" } } }), [
      `enums.orderStatus: ${JSON.stringify(value)} is no value of the wire; write the vendor's own, without blanks around it`
    ])
  })

  describe("fields under the envelope's names", () => {
    const unsigned = (name: string, field: string, wire: string) =>
      `fields.${name}.${field}: ${field} cannot be called "${wire}": the envelope has a ${wire}, which no signature covers, and ${field} would not be signed either`
    const mixed = (name: string, field: string, wire: string) =>
      `fields.${name}.${field}: ${field} cannot be called "${wire}": the envelope has a ${wire}, and in the signed text the two could not be told apart`
    const inRequests = ["merchantNo", "requestTime", "version", "nonce", "data"]

    it.each([
      ["CardRechargeDto", "amount", inRequests],
      ["TradeNotification", "amount", [...inRequests, "eventName"]],
      ["KycNotification", "auditState", [...inRequests, "eventType", "eventName"]],
      ["ThreeDsNotification", "txnAmount", [...inRequests, "eventType", "eventName"]]
    ] as const)("are refused in %s, which is signed with it", (name, field, names) => {
      for (const wire of ["sign", "token"]) {
        assert.deepStrictEqual(problems({ fields: { [name]: { [field]: wire } } }), [
          unsigned(name, field, wire)
        ])
      }
      for (const wire of names) {
        assert.deepStrictEqual(problems({ fields: { [name]: { [field]: wire } } }), [
          mixed(name, field, wire)
        ])
      }
    })

    it("are refused in an answer where they would never be signed", () => {
      assert.deepStrictEqual(problems({ fields: { CardRechargeVo: { status: "token" } } }), [
        unsigned("CardRechargeVo", "status", "token")
      ])
      assert.deepStrictEqual(problems({ fields: { CardRechargeVo: { status: "version" } } }), [])
    })

    it("may be the vendor's own of the same data object", () => {
      assert.deepStrictEqual(
        problems({ fields: { TradeNotification: { subType: "eventType", eventType: "kind" } } }),
        []
      )
      assert.deepStrictEqual(problems({ fields: { TradeNotification: { eventType: "eventType" } } }), [])
    })
  })

  it("leaves a listed code in its family", () => {
    const row = { meaning: "m", advice: "stop", refused: true }
    assert.deepStrictEqual(problems({ codes: { "2000001": { ...row, family: "card" } } }), [
      "codes.2000001.family: the family of a listed code stays authentication"
    ])
    assert.deepStrictEqual(problems({ codes: { "2000001": { ...row, family: "authentication" } } }), [])
    assert.deepStrictEqual(problems({ codes: { "4990001": { ...row, family: "card" } } }), [])
    assert.deepStrictEqual(problems({ codes: { "4990001": { ...row, family: "cards" } } }), [
      'codes.4990001.family: expected "unspecified" | "parameters" | "authentication" | "server" | "customer" | "card" | "order"'
    ])
  })

  it("lets several values mean one thing", () => {
    assert.deepStrictEqual(problems({ enums: { orderStatus: { "1": "done", OK: "done" } } }), [])
  })

  it.each([
    ["", "it is empty; corrections are a JSON object, {} for none"],
    [" \n", "it is empty; corrections are a JSON object, {} for none"],
    ['{\n  "version": "V1.0",\n}', "it is not JSON from line 3, column 1 on"],
    ["version: V1.0", "it is not JSON"]
  ])("says of %j where it breaks off", (text, problem) => {
    const invalid = Either.getOrThrow(Either.flip(Contract.fromJson(text)))
    assert.deepStrictEqual(invalid.problems, [`the document: ${problem}`])
  })

  // Whoever names the wrong file may name one that holds a secret.
  it.each([
    "sk_live_CANARY",
    '"sk_live_CANARY"',
    '["sk_live_CANARY"]',
    '{"secretKey":"sk_live_CANARY"}',
    '{"version":["sk_live_CANARY"],"paths":"sk_live_CANARY","successCode":"sk live CANARY"}',
    '{"codes":{"1":"sk_live_CANARY"},"enums":{"orderStatus":{"1":"sk_live_CANARY"}},"tradeKindField":"sk_live_CANARY"}',
    '{"signature":{"nested":"sk_live_CANARY","responses":1,"exempt":"sk_live_CANARY"}}',
    '{"paths":{"login":"sk_live_CANARY","getCardPin":"sk_live_CANARY"}}',
    '{"version": sk_live_CANARY}'
  ])("repeats no value of %s", (text) => {
    const invalid = Either.getOrThrow(Either.flip(Contract.fromJson(text)))
    assert.isAbove(invalid.problems.length, 0)
    assert.notInclude(prints(invalid), "CANARY")
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
