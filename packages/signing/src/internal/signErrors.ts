import * as Schema from "effect/Schema"
import { describeSecretProblem, secretProblems } from "./secret.js"

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
