/**
 * Says why a signature does not match: what is signed by the rules, which digest that gives, which one was
 * received, and which mistakes would have made the received one. Every cause it names was tried and gave the very
 * digest that was received; where nothing did, it says so.
 *
 * For the people who integrate, at a terminal or in a test. It tells the digest that would have been right, which
 * must never be answered to whoever sent a message. The secret never appears in a result; the signed text, which
 * holds whatever `data` does, stays Redacted until it is asked for.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { AmbiguityReason } from "./Ambiguity.js"
import { acceptedCodes, sentences as codeSentences, mistakeCodes } from "./internal/explainCodes.js"
import type { Row } from "./internal/explainCompare.js"
import * as Compare from "./internal/explainCompare.js"
import { explanation } from "./internal/explainMessage.js"
import * as Report from "./internal/explainReport.js"
import { KeyRing } from "./KeyRing.js"
import { type JsonObject, type Limits, read } from "./RawMessage.js"
import { type SignatureInvalidReason, UnreadableMessage } from "./SigningError.js"
import type { SigningKey } from "./SigningKey.js"
import type { CollisionMatch, NestedMatch } from "./Verifier.js"

/**
 * Every code of a mistake, the likelier ones first.
 *
 * @since 0.1.0
 * @category constants
 */
export const codes = mistakeCodes

/**
 * The code of a mistake; stable from release to release.
 *
 * @since 0.1.0
 * @category models
 */
export type MistakeCode = (typeof codes)[number]

/**
 * The codes that do not keep a message from being verified: another key of the ring, a policy for what the vendor
 * leaves open, a digest in upper case.
 *
 * @since 0.1.0
 * @category constants
 */
export const accepted: ReadonlyArray<MistakeCode> = acceptedCodes

/**
 * What to change, by code. A mistake that was found may say it more closely.
 *
 * @since 0.1.0
 * @category constants
 */
export const sentences: Readonly<Record<MistakeCode, string>> = codeSentences

/**
 * How many digests are computed at most, unless another bound is given. Single mistakes take a few hundred for each
 * key; the rest go to pairs of them.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultMaxDigests = 200_000

/**
 * How many characters are read and hashed at most in one explanation, all tries together and whatever bound of
 * digests is given: a long message gets fewer tries.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxCharacters = 64 * 1024 * 1024

/**
 * What is explained, and how far to search.
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
   * The keys that a program would know, of envelope and `data` alike; with them `UnknownFieldsDropped` is found
   * however many fields were dropped. Without them a single dropped field is found as `FieldLeftOut`.
   */
  readonly known?: ReadonlyArray<string> | undefined
  /** {@link defaultMaxDigests} unless set; 0 searches nothing. */
  readonly maxDigests?: number | undefined
}

/**
 * One mistake: a stable code, one sentence that says what to change, and the fields it is about where it is about
 * some. A key that does not look like a name is told by its length.
 *
 * @since 0.1.0
 * @category models
 */
export interface Mistake {
  readonly code: MistakeCode
  readonly sentence: string
  readonly fields: ReadonlyArray<string>
  /** Whether a verifier accepts the message all the same. */
  readonly accepted: boolean
}

/**
 * What would have made the received digest: one mistake or two together, with what is remarkable besides behind
 * them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cause {
  readonly keyId: string
  readonly mistakes: ReadonlyArray<Mistake>
}

/**
 * A field that is not in the text, and why. `nested` and `collision` are left out under the policies told.
 *
 * @since 0.1.0
 * @category models
 */
export interface UnsignedField {
  readonly part: "envelope" | "data"
  readonly key: string
  readonly why: "sign" | "token" | "empty" | "exempt" | "nested" | "collision"
}

/**
 * What was found out about one message. Printing it shows no value of the message and no secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface Explanation {
  /** Whether the message verifies, or why not, as the verifier says it. */
  readonly verdict: "Verified" | SignatureInvalidReason
  /** The key under which it verifies. */
  readonly keyId: string | undefined
  /** The policies of the text below: those that matched, else those that are tried first. */
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
  /** What else a verified message could mean, each once. */
  readonly ambiguity: ReadonlyArray<AmbiguityReason>
  /** The text that the rules give, without the secret; a secret that stands in a field is masked. */
  readonly text: Redacted.Redacted<string>
  readonly signed: ReadonlyArray<string>
  readonly unsigned: ReadonlyArray<UnsignedField>
  /** The digest of that text under each usable key, blanks around its secret removed. */
  readonly expected: ReadonlyArray<{ readonly keyId: string; readonly digest: string }>
  /** The message's `sign`; undefined when there is none or it has not the form of a digest. */
  readonly received: string | undefined
  /** The likeliest first. Empty for a message that verifies and has nothing remarkable, and where nothing was found. */
  readonly causes: ReadonlyArray<Cause>
  readonly digestsTried: number
  /** False when a bound ended the search before all was tried. */
  readonly complete: boolean
}

/**
 * Explains a message under these keys, the first of which is the one that signs. A secret with blanks or line ends
 * around it is welcome here: that is one of the causes. The answer is an `Effect` as well; it fails only when the
 * message cannot be read.
 *
 * @example
 * ```ts
 * import * as Explain from "@effect-yunmo/signing/Explain"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 * import * as Either from "effect/Either"
 *
 * const keys = [SigningKey.make("test", "1111111111111111")]
 * const result = Explain.explain(`{"sign":"…","merchantNo":"BU1","data":{}}`, keys)
 * if (Either.isRight(result)) {
 *   console.log(Explain.format(result.right))
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const explain = (
  raw: Uint8Array | string,
  keys: ReadonlyArray<SigningKey>,
  options: Options = {}
): Either.Either<Explanation, UnreadableMessage> => {
  const result = read(raw, options.limits)
  if (result._tag === "Unreadable") {
    const { detail, position, reason } = result
    return Either.left(new UnreadableMessage({ reason, position, detail }))
  }
  return Either.right(
    explanation(result.message, keys, {
      exempt: options.exempt ?? [],
      known: options.known,
      limits: options.limits,
      maxCharacters,
      maxDigests: options.maxDigests ?? defaultMaxDigests
    })
  )
}

/**
 * Explains a message under the ring in the context.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRing = Effect.fn("Explain.fromRing")(function* (
  raw: Uint8Array | string,
  options: Options = {}
): Effect.fn.Return<Explanation, UnreadableMessage, KeyRing> {
  const { accepted } = yield* KeyRing
  return yield* explain(raw, accepted, options)
})

/**
 * What is shown of values.
 *
 * @since 0.1.0
 * @category options
 */
export interface ShowOptions {
  /** Shows the signed text, with every value it holds: tokens, PINs and card numbers may be among them. */
  readonly showText?: boolean | undefined
}

/**
 * An explanation as a report of several lines, for a terminal.
 *
 * @since 0.1.0
 * @category printing
 */
export const format = (explanation: Explanation, options: ShowOptions = {}): string =>
  Report.format(explanation, options.showText ?? false)

/**
 * An explanation as one JSON object. `text` is there only with `showText`.
 *
 * @since 0.1.0
 * @category printing
 */
export const toJson = (explanation: Explanation, options: ShowOptions = {}): JsonObject =>
  Report.toJson(explanation, options.showText ?? false)

/**
 * Two canonical texts side by side. Printing it shows no value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Comparison {
  readonly equal: boolean
  /** Where the first difference stands, counted from 0 in UTF-16 code units; undefined when they are equal. */
  readonly position: number | undefined
  /** The key of the pair in which it stands, in the first text and in the second. */
  readonly keys: readonly [left: string | undefined, right: string | undefined]
  /** Pair by pair; one side is undefined where the other has a pair more. */
  readonly rows: Redacted.Redacted<ReadonlyArray<Row>>
}

/**
 * Lays two canonical texts side by side, ours and that of another implementation, say, and points at the first
 * difference. Texts are cut at each `&`, so a value that has one takes two lines.
 *
 * @example
 * ```ts
 * import * as Explain from "@effect-yunmo/signing/Explain"
 *
 * const comparison = Explain.compare("amount=20.00&version=v1.0", "amount=20&version=v1.0")
 * comparison.position // 9
 * comparison.keys // ["amount", "amount"]
 * console.log(Explain.formatComparison(comparison, { showText: true }))
 * ```
 *
 * @since 0.1.0
 * @category comparing
 */
export const compare = (
  left: string | Redacted.Redacted<string>,
  right: string | Redacted.Redacted<string>
): Comparison => Compare.compare(plain(left), plain(right))

const plain = (text: string | Redacted.Redacted<string>): string =>
  typeof text === "string" ? text : Redacted.value(text)

/**
 * A comparison as lines for a terminal: one pair in each, `!` before those that differ, and an arrow under the
 * first difference where values are shown.
 *
 * @since 0.1.0
 * @category printing
 */
export const formatComparison = (comparison: Comparison, options: ShowOptions = {}): string =>
  Report.formatComparison(comparison, options.showText ?? false)
