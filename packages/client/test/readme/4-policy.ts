import * as Policy from "@effect-yunmo/client/Policy"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import type { CardId } from "@effect-yunmo/schema/Ids"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** A person waits for this: two seconds in all, one repeat. */
export const balance = (cardId: CardId) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.detail({ cardId })).pipe(
    Policy.within({ deadline: Duration.seconds(2), attemptTimeout: Duration.seconds(1), retries: 1 }),
    Effect.map((card) => card.balance)
  )
