/**
 * Section 3, identity checks. Identity numbers and photos are secrets from the moment they enter this package.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Dto from "./Dto.js"
import { CustomerId, LivenessTransactionId } from "./Ids.js"
import * as Wire from "./Wire.js"

const IsoDate = Schema.String.pipe(
  Schema.pattern(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/),
  // JavaScript reads February 30 as March 2.
  Schema.filter((text) =>
    Option.exists(DateTime.make(text), (date) => DateTime.formatIsoDateUtc(date) === text)
  ),
  Schema.annotations({ description: "date", message: () => "expected a date such as 1990-12-31" })
)
const CountryCode = Schema.String.pipe(
  Schema.pattern(/^[A-Z]{2}$/, {
    description: "country code",
    message: () => "expected an ISO 3166-1 alpha-2 code such as PH"
  })
)

/**
 * Photos exist (VENDOR 1000001); how they are sent is PROPOSED: base64 text inside the JSON.
 *
 * @since 0.1.0
 * @category requests
 */
export const SubmitKycDto = Dto.request("SubmitKycDto", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  firstName: Dto.required(Wire.NonBlankText, "PROPOSED"),
  lastName: Dto.required(Wire.NonBlankText, "PROPOSED"),
  birthday: Dto.required(IsoDate, "PROPOSED", "yyyy-MM-dd"),
  nationality: Dto.required(CountryCode, "PROPOSED", "ISO 3166-1 alpha-2"),
  idType: Dto.required(Wire.NonBlankText, "PROPOSED", "ID_CARD or PASSPORT"),
  idNumber: Dto.required(Wire.NonBlankSecret, "PROPOSED"),
  idFrontPhoto: Dto.required(Wire.NonBlankSecret, "PROPOSED", "base64"),
  idBackPhoto: Dto.optional(Wire.NonBlankSecret, "PROPOSED", "base64")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type SubmitKycDto = typeof SubmitKycDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const GetLivenessUrlDto = Dto.request("GetLivenessUrlDto", {
  customerId: Dto.required(CustomerId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type GetLivenessUrlDto = typeof GetLivenessUrlDto.schema.Type

/**
 * The page the cardholder opens. Whoever has `url` can take the check, so it does not show.
 *
 * @since 0.1.0
 * @category responses
 */
export const LivenessUrlQueryDto = Dto.response("LivenessUrlQueryDto", {
  customerId: Dto.required(CustomerId, "VENDOR"),
  transactionId: Dto.required(LivenessTransactionId, "VENDOR"),
  url: Dto.required(Wire.Secret, "VENDOR")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type LivenessUrlQueryDto = typeof LivenessUrlQueryDto.schema.Type

/**
 * SIBLING asks for no more than one poll in 10 seconds.
 *
 * @since 0.1.0
 * @category requests
 */
export const GetLivenessResultDto = Dto.request("GetLivenessResultDto", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  transactionId: Dto.required(LivenessTransactionId, "SIBLING", "4000007 when unknown")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type GetLivenessResultDto = typeof GetLivenessResultDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const LivenessResultQueryDto = Dto.response("LivenessResultQueryDto", {
  customerId: Dto.required(CustomerId, "VENDOR"),
  auditStatus: Dto.required(Wire.IntegerText, "VENDOR", "an integer, read through the enum `livenessState`")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type LivenessResultQueryDto = typeof LivenessResultQueryDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const KycDto = Dto.request("KycDto", {
  customerId: Dto.required(CustomerId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type KycDto = typeof KycDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const InHouseKycInfoVo = Dto.response("InHouseKycInfoVo", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  auditState: Dto.required(Wire.Text, "PROPOSED", "read through the enum `kycState`"),
  auditRemark: Dto.optional(Wire.Text, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type InHouseKycInfoVo = typeof InHouseKycInfoVo.schema.Type
