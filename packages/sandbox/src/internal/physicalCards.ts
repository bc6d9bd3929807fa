import type * as CardDto from "@effect-yunmo/schema/Card"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Cards from "./cards.js"
import * as Customers from "./customers.js"
import * as Indexes from "./indexes.js"
import { fresh } from "./random.js"
import { type Refusal, refuse } from "./refusal.js"
import * as Samples from "./samples.js"
import type { Card, Step } from "./world.js"

/** A card that is made and sent out, and that nobody has bound yet. */
export const manufacture = (
  step: Step,
  merchantNo: Ids.MerchantNo
): {
  readonly cardId: Ids.CardId
  readonly sku: string
  readonly activationCode: Redacted.Redacted<string>
} => {
  const { random, world } = step
  const letter = {
    sku: fresh(
      () => `SKU${random.digits(10)}`,
      (sku) => world.index.cardBySku.has(sku)
    ),
    activationCode: Redacted.make(random.digits(8))
  }
  const { cardId } = Cards.issue(step, {
    cardId: fresh(
      () => Ids.CardId.make(`CDPH${random.digits(9)}P01`),
      (id) => world.cards.has(id)
    ),
    merchantNo,
    customerId: undefined,
    cardSampleId: Samples.physical.cardSampleId,
    form: "physical",
    status: "inProduction",
    letter,
    position: undefined
  })
  return { cardId, ...letter }
}

const fits = (card: Card, activationCode: Redacted.Redacted<string>): boolean =>
  card.letter !== undefined && Redacted.value(card.letter.activationCode) === Redacted.value(activationCode)

/**
 * 4.16. That a card which was bound once and is destroyed is the one that "does not support resubmission" (4010008) is
 * PROPOSED.
 */
export const bind = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: CardDto.BindCardDto
): Either.Either<{ readonly cardId: Ids.CardId }, Refusal> =>
  Either.gen(function* () {
    const { world } = step
    const customer = yield* Customers.find(step, merchantNo, input.customerId)
    const cardId = world.index.cardBySku.get(input.sku)
    const card = cardId === undefined ? undefined : world.cards.get(cardId)
    if (card === undefined || card.merchantNo !== merchantNo || !fits(card, input.activationCode)) {
      return yield* refuse("ActivationCodeRejected")
    }
    if (card.status === "destroyed") {
      return yield* refuse("ResubmissionUnsupported")
    }
    if (card.status !== "inProduction") {
      return yield* refuse("CardAlreadyBound")
    }
    const { customerId } = yield* Cards.mayHaveCards(customer)
    const position = Cards.nextPosition(step, customerId)
    Indexes.handOver(world, { ...card, customerId, status: "bound", position })
    return { cardId: card.cardId }
  })

/** 4.17. */
export const activate = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: CardDto.ActiveCardDto
): Either.Either<boolean, Refusal> =>
  Either.flatMap(Cards.findBound(step, merchantNo, input.cardId), (card) => {
    if (card.status !== "bound") {
      return refuse("CardNotActivatable")
    }
    if (!fits(card, input.activationCode)) {
      return refuse("ActivationCodeRejected")
    }
    step.world.cards.set(card.cardId, { ...card, status: "active" })
    return Either.right(true)
  })
