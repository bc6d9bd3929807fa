/**
 * The answer of an operation that must not be repeated blindly: creating a card, moving money, deciding a 3-D Secure
 * request. What is not known is a value, not an error, so that no `Effect.retry` can take it for a failure and send
 * again; `orFail` turns it into an error where a program has decided to stop there.
 *
 * @since 0.1.0
 */
import type { MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { OutcomePending, OutcomeUnknown } from "./ClientError.js"
import { settled } from "./internal/outcome.js"

/**
 * Done: executed, with the vendor's answer.
 *
 * @since 0.1.0
 * @category models
 */
export class Done<A> extends Data.TaggedClass("Done")<{ readonly value: A }> {}

/**
 * Pending: accepted, not yet executed. Only money has it.
 *
 * @since 0.1.0
 * @category models
 */
export class Pending extends Data.TaggedClass("Pending")<{
  readonly operation: string
  /** What to settle it by. */
  readonly key: MerchantOrderNo
}> {}

/**
 * Unknown: may have been executed. `error` says what happened and how to settle it.
 *
 * @since 0.1.0
 * @category models
 */
export class Unknown extends Data.TaggedClass("Unknown")<{ readonly error: OutcomeUnknown }> {}

/**
 * @since 0.1.0
 * @category models
 */
export type Outcome<A> = Done<A> | Unknown

/**
 * @since 0.1.0
 * @category models
 */
export type MoneyOutcome<A> = Done<A> | Pending | Unknown

/**
 * Gives the value of what is done, and fails with `OutcomeUnknown` or `OutcomePending` for the rest. Do not put a retry
 * behind it.
 *
 * @example
 * ```ts
 * import * as Outcome from "@effect-yunmo/client/Outcome"
 * import { Yunmo } from "@effect-yunmo/client/Yunmo"
 * import type { CardSampleId, CustomerId } from "@effect-yunmo/schema/Ids"
 * import * as Effect from "effect/Effect"
 *
 * const firstCard = (customerId: CustomerId, cardSampleId: CardSampleId) =>
 *   Effect.gen(function* () {
 *     const yunmo = yield* Yunmo
 *     return yield* yunmo.cards.createVirtual({ customerId, cardSampleId }).pipe(Outcome.orFail)
 *   }).pipe(Effect.catchTag("OutcomeUnknown", (unknown) => Effect.logError(unknown.message)))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const orFail = <O extends Done<unknown> | Pending | Unknown, E, R>(
  effect: Effect.Effect<O, E, R>
): Effect.Effect<Value<O>, E | Failure<O>, R> => Effect.flatMap(effect, settled<O>())

/**
 * What is inside an outcome that is done.
 *
 * @since 0.1.0
 * @category models
 */
export type Value<O> = O extends Done<infer A> ? A : never

/**
 * The errors that an outcome can turn into.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure<O> = O extends Pending ? OutcomePending : O extends Unknown ? OutcomeUnknown : never
