import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"

/**
 * What an effect comes to, when that is known without running it: an `Either` is an effect. The cast says that the two have
 * the same types, which the compiler does not know once it has forgotten that it was an `Either`.
 */
export const atOnce = <A, E>(effect: Effect.Effect<A, E>): Either.Either<A, E> | undefined =>
  Either.isEither(effect) ? (effect as Either.Either<A, E>) : undefined
