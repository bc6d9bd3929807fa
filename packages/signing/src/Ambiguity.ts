/**
 * What a valid signature leaves open. The scheme joins `key=value` with `&` and escapes nothing, so different
 * messages share one text and one signature. These are the messages that show it: a verifier flags them, or
 * refuses them where `ambiguity: "refuse"` is set.
 *
 * A message that was split or moved until it looks ordinary shows nothing, and nobody can tell it apart.
 *
 * @since 0.1.0
 */

import type { NestedPolicy } from "./CanonicalText.js"
import { envelopeKeys, findAmbiguities } from "./internal/ambiguity.js"
import { collect } from "./internal/canonical.js"
import type { RawMessage } from "./RawMessage.js"

/**
 * Every reason for which a message is ambiguous.
 *
 * @since 0.1.0
 * @category constants
 */
export const ambiguityReasons = [
  "PairInValue",
  "SeparatorInKey",
  "MisplacedField",
  "KeyCollision",
  "NestedOmitted"
] as const

/**
 * Why a message is ambiguous:
 *
 * - `PairInValue`: a signed value has an `&` and behind it an `=`, so `a = "1&b=2"` is signed as `a = "1"`,
 *   `b = "2"` is. A merchant named `H&M` is none.
 * - `SeparatorInKey`: a signed key has an `&` or an `=`, which the fields next to it could have lost
 * - `MisplacedField`: a field that is known to stand in one part stands, not empty, in the other
 * - `KeyCollision`: a key stands in both parts, empty in neither; the signature may cover one of them only
 * - `NestedOmitted`: an object or array was left out of the text, so the signature does not cover it
 *
 * @since 0.1.0
 * @category models
 */
export type AmbiguityReason = (typeof ambiguityReasons)[number]

/**
 * One reason, and the field that gives it. The key is the message's own, so it may be hostile: do not print
 * it unseen.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ambiguity {
  readonly reason: AmbiguityReason
  readonly part: "envelope" | "data"
  readonly key: string
}

/**
 * Where known fields stand. A field named for one part that stands in the other is misplaced; fields named
 * for none are looked at in neither.
 *
 * @since 0.1.0
 * @category options
 */
export interface Placement {
  /** Keys that belong into the envelope; unless set, those of {@link defaultEnvelopeKeys}. */
  readonly envelope?: ReadonlyArray<string> | undefined
  /** Keys that belong into `data`: an operation's own fields, as far as they are known. None unless set. */
  readonly data?: ReadonlyArray<string> | undefined
}

/**
 * `merchantNo`, `token`, `requestTime`, `version`, `nonce`, `sign` (SPEC 1.1), `eventType` and `eventName`
 * (VENDOR 6.1). A null or empty one in `data`, as `eventType` is in the vendor's sample, is not misplaced.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultEnvelopeKeys: ReadonlyArray<string> = envelopeKeys

/**
 * How the message is signed, as far as it matters here.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly placement?: Placement | undefined
  /** Keys that are not signed. */
  readonly exempt?: ReadonlyArray<string> | undefined
  /** How nested values enter the text; `omit` unless set. */
  readonly nested?: NestedPolicy | undefined
}

/**
 * What is ambiguous about a message, signed or not; empty for an ordinary one.
 *
 * @example
 * ```ts
 * import * as Ambiguity from "@effect-yunmo/signing/Ambiguity"
 * import { read } from "@effect-yunmo/signing/RawMessage"
 *
 * const result = read(`{"data":{"shop":"H&M","note":"x&amount=9"}}`)
 * if (result._tag === "Read") {
 *   Ambiguity.find(result.message) // [{ reason: "PairInValue", part: "data", key: "note" }]
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const find = (message: RawMessage, options: Options = {}): ReadonlyArray<Ambiguity> =>
  findAmbiguities({
    envelope: message.envelope,
    data: message.data,
    exempt: options.exempt,
    collected: collect(message, options.exempt),
    nested: options.nested ?? "omit",
    placement: options.placement ?? {}
  })
