/**
 * Section 2, customers.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Dto from "./Dto.js"
import { CustomerCode, CustomerId } from "./Ids.js"
import * as Wire from "./Wire.js"

/**
 * An email address: something, an `@`, something. The vendor's own rule is not known.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Email = Schema.String.pipe(
  Schema.pattern(/^[^\s@]+@[^\s@]+$/, {
    description: "email address",
    message: () => "expected an email address such as ada@example.com"
  })
)

/**
 * Digits of a telephone number, with an optional leading plus.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PhoneNumber = Schema.String.pipe(
  Schema.pattern(/^\+?\d{4,20}$/, {
    description: "telephone number",
    message: () => "expected 4 to 20 digits, with an optional leading +"
  })
)

/**
 * @since 0.1.0
 * @category requests
 */
export const CustomerAddDto = Dto.request("CustomerAddDto", {
  customerCode: Dto.required(CustomerCode, "SPEC", "unique per merchant (4000004)"),
  email: Dto.optional(Email, "PROPOSED"),
  phone: Dto.optional(PhoneNumber, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CustomerAddDto = typeof CustomerAddDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const CustomerAddVo = Dto.response("CustomerAddVo", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  customerCode: Dto.optional(CustomerCode, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CustomerAddVo = typeof CustomerAddVo.schema.Type

/**
 * By one of the two keys.
 *
 * @since 0.1.0
 * @category requests
 */
export const CustomerQueryDto = Dto.request("CustomerQueryDto", {
  customerCode: Dto.optional(CustomerCode, "PROPOSED"),
  customerId: Dto.optional(CustomerId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CustomerQueryDto = typeof CustomerQueryDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const CustomerQueryVo = Dto.response("CustomerQueryVo", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  customerCode: Dto.optional(CustomerCode, "PROPOSED"),
  email: Dto.optional(Wire.Text, "PROPOSED"),
  phone: Dto.optional(Wire.Text, "PROPOSED"),
  auditState: Dto.optional(Wire.Text, "PROPOSED", "KYC state, read through the enum `kycState`")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CustomerQueryVo = typeof CustomerQueryVo.schema.Type
