/** Top-ups by the hundred, whoever pays them, and what the sandbox's ledger says of each. */
import * as Magic from "@effect-yunmo/sandbox/Magic"
import type * as State from "@effect-yunmo/sandbox/State"
import type { CardId, MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import type * as OrderJournal from "../../src/OrderJournal.js"
import * as Outcome from "../../src/Outcome.js"
import { type BalanceAdjustment, Yunmo } from "../../src/Yunmo.js"
import * as Id from "./ids.js"
import type { World } from "./worstDay.js"

// --- orders ----------------------------------------------------------------------------------------------------------

/** What befalls whoever pays it. */
const manners = [
  "plain",
  /** gives up waiting, and tries again */
  "impatient",
  /** is interrupted while the call is under way, and comes again */
  "interrupted",
  /** its process dies when the order is written down and nothing is sent; comes again in another */
  "crashesBeforeSending",
  /** its process dies while the call is under way */
  "crashesUnderWay",
  /** its process dies when the answer is there and not written down */
  "crashesBeforeWriting",
  /** two processes pay it at once */
  "twice"
] as const
export type Manner = (typeof manners)[number]

export interface Order extends BalanceAdjustment {
  readonly manner: Manner
  /** Milliseconds it takes until whatever befalls it does. */
  readonly after: number
}

const { topUp: magic } = Magic

/** The order with this number in a run with this seed. */
export const orderOf = (seed: string, { cards }: World, nth: number): Effect.Effect<Order> => {
  const random = Random.make(`${seed}/${nth}`)
  return Effect.gen(function* () {
    const [what, how, cents, after, card] = yield* Effect.all([
      random.next,
      random.next,
      random.nextIntBetween(100, 10_000),
      random.nextIntBetween(0, 25),
      random.nextIntBetween(0, cards.length)
    ])
    const below = (limit: number) => what < limit
    const special = below(0.025)
      ? magic.staysPending
      : below(0.045)
        ? magic.hasUnknownStatus
        : below(0.07)
          ? magic.failsAfterTenSeconds
          : below(0.08)
            ? magic.losesAnswerAfter
            : below(0.09)
              ? magic.losesAnswerBefore
              : undefined
    const tooLarge = !below(0.09) && below(0.11)
    const noCard = !below(0.11) && below(0.13)
    const plain = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`
    return {
      merchantOrderNo: Id.merchantOrderNo(`TOP-UP-${nth}`),
      cardId: noCard ? Id.otherCardId : (cards[card] ?? Id.otherCardId),
      amount: Id.amount(tooLarge ? "900000.00" : (special ?? plain)),
      direction: tooLarge || (special === undefined && what > 0.8) ? "decrease" : "increase",
      manner: how < 0.55 ? "plain" : (manners[1 + Math.floor(((how - 0.55) / 0.45) * 6)] ?? "plain"),
      after
    }
  })
}

// --- who pays them ---------------------------------------------------------------------------------------------------

export type Ending = "done" | "pending" | "refused" | "unknown"

const soon = Schedule.exponential("10 millis")

/** Settles as the README does, for less long. */
const settled = (merchantOrderNo: MerchantOrderNo) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.settleOrder(merchantOrderNo)).pipe(
    Outcome.orFail,
    Effect.retry({
      while: (error) => error._tag === "OutcomePending" || error._tag === "OutcomeUnknown",
      schedule: soon,
      times: 1
    }),
    Effect.as<Ending>("done"),
    Effect.catchTags({
      OutcomePending: () => Effect.succeed<Ending>("pending"),
      OutcomeUnknown: () => Effect.succeed<Ending>("unknown")
    })
  )

/** Pays, and runs the whole of it again when it fails, as a careless program would: the number makes it harmless. */
const pay = ({ after: _, manner: __, ...order }: Order): Effect.Effect<Ending, never, Yunmo> =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.adjustBalance(order)).pipe(
    Effect.flatMap((outcome) =>
      outcome._tag === "Done" ? Effect.succeed<Ending>("done") : settled(order.merchantOrderNo)
    ),
    Effect.catchTag("OrderFailed", () => Effect.succeed<Ending>("refused")),
    Effect.retry({
      while: (error) => !("refused" in error && error.refused) && error._tag !== "OrderConflict",
      schedule: Schedule.jittered(Schedule.spaced("20 millis")),
      times: 30
    }),
    Effect.catchAll((error) =>
      Effect.succeed<Ending>("refused" in error && error.refused ? "refused" : "unknown")
    )
  )

/** Asks once more for an order that is not settled, as often as it takes to be answered. */
export const asks = ({ merchantOrderNo }: Order): Effect.Effect<Ending, never, Yunmo> =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.settleOrder(merchantOrderNo)).pipe(
    Effect.retry({ while: (error) => error._tag !== "OrderFailed" && error._tag !== "RequestInvalid" }),
    Effect.map(({ _tag }) => endings[_tag]),
    Effect.catchTag("OrderFailed", () => Effect.succeed<Ending>("refused")),
    Effect.orDie
  )

const endings = { Done: "done", Pending: "pending", Unknown: "unknown" } as const

/** The journal as a process sees it that dies here: nothing is written any more, and nobody hears of it. */
const dying = (
  journal: OrderJournal.OrderJournalService,
  at: "begin" | "record"
): OrderJournal.OrderJournalService => ({
  ...journal,
  ...(at === "begin" ? { begin: (order) => Effect.zipRight(journal.begin(order), Effect.interrupt) } : {}),
  record: () => Effect.interrupt
})

/** Whether whatever was to befall this caller did. */
export interface Paid {
  readonly ending: Ending
  readonly cutOff: boolean
}

/** What becomes of an order whose caller is like this. Each time it is paid under the same number. */
export const pays = ({ journal, process, wire }: World, order: Order): Effect.Effect<Paid, never, Yunmo> => {
  const paying = pay(order)
  /** Is cut off a little after the request has left. */
  const underWay = <R>(run: Effect.Effect<Ending, never, R>) =>
    Effect.gen(function* () {
      const leaving = yield* wire.leaving(order.merchantOrderNo)
      const fiber = yield* Effect.fork(run)
      yield* Effect.raceFirst(Deferred.await(leaving), Fiber.await(fiber))
      yield* Effect.sleep(order.after)
      return Exit.isInterrupted(yield* Fiber.interrupt(fiber))
    })
  const dies = (at: "begin" | "record") =>
    Effect.map(Effect.exit(process(dying(journal, at))(paying)), Exit.isInterrupted)
  const comesAgain = <R>(first: Effect.Effect<boolean, never, R>) =>
    Effect.flatMap(first, (cutOff) => Effect.map(paying, (ending) => ({ ending, cutOff })))
  switch (order.manner) {
    case "plain":
      return Effect.map(paying, (ending) => ({ ending, cutOff: false }))
    case "impatient":
      return comesAgain(Effect.map(Effect.timeoutOption(paying, 1 + order.after), Option.isNone))
    case "interrupted":
      return comesAgain(underWay(paying))
    case "crashesBeforeSending":
      return comesAgain(dies("begin"))
    case "crashesUnderWay":
      return comesAgain(underWay(process(dying(journal, "record"))(paying)))
    case "crashesBeforeWriting":
      return comesAgain(dies("record"))
    case "twice":
      return Effect.map(Effect.all([paying, process()(paying)], { concurrency: 2 }), ([ending, other]) => ({
        ending: other === "done" ? other : ending,
        cutOff: false
      }))
  }
}

// --- the oracle ------------------------------------------------------------------------------------------------------

/** What the sandbox knows of an order: what it was asked for, and what it booked. */
export interface Truth {
  readonly orders: ReadonlyArray<State.Order>
  readonly booked: ReadonlyArray<State.LedgerEntry & { readonly cardId: CardId }>
}

/** The sandbox's own word on each merchant order number. */
export const truths = ({ cards, sandbox }: World) =>
  Effect.gen(function* () {
    const { orders } = yield* sandbox.state
    const numbers = new Map<string, string>(orders.map((order) => [order.orderNo, order.merchantOrderNo]))
    const all = new Map<string, { orders: Array<State.Order>; booked: Array<Truth["booked"][number]> }>()
    const of = (merchantOrderNo: string) => {
      const truth = all.get(merchantOrderNo) ?? { orders: [], booked: [] }
      all.set(merchantOrderNo, truth)
      return truth
    }
    for (const order of orders) {
      of(order.merchantOrderNo).orders.push(order)
    }
    for (const cardId of cards) {
      for (const entry of yield* sandbox.ledger(cardId)) {
        of(numbers.get(entry.reference) ?? "nobody's").booked.push({ ...entry, cardId })
      }
    }
    return (merchantOrderNo: string): Truth => all.get(merchantOrderNo) ?? { orders: [], booked: [] }
  })

/** Whether this is the one booking that the order asked for. */
export const isBooking = (order: Order, entry: Truth["booked"][number]): boolean =>
  entry.cardId === order.cardId &&
  entry.cause === order.direction &&
  BigDecimal.equals(
    entry.amount.value,
    order.direction === "increase" ? order.amount.value : BigDecimal.negate(order.amount.value)
  )

/** Waits until every call that the vendor is late with has had its effect; one that was cut off at the door has none. */
export const quiet = ({ cards, sandbox }: World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { calls } = yield* sandbox.faults
    const came = calls.find(({ rule }) => rule.operations?.includes("adjustBalance"))?.matched ?? 0
    const { counts } = yield* sandbox.calls
    const served = counts
      .filter(({ operation }) => operation === "adjustBalance")
      .reduce((sum, { count }) => sum + count, 0)
    // Each card was funded before the first fault was asked for.
    return served - cards.length === came
  }).pipe(
    Effect.repeat({ until: (still) => still, times: 150, schedule: Schedule.spaced("20 millis") }),
    Effect.asVoid
  )
