/**
 * Verifies received messages over the raw bytes, every field included, known or not (SPEC 1.1 says so three
 * times). Decode only what {@link VerifiedMessage} holds: a type that only this module can make.
 *
 * Fails with `UnreadableMessage` when the message was not read, and with `SignatureInvalid` when its
 * signature does not hold.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { NodeInspectSymbol } from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { CollisionPolicy, NestedPolicy } from "./CanonicalText.js"
import { type Facts, verification } from "./internal/verification.js"
import { KeyRing, type KeyRingService } from "./KeyRing.js"
import type { Limits, RawMessage } from "./RawMessage.js"
import { SignatureInvalid, UnreadableMessage } from "./SigningError.js"
import type { SigningKey } from "./SigningKey.js"

/**
 * The policy under which nested values matched; `none` when the message has none.
 *
 * @since 0.1.0
 * @category models
 */
export type NestedMatch = "none" | Exclude<NestedPolicy, "refuse">

/**
 * The policy under which keys in both places matched; `none` when the message has none.
 *
 * @since 0.1.0
 * @category models
 */
export type CollisionMatch = "none" | Exclude<CollisionPolicy, "refuse">

let mint: (facts: Facts) => VerifiedMessage
let isMinted: (value: object) => value is VerifiedMessage

/**
 * A message whose signature holds, and how it was found to hold. Only a verifier makes one. It prints without
 * the message's content.
 *
 * A signature by this scheme is a hint to look, not a proof for money: the package's README says what it does
 * not protect.
 *
 * @since 0.1.0
 * @category models
 */
export class VerifiedMessage {
  // A private field also makes the type nominal: nothing else is assignable to it.
  readonly #facts: Facts

  private constructor(facts: Facts) {
    this.#facts = facts
  }

  static {
    mint = (facts) => new VerifiedMessage(facts)
    isMinted = (value) => #facts in value
  }

  /** The message; decode its `value`. */
  get message(): RawMessage {
    return this.#facts.message
  }

  /** The id of the key that matched; during a rotation it tells who still signs with the old one. */
  get keyId(): string {
    return this.#facts.keyId
  }

  /** How nested values entered the text. After `omit` the signature does not cover them. */
  get nested(): NestedMatch {
    return this.#facts.nested
  }

  /**
   * Which of two values entered the text. After `dataWins` and `envelopeWins` the signature does not cover
   * the other.
   */
  get collision(): CollisionMatch {
    return this.#facts.collision
  }

  toString(): string {
    return `VerifiedMessage(key ${this.keyId}, nested ${this.nested}, collision ${this.collision})`
  }

  toJSON(): unknown {
    return { _id: "VerifiedMessage", keyId: this.keyId, nested: this.nested, collision: this.collision }
  }

  [NodeInspectSymbol](): unknown {
    return this.toJSON()
  }
}

/**
 * Whether a value came out of a verifier; an object made to look like it did not.
 *
 * @since 0.1.0
 * @category guards
 */
export const isVerifiedMessage = (value: unknown): value is VerifiedMessage =>
  typeof value === "object" && value !== null && isMinted(value)

/**
 * How to verify.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What a message may cost; 64 KiB, depth 32, 1,000 keys unless set. */
  readonly limits?: Partial<Limits> | undefined
  /** Keys that the operation's own page leaves unsigned; none unless set. */
  readonly exempt?: ReadonlyArray<string> | undefined
  /**
   * The policies to try, in order, when a field is an object or array; unless set `omit`, `compactJson`,
   * `javaToString`, `commaJoin`. With an empty list such messages never match.
   */
  readonly nested?: ReadonlyArray<Exclude<NestedMatch, "none">> | undefined
  /**
   * The policies to try, in order, when a key stands in both places, empty in neither; unless set `dataWins`,
   * `envelopeWins`, `both`. With an empty list such messages never match.
   */
  readonly collision?: ReadonlyArray<Exclude<CollisionMatch, "none">> | undefined
}

/**
 * Verifies with the ring's accepted keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifierService {
  readonly verify: (
    raw: Uint8Array | string
  ) => Effect.Effect<VerifiedMessage, UnreadableMessage | SignatureInvalid>
}

/**
 * Verifies with the ring's accepted keys.
 *
 * @since 0.1.0
 * @category services
 */
export class Verifier extends Context.Tag("@effect-yunmo/signing/Verifier")<Verifier, VerifierService>() {}

/**
 * Verifies with the keys given, tried in order. The answer is an `Effect` as well.
 *
 * @example
 * ```ts
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 * import * as Verifier from "@effect-yunmo/signing/Verifier"
 * import * as Either from "effect/Either"
 *
 * const result = Verifier.verifyWith([SigningKey.make("test", "1111111111111111")], `{"sign":"…","data":{}}`)
 * if (Either.isLeft(result)) {
 *   console.log(result.left.message)
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const verifyWith = (
  keys: ReadonlyArray<SigningKey>,
  raw: Uint8Array | string,
  options: Options = {}
): Either.Either<VerifiedMessage, UnreadableMessage | SignatureInvalid> => {
  const plain = keys.map((key) => ({ id: key.id, secret: Redacted.value(key.secret) }))
  const outcome = verification(plain, raw, options)
  switch (outcome._tag) {
    case "Verified":
      return Either.right(mint(outcome.facts))
    case "Unreadable": {
      const { detail, position, reason } = outcome
      return Either.left(new UnreadableMessage({ reason, position, detail }))
    }
    case "Invalid": {
      const { reason, textsTried } = outcome
      return Either.left(new SignatureInvalid({ reason, textsTried, keyIds: keys.map((key) => key.id) }))
    }
  }
}

/**
 * A verifier over a ring.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (ring: KeyRingService, options: Options = {}): VerifierService => ({
  verify: Effect.fn("Verifier.verify")((raw: Uint8Array | string) => verifyWith(ring.accepted, raw, options))
})

/**
 * A verifier over the ring in the context, with these options.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOptions = (options: Options): Layer.Layer<Verifier, never, KeyRing> =>
  Layer.effect(
    Verifier,
    Effect.map(KeyRing, (ring) => make(ring, options))
  )

/**
 * A verifier over the ring in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Verifier, never, KeyRing> = layerOptions({})
