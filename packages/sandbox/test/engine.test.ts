import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import * as Time from "../src/internal/time.js"
import { Sandbox } from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import { ok, receiver } from "./support/receiver.js"
import { Caller, fundedCard, inProcess, kycOf, virtualCard, withCaller } from "./support/vendor.js"
import { until, witness } from "./support/witness.js"

describe("an early notification", () => {
  it.scoped("is given up after five seconds where nobody answers, and its call is answered", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      const { cardId } = yield* fundedCard("c-1", "100")
      yield* sandbox.setFaults({ notifications: [{ fault: "early" }] })
      yield* sandbox.setCallback({ url: webhook.url })
      yield* webhook.release
      yield* sandbox.quiet
      const silent = yield* receiver("silence")
      yield* sandbox.setCallback({ url: silent.url })
      const shopping = yield* Effect.fork(
        sandbox.authorize({ cardId, amount: Id.amount("5"), currency: "USD" })
      )
      yield* until(() => silent.received.length === 1)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(shopping)).status, "succeeded")
      const last = (yield* sandbox.deliveries).at(-1)
      assert.deepStrictEqual(
        last?.attempts.map(({ error }) => error),
        ["no answer within 5s"]
      )
      // Nor does it keep the clock from being moved.
      const moving = yield* Effect.fork(sandbox.moveClock({ bySeconds: 1 }))
      yield* until(() => silent.received.length === 2)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(moving)
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("what happens by itself", () => {
  const lines: Array<string> = []
  const blank = Contract.correct({
    enums: { kycState: { " ": "passed", "0": "pending", "-1": "notSubmitted" } }
  })

  it.scoped("goes on after a defect, which is logged", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { call } = yield* Caller
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
      yield* call("submitKyc", kycOf(customerId))
      const card = yield* sandbox.makePhysicalCard()
      const webhook = yield* receiver({ status: 500, body: "no" }, ok)
      yield* sandbox.setCallback({ url: webhook.url })
      // A blank cannot be signed: no contract that was checked has one.
      yield* TestClock.adjust("10 seconds")
      yield* until(() => lines.some((line) => line.includes("please report it")))
      yield* TestClock.adjust("1 second")
      yield* sandbox.authorize({ cardId: card.cardId, amount: Id.amount("5"), currency: "USD" })
      yield* until(() => webhook.received.length === 1)
      yield* sandbox.quiet
      yield* TestClock.adjust("1 second")
      yield* until(() => webhook.received.length === 2)
      yield* sandbox.quiet
      assert.strictEqual((yield* sandbox.deliveries).at(-1)?.status, "acknowledged")
    }).pipe(
      Effect.provide(
        Caller.layer.pipe(
          Layer.provideMerge(inProcess({ rules: { kycReviewAfterSeconds: 10 }, resend: ["1 second"] })),
          Layer.provide(Layer.succeed(Contract.Contract, blank)),
          Layer.provide(
            Logger.replace(
              Logger.defaultLogger,
              Logger.make(({ message }) => void lines.push(String(message)))
            )
          )
        )
      )
    )
  )
})

describe("a move of a running clock", () => {
  it.scopedLive("of no length is none that goes back", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      for (let times = 0; times < 300; times++) {
        yield* sandbox.moveClock({ bySeconds: 0 })
      }
      assert.isFalse((yield* sandbox.clock).frozen)
    }).pipe(Effect.provide(inProcess()))
  )

  it.effect("is set at each of its steps as it would go on from there", () =>
    Effect.gen(function* () {
      const time = yield* Time.make({ startAt: undefined, frozen: false })
      yield* time.stepTo(60_000)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([yield* time.now, time.isStill()], [60_000, true])
      assert.deepStrictEqual(time.setting(), { ahead: 60_000, frozenAt: undefined })
      yield* time.goOn
      assert.deepStrictEqual([yield* time.now, time.isStill()], [60_000, false])
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* time.now, 65_000)
    })
  )

  it.effect("leaves a frozen one where it has come to", () =>
    Effect.gen(function* () {
      const time = yield* Time.make({ startAt: 1000, frozen: true })
      yield* time.stepTo(2000)
      assert.strictEqual(time.setting().frozenAt, 2000)
      yield* time.goOn
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([yield* time.now, time.isStill()], [2000, true])
      yield* time.startAgain
      assert.strictEqual(yield* time.now, 1000)
    })
  )
})

describe("a world that is replaced while a card number is encrypted", () => {
  it.scopedLive("gets nothing of the call that was under way", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { call } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      yield* sandbox.takeSnapshot({ name: "a" })
      // The first one has to wait for the merchant's key to be made.
      const asking = yield* Effect.fork(call("getCardPan", { cardId }))
      yield* Effect.yieldNow()
      yield* sandbox.restoreSnapshot({ name: "a" })
      const before = yield* sandbox.deliveries
      yield* Fiber.join(asking)
      assert.deepStrictEqual(yield* sandbox.deliveries, before)
      yield* call("getCardPan", { cardId })
    }).pipe(Effect.provide(withCaller()))
  )
})
