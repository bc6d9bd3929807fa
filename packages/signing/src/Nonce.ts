/**
 * The 16 random characters of each message (SPEC 1.1). The vendor does not say what a nonce may hold or
 * whether a repeated one is refused; these are `[A-Za-z0-9]` like the sample's, from a cryptographic source,
 * and never fail.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { alphabet, alphanumeric, secureBytes } from "./internal/alphanumeric.js"

/**
 * How many characters a nonce has (SPEC 1.1).
 *
 * @since 0.1.0
 * @category constants
 */
export const length = 16

/**
 * Makes nonces.
 *
 * @since 0.1.0
 * @category models
 */
export interface NonceService {
  readonly next: Effect.Effect<string>
}

/**
 * Where nonces come from. Has a default, the cryptographic one, so nothing has to be provided outside tests.
 *
 * @since 0.1.0
 * @category services
 */
export class Nonce extends Context.Reference<Nonce>()("@effect-yunmo/signing/Nonce", {
  defaultValue: (): NonceService => ({ next: Effect.sync(() => alphanumeric(length, secureBytes)) })
}) {}

/**
 * The next nonce: 16 characters, each of `[A-Za-z0-9]` equally likely.
 *
 * @since 0.1.0
 * @category accessors
 */
export const next: Effect.Effect<string> = Effect.flatMap(Nonce, (nonce) => nonce.next)

/**
 * Nonces from another source.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (service: NonceService): Layer.Layer<Nonce> => Layer.succeed(Nonce, service)

/**
 * Nonces from Effect's `Random`, so that a seed repeats them. Not for production: that source can be
 * predicted.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRandom: Layer.Layer<Nonce> = layer({
  next: Effect.map(Effect.replicateEffect(Random.nextIntBetween(0, alphabet.length), length), (indices) =>
    indices.map((index) => alphabet.charAt(index)).join("")
  )
})
