/**
 * What shops do with a card. An authorization keeps money back, a settlement takes it, a cancellation releases it, a
 * refund gives it back; a transaction takes it at once. Each is told to the merchant, declined ones too.
 */
import { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Cards from "./cards.js"
import * as Indexes from "./indexes.js"
import * as Ledger from "./ledger.js"
import { isTooLarge, mostDigits } from "./money.js"
import { fresh } from "./random.js"
import { missing, type Wrong, wrong } from "./refusal.js"
import * as SpendingLimits from "./spendingLimits.js"
import {
  type Charge,
  endsTogether,
  isWithin,
  kept,
  minus,
  nothing,
  partOf,
  plus,
  show,
  sumOf
} from "./sums.js"
import type { Card, Purchase, Step, Sum, Transaction } from "./world.js"

/** Of all there is when neither is given. */
export interface Posting {
  readonly orderNo: Ids.OrderNo
  readonly amount?: Amount | undefined
  readonly principal?: Amount | undefined
}

export interface Settlement extends Posting {
  /** Whether the shop is through with the purchase; it is unless it says otherwise. */
  readonly final?: boolean | undefined
}

export interface NewPurchase extends Charge {
  readonly cardId: Ids.CardId
  readonly currency: string
  readonly merchantName?: string | undefined
}

const cardOf = ({ world }: Step, cardId: Ids.CardId): Either.Either<Card, Wrong> =>
  Either.fromNullable(world.cards.get(cardId), () => missing("card", cardId))

const purchaseOf = (
  { world }: Step,
  orderNo: Ids.OrderNo,
  state: Purchase["state"],
  to: string
): Either.Either<Purchase, Wrong> => {
  const purchase = world.purchases.get(orderNo)
  if (purchase === undefined) {
    return Either.left(missing("purchase", orderNo))
  }
  return purchase.state === state
    ? Either.right(purchase)
    : wrong(`Purchase ${orderNo} is ${purchase.state}; only one that is ${state} can be ${to}.`)
}

/** Why the card does not pay; `undefined` when it does. */
const declineReason = (step: Step, card: Card, principal: BigDecimal.BigDecimal): string | undefined =>
  card.status !== "active"
    ? `the card is ${card.status}`
    : BigDecimal.lessThan(Ledger.available(card), principal)
      ? "the card's balance is too small"
      : SpendingLimits.exceeded(step, card, principal)

/** Writes what happened to a purchase down and tells the merchant. */
const record = (
  step: Step,
  purchase: Purchase,
  kind: Meaning<"tradeKind">,
  sum: Sum,
  amount: Amount,
  declineReason: string | undefined
): Transaction => {
  const { now, random, world } = step
  const transaction: Transaction = {
    subOrderNo: fresh(
      () => Ids.SubOrderNo.make(`SU${random.digits(18)}`),
      (subOrderNo) => world.transactions.has(subOrderNo)
    ),
    orderNo: purchase.orderNo,
    merchantNo: purchase.merchantNo,
    cardId: purchase.cardId,
    kind,
    status: declineReason === undefined ? "succeeded" : "failed",
    amount,
    currency: purchase.currency,
    principal: sum.principal,
    merchantName: purchase.merchantName,
    at: now,
    declineReason
  }
  world.purchases.set(purchase.orderNo, purchase)
  Indexes.addTransaction(world, transaction)
  step.tell({ _tag: "Trade", transaction })
  return transaction
}

const start = (
  step: Step,
  input: NewPurchase,
  kind: "authorization" | "transaction"
): Either.Either<Transaction, Wrong> =>
  Either.gen(function* () {
    const card = yield* cardOf(step, input.cardId)
    const sum = yield* sumOf(input, input.currency)
    const declined = declineReason(step, card, sum.principal)
    const state = declined !== undefined ? "declined" : kind === "authorization" ? "authorized" : "settled"
    const transaction = record(
      step,
      {
        orderNo: Cards.newOrderNo(step),
        merchantNo: card.merchantNo,
        cardId: card.cardId,
        state,
        currency: input.currency,
        merchantName: input.merchantName,
        open: state === "authorized" ? sum : nothing,
        settled: state === "settled" ? sum : nothing,
        refunded: nothing
      },
      kind,
      sum,
      input.amount,
      declined
    )
    if (state === "authorized") {
      Ledger.hold(step, card, sum.principal)
    }
    if (state === "settled") {
      Ledger.book(step, card, {
        cause: "transaction",
        reference: transaction.subOrderNo,
        amount: BigDecimal.negate(sum.principal)
      })
    }
    return transaction
  })

export const authorize = (step: Step, input: NewPurchase): Either.Either<Transaction, Wrong> =>
  start(step, input, "authorization")

/** A purchase without an authorization before it. */
export const transact = (step: Step, input: NewPurchase): Either.Either<Transaction, Wrong> =>
  start(step, input, "transaction")

/** A declined one leaves the purchase as it was. */
export const authorizeMore = (
  step: Step,
  input: Charge & { readonly orderNo: Ids.OrderNo }
): Either.Either<Transaction, Wrong> =>
  Either.gen(function* () {
    const purchase = yield* purchaseOf(step, input.orderNo, "authorized", "authorized for more")
    const card = yield* cardOf(step, purchase.cardId)
    const sum = yield* sumOf(input, purchase.currency)
    const more = yield* kept(plus(purchase.open, sum), `What purchase ${input.orderNo} would have authorized`)
    const declined = declineReason(step, card, sum.principal)
    if (declined === undefined) {
      Ledger.hold(step, card, sum.principal)
    }
    const open = declined === undefined ? more : purchase.open
    return record(step, { ...purchase, open }, "additionalAuthorization", sum, input.amount, declined)
  })

const release = (step: Step, card: Card, { principal }: Sum): Card =>
  Ledger.hold(step, card, BigDecimal.negate(principal))

/**
 * Takes what was authorized, or another amount: less releases the rest unless more is to come, more needs to be there. The shop
 * has its money even when the card was frozen or destroyed since.
 */
export const settle = (step: Step, input: Settlement): Either.Either<Transaction, Wrong> =>
  Either.gen(function* () {
    const purchase = yield* purchaseOf(step, input.orderNo, "authorized", "settled")
    const card = yield* cardOf(step, purchase.cardId)
    const { final = true } = input
    const { amount, sum } = yield* partOf(purchase.open, input, purchase.currency)
    if (!final && !isWithin(sum, purchase.open)) {
      return yield* wrong(
        `Purchase ${input.orderNo} has ${show(purchase.open, purchase.currency)} authorized; settle no more than either, or make it final.`
      )
    }
    const settled = yield* kept(
      plus(purchase.settled, sum),
      `What purchase ${input.orderNo} would have settled`
    )
    const atMost = BigDecimal.sum(purchase.open.principal, Ledger.available(card))
    if (BigDecimal.greaterThan(sum.principal, atMost)) {
      return yield* wrong(
        `Purchase ${input.orderNo} cannot be settled for more than the card has; top it up first.`
      )
    }
    const rest = minus(purchase.open, sum)
    // By rounding, a cent can be left of the principal when nothing is of the amount.
    const isOver = final || BigDecimal.isZero(rest.principal) || BigDecimal.isZero(rest.amount)
    const released = isOver ? purchase.open : sum
    const open = isOver ? nothing : rest
    const transaction = record(
      step,
      {
        ...purchase,
        state: isOver ? "settled" : "authorized",
        open,
        settled
      },
      "settlement",
      sum,
      amount,
      undefined
    )
    Ledger.book(step, release(step, card, released), {
      cause: "settlement",
      reference: transaction.subOrderNo,
      amount: BigDecimal.negate(sum.principal)
    })
    return transaction
  })

/** Gives up what is not settled of a purchase. */
export const cancel = (step: Step, orderNo: Ids.OrderNo): Either.Either<Transaction, Wrong> =>
  Either.gen(function* () {
    const purchase = yield* purchaseOf(step, orderNo, "authorized", "cancelled")
    const card = yield* cardOf(step, purchase.cardId)
    const { open } = purchase
    release(step, card, open)
    return record(
      step,
      {
        ...purchase,
        state: BigDecimal.isZero(purchase.settled.principal) ? "cancelled" : "settled",
        open: nothing
      },
      "cancellation",
      open,
      Amount.fromDecimal(open.amount),
      undefined
    )
  })

/** A purchase of which something is settled, though more of it may still be authorized. */
const settledOf = (step: Step, orderNo: Ids.OrderNo): Either.Either<Purchase, Wrong> => {
  const purchase = step.world.purchases.get(orderNo)
  return purchase !== undefined && BigDecimal.isPositive(purchase.settled.principal)
    ? Either.right(purchase)
    : purchaseOf(step, orderNo, "settled", "refunded")
}

/** Gives back what was settled, or a part of it; several refunds together never more. */
export const refund = (step: Step, input: Posting): Either.Either<Transaction, Wrong> =>
  Either.gen(function* () {
    const purchase = yield* settledOf(step, input.orderNo)
    const card = yield* cardOf(step, purchase.cardId)
    const left = minus(purchase.settled, purchase.refunded)
    const tooMuch = wrong(
      `Purchase ${input.orderNo} has ${BigDecimal.format(left.amount)} ${purchase.currency} left to refund, of which the principal is ${BigDecimal.format(left.principal)}; refund no more than either.`
    )
    if (!BigDecimal.isPositive(left.principal)) {
      return yield* tooMuch
    }
    const { amount, sum } = yield* partOf(left, input, purchase.currency)
    if (!isWithin(sum, left)) {
      return yield* tooMuch
    }
    const rest = minus(left, sum)
    if (input.principal !== undefined && !endsTogether(rest, purchase.currency)) {
      return yield* wrong(
        `A refund of ${show(sum, purchase.currency)} would leave ${show(rest, purchase.currency)} of purchase ${input.orderNo}; give an amount and a principal that end together, or no principal.`
      )
    }
    if (isTooLarge(BigDecimal.sum(card.balance, sum.principal))) {
      return yield* wrong(
        `Card ${card.cardId} would have more than ${mostDigits} digits of dollars, which is more than the sandbox keeps.`
      )
    }
    const transaction = record(
      step,
      { ...purchase, refunded: plus(purchase.refunded, sum) },
      "refund",
      sum,
      amount,
      undefined
    )
    Ledger.book(step, card, { cause: "refund", reference: transaction.subOrderNo, amount: sum.principal })
    return transaction
  })
