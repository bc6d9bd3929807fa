import type { Amount } from "@effect-yunmo/schema/Amount"
import * as BigDecimal from "effect/BigDecimal"
import * as Redacted from "effect/Redacted"
import type { DeliveriesQuery, StateQuery } from "../Control.js"
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

/** Most are in cents, and whole numbers add up much faster. */
const total = <A>(records: Iterable<A>, of: (record: A) => BigDecimal.BigDecimal): Amount => {
  let cents = 0n
  let others = zero
  for (const record of records) {
    const value = of(record)
    if (value.scale === zero.scale) {
      cents += value.value
    } else {
      others = BigDecimal.sum(others, value)
    }
  }
  return amountOf(BigDecimal.sum(others, BigDecimal.make(cents, zero.scale)))
}

const countByStatus = (deliveries: Iterable<World.Delivery>): Record<State.DeliveryStatus, number> => {
  const counts = { waiting: 0, held: 0, sending: 0, acknowledged: 0, abandoned: 0 }
  for (const { status } of deliveries) {
    counts[status] += 1
  }
  return counts
}

export const deliveries = (
  world: World.World,
  { after = 0, last = Number.POSITIVE_INFINITY, limit = Number.POSITIVE_INFINITY, status }: DeliveriesQuery
): ReadonlyArray<State.Delivery> =>
  Array.from(world.deliveries.values())
    .filter((delivery) => delivery.id > after && (status === undefined || delivery.status === status))
    .sort((left, right) => left.id - right.id)
    .slice(0, limit)
    .slice(-last)

export const summary = (world: World.World, clock: State.Clock, calls: number): State.Summary => ({
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
  deliveries: countByStatus(world.deliveries.values()),
  deliveriesForgotten: world.settings.forgotten
})

/** The newest rows of a table, in its order, without looking at the others. */
const newest = <A, B>(
  table: ReadonlyMap<unknown, A>,
  last: number | undefined,
  view: (record: A) => B
): Array<B> => {
  const views: Array<B> = []
  let older = last === undefined ? 0 : table.size - last
  for (const record of table.values()) {
    older -= 1
    if (older < 0) {
      views.push(view(record))
    }
  }
  return views
}

export const state = (world: World.World, now: number, { last }: StateQuery): State.State => ({
  merchants: merchants(world),
  customers: newest(world.customers, last, (record) => customer(world, record)),
  cards: newest(world.cards, last, card),
  orders: newest(world.orders, last, order),
  transactions: newest(world.transactions, last, transaction),
  threeDs: newest(world.threeDs, last, (record) => threeDs(record, now))
})
