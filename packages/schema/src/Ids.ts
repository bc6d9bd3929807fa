/**
 * Branded identifiers. A card id cannot be passed where a customer id is wanted. Their inner form is the vendor's
 * business and is not checked, beyond being text without surrounding blanks.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Wire from "./Wire.js"

const text = Wire.Text.pipe(Schema.compose(Wire.NonBlankText))

/**
 * Assigned to the merchant by YUNMO, `BU078255558` in the samples (SPEC).
 *
 * @since 0.1.0
 * @category ids
 */
export const MerchantNo = text.pipe(Schema.brand("MerchantNo", { description: "merchant number" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type MerchantNo = typeof MerchantNo.Type

/**
 * The merchant's own key of a customer, unique per merchant (SPEC sample, VENDOR 4000004).
 *
 * @since 0.1.0
 * @category ids
 */
export const CustomerCode = text.pipe(Schema.brand("CustomerCode", { description: "customer code" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type CustomerCode = typeof CustomerCode.Type

/**
 * The vendor's key of a customer (VENDOR 3.2).
 *
 * @since 0.1.0
 * @category ids
 */
export const CustomerId = text.pipe(Schema.brand("CustomerId", { description: "customer id" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type CustomerId = typeof CustomerId.Type

/**
 * The vendor's key of a card, `CDAU079126648V01` in the sample (VENDOR 6.4). Not the card number.
 *
 * @since 0.1.0
 * @category ids
 */
export const CardId = text.pipe(Schema.brand("CardId", { description: "card id" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type CardId = typeof CardId.Type

/**
 * A card product that the merchant may open (NAME 4.01; the field is PROPOSED).
 *
 * @since 0.1.0
 * @category ids
 */
export const CardSampleId = text.pipe(Schema.brand("CardSampleId", { description: "card sample id" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type CardSampleId = typeof CardSampleId.Type

/**
 * The vendor's order number, `OR` and digits in the sample (VENDOR 6.4).
 *
 * @since 0.1.0
 * @category ids
 */
export const OrderNo = text.pipe(Schema.brand("OrderNo", { description: "order number" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type OrderNo = typeof OrderNo.Type

/**
 * The vendor's sub-order number, `SU` and digits in the sample (VENDOR 6.4).
 *
 * @since 0.1.0
 * @category ids
 */
export const SubOrderNo = text.pipe(Schema.brand("SubOrderNo", { description: "sub-order number" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type SubOrderNo = typeof SubOrderNo.Type

/**
 * The merchant's own order number of a balance adjustment: made once, journalled before the first byte leaves,
 * the same on every attempt (PROPOSED).
 *
 * @since 0.1.0
 * @category ids
 */
export const MerchantOrderNo = text.pipe(
  Schema.brand("MerchantOrderNo", { description: "merchant's order number" })
)
/**
 * @since 0.1.0
 * @category ids
 */
export type MerchantOrderNo = typeof MerchantOrderNo.Type

/**
 * The vendor's key of one liveness check (VENDOR 3.2).
 *
 * @since 0.1.0
 * @category ids
 */
export const LivenessTransactionId = text.pipe(
  Schema.brand("LivenessTransactionId", { description: "liveness transaction id" })
)
/**
 * @since 0.1.0
 * @category ids
 */
export type LivenessTransactionId = typeof LivenessTransactionId.Type

/**
 * The vendor's key of one 3-D Secure authorization (SIBLING `authId`).
 *
 * @since 0.1.0
 * @category ids
 */
export const AuthorizationId = text.pipe(Schema.brand("AuthorizationId", { description: "authorization id" }))
/**
 * @since 0.1.0
 * @category ids
 */
export type AuthorizationId = typeof AuthorizationId.Type
