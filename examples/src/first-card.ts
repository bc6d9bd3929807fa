/** A customer, KYC, a virtual card, money on it, and the balance read back. */
import { NodeRuntime } from "@effect/platform-node"
import { Outcome, Yunmo } from "@effect-yunmo/client"
import { Amount } from "@effect-yunmo/schema"
import { Clock, Effect } from "effect"
import { client } from "./client.js"
import { openCard } from "./open-card.js"
import { settled } from "./settled.js"

const program = Effect.gen(function* () {
  const { cards } = yield* Yunmo.Yunmo
  // Your own number for this customer. The same one twice is refused by the vendor.
  const now = yield* Clock.currentTimeMillis
  const cardId = yield* openCard(`first-card-${now}`)

  // The order's number is made once and kept: whatever happens, nothing is paid twice under it.
  const merchantOrderNo = yield* cards.newOrderNo
  const outcome = yield* cards.adjustBalance({
    merchantOrderNo,
    cardId,
    amount: Amount.Amount.unsafeFromText("25.00"),
    direction: "increase"
  })
  yield* Effect.log(`top-up of 25.00: ${outcome._tag}`)
  yield* settled(merchantOrderNo).pipe(Outcome.orFail)

  const { balance, currency, status } = yield* cards.detail({ cardId })
  yield* Effect.log(`card ${cardId} is ${status} and has ${balance?.text} ${currency}`)
})

NodeRuntime.runMain(Effect.provide(program, client))
