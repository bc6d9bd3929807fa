/**
 * The text that is signed (SPEC 1.1): every field of the envelope and of `data` as one flat set, without
 * `sign`, `token` and empty values, sorted by key, joined as `key=value` with `&`. Values are neither escaped
 * nor URL-encoded.
 *
 * Where the vendor's rules are silent, on nested values and on a key in both places, a named policy decides.
 * The secret is no part of this text: {@link Digest} appends it.
 *
 * Imports nothing but its siblings, so that a verifier can be bundled alone.
 *
 * @since 0.1.0
 */
import { collect, render } from "./internal/canonical.js"
import type { RawMessage } from "./RawMessage.js"

/**
 * What to do with an object or array among the fields. Implementations of this family of schemes do not
 * agree, so nothing is assumed (PROPOSED, all of them):
 *
 * - `refuse`: no text; the default
 * - `omit`: leave the field out; it is then not protected
 * - `compactJson`: JSON without blanks, keys in their order, number literals as they stand
 * - `javaToString`: as Java prints maps and lists, `{a=1, b=[x, y]}`
 * - `commaJoin`: a list's items with commas between; objects as compact JSON
 *
 * @since 0.1.0
 * @category policies
 */
export type NestedPolicy = "refuse" | "omit" | "compactJson" | "javaToString" | "commaJoin"

/**
 * What to do with a key that stands in the envelope and in `data`, empty in neither (PROPOSED, all of them):
 *
 * - `refuse`: no text; the default
 * - `dataWins`, `envelopeWins`: one of the two values is taken; the other is then not protected
 * - `both`: two pairs, the envelope's first
 *
 * @since 0.1.0
 * @category policies
 */
export type CollisionPolicy = "refuse" | "dataWins" | "envelopeWins" | "both"

/**
 * How to build the text.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly nested?: NestedPolicy | undefined
  readonly collision?: CollisionPolicy | undefined
  /** Keys that the operation's own page leaves unsigned (SPEC: "certain parameters"), in either place. */
  readonly exempt?: ReadonlyArray<string> | undefined
}

/**
 * The text, or why there is none and because of which key. A key with two faults is refused for its
 * collision.
 *
 * @since 0.1.0
 * @category models
 */
export type CanonicalText =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Refused"; readonly reason: "NestedValue" | "KeyCollision"; readonly key: string }

/**
 * Builds the text of a message. Keys are sorted by UTF-16 code unit, which for ASCII is the SPEC's ASCII
 * order with upper case before lower case, and beyond ASCII is the order of Java's `String.compareTo`.
 *
 * @example
 * ```ts
 * import * as CanonicalText from "@effect-yunmo/signing/CanonicalText"
 * import { read } from "@effect-yunmo/signing/RawMessage"
 *
 * const result = read(`{"version":"v1.0","token":"t","data":{"amount":20.00,"note":""}}`)
 * if (result._tag === "Read") {
 *   CanonicalText.make(result.message) // { _tag: "Text", text: "amount=20.00&version=v1.0" }
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (message: RawMessage, options: Options = {}): CanonicalText =>
  render(collect(message, options.exempt), options.nested ?? "refuse", options.collision ?? "refuse")
