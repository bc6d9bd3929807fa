/**
 * How strict the sandbox is and how long things take there, each switchable while it runs. What the vendor does is not
 * documented for most of these, so each default is PROPOSED and the mildest that still checks what is documented.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Seconds = Schema.Number.pipe(Schema.finite(), Schema.nonNegative())

/** `null` switches it off. */
const orOff = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema)

const fields = {
  /** Whether a wrong signature is refused (2000003). On unless switched off. */
  checkSignature: Schema.Boolean,
  /** Whether calls need a token of this merchant that is alive (2000002, 2000001). On unless switched off. */
  checkToken: Schema.Boolean,
  /** How long a token lives, in seconds: 7200 unless set; `null`, for ever. Holds for later logins. */
  tokenLifetimeSeconds: orOff(Seconds),
  /** Whether a login ends the merchant's older tokens (2000002). Off unless switched on. */
  loginEndsOldTokens: Schema.Boolean,
  /** The only addresses that calls may come from (2000007), each as text without a mask. `null`, all of them, unless set. */
  allowedAddresses: orOff(Schema.Array(Schema.NonEmptyTrimmedString)),
  /** How far `requestTime` may be from the sandbox's clock, in seconds (1000000). `null`, any, unless set. */
  clockSkewSeconds: orOff(Seconds),
  /** Whether a nonce may be used again by the merchant (else 1000000). `allow` unless set. The last 10,000 are remembered. */
  nonceReuse: Schema.Literal("allow", "refuse"),
  /**
   * How `version` is compared with the contract's (else 1000000): `anyCase` unless set, since the vendor's table and samples write
   * it differently.
   */
  version: Schema.Literal("exact", "anyCase", "any"),
  /** What a merchant order number given twice does: `refuse` (4000000) unless set; the vendor does not say. */
  duplicateOrders: Schema.Literal("refuse", "execute"),
  /** How long a balance adjustment is pending, in seconds: 0.25 unless set; `null`, until it is finished by hand. */
  settleAfterSeconds: orOff(Seconds),
  /** After how long a submitted KYC passes by itself, in seconds. `null`, reviewed by hand, unless set. */
  kycReviewAfterSeconds: orOff(Seconds),
  /** Whether the values of `Magic.values` force their outcome. On unless switched off. */
  magic: Schema.Boolean
}

/**
 * Every rule.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Rules = Schema.Struct(fields).annotations({ identifier: "Rules" })
/**
 * @since 0.1.0
 * @category schemas
 */
export type Rules = typeof Rules.Type

/**
 * The rules to change; those not named stay as they are.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Changes = Schema.partialWith(Schema.Struct(fields), { exact: true }).annotations({
  parseOptions: { errors: "all", onExcessProperty: "error" },
  identifier: "RuleChanges"
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Changes = typeof Changes.Type

/**
 * The rules of a sandbox that nobody has changed.
 *
 * @since 0.1.0
 * @category data
 */
export const defaults: Rules = {
  checkSignature: true,
  checkToken: true,
  tokenLifetimeSeconds: 7200,
  loginEndsOldTokens: false,
  allowedAddresses: null,
  clockSkewSeconds: null,
  nonceReuse: "allow",
  version: "anyCase",
  duplicateOrders: "refuse",
  settleAfterSeconds: 0.25,
  kycReviewAfterSeconds: null,
  magic: true
}
