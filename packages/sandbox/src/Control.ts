/**
 * What the control surface takes and gives: it makes happen what a cardholder, a shop, a bank or the vendor's staff
 * would. The `Sandbox` service takes the same values that `ControlApi` reads from JSON.
 *
 * @since 0.1.0
 */
import { PositiveAmountFromWire } from "@effect-yunmo/schema/Amount"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Schema from "effect/Schema"
import { DeliveryStatus } from "./State.js"

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
 * A settlement: of all that is authorized when no amount is given. One that is not `final` leaves the rest authorized, as of a
 * shop that sends a purchase in parts; a final one, as it is unless said otherwise, releases it.
 *
 * @since 0.1.0
 * @category inputs
 */
export const Settlement = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: Schema.optional(PositiveAmountFromWire),
  principal: Schema.optional(PositiveAmountFromWire),
  final: Schema.optional(Schema.Boolean)
}).annotations({ ...strict, identifier: "Settlement" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type Settlement = typeof Settlement.Type

/**
 * A refund: of all there is when no amount is given.
 *
 * @since 0.1.0
 * @category inputs
 */
export const Refund = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: Schema.optional(PositiveAmountFromWire),
  principal: Schema.optional(PositiveAmountFromWire)
}).annotations({ ...strict, identifier: "Refund" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type Refund = typeof Refund.Type

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

/**
 * Moves the sandbox's clock forward: by seconds, or to an instant. Reviews, orders, deadlines, tokens and re-sends follow it.
 *
 * @since 0.1.0
 * @category inputs
 */
export const MoveClock = Schema.Struct({
  bySeconds: Schema.optional(Schema.Number.pipe(Schema.finite(), Schema.between(0, 3_153_600_000))),
  /** ISO 8601 with a zone: `2026-03-01T09:30:00Z`. */
  to: Schema.optional(Schema.DateTimeUtc)
})
  .pipe(
    Schema.filter(
      ({ bySeconds, to }) => (bySeconds === undefined) !== (to === undefined) || "give either bySeconds or to"
    )
  )
  .annotations({ ...strict, identifier: "MoveClock" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type MoveClock = typeof MoveClock.Type

/**
 * The name of a snapshot: to take it, or to go back to it.
 *
 * @since 0.1.0
 * @category inputs
 */
export const SnapshotName = Schema.Struct({
  name: Schema.String.pipe(
    Schema.pattern(/^[\w.-]{1,64}$/, {
      message: () => "expected 1 to 64 letters, digits, dots, dashes or underscores"
    })
  )
}).annotations({ ...strict, identifier: "SnapshotName" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type SnapshotName = typeof SnapshotName.Type

/**
 * Which notifications to show: those with a greater id than `after`, `limit` of them at most.
 *
 * @since 0.1.0
 * @category inputs
 */
export const DeliveriesQuery = Schema.Struct({
  after: Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative())),
  limit: Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.positive())),
  status: Schema.optional(DeliveryStatus)
}).annotations({ ...strict, identifier: "DeliveriesQuery" })
/**
 * @since 0.1.0
 * @category inputs
 */
export type DeliveriesQuery = typeof DeliveriesQuery.Type
