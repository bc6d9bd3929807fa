/**
 * The records of the world's tables, each definition both its type and the way in which a store writes it down. As
 * JSON, a field that is `undefined` is left out, and is `undefined` again when it is read.
 */
import { AmountFromWire } from "@effect-yunmo/schema/Amount"
import { Meanings } from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Fault from "../Fault.js"
import { Rules } from "../Rules.js"
import { DeliveryStatus } from "../State.js"

const { UndefinedOr } = Schema

const Text = UndefinedOr(Schema.String)

const Secret = Schema.Redacted(Schema.String)

/** With its scale, which other texts of decimals lose: 20.00 is `2000e-2`. */
const Decimal = Schema.transformOrFail(Schema.String, Schema.BigDecimalFromSelf, {
  strict: true,
  decode: (text, _options, ast) =>
    Either.fromOption(BigDecimal.fromString(text), () => new ParseResult.Type(ast, text)),
  encode: ({ scale, value }) => Either.right(`${value}e${-scale}`)
})

const never = "never"

/** Epoch milliseconds, infinite where something never happens, for which JSON has no number. */
const Instant = Schema.transform(Schema.Union(Schema.JsonNumber, Schema.Literal(never)), Schema.NonNegative, {
  strict: true,
  decode: (time) => (time === never ? Number.POSITIVE_INFINITY : time),
  encode: (time) => (time === Number.POSITIVE_INFINITY ? never : time)
})

/** What changes of a merchant; the rest comes from the options. */
export const MerchantState = Schema.Struct({
  enabled: Schema.Boolean,
  callbackUrl: Text
})
export type MerchantState = typeof MerchantState.Type

export const Token = Schema.Struct({
  merchantNo: Ids.MerchantNo,
  /** Never, when there is none. */
  expiresAt: UndefinedOr(Instant)
})
export type Token = typeof Token.Type

/** The key pair under which a merchant's card numbers and PINs are encrypted. */
export const CardKeyPair = Schema.Struct({
  /** SubjectPublicKeyInfo, base64. */
  publicKey: Schema.String,
  /** PKCS #8, base64. */
  privateKey: Secret
})
export type CardKeyPair = typeof CardKeyPair.Type

export const Customer = Schema.Struct({
  customerId: Ids.CustomerId,
  merchantNo: Ids.MerchantNo,
  customerCode: Ids.CustomerCode,
  email: Text,
  phone: Text,
  kyc: Meanings.kycState,
  remark: Text,
  /** The check that counts for the KYC submitted last. */
  livenessId: UndefinedOr(Ids.LivenessTransactionId),
  /** How the review ends by itself, and when; by hand where there is none. */
  review: UndefinedOr(Schema.Struct({ at: Instant, result: Schema.Literal("passed", "rejected") })),
  createdAt: Instant
})
export type Customer = typeof Customer.Type

export const Liveness = Schema.Struct({
  transactionId: Ids.LivenessTransactionId,
  customerId: Ids.CustomerId,
  state: Meanings.livenessState
})
export type Liveness = typeof Liveness.Type

export const Card = Schema.Struct({
  cardId: Ids.CardId,
  merchantNo: Ids.MerchantNo,
  /** A physical card has none until it is bound. */
  customerId: UndefinedOr(Ids.CustomerId),
  cardSampleId: Ids.CardSampleId,
  form: Meanings.cardForm,
  status: Meanings.cardStatus,
  pan: Secret,
  cvv: Secret,
  pin: Secret,
  expiry: Schema.String,
  /** What is booked: always the sum of the card's ledger. */
  balance: Decimal,
  /** What open authorizations and pending decreases keep back. `balance - held` can be spent. */
  held: Decimal,
  limits: Schema.Struct({
    single: UndefinedOr(AmountFromWire),
    daily: UndefinedOr(AmountFromWire),
    monthly: UndefinedOr(AmountFromWire)
  }),
  email: Text,
  dialCode: Text,
  phoneNumber: Text,
  /** On the letter that a physical card comes with. */
  letter: UndefinedOr(Schema.Struct({ sku: Schema.String, activationCode: Secret })),
  createdAt: Instant,
  /** Which one of its holder's cards it is, from 1. */
  position: UndefinedOr(Schema.JsonNumber)
})
export type Card = typeof Card.Type

export const LedgerEntry = Schema.Struct({
  cardId: Ids.CardId,
  at: Instant,
  cause: Schema.Literal("increase", "decrease", "settlement", "refund", "transaction"),
  /** The order or sub-order that moved the money. */
  reference: Schema.String,
  /** Negative where money left the card. */
  amount: Decimal
})
export type LedgerEntry = typeof LedgerEntry.Type

export const Order = Schema.Struct({
  orderNo: Ids.OrderNo,
  merchantNo: Ids.MerchantNo,
  merchantOrderNo: Ids.MerchantOrderNo,
  cardId: Ids.CardId,
  direction: Meanings.adjustmentDirection,
  amount: Decimal,
  status: Meanings.orderStatus,
  createdAt: Instant,
  /** How it ends by itself, and when; by hand where there is none. */
  ending: UndefinedOr(Schema.Struct({ at: Instant, status: Schema.Literal("done", "failed") })),
  /** Shown with a status that no contract has a meaning for. */
  odd: Schema.Boolean
})
export type Order = typeof Order.Type

/** Money in the shop's currency and in the card's. */
const Sum = Schema.Struct({ amount: Decimal, principal: Decimal })
export type Sum = typeof Sum.Type

/** One purchase at a shop, from its authorization on: what the vendor's order number stands for in `TRADE`. */
export const Purchase = Schema.Struct({
  orderNo: Ids.OrderNo,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  state: Schema.Literal("authorized", "settled", "cancelled", "declined"),
  currency: Schema.String,
  merchantName: Text,
  /** What of the authorizations is neither settled nor released; `open.principal` is kept back on the card. */
  open: Sum,
  settled: Sum,
  refunded: Sum
})
export type Purchase = typeof Purchase.Type

/** One event of a purchase, as `TRADE` tells it. */
export const Transaction = Schema.Struct({
  subOrderNo: Ids.SubOrderNo,
  orderNo: Ids.OrderNo,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  kind: Meanings.tradeKind,
  status: Meanings.tradeStatus,
  /** As the shop named it, in its currency. */
  amount: AmountFromWire,
  currency: Schema.String,
  /** In the card's currency. */
  principal: Decimal,
  merchantName: Text,
  at: Instant,
  declineReason: Text
})
export type Transaction = typeof Transaction.Type

export const ThreeDs = Schema.Struct({
  authId: Ids.AuthorizationId,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  amount: AmountFromWire,
  currency: Schema.String,
  merchantName: Text,
  createdAt: Instant,
  expiresAt: Instant,
  decision: UndefinedOr(Meanings.threeDsResult),
  decidedAt: UndefinedOr(Instant)
})
export type ThreeDs = typeof ThreeDs.Type

const Attempt = Schema.Struct({
  at: Instant,
  status: UndefinedOr(Schema.JsonNumber),
  error: Text,
  answer: Text,
  /** Where it differs from the delivery's. */
  body: Text
})
export type Attempt = typeof Attempt.Type

export const Delivery = Schema.Struct({
  id: Schema.JsonNumber,
  merchantNo: Ids.MerchantNo,
  eventType: Schema.String,
  eventName: Schema.String,
  subject: Text,
  body: Schema.String,
  createdAt: Instant,
  status: DeliveryStatus,
  faults: Schema.Array(Fault.NotificationFault),
  echoOf: UndefinedOr(Schema.JsonNumber),
  nextAttemptAt: UndefinedOr(Instant),
  attempts: Schema.Array(Attempt)
})
export type Delivery = typeof Delivery.Type

const Count = Schema.Struct({
  matched: Schema.Record({ key: Schema.String, value: Schema.JsonNumber }),
  fired: Schema.JsonNumber
})

/** What is kept beside the tables, replaced as a whole. */
export const Settings = Schema.Struct({
  /** What the faults and the nonces of echoes and re-sends are drawn from. */
  seed: Schema.JsonNumber,
  rules: Rules,
  faults: Schema.Struct({
    plan: Fault.Plan,
    calls: Schema.Array(Count),
    notifications: Schema.Array(Count)
  }),
  /** How many notifications there were: the number of the last one. */
  told: Schema.JsonNumber,
  /** Acknowledged notifications that are no longer kept. */
  forgotten: Schema.JsonNumber
})
export type Settings = typeof Settings.Type

/** Where the source of chance stands. */
export const RandomState = Schema.Tuple(
  Schema.JsonNumber,
  Schema.JsonNumber,
  Schema.JsonNumber,
  Schema.JsonNumber
)

/** How the clock stands to the machine's. */
export const ClockSetting = Schema.Struct({
  ahead: Schema.JsonNumber,
  frozenAt: UndefinedOr(Schema.JsonNumber)
})
