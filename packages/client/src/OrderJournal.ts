/**
 * The journal of balance adjustments: an order is written down, durably, before the first byte of it leaves, and what
 * became of it afterwards. A lost answer can then be settled by the order query, after a crash too, and the same order
 * is never sent twice. The client requires a journal in its type; `layerMemory` forgets everything when the process ends
 * and is for tests only; the SQL journal is in `@effect-yunmo/processing`.
 *
 * @since 0.1.0
 */
import type { Amount } from "@effect-yunmo/schema/Amount"
import type { CardId, MerchantNo, MerchantOrderNo, OrderNo } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

/**
 * What is known of an order.
 *
 * - `open`: journalled; it may have been sent.
 * - `pending`: the vendor accepted it and has not executed it.
 * - `done`: executed.
 * - `failed`: accepted, then failed by the vendor; no money moved.
 * - `refused`: refused before execution.
 * - `unknown`: an answer came that settles nothing.
 *
 * @since 0.1.0
 * @category models
 */
export const State = Schema.Literal("open", "pending", "done", "failed", "refused", "unknown")
/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * What identifies an adjustment and what it is about.
 *
 * @since 0.1.0
 * @category models
 */
export interface Order {
  readonly merchantNo: MerchantNo
  readonly merchantOrderNo: MerchantOrderNo
  readonly cardId: CardId
  readonly direction: "increase" | "decrease"
  readonly amount: Amount
}

/**
 * A line of the journal.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry extends Order {
  readonly state: State
  /** The vendor's order number, once it said it. */
  readonly orderNo: Option.Option<OrderNo>
  /** Why the state is what it is: one sentence, no secret. */
  readonly note: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * What an answer or a query said of an order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly state: State
  readonly orderNo: Option.Option<OrderNo>
  readonly note: string
}

/**
 * The journal cannot be written or read. Before sending this means that nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class OrderJournalUnavailable extends Schema.TaggedError<OrderJournalUnavailable>()(
  "OrderJournalUnavailable",
  { description: Schema.String }
) {
  override get message(): string {
    return `The order journal cannot be used: ${this.description}. No order is sent without it; restore its database.`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface OrderJournalService {
  /**
   * Writes the order down, durably, in state `open`. `None` when it is new; the entry that is already there under this
   * number otherwise, and then nothing is written.
   */
  readonly begin: (order: Order) => Effect.Effect<Option.Option<Entry>, OrderJournalUnavailable>
  /**
   * Writes down what was found. A settled order (`done`, `failed`, `refused`) keeps its state. Answers the entry as it
   * stands afterwards; `None` when there is no such order.
   */
  readonly record: (
    merchantNo: MerchantNo,
    merchantOrderNo: MerchantOrderNo,
    finding: Finding
  ) => Effect.Effect<Option.Option<Entry>, OrderJournalUnavailable>
  readonly find: (
    merchantNo: MerchantNo,
    merchantOrderNo: MerchantOrderNo
  ) => Effect.Effect<Option.Option<Entry>, OrderJournalUnavailable>
  /** Orders in state `open`, `pending` or `unknown`, oldest first. */
  readonly unsettled: (merchantNo: MerchantNo) => Effect.Effect<ReadonlyArray<Entry>, OrderJournalUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class OrderJournal extends Context.Tag("@effect-yunmo/client/OrderJournal")<
  OrderJournal,
  OrderJournalService
>() {}

/**
 * True for the states that never change again.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSettled = (state: State): boolean =>
  state === "done" || state === "failed" || state === "refused"

/**
 * True when both speak of the same adjustment.
 *
 * @since 0.1.0
 * @category guards
 */
export const sameOrder = (a: Order, b: Order): boolean =>
  a.merchantNo === b.merchantNo &&
  a.merchantOrderNo === b.merchantOrderNo &&
  a.cardId === b.cardId &&
  a.direction === b.direction &&
  Equal.equals(a.amount, b.amount)

/**
 * An order that has just been written down.
 *
 * @since 0.1.0
 * @category constructors
 */
export const opened = (order: Order, now: number): Entry => ({
  ...order,
  state: "open",
  orderNo: Option.none(),
  note: "journalled",
  createdAt: now,
  updatedAt: now
})

/**
 * An entry with a finding applied.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withFinding = (entry: Entry, finding: Finding, now: number): Entry =>
  isSettled(entry.state)
    ? entry
    : {
        ...entry,
        state: finding.state,
        orderNo: Option.orElse(finding.orderNo, () => entry.orderNo),
        note: finding.note,
        updatedAt: now
      }

/**
 * A journal that forgets everything when the process ends. For tests only: an order whose answer is lost together with
 * the process could be sent twice.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<OrderJournal> = Layer.effect(
  OrderJournal,
  Effect.gen(function* () {
    const entries = yield* Ref.make<ReadonlyMap<string, Entry>>(new Map())
    const keyOf = (merchantNo: MerchantNo, orderNo: MerchantOrderNo) => JSON.stringify([merchantNo, orderNo])
    return {
      begin: Effect.fn("OrderJournal.begin")(function* (order: Order) {
        const now = yield* Clock.currentTimeMillis
        const key = keyOf(order.merchantNo, order.merchantOrderNo)
        return yield* Ref.modify(entries, (map) => {
          const present = Option.fromNullable(map.get(key))
          return [present, Option.isSome(present) ? map : new Map(map).set(key, opened(order, now))]
        })
      }),
      record: Effect.fn("OrderJournal.record")(function* (merchantNo, merchantOrderNo, finding) {
        const now = yield* Clock.currentTimeMillis
        const key = keyOf(merchantNo, merchantOrderNo)
        return yield* Ref.modify(entries, (map) => {
          const entry = Option.map(Option.fromNullable(map.get(key)), (found) =>
            withFinding(found, finding, now)
          )
          return [entry, Option.isSome(entry) ? new Map(map).set(key, entry.value) : map]
        })
      }),
      find: (merchantNo, merchantOrderNo) =>
        Effect.map(Ref.get(entries), (map) =>
          Option.fromNullable(map.get(keyOf(merchantNo, merchantOrderNo)))
        ),
      unsettled: (merchantNo) =>
        Effect.map(Ref.get(entries), (map) =>
          [...map.values()].filter((entry) => entry.merchantNo === merchantNo && !isSettled(entry.state))
        )
    }
  })
)
