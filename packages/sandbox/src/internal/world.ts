/**
 * All that the sandbox knows, as plain records in tables. A record is replaced, never changed in place: the tables alone
 * tell what was written, so a store can sit behind them and a snapshot is a copy of them. What else stands here follows from the
 * tables and can be made from them again: see `indexes.ts`.
 */
import type { Amount } from "@effect-yunmo/schema/Amount"
import type { Meaning } from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import type * as BigDecimal from "effect/BigDecimal"
import type * as Redacted from "effect/Redacted"
import type { NotificationFault } from "../Fault.js"
import type { Rules } from "../Rules.js"
import type { DeliveryStatus } from "../State.js"
import * as Agenda from "./agenda.js"
import type * as Faults from "./faults.js"
import type { Generator } from "./random.js"
import { Table } from "./table.js"

export interface Merchant {
  readonly merchantNo: Ids.MerchantNo
  readonly apiKey: Redacted.Redacted<string>
  readonly key: SigningKey
  readonly enabled: boolean
  readonly callbackUrl: string | undefined
}

export interface Token {
  readonly merchantNo: Ids.MerchantNo
  /** Never, when there is none. */
  readonly expiresAt: number | undefined
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
  /** How the review ends by itself, and when; by hand where there is none. */
  readonly review: { readonly at: number; readonly result: "passed" | "rejected" } | undefined
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
  /** Which one of its holder's cards it is, from 1. */
  readonly position: number | undefined
}

export interface LedgerEntry {
  readonly cardId: Ids.CardId
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
  /** How it ends by itself, and when; by hand where there is none. */
  readonly ending: { readonly at: number; readonly status: "done" | "failed" } | undefined
  /** Shown with a status that no contract has a meaning for. */
  readonly odd: boolean
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
  readonly state: "authorized" | "settled" | "cancelled" | "declined"
  readonly currency: string
  readonly merchantName: string | undefined
  /** What of the authorizations is neither settled nor released; `open.principal` is kept back on the card. */
  readonly open: Sum
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
  /** Where it differs from the delivery's. */
  readonly body: string | undefined
}

export interface Delivery {
  readonly id: number
  readonly merchantNo: Ids.MerchantNo
  readonly eventType: string
  readonly eventName: string
  readonly subject: string | undefined
  readonly body: string
  readonly createdAt: number
  readonly status: DeliveryStatus
  readonly faults: ReadonlyArray<NotificationFault>
  readonly echoOf: number | undefined
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

/** What is kept beside the tables, replaced as a whole. */
export interface Settings {
  readonly rules: Rules
  readonly faults: Faults.Progress
  /** How many notifications there were: the number of the last one. */
  readonly told: number
  /** Acknowledged notifications that are no longer kept. */
  readonly forgotten: number
}

export interface World {
  readonly merchants: Table<string, Merchant>
  readonly tokens: Table<string, Token>
  readonly customers: Table<Ids.CustomerId, Customer>
  readonly liveness: Table<Ids.LivenessTransactionId, Liveness>
  readonly cards: Table<Ids.CardId, Card>
  /** By its number, from 1, over all cards. */
  readonly ledger: Table<number, LedgerEntry>
  readonly orders: Table<Ids.OrderNo, Order>
  readonly purchases: Table<Ids.OrderNo, Purchase>
  readonly transactions: Table<Ids.SubOrderNo, Transaction>
  readonly threeDs: Table<Ids.AuthorizationId, ThreeDs>
  readonly deliveries: Table<number, Delivery>
  settings: Settings
  readonly index: Index
}

/** What follows from the tables. */
export interface Index {
  /** By merchant number and code, see `keyOf`. */
  readonly customerIds: Map<string, Ids.CustomerId>
  readonly cardsOfCustomer: Map<Ids.CustomerId, Array<Ids.CardId>>
  readonly cardBySku: Map<string, Ids.CardId>
  readonly pans: Set<string>
  readonly ledgerOfCard: Map<Ids.CardId, Array<LedgerEntry>>
  /** By merchant number and the merchant's own number; several only where duplicates are executed. */
  readonly orderNos: Map<string, Array<Ids.OrderNo>>
  readonly transactionsOfCard: Map<Ids.CardId, Array<Ids.SubOrderNo>>
  readonly tokensOfMerchant: Map<string, Set<string>>
  /** In the order in which they were acknowledged. */
  readonly acknowledged: Set<number>
  /** Those that wait until the merchant's next one was sent. */
  readonly reordering: Map<string, Set<number>>
  readonly agenda: Agenda.Agenda
}

export const makeWorld = (settings: Settings): World => ({
  merchants: new Table(),
  tokens: new Table(),
  customers: new Table(),
  liveness: new Table(),
  cards: new Table(),
  ledger: new Table(),
  orders: new Table(),
  purchases: new Table(),
  transactions: new Table(),
  threeDs: new Table(),
  deliveries: new Table(),
  settings,
  index: {
    customerIds: new Map(),
    cardsOfCustomer: new Map(),
    cardBySku: new Map(),
    pans: new Set(),
    ledgerOfCard: new Map(),
    orderNos: new Map(),
    transactionsOfCard: new Map(),
    tokensOfMerchant: new Map(),
    acknowledged: new Set(),
    reordering: new Map(),
    agenda: Agenda.make()
  }
})

/** The tables, by name. */
export const tablesOf = ({ index: _, settings: __, ...tables }: World) => tables

/** One command, from its start to its end synchronous: what it may look at and use. */
export interface Step {
  readonly world: World
  readonly rules: Rules
  /** Epoch milliseconds. */
  readonly now: number
  readonly random: Generator
  readonly tell: (news: News) => void
}

/** Two texts as one key, so that no pair can pass for another. */
export const keyOf = (merchantNo: string, own: string): string => JSON.stringify([merchantNo, own])
