/**
 * What surrounds every call (SPEC 1.1). The request's envelope is written by the signer; this is the answer's.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Dto from "./Dto.js"
import { MerchantNo } from "./Ids.js"
import * as Wire from "./Wire.js"

const data = Schema.Unknown.annotations({ description: "object" })

/**
 * The fields of a request, as the signer writes them.
 *
 * @since 0.1.0
 * @category data
 */
export const requestFields = {
  merchantNo: Dto.required(MerchantNo, "SPEC"),
  token: Dto.required(
    Wire.Secret,
    "SPEC",
    'from the login; never signed; sent as `""` in the login itself (PROPOSED)'
  ),
  requestTime: Dto.required(Wire.EpochMillis, "SPEC", "a JSON number in the samples"),
  version: Dto.required(Wire.Text, "SPEC", "the samples send `v1.0`, the table says `V1.0`"),
  nonce: Dto.required(Wire.Text, "SPEC", "16 random characters, new for each attempt"),
  sign: Dto.required(
    Wire.Text,
    "SPEC",
    "MD5 of the canonical text and the secret key, 32 lower-case hex characters"
  ),
  data: Dto.required(data, "SPEC", "the request of the operation; may be empty")
} as const satisfies Dto.Fields

/**
 * The fields of an answer.
 *
 * @since 0.1.0
 * @category data
 */
export const responseFields = {
  code: Dto.required(Wire.Text, "SPEC", "decides between success and failure"),
  msg: Dto.optional(Wire.Text, "SPEC", "for people"),
  timestamp: Dto.optional(Wire.EpochMillis, "SPEC"),
  data: Dto.optional(data, "SPEC", "the response of the operation; decoded only on success"),
  sign: Dto.optional(
    Wire.Text,
    "PROPOSED",
    "in no sample; verified as the contract's `signature.responses` says"
  )
} as const satisfies Dto.Fields

/**
 * `code` decides; `msg` is for people; `timestamp` is epoch milliseconds; `data` is decoded only on success; a `sign` is verified
 * from the raw message. Other fields may appear at any time and are kept under `unknownFields`, redacted because nobody can say what
 * stands in them.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ResponseEnvelope = Dto.response("ResponseEnvelope", responseFields).schema
/**
 * @since 0.1.0
 * @category schemas
 */
export type ResponseEnvelope = typeof ResponseEnvelope.Type
