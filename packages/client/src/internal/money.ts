import type { CardRechargeVo } from "@effect-yunmo/schema/Card"
import * as Contract from "@effect-yunmo/schema/Contract"
import { MerchantOrderNo, type OrderNo } from "@effect-yunmo/schema/Ids"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CallError, OrderConflict, OrderFailed, OutcomeUnknown, RequestInvalid } from "../ClientError.js"
import * as OrderJournal from "../OrderJournal.js"
import * as Outcome from "../Outcome.js"
import type { Adjustment, AdjustmentError, BalanceAdjustment, SettleError } from "../Yunmo.js"
import type { Caller } from "./call.js"
import type { Endpoint } from "./transport.js"

const operation = "adjustBalance"

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

  const reading = (status: string, orderNo: OrderNo | undefined): OrderJournal.Finding => ({
    orderNo: Option.fromNullable(orderNo),
    ...Option.match(Contract.meaningOf(contract, "orderStatus", status), {
      onNone: () => ({
        state: "unknown" as const,
        note: "the vendor's order status has no meaning in the contract"
      }),
      onSome: (state) => ({ state, note: "the vendor's order status" })
    })
  })

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
        return Effect.fail(new OrderFailed({ operation, key: entry.merchantOrderNo, status: entry.state }))
      case "open":
      case "unknown":
        return Effect.succeed(unknown(entry, `${entry.note}.`))
    }
  }

  /** What is known afterwards. A journal that fails now leaves the order `open`, which is true. */
  const recorded = (order: OrderJournal.Order, finding: OrderJournal.Finding) =>
    journal.record(merchantNo, order.merchantOrderNo, finding).pipe(
      Effect.tapError((error) => Effect.logError(error.message)),
      Effect.orElseSucceed(() => Option.none<OrderJournal.Entry>()),
      Effect.map(Option.getOrElse(() => OrderJournal.withFinding(OrderJournal.opened(order, 0), finding, 0)))
    )

  const sent = (order: OrderJournal.Order, answer: Outcome.Outcome<CardRechargeVo>) =>
    Effect.flatMap(
      answer._tag === "Done"
        ? recorded(order, reading(answer.value.status, answer.value.orderNo))
        : recorded(order, { state: "unknown", orderNo: Option.none(), note: answer.error.reason }),
      outcomeOf
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
      : caller.retried("queryTopUpOrder", { merchantOrderNo: entry.merchantOrderNo }).pipe(
          Effect.flatMap((order) => recorded(entry, reading(order.status, order.orderNo))),
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
    const merchantOrderNo = adjustment.merchantOrderNo ?? (yield* mint)
    const { amount, cardId } = adjustment
    const order: OrderJournal.Order = {
      merchantNo,
      merchantOrderNo,
      cardId,
      direction: adjustment.direction,
      amount
    }
    const send = yield* caller.ready(
      operation,
      { cardId, amount, direction: direction.value, merchantOrderNo },
      settlementOf(merchantOrderNo)
    )
    const present = yield* journal.begin(order)
    if (Option.isSome(present)) {
      return OrderJournal.sameOrder(present.value, order)
        ? yield* settleEntry(present.value)
        : yield* new OrderConflict({ merchantOrderNo })
    }
    return yield* send.pipe(
      Effect.catchAll(notExecuted(order)),
      Effect.flatMap((answer) => sent(order, answer))
    )
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

  return { adjust, settle }
}
