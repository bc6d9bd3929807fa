/**
 * A top-up whose answer is lost: the money moves, the connection ends, and nobody is paid twice. In the sandbox the amount
 * 4040.03 does that.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Outcome, Yunmo } from "@effect-yunmo/client"
import { Amount, Ids } from "@effect-yunmo/schema"
import { Clock, Effect } from "effect"
import { client } from "./client.js"
import { openCard } from "./open-card.js"
import { settled } from "./settled.js"

const program = Effect.gen(function* () {
  const { cards } = yield* Yunmo.Yunmo
  const now = yield* Clock.currentTimeMillis
  const cardId = yield* openCard(`top-up-${now}`)

  // The number of an invoice of yours.
  const merchantOrderNo = Ids.MerchantOrderNo.make(`INV-${now}`)
  const topUp = cards.adjustBalance({
    merchantOrderNo,
    cardId,
    amount: Amount.Amount.unsafeFromText("4040.03"),
    direction: "increase"
  })

  const outcome = yield* topUp
  switch (outcome._tag) {
    case "Done":
      yield* Effect.log("paid")
      break
    case "Pending":
      yield* Effect.log("accepted; it will be done in a moment")
      break
    case "Unknown":
      // Not an error: nothing that retries errors can send it again.
      yield* Effect.log(outcome.error.message)
  }

  const { orderNo } = yield* settled(merchantOrderNo).pipe(Outcome.orFail)
  yield* Effect.log(`settled: the vendor's order ${orderNo} is done`)

  // As after a crash, or a second press of the button: the journal knows the number, so it only asks.
  const again = yield* topUp
  const { balance } = yield* cards.detail({ cardId })
  yield* Effect.log(`run again: ${again._tag}; the card has ${balance?.text}`)
})

NodeRuntime.runMain(Effect.provide(program, client))
