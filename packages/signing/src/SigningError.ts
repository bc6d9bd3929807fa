/**
 * What can go wrong with a signature. Each error holds data only and prints one sentence; none of them ever
 * holds a secret, a value of the message, or the digest that would have been right.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { describeSecretProblem, secretProblems } from "./internal/secret.js"
import { invalidReasons } from "./internal/verification.js"
import { unreadableReasons } from "./RawMessage.js"

/**
 * A received message could not be read, so its signature was not looked at. `position` counts as
 * {@link "RawMessage".Unreadable} says.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnreadableMessage extends Schema.TaggedError<UnreadableMessage>(
  "@effect-yunmo/signing/UnreadableMessage"
)("UnreadableMessage", {
  reason: Schema.Literal(...unreadableReasons),
  position: Schema.Number,
  detail: Schema.String
}) {
  override get message(): string {
    return `The message cannot be read (${this.reason} at position ${this.position}: ${this.detail}); hand over the body as it was received, and raise the limits if a message of this size or depth is meant to arrive.`
  }
}

/**
 * Why a signature was not accepted: there is none, it is no text, it is not 32 hexadecimal characters, there
 * is no key to try, or it belongs to no accepted key under any policy that was tried.
 *
 * @since 0.1.0
 * @category models
 */
export type SignatureInvalidReason = (typeof invalidReasons)[number]

const invalidSentences: Readonly<Record<SignatureInvalidReason, string>> = {
  SignMissing:
    "The message has no `sign`, or an empty one; only signed messages may be handed to the verifier.",
  SignNotText: "The message's `sign` is not a JSON string; the sender does not follow the vendor's protocol.",
  SignMalformed:
    "The message's `sign` is not 32 hexadecimal characters; the sender does not follow the vendor's protocol.",
  NoUsableKey:
    "There is no usable key to verify the message with; configure the merchant's secret key without blanks around it.",
  Mismatch:
    "The signature does not match the message under any accepted key; usual causes are a body that was parsed and serialised again before it was verified (verify the raw bytes), a blank or line end in the secret, or the secret of another environment or merchant."
}

/**
 * A received message was read, and its signature does not hold. It may be forged: do not act on it.
 *
 * @since 0.1.0
 * @category errors
 */
export class SignatureInvalid extends Schema.TaggedError<SignatureInvalid>(
  "@effect-yunmo/signing/SignatureInvalid"
)("SignatureInvalid", {
  reason: Schema.Literal(...invalidReasons),
  /** The ids of the keys that were tried. */
  keyIds: Schema.Array(Schema.String),
  /**
   * How many different texts the policies gave; more than one when the message has nested values or colliding
   * keys.
   */
  textsTried: Schema.Number
}) {
  override get message(): string {
    const tried = this.reason === "Mismatch" ? ` Keys tried: ${this.keyIds.join(", ")}.` : ""
    return `${invalidSentences[this.reason]}${tried}`
  }
}

/**
 * Every reason for which a message is not signed.
 *
 * @since 0.1.0
 * @category constants
 */
export const signingRefusedReasons = [
  "NestedValue",
  "EmptyNested",
  "KeyCollision",
  "BlankString",
  "LoneSurrogate",
  "UnsafeNumber",
  "NotJson",
  "TooDeep",
  "ForbiddenKey",
  "ReservedKey",
  "InvalidNonce",
  "InvalidRequestTime",
  "UnusableSecret"
] as const

/**
 * Why a message is not signed.
 *
 * @since 0.1.0
 * @category models
 */
export type SigningRefusedReason = (typeof signingRefusedReasons)[number]

const refusedSentences: Readonly<Record<SigningRefusedReason, string>> = {
  NestedValue:
    "is an object or array, for which the vendor's rules define no text; flatten it, exempt it if the operation's page does, or pick the policy `omit` or `compactJson`",
  EmptyNested: "is an empty object or array, on which implementations disagree; leave the field out",
  KeyCollision:
    "stands in the envelope and in data, for which the vendor's rules define no text; rename one of them",
  BlankString:
    "consists of blanks only, on which implementations disagree; send an empty string or leave the field out",
  LoneSurrogate:
    "holds half of a surrogate pair, which cannot be sent as UTF-8; check where the text was cut",
  UnsafeNumber:
    "is a number that does not survive being written as plain digits (not finite, beyond 2^53 - 1, or printed with an exponent); send it as a string",
  NotJson:
    "is no JSON value (an object with its own toJSON, such as a Redacted or a Date, counts as none); encode it first",
  TooDeep: "is nested more deeply than 32 levels, or holds itself; flatten it",
  ForbiddenKey: "has a key that is refused everywhere (`__proto__`, `constructor`, `prototype`); rename it",
  ReservedKey: "is filled in by the signer; pass `data` and `token` beside the envelope, and never `sign`",
  InvalidNonce: "must be a non-empty string; leave it out to have one made",
  InvalidRequestTime:
    "must be whole epoch milliseconds, as a number or as its digits; leave it out to have the clock's",
  UnusableSecret: "is empty or has blanks around it; paste the secret key again without them"
}

/**
 * A message was not signed, and nothing was sent. `field` is the path of the field (`data.amount`), or the id
 * of the key for `UnusableSecret`.
 *
 * @since 0.1.0
 * @category errors
 */
export class SigningRefused extends Schema.TaggedError<SigningRefused>(
  "@effect-yunmo/signing/SigningRefused"
)("SigningRefused", {
  reason: Schema.Literal(...signingRefusedReasons),
  field: Schema.String
}) {
  override get message(): string {
    const subject =
      this.reason === "UnusableSecret" ? `the secret of key ${this.field}` : `the field ${this.field}`
    return `The message was not signed: ${subject} ${refusedSentences[this.reason]}.`
  }
}

/**
 * Every reason for which keys do not make a ring.
 *
 * @since 0.1.0
 * @category constants
 */
export const keyRingInvalidReasons = [...secretProblems, "DuplicateId"] as const

/**
 * The keys given do not make a ring: a secret is empty or has blanks around it, or two secrets share an id.
 *
 * @since 0.1.0
 * @category errors
 */
export class KeyRingInvalid extends Schema.TaggedError<KeyRingInvalid>(
  "@effect-yunmo/signing/KeyRingInvalid"
)("KeyRingInvalid", {
  reason: Schema.Literal(...keyRingInvalidReasons),
  keyId: Schema.String
}) {
  override get message(): string {
    return this.reason === "DuplicateId"
      ? `Two different secrets have the key id ${this.keyId}; give each its own.`
      : `The secret of key ${this.keyId} ${describeSecretProblem(this.reason)}; copy it again from the merchant console, without blanks or line ends.`
  }
}
