/**
 * What the notifications of one order add up to. A pure function of the set of events: whatever order they arrived in,
 * and however often, it ends the same. Event times have one-second resolution (VENDOR 6.4), so they break ties and
 * decide nothing. What a value without a meaning in the contract stands for is not guessed: such an event is counted
 * nowhere.
 *
 * @since 0.1.0
 */
import type { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import * as BigDecimal from "effect/BigDecimal"

/**
 * One event of an order, as a notification told it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event {
  /** What recognises it: unique among the events of the order. */
  readonly businessKey: string
  /** The part of the order it belongs to; `""` when the vendor named none. */
  readonly subOrderNo: string
  /** Which of the six kinds; absent while the raw value has no meaning in the contract. */
  readonly kind: Meaning<"tradeKind"> | undefined
  /**
   * Absent when the vendor sent none, as in its sample (VENDOR 6.4): then the event counts as it stands. `unknown` while the
   * raw value has no meaning in the contract.
   */
  readonly status: Meaning<"tradeStatus"> | "unknown" | undefined
  readonly amount: Amount | undefined
  readonly currency: string
  /** The vendor's `yyyy-MM-dd HH:mm:ss`, `""` when there was none. */
  readonly eventTime: string
}

/**
 * - `unknown`: nothing that can be read, amounts that are missing or in several currencies.
 * - `declined`: everything about it failed.
 * - `pending`: nothing has succeeded yet.
 * - `authorized`, `partlySettled`, `settled`, `reversed`, `partlyRefunded`, `refunded`: how far it came.
 *
 * @since 0.1.0
 * @category models
 */
export type State =
  | "unknown"
  | "declined"
  | "pending"
  | "authorized"
  | "partlySettled"
  | "settled"
  | "reversed"
  | "partlyRefunded"
  | "refunded"

/**
 * A transaction as its events add up. Amounts are exact, in `currency`; when that is `""` for several currencies at once,
 * there is no sum and they are zero.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  readonly state: State
  readonly currency: string
  readonly authorized: BigDecimal.BigDecimal
  readonly settled: BigDecimal.BigDecimal
  /** What cancellations took back of `authorized`: all of it when one of them names no amount. */
  readonly reversed: BigDecimal.BigDecimal
  readonly refunded: BigDecimal.BigDecimal
  /** The latest event time, `""` when there is none. */
  readonly lastEventTime: string
  readonly events: number
}

const zero = BigDecimal.unsafeFromString("0")

/** Of two reports of one leg, the one that says more. */
const weight = (event: Event): number => {
  switch (event.status) {
    case "pending":
      return 0
    case "unknown":
      return 1
    case undefined:
      return 2
    case "failed":
      return 3
    case "succeeded":
      return 4
  }
}

const outranks = (a: Event, b: Event): boolean => {
  const byWeight = weight(a) - weight(b)
  return byWeight !== 0
    ? byWeight > 0
    : a.eventTime !== b.eventTime
      ? a.eventTime > b.eventTime
      : a.businessKey > b.businessKey
}

/** One leg is one kind of one sub-order: its later reports replace the earlier, they do not add up. */
const legsOf = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const legs = new Map<string, Event>()
  for (const event of events) {
    const leg = JSON.stringify([event.subOrderNo, event.kind ?? null])
    const other = legs.get(leg)
    if (other === undefined || outranks(event, other)) {
      legs.set(leg, event)
    }
  }
  return [...legs.values()]
}

type Kinds = ReadonlyArray<Meaning<"tradeKind">>
const authorizing: Kinds = ["authorization", "additionalAuthorization"]
const settling: Kinds = ["settlement", "transaction"]
const reversing: Kinds = ["cancellation"]
const refunding: Kinds = ["refund"]

const ofKind = (legs: ReadonlyArray<Event>, kinds: Kinds): ReadonlyArray<Event> =>
  legs.filter((leg) => leg.kind !== undefined && kinds.includes(leg.kind))

const sum = (legs: ReadonlyArray<Event>): BigDecimal.BigDecimal =>
  legs.reduce(
    (total, leg) => (leg.amount === undefined ? total : BigDecimal.sum(total, leg.amount.value)),
    zero
  )

/**
 * Adds up the events of one order. How they are ordered does not matter, nor does an event given twice.
 *
 * @since 0.1.0
 * @category folding
 */
export const fold = (events: ReadonlyArray<Event>): Transaction => {
  const legs = legsOf(events).filter((leg) => leg.kind !== undefined)
  const counted = legs.filter((leg) => leg.status === "succeeded" || leg.status === undefined)
  const currencies = new Set(counted.map((leg) => leg.currency).filter((currency) => currency !== ""))
  const summed = currencies.size > 1 ? [] : counted
  const authorized = sum(ofKind(summed, authorizing))
  const cancellations = ofKind(summed, reversing)
  const sums = {
    authorized,
    settled: sum(ofKind(summed, settling)),
    reversed: cancellations.some((leg) => leg.amount === undefined) ? authorized : sum(cancellations),
    refunded: sum(ofKind(summed, refunding))
  }
  return {
    state: currencies.size > 1 ? "unknown" : counted.length === 0 ? beforeAny(legs) : stateOf(counted, sums),
    currency: currencies.size === 1 ? [...currencies].join() : "",
    ...sums,
    lastEventTime:
      events
        .map(({ eventTime }) => eventTime)
        .sort()
        .at(-1) ?? "",
    events: new Set(events.map(({ businessKey }) => businessKey)).size
  }
}

/** Of an order of which nothing counts. */
const beforeAny = (legs: ReadonlyArray<Event>): State =>
  legs.some(({ status }) => status === "pending")
    ? "pending"
    : legs.length > 0 && legs.every(({ status }) => status === "failed")
      ? "declined"
      : "unknown"

const stateOf = (
  counted: ReadonlyArray<Event>,
  {
    authorized,
    refunded,
    reversed,
    settled
  }: Pick<Transaction, "authorized" | "settled" | "reversed" | "refunded">
): State => {
  const has = (kinds: Kinds) => ofKind(counted, kinds).length > 0
  if (counted.some((leg) => leg.amount === undefined && leg.kind !== "cancellation")) {
    return "unknown"
  }
  if (has(refunding) && BigDecimal.greaterThanOrEqualTo(refunded, settled)) {
    return "refunded"
  }
  if (BigDecimal.isPositive(refunded)) {
    return "partlyRefunded"
  }
  const open = BigDecimal.subtract(authorized, reversed)
  if (has(settling)) {
    return BigDecimal.greaterThanOrEqualTo(settled, open) ? "settled" : "partlySettled"
  }
  return has(reversing) && !BigDecimal.isPositive(open) ? "reversed" : "authorized"
}
