/**
 * The merchants whose notifications are taken, each with its own keys: a message has to be signed with a key of the merchant it
 * names. Content can be replaced while messages come in, so that keys change without a restart and without a refusal.
 *
 * Fails with `MerchantsInvalid` when two entries name one merchant, or one names none.
 *
 * @since 0.1.0
 */
import type { KeyRingService } from "@effect-yunmo/signing/KeyRing"
import type { Limits } from "@effect-yunmo/signing/RawMessage"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

/**
 * A merchant and its keys.
 *
 * @since 0.1.0
 * @category options
 */
export interface Entry {
  /** As it stands in the envelope of the merchant's notifications. */
  readonly merchantNo: string
  readonly keyRing: KeyRingService
}

/**
 * A list of merchants that nobody could choose from.
 *
 * @since 0.1.0
 * @category errors
 */
export class MerchantsInvalid extends Schema.TaggedError<MerchantsInvalid>(
  "@effect-yunmo/notifications/MerchantsInvalid"
)("MerchantsInvalid", {
  reason: Schema.Literal("Duplicate", "NoMerchantNo"),
  merchantNo: Schema.String
}) {
  override get message(): string {
    return this.reason === "Duplicate"
      ? `The merchant ${this.merchantNo} is given twice; give it once, with all its keys in one ring.`
      : "A merchant has no merchant number; give the one of the merchant console."
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface MerchantsService {
  /** What verifies the messages of a merchant; `undefined` for one that is not known here. Looked up with each message. */
  readonly find: (merchantNo: string) => Verifier.VerifierService | undefined
  /**
   * What verifies the messages of every merchant known here, when that is one and the same: a message need not be read then
   * before it is verified.
   */
  readonly sole: () => Verifier.VerifierService | undefined
  /** What a message may cost before its merchant is known. */
  readonly limits: Partial<Limits> | undefined
  /** The merchants from now on, in place of all those before; messages that are being verified are not disturbed. */
  readonly replace: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, MerchantsInvalid>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Merchants extends Context.Tag("@effect-yunmo/notifications/Merchants")<
  Merchants,
  MerchantsService
>() {}

const verifiers = (
  entries: ReadonlyArray<Entry>,
  options: Verifier.Options
): Either.Either<ReadonlyMap<string, Verifier.VerifierService>, MerchantsInvalid> => {
  const made = new Map<string, Verifier.VerifierService>()
  for (const { keyRing, merchantNo } of entries) {
    if (merchantNo === "" || made.has(merchantNo)) {
      const reason = merchantNo === "" ? "NoMerchantNo" : "Duplicate"
      return Either.left(new MerchantsInvalid({ reason, merchantNo }))
    }
    // Not `Verifier.make`: its span for each message costs more than the verification.
    made.set(merchantNo, { verify: (raw) => Verifier.verifyWith(keyRing.accepted, raw, options) })
  }
  return Either.right(made)
}

/**
 * Merchants given as values. The options, such as limits, are those of all of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  entries: ReadonlyArray<Entry>,
  options: Verifier.Options = {}
): Effect.Effect<MerchantsService, MerchantsInvalid> =>
  Effect.map(verifiers(entries, options), (first) => {
    let current = first
    return {
      find: (merchantNo) => current.get(merchantNo),
      sole: () => {
        const [only] = current.size === 1 ? current.values() : []
        return only
      },
      limits: options.limits,
      replace: (next) =>
        Effect.flatMap(
          Effect.suspend(() => verifiers(next, options)),
          (made) =>
            Effect.sync(() => {
              current = made
            })
        )
    }
  })

/**
 * Merchants given as values.
 *
 * @example
 * ```ts
 * import * as Merchants from "@effect-yunmo/notifications/Merchants"
 * import * as KeyRing from "@effect-yunmo/signing/KeyRing"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const merchants = Layer.unwrapEffect(
 *   Effect.gen(function* () {
 *     const keyRing = yield* KeyRing.make({ signing: SigningKey.make("2026-11", "1111111111111111") })
 *     return Merchants.layer([{ merchantNo: "BU078255558", keyRing }])
 *   })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  entries: ReadonlyArray<Entry>,
  options: Verifier.Options = {}
): Layer.Layer<Merchants, MerchantsInvalid> => Layer.effect(Merchants, make(entries, options))

/**
 * Merchants loaded by an effect, from a file or a vault say. Loading again is `Effect.flatMap(load, merchants.replace)`:
 * when that fails, those before stay.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEffect = <E, R>(
  load: Effect.Effect<ReadonlyArray<Entry>, E, R>,
  options: Verifier.Options = {}
): Layer.Layer<Merchants, E | MerchantsInvalid, R> =>
  Layer.effect(
    Merchants,
    Effect.flatMap(load, (entries) => make(entries, options))
  )
