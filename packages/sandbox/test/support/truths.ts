import { assert } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import type { Entry } from "../../src/internal/agenda.js"
import * as Indexes from "../../src/internal/indexes.js"
import * as Ledger from "../../src/internal/ledger.js"
import * as Views from "../../src/internal/views.js"
import { type Delivery, makeWorld, type Order, type Sum, type World } from "../../src/internal/world.js"

/** What has to hold whatever anyone does to a sandbox, worked out anew from the plain records. */

/** What is remembered from step to step, to see what must not change any more. */
export interface Memory {
  /** Orders that are done or failed, as they were then. */
  readonly ended: Map<string, Order>
  /** How many entries of the ledger were added up, and to what, by card. */
  readonly entries: { count: number }
  readonly booked: Map<string, bigint>
  /** How often each transaction, 3-D Secure request and customer was told of; the last notification looked at. */
  readonly told: Map<string, number>
  readonly last: { id: number }
  /** Each customer's KYC, and how often a review of it ended. */
  readonly kyc: Map<string, string>
  readonly reviews: Map<string, number>
  readonly copy: () => Memory
}

export const makeMemory = (of?: Omit<Memory, "copy">): Memory => {
  const memory = {
    ended: new Map(of?.ended),
    entries: { count: of?.entries.count ?? 0 },
    booked: new Map(of?.booked),
    told: new Map(of?.told),
    last: { id: of?.last.id ?? 0 },
    kyc: new Map(of?.kyc),
    reviews: new Map(of?.reviews)
  }
  return { ...memory, copy: () => makeMemory(memory) }
}

/** Cheap while it holds: these are asked a million times. */
const truth = (holds: boolean, what: () => string): void => {
  if (!holds) assert.fail(what())
}

const count = (map: Map<string, number>, key: string): void => {
  map.set(key, (map.get(key) ?? 0) + 1)
}

/** In whole cents, which money on a card always is. */
const cents = (value: BigDecimal.BigDecimal, what: string): bigint => {
  const { scale, value: digits } = BigDecimal.scale(value, 2)
  truth(BigDecimal.equals(BigDecimal.make(digits, scale), value), () => `${what} is in whole cents`)
  return digits
}

/** Each event is told by one notification, and what the faults that befell it add is made with it. */
const checkTold = ({ deliveries, settings }: World, memory: Memory): void => {
  const fresh: Array<Delivery> = []
  for (; memory.last.id < settings.told; memory.last.id++) {
    const delivery = deliveries.get(memory.last.id + 1)
    assert(delivery !== undefined, `notification ${memory.last.id + 1} is kept`)
    fresh.push(delivery)
  }
  const unknown = fresh.filter(({ eventType }) => eventType === "CARD_RISK")
  const originals = fresh.filter((each) => each.echoOf === undefined && !unknown.includes(each))
  const echoes = new Set(fresh.filter(({ echoOf }) => echoOf !== undefined))
  for (const { body, faults, id } of originals) {
    const { data } = JSON.parse(body)
    count(memory.told, data.subOrderNo ?? data.authId ?? data.customerId)
    for (const fault of ["duplicate", "contradict"] as const) {
      const mates = [...echoes].filter(
        (each) => each.echoOf === id && (each.body === body) === (fault === "duplicate")
      )
      assert.strictEqual(mates.length, faults.includes(fault) ? 1 : 0, `notification ${id} has a ${fault}`)
      for (const mate of mates) echoes.delete(mate)
    }
  }
  assert.strictEqual(echoes.size, 0, "every echo is one of a notification of the same step")
  const befallen = originals.filter(({ faults }) => faults.includes("unknownEvent"))
  assert.strictEqual(unknown.length, befallen.length, "every unknown event is one of a fault")
}

/** Cheap enough for every step. */
export const checkEach = (world: World, memory: Memory): void => {
  const { cards, customers, ledger, orders } = world
  for (; memory.entries.count < ledger.size; memory.entries.count++) {
    const entry = ledger.get(memory.entries.count + 1)
    assert(entry !== undefined, "the ledger has no gaps")
    const amount = cents(entry.amount, `entry ${memory.entries.count + 1}`)
    memory.booked.set(entry.cardId, (memory.booked.get(entry.cardId) ?? 0n) + amount)
  }
  for (const card of cards.values()) {
    const { balance, cardId, held } = card
    const booked = memory.booked.get(cardId) ?? 0n
    truth(
      cents(balance, cardId) === booked,
      () => `${cardId}: the balance is what its ledger sums up to, ${booked}`
    )
    truth(cents(held, cardId) >= 0n, () => `${cardId}: what is held is not below zero`)
    // Without exception: a settlement above its authorization is refused unless the card has the rest.
    truth(cents(Ledger.available(card), cardId) >= 0n, () => `${cardId}: what is available is not below zero`)
  }
  for (const [orderNo, ended] of memory.ended) {
    truth(orders.get(ended.orderNo) === ended, () => `order ${orderNo} is ${ended.status} for ever`)
  }
  for (const order of orders.values()) {
    if (order.status !== "pending") memory.ended.set(order.orderNo, order)
  }
  for (const { customerId, kyc } of customers.values()) {
    if (kyc !== memory.kyc.get(customerId) && (kyc === "passed" || kyc === "rejected")) {
      count(memory.reviews, customerId)
    }
    memory.kyc.set(customerId, kyc)
  }
  checkTold(world, memory)
}

const none: Sum = { amount: BigDecimal.fromBigInt(0n), principal: BigDecimal.fromBigInt(0n) }
const plus = (left: Sum, right: Sum): Sum => ({
  amount: BigDecimal.sum(left.amount, right.amount),
  principal: BigDecimal.sum(left.principal, right.principal)
})
const same = (left: Sum, right: Sum): boolean =>
  BigDecimal.equals(left.amount, right.amount) && BigDecimal.equals(left.principal, right.principal)
const atMost = (left: Sum, right: Sum): boolean =>
  BigDecimal.lessThanOrEqualTo(left.amount, right.amount) &&
  BigDecimal.lessThanOrEqualTo(left.principal, right.principal)

/** Everything, from all records. */
export const checkWhole = (world: World, memory: Memory): void => {
  checkMoney(world)
  checkPurchases(world)
  checkNotifications(world, memory)
  const clock = { now: 0, iso: "", frozen: true, ahead: 0 }
  const { balances, booked } = Views.summary(world, clock, 0)
  assert.strictEqual(balances.text, booked.text, "the summary's balances are what is booked")
}

/** Each entry has one cause, each cause its entry; what is held is what is open. */
const checkMoney = ({ cards, ledger, orders, purchases, transactions }: World): void => {
  const caused = new Map<string, string>()
  const held = new Map<string, bigint>()
  const hold = (cardId: string, amount: bigint): void => {
    held.set(cardId, (held.get(cardId) ?? 0n) + amount)
  }
  for (const { amount, cardId, direction, orderNo, status } of orders.values()) {
    const sum = cents(amount, orderNo)
    if (status === "done")
      caused.set(orderNo, `${direction} ${cardId} ${direction === "increase" ? sum : -sum}`)
    if (status === "pending" && direction === "decrease") hold(cardId, sum)
  }
  for (const { cardId, kind, principal, status, subOrderNo } of transactions.values()) {
    const sum = cents(principal, subOrderNo)
    if (status === "succeeded" && (kind === "settlement" || kind === "refund" || kind === "transaction")) {
      caused.set(subOrderNo, `${kind} ${cardId} ${kind === "refund" ? sum : -sum}`)
    }
  }
  for (const { cardId, open, orderNo } of purchases.values()) {
    hold(cardId, cents(open.principal, orderNo))
  }
  for (const { amount, cardId, cause, reference } of ledger.values()) {
    const entry = `${cause} ${cardId} ${cents(amount, reference)}`
    truth(
      entry === caused.get(reference),
      () => `${reference} caused its entry, once: ${entry} and ${caused.get(reference)}`
    )
    caused.delete(reference)
  }
  assert.deepStrictEqual([...caused], [], "every cause has its entry")
  for (const card of cards.values()) {
    const open = held.get(card.cardId) ?? 0n
    truth(
      cents(card.held, card.cardId) === open,
      () => `${card.cardId}: what is held is open authorizations and pending decreases, ${open}`
    )
  }
}

/** A purchase is the sum of its events. */
const checkPurchases = ({ purchases, transactions }: World): void => {
  const events = new Map<string, Record<"authorized" | "settled" | "refunded", Sum>>()
  for (const { amount, kind, orderNo, principal, status } of transactions.values()) {
    const sums = events.get(orderNo) ?? { authorized: none, settled: none, refunded: none }
    events.set(orderNo, sums)
    if (status === "failed") continue
    const sum: Sum = { amount: amount.value, principal }
    truth(atMost(none, sum), () => `${orderNo}: no event is below zero`)
    switch (kind) {
      case "authorization":
      case "additionalAuthorization":
        sums.authorized = plus(sums.authorized, sum)
        break
      case "settlement":
      case "transaction":
        sums.settled = plus(sums.settled, sum)
        break
      case "refund":
        sums.refunded = plus(sums.refunded, sum)
    }
  }
  for (const { open, orderNo, refunded, settled, state } of purchases.values()) {
    const sums = events.get(orderNo)
    assert(sums !== undefined, `${orderNo} has events`)
    truth(same(settled, sums.settled), () => `${orderNo}: settled is what its settlements say`)
    truth(same(refunded, sums.refunded), () => `${orderNo}: refunded is what its refunds say`)
    truth(atMost(refunded, settled), () => `${orderNo}: no more was refunded than settled`)
    truth(atMost(none, open), () => `${orderNo}: what is open is not below zero`)
    truth(
      state === "authorized" ? same(plus(open, settled), sums.authorized) : same(open, none),
      () => `${orderNo}: what is open was authorized and not settled, and nothing once it is ${state}`
    )
    if (state !== "settled" && state !== "authorized") {
      truth(same(settled, none), () => `${orderNo}: a purchase that is ${state} took nothing`)
    }
  }
}

/** Each event is told once; no notification is sent more than ten times, or hangs. */
const checkNotifications = (world: World, memory: Memory): void => {
  const due = new Map(memory.reviews)
  for (const subOrderNo of world.transactions.keys()) due.set(subOrderNo, 1)
  for (const authId of world.threeDs.keys()) due.set(authId, 1)
  assert.deepStrictEqual([...memory.told].sort(), [...due].sort(), "each event was told once")
  for (const { attempts, faults, id, nextAttemptAt, status } of world.deliveries.values()) {
    const last = attempts.at(-1)
    const isHeard = last?.status === 200 && last.answer === "OK" && !faults.includes("forgetful")
    const isSpent = attempts.length === 10 ? !isHeard : faults.includes("lost")
    truth(
      attempts.length <= 10 &&
        (status === "acknowledged") === isHeard &&
        (status === "abandoned") === isSpent &&
        (nextAttemptAt !== undefined) === (status === "sending" || status === "held"),
      () => `notification ${id} is ${status} after ${attempts.length} sends, next at ${nextAttemptAt}`
    )
  }
}

/** The agenda, from the earliest on. It is left as it was. */
const entriesOf = ({ index: { agenda } }: World): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  for (let next = agenda.takeDue(Infinity); next !== undefined; next = agenda.takeDue(Infinity)) {
    entries.push(next)
  }
  for (const { at, due } of entries) agenda.plan(due, at)
  return entries
}

const lists = <K, V>(map: Map<K, Iterable<V>>): ReadonlyArray<unknown> =>
  Array.from(map, ([key, values]) => [key, Array.from(values)] as const)
    .filter(([, values]) => values.length > 0)
    .sort(([left], [right]) => (String(left) < String(right) ? -1 : 1))

/** What follows from the tables. Which of two things comes first that are due at the same millisecond does not. */
const indexOf = (world: World): unknown => {
  const { index } = world
  return {
    customerIds: [...index.customerIds].sort(),
    cardsOfCustomer: lists(index.cardsOfCustomer),
    cardBySku: [...index.cardBySku].sort(),
    pans: [...index.pans].sort(),
    ledgerOfCard: lists(index.ledgerOfCard),
    orderNos: lists(index.orderNos),
    transactionsOfCard: lists(index.transactionsOfCard),
    tokensOfMerchant: lists(index.tokensOfMerchant),
    acknowledged: [...index.acknowledged].sort(),
    reordering: lists(index.reordering),
    agenda: entriesOf(world)
      .map(({ at, due: { id, kind } }) => `${at} ${kind} ${id}`)
      .sort()
  }
}

/** Nothing that was kept up to date step by step differs from what a new start makes of the tables. */
export const checkIndexes = (world: World): void => {
  const twin: World = { ...world, index: makeWorld(world.settings).index }
  Indexes.rebuild(twin)
  assert.deepStrictEqual(indexOf(world), indexOf(twin))
}
