import type * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Either from "effect/Either"

/** A wrong move at the vendor's API, by the name of the code that answers it. */
export interface Refusal {
  readonly _tag: "Refusal"
  readonly name: ResponseCode.Name
  /** Added to the code's own meaning in `msg`; never a value from the request. */
  readonly detail: string | undefined
}

export const refuse = (name: ResponseCode.Name, detail?: string): Either.Either<never, Refusal> =>
  Either.left({ _tag: "Refusal", name, detail })

/** A wrong move at the control surface: a sentence for the person who made it. */
export interface Wrong {
  readonly _tag: "Wrong"
  readonly sentence: string
}

export const wrong = (sentence: string): Either.Either<never, Wrong> =>
  Either.left({ _tag: "Wrong", sentence })

/** Wrong because of a name that nothing bears. */
export const missing = (
  what: "card" | "customer" | "merchant" | "purchase",
  id: string | undefined
): Wrong => ({
  _tag: "Wrong",
  sentence: `There is no ${what} ${id}; GET /_sandbox/state shows what there is.`
})
