import { Yunmo } from "@effect-yunmo/client/Yunmo"
import type { CardId, CustomerCode } from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"

/** The customer with this code, new or not. */
export const customer = (customerCode: CustomerCode) =>
  Effect.flatMap(Yunmo, ({ customers }) =>
    customers.create({ customerCode }).pipe(
      Effect.catchTags({
        // 4000004
        CustomerCodeExists: () => customers.query({ customerCode }),
        // The answer was lost: ask by the key instead of sending again.
        OutcomeUnknown: () => customers.query({ customerCode })
      }),
      Effect.map(({ customerId }) => customerId)
    )
  )

/** A code that nobody has named yet keeps itself and the vendor's message. */
export const freeze = (cardId: CardId) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId })).pipe(
    Effect.tapErrorTag("UnknownResponseCode", ({ code, vendorMessage }) =>
      Effect.logWarning(`YUNMO says ${code}: ${vendorMessage}`)
    )
  )
