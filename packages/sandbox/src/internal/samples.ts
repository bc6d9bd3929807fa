import type { Meaning } from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import { cardCurrency } from "./money.js"
import { type Refusal, refuse } from "./refusal.js"

export interface Sample {
  readonly cardSampleId: Ids.CardSampleId
  readonly name: string
  readonly form: Meaning<"cardForm">
  readonly organization: string
  readonly currency: string
  readonly enabled: boolean
  readonly benefits: ReadonlyArray<{ readonly name: string; readonly description: string }>
}

const virtual: Sample = {
  cardSampleId: Ids.CardSampleId.make("CS0001"),
  name: "Sandbox virtual card",
  form: "virtual",
  organization: "VISA",
  currency: cardCurrency,
  enabled: true,
  benefits: [{ name: "Opened at once", description: "Active as soon as it is created" }]
}

export const physical: Sample = {
  cardSampleId: Ids.CardSampleId.make("CS0002"),
  name: "Sandbox physical card",
  form: "physical",
  organization: "VISA",
  currency: cardCurrency,
  enabled: true,
  benefits: [{ name: "Comes by post", description: "Bound by the SKU and activation code on its letter" }]
}

const disabled: Sample = {
  ...virtual,
  cardSampleId: Ids.CardSampleId.make("CS0003"),
  name: "Sandbox virtual card, no longer offered",
  enabled: false,
  benefits: []
}

/** 4.01 lists what may be opened; the disabled sample can be asked for all the same, and is refused. */
export const available: ReadonlyArray<Sample> = [virtual, physical]

const all = new Map([...available, disabled].map((sample) => [sample.cardSampleId, sample]))

export const find = (
  cardSampleId: Ids.CardSampleId,
  form: Sample["form"]
): Either.Either<Sample, Refusal> => {
  const sample = all.get(cardSampleId)
  if (sample === undefined || sample.form !== form) {
    return refuse("CardSampleUnavailable")
  }
  return sample.enabled ? Either.right(sample) : refuse("CardSampleDisabled")
}
