/** What became of an order. */
import { Yunmo } from "@effect-yunmo/client"
import type { Ids } from "@effect-yunmo/schema"
import { Effect, Schedule } from "effect"

/**
 * Asks until the order is done, for a while. `settleOrder` only asks and writes down, so it may be repeated as often as you like;
 * `adjustBalance` may be run again with the same number too, and asks where it has sent already.
 */
export const settled = (merchantOrderNo: Ids.MerchantOrderNo) =>
  Effect.flatMap(Yunmo.Yunmo, ({ cards }) =>
    cards.settleOrder(merchantOrderNo).pipe(
      Effect.repeat({
        until: ({ _tag }) => _tag === "Done",
        schedule: Schedule.exponential("100 millis").pipe(Schedule.upTo("30 seconds"))
      }),
      // The schedule's last word is how often it asked: ask for the outcome itself.
      Effect.zipRight(cards.settleOrder(merchantOrderNo))
    )
  )
