import { assert, describe, it } from "@effect/vitest"
import type { CardId, OrderNo } from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import type * as State from "../src/State.js"
import * as Id from "./support/ids.js"
import { Caller, virtualCard, withCaller } from "./support/vendor.js"

const cents = FastCheck.integer({ min: 1, max: 20_000 }).map((n) => Id.amount((n / 100).toFixed(2)))
const pick = FastCheck.nat({ max: 30 })

const tagged = <const Tag extends string>(...tags: ReadonlyArray<Tag>) => FastCheck.constantFrom(...tags)

/** Anything that anyone can do to the money of a few cards; `which` picks among what there is. */
const Command = FastCheck.oneof(
  FastCheck.record({
    _tag: tagged("adjust"),
    which: pick,
    amount: cents,
    up: FastCheck.boolean(),
    again: FastCheck.nat({ max: 9 })
  }),
  FastCheck.record({ _tag: tagged("finishOrder"), done: FastCheck.boolean() }),
  FastCheck.record({ _tag: tagged("wait"), millis: FastCheck.integer({ min: 1, max: 300 }) }),
  FastCheck.record({ _tag: tagged("authorize", "transaction"), which: pick, amount: cents }),
  FastCheck.record({ _tag: tagged("more"), which: pick, amount: cents }),
  FastCheck.record({ _tag: tagged("settle", "refund"), which: pick, amount: FastCheck.option(cents) }),
  FastCheck.record({ _tag: tagged("cancel"), which: pick }),
  FastCheck.record({ _tag: tagged("freezeCard", "unfreezeCard"), which: pick })
)

type Command = typeof Command extends FastCheck.Arbitrary<infer A> ? A : never

const sum = (amounts: ReadonlyArray<State.Card["balance"]>) =>
  BigDecimal.sumAll(amounts.map(({ value }) => value))

const same = (left: BigDecimal.BigDecimal, right: BigDecimal.BigDecimal, what: string) =>
  assert.isTrue(
    BigDecimal.equals(left, right),
    `${what}: ${BigDecimal.format(left)} and ${BigDecimal.format(right)}`
  )

/** What should be kept back on a card, worked out from the events alone. */
const heldBy = ({ orders, transactions }: State.State, cardId: CardId) => {
  const approved = transactions.filter((each) => each.cardId === cardId && each.status === "succeeded")
  const closed = new Set(
    approved
      .filter(({ kind }) => kind === "settlement" || kind === "cancellation")
      .map(({ orderNo }) => orderNo)
  )
  return BigDecimal.sum(
    sum(
      approved
        .filter(
          ({ kind, orderNo }) =>
            (kind === "authorization" || kind === "additionalAuthorization") && !closed.has(orderNo)
        )
        .map(({ principal }) => principal)
    ),
    sum(
      orders
        .filter(
          (each) => each.cardId === cardId && each.direction === "decrease" && each.status === "pending"
        )
        .map(({ amount }) => amount)
    )
  )
}

const check = Effect.gen(function* () {
  const sandbox = yield* Sandbox
  const state = yield* sandbox.state
  for (const card of state.cards) {
    const entries = yield* sandbox.ledger(card.cardId)
    same(
      card.balance.value,
      sum(entries.map(({ amount }) => amount)),
      "the balance and the sum of the ledger"
    )
    same(card.held.value, heldBy(state, card.cardId), "what is held and what the events say")
    same(card.available.value, BigDecimal.subtract(card.balance.value, card.held.value), "what is available")
    assert.isFalse(BigDecimal.isNegative(card.available.value), "what is available is never below zero")
    for (const order of state.orders.filter((each) => each.cardId === card.cardId)) {
      const booked = entries.filter(({ reference }) => reference === order.orderNo).length
      assert.strictEqual(booked, order.status === "done" ? 1 : 0, `order ${order.orderNo} is ${order.status}`)
    }
    for (const { kind, status, subOrderNo } of state.transactions.filter(
      (each) => each.cardId === card.cardId
    )) {
      const moves = status === "succeeded" && ["settlement", "refund", "transaction"].includes(kind)
      const booked = entries.filter(({ reference }) => reference === subOrderNo).length
      assert.strictEqual(booked, moves ? 1 : 0, `${kind} ${subOrderNo} ${status}`)
    }
  }
})

const run = (commands: ReadonlyArray<Command>) =>
  Effect.gen(function* () {
    const { code } = yield* Caller
    const sandbox = yield* Sandbox
    const cards = yield* Effect.forEach(["c-1", "c-2"], (name) =>
      Effect.map(virtualCard(name), ({ cardId }) => cardId)
    )
    const purchases: Array<OrderNo> = []
    let adjustments = 0
    const nth = <A>(list: ReadonlyArray<A>, which: number, otherwise: A): A =>
      list[which % (list.length || 1)] ?? otherwise
    const cardAt = (which: number) => nth(cards, which, Id.card("CD0"))
    const purchaseAt = (which: number) => nth(purchases, which, Id.purchase("OR0"))
    for (const command of commands) {
      switch (command._tag) {
        case "adjust":
          // One in ten comes under the number of the last one.
          adjustments += command.again === 0 ? 0 : 1
          yield* code("adjustBalance", {
            cardId: cardAt(command.which),
            amount: command.amount,
            direction: command.up ? "INCREASE" : "DECREASE",
            merchantOrderNo: Id.order(`o-${adjustments}`)
          })
          break
        case "finishOrder":
          yield* Effect.ignore(
            sandbox.finishOrder({
              merchantOrderNo: Id.order(`o-${adjustments}`),
              result: command.done ? "done" : "failed"
            })
          )
          break
        case "wait":
          yield* TestClock.adjust(command.millis)
          break
        case "authorize":
        case "transaction": {
          const { orderNo } = yield* sandbox[command._tag]({
            cardId: cardAt(command.which),
            amount: command.amount,
            currency: "USD"
          })
          purchases.push(orderNo)
          break
        }
        case "more":
          yield* Effect.ignore(
            sandbox.additionalAuthorize({ orderNo: purchaseAt(command.which), amount: command.amount })
          )
          break
        case "settle":
        case "refund":
          yield* Effect.ignore(
            sandbox[command._tag]({ orderNo: purchaseAt(command.which), amount: command.amount ?? undefined })
          )
          break
        case "cancel":
          yield* Effect.ignore(sandbox.cancel({ orderNo: purchaseAt(command.which) }))
          break
        case "freezeCard":
        case "unfreezeCard":
          yield* code(command._tag, { cardId: cardAt(command.which) })
          break
      }
    }
    yield* check
    return yield* sandbox.state
  })

describe("the ledger", () => {
  it.effect.prop(
    "adds up after any sequence of commands",
    [FastCheck.array(Command, { maxLength: 60, size: "max" })],
    ([commands]) => Effect.asVoid(Effect.provide(run(commands), withCaller())),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("adds up after a thousand commands, in which everything happened", () =>
    Effect.gen(function* () {
      const [commands] = FastCheck.sample(FastCheck.array(Command, { minLength: 1000, maxLength: 1000 }), {
        seed: 20_261_123,
        numRuns: 1
      })
      const { orders, transactions } = yield* run(commands ?? [])
      assert.deepStrictEqual([...new Set(orders.map(({ status }) => status))].sort(), [
        "done",
        "failed",
        "pending"
      ])
      assert.deepStrictEqual(
        [...new Set(transactions.map(({ kind, status }) => `${kind} ${status}`))].sort(),
        [
          "additionalAuthorization failed",
          "additionalAuthorization succeeded",
          "authorization failed",
          "authorization succeeded",
          "cancellation succeeded",
          "refund succeeded",
          "settlement succeeded",
          "transaction failed",
          "transaction succeeded"
        ]
      )
    }).pipe(Effect.provide(withCaller()))
  )
})
