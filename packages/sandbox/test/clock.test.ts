import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Magic from "../src/Magic.js"
import { Sandbox } from "../src/Sandbox.js"
import { fieldsOf, textIn, withApi } from "./support/api.js"
import { controls } from "./support/http.js"
import * as Id from "./support/ids.js"
import { receiver } from "./support/receiver.js"
import {
  Caller,
  cardState,
  inProcess,
  kycOf,
  passedCustomer,
  virtualCard,
  withCaller
} from "./support/vendor.js"
import { until, witness } from "./support/witness.js"
import { booksAreRight } from "./support/world.js"

const start = "2026-03-01T09:00:00Z"
const startMillis = Date.parse(start)
const frozen = { startAt: start, frozen: true }

/** Seconds since the start. */
const since = (millis: number) => (millis - startMillis) / 1000

const now = Effect.flatMap(Sandbox, ({ clock }) => Effect.map(clock, (clock) => clock.now))

const move = (bySeconds: number) => Effect.flatMap(Sandbox, ({ moveClock }) => moveClock({ bySeconds }))

const submitted = (code: string, idNumber = "P0000001") =>
  Effect.gen(function* () {
    const { call } = yield* Caller
    const { customerId } = yield* call("createCustomer", { customerCode: Id.code(code) })
    yield* call("submitKyc", { ...kycOf(customerId), idNumber: Redacted.make(idNumber) })
    return customerId
  })

const topUp = (cardId: ReturnType<typeof Id.card>, number: string, text = "5") =>
  Effect.flatMap(Caller, ({ call }) =>
    call("adjustBalance", {
      cardId,
      amount: Id.amount(text),
      direction: "INCREASE",
      merchantOrderNo: Id.order(number)
    })
  )

const statusOf = (number: string) =>
  Effect.flatMap(Caller, ({ call }) =>
    Effect.map(call("queryTopUpOrder", { merchantOrderNo: Id.order(number) }), ({ status }) => status)
  )

/** The clock of a machine that sleeps: no timer fires, and suddenly it is later. */
const sleepyMachine = () => {
  let millis = 0
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => millis,
    unsafeCurrentTimeNanos: () => BigInt(millis) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => millis),
    currentTimeNanos: Effect.sync(() => BigInt(millis) * 1_000_000n),
    sleep: () => Effect.never
  }
  return {
    clock,
    wakesAt: (later: number) => {
      millis = later
    }
  }
}

/** All ten sends (VENDOR 6.1), by the waits of 1, 2, 4, 8, 15 and 30 seconds, the last one repeated. */
const tenSends = [0, 1, 3, 7, 15, 30, 60, 90, 120, 150]

describe("re-sends", () => {
  it.scoped("happen at their times, all ten of them, when a frozen clock is moved by an hour", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.map(now, since), 500)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      yield* move(3600)
      assert.deepStrictEqual(webhook.seen, tenSends)
      const [delivery] = yield* sandbox.deliveries
      assert.deepStrictEqual(
        delivery?.attempts.map(({ at }) => since(at)),
        tenSends
      )
      assert.strictEqual(delivery?.status, "abandoned")
      assert.isUndefined(delivery?.nextAttemptAt)
      assert.strictEqual(since(yield* now), 3600)
      yield* move(3600)
      assert.strictEqual(webhook.received(), 10)
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("happen at their times when a running clock is moved, and in several moves", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.map(now, since), 500)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      for (const seconds of [0.5, 0.499, 0.001, 60, 89, 2, 1000]) {
        yield* move(seconds)
      }
      assert.deepStrictEqual(webhook.seen, tenSends)
    }).pipe(Effect.provide(withCaller({ clock: { startAt: start } })))
  )

  it.scoped("end with the acknowledgement, and follow another schedule", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* receiver(
        { status: 500, body: "" },
        { status: 200, body: "no" },
        { status: 200, body: "OK" }
      )
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      yield* move(86_400)
      const [delivery] = yield* sandbox.deliveries
      assert.deepStrictEqual(
        delivery?.attempts.map(({ at }) => since(at)),
        [0, 60, 3660]
      )
      assert.strictEqual(delivery?.status, "acknowledged")
      assert.strictEqual(webhook.received.length, 3)
    }).pipe(Effect.provide(withCaller({ clock: frozen, resend: ["1 minute", "1 hour"] })))
  )

  it.scoped("of a send that is under way when the clock is moved are not late", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* receiver({ status: 500, body: "" })
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      // Not waited for: the first send has only just begun.
      yield* move(2)
      assert.deepStrictEqual(
        (yield* sandbox.deliveries)[0]?.attempts.map(({ at }) => since(at)),
        [0, 1]
      )
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )
})

describe("a moved clock", () => {
  it.scoped("lets everything happen at its own time and in its order", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const customerId = yield* passedCustomer("c-0")
      const { cardId } = yield* Effect.flatMap(Caller, ({ call }) =>
        call("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
      )
      const { authId } = yield* sandbox.requestThreeDs({
        cardId,
        amount: Id.amount("1"),
        currency: "USD",
        expiresInSeconds: 10
      })
      yield* topUp(cardId, "o-slow")
      yield* topUp(cardId, "o-failing", Magic.topUp.failsAfterTenSeconds)
      yield* submitted("c-1", Magic.kyc.isRejected)
      yield* submitted("c-2")
      const look = Effect.map(
        sandbox.state,
        ({ customers, orders, threeDs }): ReadonlyArray<string> => [
          ...customers.slice(1).map(({ kyc }) => kyc),
          ...orders.map(({ status }) => status),
          ...threeDs.map(({ decision }) => decision)
        ]
      )
      const webhook = yield* witness(
        Effect.map(
          Effect.zip(now, look),
          ([at, sight]): ReadonlyArray<string | number> => [since(at), ...sight]
        ),
        500
      )
      yield* sandbox.setCallback({ url: webhook.url })
      yield* sandbox.quiet
      yield* move(20)
      // The orders are done at 2 and failed at 10 seconds, the reviews come at 1 and 5, the request ends at 10.
      const expected = (at: number): ReadonlyArray<string | number> => [
        at,
        at < 1 ? "pending" : "rejected",
        at < 5 ? "pending" : "passed",
        at < 2 ? "pending" : "done",
        at < 10 ? "pending" : "failed",
        at < 10 ? "pending" : "expired"
      ]
      assert.deepStrictEqual(
        webhook.seen,
        webhook.seen.map(([at]) => expected(Number(at)))
      )
      const times = webhook.seen.map(([at]) => Number(at))
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
      // Two wait for the callback URL, and are sent at 0; one comes at 1, one at 5; each is sent again.
      const sends = (from: number) => tenSends.map((at) => at + from).filter((at) => at <= 20)
      assert.deepStrictEqual(
        times,
        [...sends(0), ...sends(0), ...sends(1), ...sends(5)].toSorted((a, b) => a - b)
      )
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ createdAt }) => since(createdAt)),
        [0, 0, 1, 5]
      )
      assert.deepStrictEqual(
        (yield* sandbox.ledger(cardId)).map(({ at }) => since(at)),
        [2]
      )
      const { code } = yield* Caller
      assert.strictEqual(yield* code("confirmThreeDs", { authId, cardId, result: "APPROVE" }), "4000000")
      yield* booksAreRight
    }).pipe(
      Effect.provide(
        withCaller({ clock: frozen, rules: { settleAfterSeconds: 2, kycReviewAfterSeconds: 5 } })
      )
    )
  )

  it.scoped("ends tokens and 3DS requests to the millisecond", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { code } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      const request = { cardId, amount: Id.amount("1"), currency: "USD", expiresInSeconds: 60 }
      const first = yield* sandbox.requestThreeDs(request)
      const second = yield* sandbox.requestThreeDs(request)
      assert.strictEqual(since(first.expiresAt), 60)
      yield* move(59.999)
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId: first.authId, cardId, result: "APPROVE" }),
        "200"
      )
      yield* move(0.001)
      assert.strictEqual(
        yield* code("confirmThreeDs", { authId: second.authId, cardId, result: "APPROVE" }),
        "4000000"
      )
      assert.deepStrictEqual(
        (yield* sandbox.state).threeDs.map(({ decision }) => decision),
        ["approved", "expired"]
      )
      yield* move(60 - 0.001)
      assert.strictEqual(yield* code("listCardSamples", {}), "200")
      yield* move(0.001)
      assert.strictEqual(yield* code("listCardSamples", {}), "2000001")
    }).pipe(Effect.provide(withCaller({ clock: frozen, rules: { tokenLifetimeSeconds: 120 } })))
  )

  it.scoped("lets what is due at one time happen in the order in which it was planned", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const codes = ["c-1", "c-2", "c-3", "c-4", "c-5"]
      const customers = yield* Effect.forEach(codes, (code) => submitted(code, Magic.kyc.passes))
      yield* move(1)
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ subject }) => subject),
        customers
      )
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("tells when the next thing happens", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const nextAt = Effect.map(sandbox.clock, ({ nextAt }) => nextAt && since(nextAt))
      assert.isUndefined(yield* nextAt)
      const { cardId } = yield* virtualCard("c-1")
      yield* topUp(cardId, "o-1")
      yield* submitted("c-2", Magic.kyc.passes)
      assert.strictEqual(yield* nextAt, 0.25)
      yield* move(0.25)
      assert.strictEqual(yield* nextAt, 1)
      yield* move(1)
      assert.isUndefined(yield* nextAt)
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("runs on from where it was moved to", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const shown = yield* move(3600)
      assert.deepStrictEqual(shown, {
        now: startMillis + 3_600_000,
        iso: "2026-03-01T10:00:00.000Z",
        frozen: false,
        ahead: startMillis + 3_600_000,
        nextAt: undefined
      })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(since(yield* now), 3605)
      // Nobody calls, and it happens all the same.
      yield* submitted("c-1")
      yield* TestClock.adjust("59 seconds")
      assert.deepStrictEqual(yield* sandbox.deliveries, [])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ createdAt }) => since(createdAt)),
        [3665]
      )
    }).pipe(Effect.provide(withCaller({ clock: { startAt: start }, rules: { kycReviewAfterSeconds: 60 } })))
  )

  it.scoped("goes to an instant", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const to = DateTime.unsafeMake("2026-12-31T23:59:59.999Z")
      assert.strictEqual((yield* sandbox.moveClock({ to })).now, DateTime.toEpochMillis(to))
      // To where it is: nothing.
      assert.strictEqual((yield* sandbox.moveClock({ to })).now, DateTime.toEpochMillis(to))
      const { cardId } = yield* virtualCard("c-1")
      yield* sandbox.authorize({ cardId, amount: Id.amount("1"), currency: "USD" })
      yield* move(0.001)
      yield* sandbox.authorize({ cardId, amount: Id.amount("1"), currency: "USD" })
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).slice(1).map(({ body }) => /"eventTime":"([^"]+)"/.exec(body)?.[1]),
        ["2026-12-31 23:59:59", "2027-01-01 00:00:00"]
      )
    }).pipe(Effect.provide(withCaller({ clock: frozen, rules: { tokenLifetimeSeconds: null } })))
  )

  it.scoped("is not moved backwards, nor beyond the year 9999, nor by what is no number", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const refusal = (input: Parameters<typeof sandbox.moveClock>[0]) =>
        Effect.map(Effect.flip(sandbox.moveClock(input)), ({ message }) => message)
      const before = DateTime.unsafeMake(startMillis - 1)
      assert.include(yield* refusal({ to: before }), "shows 2026-03-01T09:00:00.000Z and moves forward only")
      assert.include(yield* refusal({ bySeconds: -1 }), "moves forward only")
      assert.include(yield* refusal({ bySeconds: Number.NaN }), "year 9999")
      assert.include(yield* refusal({ bySeconds: Number.POSITIVE_INFINITY }), "year 9999")
      const end = DateTime.unsafeMake("9999-12-31T23:59:59.999Z")
      assert.strictEqual(yield* now, startMillis)
      yield* sandbox.moveClock({ to: end })
      assert.include(yield* refusal({ bySeconds: 0.001 }), "year 9999")
      assert.strictEqual((yield* sandbox.clock).iso, "9999-12-31T23:59:59.999Z")
    }).pipe(Effect.provide(inProcess({ clock: frozen })))
  )

  it.scoped("is moved over HTTP, and refuses there what is no move", () =>
    Effect.gen(function* () {
      const bad: ReadonlyArray<Record<string, unknown>> = [
        {},
        { bySeconds: -1 },
        { bySeconds: "60" },
        { bySeconds: 3_153_600_001 },
        { bySeconds: 1, to: start },
        { to: "tomorrow" },
        { to: "2026-03-01T10:00:00" },
        { to: "2026-04-31T10:00:00Z" },
        { to: "2027-02-29" },
        { to: 1 },
        { byMinutes: 1 }
      ]
      for (const input of bad) {
        const { status } = yield* controls("POST", "/clock-moves", input)
        assert.strictEqual(status, 400, JSON.stringify(input))
      }
      const back = yield* controls("POST", "/clock-moves", { to: "2026-03-01T08:59:59Z" })
      assert.strictEqual(back.status, 409)
      assert.include(textIn(back.body, "message"), "moves forward only")
      assert.strictEqual(yield* now, startMillis)
      const moved = yield* controls("POST", "/clock-moves", { to: "2026-03-01T10:00:00+01:00" })
      assert.deepStrictEqual([moved.status, fieldsOf(moved.body).iso], [200, "2026-03-01T09:00:00.000Z"])
      const far = yield* controls("POST", "/clock-moves", { bySeconds: 3_153_600_000 })
      assert.deepStrictEqual([far.status, fieldsOf(far.body).iso], [200, "2126-02-05T09:00:00.000Z"])
      assert.deepStrictEqual((yield* controls("GET", "/clock")).body, far.body)
    }).pipe(Effect.provide(withApi({ clock: frozen })))
  )

  it.scoped("is moved by one at a time: two moves are the sum of both, and nothing happens twice", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.map(now, since), 500)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const moved = yield* Effect.all([move(10), move(20), move(200)], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        moved.map((clock) => since(clock.now)),
        [10, 30, 230]
      )
      assert.deepStrictEqual(webhook.seen, tenSends)
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("can be moved while calls run: each order is done once, and no time goes backwards", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const numbers = Array.from({ length: 60 }, (_, index) => `o-${index}`)
      yield* Effect.all(
        [
          Effect.forEach(numbers, (number) => Effect.zipRight(Effect.yieldNow(), topUp(cardId, number)), {
            concurrency: 4
          }),
          Effect.forEach([0.1, 0.2, 0.3, 1, 2, 3], (seconds) =>
            Effect.zipRight(Effect.yieldNow(), move(seconds))
          )
        ],
        { concurrency: "unbounded" }
      )
      yield* move(1)
      assert.deepStrictEqual([...new Set(yield* Effect.forEach(numbers, statusOf))], ["SUCCESS"])
      const entries = yield* sandbox.ledger(cardId)
      assert.strictEqual(entries.length, 60)
      const times = entries.map(({ at }) => at)
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
      const { orders } = yield* sandbox.state
      for (const { createdAt, orderNo } of orders) {
        assert.strictEqual(entries.find(({ reference }) => reference === orderNo)?.at, createdAt + 250)
      }
      assert.strictEqual((yield* cardState(cardId)).balance.text, "300.00")
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("runs on when a move is broken off", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const webhook = yield* witness(Effect.void, "whenReleased")
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      const moving = yield* Effect.fork(move(3600))
      yield* until(() => webhook.received() === 1)
      yield* Fiber.interrupt(moving)
      assert.isFalse((yield* sandbox.clock).frozen)
      yield* webhook.release
      yield* sandbox.quiet
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(since(yield* now), 5)
      assert.strictEqual(since((yield* move(10)).now), 15)
    }).pipe(Effect.provide(withCaller({ clock: { startAt: start } })))
  )
})

describe("a frozen clock", () => {
  it.scoped("stands still, and so does all that waits for it", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      yield* topUp(cardId, "o-1")
      yield* submitted("c-2", Magic.kyc.passes)
      yield* TestClock.adjust("1 days")
      assert.strictEqual(yield* now, startMillis)
      assert.strictEqual(yield* statusOf("o-1"), "PENDING")
      assert.strictEqual((yield* sandbox.deliveries).length, 1)
      yield* move(1)
      yield* TestClock.adjust("1 days")
      assert.strictEqual(since(yield* now), 1)
      assert.isTrue((yield* sandbox.clock).frozen)
      assert.strictEqual(yield* statusOf("o-1"), "SUCCESS")
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ createdAt }) => since(createdAt)),
        [0, 1]
      )
    }).pipe(Effect.provide(withCaller({ clock: frozen })))
  )

  it.scoped("starts now, where nothing says when", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* now, 1_770_712_296_681)
    }).pipe(Effect.provide(inProcess({ clock: { frozen: true } })), (test) =>
      Effect.zipRight(TestClock.setTime(1_770_712_296_681), test)
    )
  )
})

describe("a frozen clock", () => {
  it.scoped("says how far it is from the machine's, which goes on", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      assert.strictEqual((yield* sandbox.clock).ahead, 0)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* sandbox.clock).ahead, -5000)
      assert.strictEqual((yield* sandbox.moveClock({ bySeconds: 60 })).ahead, 55_000)
    }).pipe(Effect.provide(inProcess({ clock: { frozen: true } })))
  )
})

describe("a running clock", () => {
  it.scoped("is the machine's, and follows the TestClock", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      assert.deepStrictEqual(yield* sandbox.clock, {
        now: 0,
        iso: "1970-01-01T00:00:00.000Z",
        frozen: false,
        ahead: 0,
        nextAt: undefined
      })
      const webhook = yield* witness(now, 500)
      yield* sandbox.setCallback({ url: webhook.url })
      yield* passedCustomer("c-1")
      yield* until(() => webhook.received() === 1)
      yield* sandbox.quiet
      for (const [index, at] of tenSends.entries()) {
        yield* TestClock.adjust((at - (tenSends[index - 1] ?? 0)) * 1000)
        yield* until(() => webhook.received() === index + 1)
        yield* sandbox.quiet
      }
      assert.deepStrictEqual(
        webhook.seen,
        tenSends.map((seconds) => seconds * 1000)
      )
    }).pipe(Effect.provide(withCaller()))
  )

  const machine = sleepyMachine()
  it.scoped("that has gone on while the machine slept finds everything done at its own time", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* virtualCard("c-1")
      yield* topUp(cardId, "o-1")
      yield* submitted("c-2", Magic.kyc.isRejected)
      yield* submitted("c-3", Magic.kyc.passes)
      machine.wakesAt(3_600_000)
      assert.strictEqual(yield* statusOf("o-1"), "SUCCESS")
      assert.deepStrictEqual(
        (yield* sandbox.ledger(cardId)).map(({ at }) => at),
        [250]
      )
      assert.deepStrictEqual(
        (yield* sandbox.deliveries).map(({ body, createdAt }) => [
          createdAt,
          /"requestTime":(\d+)/.exec(body)?.[1],
          /"auditState":(\d)/.exec(body)?.[1]
        ]),
        [
          [0, "0", "1"],
          [1000, "1000", "2"],
          [1000, "1000", "1"]
        ]
      )
    }).pipe(Effect.provide(withCaller()), Effect.withClock(machine.clock))
  )

  it.scoped("starts at an instant, and goes on from it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* now, startMillis)
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual(since(yield* now), 90)
      const { call } = yield* Caller
      const { cardId } = yield* virtualCard("c-1")
      yield* topUp(cardId, "o-1")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual(
        (yield* call("queryTopUpOrder", { merchantOrderNo: Id.order("o-1") })).status,
        "SUCCESS"
      )
    }).pipe(Effect.provide(withCaller({ clock: { startAt: start } })))
  )

  for (const startAt of ["never", "1969-12-31T23:59:59Z", "+010000-01-01T00:00:00Z", Number.NaN]) {
    it.effect(`does not start at ${startAt}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.provide(Sandbox, inProcess({ clock: { startAt } })))
        assert.include(error.message, "the clock's start is no time between 1970 and 9999")
      })
    )
  }

  for (const startAt of ["2026-02-30T09:30:00Z", "2026-02-30", "2025-02-29T00:00:00+01:00"]) {
    it.effect(`does not start on a day that there is not: ${startAt}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.provide(Sandbox, inProcess({ clock: { startAt } })))
        assert.include(error.message, `the clock's start is on a day that there is not (${startAt})`)
      })
    )
  }
})
