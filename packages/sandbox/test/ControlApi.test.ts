import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as ControlApi from "../src/ControlApi.js"
import { Sandbox } from "../src/Sandbox.js"
import { controls, http } from "./support/http.js"
import * as Id from "./support/ids.js"
import { routes } from "./support/routes.js"
import { baseUrl, Caller, control, kycOf, overHttp } from "./support/vendor.js"

const sandbox = Caller.layer.pipe(Layer.provideMerge(overHttp()))

const messageOf = (body: unknown): string =>
  Schema.decodeUnknownSync(Schema.Struct({ message: Schema.String }))(body).message

/** As JSON has it, which does not tell an absent field from an undefined one. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A client made of nothing but the routes as data. */
const client = Effect.gen(function* () {
  return yield* HttpApiClient.make(ControlApi.ControlApi, {
    baseUrl: yield* baseUrl,
    transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(control))
  })
}).pipe(Effect.provide(NodeHttpClient.layer))

describe("the control surface", () => {
  it.scoped("does over HTTP what the service does", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { triggers, views, health } = yield* client
      assert.deepStrictEqual(yield* health.health(), { status: "ok", app: "sandbox" })

      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      yield* call("getLivenessUrl", { customerId })
      yield* triggers.finishLiveness({ payload: { customerId, result: "passed" } })
      yield* triggers.reviewKyc({ payload: { customerId, result: "passed" } })
      const { cardId } = yield* call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      const merchantOrderNo = Id.order("o-1")
      yield* call("adjustBalance", {
        cardId,
        amount: Id.amount("100"),
        direction: "INCREASE",
        merchantOrderNo
      })
      yield* triggers.finishOrder({ payload: { merchantOrderNo, result: "done" } })

      const usd = (text: string) => ({ cardId, amount: Id.amount(text), currency: "USD" })
      const { orderNo } = yield* triggers.authorize({ payload: { ...usd("10.00"), merchantName: "Café" } })
      yield* triggers.additionalAuthorize({ payload: { orderNo, amount: Id.amount("1") } })
      yield* triggers.settle({ payload: { orderNo } })
      yield* triggers.refund({ payload: { orderNo, amount: Id.amount("2.5") } })
      const second = yield* triggers.authorize({ payload: usd("20") })
      yield* triggers.cancel({ payload: { orderNo: second.orderNo } })
      assert.strictEqual((yield* triggers.transaction({ payload: usd("1000") })).status, "failed")
      yield* triggers.requestThreeDs({ payload: usd("3") })
      const letter = yield* triggers.makePhysicalCard({ payload: {} })
      assert.match(Redacted.value(letter.activationCode), /^\d{8}$/)
      yield* triggers.setMerchantEnabled({ payload: { enabled: false } })

      const direct = yield* Sandbox
      const state = yield* views.state({ urlParams: {} })
      assert.deepStrictEqual(plain(state), plain(yield* direct.state))
      assert.deepStrictEqual(
        state.merchants.map(({ enabled }) => enabled),
        [false]
      )
      assert.deepStrictEqual(
        state.transactions.map(({ kind }) => kind),
        [
          "authorization",
          "additionalAuthorization",
          "settlement",
          "refund",
          "authorization",
          "cancellation",
          "transaction"
        ]
      )
      assert.deepStrictEqual(
        state.threeDs.map(({ decision }) => decision),
        ["pending"]
      )
      assert.deepStrictEqual(yield* views.ledger({ path: { cardId } }), yield* direct.ledger(cardId))
      assert.deepStrictEqual(
        plain(yield* views.deliveries({ urlParams: {} })),
        plain(yield* direct.deliveries)
      )
      const { privateKey, publicKey } = yield* views.cardKey({ urlParams: {} })
      const expected = yield* direct.cardKey()
      assert.deepStrictEqual(
        [publicKey, Redacted.value(privateKey)],
        [expected.publicKey, Redacted.value(expected.privateKey)]
      )
    }).pipe(Effect.provide(sandbox))
  )

  it.scoped("shows no card number, code, key or token", () =>
    Effect.gen(function* () {
      const { call, token } = yield* Caller
      const { makePhysicalCard, reviewKyc } = yield* Sandbox
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      yield* reviewKyc({ customerId, result: "passed" })
      const { cardId } = yield* call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      const { activationCode } = yield* makePhysicalCard()
      const page = Redacted.value(yield* call("getCardPanHtml", { cardId }))
      const pan = /id="pan">([\d ]+)</.exec(page)?.[1]?.replaceAll(" ", "")
      assert.match(pan ?? "", /^\d{16}$/)
      const shown = JSON.stringify([
        (yield* controls("GET", "/state")).body,
        (yield* controls("GET", "/deliveries")).body,
        (yield* controls("GET", `/cards/${cardId}/ledger`)).body
      ])
      for (const secret of [
        pan ?? "",
        Redacted.value(activationCode),
        token,
        "sandbox-secret-key",
        "sandbox-api-key",
        control
      ]) {
        assert.notInclude(shown, secret)
      }
    }).pipe(Effect.provide(sandbox))
  )

  it.scoped("wants its credential everywhere but at /health", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* controls("GET", "/health", undefined, "")).status, 200)
      const guarded = routes.filter(({ id }) => id !== "health.health")
      assert.isAbove(guarded.length, 25)
      for (const { method, path } of guarded) {
        for (const credential of ["", "wrong", `${control}x`, control.slice(1)]) {
          const { body, headers, status } = yield* controls(
            method === "POST" ? "POST" : "GET",
            path.replace("/_sandbox", ""),
            method === "POST" ? "{" : undefined,
            credential
          )
          assert.strictEqual(status, 401, `${method} ${path} with "${credential}"`)
          assert.strictEqual(headers["www-authenticate"], "Bearer")
          assert.include(messageOf(body), "control credential")
        }
      }
      assert.deepStrictEqual(
        yield* (yield* Sandbox).state.pipe(Effect.map(({ merchants }) => merchants.length)),
        1
      )
    }).pipe(Effect.provide(sandbox))
  )

  it.scoped("answers bad input with 400 and a sentence that names the fields", () =>
    Effect.gen(function* () {
      for (const [path, body, part] of [
        ["/kyc-reviews", { customerId: "AU1", result: "perhaps" }, "result: "],
        ["/kyc-reviews", { customerId: "AU1", result: "passed", remrk: "x" }, "remrk: "],
        ["/kyc-reviews", { customerId: "AU1", result: "passed", remark: "\ud800" }, "remark: "],
        ["/authorizations", { cardId: "CD0", currency: "USD" }, "amount: "],
        ["/authorizations", { cardId: "CD0", amount: "-1", currency: "usd" }, "currency: "],
        ["/settlements", { orderNo: "OR0", amount: "0" }, "amount: "],
        [
          "/three-ds-requests",
          { cardId: "CD0", amount: "1", currency: "USD", expiresInSeconds: -1 },
          "expiresInSeconds: "
        ],
        ["/callbacks", [], "the body: "],
        ["/callbacks", "not json", "not JSON"],
        ["/callbacks", undefined, "the body: "]
      ] as const) {
        const answer = yield* controls("POST", path, body)
        assert.strictEqual(answer.status, 400, `${path} ${JSON.stringify(body)}`)
        const message = messageOf(answer.body)
        assert.include(message, part)
        assert.notInclude(message, "\n")
      }
    }).pipe(Effect.provide(sandbox))
  )

  it.scoped("answers a wrong move with 409 and a sentence", () =>
    Effect.gen(function* () {
      for (const [path, body, part] of [
        ["/kyc-reviews", { customerId: "AU1", result: "passed" }, "There is no customer AU1"],
        ["/cancellations", { orderNo: "OR0" }, "There is no purchase OR0"],
        ["/callbacks", { url: "https://example.com/" }, "to this machine only"],
        ["/merchant-states", { enabled: true, merchantNo: "BU9" }, "There is no merchant BU9"]
      ] as const) {
        const answer = yield* controls("POST", path, body)
        assert.strictEqual(answer.status, 409, path)
        assert.include(messageOf(answer.body), part)
      }
      const ledger = yield* controls("GET", "/cards/CD0/ledger")
      assert.deepStrictEqual(
        [ledger.status, messageOf(ledger.body).slice(0, 21)],
        [409, "There is no card CD0;"]
      )
    }).pipe(Effect.provide(sandbox))
  )

  it.scoped("has no other routes", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* controls("GET", "/nothing")).status, 404)
      assert.strictEqual((yield* controls("GET", "/authorizations")).status, 404)
      assert.strictEqual((yield* http("/_sandboxes", { method: "GET" })).status, 404)
    }).pipe(Effect.provide(sandbox))
  )
})
