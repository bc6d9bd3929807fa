import * as Redacted from "effect/Redacted"
import type * as State from "../State.js"
import * as CardNumber from "./cardNumber.js"
import * as Ledger from "./ledger.js"
import { amountOf, cardCurrency } from "./money.js"
import { decisionOf } from "./threeDs.js"
import type * as World from "./world.js"

const customer = (world: World.World, record: World.Customer): State.Customer => ({
  customerId: record.customerId,
  merchantNo: record.merchantNo,
  customerCode: record.customerCode,
  kyc: record.kyc,
  remark: record.remark,
  liveness: record.livenessId === undefined ? undefined : world.liveness.get(record.livenessId)?.state,
  createdAt: record.createdAt
})

const card = (record: World.Card): State.Card => ({
  cardId: record.cardId,
  merchantNo: record.merchantNo,
  customerId: record.customerId,
  cardSampleId: record.cardSampleId,
  form: record.form,
  status: record.status,
  maskedCardNumber: CardNumber.masked(Redacted.value(record.pan)),
  currency: cardCurrency,
  balance: amountOf(record.balance),
  held: amountOf(record.held),
  available: amountOf(Ledger.available(record)),
  singleLimit: record.limits.single,
  dailyLimit: record.limits.daily,
  monthlyLimit: record.limits.monthly,
  email: record.email,
  dialCode: record.dialCode,
  phoneNumber: record.phoneNumber,
  createdAt: record.createdAt
})

export const ledgerEntry = (record: World.LedgerEntry): State.LedgerEntry => ({
  ...record,
  amount: amountOf(record.amount)
})

const order = ({ settlesAt: _, ...record }: World.Order): State.Order => ({
  ...record,
  amount: amountOf(record.amount)
})

const transaction = (record: World.Transaction): State.Transaction => ({
  ...record,
  principal: amountOf(record.principal)
})

const threeDs = (record: World.ThreeDs, now: number): State.ThreeDs => ({
  ...record,
  decision: decisionOf(record, now)
})

export const state = (world: World.World, now: number): State.State => ({
  merchants: Array.from(world.merchants.values(), ({ callbackUrl, enabled, merchantNo }) => ({
    merchantNo,
    enabled,
    callbackUrl
  })),
  customers: Array.from(world.customers.values(), (record) => customer(world, record)),
  cards: Array.from(world.cards.values(), card),
  orders: Array.from(world.orders.values(), order),
  transactions: Array.from(world.transactions.values(), transaction),
  threeDs: Array.from(world.threeDs.values(), (record) => threeDs(record, now))
})
