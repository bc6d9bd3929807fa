import { assert, describe, it } from "@effect/vitest"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Policy from "../src/Policy.js"
import type * as Raw from "../src/Raw.js"
import { Yunmo } from "../src/Yunmo.js"
import { secretKey, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { passedCustomer, withSandbox } from "./support/sandbox.js"
import { logged, prints } from "./support/shows.js"
import { code, never, ok, type Reply, reset, status, text, tokenOf, vendor } from "./support/vendor.js"

const call = (operation: string, data: Raw.Data = {}, options?: Raw.Options) =>
  Effect.flatMap(Yunmo, (yunmo) => yunmo.call(operation, data, options))
const briefly = Policy.within({ retryBase: Duration.millis(1), attemptTimeout: Duration.millis(500) })

const lost: ReadonlyArray<readonly [string, Reply]> = [
  ["a reset", reset],
  ["HTTP 503", status(503)],
  ["HTML", text("<html/>")],
  ["no answer", never],
  ["-1", code("-1")],
  ["3000000", code("3000000")],
  ["a code of tomorrow", code("5000001")]
]

describe("a path of one's own", () => {
  it.scopedLive("is signed and sent in the session, and answered as it is", () =>
    Effect.gen(function* () {
      const body = `{"code":"200","msg":"好","timestamp":1770712296681,"data":{"rate":20.00,"id":123456789012345678901},"new":1}`
      const server = yield* vendor({ anything: text(body) })
      const outcome = yield* call("/card/label", {
        cardId: "CD1",
        label: Redacted.make("mine & yours = ours"),
        big: 1.5,
        on: true
      }).pipe(withClient(server.url))
      assert(outcome._tag === "Done")
      const { code, data, msg, text: raw, timestamp } = outcome.value
      assert.deepStrictEqual(
        { code, msg, timestamp },
        { code: "200", msg: "好", timestamp: 1_770_712_296_681 }
      )
      assert.deepStrictEqual(Redacted.value(data), { rate: "20.00", id: "123456789012345678901" })
      assert.strictEqual(Redacted.value(raw), body)
      assert.notInclude(prints(outcome), "20.00")

      const [, request] = server.received
      assert(request !== undefined)
      assert.strictEqual(request.url, "/card/label")
      assert.strictEqual(request.message.token, tokenOf(1))
      assert.deepStrictEqual(request.message.data, {
        cardId: "CD1",
        label: "mine & yours = ours",
        big: 1.5,
        on: true
      })
      assert.isTrue(Either.isRight(Verifier.verifyWith([SigningKey.make("test", secretKey)], request.body)))
    })
  )

  it.scopedLive.each(lost)("is sent once, and unknown after %s", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: reply })
      const outcome = yield* Effect.retry(call("/card/label"), { times: 3 }).pipe(
        briefly,
        withClient(server.url)
      )
      assert(outcome._tag === "Unknown")
      hasFields(outcome.error, { _tag: "OutcomeUnknown", operation: "/card/label", attempt: 1, key: "" })
      assert.include(outcome.error.message, "Do not send it again before you know")
      assert.strictEqual(server.received.length, 2)
    })
  )

  it.scopedLive("is tried again when it only reads", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: [reset, status(503), ok({ balance: "1" })] })
      const outcome = yield* call("/merchant/balance", {}, { safety: "read" }).pipe(
        briefly,
        withClient(server.url)
      )
      assert.strictEqual(outcome._tag, "Done")
      assert.strictEqual(server.received.length, 4)
      const gone = yield* vendor({ anything: reset })
      const error = yield* Effect.flip(call("/merchant/balance", {}, { safety: "read" })).pipe(
        briefly,
        withClient(gone.url)
      )
      hasFields(error, { _tag: "TransportFailed", operation: "/merchant/balance", attempt: 4 })
    })
  )

  it.scopedLive("has the codes' errors, and the session's renewal", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: [code("2000001"), code("4010006"), ok(1)] })
      yield* Effect.gen(function* () {
        hasFields(yield* Effect.flip(call("/card/label")), {
          _tag: "CardNotFound",
          operation: "/card/label",
          attempt: 2
        })
        assert.strictEqual(server.of("login").length, 2)
        hasFields(yield* call("/card/label"), { _tag: "Done" })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a 404 says to look at the address, not at a proposal of ours", () =>
    Effect.gen(function* () {
      const server = yield* vendor({})
      const error = yield* Effect.flip(call("/card/label", {}, { safety: "read" })).pipe(
        withClient(server.url)
      )
      hasFields(error, { _tag: "HttpStatusUnexpected", status: 404, path: "/card/label" })
      assert.notInclude(error.message, "proposal")
    })
  )

  it.scopedLive("what is redacted in the data is taken out of what the vendor says", () =>
    Effect.gen(function* () {
      const secret = "a-secret-of-the-caller"
      const server = yield* vendor({ anything: code("4000000", `no ${secret}`) })
      const lines = yield* logged
      const exit = yield* Effect.exit(
        call("/card/label", { deep: [{ word: Redacted.make(secret) }] }).pipe(
          Effect.tap((outcome) => Effect.logInfo(outcome))
        )
      ).pipe(lines.collect, withClient(server.url, { contract: { signature: { nested: "compactJson" } } }))
      assert.include(server.received.at(-1)?.body, secret)
      assert.notInclude(prints(exit) + lines.all.join("\n"), secret)
    })
  )

  const wrong = [
    "card/label",
    "cardLabel",
    "",
    "https://elsewhere.example/card/label",
    "//elsewhere.example/card",
    "/card/../auth/login",
    "/card/./label",
    "/card/..",
    "/card?x=1",
    "/card#x",
    "/card/%2e%2e/auth",
    "/card\\label",
    "/card label",
    "/卡",
    "/",
    "toString",
    "__proto__"
  ]
  it.scopedLive.each(wrong.map((path) => [path] as const))("%j is none, and nothing is sent", ([path]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      const error = yield* Effect.flip(call(path)).pipe(withClient(server.url))
      hasFields(error, { _tag: "RequestInvalid", operation: path })
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("an operation of the table", () => {
  it.scopedLive("goes as the table has it: reads again, the rest once, whatever the answer holds", () =>
    Effect.gen(function* () {
      for (const { name, safety } of Operation.all) {
        if (name === "login" || name === "createVirtualCard" || name === "adjustBalance") {
          continue
        }
        const server = yield* vendor({ [name]: [reset, ok({ anything: ["at", "all"] })] })
        const outcome = yield* call(name, { cardId: "CD1" }).pipe(
          briefly,
          Policy.within({ rates: {} }),
          withClient(server.url)
        )
        const again = safety === "read" || safety === "idempotent"
        assert.strictEqual(outcome._tag, again ? "Done" : "Unknown", name)
        assert.strictEqual(server.of(name).length, again ? 2 : 1, name)
      }
    })
  )

  it.scopedLive("takes its path and its unsigned fields from the contract", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      const contract = {
        paths: { freezeCard: "/open-api/card/freeze" },
        signature: { exempt: { freezeCard: ["cardId"] } }
      }
      yield* call("freezeCard", { cardId: "CD1" }).pipe(withClient(server.url, { contract }))
      const request = server.received.at(-1)
      assert.strictEqual(request?.url, "/open-api/card/freeze")
      assert.isTrue(
        Either.isRight(
          Verifier.verifyWith([SigningKey.make("test", secretKey)], request?.body ?? "", {
            exempt: ["cardId"]
          })
        )
      )
    })
  )

  it.scopedLive("keeps its own safety, and its limits", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ getLivenessResult: ok({}) })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(call("freezeCard", { cardId: "CD1" }, { safety: "once" }))
        hasFields(error, { _tag: "RequestInvalid", operation: "freezeCard" })
        assert.include(error.message, "safety is the table's (idempotent)")
        yield* call("getLivenessResult", { customerId: "AU1" })
        const limited = yield* Effect.flip(call("getLivenessResult", { customerId: "AU1" })).pipe(
          Policy.within({ deadline: Duration.millis(50) })
        )
        hasFields(limited, { _tag: "LimitReached", limit: "rate" })
        yield* call("getLivenessResult", { customerId: "AU2" })
      }).pipe(withClient(server.url))
    })
  )

  const moneyPath = Operation.operations.adjustBalance.path
  const guarded: ReadonlyArray<readonly [operation: string, method: string]> = [
    ["adjustBalance", "cards.adjustBalance"],
    [moneyPath, "cards.adjustBalance"],
    [`${moneyPath.toUpperCase()}/`, "cards.adjustBalance"],
    ["createVirtualCard", "cards.createVirtual"],
    ["login", "auth.login"]
  ]
  it.scopedLive.each(guarded)("%s may not go past %s", ([operation, method]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ anything: ok(true) })
      for (const options of [undefined, { safety: "read" }, { safety: "once" }] as const) {
        const error = yield* Effect.flip(call(operation, { cardId: "CD1" }, options)).pipe(
          withClient(server.url)
        )
        assert.strictEqual(error._tag, "RequestInvalid")
        assert.include(error.message, method)
      }
      assert.deepStrictEqual(server.received, [])
    })
  )
})

it.scopedLive("the sandbox answers as it does to the typed ones", () =>
  Effect.gen(function* () {
    const customerId = yield* passedCustomer("c-1")
    const raw = yield* call("getKycStatus", { customerId })
    assert(raw._tag === "Done")
    const typed = yield* Effect.flatMap(Yunmo, ({ kyc }) => kyc.status({ customerId }))
    hasFields(Redacted.value(raw.value.data) as object, { customerId: typed.customerId })
    const error = yield* Effect.flip(call("getCardDetail", { cardId: Id.cardId }))
    assert.strictEqual(error._tag, "CardNotFound")
  }).pipe(Effect.provide(withSandbox()))
)
