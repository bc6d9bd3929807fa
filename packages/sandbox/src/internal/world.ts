/**
 * All that the sandbox knows, as plain records in tables. A record is replaced, never changed in place: the tables alone
 * tell what was written, so a store can sit behind them and a snapshot is a copy of them. What else stands here follows from the
 * tables and can be made from them again: see `indexes.ts`.
 */
import type * as Ids from "@effect-yunmo/schema/Ids"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import type * as Redacted from "effect/Redacted"
import type { Rules } from "../Rules.js"
import * as Agenda from "./agenda.js"
import type { Generator } from "./random.js"
import type {
  Card,
  CardKeyPair,
  Customer,
  Delivery,
  LedgerEntry,
  Liveness,
  Order,
  Purchase,
  Settings,
  ThreeDs,
  Token,
  Transaction
} from "./records.js"
import { Table } from "./table.js"

export type {
  Attempt,
  Card,
  Customer,
  Delivery,
  LedgerEntry,
  Liveness,
  Order,
  Purchase,
  Sum,
  ThreeDs,
  Token,
  Transaction
} from "./records.js"

export interface Merchant {
  readonly merchantNo: Ids.MerchantNo
  readonly apiKey: Redacted.Redacted<string>
  readonly key: SigningKey
  readonly enabled: boolean
  readonly callbackUrl: string | undefined
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
  /** By merchant number. Neither a reset nor a snapshot changes them: a merchant's program may hold its half. */
  readonly cardKeys: Table<string, CardKeyPair>
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
  cardKeys: new Table(),
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

/** The tables that a snapshot holds, by name. */
export const tablesOf = ({ cardKeys: _, index: __, settings: ___, ...tables }: World) => tables

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
