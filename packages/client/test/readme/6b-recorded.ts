import * as Recorded from "@effect-yunmo/client/Recorded"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import { CardId } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"

const recording: Recorded.Recording = {
  createCustomer: [Recorded.refusal("4000004"), Recorded.success({ customerId: "AU079126648" })],
  getCardDetail: ["lost", Recorded.success({ cardId: "CD1", status: "ACTIVE", balance: "25.00" })]
}

/** Asks twice, since the first answer is lost; what nobody asked for is left. */
export const test = Effect.gen(function* () {
  const { cards } = yield* Yunmo
  const { calls, left } = yield* Recorded.Recorded
  const { balance } = yield* cards.detail({ cardId: CardId.make("CD1") })
  return { balance, calls: yield* calls, left: yield* left }
}).pipe(Effect.provide(Recorded.layer(recording)))
