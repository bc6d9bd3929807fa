import * as CardCipher from "@effect-yunmo/client/CardCipher"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import type { CardId } from "@effect-yunmo/schema/Ids"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"

/** The card number and the PIN, both Redacted. Decrypt where they are shown, and keep them nowhere. */
export const secretsOf = (cardId: CardId) =>
  Effect.gen(function* () {
    const { cards } = yield* Yunmo
    const pan = yield* Effect.flatMap(cards.pan({ cardId }), CardCipher.pan)
    const pin = yield* Effect.flatMap(cards.pin({ cardId }), CardCipher.pin)
    return { pan, pin }
  })

/** RSA-OAEP with SHA-256 unless told otherwise; the key as PEM. */
export const cipher = CardCipher.layerConfig({ privateKey: Config.redacted("YUNMO_CARD_KEY") })
