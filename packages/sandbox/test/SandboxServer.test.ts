import { assert, describe, it } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Digest from "@effect-yunmo/signing/Digest"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import { SandboxInvalid } from "../src/SandboxError.js"
import { http, post } from "./support/http.js"
import * as Id from "./support/ids.js"
import { inProcess, kycOf, merchant, overHttp, requestOf, signed } from "./support/vendor.js"

const { amount } = Id

/** A client of its own: signs, posts to the contract's path, decodes. */
const makeClient = Effect.gen(function* () {
  const contract = yield* Contract.Contract
  let token = ""
  const code = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
    Effect.gen(function* () {
      return yield* post(contract.paths[name].path, yield* requestOf(name, input, { token }))
    })
  const call = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
    Effect.gen(function* () {
      const answer = yield* code(name, input)
      assert.deepStrictEqual([answer.status, answer.code, answer.msg], [200, "200", "success"], name)
      return yield* Codec.decodeResponse(contract, name, Schema.decodeUnknownSync(Json)(answer.data))
    })
  const login = Effect.gen(function* () {
    const session = yield* call("login", { apiKey: merchant.apiKey })
    token = Redacted.value(session.token)
    return session
  })
  return { call, code, login }
})

const Json: Schema.Schema<Codec.JsonValue, unknown> = Schema.suspend(() =>
  Schema.Union(
    Schema.Null,
    Schema.String,
    Schema.Number,
    Schema.Boolean,
    Schema.Array(Json),
    Schema.Record({ key: Schema.String, value: Json })
  )
) as Schema.Schema<Codec.JsonValue, unknown>

describe("the vendor's API over HTTP", () => {
  it.scoped("answers every refusal with HTTP 200, the code, its meaning and no data", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_770_712_296_681)
      const { code, login } = yield* makeClient
      yield* login
      assert.deepStrictEqual(yield* code("queryCustomer", { customerCode: Id.code("nobody") }), {
        status: 200,
        code: "4000001",
        msg: "customer not found",
        timestamp: 1_770_712_296_681,
        data: null
      })
    }).pipe(Effect.provide(overHttp()))
  )

  it.effect("does not start with paths of the contract where the control surface is", () =>
    Effect.gen(function* () {
      const contract = Contract.layer({
        paths: { login: "/_sandbox/login", getCardPan: "/_sandbox", getCardPin: "/_sandboxes" }
      })
      const error = yield* Effect.flip(Effect.provide(Sandbox, Layer.provide(inProcess(), contract)))
      assert.deepStrictEqual(
        error,
        new SandboxInvalid({
          problems: [
            "the contract's path of login, /_sandbox/login, is under /_sandbox, where the control surface is",
            "the contract's path of getCardPan, /_sandbox, is under /_sandbox, where the control surface is"
          ]
        })
      )
    })
  )

  it.scoped("knows the contract's paths, and no others", () =>
    Effect.gen(function* () {
      const { login } = yield* makeClient
      yield* login
      assert.strictEqual((yield* http("/auth/login", { method: "POST" })).status, 404)
      assert.strictEqual((yield* http("/", { method: "GET" })).status, 404)
      assert.strictEqual(
        (yield* http("/v9/gate:way?x=1", {
          method: "POST",
          headers: { "content-type": "application/json; charset=UTF-8" },
          body: "{}"
        })).status,
        200
      )
    }).pipe(
      Effect.provide(
        overHttp().pipe(Layer.provideMerge(Contract.layer({ paths: { login: "/v9/gate:way" } })))
      )
    )
  )

  it.scoped("takes POST of JSON up to 8 MiB only", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const { path } = paths.submitKyc
      const json = { "content-type": "application/json" }
      const get = yield* http(path, { method: "GET" })
      assert.deepStrictEqual([get.status, get.headers["allow"]], [405, "POST"])
      assert.strictEqual(
        (yield* http(path, { method: "POST", body: "{}", headers: { "content-type": "text/plain" } })).status,
        415
      )
      assert.strictEqual((yield* http(path, { method: "POST" })).status, 415)

      const largest = " ".repeat(8 * 1024 * 1024)
      assert.strictEqual((yield* post(path, largest)).code, "1000000")
      assert.strictEqual(
        (yield* http(path, { method: "POST", headers: json, body: `${largest} ` })).status,
        413
      )
      // In chunks, so that nothing says beforehand how large it is.
      const body = new Blob([largest, " "]).stream()
      assert.strictEqual(
        (yield* http(path, { method: "POST", headers: json, body, duplex: "half" })).status,
        413
      )
    }).pipe(Effect.provide(overHttp()))
  )
})

describe("the envelope (SPEC 1.1)", () => {
  const cases: ReadonlyArray<{
    readonly name: string
    readonly body: Effect.Effect<string, unknown>
    readonly code: string
  }> = [
    { name: "no JSON", body: Effect.succeed("<xml/>"), code: "1000000" },
    { name: "no object", body: Effect.succeed("[]"), code: "1000000" },
    {
      name: "a key given twice",
      body: Effect.succeed(`{"merchantNo":"A","merchantNo":"B"}`),
      code: "1000000"
    },
    { name: "no merchant number", body: Effect.succeed("{}"), code: "1000000" },
    {
      name: "another merchant",
      body: signed({}, { envelope: { merchantNo: "BU999999999" } }),
      code: "2000004"
    },
    { name: "no token", body: Effect.map(signed({}), without("token")), code: "1000000" },
    { name: "no sign", body: Effect.map(signed({}), without("sign")), code: "1000000" },
    { name: "no nonce", body: Effect.map(signed({}), without("nonce")), code: "1000000" },
    { name: "no time", body: Effect.map(signed({}), without("requestTime")), code: "1000000" },
    { name: "no version", body: Effect.map(signed({}), without("version")), code: "1000000" },
    { name: "no data", body: Effect.map(signed({}), without("data")), code: "1000000" },
    {
      name: "a time that is none",
      body: Effect.map(signed({}), (body) => body.replace(/"requestTime":\d+/, `"requestTime":true`)),
      code: "1000000"
    },
    { name: "another version", body: signed({}, { envelope: { version: "v3.0" } }), code: "1000000" },
    {
      name: "another secret",
      body: signed({}, { key: SigningKey.make("other", "not-the-secret") }),
      code: "2000003"
    },
    {
      name: "a changed field",
      body: Effect.map(signed({ customerCode: "a" }), (body) => body.replace(`"a"`, `"b"`)),
      code: "2000003"
    },
    {
      name: "an added field",
      body: Effect.map(signed({}), (body) => body.replace(`"data":{`, `"data":{"x":"y"`)),
      code: "2000003"
    },
    { name: "no login before", body: signed({}), code: "2000002" },
    { name: "an unknown token", body: signed({}, { token: "made-up" }), code: "2000002" }
  ]

  for (const { body, code, name } of cases) {
    it.scoped(`with ${name} is answered with ${code}`, () =>
      Effect.gen(function* () {
        const { paths } = yield* Contract.Contract
        const answer = yield* post(paths.queryCustomer.path, yield* body)
        assert.deepStrictEqual([answer.status, answer.code, answer.data], [200, code, null])
      }).pipe(Effect.provide(overHttp()))
    )
  }

  it.scoped("may have the version in either case, and the digest too", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const data = { apiKey: Redacted.value(merchant.apiKey) }
      const upper = yield* signed(data, { envelope: { version: "V1.0" } })
      assert.strictEqual((yield* post(paths.login.path, upper)).code, "200")
      const shouted = (yield* signed(data)).replace(
        /"sign":"([0-9a-f]+)"/,
        (_, sign: string) => `"sign":"${sign.toUpperCase()}"`
      )
      assert.strictEqual((yield* post(paths.login.path, shouted)).code, "200")
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("is verified over the literal text of numbers", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const text = `customerCode=20.00&merchantNo=${merchant.merchantNo}&nonce=abcdefghijklmnop&requestTime=1&version=v1.0`
      const body = (sign: string) =>
        `{"merchantNo":"${merchant.merchantNo}","token":"","requestTime":1,"version":"v1.0","nonce":"abcdefghijklmnop","sign":"${sign}","data":{"customerCode":20.00}}`
      const literal = Digest.make(text, Redacted.value(merchant.secretKey))
      const reformatted = Digest.make(text.replace("20.00", "20"), Redacted.value(merchant.secretKey))
      assert.strictEqual((yield* post(paths.queryCustomer.path, body(literal))).code, "2000002")
      assert.strictEqual((yield* post(paths.queryCustomer.path, body(reformatted))).code, "2000003")
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("needs the merchant enabled", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { code, login } = yield* makeClient
      yield* login
      yield* sandbox.setMerchantEnabled({ enabled: false })
      assert.strictEqual((yield* code("listCardSamples", {})).code, "2000005")
      yield* sandbox.setMerchantEnabled({ enabled: true })
      assert.strictEqual((yield* code("listCardSamples", {})).code, "200")
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("has a token that expires; older ones outlive a new login", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const { code, login } = yield* makeClient
      const first = yield* login
      yield* TestClock.adjust("59 seconds")
      const second = yield* login
      assert.notStrictEqual(Redacted.value(second.token), Redacted.value(first.token))
      const withFirst = yield* signed({}, { token: Redacted.value(first.token) })
      assert.strictEqual((yield* post(paths.listCardSamples.path, withFirst)).code, "200")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* post(paths.listCardSamples.path, withFirst)).code, "2000001")
      assert.strictEqual((yield* code("listCardSamples", {})).code, "200")
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual((yield* code("listCardSamples", {})).code, "2000001")
    }).pipe(Effect.provide(overHttp({ rules: { tokenLifetimeSeconds: 60 } })))
  )

  it.scoped("needs the right API key at login", () =>
    Effect.gen(function* () {
      const { code } = yield* makeClient
      const answer = yield* code("login", { apiKey: Redacted.make("another") })
      assert.deepStrictEqual([answer.code, answer.data], ["2000006", null])
      assert.notInclude(answer.msg, "another")
    }).pipe(Effect.provide(overHttp()))
  )

  it.scoped("keeps merchants apart", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const { call, login } = yield* makeClient
      const { token } = yield* login
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("shared-code") })
      const theirs = {
        key: SigningKey.make("theirs", "their-secret"),
        envelope: { merchantNo: "BU000000002" }
      }
      const borrowed = yield* signed({}, { ...theirs, token: Redacted.value(token) })
      assert.strictEqual((yield* post(paths.listCardSamples.path, borrowed)).code, "2000002")

      const login2 = yield* post(paths.login.path, yield* signed({ apiKey: "their-api-key" }, theirs))
      assert.strictEqual(login2.code, "200")
      const session = Schema.decodeUnknownSync(Schema.Struct({ token: Schema.String }))(login2.data)
      const asThem = (name: Operation.Name, data: Codec.JsonObject) =>
        Effect.flatMap(signed(data, { ...theirs, token: session.token }), (body) =>
          post(paths[name].path, body)
        )
      assert.strictEqual((yield* asThem("queryCustomer", { customerId })).code, "4000001")
      const theirCustomer = yield* asThem("createCustomer", { customerCode: "shared-code" })
      assert.strictEqual(theirCustomer.code, "200")

      const sandbox = yield* Sandbox
      yield* call("submitKyc", kycOf(customerId))
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      const { cardId } = yield* call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      const merchantOrderNo = Id.order("o-1")
      yield* call("adjustBalance", { cardId, amount: amount("1"), direction: "INCREASE", merchantOrderNo })
      assert.strictEqual((yield* asThem("getCardDetail", { cardId })).code, "4010006")
      assert.strictEqual((yield* asThem("queryTopUpOrder", { merchantOrderNo })).code, "4020001")
      const { activationCode, sku } = yield* sandbox.makePhysicalCard()
      const stolen = {
        ...customerIdOf(theirCustomer.data),
        sku,
        activationCode: Redacted.value(activationCode)
      }
      assert.strictEqual((yield* asThem("bindPhysicalCard", stolen)).code, "4010003")
    }).pipe(
      Effect.provide(
        overHttp({
          merchants: [
            merchant,
            {
              merchantNo: "BU000000002",
              apiKey: Redacted.make("their-api-key"),
              secretKey: Redacted.make("their-secret")
            }
          ]
        })
      )
    )
  )

  it.scoped("names the fields of bad data and never what stood there", () =>
    Effect.gen(function* () {
      const { paths } = yield* Contract.Contract
      const { login } = yield* makeClient
      const { token } = yield* login
      const { idBackPhoto: _, ...kyc } = kycOf(Id.customer("AU000000000"))
      const body = yield* signed(
        { ...kyc, idNumber: "CANARY-1", idFrontPhoto: "CANARY-2", birthday: "CANARY-3", firstName: "" },
        { token: Redacted.value(token) }
      )
      const answer = yield* post(paths.submitKyc.path, body)
      assert.strictEqual(answer.code, "1000000")
      assert.include(answer.msg, "birthday")
      assert.notInclude(answer.msg, "CANARY")
    }).pipe(Effect.provide(overHttp()))
  )
})

const customerIdOf = Schema.decodeUnknownSync(Schema.Struct({ customerId: Schema.String }))

/** The body without one of the envelope's fields, its signature made anew where there still is one. */
function without(field: string) {
  return (body: string): string => {
    const { [field]: _, ...rest } = Schema.decodeUnknownSync(
      Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
    )(body)
    return JSON.stringify(rest)
  }
}
