import type { Amount } from "@effect-yunmo/schema/Amount"
import * as BigDecimal from "effect/BigDecimal"
import * as Redacted from "effect/Redacted"
import type { DeliveriesQuery } from "../Control.js"
import type * as State from "../State.js"
import * as CardNumber from "./cardNumber.js"
import * as Ledger from "./ledger.js"
import { amountOf, cardCurrency, zero } from "./money.js"
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

export const ledgerEntry = ({ cardId: _, ...record }: World.LedgerEntry): State.LedgerEntry => ({
  ...record,
  amount: amountOf(record.amount)
})

const order = ({ ending: _, odd: __, ...record }: World.Order): State.Order => ({
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

const merchants = (world: World.World): ReadonlyArray<State.Merchant> =>
  Array.from(world.merchants.values(), ({ callbackUrl, enabled, merchantNo }) => ({
    merchantNo,
    enabled,
    callbackUrl
  }))

const count = <A>(records: Iterable<A>, holds: (record: A) => boolean): number => {
  let found = 0
  for (const record of records) {
    if (holds(record)) found += 1
  }
  return found
}

const total = <A>(records: Iterable<A>, of: (record: A) => BigDecimal.BigDecimal): Amount => {
  let sum = zero
  for (const record of records) {
    sum = BigDecimal.sum(sum, of(record))
  }
  return amountOf(sum)
}

export const deliveries = (
  world: World.World,
  { after = 0, limit = Number.POSITIVE_INFINITY, status }: DeliveriesQuery
): ReadonlyArray<State.Delivery> =>
  Array.from(world.deliveries.values())
    .filter((delivery) => delivery.id > after && (status === undefined || delivery.status === status))
    .sort((left, right) => left.id - right.id)
    .slice(0, limit)

export const summary = (world: World.World, clock: State.Clock, calls: number): State.Summary => {
  const deliveriesIn = (status: State.DeliveryStatus): number =>
    count(world.deliveries.values(), (delivery) => delivery.status === status)
  return {
    clock,
    merchants: merchants(world),
    customers: world.customers.size,
    cards: world.cards.size,
    orders: world.orders.size,
    ordersPending: count(world.orders.values(), ({ status }) => status === "pending"),
    transactions: world.transactions.size,
    threeDs: world.threeDs.size,
    threeDsPending: count(world.threeDs.values(), (request) => decisionOf(request, clock.now) === "pending"),
    balances: total(world.cards.values(), ({ balance }) => balance),
    booked: total(world.ledger.values(), ({ amount }) => amount),
    calls,
    deliveries: {
      waiting: deliveriesIn("waiting"),
      held: deliveriesIn("held"),
      sending: deliveriesIn("sending"),
      acknowledged: deliveriesIn("acknowledged"),
      abandoned: deliveriesIn("abandoned")
    },
    deliveriesForgotten: world.settings.forgotten
  }
}

export const state = (world: World.World, now: number): State.State => ({
  merchants: merchants(world),
  customers: Array.from(world.customers.values(), (record) => customer(world, record)),
  cards: Array.from(world.cards.values(), card),
  orders: Array.from(world.orders.values(), order),
  transactions: Array.from(world.transactions.values(), transaction),
  threeDs: Array.from(world.threeDs.values(), (record) => threeDs(record, now))
})
