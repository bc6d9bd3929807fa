import * as Amount from "@effect-yunmo/schema/Amount"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Dto from "@effect-yunmo/schema/Dto"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as VendorTime from "@effect-yunmo/schema/VendorTime"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as CardNumber from "./cardNumber.js"
import { amountOf } from "./money.js"
import type { Vocabulary } from "./vocabulary.js"
import type { Customer, News, ThreeDs, Transaction } from "./world.js"

/** What a notification says, before the envelope is put around it and signed. */
export interface Content {
  readonly eventType: string
  /** VENDOR 6.1. */
  readonly eventName: "kyc_status" | "3ds" | "trade"
  /** The card or customer it is about. */
  readonly subject: string
  readonly data: Codec.JsonObject
}

const unknownFields = Dto.noUnknownFields

const timeText = (millis: number): VendorTime.VendorTime => VendorTime.fromUtc(DateTime.unsafeMake(millis))

/** Every field of the vendor's sample in its order, `null` where there is nothing to say (VENDOR 6.4). */
const encode = <A, I>(
  { contract, fieldOf }: Vocabulary,
  dto: Dto.Dto & { readonly schema: Schema.Schema<A, I> },
  data: A
): Effect.Effect<Codec.JsonObject> =>
  // What fails here was put together a few lines below, not by a caller.
  Effect.map(Effect.orDie(Codec.encodeNotificationData(contract, dto, data)), (encoded) =>
    Object.fromEntries(
      Object.keys(dto.fields).map((field) => {
        const name = fieldOf(dto, field)
        return [name, encoded[name] ?? null]
      })
    )
  )

const kyc = (vocabulary: Vocabulary, customer: Customer): Effect.Effect<Codec.JsonObject> =>
  encode(vocabulary, Notification.KycData, {
    customerId: customer.customerId,
    auditState: vocabulary.valueOf("kycState", customer.kyc),
    auditRemark: customer.remark,
    unknownFields
  })

const threeDs = (vocabulary: Vocabulary, request: ThreeDs, pan: string): Effect.Effect<Codec.JsonObject> =>
  encode(vocabulary, Notification.ThreeDsData, {
    authId: request.authId,
    cardId: request.cardId,
    cardPan: Redacted.make(CardNumber.masked(pan)),
    txnCurrency: request.currency,
    txnAmount: request.amount,
    cardAcceptorLocationName: request.merchantName,
    createdTime: timeText(request.createdAt),
    expireTimeStamp: String(request.expiresAt),
    unknownFields
  })

const noFee = Amount.Amount.unsafeFromText("0.00")
const noFxFee = Amount.Amount.unsafeFromText("0.0000")

const trade = (vocabulary: Vocabulary, transaction: Transaction): Effect.Effect<Codec.JsonObject> => {
  const { kind } = transaction
  const principal = amountOf(transaction.principal)
  const refund = kind === "refund" ? { refund: principal, refundFee: noFee } : {}
  const channelRefund = kind === "refund" ? { channelRefund: principal, channelRefundFee: noFee } : {}
  const reversal = kind === "cancellation" ? { reversal: principal, reversalFee: noFee } : {}
  return encode(vocabulary, Notification.TradeData, {
    orderNo: transaction.orderNo,
    subOrderNo: transaction.subOrderNo,
    cardId: transaction.cardId,
    [vocabulary.contract.tradeKindField]: vocabulary.valueOf("tradeKind", kind),
    status: vocabulary.valueOf("tradeStatus", transaction.status),
    amount: transaction.amount,
    currency: transaction.currency,
    principal,
    ...refund,
    ...reversal,
    atmFee: noFee,
    authorizationFee: noFee,
    fxFee: noFxFee,
    serviceFee: noFee,
    eventTime: timeText(transaction.at),
    terminalMerchantName: transaction.merchantName,
    terminalMerchantCountry: "PH",
    channelPrincipal: principal,
    ...channelRefund,
    channelAtmFee: noFee,
    unknownFields
  })
}

/** Puts news into the vendor's words. */
export const compose = (vocabulary: Vocabulary, news: News): Effect.Effect<Content> => {
  switch (news._tag) {
    case "Kyc":
      return Effect.map(kyc(vocabulary, news.customer), (data) => ({
        eventType: vocabulary.valueOf("eventType", "kyc"),
        eventName: "kyc_status",
        subject: news.customer.customerId,
        data
      }))
    case "ThreeDs":
      return Effect.map(threeDs(vocabulary, news.request, Redacted.value(news.card.pan)), (data) => ({
        eventType: vocabulary.valueOf("eventType", "threeDs"),
        eventName: "3ds",
        subject: news.request.cardId,
        data
      }))
    case "Trade":
      return Effect.map(trade(vocabulary, news.transaction), (data) => ({
        eventType: vocabulary.valueOf("eventType", "trade"),
        eventName: "trade",
        subject: news.transaction.cardId,
        data
      }))
  }
}

const Sent = Schema.parseJson(
  Schema.Struct({
    data: Schema.declare(
      (input: unknown): input is Codec.JsonObject => typeof input === "object" && input !== null
    )
  })
)

/** What stands in a notification that was composed here. */
export const read: (body: string) => { readonly data: Codec.JsonObject } = Schema.decodeSync(Sent)
