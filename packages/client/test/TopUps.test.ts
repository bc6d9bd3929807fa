/**
 * Money on the worst day: hundreds of top-ups over real HTTP against a sandbox that loses, delays, resets and garbles nine
 * of ten answers, with callers who give up, are interrupted, or die with their process and come again. The oracle is the
 * sandbox's own ledger. `TOP_UPS=20000` takes more of them, `TOP_UPS_SEED=7` another day.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import * as Id from "./support/ids.js"
import { credentials } from "./support/sandbox.js"
import { asks, type Ending, isBooking, type Order, orderOf, pays, quiet, truths } from "./support/topUps.js"
import { nameOf, patience, type World, world, worstDay } from "./support/worstDay.js"

const count = Number(process.env["TOP_UPS"] ?? 500)
/** By default a day on which 500 orders are enough for every kind of fault. */
const seed = process.env["TOP_UPS_SEED"] ?? "96"

/** Each kind of fault fires so often, on each side of the effect, or the run goes on. */
const atLeast = 20

const hurried = Policy.within({
  attemptTimeout: patience,
  deadline: Duration.seconds(10),
  retries: 3,
  retryBase: Duration.millis(2),
  rates: {}
})

interface Settled {
  readonly order: Order
  readonly ending: Ending
  readonly cutOff: boolean
}

/** Pays so many, and more until every kind of fault has fired often enough. */
const payThem = (world: World, total: number, atLeast: number) =>
  Effect.gen(function* () {
    const settled: Array<Settled> = []
    const batch = (size: number) =>
      Effect.forEach(
        Array.from({ length: size }, (_, index) => settled.length + index + 1),
        (nth) =>
          Effect.flatMap(orderOf(seed, world, nth), (order) =>
            Effect.map(pays(world, order), (paid): Settled => ({ order, ...paid }))
          ),
        { concurrency: 16 }
      ).pipe(Effect.map((more) => settled.push(...more)))
    const enough = Effect.map(world.sandbox.faults, ({ calls }) =>
      calls.every(
        ({ fired, rule }) =>
          fired >= atLeast || isToken(rule) || rule.operations?.includes("adjustBalance") !== true
      )
    )
    yield* batch(total)
    while (!(yield* enough)) {
      yield* batch(20)
    }
    return settled
  })

/** Refuses the session, before execution. */
const isToken = ({ code }: { readonly code?: string | undefined }) => code === "2000001" || code === "2000002"

/** Whoever does not know yet comes again when the vendor has had its time. */
const comeAgain = (world: World, settled: ReadonlyArray<Settled>) =>
  Effect.gen(function* () {
    yield* quiet(world)
    yield* world.sandbox.moveClock({ bySeconds: 15 })
    return yield* Effect.forEach(
      settled,
      (one) =>
        one.ending === "done" || one.ending === "refused"
          ? Effect.succeed(one)
          : Effect.map(asks(one.order), (ending): Settled => ({ ...one, ending })),
      { concurrency: 16 }
    )
  })

const numbers = (settled: ReadonlyArray<Settled>) => settled.map(({ order }) => order.merchantOrderNo)

/** What the vendor's ledger says of them. */
const judge = (world: World, settled: ReadonlyArray<Settled>) =>
  Effect.map(truths(world), (truthOf) => {
    const those = (holds: (one: Settled, truth: ReturnType<typeof truthOf>) => boolean) =>
      numbers(settled.filter((one) => holds(one, truthOf(one.order.merchantOrderNo))))
    const odd = (order: Order) => order.amount.text === "4040.06"
    return {
      paidTwice: those((_, { booked }) => booked.length > 1),
      notAsAsked: those(({ order }, { booked }) => booked.some((entry) => !isBooking(order, entry))),
      doneNotBooked: those(({ ending }, { booked }) => ending === "done" && booked.length !== 1),
      refusedButBooked: those(
        ({ ending }, { booked, orders }) =>
          ending === "refused" && (booked.length > 0 || orders.some(({ status }) => status !== "failed"))
      ),
      pendingButEnded: those(
        ({ ending }, { orders }) => ending === "pending" && orders.some(({ status }) => status !== "pending")
      ),
      unknownToUsAlone: those(
        ({ ending, order }, { orders }) => ending === "unknown" && orders.length > 0 && !odd(order)
      ),
      unknownToAll: those(({ ending }, { orders }) => ending === "unknown" && orders.length === 0),
      ofOddStatus: those(
        ({ ending, order }, { orders }) => ending === "unknown" && orders.length > 0 && odd(order)
      )
    }
  })

const tally = (settled: ReadonlyArray<Settled>, ending: Ending) =>
  settled.filter((one) => one.ending === ending).length

const stateOf: Readonly<Record<Ending, ReadonlyArray<OrderJournal.State>>> = {
  done: ["done"],
  pending: ["pending"],
  refused: ["refused", "failed"],
  unknown: ["unknown"]
}

const sum = (counts: ReadonlyArray<number>) => counts.reduce((total, one) => total + one, 0)

/** A day, what was printed of it, and that nothing went wrong on it. */
const lived = (duplicateOrders: "refuse" | "execute", total: number, atLeast: number) =>
  Effect.gen(function* () {
    const day = yield* world({ seed, rules: { duplicateOrders, settleAfterSeconds: 0.05 } })
    yield* day.sandbox.setFaults(worstDay)
    const settled = yield* day.process()(
      Effect.flatMap(payThem(day, total, atLeast), (paid) => comeAgain(day, paid))
    )
    const { calls } = yield* day.sandbox.faults
    const found = yield* judge(day, settled)
    const sent = [...day.wire.sent].filter(([number]) => number.startsWith("TOP-UP-"))
    const requests = sum(sent.map(([, times]) => times))
    const endings = {
      done: tally(settled, "done"),
      pending: tally(settled, "pending"),
      refused: tally(settled, "refused"),
      unknown: tally(settled, "unknown")
    }
    const decreases = settled.filter(({ order }) => order.direction === "decrease").length
    const cutOff = settled.filter((one) => one.cutOff).length
    const faults = (operation: string) => calls.filter(({ rule }) => rule.operations?.[0] === operation)
    console.log(
      [
        `R5: ${settled.length} orders, ${decreases} of them decreases; the vendor would ${duplicateOrders} a known number; seed ${seed}`,
        `ended ${JSON.stringify(endings)}; ${cutOff} callers cut off and come again`,
        `unknown: ${found.unknownToAll.length} that the vendor has no order of, ${found.ofOddStatus.length} with a status that nobody names, ${found.unknownToUsAlone.length} that the query could tell`,
        `paid twice: ${found.paidTwice.length}; ${requests} requests of 4.04 for ${sent.length} orders`,
        ...["adjustBalance", "queryTopUpOrder", "login"].map((operation) => {
          const rules = faults(operation)
          const names = rules.map(({ fired, rule }) => `${nameOf(rule)} ${fired}`).join("; ")
          return `${operation}: ${sum(rules.map(({ fired }) => fired))} of ${rules[0]?.matched} hit: ${names}`
        })
      ].join("\n")
    )

    assert.deepStrictEqual(found.paidTwice, [], "paid twice")
    assert.deepStrictEqual(found.unknownToUsAlone, [], "unknown, though the query could tell")
    assert.deepStrictEqual(found.notAsAsked, [], "another card, direction or amount")
    assert.deepStrictEqual(found.doneNotBooked, [], "done, and not booked once")
    assert.deepStrictEqual(found.refusedButBooked, [], "refused, and yet with the vendor")
    assert.deepStrictEqual(found.pendingButEnded, [], "pending, and yet at an end")

    const { done, pending, refused, unknown } = endings
    assert.strictEqual(done + pending + refused + unknown, settled.length)
    assert.strictEqual(found.unknownToAll.length + found.ofOddStatus.length, unknown)

    // Each was sent once, and once more only where the vendor refused the token.
    const renewed = sum(
      faults("adjustBalance")
        .filter(({ rule }) => isToken(rule))
        .map(({ fired }) => fired)
    )
    assert.isAtMost(requests - sent.length, renewed)
    assert.isTrue(sent.every(([, times]) => times <= 2))

    for (const { ending, order } of settled) {
      const entry = yield* day.journal.find(credentials.merchantNo, order.merchantOrderNo)
      assert.include(stateOf[ending], Option.isSome(entry) ? entry.value.state : "absent")
    }
    const left = yield* day.journal.unsettled(credentials.merchantNo)
    assert.strictEqual(left.length, pending + unknown, "what is left for a person")
    return { endings, cutOff, faults }
  }).pipe(hurried)

const fewer = Math.ceil(count / 4)
const timeout = 120_000 + count * 100

describe("R5: none is paid twice, and none is left unknown that the order query could tell", () => {
  it.scopedLive(
    `of ${count} top-ups, while every kind of fault fires ${atLeast} times and more`,
    () =>
      Effect.gen(function* () {
        const { cutOff, endings, faults } = yield* lived("refuse", count, atLeast)
        for (const shown of [...Object.values(endings), cutOff]) {
          assert.isAbove(shown, 0, "a day without it shows nothing of it")
        }
        for (const { fired, rule } of faults("adjustBalance")) {
          assert.isAtLeast(fired, isToken(rule) ? 1 : atLeast, nameOf(rule))
        }
        for (const { fired, rule } of faults("queryTopUpOrder")) {
          assert.isAtLeast(fired, 1, nameOf(rule))
        }
        assert.isAtLeast(sum(faults("login").map(({ fired }) => fired)), 1, "a login is hit")
      }),
    timeout
  )

  it.scopedLive(
    `of ${fewer} top-ups, where the vendor executes an order number that it knows once more`,
    () => lived("execute", fewer, 0),
    timeout
  )
})

describe("the oracle", () => {
  it.scopedLive("sees what is paid twice, by a client whose journal forgets", () =>
    Effect.gen(function* () {
      const day = yield* world({ seed, rules: { duplicateOrders: "execute", settleAfterSeconds: 0 } })
      yield* day.sandbox.setFaults({
        calls: [{ fault: "lost", executed: true, operations: ["adjustBalance"], skip: 4 }]
      })
      const forgetful = { ...day.journal, begin: () => Effect.succeedNone }
      const orders = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (nth) =>
        Effect.map(orderOf(seed, day, nth), (order) => ({
          ...order,
          cardId: day.cards[0] ?? order.cardId,
          direction: "increase" as const,
          amount: Id.amount("1.00")
        }))
      )
      const settled = yield* Effect.forEach(orders, (order) =>
        Effect.gen(function* () {
          const { cards } = yield* Yunmo
          const first = yield* cards.adjustBalance(order)
          if (first._tag === "Unknown") {
            yield* cards.adjustBalance(order)
          }
          return { order, ending: "done", cutOff: false } as const
        })
      ).pipe(day.process(forgetful))
      yield* day.sandbox.moveClock({ bySeconds: 1 })
      const found = yield* judge(day, settled)
      assert.deepStrictEqual(found.paidTwice, numbers(settled).slice(4))
      assert.deepStrictEqual(found.doneNotBooked, numbers(settled).slice(4))
    }).pipe(hurried)
  )

  it.scopedLive("sees what is left unknown that the query could tell", () =>
    Effect.gen(function* () {
      const day = yield* world({ seed, rules: { settleAfterSeconds: 0 } })
      yield* day.sandbox.setFaults({
        calls: [{ fault: "lost", executed: true, operations: ["adjustBalance"] }]
      })
      const settled = yield* Effect.forEach([1, 2, 3], (nth) =>
        Effect.gen(function* () {
          const { cards } = yield* Yunmo
          const order = { ...(yield* orderOf(seed, day, nth)), amount: Id.amount("1.00") }
          assert.strictEqual((yield* cards.adjustBalance(order))._tag, "Unknown")
          return { order, ending: "unknown", cutOff: false } as const
        })
      ).pipe(day.process())
      assert.deepStrictEqual((yield* judge(day, settled)).unknownToUsAlone, numbers(settled))
    }).pipe(hurried)
  )
})
