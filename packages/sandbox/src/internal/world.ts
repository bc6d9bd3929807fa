/**
 * All that the sandbox knows, as plain records in maps. A record is replaced, never changed in place: the maps alone
 * tell what was written, so a store can sit behind them and a snapshot is a copy of them.
 */
import type { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import type * as BigDecimal from "effect/BigDecimal"
import type * as Redacted from "effect/Redacted"
import type { Generator } from "./random.js"

export interface Merchant {
  readonly merchantNo: Ids.MerchantNo
  readonly apiKey: Redacted.Redacted<string>
  readonly key: SigningKey
  readonly enabled: boolean
  readonly callbackUrl: string | undefined
}

export interface Token {
  readonly merchantNo: Ids.MerchantNo
  readonly expiresAt: number
}

export interface Customer {
  readonly customerId: Ids.CustomerId
  readonly merchantNo: Ids.MerchantNo
  readonly customerCode: Ids.CustomerCode
  readonly email: string | undefined
  readonly phone: string | undefined
  readonly kyc: Meaning<"kycState">
  readonly remark: string | undefined
  /** The check that counts for the KYC submitted last. */
  readonly livenessId: Ids.LivenessTransactionId | undefined
  readonly createdAt: number
}

export interface Liveness {
  readonly transactionId: Ids.LivenessTransactionId
  readonly customerId: Ids.CustomerId
  readonly state: Meaning<"livenessState">
}

export interface Limits {
  readonly single: Amount | undefined
  readonly daily: Amount | undefined
  readonly monthly: Amount | undefined
}

export interface Card {
  readonly cardId: Ids.CardId
  readonly merchantNo: Ids.MerchantNo
  /** A physical card has none until it is bound. */
  readonly customerId: Ids.CustomerId | undefined
  readonly cardSampleId: Ids.CardSampleId
  readonly form: Meaning<"cardForm">
  readonly status: Meaning<"cardStatus">
  readonly pan: Redacted.Redacted<string>
  readonly cvv: Redacted.Redacted<string>
  readonly pin: Redacted.Redacted<string>
  readonly expiry: string
  /** What is booked: always the sum of the card's ledger. */
  readonly balance: BigDecimal.BigDecimal
  /** What open authorizations and pending decreases keep back. `balance - held` can be spent. */
  readonly held: BigDecimal.BigDecimal
  readonly limits: Limits
  readonly email: string | undefined
  readonly dialCode: string | undefined
  readonly phoneNumber: string | undefined
  /** On the letter that a physical card comes with. */
  readonly letter: { readonly sku: string; readonly activationCode: Redacted.Redacted<string> } | undefined
  readonly createdAt: number
}

export interface LedgerEntry {
  readonly at: number
  readonly cause: "increase" | "decrease" | "settlement" | "refund" | "transaction"
  /** The order or sub-order that moved the money. */
  readonly reference: string
  /** Negative where money left the card. */
  readonly amount: BigDecimal.BigDecimal
}

export interface Order {
  readonly orderNo: Ids.OrderNo
  readonly merchantNo: Ids.MerchantNo
  readonly merchantOrderNo: Ids.MerchantOrderNo
  readonly cardId: Ids.CardId
  readonly direction: Meaning<"adjustmentDirection">
  readonly amount: BigDecimal.BigDecimal
  readonly status: Meaning<"orderStatus">
  readonly createdAt: number
  /** When it becomes done by itself; infinite when only a person finishes it. */
  readonly settlesAt: number
}

/** Money in the shop's currency and in the card's. */
export interface Sum {
  readonly amount: BigDecimal.BigDecimal
  readonly principal: BigDecimal.BigDecimal
}

/** One purchase at a shop, from its authorization on: what the vendor's order number stands for in `TRADE`. */
export interface Purchase {
  readonly orderNo: Ids.OrderNo
  readonly merchantNo: Ids.MerchantNo
  readonly cardId: Ids.CardId
  /** While it is authorized, `authorized.principal` is kept back on the card. */
  readonly state: "authorized" | "settled" | "cancelled" | "declined"
  readonly currency: string
  readonly merchantName: string | undefined
  readonly authorized: Sum
  readonly settled: Sum
  readonly refunded: Sum
}

/** One event of a purchase, as `TRADE` tells it. */
export interface Transaction {
  readonly subOrderNo: Ids.SubOrderNo
  readonly orderNo: Ids.OrderNo
  readonly merchantNo: Ids.MerchantNo
  readonly cardId: Ids.CardId
  readonly kind: Meaning<"tradeKind">
  readonly status: Meaning<"tradeStatus">
  /** As the shop named it, in its currency. */
  readonly amount: Amount
  readonly currency: string
  /** In the card's currency. */
  readonly principal: BigDecimal.BigDecimal
  readonly merchantName: string | undefined
  readonly at: number
  readonly declineReason: string | undefined
}

export interface ThreeDs {
  readonly authId: Ids.AuthorizationId
  readonly merchantNo: Ids.MerchantNo
  readonly cardId: Ids.CardId
  readonly amount: Amount
  readonly currency: string
  readonly merchantName: string | undefined
  readonly createdAt: number
  readonly expiresAt: number
  readonly decision: Meaning<"threeDsResult"> | undefined
  readonly decidedAt: number | undefined
}

export interface Attempt {
  readonly at: number
  readonly status: number | undefined
  readonly error: string | undefined
  readonly answer: string | undefined
}

export interface Delivery {
  readonly id: number
  readonly merchantNo: Ids.MerchantNo
  readonly eventType: string
  readonly eventName: string
  readonly body: string
  readonly createdAt: number
  readonly status: "waiting" | "sending" | "acknowledged" | "abandoned"
  readonly nextAttemptAt: number | undefined
  readonly attempts: ReadonlyArray<Attempt>
}

/** Something the merchant is told about. */
export type News =
  | { readonly _tag: "Kyc"; readonly customer: Customer }
  | { readonly _tag: "ThreeDs"; readonly request: ThreeDs; readonly card: Card }
  | { readonly _tag: "Trade"; readonly transaction: Transaction }

export const merchantNoOf = (news: News): Ids.MerchantNo => {
  switch (news._tag) {
    case "Kyc":
      return news.customer.merchantNo
    case "ThreeDs":
      return news.request.merchantNo
    case "Trade":
      return news.transaction.merchantNo
  }
}

export interface World {
  readonly merchants: Map<string, Merchant>
  readonly tokens: Map<string, Token>
  readonly customers: Map<Ids.CustomerId, Customer>
  /** By merchant number and code, see `keyOf`. */
  readonly customerIds: Map<string, Ids.CustomerId>
  readonly liveness: Map<Ids.LivenessTransactionId, Liveness>
  readonly cards: Map<Ids.CardId, Card>
  readonly cardsOfCustomer: Map<Ids.CustomerId, ReadonlyArray<Ids.CardId>>
  readonly cardBySku: Map<string, Ids.CardId>
  readonly pans: Set<string>
  readonly ledger: Map<Ids.CardId, Array<LedgerEntry>>
  readonly orders: Map<Ids.OrderNo, Order>
  /** By merchant number and the merchant's own number; several only where duplicates are executed. */
  readonly orderNos: Map<string, ReadonlyArray<Ids.OrderNo>>
  /** The orders that a time will finish. */
  readonly settling: Set<Ids.OrderNo>
  readonly purchases: Map<Ids.OrderNo, Purchase>
  readonly transactions: Map<Ids.SubOrderNo, Transaction>
  readonly transactionsOfCard: Map<Ids.CardId, Array<Ids.SubOrderNo>>
  readonly threeDs: Map<Ids.AuthorizationId, ThreeDs>
  readonly deliveries: Map<number, Delivery>
  /** How many notifications there were: the number of the last one. */
  readonly told: { count: number }
}

export const makeWorld = (merchants: Iterable<Merchant>): World => ({
  merchants: new Map(Array.from(merchants, (merchant) => [merchant.merchantNo, merchant])),
  tokens: new Map(),
  customers: new Map(),
  customerIds: new Map(),
  liveness: new Map(),
  cards: new Map(),
  cardsOfCustomer: new Map(),
  cardBySku: new Map(),
  pans: new Set(),
  ledger: new Map(),
  orders: new Map(),
  orderNos: new Map(),
  settling: new Set(),
  purchases: new Map(),
  transactions: new Map(),
  transactionsOfCard: new Map(),
  threeDs: new Map(),
  deliveries: new Map(),
  told: { count: 0 }
})

/** One command, from its start to its end synchronous: what it may look at and use. */
export interface Step {
  readonly world: World
  readonly rules: Rules
  /** Epoch milliseconds. */
  readonly now: number
  readonly random: Generator
  readonly tell: (news: News) => void
}

export interface Rules {
  readonly tokenLifetime: number
  readonly settleAfter: number
  readonly duplicateOrders: "refuse" | "execute"
}

/** Two texts as one key, so that no pair can pass for another. */
export const keyOf = (merchantNo: string, own: string): string => JSON.stringify([merchantNo, own])
