import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Rules from "../src/Rules.js"
import { Sandbox } from "../src/Sandbox.js"
import { Api, fieldsOf, textIn, withApi } from "./support/api.js"
import { controls } from "./support/http.js"
import * as Id from "./support/ids.js"
import { ok, receiver } from "./support/receiver.js"
import {
  Caller,
  fundedCard,
  kycOf,
  merchant,
  passedCustomer,
  requestOf,
  virtualCard,
  withCaller
} from "./support/vendor.js"
import { until, witness } from "./support/witness.js"
import { booksAreRight, everything } from "./support/world.js"

const start = "2026-03-01T09:00:00Z"
const clock = { startAt: start, frozen: true }

const take = (name: string) => Effect.flatMap(Sandbox, ({ takeSnapshot }) => takeSnapshot({ name }))
const restore = (name: string) => Effect.flatMap(Sandbox, ({ restoreSnapshot }) => restoreSnapshot({ name }))
const move = (bySeconds: number) => Effect.flatMap(Sandbox, ({ moveClock }) => moveClock({ bySeconds }))

const all = Effect.gen(function* () {
  const { clock } = yield* Sandbox
  return { ...(yield* everything), clock: yield* clock }
})

/** A day at the vendor's: everything that draws an id, a number, a token or a nonce, and what came of it. */
const day = (name: string) =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const sandbox = yield* Sandbox
    const { token } = yield* call("login", { apiKey: merchant.apiKey })
    const { cardId, customerId } = yield* fundedCard(name, "100")
    const page = yield* call("getCardPanHtml", { cardId })
    const { activationCode, sku } = yield* sandbox.makePhysicalCard()
    const { orderNo, subOrderNo } = yield* sandbox.authorize({
      cardId,
      amount: Id.amount("5"),
      currency: "USD"
    })
    yield* sandbox.settle({ orderNo })
    const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("5"), currency: "USD" })
    const { customerId: other } = yield* call("createCustomer", { customerCode: Id.code(`${name}-2`) })
    yield* call("submitKyc", kycOf(other))
    const { transactionId } = yield* call("getLivenessUrl", { customerId: other })
    yield* move(60)
    return {
      token: Redacted.value(token),
      page: Redacted.value(page),
      activationCode: Redacted.value(activationCode),
      ids: [cardId, customerId, sku, orderNo, subOrderNo, authId, other, transactionId],
      afterwards: yield* all
    }
  })

const tokenIsGood = (token: string) =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const body = yield* requestOf("listCardSamples", {}, { token })
    const reply = yield* sandbox.reply("listCardSamples", new TextEncoder().encode(body))
    assert(reply._tag === "Answered")
    return reply.answer.code
  })

const faults = {
  calls: [{ fault: "slow", operations: ["createCustomer"], rate: 0.5 }],
  notifications: [
    { fault: "unknownField", rate: 0.5 },
    { fault: "duplicate", times: 2 }
  ]
} as const

describe("a snapshot", () => {
  it.scoped("brings everything back, and what is done again comes out the same", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* receiver(ok, { status: 500, body: "" })
      yield* sandbox.setCallback({ url: webhook.url })
      yield* day("before")
      yield* sandbox.setRules({ settleAfterSeconds: 90, version: "exact" })
      yield* sandbox.quiet
      const before = yield* all
      assert.deepStrictEqual(yield* take("a"), { name: "a", at: before.clock.now })

      const first = yield* day("after")
      assert.notDeepEqual(first.afterwards.state, before.state)
      assert.strictEqual(yield* tokenIsGood(first.token), "200")
      yield* sandbox.setRules({ magic: false, tokenLifetimeSeconds: null })
      yield* sandbox.setFaults({})
      yield* sandbox.setMerchantEnabled({ enabled: false })

      yield* restore("a")
      assert.deepStrictEqual(yield* all, before)
      assert.strictEqual(yield* tokenIsGood(first.token), "2000002")
      const { token } = yield* Caller
      assert.strictEqual(yield* tokenIsGood(token), "200")
      yield* booksAreRight

      const second = yield* day("after")
      assert.deepStrictEqual(second, first)
      // As often as one likes.
      yield* restore("a")
      assert.deepStrictEqual(yield* all, before)
    }).pipe(Effect.provide(withCaller({ clock, faults, seed: "snapshots" })))
  )

  it.scoped("stands on its own: there may be several, and a name may be used again", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const customers = Effect.map(sandbox.state, (state) =>
        state.customers.map(({ customerCode }) => customerCode)
      )
      const { call } = yield* Caller
      const create = (code: string) => call("createCustomer", { customerCode: Id.code(code) })
      yield* take("empty")
      yield* create("c-1")
      yield* take("one")
      yield* create("c-2")
      yield* take("other")
      yield* restore("empty")
      assert.deepStrictEqual(yield* customers, [])
      yield* create("c-3")
      yield* take("other")
      yield* restore("one")
      assert.deepStrictEqual(yield* customers, ["c-1"])
      yield* restore("other")
      assert.deepStrictEqual(yield* customers, ["c-3"])
      assert.deepStrictEqual(
        (yield* sandbox.snapshots).map(({ name }) => name),
        ["empty", "one", "other"]
      )
    }).pipe(Effect.provide(withCaller({ clock })))
  )

  it.scoped("that nobody took is refused, and changes nothing", () =>
    Effect.gen(function* () {
      yield* virtualCard("c-1")
      const before = yield* all
      assert.include((yield* Effect.flip(restore("nothing"))).message, "There is no snapshot nothing")
      assert.deepStrictEqual(yield* all, before)
    }).pipe(Effect.provide(withCaller({ clock })))
  )

  it.scoped("of a frozen clock lets what was due become due again, at the same time", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const { ledger } = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const merchantOrderNo = Id.order("o-1")
      yield* call("adjustBalance", { cardId, amount: Id.amount("5"), direction: "INCREASE", merchantOrderNo })
      yield* take("pending")
      const status = Effect.map(call("queryTopUpOrder", { merchantOrderNo }), (order) => order.status)
      const runs: Array<unknown> = []
      for (const _ of [1, 2]) {
        assert.strictEqual(yield* status, "PENDING")
        yield* move(10)
        assert.strictEqual(yield* status, "SUCCESS")
        runs.push(yield* ledger(cardId))
        yield* booksAreRight
        yield* restore("pending")
      }
      assert.deepStrictEqual(runs[0], runs[1])
    }).pipe(Effect.provide(withCaller({ clock })))
  )

  it.scoped("of a running clock goes back to its time, and runs on from there", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const now = Effect.map(sandbox.clock, (clock) => clock.now)
      yield* move(60)
      yield* take("a")
      yield* move(3600)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* now, 3_665_000)
      yield* restore("a")
      assert.strictEqual(yield* now, 60_000)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* now, 62_000)
      assert.deepInclude(yield* sandbox.clock, { frozen: false, ahead: 55_000 })
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("is not taken in the middle of a move, when the clock stands for a moment", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const moving = yield* Effect.fork(move(60))
      yield* until(() => webhook.received() === 1)
      const taking = yield* Effect.fork(take("a"))
      yield* Effect.yieldNow()
      yield* webhook.release
      yield* Fiber.join(moving)
      assert.strictEqual((yield* Fiber.join(taking)).at, 60_000)
      yield* restore("a")
      assert.isFalse((yield* sandbox.clock).frozen)
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("knows how often a fault has fired", () =>
    Effect.gen(function* () {
      const { code } = yield* Caller
      const { faults } = yield* Sandbox
      const fired = Effect.map(faults, ({ calls }) => calls.map(({ fired, matched }) => [matched, fired]))
      const codes = (...numbers: ReadonlyArray<number>) =>
        Effect.forEach(numbers, (number) => code("createCustomer", { customerCode: Id.code(`c-${number}`) }))
      assert.deepStrictEqual(yield* codes(1, 2), ["200", "3000000"])
      assert.deepStrictEqual(yield* fired, [[2, 1]])
      yield* take("a")
      assert.deepStrictEqual(yield* codes(3, 4), ["3000000", "200"])
      yield* restore("a")
      assert.deepStrictEqual(yield* fired, [[2, 1]])
      assert.deepStrictEqual(yield* codes(3, 4), ["3000000", "200"])
      assert.deepStrictEqual(yield* fired, [[4, 2]])
    }).pipe(
      Effect.provide(
        withCaller({
          clock,
          faults: { calls: [{ fault: "code", operations: ["createCustomer"], skip: 1, times: 2 }] }
        })
      )
    )
  )

  it.scoped("knows which nonces were used, and forgets those used later", () =>
    Effect.gen(function* () {
      const { code } = yield* Api
      const use = (nonce: string) => code("listCardSamples", {}, { envelope: { nonce } })
      assert.strictEqual(yield* use("nonce-before-000"), "200")
      yield* take("a")
      assert.strictEqual(yield* use("nonce-after-0000"), "200")
      yield* restore("a")
      assert.strictEqual(yield* use("nonce-before-000"), "1000000")
      assert.strictEqual(yield* use("nonce-after-0000"), "200")
      assert.strictEqual(yield* use("nonce-after-0000"), "1000000")
    }).pipe(Effect.provide(withApi({ clock, rules: { nonceReuse: "refuse" } })))
  )
})

describe("a restoration during a delivery", () => {
  it.scoped("keeps the attempt of the old world out of the new one", () =>
    Effect.gen(function* () {
      const { call } = yield* Caller
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      yield* sandbox.setCallback({ url: webhook.url })
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      yield* take("submitted")

      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      yield* until(() => webhook.received() === 1)
      yield* restore("submitted")
      assert.deepStrictEqual(yield* sandbox.deliveries, [])
      // The first notification of this world has the number of the one that is still on its way.
      yield* sandbox.reviewKyc({ customerId, result: "rejected" })
      yield* until(() => webhook.received() === 2)
      const far = Effect.map(sandbox.deliveries, (all) =>
        all.map(({ attempts, id, status }) => [id, status, attempts.length])
      )
      assert.deepStrictEqual(yield* far, [[1, "sending", 0]])
      yield* webhook.releaseOne
      // The answer to the old one is heard, and the new one still waits for its own.
      const { url, received } = yield* receiver(ok)
      yield* sandbox.setCallback({ url })
      const other = yield* passedCustomer("c-2")
      yield* until(() => received.length === 1)
      assert.include(received[0]?.body, other)
      assert.deepStrictEqual((yield* far)[0], [1, "sending", 0])
      yield* webhook.release
      yield* sandbox.quiet
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ attempts, body, id, status }) => [
          id,
          status,
          attempts.length,
          /"auditState":\d/.exec(body)?.[0]
        ]),
        [
          [1, "acknowledged", 1, `"auditState":2`],
          [2, "acknowledged", 1, `"auditState":1`]
        ]
      )
      assert.strictEqual(webhook.received(), 2)
    }).pipe(Effect.provide(withCaller({ clock })))
  )

  it.scoped("to before it leaves no trace of it", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      yield* sandbox.setCallback({ url: webhook.url })
      yield* take("before")
      yield* passedCustomer("c-1")
      yield* until(() => webhook.received() === 1)
      yield* restore("before")
      const before = yield* all
      yield* webhook.release
      yield* sandbox.quiet
      assert.deepStrictEqual(yield* all, before)
      assert.deepStrictEqual(before.deliveries, [])
      yield* move(3600)
      assert.strictEqual(webhook.received(), 1)
    }).pipe(Effect.provide(withCaller({ clock })))
  )

  it.scoped("of the very world that was sending sends again", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      yield* until(() => webhook.received() === 1)
      yield* take("sending")
      yield* restore("sending")
      yield* until(() => webhook.received() === 2)
      yield* webhook.release
      yield* sandbox.quiet
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ attempts, status }) => [status, attempts.length]),
        [["acknowledged", 1]]
      )
    }).pipe(Effect.provide(withCaller({ clock })))
  )
})

describe("a reset", () => {
  it.scoped("makes everything as the options say; snapshots stay", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { token } = yield* Caller
      yield* sandbox.reset
      const beginning = yield* all
      assert.deepStrictEqual(beginning.rules, { ...Rules.defaults, settleAfterSeconds: 1 })
      assert.strictEqual(yield* tokenIsGood(token), "2000002")
      assert.deepStrictEqual(
        (yield* sandbox.calls).latest.map(({ code }) => code),
        ["2000002"]
      )

      const runs: Array<unknown> = []
      for (const _ of [1, 2]) {
        const first = yield* login
        yield* sandbox.setRules({ checkSignature: false, settleAfterSeconds: null })
        yield* sandbox.setFaults({})
        yield* sandbox.setMerchantEnabled({ enabled: false })
        yield* sandbox.setCallback({ url: "http://127.0.0.1:1/elsewhere" })
        yield* sandbox.makePhysicalCard()
        yield* move(1000)
        runs.push([first, yield* sandbox.state])
        yield* take("busy")
        assert.notDeepEqual(yield* all, beginning)
        yield* sandbox.reset
        assert.deepStrictEqual(yield* all, beginning)
        assert.strictEqual(yield* tokenIsGood(first), "2000002")
      }
      assert.deepStrictEqual(runs[0], runs[1])
      assert.deepStrictEqual(
        (yield* sandbox.snapshots).map(({ name }) => name),
        ["busy"]
      )
      yield* restore("busy")
      assert.strictEqual((yield* sandbox.state).cards.length, 1)
    }).pipe(Effect.provide(withCaller({ clock, faults, rules: { settleAfterSeconds: 1 }, seed: 7 })))
  )

  it.scoped("makes a moved clock the machine's again", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      yield* move(3600)
      yield* TestClock.adjust("5 seconds")
      yield* sandbox.reset
      const { ahead, now } = yield* sandbox.clock
      assert.deepStrictEqual([now, ahead], [5000, 0])
    }).pipe(Effect.provide(withCaller()))
  )
})

const login = Effect.flatMap(Caller, ({ call }) =>
  Effect.map(call("login", { apiKey: merchant.apiKey }), ({ token }) => Redacted.value(token))
)

describe("over HTTP", () => {
  it.scoped("snapshots are taken, listed and restored, and the sandbox is reset", () =>
    Effect.gen(function* () {
      const api = yield* Api
      const taken = yield* controls("POST", "/snapshots", { name: "a" })
      assert.deepStrictEqual([taken.status, taken.body], [200, { name: "a", at: Date.parse(start) }])
      const create = Effect.map(api.data("createCustomer", { customerCode: "c-1" }), (data) =>
        textIn(data, "customerId")
      )
      const first = yield* create
      assert.deepStrictEqual((yield* controls("GET", "/snapshots")).body, [taken.body])
      assert.strictEqual((yield* controls("POST", "/restorations", { name: "a" })).status, 204)
      assert.strictEqual(yield* api.code("queryCustomer", { customerCode: "c-1" }), "4000001")
      assert.strictEqual(yield* create, first)
      const unknown = yield* controls("POST", "/restorations", { name: "b" })
      assert.strictEqual(unknown.status, 409)
      assert.include(textIn(unknown.body, "message"), "There is no snapshot b")
      for (const name of ["", "a b", "../a", "x".repeat(65)]) {
        assert.strictEqual((yield* controls("POST", "/snapshots", { name })).status, 400, name)
      }
      assert.strictEqual((yield* controls("POST", "/resets")).status, 204)
      assert.strictEqual(yield* api.code("listCardSamples", {}), "2000002")
      assert.deepStrictEqual(fieldsOf((yield* controls("GET", "/state")).body).customers, [])
      yield* api.login
      assert.strictEqual(yield* api.code("listCardSamples", {}), "200")
    }).pipe(Effect.provide(withApi({ clock })))
  )
})
