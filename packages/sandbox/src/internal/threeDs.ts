import type { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import * as Cards from "./cards.js"
import { isTooLarge, mostDigits } from "./money.js"
import { fresh } from "./random.js"
import { missing, type Refusal, refuse, type Wrong, wrong } from "./refusal.js"
import type { Step, ThreeDs } from "./world.js"

/** What became of a request, seen at this time: one that nobody answered is expired after its deadline. */
export const decisionOf = (
  request: ThreeDs,
  now: number
): "pending" | "approved" | "declined" | "expired" => {
  switch (request.decision) {
    case "approve":
      return "approved"
    case "decline":
      return "declined"
    case undefined:
      return now < request.expiresAt ? "pending" : "expired"
  }
}

/** A shop's bank asks whether the cardholder means it. */
export const request = (
  step: Step,
  input: {
    readonly cardId: Ids.CardId
    readonly amount: Amount
    readonly currency: string
    readonly merchantName?: string | undefined
    readonly expiresIn: number
  }
): Either.Either<ThreeDs, Wrong> => {
  const { now, random, world } = step
  const card = world.cards.get(input.cardId)
  if (card === undefined) {
    return Either.left(missing("card", input.cardId))
  }
  if (card.status !== "active") {
    return wrong(`Card ${input.cardId} is ${card.status}; only an active card is asked for 3-D Secure.`)
  }
  if (isTooLarge(input.amount.value)) {
    return wrong(
      `The amount has more than ${mostDigits} digits before the point, which is more than the sandbox keeps.`
    )
  }
  const asked: ThreeDs = {
    authId: fresh(
      () => Ids.AuthorizationId.make(`TDS${random.digits(16)}`),
      (authId) => world.threeDs.has(authId)
    ),
    merchantNo: card.merchantNo,
    cardId: card.cardId,
    amount: input.amount,
    currency: input.currency,
    merchantName: input.merchantName,
    createdAt: now,
    expiresAt: now + input.expiresIn,
    decision: undefined,
    decidedAt: undefined
  }
  world.threeDs.set(asked.authId, asked)
  step.tell({ _tag: "ThreeDs", request: asked, card })
  return Either.right(asked)
}

/**
 * 5.1. A decision stands: a second one is refused, the same one too. No listed code says "unknown authorization" or
 * "too late", so these are business anomalies (PROPOSED).
 */
export const confirm = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: {
    readonly authId: Ids.AuthorizationId
    readonly cardId: Ids.CardId
    readonly result: Meaning<"threeDsResult">
  }
): Either.Either<boolean, Refusal> =>
  Either.flatMap(Cards.find(step, merchantNo, input.cardId), (card) => {
    const asked = step.world.threeDs.get(input.authId)
    if (asked === undefined || asked.cardId !== card.cardId) {
      return refuse("BusinessAnomaly", "the card has no such 3DS authorization")
    }
    const decision = decisionOf(asked, step.now)
    if (decision !== "pending") {
      return refuse("BusinessAnomaly", `the 3DS authorization is ${decision}`)
    }
    step.world.threeDs.set(input.authId, { ...asked, decision: input.result, decidedAt: step.now })
    return Either.right(true)
  })
