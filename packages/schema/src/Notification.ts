/**
 * The notifications the vendor sends (VENDOR 6.1, 6.4): KYC, 3-D Secure, card transactions, and any kind added since.
 * A notification is a hint to look, not a proof: before money or access changes, read the state back where the API
 * can be asked.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AmountFromWire } from "./Amount.js"
import * as Dto from "./Dto.js"
import { AuthorizationId, CardId, CustomerId, MerchantNo, OrderNo, SubOrderNo } from "./Ids.js"
import * as VendorTime from "./VendorTime.js"
import * as Wire from "./Wire.js"

/**
 * The fields around `data` (VENDOR 6.1). There is no token and no notification id.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Envelope = Schema.Struct({
  merchantNo: MerchantNo,
  requestTime: Schema.optionalWith(Wire.EpochMillis, { nullable: true }),
  version: Schema.optionalWith(Wire.Text, { nullable: true }),
  nonce: Schema.optionalWith(Wire.Text, { nullable: true }),
  eventType: Wire.Text,
  eventName: Schema.optionalWith(Wire.Text, { nullable: true })
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Envelope = typeof Envelope.Type

/**
 * The same fields and the two that are no business of whoever reads a verified message, each with its source.
 *
 * @since 0.1.0
 * @category data
 */
export const envelopeFields = {
  merchantNo: Dto.required(MerchantNo, "VENDOR"),
  requestTime: Dto.optional(Wire.EpochMillis, "VENDOR", "a JSON number in the samples"),
  version: Dto.optional(Wire.Text, "VENDOR"),
  nonce: Dto.optional(Wire.Text, "VENDOR"),
  sign: Dto.required(Wire.Text, "VENDOR", "verified over the raw message, before anything is decoded"),
  eventType: Dto.required(Wire.Text, "VENDOR", "read through the enum `eventType`"),
  eventName: Dto.optional(Wire.Text, "VENDOR"),
  data: Dto.required(Schema.Unknown.annotations({ description: "object" }), "VENDOR")
} as const satisfies Dto.Fields

/**
 * `data` of a `KYC` notification.
 *
 * @since 0.1.0
 * @category schemas
 */
export const KycData = Dto.response("KycNotification", {
  customerId: Dto.required(CustomerId, "VENDOR"),
  auditState: Dto.required(Wire.IntegerText, "VENDOR", "an integer, read through the enum `kycState`"),
  auditRemark: Dto.optional(Wire.Text, "VENDOR")
})

/**
 * `data` of a `_3DS` notification. The vendor's page is not known: every field is SIBLING.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ThreeDsData = Dto.response("ThreeDsNotification", {
  authId: Dto.required(AuthorizationId, "SIBLING"),
  cardId: Dto.required(CardId, "SIBLING"),
  cardPan: Dto.optional(Wire.Secret, "SIBLING", "masked by the vendor, and kept from showing all the same"),
  txnCurrency: Dto.optional(Wire.Text, "SIBLING"),
  txnAmount: Dto.optional(AmountFromWire, "SIBLING"),
  cardAcceptorLocationName: Dto.optional(Wire.Text, "SIBLING"),
  createdTime: Dto.optional(Wire.Text, "SIBLING"),
  expireTimeStamp: Dto.optional(Wire.Text, "SIBLING", "the deadline of the answer, read by `threeDsDeadline`")
})

/**
 * `data` of a `TRADE` notification, in the order of the vendor's sample (VENDOR 6.4). Many are null there.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TradeData = Dto.response("TradeNotification", {
  orderNo: Dto.required(OrderNo, "VENDOR"),
  subOrderNo: Dto.optional(SubOrderNo, "VENDOR"),
  cardId: Dto.required(CardId, "VENDOR"),
  eventType: Dto.optional(Wire.Text, "VENDOR"),
  subType: Dto.optional(Wire.Text, "VENDOR"),
  status: Dto.optional(Wire.Text, "VENDOR"),
  subStatus: Dto.optional(Wire.Text, "VENDOR"),
  amount: Dto.optional(AmountFromWire, "VENDOR"),
  currency: Dto.optional(Wire.Text, "VENDOR"),
  principal: Dto.optional(AmountFromWire, "VENDOR"),
  refund: Dto.optional(AmountFromWire, "VENDOR"),
  refundFee: Dto.optional(AmountFromWire, "VENDOR"),
  reversal: Dto.optional(AmountFromWire, "VENDOR"),
  reversalFee: Dto.optional(AmountFromWire, "VENDOR"),
  atmFee: Dto.optional(AmountFromWire, "VENDOR"),
  authorizationFee: Dto.optional(AmountFromWire, "VENDOR"),
  fxFee: Dto.optional(AmountFromWire, "VENDOR"),
  serviceFee: Dto.optional(AmountFromWire, "VENDOR"),
  cardFixedAmount: Dto.optional(AmountFromWire, "VENDOR"),
  eventTime: Dto.optional(VendorTime.VendorTime, "VENDOR", "yyyy-MM-dd HH:mm:ss"),
  terminalMerchantId: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantName: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantCountry: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantCity: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantMccCode: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantMccCategory: Dto.optional(Wire.Text, "VENDOR"),
  terminalMerchantPostCode: Dto.optional(Wire.Text, "VENDOR"),
  transactionCategory: Dto.optional(Wire.Text, "VENDOR"),
  transactionChannel: Dto.optional(Wire.Text, "VENDOR"),
  channelPrincipal: Dto.optional(AmountFromWire, "VENDOR"),
  channelRefund: Dto.optional(AmountFromWire, "VENDOR"),
  channelRefundFee: Dto.optional(AmountFromWire, "VENDOR"),
  channelAtmFee: Dto.optional(AmountFromWire, "VENDOR"),
  channelFixedAmount: Dto.optional(AmountFromWire, "VENDOR")
})

/**
 * The field of a transaction that can say which of the six kinds it is. The vendor's page does not tell; `Contract` does.
 *
 * @since 0.1.0
 * @category models
 */
export const TradeKindField = Schema.Literal("eventType", "subType", "transactionCategory")
/**
 * @since 0.1.0
 * @category models
 */
export type TradeKindField = typeof TradeKindField.Type

/**
 * A decoded notification. `Unknown` is a verified message of a kind this package has no schema for; its data is redacted
 * because nobody can say what stands in it.
 *
 * @since 0.1.0
 * @category models
 */
export type Notification = Data.TaggedEnum<{
  Kyc: { readonly envelope: Envelope; readonly data: typeof KycData.schema.Type }
  ThreeDs: { readonly envelope: Envelope; readonly data: typeof ThreeDsData.schema.Type }
  Trade: { readonly envelope: Envelope; readonly data: typeof TradeData.schema.Type }
  Unknown: { readonly envelope: Envelope; readonly data: Redacted.Redacted<unknown> }
}>

/**
 * @since 0.1.0
 * @category constructors
 */
export const Notification = Data.taggedEnum<Notification>()

/**
 * @since 0.1.0
 * @category models
 */
export type Kind = Notification["_tag"]

/**
 * @since 0.1.0
 * @category models
 */
export type Of<K extends Kind> = Extract<Notification, { readonly _tag: K }>

/**
 * The card or customer a notification is about: notifications of one subject are handled one at a time, in order of
 * arrival. `none` where nobody can tell.
 *
 * @since 0.1.0
 * @category models
 */
export interface Subject {
  readonly kind: "card" | "customer" | "none"
  readonly id: string
}

/**
 * The kinds that have a schema: what the vendor calls them (VENDOR 6.1), which field of their data names the subject, and
 * which fields together recognise one (the business key). `subject` and the keys below are read off this table.
 *
 * @since 0.1.0
 * @category data
 */
export const kinds = {
  Kyc: {
    meaning: "kyc",
    eventName: "kyc_status",
    title: "KYC result",
    data: KycData,
    subject: { kind: "customer", field: "customerId" },
    key: ["customerId", "auditState"]
  },
  ThreeDs: {
    meaning: "threeDs",
    eventName: "3ds",
    title: "3-D Secure authorization request",
    data: ThreeDsData,
    subject: { kind: "card", field: "cardId" },
    key: ["authId"]
  },
  Trade: {
    meaning: "trade",
    eventName: "trade",
    title: "card transaction",
    data: TradeData,
    subject: { kind: "card", field: "cardId" },
    key: ["orderNo", "subOrderNo", "eventType", "subType", "status", "subStatus"]
  }
} as const

/**
 * @since 0.1.0
 * @category accessors
 */
export const subject = Notification.$match({
  Kyc: ({ data }): Subject => subjectOf(kinds.Kyc.subject, data),
  ThreeDs: ({ data }): Subject => subjectOf(kinds.ThreeDs.subject, data),
  Trade: ({ data }): Subject => subjectOf(kinds.Trade.subject, data),
  Unknown: (): Subject => ({ kind: "none", id: "" })
})

const subjectOf = <K extends string>(
  { field, kind }: { readonly kind: "card" | "customer"; readonly field: K },
  data: Readonly<Record<K, string>>
): Subject => ({ kind, id: data[field] })

/** An absent part has a value of its own, `null`. */
const keyOf = <K extends string>(
  fields: ReadonlyArray<K>,
  data: Readonly<Partial<Record<K, string | undefined>>>
): string => JSON.stringify(fields.map((field) => data[field] ?? null))

/**
 * The deadline of a 3-D Secure request in epoch milliseconds; `None` when it names none that can be read, so that a request
 * is not lost over a date. Read are 13 digits as milliseconds and 10 as seconds (both PROPOSED), and the vendor's
 * `yyyy-MM-dd HH:mm:ss` as UTC.
 *
 * @since 0.1.0
 * @category accessors
 */
export const threeDsDeadline = ({ expireTimeStamp }: Of<"ThreeDs">["data"]): Option.Option<number> => {
  if (expireTimeStamp === undefined) {
    return Option.none()
  }
  return /^\d{13}$/.test(expireTimeStamp)
    ? Option.some(Number(expireTimeStamp))
    : /^\d{10}$/.test(expireTimeStamp)
      ? Option.some(Number(expireTimeStamp) * 1000)
      : Option.map(VendorTime.toUtc(VendorTime.VendorTime.make(expireTimeStamp)), DateTime.toEpochMillis)
}

/**
 * What recognises a KYC result: the customer and the state. It is an assignment, which may be repeated.
 *
 * @since 0.1.0
 * @category keys
 */
export const kycKey = (data: Of<"Kyc">["data"]): string => keyOf(kinds.Kyc.key, data)

/**
 * What recognises a 3-D Secure request: the authorization id.
 *
 * @since 0.1.0
 * @category keys
 */
export const threeDsKey = (data: Of<"ThreeDs">["data"]): string => keyOf(kinds.ThreeDs.key, data)

/**
 * What recognises a transaction event: order, sub-order, event type, sub-type, status and sub-status. An absent part has
 * a value of its own, `null`. Where the contract reads the kind of a transaction from a field that is none of these, that
 * field is part of the key: an authorization and its settlement may agree in everything else.
 *
 * @since 0.1.0
 * @category keys
 */
export const tradeKey = (data: Of<"Trade">["data"], kindField: TradeKindField = "subType"): string => {
  const key = keyOf(kinds.Trade.key, data)
  return kindField === "transactionCategory" ? JSON.stringify([key, data.transactionCategory ?? null]) : key
}

/**
 * What recognises an effect, so that the same event told twice changes nothing twice: the key of its kind, unique within
 * merchant and kind. An unknown kind has none. `kindField` is the contract's `tradeKindField`.
 *
 * @since 0.1.0
 * @category keys
 */
export function businessKey(
  notification: Exclude<Notification, { readonly _tag: "Unknown" }>,
  kindField?: TradeKindField
): string
export function businessKey(notification: Notification, kindField?: TradeKindField): string | undefined
export function businessKey(notification: Notification, kindField?: TradeKindField): string | undefined {
  switch (notification._tag) {
    case "Kyc":
      return kycKey(notification.data)
    case "ThreeDs":
      return threeDsKey(notification.data)
    case "Trade":
      return tradeKey(notification.data, kindField)
    case "Unknown":
      return undefined
  }
}
