import { assert, describe, it } from "@effect/vitest"
import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as Nonces from "../src/internal/nonces.js"
import * as Rules from "../src/Rules.js"
import { Sandbox } from "../src/Sandbox.js"
import { Api, fieldsOf, textIn, withApi } from "./support/api.js"
import { controls } from "./support/http.js"
import * as Id from "./support/ids.js"
import {
  Caller,
  cardState,
  inProcess,
  kycOf,
  merchant,
  type Request,
  requestOf,
  signed,
  virtualCard,
  withCaller
} from "./support/vendor.js"
import { booksAreRight } from "./support/world.js"

const setRules = (changes: Codec.JsonObject) =>
  Effect.map(controls("POST", "/rules", changes), ({ body, status }) => {
    assert.strictEqual(status, 200, JSON.stringify(body))
    return body
  })

/** With the rules as an option, and with the same rules set over HTTP while the sandbox runs. */
const bothWays = <E>(
  name: string,
  rules: Rules.Changes,
  test: Effect.Effect<void, E, Effect.Effect.Context<ReturnType<typeof setRules>> | Api | Caller | Sandbox>
) => {
  it.scoped(`${name}, from the start`, () => Effect.provide(test, withApi({ rules })))
  it.scoped(`${name}, from now on`, () =>
    Effect.provide(Effect.zipRight(setRules(fieldsAsJson(rules)), test), withApi())
  )
}

const fieldsAsJson = (rules: Rules.Changes): Codec.JsonObject =>
  Object.fromEntries(
    Object.entries(rules).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value])
  )

/** The code of a call that nothing but the rules can refuse. */
const code = (request?: Request) => Effect.flatMap(Api, (api) => api.code("listCardSamples", {}, request))

const stranger = SigningKey.make("other", "another secret")

const second = {
  merchantNo: "BU000000002",
  apiKey: Redacted.make("their-api-key"),
  secretKey: Redacted.make("their-secret")
}
const asSecond: Request = {
  key: SigningKey.make("theirs", second.secretKey),
  envelope: { merchantNo: second.merchantNo }
}

describe("checkSignature", () => {
  bothWays(
    "off lets any signature pass, but not none",
    { checkSignature: false },
    Effect.gen(function* () {
      assert.strictEqual(yield* code({ key: stranger }), "200")
      const api = yield* Api
      assert.strictEqual(
        yield* api.code("listCardSamples", {}, { key: stranger, token: "made-up" }),
        "2000002"
      )
      yield* setRules({ checkSignature: true })
      assert.strictEqual(yield* code({ key: stranger }), "2000003")
    })
  )

  it.scoped("on is the default", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* code({ key: stranger }), "2000003")
    }).pipe(Effect.provide(withApi()))
  )
})

describe("checkToken", () => {
  bothWays(
    "off lets any token pass",
    { checkToken: false },
    Effect.gen(function* () {
      assert.strictEqual(yield* code({ token: "" }), "200")
      assert.strictEqual(yield* code({ token: "made-up" }), "200")
      yield* setRules({ checkToken: true })
      assert.strictEqual(yield* code({ token: "" }), "2000002")
      assert.strictEqual(yield* code(), "200")
    })
  )
})

describe("tokenLifetimeSeconds", () => {
  const lived = Effect.gen(function* () {
    const api = yield* Api
    const { data } = yield* api.login
    return fieldsOf(data).expireTime
  })

  bothWays(
    "ends a token at the exact millisecond",
    { tokenLifetimeSeconds: 90.5 },
    Effect.gen(function* () {
      assert.strictEqual(yield* lived, 90_500)
      yield* TestClock.adjust("90499 millis")
      assert.strictEqual(yield* code(), "200")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* code(), "2000001")
    })
  )

  bothWays(
    "null makes tokens that live for ever, and says no time",
    { tokenLifetimeSeconds: null },
    Effect.gen(function* () {
      assert.isUndefined(yield* lived)
      yield* TestClock.adjust("36500 days")
      assert.strictEqual(yield* code(), "200")
    })
  )

  it.scoped("holds for later logins, and is in whole milliseconds", () =>
    Effect.gen(function* () {
      const api = yield* Api
      yield* setRules({ tokenLifetimeSeconds: 1.0005 })
      const before = api.token()
      assert.strictEqual(yield* lived, 1001)
      yield* TestClock.adjust("7199 seconds")
      assert.deepStrictEqual([yield* code(), yield* code({ token: before })], ["2000001", "200"])
    }).pipe(Effect.provide(withApi()))
  )
})

describe("loginEndsOldTokens", () => {
  bothWays(
    "on ends every older token of the merchant, and no other merchant's",
    { loginEndsOldTokens: true },
    Effect.gen(function* () {
      const api = yield* Api
      const tokens = [api.token()]
      for (const _ of [1, 2]) {
        yield* api.login
        tokens.push(api.token())
      }
      assert.strictEqual(new Set(tokens).size, 3)
      assert.deepStrictEqual(yield* Effect.forEach(tokens, (token) => code({ token })), [
        "2000002",
        "2000002",
        "200"
      ])
      // A login that fails ends nothing.
      assert.strictEqual(yield* api.code("login", { apiKey: "wrong" }), "2000006")
      assert.strictEqual(yield* code(), "200")
      yield* setRules({ loginEndsOldTokens: false })
      yield* api.login
      assert.deepStrictEqual([yield* code({ token: tokens[2] ?? "" }), yield* code()], ["200", "200"])
    })
  )

  it.scoped("leaves the tokens of other merchants alone", () =>
    Effect.gen(function* () {
      const api = yield* Api
      const theirs = yield* api.send("login", { apiKey: "their-api-key" }, { ...asSecond, token: "" })
      yield* api.login
      const token = textIn(theirs.data, "token")
      assert.strictEqual(yield* code({ ...asSecond, token }), "200")
    }).pipe(Effect.provide(withApi({ merchants: [merchant, second], rules: { loginEndsOldTokens: true } })))
  )
})

describe("allowedAddresses", () => {
  bothWays(
    "lets those on the list pass",
    { allowedAddresses: ["192.0.2.1", "127.0.0.1"] },
    Effect.gen(function* () {
      assert.strictEqual(yield* code(), "200")
      yield* setRules({ allowedAddresses: ["192.0.2.1"] })
      assert.strictEqual(yield* code(), "2000007")
      yield* setRules({ allowedAddresses: [] })
      assert.strictEqual(yield* code(), "2000007")
      // Before anything else is looked at.
      assert.strictEqual(yield* code({ key: stranger, envelope: { merchantNo: "BU9" } }), "2000007")
      yield* setRules({ allowedAddresses: null })
      assert.strictEqual(yield* code(), "200")
    })
  )

  const cases: ReadonlyArray<[allowed: string, from: string | undefined, code: string]> = [
    ["127.0.0.1", "127.0.0.1", "200"],
    ["127.0.0.1", "::ffff:127.0.0.1", "200"],
    ["::ffff:127.0.0.1", "127.0.0.1", "200"],
    ["127.0.0.1", "::FFFF:127.0.0.1", "200"],
    ["2001:DB8::1", "2001:db8::1", "200"],
    ["127.0.0.1", "127.0.0.10", "2000007"],
    ["127.0.0.10", "127.0.0.1", "2000007"],
    ["127.0.0.1", "::1", "2000007"],
    ["::1", "0:0:0:0:0:0:0:1", "200"],
    ["127.0.0.1", undefined, "2000007"]
  ]
  for (const [allowed, from, expected] of cases) {
    it.scoped(`${allowed} is asked from ${from ?? "nowhere"}: ${expected}`, () =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox
        const body = yield* requestOf("login", { apiKey: merchant.apiKey })
        const reply = yield* sandbox.reply("login", new TextEncoder().encode(body), from)
        assert(reply._tag === "Answered")
        assert.strictEqual(reply.answer.code, expected)
      }).pipe(Effect.provide(inProcess({ rules: { allowedAddresses: [allowed] } })))
    )
  }
})

describe("clockSkewSeconds", () => {
  const at = (requestTime: Codec.JsonValue) => code({ envelope: { requestTime } })

  bothWays(
    "refuses what is further from now than that, either way",
    { clockSkewSeconds: 300 },
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      yield* TestClock.setTime(1_770_712_296_681)
      yield* (yield* Api).login
      const { now } = yield* sandbox.clock
      for (const [offset, expected] of [
        [-300_000, "200"],
        [300_000, "200"],
        [-300_001, "1000000"],
        [300_001, "1000000"],
        [0, "200"]
      ] as const) {
        assert.strictEqual(yield* at(now + offset), expected, String(offset))
      }
      assert.strictEqual(yield* at(0), "1000000")
      assert.strictEqual(yield* at(-now), "1000000")
      assert.strictEqual(yield* at(String(now - 300_000)), "200")
      assert.strictEqual(yield* at(String(now - 300_001)), "1000000")

      // The sandbox's clock counts, not the machine's.
      yield* sandbox.moveClock({ bySeconds: 301 })
      assert.strictEqual(yield* code(), "1000000")
      assert.strictEqual(yield* at(now + 301_000), "200")
      yield* setRules({ clockSkewSeconds: 301 })
      assert.strictEqual(yield* code(), "200")
      yield* setRules({ clockSkewSeconds: null })
      assert.strictEqual(yield* at(0), "200")
    })
  )
})

describe("nonceReuse", () => {
  const nonce = "abcdefghijklmnop"
  const other = "ponmlkjihgfedcba"
  const once = { envelope: { nonce } }

  bothWays(
    "refuse takes each nonce once",
    { nonceReuse: "refuse" },
    Effect.gen(function* () {
      // A wrong signature uses none up: a stranger could spoil it else.
      assert.strictEqual(yield* code({ ...once, key: stranger }), "2000003")
      assert.strictEqual(yield* code(once), "200")
      const { msg, ...answer } = yield* Effect.flatMap(Api, ({ send }) => send("listCardSamples", {}, once))
      assert.deepStrictEqual([answer.code, answer.data], ["1000000", null])
      assert.include(msg, "nonce was used before")
      assert.strictEqual(yield* code({ envelope: { nonce: other } }), "200")
      // Whatever the operation, and whatever became of the call that used it.
      const api = yield* Api
      assert.strictEqual(
        yield* api.code("queryCustomer", {}, { envelope: { nonce: "0123456789abcdef" } }),
        "1000000"
      )
      const again = yield* api.send("listCardSamples", {}, { envelope: { nonce: "0123456789abcdef" } })
      assert.include(again.msg, "nonce was used before")
    })
  )

  it.scoped("refuse knows those that were used while it was allowed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([yield* code(once), yield* code(once)], ["200", "200"])
      yield* setRules({ nonceReuse: "refuse" })
      assert.strictEqual(yield* code(once), "1000000")
      yield* setRules({ nonceReuse: "allow" })
      assert.strictEqual(yield* code(once), "200")
    }).pipe(Effect.provide(withApi()))
  )

  it.scoped("refuse counts for each merchant alone", () =>
    Effect.gen(function* () {
      const { send } = yield* Api
      const envelope = { ...asSecond.envelope, nonce }
      assert.strictEqual(yield* code(once), "200")
      const theirs = yield* send("login", { apiKey: "their-api-key" }, { ...asSecond, envelope, token: "" })
      assert.strictEqual(theirs.code, "200")
      const token = textIn(theirs.data, "token")
      assert.strictEqual(yield* code({ ...asSecond, envelope, token }), "1000000")
    }).pipe(Effect.provide(withApi({ merchants: [merchant, second], rules: { nonceReuse: "refuse" } })))
  )

  it("remembers the last 10,000", () => {
    const nonces = Nonces.make()
    const numbers = Array.from({ length: 10_001 }, (_, index) => `nonce-${index}`)
    for (const number of numbers.slice(0, -1)) {
      assert.isTrue(nonces.use("A", number))
    }
    assert.isFalse(nonces.use("A", "nonce-0"))
    assert.isTrue(nonces.use("A", "nonce-10000"))
    assert.isFalse(nonces.use("A", "nonce-1"))
    assert.isTrue(nonces.use("A", "nonce-0"))
    assert.isTrue(nonces.use("B", "nonce-2"))
    nonces.clear()
    assert.isTrue(nonces.use("A", "nonce-2"))
  })

  for (const wrong of ["abcdefghijklmno", "abcdefghijklmnopq"]) {
    it.scoped(`does not matter to a nonce of ${wrong.length} characters, which is none (SPEC)`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* code({ envelope: { nonce: wrong } }), "1000000")
      }).pipe(Effect.provide(withApi()))
    )
  }
})

describe("version", () => {
  const codes = Effect.forEach(["v1.0", "V1.0", "v1.00", "v2.0", "1.0"], (version) =>
    code({ envelope: { version } })
  )
  const expected = {
    exact: ["200", "1000000", "1000000", "1000000", "1000000"],
    anyCase: ["200", "200", "1000000", "1000000", "1000000"],
    any: ["200", "200", "200", "200", "200"]
  }
  for (const version of ["exact", "anyCase", "any"] as const) {
    bothWays(
      version,
      { version },
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codes, expected[version])
        assert.strictEqual(yield* code({ envelope: { version: "" } }), "1000000")
      })
    )
  }
})

it.scoped("version anyCase takes either case of whatever the contract says", () =>
  Effect.gen(function* () {
    const codes = Effect.forEach(["V2.b", "v2.B", "v2.b", "v1.0"], (version) =>
      code({ envelope: { version } })
    )
    assert.deepStrictEqual(yield* codes, ["200", "200", "200", "1000000"])
  }).pipe(Effect.provide(withApi().pipe(Layer.provideMerge(Contract.layer({ version: "V2.b" })))))
)

const topUp = (cardId: ReturnType<typeof Id.card>, merchantOrderNo: string) => ({
  cardId,
  amount: Id.amount("5"),
  direction: "INCREASE",
  merchantOrderNo: Id.order(merchantOrderNo)
})

describe("duplicateOrders", () => {
  bothWays(
    "execute moves the money twice; refuse does not",
    { duplicateOrders: "execute" },
    Effect.gen(function* () {
      const caller = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const balance = Effect.map(cardState(cardId), (card) => card.balance.text)
      const order = topUp(cardId, "o-1")
      assert.deepStrictEqual(
        [yield* caller.code("adjustBalance", order), yield* caller.code("adjustBalance", order)],
        ["200", "200"]
      )
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* balance, "10.00")
      yield* setRules({ duplicateOrders: "refuse" })
      assert.strictEqual(yield* caller.code("adjustBalance", order), "4000000")
      assert.strictEqual(yield* caller.code("adjustBalance", { ...order, amount: Id.amount("6") }), "4000000")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(yield* balance, "10.00")
      yield* booksAreRight
    })
  )
})

describe("settleAfterSeconds", () => {
  const statusOf = (merchantOrderNo: string) =>
    Effect.flatMap(Caller, ({ call }) =>
      Effect.map(
        call("queryTopUpOrder", { merchantOrderNo: Id.order(merchantOrderNo) }),
        ({ status }) => status
      )
    )

  bothWays(
    "is when an order is done; null, never; a change holds for later orders",
    { settleAfterSeconds: 30 },
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      yield* call("adjustBalance", topUp(cardId, "o-1"))
      yield* setRules({ settleAfterSeconds: null, tokenLifetimeSeconds: null })
      yield* call("adjustBalance", topUp(cardId, "o-2"))
      yield* TestClock.adjust("29999 millis")
      assert.strictEqual(yield* statusOf("o-1"), "PENDING")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* statusOf("o-1"), "SUCCESS")
      yield* setRules({ settleAfterSeconds: 0 })
      yield* call("adjustBalance", topUp(cardId, "o-3"))
      assert.strictEqual(yield* statusOf("o-3"), "SUCCESS")
      yield* TestClock.adjust("100 minutes")
      assert.strictEqual(yield* statusOf("o-2"), "PENDING")
      yield* booksAreRight
    })
  )
})

describe("kycReviewAfterSeconds", () => {
  bothWays(
    "is when a review passes by itself; null, never",
    { kycReviewAfterSeconds: 60 },
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const submitted = (text: string) =>
        Effect.gen(function* () {
          const { customerId } = yield* call("createCustomer", { customerCode: Id.code(text) })
          yield* call("submitKyc", kycOf(customerId))
          return Effect.map(call("getKycStatus", { customerId }), ({ auditState }) => auditState)
        })
      const first = yield* submitted("c-1")
      yield* setRules({ kycReviewAfterSeconds: null })
      const never = yield* submitted("c-2")
      yield* TestClock.adjust("59999 millis")
      assert.strictEqual(yield* first, "0")
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual([yield* first, yield* never], ["1", "0"])
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ createdAt, eventType }) => [eventType, createdAt]),
        [["KYC", 60_000]]
      )
      yield* TestClock.adjust("100 minutes")
      assert.strictEqual(yield* never, "0")
    })
  )

  it.scoped("is not asked when a person was quicker, even if the KYC was submitted again", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      yield* TestClock.adjust("40 seconds")
      yield* sandbox.reviewKyc({ customerId, result: "rejected" })
      yield* call("submitKyc", kycOf(customerId))
      const state = Effect.map(call("getKycStatus", { customerId }), ({ auditState }) => auditState)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* state, "0")
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* state, "1")
      assert.strictEqual((yield* sandbox.deliveries).length, 2)
    }).pipe(Effect.provide(withCaller({ rules: { kycReviewAfterSeconds: 60 } })))
  )
})

describe("magic", () => {
  bothWays(
    "off makes magic values ordinary ones",
    { magic: false },
    Effect.gen(function* () {
      const api = yield* Api
      assert.strictEqual(yield* api.code("createCustomer", { customerCode: "FORCE-3000000" }), "200")
      yield* setRules({ magic: true })
      assert.strictEqual(yield* api.code("createCustomer", { customerCode: "FORCE-3000001" }), "3000001")
    })
  )
})

describe("the rules", () => {
  it.scoped("are shown as they are in force, and change one by one", () =>
    Effect.gen(function* () {
      const shown = Effect.map(controls("GET", "/rules"), ({ body }) => body)
      assert.deepStrictEqual(yield* shown, { ...Rules.defaults, clockSkewSeconds: 60 })
      const changed = {
        ...Rules.defaults,
        clockSkewSeconds: 60,
        version: "exact",
        allowedAddresses: ["127.0.0.1"]
      }
      assert.deepStrictEqual(yield* setRules({ version: "exact", allowedAddresses: ["127.0.0.1"] }), changed)
      assert.deepStrictEqual(yield* shown, changed)
      assert.deepStrictEqual(yield* setRules({}), changed)
      assert.deepStrictEqual(yield* (yield* Sandbox).rules, yield* Schema.decodeUnknown(Rules.Rules)(changed))
    }).pipe(Effect.provide(withApi({ rules: { clockSkewSeconds: 60 } })))
  )

  const bad: ReadonlyArray<[name: string, value: Codec.JsonValue]> = [
    ["checkSignature", "no"],
    ["checkToken", null],
    ["tokenLifetimeSeconds", -1],
    ["tokenLifetimeSeconds", "60"],
    ["loginEndsOldTokens", 1],
    ["allowedAddresses", "127.0.0.1"],
    ["allowedAddresses", [""]],
    ["allowedAddresses", ["localhost"]],
    ["allowedAddresses", ["10.0.0.0/8"]],
    ["allowedAddresses", ["10.0.0.256"]],
    ["clockSkewSeconds", 1e300],
    ["nonceReuse", "forbid"],
    ["version", "v1.0"],
    ["duplicateOrders", null],
    ["settleAfterSeconds", -0.5],
    ["kycReviewAfterSeconds", true],
    ["magic", 0],
    ["checkSignatures", false]
  ]
  it.scoped("that are none are refused by name, and change nothing", () =>
    Effect.gen(function* () {
      for (const [name, value] of bad) {
        const { body, status } = yield* controls("POST", "/rules", { magic: false, [name]: value })
        assert.strictEqual(status, 400, name)
        assert.include(textIn(body, "message"), `${name}`)
        assert.deepStrictEqual((yield* controls("GET", "/rules")).body, Rules.defaults)
      }
    }).pipe(Effect.provide(withApi()))
  )

  for (const [rules, problem] of [
    [{ tokenLifetimeSeconds: -1 }, "rules.tokenLifetimeSeconds: "],
    [{ clockSkewSeconds: Number.NaN }, "rules.clockSkewSeconds: "],
    [{ settleAfterSeconds: Number.POSITIVE_INFINITY }, "rules.settleAfterSeconds: "],
    [
      { allowedAddresses: ["127.0.0.1", "10.0.0.0/8"] },
      "rules.allowedAddresses.1: expected an IPv4 or IPv6 address such as 203.0.113.7, no mask and no name"
    ]
  ] as const) {
    it.effect(`that are none do not start a sandbox: ${problem}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.provide(Sandbox, inProcess({ rules })))
        assert.strictEqual(error._tag, "SandboxInvalid")
        assert.include(error.message, problem)
        assert.notInclude(error.message, "\n")
      })
    )
  }
})

it.scoped("a body that is signed may still be sent again, unless nonces are looked at", () =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const body = yield* signed({ apiKey: Redacted.value(merchant.apiKey) })
    const send = Effect.map(sandbox.reply("login", new TextEncoder().encode(body)), (reply) =>
      reply._tag === "Answered" ? reply.answer.code : reply._tag
    )
    assert.deepStrictEqual([yield* send, yield* send], ["200", "200"])
    yield* sandbox.setRules({ nonceReuse: "refuse" })
    assert.strictEqual(yield* send, "1000000")
  }).pipe(Effect.provide(inProcess()))
)
