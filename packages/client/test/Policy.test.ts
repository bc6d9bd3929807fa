import { assert, describe, it } from "@effect/vitest"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import type { CallError } from "../src/ClientError.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { pause, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { code, never, ok, type Reply, reset, resetInBody, status, text, vendor } from "./support/vendor.js"

const freeze = Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId: Id.cardId }))
const briefly = Policy.within({ retryBase: Duration.millis(1), rates: {} })

/** Logs in beforehand, so that none of the pauses below is one of the login's. */
const loggedIn = Effect.zipRight(
  Effect.flatMap(Yunmo, ({ auth }) => auth.login),
  TestClock.adjust("5 seconds")
)

/** Waits, in real time, for somebody to sleep for less than anything else here does: a pause between two attempts. */
const pausing = Effect.gen(function* () {
  const pauseLeft = Effect.gen(function* () {
    const now = yield* TestClock.currentTimeMillis
    const sleeps = yield* TestClock.sleeps()
    return Math.min(...Chunk.toReadonlyArray(sleeps).map((wake) => wake - now))
  })
  yield* until(
    Effect.map(pauseLeft, (left) => left < 1_000),
    "an attempt is over and the next one waits"
  )
  return yield* pauseLeft
})

describe("reads and idempotent operations", () => {
  const harmless = Operation.all.filter(
    ({ name, safety }) => (safety === "read" || safety === "idempotent") && name !== "login"
  )

  it.scopedLive.each(harmless.map(({ name }) => [name] as const))(
    "%s is tried again, three times",
    ([name]) =>
      Effect.gen(function* () {
        const server = yield* vendor({ [name]: [reset, status(503), code("3000000"), reset] })
        const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(
          briefly,
          withClient(server.url)
        )
        hasFields(error, { _tag: "TransportFailed", operation: name, attempt: 4 })
        assert.strictEqual(server.of(name).length, 4)
        assert.strictEqual(server.of("login").length, 1)
      })
  )

  const mending: ReadonlyArray<readonly [string, Reply]> = [
    ["a reset before the answer", reset],
    ["a reset within the answer", resetInBody],
    ["HTTP 500", status(500)],
    ["HTTP 502", status(502)],
    ["HTTP 503", status(503)],
    ["HTTP 504", status(504)],
    ["HTTP 429", status(429)],
    ["an answer cut off", text(`{"code":"200","da`)],
    ["an empty answer", text("")],
    ["3000000", code("3000000")],
    ["3000001", code("3000001")],
    ["no answer", never]
  ]
  it.scopedLive.each(mending)("are mended by another try after %s", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [reply, ok(true)] })
      const policy = reply === never ? { attemptTimeout: Duration.millis(500) } : {}
      assert.isTrue(yield* freeze.pipe(briefly, Policy.within(policy), withClient(server.url)))
      assert.strictEqual(server.of("freezeCard").length, 2)
    })
  )

  const final: ReadonlyArray<readonly [string, Reply]> = [
    ...ResponseCode.rows
      .filter(({ advice, code }) => advice !== "logInAgain" && !code.startsWith("3"))
      .map((row): readonly [string, Reply] => [`${row.code} ${row.name}`, code(row.code)]),
    ["a code of tomorrow", code("5000001")],
    ["HTTP 400", status(400)],
    ["HTTP 401", status(401)],
    ["HTTP 404", status(404)],
    ["HTTP 302", status(302)],
    ["success of another shape", ok(7)],
    ["a body too large", text("x".repeat(1024 * 1024 + 1))]
  ]
  it.scopedLive.each(final)("are not tried again after %s", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [reply, ok(true)] })
      hasFields(yield* Effect.flip(freeze).pipe(withClient(server.url)), {
        operation: "freezeCard",
        attempt: 1
      })
      assert.strictEqual(server.of("freezeCard").length, 1)
    })
  )

  it.scopedLive("are tried again on a code of the merchant's own that says so", () =>
    Effect.gen(function* () {
      const codes = { "5000002": { meaning: "busy", advice: "tryLater", refused: false } } as const
      const server = yield* vendor({ freezeCard: [code("5000002"), ok(true)] })
      assert.isTrue(yield* freeze.pipe(briefly, withClient(server.url, { contract: { codes } })))
    })
  )
})

describe("pauses and times", () => {
  it.effect("a pause doubles, give or take a fifth", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: status(500) })
      yield* Effect.gen(function* () {
        yield* loggedIn
        const call = yield* Effect.fork(Effect.flip(freeze))
        for (const [index, expected] of [200, 400, 800].entries()) {
          const left = yield* pausing
          assert.isAtLeast(left, Math.floor(expected * 0.8))
          assert.isAtMost(left, Math.ceil(expected * 1.2))
          yield* TestClock.adjust(Math.floor(left) - 1)
          yield* pause(10)
          assert.strictEqual(server.of("freezeCard").length, index + 1)
          yield* TestClock.adjust(2)
        }
        hasFields(yield* Fiber.join(call), { _tag: "HttpStatusUnexpected", attempt: 4 })
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.effect("an attempt ends after 10 seconds, the call after 30, between attempts or within one", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: never })
      yield* Effect.gen(function* () {
        yield* loggedIn
        const call = yield* Effect.fork(Effect.flip(freeze))
        const received = (count: number) =>
          until(
            Effect.sync(() => server.of("freezeCard").length === count),
            `attempt ${count} is on its way`
          )
        yield* received(1)
        yield* TestClock.adjust("10 seconds")
        yield* TestClock.adjust(Math.ceil(yield* pausing))
        yield* received(2)
        yield* TestClock.adjust("10 seconds")
        yield* TestClock.adjust(Math.ceil(yield* pausing))
        yield* received(3)
        // What is left of the 30 seconds is less than an attempt may take.
        yield* TestClock.adjust("9900 millis")
        hasFields(yield* Fiber.join(call), {
          _tag: "RequestTimedOut",
          limit: "deadline",
          timeout: 30_000,
          attempt: 3
        })
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.scopedLive(
    "the pauses may be a schedule of one's own, told each error, within the number of repeats",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ freezeCard: [status(500), code("3000000"), reset] })
        const seen: Array<string> = []
        const retrySchedule = Schedule.recurs(9).pipe(
          Schedule.tapInput((error: CallError) => Effect.sync(() => seen.push(error._tag)))
        )
        yield* Effect.gen(function* () {
          const error = yield* Effect.flip(freeze.pipe(Policy.within({ retrySchedule })))
          hasFields(error, { _tag: "TransportFailed", attempt: 4 })
          assert.deepStrictEqual(seen.slice(0, 3), [
            "HttpStatusUnexpected",
            "VendorInternalError",
            "TransportFailed"
          ])
          const once = freeze.pipe(Policy.within({ retrySchedule: Schedule.recurs(1) }))
          hasFields(yield* Effect.flip(once), { attempt: 2 })
        }).pipe(withClient(server.url))
      })
  )

  it.effect("without repeats the timeout of the attempt is what is told", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: never })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(Effect.flip(freeze).pipe(Policy.within({ retries: 0 })))
        yield* until(
          Effect.sync(() => server.of("freezeCard").length === 1),
          "the attempt is on its way"
        )
        yield* TestClock.adjust("10 seconds")
        hasFields(yield* Fiber.join(call), { limit: "attemptTimeout", timeout: 10_000, attempt: 1 })
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.effect("money has a deadline too: what it cuts off is unknown", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: never })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(
          Effect.flatMap(Yunmo, ({ cards }) =>
            cards.adjustBalance({
              merchantOrderNo: Id.merchantOrderNo("O-1"),
              cardId: Id.cardId,
              amount: Id.amount("1"),
              direction: "increase"
            })
          ).pipe(Policy.within({ attemptTimeout: Duration.minutes(5) }))
        )
        yield* until(
          Effect.sync(() => server.of("adjustBalance").length === 1),
          "the order is on its way"
        )
        yield* TestClock.adjust("30 seconds")
        const outcome = yield* Fiber.join(call)
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, "no answer within 30000 ms (attempt 1). Raise deadline")
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )
})

describe("within", () => {
  it.effect("changes what it names, for its region only, the inner one last", () =>
    Effect.gen(function* () {
      const outside = yield* Policy.Policy
      assert.deepStrictEqual(outside, Policy.defaults)
      const inside = yield* Effect.suspend(() => Policy.Policy).pipe(
        Policy.within({ retries: 1 }),
        Policy.within({ retries: 9, deadline: Duration.minutes(2) })
      )
      assert.deepStrictEqual(inside, { ...Policy.defaults, retries: 1, deadline: Duration.minutes(2) })
      assert.deepStrictEqual(yield* Policy.Policy, Policy.defaults)
    })
  )

  it.scopedLive("reaches the calls inside, and no others", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: status(500) })
      yield* Effect.gen(function* () {
        hasFields(yield* Effect.flip(freeze.pipe(Policy.within({ retries: 0 }))), { attempt: 1 })
        const [once, twice] = yield* Effect.all(
          [
            Effect.flip(freeze.pipe(Policy.within({ retries: 0 }))),
            Effect.flip(freeze.pipe(briefly, Policy.within({ retries: 1 })))
          ],
          { concurrency: "unbounded" }
        )
        hasFields(once, { attempt: 1 })
        hasFields(twice, { attempt: 2 })
        hasFields(yield* Effect.flip(freeze.pipe(briefly)), { attempt: 4 })
      }).pipe(withClient(server.url))
    })
  )
})

it.scopedLive("limits can be taken away", () =>
  Effect.gen(function* () {
    const server = yield* vendor({ freezeCard: [status(500), ok(true)], confirmThreeDs: ok(true) })
    yield* Effect.gen(function* () {
      assert.isTrue(yield* freeze)
      const outcome = yield* Effect.flatMap(Yunmo, calls.confirmThreeDs)
      hasFields(outcome as object, { _tag: "Done" })
    }).pipe(
      briefly,
      Policy.within({
        attemptTimeout: Duration.infinity,
        deadline: Duration.infinity,
        maxResponseBytes: Number.POSITIVE_INFINITY
      }),
      withClient(server.url)
    )
  })
)

it("the documented defaults are the defaults", () => {
  assert.deepStrictEqual(
    [
      Duration.toMillis(Policy.defaults.attemptTimeout),
      Duration.toMillis(Policy.defaults.deadline),
      Policy.defaults.retries,
      Duration.toMillis(Policy.defaults.retryBase),
      Policy.defaults.maxResponseBytes,
      Policy.defaults.concurrency
    ],
    [10_000, 30_000, 3, 200, 1_048_576, 100]
  )
  assert.deepStrictEqual(
    Object.entries(Policy.defaults.rates).map(([name, rate]) => [
      name,
      rate?.limit,
      Duration.toSeconds(rate?.interval ?? 0),
      rate?.per
    ]),
    [
      ["createVirtualCard", 1, 5, "customerId"],
      ["getLivenessResult", 1, 10, "customerId"]
    ]
  )
})
