/**
 * How strict the sandbox is and how long things take there, each switchable while it runs. What the vendor does is not
 * documented for most of these, so each default is PROPOSED and the mildest that still checks what is documented.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import { isIpAddress } from "./internal/ipAddress.js"

/** A hundred years at most: what the clock can be moved by. */
const Seconds = Schema.Number.pipe(Schema.between(0, 3_153_600_000))

const IpAddress = Schema.String.pipe(
  Schema.filter(isIpAddress, {
    message: () => "expected an IPv4 or IPv6 address such as 203.0.113.7, no mask and no name"
  })
)

/** `null` switches it off. */
const orOff = <A, I>(schema: Schema.Schema<A, I>) => Schema.NullOr(schema)

const fields = {
  checkSignature: described(
    Schema.Boolean,
    "Whether a wrong signature is refused (2000003). On unless switched off."
  ),
  checkToken: described(
    Schema.Boolean,
    "Whether calls need a token of this merchant that is alive (2000002, 2000001). On unless switched off."
  ),
  tokenLifetimeSeconds: described(
    orOff(Seconds),
    "How long a token lives, in seconds: 7200 unless set; `null`, for ever. Holds for later logins."
  ),
  loginEndsOldTokens: described(
    Schema.Boolean,
    "Whether a login ends the merchant's older tokens (2000002). Off unless switched on."
  ),
  allowedAddresses: described(
    orOff(Schema.Array(IpAddress)),
    "The only IPv4 or IPv6 addresses that calls may come from (2000007), without masks. `null`, all of them, unless set."
  ),
  clockSkewSeconds: described(
    orOff(Seconds),
    "How far `requestTime` may be from the sandbox's clock, in seconds (1000000). `null`, any, unless set."
  ),
  nonceReuse: described(
    Schema.Literal("allow", "refuse"),
    "Whether a nonce may be used again by the merchant (else 1000000). `allow` unless set. The last 10,000 are remembered."
  ),
  version: described(
    Schema.Literal("exact", "anyCase", "any"),
    "How `version` is compared with the contract's (else 1000000): `anyCase` unless set, since the vendor's table and samples write it differently."
  ),
  duplicateOrders: described(
    Schema.Literal("refuse", "execute"),
    "What a merchant order number given twice does: `refuse` (4000000) unless set; the vendor does not say."
  ),
  settleAfterSeconds: described(
    orOff(Seconds),
    "How long a balance adjustment is pending, in seconds: 0.25 unless set; `null`, until it is finished by hand."
  ),
  kycReviewAfterSeconds: described(
    orOff(Seconds),
    "After how long a submitted KYC passes by itself, in seconds. `null`, reviewed by hand, unless set."
  ),
  magic: described(
    Schema.Boolean,
    "Whether the values of `Magic.values` force their outcome. On unless switched off."
  )
}

/**
 * Every rule.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Rules = Schema.Struct(fields).annotations({ identifier: "Rules", description: "Every rule." })
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
  identifier: "RuleChanges",
  description: "The rules to change; those not named stay as they are."
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
