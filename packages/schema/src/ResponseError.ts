/**
 * One tagged error per response code of the vendor, and `UnknownResponseCode` for every other. The mapping from code
 * to error is `Contract.codeOf`, which gives a name, then `make`, and it is total. Catch one with `Effect.catchTag`, a group
 * with `Effect.catchIf` and `isFamily` or `isAdvice`.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { construct } from "./internal/construct.js"
import { Advice, Family, type FamilyOf, type Name, rows } from "./ResponseCode.js"

const fieldsOf = <const F extends ReadonlyArray<Family>>(...families: F) => ({
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
  /** The family of the code: always the same one for an error of a listed code. */
  family: Schema.Literal(...families),
  /** What to do: the table's advice, unless the merchant's contract gives the code another. */
  advice: Advice,
  /** True when the code says that nothing was executed. */
  refused: Schema.Boolean
})

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
  fieldsOf(...Family.literals)
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
  fieldsOf("unspecified")
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
export class BadParameters extends Schema.TaggedError<BadParameters>()(
  "BadParameters",
  fieldsOf("parameters")
) {
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
  fieldsOf("parameters")
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
export class TokenExpired extends Schema.TaggedError<TokenExpired>()(
  "TokenExpired",
  fieldsOf("authentication")
) {
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
export class TokenInvalid extends Schema.TaggedError<TokenInvalid>()(
  "TokenInvalid",
  fieldsOf("authentication")
) {
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
export class SignatureRejected extends Schema.TaggedError<SignatureRejected>()(
  "SignatureRejected",
  fieldsOf("authentication")
) {
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
export class MerchantNotFound extends Schema.TaggedError<MerchantNotFound>()(
  "MerchantNotFound",
  fieldsOf("authentication")
) {
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
export class MerchantDisabled extends Schema.TaggedError<MerchantDisabled>()(
  "MerchantDisabled",
  fieldsOf("authentication")
) {
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
  fieldsOf("authentication")
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
  fieldsOf("authentication")
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
  fieldsOf("server")
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
export class ThirdPartyError extends Schema.TaggedError<ThirdPartyError>()(
  "ThirdPartyError",
  fieldsOf("server")
) {
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
export class BusinessAnomaly extends Schema.TaggedError<BusinessAnomaly>()(
  "BusinessAnomaly",
  fieldsOf("customer")
) {
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
export class CustomerNotFound extends Schema.TaggedError<CustomerNotFound>()(
  "CustomerNotFound",
  fieldsOf("customer")
) {
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
export class KycAlreadyPassed extends Schema.TaggedError<KycAlreadyPassed>()(
  "KycAlreadyPassed",
  fieldsOf("customer")
) {
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
export class KycNotSubmitted extends Schema.TaggedError<KycNotSubmitted>()(
  "KycNotSubmitted",
  fieldsOf("customer")
) {
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
  fieldsOf("customer")
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
  fieldsOf("customer")
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
  fieldsOf("customer")
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
export class LivenessNotFound extends Schema.TaggedError<LivenessNotFound>()(
  "LivenessNotFound",
  fieldsOf("customer")
) {
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
  fieldsOf("card")
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
  fieldsOf("card")
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
  fieldsOf("card")
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
export class CardAlreadyBound extends Schema.TaggedError<CardAlreadyBound>()(
  "CardAlreadyBound",
  fieldsOf("card")
) {
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
export class CardNotBound extends Schema.TaggedError<CardNotBound>()("CardNotBound", fieldsOf("card")) {
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
export class CardNotFound extends Schema.TaggedError<CardNotFound>()("CardNotFound", fieldsOf("card")) {
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
  fieldsOf("card")
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
  fieldsOf("card")
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
export class OrderNotFound extends Schema.TaggedError<OrderNotFound>()("OrderNotFound", fieldsOf("order")) {
  override get message(): string {
    return describe(this)
  }
}

/**
 * Every error a listed code can become, by name. Codes that are not listed become `UnknownResponseCode`.
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
} as const satisfies {
  readonly [N in Name]: new (
    facts: Facts & { readonly family: FamilyOf<N> }
  ) => { readonly _tag: N; readonly family: FamilyOf<N> }
}

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
 * The error of a name: the class of that name, which gives it its family, and `UnknownResponseCode` for any other name.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (name: string, facts: Facts): ResponseError =>
  isName(name)
    ? construct<ResponseError>(byName[name], { ...facts, family: familyOf.get(name) })
    : new UnknownResponseCode(facts)

const isName = (name: string): name is Name => Object.hasOwn(byName, name)

const familyOf: ReadonlyMap<Name, Family> = new Map(rows.map(({ family, name }) => [name, family]))

/**
 * True for what a response code became, listed or not; not for a failure of the network, say.
 *
 * @since 0.1.0
 * @category guards
 */
export const isResponseError = (error: unknown): error is ResponseError =>
  error instanceof UnknownResponseCode || Object.values(byName).some((listed) => error instanceof listed)

/**
 * The errors among `E` that are of a family: whole tags, since the family of a listed code never changes, and those
 * codes of the merchant's own that the contract puts there.
 *
 * @since 0.1.0
 * @category models
 */
export type InFamily<E, F extends Family> = E extends ResponseError
  ? E extends { readonly family: F }
    ? E
    : F extends E["family"]
      ? E & { readonly family: F }
      : never
  : never

/**
 * Asks for the errors of one or several families. With `Effect.catchIf` the listed tags of these families leave the
 * error type; `UnknownResponseCode` stays in it, since only some of its codes are of a family.
 *
 * @example
 * ```ts
 * import * as ResponseError from "@effect-yunmo/schema/ResponseError"
 * import * as Effect from "effect/Effect"
 *
 * export const unlessRefusedAtTheDoor = <A, R>(call: Effect.Effect<A, ResponseError.ResponseError, R>) =>
 *   call.pipe(
 *     Effect.catchIf(ResponseError.isFamily("authentication"), (error) => Effect.dieMessage(error.message))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isFamily =
  <const F extends Family>(...families: ReadonlyArray<F>) =>
  <E>(error: E): error is E & InFamily<E, F> =>
    isResponseError(error) && families.some((family) => family === error.family)

/**
 * The errors among `E`, with an advice.
 *
 * @since 0.1.0
 * @category models
 */
export type Advising<E, A extends Advice> = E extends ResponseError ? E & { readonly advice: A } : never

/**
 * Asks for the errors with one of these advices. What counts is the advice that the error carries, and a merchant's
 * contract may give any code another one than the table: so no tag leaves the error type, and what is not caught has still
 * to be handled. `tryLater` is an advice for what only reads: look at `refused` before anything else is sent again.
 *
 * @example
 * ```ts
 * import * as ResponseError from "@effect-yunmo/schema/ResponseError"
 * import * as Effect from "effect/Effect"
 *
 * export const orTellTheCardholder = <R>(call: Effect.Effect<string, ResponseError.ResponseError, R>) =>
 *   call.pipe(
 *     Effect.catchIf(ResponseError.isAdvice("askCardholder"), (error) => Effect.succeed(error.meaning))
 *   )
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isAdvice =
  <const A extends Advice>(...advices: ReadonlyArray<A>) =>
  <E>(error: E): error is E & Advising<E, A> =>
    isResponseError(error) && advices.some((advice) => advice === error.advice)
