/**
 * Where a fact about the vendor's API comes from. YUNMO publishes little: every path, field and enum value in
 * this package carries one of these labels, so that a reader knows what binds and what a merchant may have to
 * correct through `Contract`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * - `SPEC`: the vendor's page 1.1, binding.
 * - `VENDOR`: another page of the vendor's documentation (1.2, 6.1, 6.4, three schemas), binding.
 * - `NAME`: only the name is known, from the vendor's table of contents.
 * - `SIBLING`: a card-issuing API with the same vocabulary; evidence, no more.
 * - `PROPOSED`: our own proposal where nothing is known.
 *
 * @since 0.1.0
 * @category models
 */
export const Provenance = Schema.Literal("SPEC", "VENDOR", "NAME", "SIBLING", "PROPOSED")

/**
 * @since 0.1.0
 * @category models
 */
export type Provenance = typeof Provenance.Type

/**
 * Provenance of what a merchant overrides: the merchant's own reading of the vendor's documentation.
 *
 * @since 0.1.0
 * @category models
 */
export const Source = Schema.Literal("SPEC", "VENDOR", "NAME", "SIBLING", "PROPOSED", "MERCHANT")

/**
 * @since 0.1.0
 * @category models
 */
export type Source = typeof Source.Type
