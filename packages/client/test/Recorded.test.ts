import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import * as Testing from "@effect-yunmo/signing/Testing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as Outcome from "../src/Outcome.js"
import * as Recorded from "../src/Recorded.js"
import * as Yunmo from "../src/Yunmo.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls as callsOf } from "./support/operations.js"
import { prints } from "./support/shows.js"

const created = Recorded.success({ customerId: Id.customerId })
const create = Effect.flatMap(Yunmo.Yunmo, ({ customers }) =>
  customers.create({ customerCode: Id.customerCode("c-1") })
)
const detail = Effect.flatMap(Yunmo.Yunmo, ({ cards }) => cards.detail({ cardId: Id.cardId }))
const card = (balance: string) => Recorded.success({ cardId: Id.cardId, status: "ACTIVE", balance })

/** The sentence of the defect that a program ended with. */
const ended = <A, E>(exit: Exit.Exit<A, E>): string =>
  Option.match(Option.flatMap(Exit.causeOption(exit), Cause.dieOption), {
    onNone: () => "no defect",
    onSome: (defect) => (defect instanceof Recorded.UnexpectedCall ? defect.message : "another defect")
  })

describe("a recording", () => {
  it.effect("answers each operation in order, whatever the operations beside it", () =>
    Effect.gen(function* () {
      const before = yield* detail
      const refused = yield* Effect.flip(create)
      const after = yield* detail
      assert.deepStrictEqual([before.balance?.text, after.balance?.text], ["5.00", "25.00"])
      hasFields(refused, { _tag: "CustomerCodeExists", vendorMessage: "exists" })
      assert.strictEqual((yield* create).customerId, Id.customerId)
    }).pipe(
      Effect.provide(
        Recorded.layer({
          createCustomer: [Recorded.refusal("4000004", "exists"), created],
          getCardDetail: [card("5.00"), card("25.00")]
        })
      )
    )
  )

  it.effect("tells what was called, with secrets that do not show, and what is left", () =>
    Effect.gen(function* () {
      const recorded = yield* Recorded.Recorded
      yield* Effect.flatMap(Yunmo.Yunmo, ({ kyc }) => kyc.submit(Id.kyc({ idNumber: "P-CANARY" })))
      const all = yield* recorded.calls
      assert.deepStrictEqual(
        all.map(({ operation }) => operation),
        ["login", "submitKyc"]
      )
      const [login, submitted] = all
      if (login?.operation !== "login" || submitted?.operation !== "submitKyc") {
        return assert.fail("each input has the type of its operation")
      }
      assert.strictEqual(Redacted.value(login.input.apiKey), "recorded-api-key")
      assert.strictEqual(Redacted.value(submitted.input.idNumber), "P-CANARY")
      assert.notInclude(prints(all), "CANARY")
      assert.deepStrictEqual(yield* recorded.left, { submitKyc: ["lost"], createCustomer: [created] })
    }).pipe(
      Effect.provide(
        Recorded.layer({
          submitKyc: [Recorded.success(true), "lost"],
          createCustomer: [created],
          destroyCard: []
        })
      )
    )
  )

  it.effect("takes any of the 25 operations, signed and filled as the vendor asks", () =>
    Effect.gen(function* () {
      for (const { name } of Operation.all) {
        const before: Recorded.Recording =
          name === "createVirtualCard" ? { listCustomerCards: [Recorded.success([])] } : {}
        yield* Effect.gen(function* () {
          const { calls, left } = yield* Recorded.Recorded
          const exit = yield* Effect.exit(Effect.flatMap(Yunmo.Yunmo, callsOf[name]))
          assert.strictEqual(ended(exit), "no defect", name)
          assert.strictEqual((yield* calls).at(-1)?.operation, name)
          assert.deepStrictEqual(yield* left, {})
        }).pipe(Effect.provide(Recorded.layer({ ...before, [name]: [Recorded.refusal("1000000")] })))
      }
    })
  )

  it.effect("loses answers, and answers with other statuses than 200, without any time passing", () =>
    Effect.gen(function* () {
      const lost = yield* Effect.flip(create)
      hasFields(lost, { _tag: "OutcomeUnknown" })
      const waiting = yield* Effect.fork(detail)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(waiting)).balance?.text, "5.00")
      const { calls } = yield* Recorded.Recorded
      assert.deepStrictEqual(
        (yield* calls).map(({ operation }) => operation),
        ["login", "createCustomer", "getCardDetail", "getCardDetail", "getCardDetail"]
      )
    }).pipe(
      Effect.provide(
        Recorded.layer({ createCustomer: ["lost"], getCardDetail: ["lost", { status: 503 }, card("5.00")] })
      )
    )
  )

  it.effect("shows that a top-up whose answer was lost is asked for and not sent again", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const { calls } = yield* Recorded.Recorded
      const merchantOrderNo = Id.merchantOrderNo("INV-1")
      const topUp = cards.adjustBalance({
        merchantOrderNo,
        cardId: Id.cardId,
        amount: Id.amount("20.00"),
        direction: "increase"
      })
      assert.strictEqual((yield* topUp)._tag, "Unknown")
      assert.strictEqual((yield* Outcome.orFail(topUp)).merchantOrderNo, merchantOrderNo)
      const sent = (yield* calls).filter(({ operation }) => operation === "adjustBalance")
      assert.lengthOf(sent, 1)
    }).pipe(
      Effect.provide(
        Recorded.layer({
          adjustBalance: ["lost"],
          queryTopUpOrder: [
            Recorded.success({
              merchantOrderNo: "INV-1",
              cardId: Id.cardId,
              direction: "INCREASE",
              amount: "20.00",
              status: "SUCCESS"
            })
          ]
        })
      )
    )
  )

  it.effect("logs in again when a recorded answer says so", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* detail).balance?.text, "5.00")
      const { calls } = yield* Recorded.Recorded
      assert.deepStrictEqual(
        (yield* calls).map(({ operation }) => operation),
        ["login", "getCardDetail", "login", "getCardDetail"]
      )
    }).pipe(
      Effect.provide(
        Recorded.layer({
          login: [Recorded.success({ token: "one" }), Recorded.success({ token: "two" })],
          getCardDetail: [Recorded.refusal("2000001"), card("5.00")]
        })
      )
    )
  )

  it.effect("follows the contract: names, paths, version and code of success", () => {
    const contract = Contract.layer({
      version: "V9",
      successCode: "0",
      paths: { createCustomer: "/create", createVirtualCard: "/card/create" },
      fields: { CustomerAddVo: { customerId: "userId" }, GetTokenVo: { token: "accessToken" } }
    })
    const recording: Recorded.Recording = { createCustomer: [{ code: "0", data: { userId: "AU1" } }] }
    return Effect.gen(function* () {
      assert.strictEqual((yield* create).customerId, "AU1")
    }).pipe(Effect.provide(Recorded.layer(recording)), Effect.provide(contract))
  })

  it.effect("is plain JSON, which its schema reads", () =>
    Effect.gen(function* () {
      const recording: Recorded.Recording = {
        createCustomer: [created, "lost", { status: 500 }, { code: "-1", msg: "no", timestamp: 1 }],
        getCardPin: []
      }
      const decode = Schema.decodeUnknown(Schema.parseJson(Recorded.Recording), { onExcessProperty: "error" })
      assert.deepStrictEqual(yield* decode(JSON.stringify(recording)), recording)
      assert.include(`${yield* Effect.flip(decode(`{"createCard":[]}`))}`, "createCard")
      assert.include(`${yield* Effect.flip(decode(`{"login":["found"]}`))}`, "login")
    })
  )
})

describe("what does not fit", () => {
  it.effect("in the recording, all of it is named before anything is called", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Layer.build(
          Recorded.layer({
            createCustomer: [created, Recorded.success({ customerCode: "c-1" })],
            getCardDetail: [Recorded.success({ cardId: "CD1", status: "ACTIVE", balance: "a lot" })],
            listCustomerCards: [Recorded.success([{ cardId: "CD1" }])],
            freezeCard: [Recorded.refusal("4010001"), Recorded.success("yes")]
          })
        )
      )
      hasFields(error, { _tag: "RecordingInvalid" })
      const paths = error.problems.map(({ path }) => path)
      assert.deepStrictEqual(paths.sort(), [
        "createCustomer[1].data.customerId",
        "freezeCard[1].data",
        "getCardDetail[0].data.balance",
        "listCustomerCards[0].data[0].status"
      ])
      assert.include(error.message, "createCustomer[1].data.customerId is missing")
    }).pipe(Effect.scoped)
  )

  it.effect("a call that nothing is recorded for ends the program, whatever it recovers from", () =>
    Effect.gen(function* () {
      const twice = yield* Effect.exit(
        Effect.zipRight(
          create,
          Effect.orElseSucceed(create, () => "saved")
        )
      )
      assert.strictEqual(
        ended(twice),
        "The recording cannot answer createCustomer: this is the 2nd call, and it holds 1."
      )
      const none = yield* Effect.exit(Effect.orElseSucceed(detail, () => "saved"))
      assert.include(ended(none), "getCardDetail: this is the 1st call, and it holds 0")
      const own = yield* Effect.exit(Effect.flatMap(Yunmo.Yunmo, ({ call }) => call("/card/secret", {})))
      assert.include(ended(own), "/card/secret: no operation of the contract has this path")
    }).pipe(Effect.provide(Recorded.layer({ createCustomer: [created] })))
  )

  const secretKey = "1111111111111111"
  const merchantNo = MerchantNo.make("BU078255558")
  const options = { merchantNo, secretKey: Redacted.make(secretKey) }
  const request = (changes: Partial<Testing.SignedOptions>) =>
    Either.getOrThrow(
      Testing.signed({
        secret: secretKey,
        merchantNo,
        token: "",
        data: { apiKey: "key" },
        ...changes
      })
    ).text
  const send = (body: string, path = "/auth/login") =>
    Effect.flatMap(HttpClient.HttpClient, (http) =>
      http.execute(
        HttpClientRequest.post(`https://api.example.com/yunmo${path}`).pipe(
          HttpClientRequest.bodyText(body, "application/json")
        )
      )
    )

  it.effect.each<readonly [why: string, body: string, path?: string]>([
    ["its signature does not hold", request({ secret: "2222222222222222" })],
    ["its signature does not hold", request({}).replace("BU078255558", "BU078255559")],
    ["its signature does not hold", "no JSON"],
    ["its merchantNo is not BU078255558", request({ merchantNo: "BU078255559" })],
    ["its version is not v1.0", request({ version: "v2.0" })],
    ["its nonce is not 16 letters", request({ nonce: "1" })],
    ["a login is sent with an empty token", request({ token: "recorded-token" })],
    ["its token is none that a login gave", request({ token: "recorded-token" }), "/card/samples"],
    ["apiKey is missing", request({ data: {} })]
  ])("a request is looked at: %s", ([why, body, path]) =>
    Effect.gen(function* () {
      assert.include(ended(yield* Effect.exit(send(body, path))), why)
      assert.strictEqual(ended(yield* Effect.exit(send(request({})))), "no defect")
    }).pipe(Effect.provide(Recorded.layerHttpClient({}, options)))
  )

  it.effect("a nonce is taken once, and a GET is none of the vendor's", () =>
    Effect.gen(function* () {
      yield* send(request({}))
      assert.include(ended(yield* Effect.exit(send(request({})))), "its nonce")
      const http = yield* HttpClient.HttpClient
      assert.include(ended(yield* Effect.exit(http.get("https://api.example.com/auth/login"))), "as a POST")
    }).pipe(Effect.provide(Recorded.layerHttpClient({}, options)))
  )

  it.effect("a program with nonces of its own is found out", () =>
    Effect.gen(function* () {
      assert.include(ended(yield* Effect.exit(detail)), "its nonce")
    }).pipe(
      Effect.provide(Recorded.layer({ getCardDetail: [card("5.00")] })),
      Effect.provide(Nonce.layer({ next: Effect.succeed("AlwaysTheSame001") }))
    )
  )
})
