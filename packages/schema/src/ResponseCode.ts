/**
 * The vendor's response codes as data (VENDOR 1.2, complete): one row per failure code. What a code means is the
 * vendor's; the error name, the family, the advice and whether it refuses before execution are our reading, and a
 * merchant corrects them through `Contract`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What a caller can do about a failure.
 *
 * - `fixRequest`: the request is wrong; sending it again changes nothing.
 * - `logInAgain`: the session ended; the client does this by itself, once.
 * - `tryLater`: the vendor may answer otherwise later.
 * - `askCardholder`: the cardholder has to give something else.
 * - `settleByQuery`: whether anything happened is not known; ask by a query.
 * - `stop`: a repeat cannot help.
 *
 * @since 0.1.0
 * @category models
 */
export const Advice = Schema.Literal(
  "fixRequest",
  "logInAgain",
  "tryLater",
  "askCardholder",
  "settleByQuery",
  "stop"
)
/**
 * @since 0.1.0
 * @category models
 */
export type Advice = typeof Advice.Type

/**
 * Which of the vendor's number ranges a code stands in (our reading): 1xxxxxx `parameters`, 2xxxxxx `authentication`,
 * 3xxxxxx `server`, 400xxxx `customer`, 401xxxx `card`, 402xxxx `order`; `unspecified` for -1 and for codes that
 * nobody has put anywhere.
 *
 * @since 0.1.0
 * @category models
 */
export const Family = Schema.Literal(
  "unspecified",
  "parameters",
  "authentication",
  "server",
  "customer",
  "card",
  "order"
)
/**
 * @since 0.1.0
 * @category models
 */
export type Family = typeof Family.Type

/**
 * One failure code. `refused` is true where the code says that nothing was executed: only then is a creating or money
 * operation known not to have happened.
 *
 * @since 0.1.0
 * @category models
 */
export interface Row<Name extends string = string, F extends Family = Family, A extends Advice = Advice> {
  readonly code: string
  readonly name: Name
  readonly meaning: string
  readonly family: F
  readonly advice: A
  readonly refused: boolean
}

const row = <const Name extends string, const F extends Family, const A extends Advice>(
  code: string,
  name: Name,
  meaning: string,
  family: F,
  advice: A,
  outcome: "refused" | "unknown"
): Row<Name, F, A> => ({ code, name, meaning, family, advice, refused: outcome === "refused" })

/**
 * All 29 failure codes of VENDOR 1.2. Success is `200`.
 *
 * @since 0.1.0
 * @category data
 */
export const rows = [
  row("-1", "UnspecifiedFailure", "failed, no detail", "unspecified", "settleByQuery", "unknown"),
  row("1000000", "BadParameters", "bad parameters", "parameters", "fixRequest", "refused"),
  row(
    "1000001",
    "IdentityPhotoAbnormal",
    "identity-card photo abnormal",
    "parameters",
    "askCardholder",
    "refused"
  ),
  row("2000001", "TokenExpired", "token expired", "authentication", "logInAgain", "refused"),
  row("2000002", "TokenInvalid", "token error", "authentication", "logInAgain", "refused"),
  row("2000003", "SignatureRejected", "signature error", "authentication", "fixRequest", "refused"),
  row("2000004", "MerchantNotFound", "merchant does not exist", "authentication", "stop", "refused"),
  row("2000005", "MerchantDisabled", "merchant disabled", "authentication", "stop", "refused"),
  row("2000006", "CredentialsRejected", "API key or secret key wrong", "authentication", "stop", "refused"),
  row("2000007", "IpAddressNotAllowed", "IP address not allowed", "authentication", "stop", "refused"),
  row("3000000", "VendorInternalError", "server internal error", "server", "tryLater", "unknown"),
  row("3000001", "ThirdPartyError", "third-party error", "server", "tryLater", "unknown"),
  row("4000000", "BusinessAnomaly", "business anomaly", "customer", "settleByQuery", "unknown"),
  row("4000001", "CustomerNotFound", "customer not found", "customer", "fixRequest", "refused"),
  row("4000002", "KycAlreadyPassed", "customer already passed KYC", "customer", "stop", "refused"),
  row("4000003", "KycNotSubmitted", "customer has not submitted KYC", "customer", "fixRequest", "refused"),
  row("4000004", "CustomerCodeExists", "customer code already exists", "customer", "fixRequest", "refused"),
  row("4000005", "LivenessInProgress", "liveness check in progress", "customer", "tryLater", "refused"),
  row("4000006", "LivenessAlreadyCompleted", "liveness already completed", "customer", "stop", "refused"),
  row("4000007", "LivenessNotFound", "unknown liveness record", "customer", "fixRequest", "refused"),
  row(
    "4010001",
    "CardSampleUnavailable",
    "card sample missing or not authorised",
    "card",
    "fixRequest",
    "refused"
  ),
  row("4010002", "CardSampleDisabled", "card sample disabled", "card", "stop", "refused"),
  row(
    "4010003",
    "ActivationCodeRejected",
    "SKU or activation code wrong",
    "card",
    "askCardholder",
    "refused"
  ),
  row("4010004", "CardAlreadyBound", "physical card already bound", "card", "stop", "refused"),
  row("4010005", "CardNotBound", "physical card not bound yet (bind first)", "card", "fixRequest", "refused"),
  row("4010006", "CardNotFound", "card not found", "card", "fixRequest", "refused"),
  row(
    "4010007",
    "CardNotActivatable",
    "card is not in the bound state, cannot be activated",
    "card",
    "stop",
    "refused"
  ),
  row("4010008", "ResubmissionUnsupported", "card does not support resubmission", "card", "stop", "refused"),
  row("4020001", "OrderNotFound", "fee order not found", "order", "settleByQuery", "unknown")
] as const

/**
 * The error names, each a tag that `Effect.catchTag` takes.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = (typeof rows)[number]["name"]

/**
 * The family of an error name.
 *
 * @since 0.1.0
 * @category models
 */
export type FamilyOf<N extends Name> = Extract<(typeof rows)[number], { readonly name: N }>["family"]

/**
 * The error names of a family.
 *
 * @since 0.1.0
 * @category models
 */
export type NameIn<F extends Family> = Extract<(typeof rows)[number], { readonly family: F }>["name"]
