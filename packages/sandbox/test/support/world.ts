import { assert } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import { Sandbox } from "../../src/Sandbox.js"

/** All that the sandbox shows of itself, for comparing before and after. */
export const everything = Effect.gen(function* () {
  const sandbox = yield* Sandbox
  const state = yield* sandbox.state
  return {
    state,
    ledgers: yield* Effect.forEach(state.cards, ({ cardId }) => sandbox.ledger(cardId)),
    deliveries: yield* sandbox.deliveries,
    rules: yield* sandbox.rules,
    faults: yield* sandbox.faults
  }
})

const same = (left: BigDecimal.BigDecimal, right: BigDecimal.BigDecimal, what: string) =>
  assert.isTrue(
    BigDecimal.equals(left, right),
    `${what}: ${BigDecimal.format(left)} and ${BigDecimal.format(right)}`
  )

/** Each card's balance is the sum of its ledger, and what can be spent of it is not below zero. */
export const booksAreRight = Effect.gen(function* () {
  const { ledgers, state } = yield* everything
  state.cards.forEach(({ available, balance, cardId, held }, index) => {
    const booked = BigDecimal.sumAll((ledgers[index] ?? []).map(({ amount }) => amount.value))
    same(balance.value, booked, `the balance of ${cardId} and its ledger`)
    same(available.value, BigDecimal.subtract(balance.value, held.value), `what is available on ${cardId}`)
    assert.isFalse(BigDecimal.isNegative(held.value), `nothing below zero is held on ${cardId}`)
    assert.isFalse(BigDecimal.isNegative(available.value), `${cardId} is not overdrawn`)
  })
})
