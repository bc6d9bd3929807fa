/**
 * One tagged error per response code of the vendor, and `UnknownResponseCode` for every other. The mapping from code
 * to error is `Contract.codeOf`, which gives a name, then `make`, and it is total.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { Name } from "./ResponseCode.js"
import { Advice, Family } from "./ResponseCode.js"

const fields = {
  /** The operation that was refused, `createCustomer` say. */
  operation: Schema.String,
  /** The vendor's code, as it stood in the answer. */
  code: Schema.String,
  /** The vendor's own `msg`. */
  vendorMessage: Schema.String,
  /** The vendor's `timestamp`, epoch milliseconds, when the answer had one. */
  vendorTime: Schema.optionalWith(Schema.Number, { exact: true }),
  /** Which attempt of the call got this answer, from 1. */
  attempt: Schema.Number,
  /** What the code means (VENDOR 1.2, or the merchant's contract). */
  meaning: Schema.String,
  family: Family,
  advice: Advice,
  /** True when the code says that nothing was executed. */
  refused: Schema.Boolean
}

const advices: Readonly<Record<Advice, string>> = {
  fixRequest: "Correct the request; the same one will be refused again.",
  logInAgain:
    "The client logs in again by itself once; if this persists, check the API key and the merchant number.",
  tryLater: "Try again later.",
  askCardholder: "Ask the cardholder for other data or documents.",
  settleByQuery: "Whether anything happened is not known: query the state before anything is sent again.",
  stop: "Sending this again cannot help; check the merchant console or ask YUNMO."
}

const causes: ReadonlyMap<string, string> = new Map([
  [
    "2000003",
    "Check the secret key (of this environment? no blanks around it?) and that the body is sent as it was signed."
  ],
  ["2000007", "Add this machine's outgoing address to the allow-list in the merchant console."]
])

interface Described {
  readonly operation: string
  readonly code: string
  readonly meaning: string
  readonly vendorMessage: string
  readonly advice: Advice
  readonly refused: boolean
}

/** "Try again later" said of a payment that may have gone through would be an invitation to pay twice. */
const tryReadsLater =
  "What only reads can be tried again later; anything else may have been executed, so query the state first."

const whatNext = ({ advice, code, refused }: Described): string =>
  causes.get(code) ?? (advice === "tryLater" && !refused ? tryReadsLater : advices[advice])

const describe = (error: Described): string =>
  `YUNMO answered ${error.operation} with ${error.code}: ${error.meaning}` +
  (error.vendorMessage === "" || error.vendorMessage === error.meaning
    ? ""
    : ` (${JSON.stringify(error.vendorMessage)})`) +
  `. ${whatNext(error)}`

/**
 * A code that neither the vendor's table nor the merchant's contract names. It survives as itself; what it says about
 * money is unknown.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownResponseCode extends Schema.TaggedError<UnknownResponseCode>()(
  "UnknownResponseCode",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * -1: failed, no detail (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class UnspecifiedFailure extends Schema.TaggedError<UnspecifiedFailure>()(
  "UnspecifiedFailure",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 1000000: bad parameters (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class BadParameters extends Schema.TaggedError<BadParameters>()("BadParameters", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 1000001: identity-card photo abnormal (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class IdentityPhotoAbnormal extends Schema.TaggedError<IdentityPhotoAbnormal>()(
  "IdentityPhotoAbnormal",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000001: token expired (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenExpired extends Schema.TaggedError<TokenExpired>()("TokenExpired", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000002: token error (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenInvalid extends Schema.TaggedError<TokenInvalid>()("TokenInvalid", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000003: signature error (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class SignatureRejected extends Schema.TaggedError<SignatureRejected>()("SignatureRejected", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000004: merchant does not exist (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class MerchantNotFound extends Schema.TaggedError<MerchantNotFound>()("MerchantNotFound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000005: merchant disabled (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class MerchantDisabled extends Schema.TaggedError<MerchantDisabled>()("MerchantDisabled", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000006: API key or secret key wrong (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsRejected extends Schema.TaggedError<CredentialsRejected>()(
  "CredentialsRejected",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 2000007: IP address not allowed (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class IpAddressNotAllowed extends Schema.TaggedError<IpAddressNotAllowed>()(
  "IpAddressNotAllowed",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 3000000: server internal error (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class VendorInternalError extends Schema.TaggedError<VendorInternalError>()(
  "VendorInternalError",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 3000001: third-party error (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class ThirdPartyError extends Schema.TaggedError<ThirdPartyError>()("ThirdPartyError", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000000: business anomaly (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class BusinessAnomaly extends Schema.TaggedError<BusinessAnomaly>()("BusinessAnomaly", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000001: customer not found (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CustomerNotFound extends Schema.TaggedError<CustomerNotFound>()("CustomerNotFound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000002: customer already passed KYC (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class KycAlreadyPassed extends Schema.TaggedError<KycAlreadyPassed>()("KycAlreadyPassed", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000003: customer has not submitted KYC (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class KycNotSubmitted extends Schema.TaggedError<KycNotSubmitted>()("KycNotSubmitted", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000004: customer code already exists (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CustomerCodeExists extends Schema.TaggedError<CustomerCodeExists>()(
  "CustomerCodeExists",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000005: liveness check in progress (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class LivenessInProgress extends Schema.TaggedError<LivenessInProgress>()(
  "LivenessInProgress",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000006: liveness already completed (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class LivenessAlreadyCompleted extends Schema.TaggedError<LivenessAlreadyCompleted>()(
  "LivenessAlreadyCompleted",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4000007: unknown liveness record (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class LivenessNotFound extends Schema.TaggedError<LivenessNotFound>()("LivenessNotFound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010001: card sample missing or not authorised (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardSampleUnavailable extends Schema.TaggedError<CardSampleUnavailable>()(
  "CardSampleUnavailable",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010002: card sample disabled (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardSampleDisabled extends Schema.TaggedError<CardSampleDisabled>()(
  "CardSampleDisabled",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010003: SKU or activation code wrong (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class ActivationCodeRejected extends Schema.TaggedError<ActivationCodeRejected>()(
  "ActivationCodeRejected",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010004: physical card already bound (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardAlreadyBound extends Schema.TaggedError<CardAlreadyBound>()("CardAlreadyBound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010005: physical card not bound yet (bind first) (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardNotBound extends Schema.TaggedError<CardNotBound>()("CardNotBound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010006: card not found (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardNotFound extends Schema.TaggedError<CardNotFound>()("CardNotFound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010007: card is not in the bound state, cannot be activated (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class CardNotActivatable extends Schema.TaggedError<CardNotActivatable>()(
  "CardNotActivatable",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4010008: card does not support resubmission (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class ResubmissionUnsupported extends Schema.TaggedError<ResubmissionUnsupported>()(
  "ResubmissionUnsupported",
  fields
) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * 4020001: fee order not found (VENDOR 1.2).
 *
 * @since 0.1.0
 * @category errors
 */
export class OrderNotFound extends Schema.TaggedError<OrderNotFound>()("OrderNotFound", fields) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * Every error a response code can become, by name.
 *
 * @since 0.1.0
 * @category data
 */
export const byName = {
  UnspecifiedFailure,
  BadParameters,
  IdentityPhotoAbnormal,
  TokenExpired,
  TokenInvalid,
  SignatureRejected,
  MerchantNotFound,
  MerchantDisabled,
  CredentialsRejected,
  IpAddressNotAllowed,
  VendorInternalError,
  ThirdPartyError,
  BusinessAnomaly,
  CustomerNotFound,
  KycAlreadyPassed,
  KycNotSubmitted,
  CustomerCodeExists,
  LivenessInProgress,
  LivenessAlreadyCompleted,
  LivenessNotFound,
  CardSampleUnavailable,
  CardSampleDisabled,
  ActivationCodeRejected,
  CardAlreadyBound,
  CardNotBound,
  CardNotFound,
  CardNotActivatable,
  ResubmissionUnsupported,
  OrderNotFound
} as const satisfies Record<Name, unknown>

/**
 * @since 0.1.0
 * @category models
 */
export type ResponseError = InstanceType<(typeof byName)[Name]> | UnknownResponseCode

/**
 * What the error is made from.
 *
 * @since 0.1.0
 * @category models
 */
export type Facts = Omit<ConstructorParameters<typeof UnknownResponseCode>[0], "_tag">

/**
 * The error of a name: the class of that name, `UnknownResponseCode` for any other.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (name: string, facts: Facts): ResponseError =>
  isName(name) ? new byName[name](facts) : new UnknownResponseCode(facts)

const isName = (name: string): name is Name => Object.hasOwn(byName, name)
