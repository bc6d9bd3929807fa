import type * as CardDto from "@effect-yunmo/schema/Card"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as CardNumber from "./cardNumber.js"
import * as Customers from "./customers.js"
import * as Indexes from "./indexes.js"
import { zero } from "./money.js"
import { fresh } from "./random.js"
import { type Refusal, refuse } from "./refusal.js"
import * as Samples from "./samples.js"
import type { Card, Customer, Step } from "./world.js"

/** Another merchant's card is not found. */
export const find = (
  { world }: Step,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId
): Either.Either<Card, Refusal> => {
  const card = world.cards.get(cardId)
  return card === undefined || card.merchantNo !== merchantNo ? refuse("CardNotFound") : Either.right(card)
}

/** A card that has a holder, in whatever state it is. */
export const findBound = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId
): Either.Either<Card, Refusal> =>
  Either.flatMap(find(step, merchantNo, cardId), (card) =>
    card.status === "inProduction" ? refuse("CardNotBound") : Either.right(card)
  )

/** A card that can still be changed. */
export const findLiving = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId
): Either.Either<Card, Refusal> =>
  Either.flatMap(findBound(step, merchantNo, cardId), (card) =>
    card.status === "destroyed" ? refuse("BusinessAnomaly", "the card is destroyed") : Either.right(card)
  )

/** Cards are given to customers whose KYC has passed. */
export const mayHaveCards = (customer: Customer): Either.Either<Customer, Refusal> => {
  switch (customer.kyc) {
    case "passed":
      return Either.right(customer)
    case "notSubmitted":
      return refuse("KycNotSubmitted")
    case "pending":
    case "rejected":
      return refuse("BusinessAnomaly", `the customer's KYC is ${customer.kyc}`)
  }
}

/** A card as it leaves the factory, in no state yet. */
export const issue = (
  { now, random, world }: Step,
  card: Pick<
    Card,
    "cardId" | "merchantNo" | "customerId" | "cardSampleId" | "form" | "status" | "letter" | "position"
  >
): Card => {
  const pan = fresh(
    () => CardNumber.make(random),
    (candidate) => world.index.pans.has(candidate)
  )
  const issued: Card = {
    ...card,
    pan: Redacted.make(pan),
    cvv: Redacted.make(random.digits(3)),
    pin: Redacted.make(random.digits(4)),
    expiry: CardNumber.expiryAfter(now),
    balance: zero,
    held: zero,
    limits: { single: undefined, daily: undefined, monthly: undefined },
    email: undefined,
    dialCode: undefined,
    phoneNumber: undefined,
    createdAt: now
  }
  Indexes.addCard(world, issued)
  return issued
}

/** Which one of the holder's cards the next one is. */
export const nextPosition = ({ world }: Step, customerId: Ids.CustomerId): number =>
  (world.index.cardsOfCustomer.get(customerId)?.length ?? 0) + 1

/** 4.02. A virtual card is active at once. */
export const createVirtual = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: CardDto.CreateCardDto
): Either.Either<{ readonly cardId: Ids.CardId; readonly orderNo: Ids.OrderNo }, Refusal> =>
  Either.gen(function* () {
    const customer = yield* Customers.find(step, merchantNo, input.customerId)
    const sample = yield* Samples.find(input.cardSampleId, "virtual")
    yield* mayHaveCards(customer)
    const position = nextPosition(step, customer.customerId)
    const { cardId } = issue(step, {
      cardId: Ids.CardId.make(`CD${customer.customerId}V${String(position).padStart(2, "0")}`),
      merchantNo,
      customerId: customer.customerId,
      cardSampleId: sample.cardSampleId,
      form: "virtual",
      status: "active",
      letter: undefined,
      position
    })
    return { cardId, orderNo: newOrderNo(step) }
  })

/** Orders and purchases share one range of numbers, as the vendor's `OR` does. */
export const newOrderNo = ({ random, world }: Step): Ids.OrderNo =>
  fresh(
    () => Ids.OrderNo.make(`OR${random.digits(18)}`),
    (orderNo) => world.orders.has(orderNo) || world.purchases.has(orderNo)
  )

/** 4.03. */
export const listOf = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  customerId: Ids.CustomerId
): Either.Either<ReadonlyArray<Card>, Refusal> =>
  Either.map(Customers.find(step, merchantNo, customerId), () =>
    (step.world.index.cardsOfCustomer.get(customerId) ?? []).flatMap((cardId) => {
      const card = step.world.cards.get(cardId)
      return card === undefined ? [] : [card]
    })
  )

/**
 * 4.07, 4.08 and 4.09. To ask for the state that a card is in already is no mistake. Destroying moves no money: what
 * is on the card can still be taken off it, and purchases made before may still settle or be refunded.
 */
export const changeStatus = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  change: "destroy" | "freeze" | "unfreeze"
): Either.Either<boolean, Refusal> =>
  Either.flatMap(findBound(step, merchantNo, cardId), (card) => {
    const { from, to } = changes[change]
    if (card.status === to) {
      return Either.right(true)
    }
    if (!from.includes(card.status)) {
      return refuse("BusinessAnomaly", `the card is ${card.status}`)
    }
    step.world.cards.set(cardId, { ...card, status: to })
    return Either.right(true)
  })

const changes: Readonly<
  Record<
    "destroy" | "freeze" | "unfreeze",
    { readonly from: ReadonlyArray<Card["status"]>; readonly to: Card["status"] }
  >
> = {
  destroy: { from: ["bound", "active", "frozen"], to: "destroyed" },
  freeze: { from: ["active"], to: "frozen" },
  unfreeze: { from: ["frozen"], to: "active" }
}

/** 4.13 and 4.14. */
export const changeContact = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  contact: Partial<Pick<Card, "email" | "dialCode" | "phoneNumber">>
): Either.Either<boolean, Refusal> =>
  Either.map(findLiving(step, merchantNo, cardId), (card) => {
    step.world.cards.set(cardId, { ...card, ...contact })
    return true
  })

/** 4.15. A limit that is not given stays as it is. */
export const changeLimits = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: CardDto.CardTradeLimitDto
): Either.Either<boolean, Refusal> =>
  Either.flatMap(findLiving(step, merchantNo, input.cardId), (card) => {
    if (
      input.singleLimit === undefined &&
      input.dailyLimit === undefined &&
      input.monthlyLimit === undefined
    ) {
      return refuse("BadParameters", "give singleLimit, dailyLimit or monthlyLimit")
    }
    step.world.cards.set(input.cardId, {
      ...card,
      limits: {
        single: input.singleLimit ?? card.limits.single,
        daily: input.dailyLimit ?? card.limits.daily,
        monthly: input.monthlyLimit ?? card.limits.monthly
      }
    })
    return Either.right(true)
  })
