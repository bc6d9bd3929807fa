import * as Schema from "effect/Schema"
import { ambiguityReasons } from "../Ambiguity.js"
import { unreadableReasons } from "../RawMessage.js"
import { invalidReasons } from "./verification.js"

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
 * is no key to try, it belongs to no accepted key under any policy that was tried, or it holds but for an
 * ambiguous message, and such are refused.
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
    "The signature does not match the message under any accepted key; usual causes are a body that was parsed and serialised again before it was verified (verify the raw bytes), a blank or line end in the secret, or the secret of another environment or merchant.",
  Ambiguous:
    'The signature belongs to the message and to others that say something else, and such are refused here; look at it, and verify with `ambiguity: "flag"` if the vendor does send such messages.'
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
  textsTried: Schema.Number,
  /** For `Ambiguous`: in which ways, each once. */
  ambiguity: Schema.optionalWith(Schema.Array(Schema.Literal(...ambiguityReasons)), { default: () => [] })
}) {
  override get message(): string {
    const details =
      this.reason === "Mismatch"
        ? ` Keys tried: ${this.keyIds.join(", ")}.`
        : this.reason === "Ambiguous"
          ? ` Found: ${this.ambiguity.join(", ")}.`
          : ""
    return `${invalidSentences[this.reason]}${details}`
  }
}
