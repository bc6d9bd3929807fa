/**
 * The signature of responses. The vendor documents none, so three settings: `always` asks for one,
 * `whenPresent` verifies one that is there, `never` only reads. With all three the raw message is read under
 * the same rules, unknown fields and literal numbers included.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { defaultEnvelopeKeys } from "./Ambiguity.js"
import { UnreadableMessage } from "./internal/verifyErrors.js"
import { type RawMessage, read } from "./RawMessage.js"
import type { SignatureInvalid } from "./SigningError.js"
import type { SigningKey } from "./SigningKey.js"
import { type Options, type VerifiedMessage, verifyWith } from "./Verifier.js"

/**
 * Every setting.
 *
 * @since 0.1.0
 * @category constants
 */
export const responseSignatures = ["always", "whenPresent", "never"] as const

/**
 * When a response's signature is verified (PROPOSED, all of them):
 *
 * - `always`: a response without one is refused
 * - `whenPresent`: one that is there has to hold; whoever can change a response can also take it away, so this
 *   finds faults, not forgers
 * - `never`: it is not looked at
 *
 * @since 0.1.0
 * @category models
 */
export type ResponseSignature = (typeof responseSignatures)[number]

/**
 * A response that may be decoded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly message: RawMessage
  /** How its signature was found to hold; undefined when there was none, or it was not looked at. */
  readonly verified: VerifiedMessage | undefined
}

/**
 * Where a response's known fields stand: as in any message, but that a login's `data` holds the `token`
 * (PROPOSED).
 *
 * @since 0.1.0
 * @category constants
 */
export const placement = { envelope: defaultEnvelopeKeys.filter((key) => key !== "token") }

/**
 * Reads a response and verifies its signature as the setting says. The answer is an `Effect` as well.
 *
 * @example
 * ```ts
 * import * as ResponseSignature from "@effect-yunmo/signing/ResponseSignature"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 * import * as Either from "effect/Either"
 *
 * const keys = [SigningKey.make("test", "1111111111111111")]
 * const response = ResponseSignature.check("whenPresent", keys, `{"code":200,"data":{}}`)
 * Either.map(response, ({ verified }) => verified === undefined) // right(true)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const check = (
  setting: ResponseSignature,
  keys: ReadonlyArray<SigningKey>,
  raw: Uint8Array | string,
  options: Options = {}
): Either.Either<Response, UnreadableMessage | SignatureInvalid> => {
  if (setting !== "always") {
    const response = unverified(raw, options)
    // Most responses have none: those are read once.
    if (setting === "never" || Either.isLeft(response) || !hasSign(response.right.message)) {
      return response
    }
  }
  return Either.map(verifyWith(keys, raw, { placement, ...options }), (verified) => ({
    message: verified.message,
    verified
  }))
}

/** An empty one signs as little as none: whoever can change a response can leave its signature out. */
const hasSign = ({ envelope }: RawMessage): boolean =>
  envelope.some(({ key, text }) => key === "sign" && text !== "")

const unverified = (
  raw: Uint8Array | string,
  options: Options
): Either.Either<Response, UnreadableMessage> => {
  const result = read(raw, options.limits)
  if (result._tag === "Read") {
    return Either.right({ message: result.message, verified: undefined })
  }
  const { detail, position, reason } = result
  return Either.left(new UnreadableMessage({ reason, position, detail }))
}
