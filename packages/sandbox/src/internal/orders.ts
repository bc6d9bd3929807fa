import type { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Cards from "./cards.js"
import * as Indexes from "./indexes.js"
import * as Ledger from "./ledger.js"
import * as Magic from "./magic.js"
import { inCents, isTooLarge, mostDigits } from "./money.js"
import { type Refusal, refuse, type Wrong, wrong } from "./refusal.js"
import { type Card, keyOf, type Order, type Step } from "./world.js"

const tooMuch = `the card's balance would have more than ${mostDigits} digits before the point`

const hasNoRoomFor = (card: Card, amount: BigDecimal.BigDecimal): boolean =>
  isTooLarge(BigDecimal.sum(card.balance, amount))

export interface Adjustment {
  readonly cardId: Ids.CardId
  readonly amount: Amount
  readonly direction: Meaning<"adjustmentDirection">
  readonly merchantOrderNo: Ids.MerchantOrderNo
}

/**
 * 4.04. A decrease keeps its money back at once, so that two of them cannot take the same money; an increase is there
 * when the order is done. The merchant's own account at the vendor has no end here.
 */
export const adjust = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: Adjustment
): Either.Either<Order, Refusal> =>
  Either.gen(function* () {
    const { now, rules, world } = step
    const increase = input.direction === "increase"
    const find = increase ? Cards.findLiving : Cards.findBound
    const card = yield* find(step, merchantNo, input.cardId)
    const key = keyOf(merchantNo, input.merchantOrderNo)
    const namesakes = world.index.orderNos.get(key) ?? []
    if (namesakes.length > 0 && rules.duplicateOrders === "refuse") {
      return yield* refuse("BusinessAnomaly", "there is an order under this merchant order number already")
    }
    const amount = Option.getOrUndefined(inCents(input.amount.value))
    if (amount === undefined) {
      return yield* refuse("BadParameters", "the amount has a fraction of a cent")
    }
    if (isTooLarge(amount)) {
      return yield* refuse("BadParameters", `the amount has more than ${mostDigits} digits before the point`)
    }
    if (increase && hasNoRoomFor(card, amount)) {
      return yield* refuse("BusinessAnomaly", tooMuch)
    }
    if (!increase && BigDecimal.lessThan(Ledger.available(card), amount)) {
      return yield* refuse("BusinessAnomaly", "the card's balance is too small")
    }
    const order: Order = {
      orderNo: Cards.newOrderNo(step),
      merchantNo,
      merchantOrderNo: input.merchantOrderNo,
      cardId: card.cardId,
      direction: input.direction,
      amount,
      status: "pending",
      createdAt: now,
      ...Magic.fateOf(step, input.amount)
    }
    if (!increase) {
      Ledger.hold(step, card, amount)
    }
    Indexes.addOrder(world, order)
    return order
  })

const latest = ({ world }: Step, merchantNo: string, merchantOrderNo: string): Order | undefined => {
  const orderNo = world.index.orderNos.get(keyOf(merchantNo, merchantOrderNo))?.at(-1)
  return orderNo === undefined ? undefined : world.orders.get(orderNo)
}

/** 4.05, for increases and decreases alike (PROPOSED). Of orders that share a number the latest answers. */
export const query = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  merchantOrderNo: Ids.MerchantOrderNo
): Either.Either<Order, Refusal> =>
  Either.fromNullable(latest(step, merchantNo, merchantOrderNo), () => ({
    _tag: "Refusal",
    name: "OrderNotFound",
    detail: undefined
  }))

/** Whether other money came onto the card since, so that this order's has no room there any more. */
const overflows = ({ world }: Step, { amount, cardId, direction }: Order): boolean => {
  const card = world.cards.get(cardId)
  return direction === "increase" && card !== undefined && hasNoRoomFor(card, amount)
}

/** The end that was planned for now. */
export const finishDue = (step: Step, orderNo: Ids.OrderNo): void => {
  const order = step.world.orders.get(orderNo)
  if (order?.status === "pending" && order.ending !== undefined) {
    complete(step, order, overflows(step, order) ? "failed" : order.ending.status)
  }
}

const complete = (step: Step, order: Order, status: "done" | "failed"): void => {
  const { world } = step
  Indexes.putOrder(world, { ...order, status })
  const card = world.cards.get(order.cardId)
  if (card === undefined) {
    return
  }
  const decrease = order.direction === "decrease"
  const released = decrease ? Ledger.hold(step, card, BigDecimal.negate(order.amount)) : card
  if (status === "done") {
    Ledger.book(step, released, {
      cause: order.direction,
      reference: order.orderNo,
      amount: decrease ? BigDecimal.negate(order.amount) : order.amount
    })
  }
}

/** Ends a pending order before its time, or one that would stay pending. */
export const finish = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  merchantOrderNo: Ids.MerchantOrderNo,
  result: "done" | "failed"
): Either.Either<void, Wrong> => {
  const order = latest(step, merchantNo, merchantOrderNo)
  if (order === undefined) {
    return wrong(`Merchant ${merchantNo} has no order ${merchantOrderNo}; GET /_sandbox/state lists them.`)
  }
  if (order.status !== "pending") {
    return wrong(`Order ${merchantOrderNo} is ${order.status} already; only a pending order can be finished.`)
  }
  if (result === "done" && overflows(step, order)) {
    return wrong(`Order ${merchantOrderNo} cannot be done, since ${tooMuch}; let it fail.`)
  }
  complete(step, order, result)
  return Either.void
}
