import { assert, describe, it } from "@effect/vitest"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Limits from "../src/internal/limits.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { merchantNo, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { later, never, ok, status, vendor } from "./support/vendor.js"

const silently: Limits.Waiting = () => (wait) => wait

const creation = (customerId: string) => ({
  operation: "createVirtualCard",
  safety: "creating" as Operation.Safety,
  input: { customerId, cardSampleId: "CS1" }
})
const reading = { operation: "getCardDetail", safety: "read" as Operation.Safety, input: { cardId: "CD1" } }

/** Takes a place, says so, sends, and keeps the place until it is told to leave it. */
const visit = (limits: Limits.Limits, call: Parameters<Limits.Limits["place"]>[0], sends = true) =>
  Effect.gen(function* () {
    const entered = yield* Deferred.make<void>()
    const leave = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(
      Effect.scoped(
        Effect.gen(function* () {
          const { sending } = yield* limits.place(call, silently)
          yield* Effect.when(sending, () => sends)
          yield* Deferred.succeed(entered, undefined)
          yield* Deferred.await(leave)
        })
      )
    )
    // Everything that can happen by now has happened.
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    return {
      inside: Deferred.isDone(entered),
      fiber,
      leave: Effect.zipRight(Deferred.succeed(leave, undefined), Fiber.await(fiber))
    }
  })

const atMost = (concurrency: number) => Policy.within({ concurrency })

describe("concurrency", () => {
  it.scoped("lets in so many, and the others in their order", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const visits = yield* Effect.replicateEffect(visit(limits, reading), 4).pipe(atMost(2))
      const inside = () => Effect.all(visits.map((one) => one.inside))
      const [a, b, c] = visits
      assert(a !== undefined && b !== undefined && c !== undefined)
      assert.deepStrictEqual(yield* inside(), [true, true, false, false])
      yield* b.leave
      yield* Effect.yieldNow()
      assert.deepStrictEqual(yield* inside(), [true, true, true, false])
      yield* Fiber.interrupt(a.fiber)
      yield* Effect.yieldNow()
      assert.deepStrictEqual(yield* inside(), [true, true, true, true])
    })
  )

  it.scoped("a region with a smaller number leaves room for the others", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const first = yield* visit(limits, reading).pipe(atMost(2))
      const modest = yield* visit(limits, reading).pipe(atMost(1))
      const second = yield* visit(limits, reading).pipe(atMost(2))
      assert.deepStrictEqual(yield* Effect.all([first.inside, modest.inside, second.inside]), [
        true,
        false,
        true
      ])
      yield* first.leave
      assert.isFalse(yield* modest.inside)
      yield* second.leave
      yield* Effect.yieldNow()
      assert.isTrue(yield* modest.inside)
    })
  )

  it.scoped("decisions wait for nobody", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      yield* visit(limits, reading).pipe(atMost(1))
      const decision = { operation: "confirmThreeDs", safety: "decision" as const, input: {} }
      const decided = yield* visit(limits, decision).pipe(atMost(1))
      assert.isTrue(yield* decided.inside)
    })
  )

  it.effect.prop(
    "however visitors come, are interrupted and go, no place is lost and none is given twice",
    [
      FastCheck.array(FastCheck.record({ stays: FastCheck.nat(5), patience: FastCheck.nat(5) }), {
        minLength: 1,
        maxLength: 40
      }),
      FastCheck.integer({ min: 1, max: 4 })
    ],
    ([visitors, concurrency]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const limits = yield* Limits.make
          const inside = yield* Ref.make(0)
          const most = yield* Ref.make(0)
          const turns = (n: number) => Effect.repeatN(Effect.yieldNow(), n)
          yield* Effect.forEach(
            visitors,
            ({ patience, stays }) =>
              Effect.gen(function* () {
                const fiber = yield* Effect.fork(
                  Effect.scoped(
                    Effect.gen(function* () {
                      yield* limits.place(reading, silently)
                      yield* Effect.acquireUseRelease(
                        Effect.flatMap(
                          Ref.updateAndGet(inside, (n) => n + 1),
                          (n) => Ref.update(most, (before) => Math.max(before, n))
                        ),
                        () => turns(stays),
                        () => Ref.update(inside, (n) => n - 1)
                      )
                    })
                  )
                )
                yield* turns(patience)
                yield* patience % 2 === 0 ? Fiber.interrupt(fiber) : Fiber.await(fiber)
              }),
            { concurrency: "unbounded" }
          )
          assert.isAtMost(yield* Ref.get(most), concurrency)
          const after = yield* Effect.replicateEffect(visit(limits, reading), concurrency)
          assert.deepStrictEqual(
            yield* Effect.all(after.map((one) => one.inside)),
            after.map(() => true),
            "all places are free again"
          )
        })
      ).pipe(atMost(concurrency))
  )
})

describe("rates", () => {
  it.scoped("count from the end of an attempt, for each customer apart", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const first = yield* visit(limits, creation("A"))
      const second = yield* visit(limits, creation("A"))
      const other = yield* visit(limits, creation("B"))
      assert.isTrue(yield* first.inside)
      assert.isTrue(yield* other.inside)
      yield* TestClock.adjust("1 minute")
      assert.isFalse(yield* second.inside, "the first is still under way")
      yield* first.leave
      yield* TestClock.adjust("4999 millis")
      assert.isFalse(yield* second.inside)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(yield* second.inside)
    })
  )

  it.scoped("let several through where they allow several", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const rates = { getCardDetail: { limit: 2, interval: Duration.seconds(1) } }
      const visits = yield* Effect.replicateEffect(visit(limits, reading), 5).pipe(Policy.within({ rates }))
      const inside = Effect.map(
        Effect.all(visits.map((one) => one.inside)),
        (all) => all.filter(Boolean).length
      )
      assert.strictEqual(yield* inside, 2)
      yield* Effect.all(visits.slice(0, 2).map(({ leave }) => leave))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* inside, 4)
    })
  )

  it.scoped("do not count what was never sent", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const first = yield* visit(limits, creation("A"), false)
      const second = yield* visit(limits, creation("A"))
      yield* first.leave
      yield* Effect.yieldNow()
      assert.isTrue(yield* second.inside)
    })
  )

  it.scoped("a waiter that is interrupted leaves its place in the line", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const first = yield* visit(limits, creation("A"))
      const second = yield* visit(limits, creation("A"))
      const third = yield* visit(limits, creation("A"))
      yield* Fiber.interrupt(second.fiber)
      yield* first.leave
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(yield* third.inside)
    })
  )

  it.scoped("hold no place among the calls under way while they wait", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      const first = yield* visit(limits, creation("A")).pipe(atMost(2))
      yield* visit(limits, creation("A")).pipe(atMost(2))
      const other = yield* visit(limits, reading).pipe(atMost(2))
      assert.isTrue(yield* first.inside)
      assert.isTrue(yield* other.inside)
    })
  )

  it.scoped("forget a customer when its interval is over", () =>
    Effect.gen(function* () {
      const limits = yield* Limits.make
      yield* Effect.forEach(Array.from({ length: 200 }), (_, n) =>
        Effect.scoped(Effect.flatMap(limits.place(creation(`C${n}`), silently), ({ sending }) => sending))
      )
      yield* Effect.scoped(limits.alone("somebody", silently))
      assert.strictEqual(limits.remembered(), 200)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(limits.remembered(), 0)
    })
  )

  it.effect("end with the client, not after their intervals", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const limits = yield* Limits.make.pipe(Scope.extend(scope))
      yield* Effect.scoped(Effect.flatMap(limits.place(creation("A"), silently), ({ sending }) => sending))
      yield* until(Effect.map(TestClock.sleeps(), Chunk.isNonEmpty), "the interval runs")
      yield* Scope.close(scope, Exit.void)
    })
  )
})

describe("calls", () => {
  const create = Effect.flatMap(Yunmo, calls.createVirtualCard)
  const liveness = Effect.flatMap(Yunmo, calls.getLivenessResult)
  const freeze = Effect.flatMap(Yunmo, calls.freezeCard)

  it.effect(
    "a card creation waits for 5 seconds after the one before, and signs what it sends afterwards",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ createVirtualCard: ok({ cardId: "CD1" }) })
        const sent = () => server.of("createVirtualCard")
        yield* Effect.gen(function* () {
          yield* create
          // The wait is longer than an attempt may take, and no part of it.
          const second = yield* Effect.fork(
            create.pipe(Policy.within({ attemptTimeout: Duration.seconds(2) }))
          )
          yield* until(
            Effect.sync(() => server.of("listCustomerCards").length === 2),
            "the second one is under way"
          )
          yield* TestClock.adjust("4999 millis")
          assert.strictEqual(sent().length, 1)
          yield* TestClock.adjust("1 millis")
          yield* Fiber.join(second)
          assert.strictEqual(sent().length, 2)
          assert.isAtLeast(sent()[1]?.message.requestTime ?? 0, 5000)
        }).pipe(withClient(server.url))
      }).pipe(Effect.scoped)
  )

  it.scopedLive("limits can be switched off, one or all", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        createVirtualCard: ok({ cardId: "CD1" }),
        getLivenessResult: ok({ transactionId: "LV1", livenessState: "1" })
      })
      yield* Effect.gen(function* () {
        yield* Effect.repeatN(Effect.exit(create), 2).pipe(Policy.within({ rates: {} }))
        const { createVirtualCard, ...others } = Policy.defaults.rates
        assert.isDefined(createVirtualCard)
        yield* Effect.repeatN(create, 1).pipe(Policy.within({ rates: others }))
        yield* Effect.repeatN(Effect.exit(liveness), 1).pipe(
          Policy.within({ rates: { ...Policy.defaults.rates, getLivenessResult: undefined } })
        )
      }).pipe(withClient(server.url))
      assert.strictEqual(server.of("createVirtualCard").length, 5)
      assert.strictEqual(server.of("getLivenessResult").length, 2)
    })
  )

  it.effect("a repeat of a liveness result waits, too", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ getLivenessResult: status(503) })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(Effect.flip(liveness.pipe(Policy.within({ retries: 1 }))))
        // The pause before a repeat is over long before its turn.
        yield* until(
          Effect.zipRight(
            TestClock.adjust("100 millis"),
            Effect.sync(() => server.of("getLivenessResult").length === 2)
          ),
          "it was sent again"
        )
        hasFields(yield* Fiber.join(call), { _tag: "HttpStatusUnexpected", attempt: 2 })
        const [first, second] = server.of("getLivenessResult").map(({ message }) => message.requestTime)
        assert.isAtLeast((second ?? 0) - (first ?? 0), 10_000)
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.scopedLive(
    "whose deadline comes first were never sent: money is not executed, and its number is free",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ freezeCard: never, adjustBalance: ok({ status: "SUCCESS" }) })
        yield* Effect.gen(function* () {
          const slow = yield* Effect.fork(freeze)
          yield* until(
            Effect.sync(() => server.of("freezeCard").length === 1),
            "the only place is taken"
          )
          const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls.adjustBalance)).pipe(
            Policy.within({ deadline: Duration.millis(50) })
          )
          hasFields(error, {
            _tag: "LimitReached",
            operation: "adjustBalance",
            attempt: 1,
            limit: "concurrency"
          })
          assert.include(error.message, "was not sent (attempt 1): within 50 ms it did not get a place")
          const journal = yield* OrderJournal.OrderJournal
          assert.isTrue(Option.isNone(yield* journal.find(merchantNo, Id.merchantOrderNo("O-1"))))
          const read = yield* Effect.flip(Effect.flatMap(Yunmo, calls.getCardDetail)).pipe(
            Policy.within({ deadline: Duration.millis(50) })
          )
          hasFields(read, { _tag: "LimitReached", operation: "getCardDetail" })
          assert.deepStrictEqual([server.of("adjustBalance"), server.of("getCardDetail")], [[], []])
          yield* Fiber.interrupt(slow)
          hasFields((yield* Effect.flatMap(Yunmo, calls.adjustBalance)) as object, { _tag: "Done" })
        }).pipe(atMost(1), withClient(server.url))
      })
  )

  it.scopedLive("a thousand at once are never more at the vendor's than the policy says", () =>
    Effect.gen(function* () {
      let now = 0
      let most = 0
      const server = yield* vendor({
        freezeCard: () => {
          now += 1
          most = Math.max(most, now)
          const answer = later(5, ok(true))
          return {
            send: (response, socket) => {
              response.on("finish", () => {
                now -= 1
              })
              answer.send(response, socket)
            }
          }
        }
      })
      yield* Effect.all(
        Array.from({ length: 1000 }, () => freeze),
        { concurrency: "unbounded" }
      ).pipe(atMost(20), withClient(server.url))
      assert.strictEqual(server.of("freezeCard").length, 1000)
      assert.isAtMost(most, 20)
      assert.isAbove(most, 10)
    })
  )
})
