import * as Outcome from "@effect-yunmo/client/Outcome"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import type { Amount } from "@effect-yunmo/schema/Amount"
import type { CardId, MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** Sends a top-up once, however often it is run with the same number, and says in a word what became of it. */
export const topUp = (merchantOrderNo: MerchantOrderNo, cardId: CardId, amount: Amount) =>
  Effect.gen(function* () {
    const { cards } = yield* Yunmo
    const outcome = yield* cards.adjustBalance({ merchantOrderNo, cardId, amount, direction: "increase" })
    switch (outcome._tag) {
      case "Done":
        return "paid"
      case "Pending":
      case "Unknown":
        return yield* settled(merchantOrderNo)
    }
  }).pipe(Effect.catchTag("OrderFailed", () => Effect.succeed("not paid")))

/** Asks until it is done. `settleOrder` only asks, so it may be retried; `adjustBalance` behind `orFail` may not. */
const settled = (merchantOrderNo: MerchantOrderNo) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.settleOrder(merchantOrderNo)).pipe(
    Outcome.orFail,
    Effect.retry({
      while: (error) => error._tag === "OutcomePending" || error._tag === "OutcomeUnknown",
      schedule: Schedule.exponential("200 millis").pipe(Schedule.upTo("5 minutes"))
    }),
    Effect.as("paid"),
    Effect.catchTag("OutcomeUnknown", (unknown) =>
      Effect.as(Effect.logError(unknown.message), "a person decides")
    )
  )
