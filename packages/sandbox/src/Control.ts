/**
 * What the control surface takes and gives: it makes happen what a cardholder, a shop, a bank or the vendor's staff
 * would. The `Sandbox` service takes the same values that `ControlApi` reads from JSON.
 *
 * @since 0.1.0
 */
import { PositiveAmountFromWire } from "@effect-yunmo/schema/Amount"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Schema from "effect/Schema"

/** A misspelt field is refused: passed over, it would make something else happen than was asked for. */
const strict = { parseOptions: { errors: "all", onExcessProperty: "error" } } as const

/** Goes into a signed notification, so it has to be text that every reader reads the same. */
const Words = Schema.NonEmptyTrimmedString.pipe(
  Schema.maxLength(200),
  Schema.filter((text) => !/\p{Surrogate}/u.test(text) || "expected text without halves of surrogate pairs")
)

const Currency = Schema.String.pipe(
  Schema.pattern(/^[A-Z]{3}$/, { message: () => "expected an ISO 4217 code such as USD" })
)

/** The only merchant, or the first, when it is not given. */
const merchantNo = Schema.optional(Ids.MerchantNo)

/**
 * @since 0.1.0
 * @category inputs
 */
export const SetCallback = Schema.Struct({ url: Schema.String, merchantNo }).annotations({
  ...strict,
  identifier: "SetCallback"
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type SetCallback = typeof SetCallback.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const SetMerchantEnabled = Schema.Struct({ enabled: Schema.Boolean, merchantNo }).annotations({
  ...strict,
  identifier: "SetMerchantEnabled"
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type SetMerchantEnabled = typeof SetMerchantEnabled.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const ReviewKyc = Schema.Struct({
  customerId: Ids.CustomerId,
  result: Schema.Literal("passed", "rejected"),
  remark: Schema.optional(Words)
}).annotations({ ...strict, identifier: "ReviewKyc" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type ReviewKyc = typeof ReviewKyc.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const FinishLiveness = Schema.Struct({
  customerId: Ids.CustomerId,
  result: Schema.Literal("passed", "failed")
}).annotations({ ...strict, identifier: "FinishLiveness" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type FinishLiveness = typeof FinishLiveness.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const MakePhysicalCard = Schema.Struct({ merchantNo }).annotations({
  ...strict,
  identifier: "MakePhysicalCard"
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type MakePhysicalCard = typeof MakePhysicalCard.Type

/**
 * What stands on the letter of a manufactured card; `cardId` is what it answers to from then on.
 *
 * @since 0.1.0
 * @category outputs
 */
export const PhysicalCard = Schema.Struct({
  cardId: Ids.CardId,
  sku: Schema.String,
  activationCode: Schema.Redacted(Schema.String)
}).annotations({ identifier: "PhysicalCard" })
/**
 * @since 0.1.0
 * @category outputs
 */
export type PhysicalCard = typeof PhysicalCard.Type

/**
 * A purchase at a shop. `amount` is in the shop's `currency`; `principal`, in the card's, is made by a fixed rate when
 * it is not given.
 *
 * @since 0.1.0
 * @category inputs
 */
export const Purchase = Schema.Struct({
  cardId: Ids.CardId,
  amount: PositiveAmountFromWire,
  currency: Currency,
  principal: Schema.optional(PositiveAmountFromWire),
  merchantName: Schema.optional(Words)
}).annotations({ ...strict, identifier: "Purchase" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type Purchase = typeof Purchase.Type

/**
 * More on an open authorization, in its currency.
 *
 * @since 0.1.0
 * @category inputs
 */
export const AdditionalAuthorization = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: PositiveAmountFromWire,
  principal: Schema.optional(PositiveAmountFromWire)
}).annotations({ ...strict, identifier: "AdditionalAuthorization" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type AdditionalAuthorization = typeof AdditionalAuthorization.Type

/**
 * A settlement or a refund: of all there is when no amount is given.
 *
 * @since 0.1.0
 * @category inputs
 */
export const Posting = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: Schema.optional(PositiveAmountFromWire),
  principal: Schema.optional(PositiveAmountFromWire)
}).annotations({ ...strict, identifier: "Posting" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type Posting = typeof Posting.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const Cancellation = Schema.Struct({ orderNo: Ids.OrderNo }).annotations({
  ...strict,
  identifier: "Cancellation"
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type Cancellation = typeof Cancellation.Type

/**
 * What a shop is told: `failed` when the card declined, with the reason.
 *
 * @since 0.1.0
 * @category outputs
 */
export const ShopAnswer = Schema.Struct({
  orderNo: Ids.OrderNo,
  subOrderNo: Ids.SubOrderNo,
  status: Schema.Literal("succeeded", "failed"),
  declineReason: Schema.optional(Schema.String)
}).annotations({ identifier: "ShopAnswer" })
/**
 * @since 0.1.0
 * @category outputs
 */
export type ShopAnswer = typeof ShopAnswer.Type

/**
 * A 3-D Secure request, open for 300 seconds unless set.
 *
 * @since 0.1.0
 * @category inputs
 */
export const ThreeDsRequest = Schema.Struct({
  cardId: Ids.CardId,
  amount: PositiveAmountFromWire,
  currency: Currency,
  merchantName: Schema.optional(Words),
  expiresInSeconds: Schema.optional(Schema.Number.pipe(Schema.between(0, 86_400)))
}).annotations({ ...strict, identifier: "ThreeDsRequest" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type ThreeDsRequest = typeof ThreeDsRequest.Type

/**
 * @since 0.1.0
 * @category outputs
 */
export const ThreeDsRequested = Schema.Struct({
  authId: Ids.AuthorizationId,
  expiresAt: Schema.Number
}).annotations({ identifier: "ThreeDsRequested" })
/**
 * @since 0.1.0
 * @category outputs
 */
export type ThreeDsRequested = typeof ThreeDsRequested.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const FinishOrder = Schema.Struct({
  merchantOrderNo: Ids.MerchantOrderNo,
  result: Schema.Literal("done", "failed"),
  merchantNo
}).annotations({ ...strict, identifier: "FinishOrder" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type FinishOrder = typeof FinishOrder.Type

/**
 * What decrypts the answers of 4.11 and 4.12: RSA-OAEP with SHA-256 (PROPOSED), keys and data in base64.
 *
 * @since 0.1.0
 * @category outputs
 */
export const CardKey = Schema.Struct({
  /** SubjectPublicKeyInfo, as it stands in the answers. */
  publicKey: Schema.String,
  /** PKCS #8. */
  privateKey: Schema.Redacted(Schema.String)
}).annotations({ identifier: "CardKey" })
/**
 * @since 0.1.0
 * @category outputs
 */
export type CardKey = typeof CardKey.Type
