import type { Amount } from "@effect-yunmo/schema/Amount"
import type { CardRechargeVo } from "@effect-yunmo/schema/Card"
import * as Contract from "@effect-yunmo/schema/Contract"
import { type CardId, MerchantOrderNo, type OrderNo } from "@effect-yunmo/schema/Ids"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CallError, OrderConflict, OrderFailed, OutcomeUnknown, RequestInvalid } from "../ClientError.js"
import * as OrderJournal from "../OrderJournal.js"
import * as Outcome from "../Outcome.js"
import { type Caller, request } from "./call.js"
import { scrub } from "./scrub.js"
import type { Adjustment, AdjustmentError, BalanceAdjustment, SettleError } from "./sections.js"
import type { Endpoint } from "./transport.js"

const operation = "adjustBalance"

/** What 4.04 and 4.05 say of an order. */
interface OrderAnswer {
  readonly status: string
  readonly orderNo?: OrderNo | undefined
  readonly merchantOrderNo?: MerchantOrderNo | undefined
  readonly cardId?: CardId | undefined
  readonly direction?: string | undefined
  readonly amount?: Amount | undefined
}

/** A note of the journal as a sentence. */
const sentence = (note: string): string =>
  `${note.charAt(0).toUpperCase()}${note.slice(1)}${note.endsWith(".") ? "" : "."}`

const settlementOf = (merchantOrderNo: MerchantOrderNo) => ({
  key: merchantOrderNo,
  advice: `Do not send it again: settle it with cards.settleOrder("${merchantOrderNo}"), and ask a person when the query still cannot tell.`
})

/**
 * Balance adjustments: the order number is made once and journalled before the first byte leaves; refused is only what
 * a listed code refuses before execution; whatever else is not a clear answer stays unknown until the order query tells.
 */
export const make = (
  endpoint: Endpoint,
  caller: Caller,
  journal: OrderJournal.OrderJournalService
): {
  readonly mint: Effect.Effect<MerchantOrderNo>
  readonly adjust: (
    adjustment: BalanceAdjustment
  ) => Effect.Effect<Outcome.MoneyOutcome<Adjustment>, AdjustmentError>
  readonly settle: (
    merchantOrderNo: MerchantOrderNo
  ) => Effect.Effect<Outcome.MoneyOutcome<Adjustment>, SettleError>
} => {
  const { contract, merchantNo } = endpoint

  /** Two nonces make a number that no other process will make. */
  const mint = Effect.map(Effect.zip(Nonce.next, Nonce.next), ([a, b]) => MerchantOrderNo.make(`EY${a}${b}`))

  /** An answer about another order (the vendor may not know our names of the fields) settles nothing. */
  const differences = (order: OrderJournal.Order, answer: OrderAnswer): ReadonlyArray<string> => {
    const { amount, cardId, direction, merchantOrderNo } = answer
    const meant = Contract.meaningOf(contract, "adjustmentDirection", direction)
    return [
      merchantOrderNo !== undefined && merchantOrderNo !== order.merchantOrderNo ? "merchantOrderNo" : "",
      cardId !== undefined && cardId !== order.cardId ? "cardId" : "",
      Option.isSome(meant) && meant.value !== order.direction ? "direction" : "",
      // Whether the amount of a decrease bears a minus is not documented.
      amount !== undefined &&
      !BigDecimal.equals(BigDecimal.abs(amount.value), BigDecimal.abs(order.amount.value))
        ? "amount"
        : ""
    ].filter((field) => field !== "")
  }

  const reading = (order: OrderJournal.Order, answer: OrderAnswer): OrderJournal.Finding => {
    const orderNo = Option.fromNullable(answer.orderNo)
    const others = differences(order, answer)
    if (others.length > 0) {
      return {
        state: "unknown",
        orderNo: Option.none(),
        note: `the vendor's answer is about another order (its ${others.join(", ")} differs)`
      }
    }
    const status = JSON.stringify(scrub(answer.status).slice(0, 60))
    return Option.match(Contract.meaningOf(contract, "orderStatus", answer.status), {
      onNone: () => ({
        state: "unknown",
        orderNo,
        note: `the vendor's order status ${status} has no meaning in the contract (enums.orderStatus)`
      }),
      onSome: (state) => ({ state, orderNo, note: `the vendor's order status is ${status}` })
    })
  }

  const unknown = (entry: OrderJournal.Entry, reason: string): Outcome.Unknown =>
    new Outcome.Unknown({
      error: new OutcomeUnknown({
        operation,
        attempt: 1,
        key: entry.merchantOrderNo,
        settle: settlementOf(entry.merchantOrderNo).advice,
        reason
      })
    })

  const outcomeOf = (
    entry: OrderJournal.Entry
  ): Effect.Effect<Outcome.MoneyOutcome<Adjustment>, OrderFailed> => {
    switch (entry.state) {
      case "done":
        return Effect.succeed(
          new Outcome.Done({
            value: { merchantOrderNo: entry.merchantOrderNo, orderNo: Option.getOrUndefined(entry.orderNo) }
          })
        )
      case "pending":
        return Effect.succeed(new Outcome.Pending({ operation, key: entry.merchantOrderNo }))
      case "failed":
      case "refused":
        return Effect.fail(
          new OrderFailed({
            operation,
            key: entry.merchantOrderNo,
            state: entry.state,
            reason: sentence(entry.note)
          })
        )
      case "open":
      case "unknown":
        return Effect.succeed(unknown(entry, sentence(entry.note)))
    }
  }

  /** What is known afterwards. A journal that fails now leaves the order `open`, which is true. */
  const recorded = (order: OrderJournal.Order, finding: OrderJournal.Finding) =>
    journal.record(merchantNo, order.merchantOrderNo, finding).pipe(
      Effect.tapError(({ description }) =>
        Effect.logError(
          `Order ${order.merchantOrderNo} is ${finding.state}, but the journal could not be told (${description}). It stays open there: settle it once the journal's database is restored.`
        )
      ),
      Effect.orElseSucceed(() => Option.none<OrderJournal.Entry>()),
      Effect.map(Option.getOrElse(() => OrderJournal.withFinding(OrderJournal.opened(order, 0), finding, 0)))
    )

  const sent = (
    order: OrderJournal.Order,
    answer: Outcome.Outcome<CardRechargeVo>
  ): Effect.Effect<Outcome.MoneyOutcome<Adjustment>, OrderFailed> =>
    answer._tag === "Done"
      ? Effect.flatMap(recorded(order, reading(order, answer.value)), outcomeOf)
      : Effect.flatMap(
          recorded(order, { state: "unknown", orderNo: Option.none(), note: answer.error.reason }),
          // Somebody else may have settled it meanwhile; if not, this answer says most.
          (entry) => (entry.state === "unknown" ? Effect.succeed(answer) : outcomeOf(entry))
        )

  const notExecuted = (order: OrderJournal.Order) => (error: CallError) =>
    Effect.zipRight(
      recorded(order, { state: "refused", orderNo: Option.none(), note: error.message }),
      Effect.fail(error)
    )

  const settleEntry = (
    entry: OrderJournal.Entry
  ): Effect.Effect<Outcome.MoneyOutcome<Adjustment>, CallError | OrderFailed> =>
    OrderJournal.isSettled(entry.state)
      ? outcomeOf(entry)
      : caller.retried(request(contract)("queryTopUpOrder", { merchantOrderNo: entry.merchantOrderNo })).pipe(
          Effect.flatMap((order) => recorded(entry, reading(entry, order))),
          // Right after sending this is not yet an answer, and later it is a person's to decide.
          Effect.catchTag("OrderNotFound", () =>
            recorded(entry, {
              state: "unknown",
              orderNo: Option.none(),
              note: "the order query does not know this number (yet)"
            })
          ),
          Effect.flatMap(outcomeOf)
        )

  const adjust = Effect.fn("Yunmo.cards.adjustBalance")(function* (adjustment: BalanceAdjustment) {
    const direction = Contract.wireValueOf(contract, "adjustmentDirection", adjustment.direction)
    if (Option.isNone(direction)) {
      return yield* new RequestInvalid({
        operation,
        problems: [{ path: "direction", problem: `the contract has no value for ${adjustment.direction}` }]
      })
    }
    const { amount, cardId, merchantOrderNo } = adjustment
    const order: OrderJournal.Order = {
      merchantNo,
      merchantOrderNo,
      cardId,
      direction: adjustment.direction,
      amount
    }
    const sentOrFound = Effect.gen(function* () {
      const send = yield* caller.ready(
        request(contract)(operation, { cardId, amount, direction: direction.value, merchantOrderNo }),
        settlementOf(merchantOrderNo)
      )
      const present = yield* journal.begin(order)
      if (Option.isSome(present)) {
        return present
      }
      // An answer that has come is written down, whoever has lost interest meanwhile.
      return yield* Effect.uninterruptibleMask((restore) =>
        restore(send).pipe(
          Effect.catchAll(notExecuted(order)),
          Effect.flatMap((answer) => sent(order, answer))
        )
      )
    })
    // The query takes a place of its own, so the one that the order was to be sent from is given back before it.
    const found = yield* Effect.scoped(sentOrFound)
    if (!Option.isOption(found)) {
      return found
    }
    return OrderJournal.sameOrder(found.value, order)
      ? yield* settleEntry(found.value)
      : yield* new OrderConflict({ merchantOrderNo })
  })

  const settle = Effect.fn("Yunmo.cards.settleOrder")(function* (merchantOrderNo: MerchantOrderNo) {
    const entry = yield* journal.find(merchantNo, merchantOrderNo)
    if (Option.isNone(entry)) {
      return yield* new RequestInvalid({
        operation: "queryTopUpOrder",
        problems: [{ path: "merchantOrderNo", problem: "is not in this client's order journal" }]
      })
    }
    return yield* settleEntry(entry.value)
  })

  return { mint, adjust, settle }
}
