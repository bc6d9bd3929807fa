import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Contract from "../src/Contract.js"
import * as ResponseCode from "../src/ResponseCode.js"
import * as ResponseError from "../src/ResponseError.js"

const facts = (row: Partial<ResponseError.Facts> = {}): ResponseError.Facts => ({
  operation: "createCustomer",
  code: "9999999",
  vendorMessage: "",
  attempt: 1,
  meaning: "a code of no table",
  family: "unspecified",
  advice: "settleByQuery",
  refused: false,
  ...row
})

describe("ResponseError.make", () => {
  it.each(ResponseCode.rows.map((row) => [row.code, row] as const))(
    "turns %s into its own tag",
    (code, row) => {
      const { name, ...rest } = row
      const error = ResponseError.make(
        Option.getOrThrow(Contract.codeOf(Contract.proposed, code)).name,
        facts({ ...rest, vendorMessage: "said so", vendorTime: 1770712296681, attempt: 2 })
      )
      assert.strictEqual(error._tag, name)
      assert.strictEqual(error.constructor, ResponseError.byName[name])
      assert.instanceOf(error, Error)
      assert.deepInclude(error, { ...rest, vendorMessage: "said so", vendorTime: 1770712296681, attempt: 2 })
    }
  )

  it("has 29 tags and the unknown one, all different", () => {
    const tags = [
      ...ResponseCode.rows.map(({ name }) => {
        assert.strictEqual(ResponseError.make(name, facts())._tag, name)
        return name
      }),
      new ResponseError.UnknownResponseCode(facts())._tag
    ]
    assert.strictEqual(new Set(tags).size, 30)
  })

  it.each([
    "UnknownResponseCode",
    "NoSuchError",
    "",
    "constructor",
    "toString",
    "__proto__",
    "hasOwnProperty"
  ])("keeps code and message under the name %j, which nobody has", (name) => {
    const error = ResponseError.make(name, facts({ code: "4990001", vendorMessage: "余额不足" }))
    assert.strictEqual(error._tag, "UnknownResponseCode")
    assert.deepInclude(error, { code: "4990001", vendorMessage: "余额不足", refused: false })
    assert.include(error.message, "4990001")
    assert.include(error.message, "余额不足")
  })

  it.effect("is caught by its tag, and by no other", () =>
    Effect.gen(function* () {
      const failing: Effect.Effect<string, ResponseError.ResponseError> = Effect.fail(
        ResponseError.make("CustomerCodeExists", facts({ code: "4000004" }))
      )
      const caught = yield* failing.pipe(
        Effect.catchTag("CustomerNotFound", () => Effect.succeed("wrong")),
        Effect.catchTag("CustomerCodeExists", (error) => Effect.succeed(`taken: ${error.code}`)),
        Effect.orDie
      )
      assert.strictEqual(caught, "taken: 4000004")
    })
  )

  it("survives JSON as the error it was", () => {
    const error = new ResponseError.CardNotFound({
      ...facts({ code: "4010006", attempt: 3 }),
      family: "card"
    })
    const schema = Schema.parseJson(ResponseError.CardNotFound)
    const back = Schema.decodeSync(schema)(Schema.encodeSync(schema)(error))
    assert.instanceOf(back, ResponseError.CardNotFound)
    assert.strictEqual(back.message, error.message)
    assert.strictEqual(back.attempt, 3)
  })
})

const errorOf = (row: (typeof ResponseCode.rows)[number]) => ResponseError.make(row.name, facts({ ...row }))
const all = ResponseCode.rows.map(errorOf)

describe("isFamily", () => {
  it.each(ResponseCode.Family.literals)("%s holds the codes of that family, and no others", (family) => {
    assert.deepStrictEqual(
      all.filter(ResponseError.isFamily(family)).map(({ code }) => code),
      ResponseCode.rows.filter((row) => row.family === family).map(({ code }) => code)
    )
  })

  it("takes several, or none", () => {
    assert.strictEqual(all.filter(ResponseError.isFamily(...ResponseCode.Family.literals)).length, 29)
    assert.strictEqual(all.filter(ResponseError.isFamily("parameters", "authentication")).length, 9)
    assert.strictEqual(all.filter(ResponseError.isFamily()).length, 0)
  })

  it("is that of the listed code, whatever the facts say", () => {
    const error = ResponseError.make("TokenExpired", facts({ family: "card" }))
    assert.isTrue(ResponseError.isFamily("authentication")(error))
    assert.isFalse(ResponseError.isFamily("card")(error))
  })

  it("holds a code of the merchant's own where the contract puts it", () => {
    const error = ResponseError.make("UnknownResponseCode", facts({ family: "order" }))
    assert.isTrue(ResponseError.isFamily("order")(error))
    assert.isFalse(ResponseError.isFamily("unspecified")(error))
  })

  it.effect("is what catchIf takes", () =>
    Effect.gen(function* () {
      const handle = (error: ResponseError.ResponseError) =>
        Effect.fail(error).pipe(
          Effect.catchIf(ResponseError.isFamily("authentication"), ({ code }) => Effect.succeed(code)),
          Effect.catchAll(({ _tag }) => Effect.succeed(_tag))
        )
      for (const row of ResponseCode.rows) {
        assert.strictEqual(yield* handle(errorOf(row)), row.family === "authentication" ? row.code : row.name)
      }
    })
  )
})

describe("isAdvice", () => {
  it.each(ResponseCode.Advice.literals)("%s holds the errors that carry it", (advice) => {
    assert.deepStrictEqual(
      all.filter(ResponseError.isAdvice(advice)).map(({ code }) => code),
      ResponseCode.rows.filter((row) => row.advice === advice).map(({ code }) => code)
    )
  })

  it("follows the contract, not the table", () => {
    const error = ResponseError.make("TokenExpired", facts({ advice: "stop" }))
    assert.isTrue(ResponseError.isAdvice("stop")(error))
    assert.isFalse(ResponseError.isAdvice("logInAgain")(error))
    assert.isTrue(ResponseError.isAdvice("stop", "logInAgain")(error))
  })
})

describe("isResponseError", () => {
  it("knows every tag", () => {
    assert.isTrue(all.every(ResponseError.isResponseError))
    assert.isTrue(ResponseError.isResponseError(new ResponseError.UnknownResponseCode(facts())))
  })

  it.each([
    undefined,
    null,
    "CardNotFound",
    new Error("no"),
    { _tag: "CardNotFound", family: "card", advice: "stop" }
  ])("and nothing else: %s", (error) => {
    assert.isFalse(ResponseError.isResponseError(error))
    assert.isFalse(ResponseError.isFamily("card")(error))
    assert.isFalse(ResponseError.isAdvice("stop")(error))
  })
})

describe("message", () => {
  const messageOf = (code: string, vendorMessage = "") => {
    const row = Option.getOrThrow(
      Option.fromNullable(ResponseCode.rows.find((candidate) => candidate.code === code))
    )
    return ResponseError.make(row.name, facts({ ...row, vendorMessage })).message
  }

  it.each(ResponseCode.rows.map(({ code, meaning }) => [code, meaning] as const))(
    "of %s names operation, code and meaning, on one line, and what to do next",
    (code, meaning) => {
      const message = messageOf(code, "line one\nline two")
      assert.match(message, /^YUNMO answered createCustomer with .+\. [A-Z].+\.$/)
      assert.include(message, `with ${code}: ${meaning} (`)
      assert.notInclude(message, "\n")
    }
  )

  it("says what the vendor said, once", () => {
    assert.strictEqual(
      messageOf("4000004", "customer exists"),
      'YUNMO answered createCustomer with 4000004: customer code already exists ("customer exists"). Correct the request; the same one will be refused again.'
    )
    assert.strictEqual(messageOf("4000004", "customer code already exists"), messageOf("4000004"))
    assert.notInclude(messageOf("4000004"), "(")
  })

  it("names the usual mistake where there is one", () => {
    assert.include(messageOf("2000003"), "secret key")
    assert.include(messageOf("2000007"), "allow-list")
  })

  it("never invites to send again what may have been executed", () => {
    for (const { code, refused } of ResponseCode.rows) {
      if (!refused) {
        assert.match(messageOf(code), /not known|may have been executed/, code)
        assert.include(messageOf(code), "query the state", code)
      }
    }
    assert.include(new ResponseError.UnknownResponseCode(facts()).message, "query the state")
    assert.include(messageOf("4000005"), "Try again later.")
  })

  it("is what Cause.pretty prints, for a code with any name", () => {
    const error = new ResponseError.UnknownResponseCode(facts({ code: "constructor" }))
    assert.strictEqual(
      error.message,
      "YUNMO answered createCustomer with constructor: a code of no table. Whether anything happened is not known: query the state before anything is sent again."
    )
    assert.include(Cause.pretty(Cause.fail(error)), error.message)
  })
})
