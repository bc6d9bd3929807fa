import * as Redacted from "effect/Redacted"
import {
  type Card,
  type Customer,
  type Delivery,
  keyOf,
  type LedgerEntry,
  type Order,
  type Token,
  type Transaction,
  type World
} from "./world.js"

/**
 * Each `put` writes a record together with all that follows from it, so that the two cannot part; `rebuild` makes what
 * follows from the tables alone, after a restart or on the way back to a snapshot.
 */
const add = <K, V>(map: Map<K, Array<V>>, key: K, value: V): void => {
  const values = map.get(key)
  if (values === undefined) {
    map.set(key, [value])
  } else {
    values.push(value)
  }
}

const enter = <K, V>(map: Map<K, Set<V>>, key: K, value: V): void => {
  const values = map.get(key)
  if (values === undefined) {
    map.set(key, new Set([value]))
  } else {
    values.add(value)
  }
}

const indexToken = ({ index }: World, text: string, { merchantNo }: Token): void =>
  enter(index.tokensOfMerchant, merchantNo, text)

export const putToken = (world: World, text: string, token: Token): void => {
  world.tokens.set(text, token)
  indexToken(world, text, token)
}

export const dropToken = (world: World, text: string): void => {
  const token = world.tokens.get(text)
  if (token !== undefined) {
    world.tokens.delete(text)
    world.index.tokensOfMerchant.get(token.merchantNo)?.delete(text)
  }
}

const indexCustomer = (
  { index }: World,
  { customerCode, customerId, merchantNo, review }: Customer
): void => {
  index.customerIds.set(keyOf(merchantNo, customerCode), customerId)
  index.agenda.plan({ kind: "kyc", id: customerId }, review?.at)
}

export const putCustomer = (world: World, customer: Customer): void => {
  world.customers.set(customer.customerId, customer)
  indexCustomer(world, customer)
}

/** A card that was made: its number and its letter are its own from then on. */
const indexNewCard = ({ index }: World, { cardId, letter, pan }: Card): void => {
  index.pans.add(Redacted.value(pan))
  if (letter !== undefined) {
    index.cardBySku.set(letter.sku, cardId)
  }
}

export const addCard = (world: World, card: Card): void => {
  world.cards.set(card.cardId, card)
  indexNewCard(world, card)
  indexHolder(world, card)
}

const indexHolder = ({ index }: World, { cardId, customerId }: Card): void => {
  if (customerId !== undefined) {
    add(index.cardsOfCustomer, customerId, cardId)
  }
}

/** The card gets its holder. */
export const handOver = (world: World, card: Card): void => {
  world.cards.set(card.cardId, card)
  indexHolder(world, card)
}

export const addLedgerEntry = (world: World, entry: LedgerEntry): void => {
  world.ledger.set(world.ledger.size + 1, entry)
  add(world.index.ledgerOfCard, entry.cardId, entry)
}

const indexOrder = ({ index }: World, { ending, orderNo, status }: Order): void =>
  index.agenda.plan({ kind: "order", id: orderNo }, status === "pending" ? ending?.at : undefined)

const indexNewOrder = ({ index }: World, { merchantNo, merchantOrderNo, orderNo }: Order): void =>
  add(index.orderNos, keyOf(merchantNo, merchantOrderNo), orderNo)

export const addOrder = (world: World, order: Order): void => {
  putOrder(world, order)
  indexNewOrder(world, order)
}

export const putOrder = (world: World, order: Order): void => {
  world.orders.set(order.orderNo, order)
  indexOrder(world, order)
}

const indexTransaction = ({ index }: World, { cardId, subOrderNo }: Transaction): void =>
  add(index.transactionsOfCard, cardId, subOrderNo)

export const addTransaction = (world: World, transaction: Transaction): void => {
  world.transactions.set(transaction.subOrderNo, transaction)
  indexTransaction(world, transaction)
}

const indexDelivery = ({ index }: World, delivery: Delivery): void => {
  const { faults, id, merchantNo, nextAttemptAt, status } = delivery
  index.agenda.plan({ kind: "delivery", id }, nextAttemptAt)
  if (status === "acknowledged") {
    index.acknowledged.add(id)
  }
  if (status === "held" && faults.includes("reorder")) {
    enter(index.reordering, merchantNo, id)
  } else {
    index.reordering.get(merchantNo)?.delete(id)
  }
}

export const putDelivery = (world: World, delivery: Delivery): void => {
  world.deliveries.set(delivery.id, delivery)
  indexDelivery(world, delivery)
}

/** Acknowledged deliveries are kept up to a number; the oldest go first. */
export const forgetDeliveries = (world: World, keep: number): void => {
  const { acknowledged } = world.index
  for (const id of acknowledged) {
    if (acknowledged.size <= keep) break
    acknowledged.delete(id)
    world.deliveries.delete(id)
    world.settings = { ...world.settings, forgotten: world.settings.forgotten + 1 }
  }
}

const clear = ({ index }: World): void => {
  for (const each of Object.values(index)) {
    each.clear()
  }
}

const lastAttempt = ({ attempts, createdAt }: Delivery): number => attempts.at(-1)?.at ?? createdAt

export const rebuild = (world: World): void => {
  const { cards, customers, deliveries, index, ledger, orders, tokens, transactions } = world
  clear(world)
  for (const [text, token] of tokens) indexToken(world, text, token)
  for (const customer of customers.values()) indexCustomer(world, customer)
  for (const card of cards.values()) indexNewCard(world, card)
  const inHand = Array.from(cards.values()).sort(
    (left, right) => (left.position ?? 0) - (right.position ?? 0)
  )
  for (const card of inHand) indexHolder(world, card)
  for (const entry of ledger.values()) add(index.ledgerOfCard, entry.cardId, entry)
  for (const order of orders.values()) {
    indexNewOrder(world, order)
    indexOrder(world, order)
  }
  for (const transaction of transactions.values()) indexTransaction(world, transaction)
  const asSent = Array.from(deliveries.values()).sort(
    (left, right) => lastAttempt(left) - lastAttempt(right) || left.id - right.id
  )
  for (const delivery of asSent) indexDelivery(world, delivery)
}
