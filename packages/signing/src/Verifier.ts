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
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Ambiguity, Placement } from "./Ambiguity.js"
import type { CollisionPolicy, NestedPolicy } from "./CanonicalText.js"
import { KeyRing, type KeyRingService } from "./internal/keyRing.js"
import { inspectSymbol } from "./internal/message.js"
import { secretProblem } from "./internal/secret.js"
import { type Facts, type PlainKey, verification } from "./internal/verification.js"
import { SignatureInvalid, UnreadableMessage } from "./internal/verifyErrors.js"
import type { Limits, RawMessage } from "./RawMessage.js"
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

  /**
   * What other messages could be signed alike, as far as this one shows it; empty for an ordinary message. See
   * {@link "Ambiguity"}.
   */
  get ambiguity(): ReadonlyArray<Ambiguity> {
    return this.#facts.ambiguity
  }

  toString(): string {
    const flags = this.#reasons().map((reason) => `, ${reason}`)
    return `VerifiedMessage(key ${this.keyId}, nested ${this.nested}, collision ${this.collision}${flags.join("")})`
  }

  toJSON(): unknown {
    const { collision, keyId, nested } = this
    return { _id: "VerifiedMessage", keyId, nested, collision, ambiguity: this.#reasons() }
  }

  /** Without the keys, which are the message's content. */
  #reasons(): ReadonlyArray<string> {
    return [...new Set(this.ambiguity.map((one) => one.reason))]
  }

  [inspectSymbol](): unknown {
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
  /**
   * What to do with a message whose signature holds and which shows that it could be another one: `flag`, the
   * default, says so in {@link VerifiedMessage.ambiguity}; `refuse` fails with the reason `Ambiguous`.
   */
  readonly ambiguity?: "flag" | "refuse" | undefined
  /** Which fields count as standing in the wrong part. */
  readonly placement?: Placement | undefined
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
  const outcome = verification(usable(keys), raw, options)
  switch (outcome._tag) {
    case "Verified":
      return Either.right(mint(outcome.facts))
    case "Unreadable": {
      const { detail, position, reason } = outcome
      return Either.left(new UnreadableMessage({ reason, position, detail }))
    }
    case "Invalid": {
      const { reason, textsTried } = outcome
      const keyIds = keys.map((key) => key.id)
      const ambiguity = [...new Set(outcome.ambiguity.map((one) => one.reason))]
      return Either.left(new SignatureInvalid({ reason, textsTried, keyIds, ambiguity }))
    }
  }
}

/** An empty secret would let anyone sign: whatever road a key came by, it must not match. */
const usable = (keys: ReadonlyArray<SigningKey>): ReadonlyArray<PlainKey> => {
  const plain: Array<PlainKey> = []
  for (const { id, secret } of keys) {
    const text = Redacted.value(secret)
    let isUsable = checked.get(secret)
    if (isUsable === undefined) {
      isUsable = secretProblem(text) === undefined
      checked.set(secret, isUsable)
    }
    if (isUsable) {
      plain.push({ id, secret: text })
    }
  }
  return plain
}

/** A Redacted never changes what it holds, so each is checked once. */
const checked = new WeakMap<Redacted.Redacted<string>, boolean>()

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
