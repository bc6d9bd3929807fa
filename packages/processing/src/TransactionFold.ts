/**
 * What the notifications of one order add up to. A pure function of the set of events: whatever order they arrived in,
 * and however often, it ends the same. Event times have one-second resolution (VENDOR 6.4), so they break ties and
 * decide nothing.
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
  /** Absent when the vendor sent none or one without a meaning: then the event counts as it stands. */
  readonly status: Meaning<"tradeStatus"> | undefined
  readonly amount: Amount | undefined
  readonly currency: string
  /** The vendor's `yyyy-MM-dd HH:mm:ss`, `""` when there was none. */
  readonly eventTime: string
}

/**
 * - `unknown`: nothing that can be read, or amounts in several currencies.
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
 * A transaction as its events add up. Amounts are exact, in `currency`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  readonly state: State
  readonly currency: string
  readonly authorized: BigDecimal.BigDecimal
  readonly settled: BigDecimal.BigDecimal
  readonly refunded: BigDecimal.BigDecimal
  readonly reversed: boolean
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
    case undefined:
      return 1
    case "failed":
      return 2
    case "succeeded":
      return 3
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

const sum = (
  legs: ReadonlyArray<Event>,
  ...kinds: ReadonlyArray<Meaning<"tradeKind">>
): BigDecimal.BigDecimal =>
  legs
    .filter((leg) => leg.kind !== undefined && kinds.includes(leg.kind))
    .reduce(
      (total, leg) => (leg.amount === undefined ? total : BigDecimal.sum(total, leg.amount.value)),
      zero
    )

/**
 * Adds up the events of one order. Give each event once; how they are ordered does not matter.
 *
 * @since 0.1.0
 * @category folding
 */
export const fold = (events: ReadonlyArray<Event>): Transaction => {
  const legs = legsOf(events)
  const counted = legs.filter((leg) => leg.status === "succeeded" || leg.status === undefined)
  const currencies = [
    ...new Set(counted.map((leg) => leg.currency).filter((currency) => currency !== ""))
  ].sort()
  const authorized = sum(counted, "authorization", "additionalAuthorization")
  const settled = sum(counted, "settlement", "transaction")
  const refunded = sum(counted, "refund")
  const reversed = counted.some((leg) => leg.kind === "cancellation")
  return {
    state: stateOf({ legs, counted, currencies, authorized, settled, refunded, reversed }),
    currency: currencies.length === 1 ? (currencies[0] ?? "") : "",
    authorized,
    settled,
    refunded,
    reversed,
    lastEventTime:
      events
        .map((event) => event.eventTime)
        .sort()
        .at(-1) ?? "",
    events: events.length
  }
}

const stateOf = (facts: {
  readonly legs: ReadonlyArray<Event>
  readonly counted: ReadonlyArray<Event>
  readonly currencies: ReadonlyArray<string>
  readonly authorized: BigDecimal.BigDecimal
  readonly settled: BigDecimal.BigDecimal
  readonly refunded: BigDecimal.BigDecimal
  readonly reversed: boolean
}): State => {
  const known = facts.counted.filter((leg) => leg.kind !== undefined)
  if (facts.currencies.length > 1) {
    return "unknown"
  }
  if (known.length === 0) {
    const statuses = facts.legs.filter((leg) => leg.kind !== undefined).map((leg) => leg.status)
    return statuses.length === 0 ? "unknown" : statuses.includes("pending") ? "pending" : "declined"
  }
  if (BigDecimal.isPositive(facts.refunded)) {
    return BigDecimal.greaterThanOrEqualTo(facts.refunded, facts.settled) ? "refunded" : "partlyRefunded"
  }
  if (BigDecimal.isPositive(facts.settled)) {
    return facts.reversed || BigDecimal.greaterThanOrEqualTo(facts.settled, facts.authorized)
      ? "settled"
      : "partlySettled"
  }
  return facts.reversed ? "reversed" : "authorized"
}
