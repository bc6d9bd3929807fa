/**
 * Section 1.3, login authorization. Names of the two objects are the vendor's; their inside is PROPOSED.
 *
 * @since 0.1.0
 */
import * as Dto from "./Dto.js"
import * as Wire from "./Wire.js"

/**
 * VENDOR 2000006 speaks of an API key and a secret key; SPEC forbids the secret key in a request. So: the API key
 * goes in, and the request is signed with the secret key.
 *
 * @since 0.1.0
 * @category requests
 */
export const GetTokenDto = Dto.request("GetTokenDto", {
  apiKey: Dto.required(Wire.NonBlankSecret, "PROPOSED", "from the merchant console")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type GetTokenDto = typeof GetTokenDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const GetTokenVo = Dto.response("GetTokenVo", {
  token: Dto.required(Wire.NonBlankSecret, "PROPOSED", "goes into the envelope of every other call"),
  expireTime: Dto.optional(Wire.EpochMillis, "PROPOSED", "the lifetime is not documented")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type GetTokenVo = typeof GetTokenVo.schema.Type
