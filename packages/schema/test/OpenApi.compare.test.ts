import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Contract from "../src/Contract.js"
import * as Dto from "../src/Dto.js"
import { enumOf, kindOf } from "../src/internal/openapi/kinds.js"
import * as Notification from "../src/Notification.js"
import * as OpenApi from "../src/OpenApi.js"
import * as Operation from "../src/Operation.js"

type Json = Readonly<Record<string, unknown>>

const text = { type: "string" }
const object = (properties: Json, required: ReadonlyArray<string> = [], more: Json = {}): Json => ({
  type: "object",
  properties,
  ...(required.length === 0 ? {} : { required }),
  ...more
})

interface Page {
  readonly title: string
  readonly path?: string
  readonly request?: Json
  readonly response?: Json
  readonly components?: Json
  readonly more?: Json
}

const content = (schema: Json | undefined): Json =>
  schema === undefined ? {} : { content: { "application/json": { schema } } }

const page = ({ components = {}, more = {}, path = "/p", request, response, title }: Page): string =>
  JSON.stringify({
    openapi: "3.1.0",
    paths: {
      [path]: {
        post: {
          summary: title,
          requestBody: content(request),
          responses: { "200": content(response) },
          ...more
        }
      }
    },
    components: { schemas: components }
  })

const report = (
  pages: ReadonlyArray<Page>,
  choices: OpenApi.Choices = {},
  contract = Contract.proposed
): OpenApi.Report =>
  OpenApi.compare(
    Either.getOrThrow(OpenApi.read(pages.map((one, at) => ({ name: `${at}.json`, text: page(one) })))),
    contract,
    choices
  )

/** The differences of the only operation found, but its path: `request data.phone missing`. */
const told = (one: Page, contract = Contract.proposed): ReadonlyArray<string> => {
  const [compared] = report([one], {}, contract).operations
  return (compared?.differences ?? [])
    .filter(({ kind }) => kind !== "path")
    .map(({ kind, part, where }) => `${part} ${where} ${kind}`)
}

const customer = object({ customerCode: text, email: text, phone: text }, ["customerCode"])
const added = object({ customerId: text, customerCode: text }, ["customerId"])

describe("finding operations", () => {
  const found = (title: string, more: Partial<Page> = {}): string => {
    const { operations, questions } = report([{ title, ...more }])
    return operations[0]?.name ?? questions.map(({ operation }) => `${operation}?`).join(" ")
  }

  it("by the vendor's own titles, with and without their numbers", () => {
    for (const { name, section, title } of Operation.all) {
      for (const written of [
        `${section} ${title}`,
        title,
        `【${section}】${title}`,
        `${section.replace(".0", ".")}、${title}`
      ]) {
        assert.strictEqual(found(written), name, written)
      }
    }
  })

  it("by Chinese titles", () => {
    const titles = {
      "1.3 登录授权": "login",
      "2.1 创建客户": "createCustomer",
      "2.2 查询客户信息": "queryCustomer",
      "3.1 提交KYC信息": "submitKyc",
      "3.2 获取活体H5链接": "getLivenessUrl",
      "3.3 查询活体结果": "getLivenessResult",
      "3.4 查询KYC状态": "getKycStatus",
      查询可用卡样: "listCardSamples",
      创建虚拟卡: "createVirtualCard",
      查询客户卡: "listCustomerCards",
      "【4.04】客户卡余额调整": "adjustBalance",
      客户卡充值订单查询: "queryTopUpOrder",
      查询客户卡详情: "getCardDetail",
      销毁卡: "destroyCard",
      冻结卡: "freezeCard",
      解冻卡: "unfreezeCard",
      查询卡PIN: "getCardPin",
      更新手机号: "updateCardPhone",
      修改邮箱: "updateCardEmail",
      更新卡限额: "updateCardLimit",
      绑定实体卡: "bindPhysicalCard",
      激活实体卡: "activatePhysicalCard",
      "3DS授权确认": "confirmThreeDs"
    }
    for (const [title, name] of Object.entries(titles)) {
      assert.strictEqual(found(title), name, title)
    }
  })

  it("by the names of schemas inside the envelope's", () => {
    const components = {
      "ApiRequest«CardRechargeDto»": object({ merchantNo: text, data: object({ cardId: text }) })
    }
    const request = { $ref: "#/components/schemas/ApiRequest%C2%ABCardRechargeDto%C2%BB" }
    assert.strictEqual(
      found("Move money", { request, components, path: "/balance/adjustment" }),
      "adjustBalance?"
    )
    assert.strictEqual(found("Adjust card balance", { request, components }), "adjustBalance")
  })

  it("asks where two fit, tells why, and takes the choice", () => {
    const pages = [
      { title: "4.02 Create virtual card", path: "/v1/card" },
      { title: "4.02 Create virtual card", path: "/v2/card" }
    ]
    const asked = report(pages)
    assert.deepStrictEqual(
      asked.questions.map(({ candidates, operation, why }) => [
        operation,
        why,
        candidates.map(({ path }) => path)
      ]),
      [["createVirtualCard", "several fit", ["/v1/card", "/v2/card"]]]
    )
    assert.include(OpenApi.format(asked), "--choose createVirtualCard=/v2/card   POST, ")
    const chosen = report(pages, { operations: { createVirtualCard: "/v2/card" } })
    assert.deepStrictEqual(chosen.questions, [])
    assert.deepStrictEqual(Either.getOrThrow(OpenApi.toOverrides(chosen)), {
      paths: { createVirtualCard: "/v2/card" }
    })
    assert.deepStrictEqual(
      chosen.lacking.map(({ path }) => path),
      ["/v1/card"]
    )
    const wrong = report(pages, { operations: { createVirtualCard: "/v3/card" } })
    assert.match(wrong.questions[0]?.why ?? "", /\/v3\/card that was chosen is not among those in the export/)
    const twice = report(pages, { operations: { createVirtualCard: "/v1/card", freezeCard: "/v1/card" } })
    assert.match(twice.questions.map(({ why }) => why).join(), /chosen for another operation too/)
  })

  it("asks where number and title disagree, and where one operation has two numbers", () => {
    const torn = report([{ title: "4.08 Unfreeze card" }])
    assert.deepStrictEqual(
      torn.questions.map(({ operation }) => operation),
      ["freezeCard", "unfreezeCard"]
    )
    const both = report([{ title: "4.08/4.09 冻结、解冻卡" }])
    assert.deepStrictEqual(
      both.questions.map(({ operation }) => operation),
      ["freezeCard", "unfreezeCard"]
    )
  })

  it("takes an operation that is nothing of ours for what it is", () => {
    for (const title of ["4.18 查询卡交易流水", "Replace physical card", "商户余额查询", "List currencies"]) {
      const { absent, lacking, operations, questions } = report([{ title, request: object({ page: text }) }])
      assert.deepStrictEqual([operations.length, questions.length, lacking.length], [0, 0, 1], title)
      assert.strictEqual(absent.length, Operation.all.length)
    }
  })

  it("takes two pages that say the same for one, and asks to leave one out when they do not", () => {
    const one = { title: "4.08 Freeze card", request: object({ cardId: text }, ["cardId"]) }
    const same = report([one, { ...one, more: { "x-run-in-apifox": "elsewhere" } }])
    assert.deepStrictEqual([same.operations.length, same.questions.length], [1, 0])
    assert.include(same.notes.join(), "described alike in 0.json and 1.json")
    const other = report([one, { ...one, request: object({ cardNo: text }, ["cardNo"]) }])
    assert.deepStrictEqual(
      other.questions.map(({ operation, why }) => [operation, why]),
      [["freezeCard", "0.json and 1.json describe POST /p differently; leave out those that no longer hold"]]
    )
  })
})

describe("differences", () => {
  const create = (request: Json, response: Json = added): ReadonlyArray<string> =>
    told({ title: "2.1 Create customer", request, response })

  it("none where there are none, with and without the envelope, by reference, and in any order", () => {
    assert.deepStrictEqual(create(customer), [])
    const envelope = object(
      {
        data: { allOf: [{ $ref: "#/components/schemas/Base" }, object({ email: text })] },
        sign: text,
        merchantNo: text,
        token: text,
        requestTime: { type: "integer", format: "int64" },
        version: { const: "v1.0" },
        nonce: text
      },
      ["merchantNo", "token", "requestTime", "version", "nonce", "sign", "data"]
    )
    const components = {
      Envelope: envelope,
      Base: { $ref: "#/components/schemas/Code" },
      Code: object({ phone: { type: ["string", "null"] }, customerCode: text }, ["customerCode"]),
      Answer: object({ code: text, msg: text, timestamp: { type: "integer" }, data: added, traceId: text }, [
        "code",
        "msg"
      ])
    }
    const one = {
      title: "2.1 Create customer",
      request: { $ref: "#/components/schemas/Envelope" },
      response: { $ref: "#/components/schemas/Answer" },
      components
    }
    assert.deepStrictEqual(told(one), [])
    assert.deepStrictEqual(
      report([one]).envelope.map(({ kind, part, verdict, where }) => [part, where, kind, verdict]),
      [["response", "traceId", "extra", "correction"]]
    )
  })

  it("missing, extra, and no rename where the names have nothing in common", () => {
    assert.deepStrictEqual(
      create(object({ customerCode: text, email: text, nickName: text }, ["customerCode"])),
      ["request data.phone missing", "request data.nickName extra"]
    )
    const [compared] = report([
      {
        title: "2.1 Create customer",
        request: object({ customerCode: text, email: text, nickName: text }, ["customerCode"]),
        response: added
      }
    ]).operations
    assert.include(
      compared?.differences.find(({ kind }) => kind === "missing")?.advice ?? "",
      "--choose CustomerAddDto.phone=nickName"
    )
  })

  it("renamed: proposed by name and place, never where two could be meant", () => {
    const renamed = (name: string): ReadonlyArray<string> =>
      create(object({ customerCode: text, email: text, [name]: text }, ["customerCode"]))
    for (const name of ["mobile", "phoneNumber", "Phone", "phoneNo", "telephone"]) {
      assert.deepStrictEqual(renamed(name), [`request data.${name} renamed`], name)
    }
    assert.deepStrictEqual(
      create(
        object({ customerCode: text, email: text, mobilePhone: text, homePhone: text }, ["customerCode"])
      ),
      ["request data.phone missing", "request data.mobilePhone extra", "request data.homePhone extra"]
    )
    // Another type is another field.
    assert.deepStrictEqual(
      create(object({ customerCode: text, email: text, mobile: { type: "boolean" } }, ["customerCode"])),
      ["request data.phone missing", "request data.mobile extra"]
    )
  })

  it("of optionality, with null in an answer, and not where the export never names a required field", () => {
    assert.deepStrictEqual(
      create(object({ customerCode: text, email: text, phone: text }, ["email", "customerCode"])),
      ["request data.email optionality"]
    )
    assert.deepStrictEqual(
      create(
        customer,
        object({ customerId: { type: ["string", "null"] }, customerCode: text }, ["customerId"])
      ),
      ["response data.customerId optionality"]
    )
    const nothingSaid = object({ customerCode: text, email: text, phone: text })
    assert.deepStrictEqual(create(nothingSaid), [])
    assert.include(
      report([{ title: "2.1 Create customer", request: nothingSaid, response: added }]).notes.join(),
      "No request in the export says which of its fields are required"
    )
  })

  it("of type, with what it means for money and what is read all the same", () => {
    const adjust = (amount: Json): OpenApi.Difference | undefined =>
      report([
        {
          title: "4.04 Customer card balance adjustment",
          request: object({ cardId: text, amount, direction: text, merchantOrderNo: text }, [
            "cardId",
            "amount",
            "direction",
            "merchantOrderNo"
          ])
        }
      ]).operations[0]?.differences.find(({ kind }) => kind === "type")
    assert.match(adjust({ type: "number" })?.advice ?? "", /20\.00 and 20\.0 would sign differently/)
    assert.match(
      adjust({ type: "integer" })?.advice ?? "",
      /smallest unit \(cents\): ask which before any money moves/
    )
    assert.isUndefined(adjust({ type: "string", format: "decimal" }))
    assert.isUndefined(adjust({}))
    assert.isUndefined(adjust({ anyOf: [{ type: "string" }, { type: "number" }] }))
    const detail = report([
      {
        title: "4.06 Query customer card detail",
        response: object({ cardId: text, balance: { type: "number" } })
      }
    ]).operations[0]?.differences.find(({ kind }) => kind === "type")
    assert.match(detail?.advice ?? "", /Read exactly all the same/)
    assert.deepStrictEqual(
      told({
        title: "4.08 Freeze card",
        request: object({ cardId: text }, ["cardId"]),
        response: { type: "integer" }
      }),
      ["response data type"]
    )
    assert.deepStrictEqual(
      told({
        title: "4.03 Query customer card",
        response: object({ total: { type: "integer" }, records: { type: "array" } })
      }),
      ["response data type"]
    )
  })

  it("of enum values, with the sign that what we send would not be understood", () => {
    const decide = (values: ReadonlyArray<unknown>): ReadonlyArray<OpenApi.Difference> =>
      report([
        {
          title: "5.1 3DS authorization confirmation",
          request: object({ authId: text, cardId: text, result: { type: "string", enum: values } }, [
            "authId",
            "cardId",
            "result"
          ])
        }
      ]).operations[0]?.differences.filter(({ kind }) => kind !== "path") ?? []
    assert.deepStrictEqual(decide(["DECLINE", "APPROVE", null]), [])
    const [one] = decide(["Y", "N"])
    assert.deepStrictEqual([one?.kind, one?.enum, one?.values], ["enum", "threeDsResult", ["Y", "N"]])
    assert.match(one?.advice ?? "", /What we send for APPROVE and DECLINE would not be understood/)
  })

  it("flags what contradicts a page of the vendor, and a correction of yours, apart from corrections", () => {
    const verdicts = report([
      {
        title: "3.3 Query liveness result",
        request: object({ customerId: text, transactionId: text }, ["customerId", "transactionId"]),
        response: object({ customerId: text, auditStatus: text }, ["customerId", "auditStatus"])
      }
    ]).operations[0]?.differences.map(({ source, verdict, where }) => [where, source, verdict])
    assert.deepStrictEqual(verdicts, [
      ["path", "PROPOSED", "correction"],
      ["data.auditStatus", "VENDOR", "contradiction"]
    ])
    const own = Contract.correct({ paths: { freezeCard: "/mine" } })
    const [path] = report([{ title: "4.08 Freeze card" }], {}, own).operations[0]?.differences ?? []
    assert.deepStrictEqual([path?.source, path?.verdict], ["MERCHANT", "contradiction"])
  })

  it("around data once for all operations, by their names where they are few", () => {
    const ask = (title: string, path: string, more: Json = {}): Page => ({
      title,
      path,
      request: object({ merchantNo: text, sign: text, nonce: text, data: object({ cardId: text }), ...more })
    })
    const { envelope } = report([
      ask("4.08 Freeze card", "/a"),
      ask("4.09 Unfreeze card", "/b", { requestTime: text, token: text, version: text }),
      ask("4.07 Destroy card", "/c")
    ])
    assert.deepStrictEqual(
      envelope.map(({ kind, operations, source, where }) => [where, kind, source, operations]),
      [
        ["token", "missing", "SPEC", ["destroyCard", "freezeCard"]],
        ["requestTime", "missing", "SPEC", ["destroyCard", "freezeCard"]],
        ["version", "missing", "SPEC", ["destroyCard", "freezeCard"]],
        ["requestTime", "type", "SPEC", ["unfreezeCard"]]
      ]
    )
  })

  it("follows what Apifox keeps beside properties", () => {
    const components = {
      Base: object({ customerCode: text, email: text, phone: text, level: text }, ["customerCode"])
    }
    const ref = { $ref: "#/components/schemas/Base" }
    const drawn = {
      type: "object",
      properties: { nickName: text },
      "x-apifox-refs": {
        "01H": { ...ref, "x-apifox-overrides": { level: null, phone: { type: "integer" } } }
      },
      "x-apifox-orders": ["01H", "nickName"]
    }
    assert.deepStrictEqual(
      told({ title: "2.1 Create customer", request: drawn, response: added, components }),
      ["request data.phone type", "request data.nickName extra"]
    )
    const over = { ...ref, "x-apifox-overrides": { level: null } }
    assert.deepStrictEqual(
      told({ title: "2.1 Create customer", request: over, response: added, components }),
      []
    )
  })

  it("gives up on references that go round or fan out, with a note", () => {
    const fan = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `S${at}`,
        { allOf: [{ $ref: `#/components/schemas/S${at + 1}` }, { $ref: `#/components/schemas/S${at + 1}` }] }
      ])
    )
    for (const components of [{ S0: { $ref: "#/components/schemas/S0" } }, { ...fan, S30: customer }]) {
      const [compared] = report([
        {
          title: "2.1 Create customer",
          request: { $ref: "#/components/schemas/S0" },
          response: added,
          components
        }
      ]).operations
      assert.match(compared?.notes.join() ?? "", /refers to itself|too entangled/)
    }
  })

  it("of notifications: webhooks, and pages of section 6", () => {
    const data = object({ customerId: text, auditState: text, auditRemark: text }, [
      "customerId",
      "auditState"
    ])
    const request = object({
      merchantNo: text,
      sign: text,
      eventType: text,
      eventName: text,
      nonce: text,
      version: text,
      requestTime: { type: "integer" },
      data
    })
    const { lacking, notifications } = report([{ title: "6.2 KYC callback", request }])
    assert.deepStrictEqual(lacking, [])
    assert.deepStrictEqual(
      notifications.map(({ differences, name }) => [
        name,
        differences.map(({ part, where }) => `${part} ${where}`)
      ]),
      [["Kyc", ["notification data.auditState"]]]
    )
  })
})

describe("notifications that two pages could be", () => {
  it("are not compared, and that is told", () => {
    const pages = [
      { title: "6.2 KYC callback", path: "/a" },
      { title: "6.2 KYC callback", path: "/b" }
    ]
    const { notes, notifications } = report(pages)
    assert.deepStrictEqual(notifications, [])
    assert.match(notes.join(), /6\.2 KYC callback: several fit \("6\.2 KYC callback" and .*not compared/)
  })
})

describe("corrections", () => {
  const pages: ReadonlyArray<Page> = [
    {
      title: "2.1 Create customer",
      path: "/v1/customer",
      request: object({ customerCode: text, email: text, mobile: text }, ["customerCode"]),
      response: added
    },
    {
      title: "4.06 Query customer card detail",
      path: "/v1/card",
      request: object({ cardId: text }),
      response: object({ cardId: text, status: { type: "string", enum: ["ACTIVE", "0"] } }, [
        "cardId",
        "status"
      ])
    },
    { title: "4.07 Destroy card", path: "/v1/card/destroy", request: object({ cardNo: text }) },
    { title: "4.08 Freeze card", path: "/v1/card/freeze", request: object({ cardId: text }) }
  ]

  it("take paths, and no rename that nobody chose", () => {
    assert.deepStrictEqual(Either.getOrThrow(OpenApi.toOverrides(report(pages))), {
      paths: {
        createCustomer: "/v1/customer",
        getCardDetail: "/v1/card",
        destroyCard: "/v1/card/destroy",
        freezeCard: "/v1/card/freeze"
      }
    })
  })

  it("take what was chosen, over what there is, and all renames that do not disagree when told so", () => {
    const choices = Either.getOrThrow(OpenApi.choicesOf(["cardStatus.0=frozen", "version=V1.0"]))
    const overrides = Either.getOrThrow(
      OpenApi.toOverrides(
        report(pages),
        { ...choices, acceptRenames: true },
        { paths: { login: "/l" }, fields: { CustomerAddDto: { email: "mail" } } }
      )
    )
    assert.deepStrictEqual(overrides.fields, { CustomerAddDto: { email: "mail", phone: "mobile" } })
    assert.deepStrictEqual(overrides.enums, { cardStatus: { "0": "frozen", ACTIVE: "active" } })
    assert.deepStrictEqual([overrides.version, overrides.paths?.login], ["V1.0", "/l"])
    const contract = Either.getOrThrow(Contract.fromJson(JSON.stringify(overrides)))
    assert.deepStrictEqual(
      [contract.paths.createCustomer.source, contract.enumSources.cardStatus, contract.sources.version],
      ["MERCHANT", "MERCHANT", "MERCHANT"]
    )
  })

  it("refuse choices that name what is not there, all at once", () => {
    const words = OpenApi.choicesOf([
      "createCustomers=/x",
      "login=x",
      "CustomerAddDto.phones=mobile",
      "Customer.phone=mobile",
      "__proto__.x=y",
      "CustomerAddDto.__proto__=y",
      "nothing",
      "login=/a",
      "login=/b"
    ])
    assert.deepStrictEqual(Either.isLeft(words) ? words.left.problems : [], [
      "there is no operation createCustomers (did you mean createCustomer?)",
      "the path for login has to begin with /",
      "CustomerAddDto has no field phones (did you mean phone?)",
      "there is no data object or enum Customer",
      "there is no data object or enum __proto__",
      "CustomerAddDto has no field __proto__",
      "nothing is no choice; write operation=path, Object.field=name or enum.value=meaning",
      "login is chosen twice"
    ])
    const used = OpenApi.toOverrides(report(pages), {
      fields: { CustomerAddDto: { phone: "cell" } },
      enums: { cardStatus: { "1": "frozen", "0": "melted" } }
    })
    assert.deepStrictEqual(
      Either.isLeft(used) && used.left._tag === "ChoiceInvalid" ? used.left.problems : [],
      [
        "CustomerAddDto.phone: the export has no field cell there that is not ours (it has mobile)",
        "cardStatus.0: melted is none of its meanings, which are inProduction, bound, active, frozen, destroyed",
        "cardStatus.1: the export lists no such value that we do not know"
      ]
    )
  })

  it("say so where a path that was found is proposed for an operation the export lacks", () => {
    const used = OpenApi.toOverrides(report([{ title: "4.08 Freeze card", path: "/card/destroy" }]))
    assert.match(Either.isLeft(used) ? used.left.message : "", /give destroyCard another path/)
  })
})

describe("the report", () => {
  it("shows nothing a terminal would obey, and keeps what is long short", () => {
    const hostile = `4.08 Freeze card \u001b[2J\u202e${"x".repeat(500)}`
    const shown = OpenApi.format(
      report([{ title: hostile, request: object({ "card\u001b[31mId": text, cardId: text }) }])
    )
    assert.notMatch(shown.replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
    assert.include(shown, "\\u{1b}[2J")
    assert.isBelow(Math.max(...shown.split("\n").map((line) => line.length)), 700)
  })

  it("counts, and leaves out what a part of the documentation lacks by nature", () => {
    const one = report([
      {
        title: "4.08 Freeze card",
        path: "/card/freeze",
        request: object({ cardId: text }, ["cardId"]),
        response: { type: "boolean" }
      }
    ])
    assert.deepStrictEqual([OpenApi.count(one), OpenApi.count(one, true)], [24, 0])
  })
})

describe("our side", () => {
  const objects = [...Contract.dataObjects]

  it("has a kind for every field, as its words say", () => {
    const kinds = new Map<string, Set<string>>()
    for (const dto of objects) {
      for (const [name, field] of Object.entries(dto.fields)) {
        const kind = kindOf(field, dto.nested[name])
        kinds.set(kind, (kinds.get(kind) ?? new Set()).add(Dto.typeOf(field)))
      }
    }
    assert.deepStrictEqual(
      [...(kinds.get("amount") ?? [])].every((words) => words.startsWith("amount")),
      true
    )
    assert.deepStrictEqual([...(kinds.get("epoch") ?? [])], ["epoch milliseconds"])
    assert.deepStrictEqual([...(kinds.get("integerText") ?? [])], ["an integer, or its text"])
    assert.deepStrictEqual([...(kinds.get("date") ?? [])], ["date"])
    assert.deepStrictEqual([...(kinds.get("list") ?? [])], ["list of CardBenefitVo"])
    for (const words of kinds.get("text") ?? []) {
      assert.notMatch(words, /^(?:amount|epoch|list|date|an integer|true)/)
    }
  })

  it("names an enum for every field that is read or written through one", () => {
    const named = new Set(
      [
        ...objects.flatMap((dto) => Object.values(dto.fields)),
        ...Object.values(Notification.envelopeFields)
      ].flatMap((field) => enumOf(field) ?? [])
    )
    const ofTransactions = ["tradeKind", "tradeStatus"]
    assert.sameMembers(
      [...named],
      Contract.enumNames.filter((name) => !ofTransactions.includes(name))
    )
  })
})
