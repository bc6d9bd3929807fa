import * as BigDecimal from "effect/BigDecimal"
import * as Indexes from "./indexes.js"
import type { Card, LedgerEntry, Step } from "./world.js"

/** What can be spent. */
export const available = ({ balance, held }: Card): BigDecimal.BigDecimal =>
  BigDecimal.subtract(balance, held)

/** Books money onto a card or off it: the entry and the balance are written together, here and nowhere else. */
export const book = ({ now, world }: Step, card: Card, entry: Omit<LedgerEntry, "at" | "cardId">): Card => {
  Indexes.addLedgerEntry(world, { cardId: card.cardId, at: now, ...entry })
  return replace(world.cards, { ...card, balance: BigDecimal.sum(card.balance, entry.amount) })
}

/** Keeps money back on a card; a negative amount releases it. */
export const hold = ({ world }: Step, card: Card, amount: BigDecimal.BigDecimal): Card =>
  replace(world.cards, { ...card, held: BigDecimal.sum(card.held, amount) })

const replace = (cards: Step["world"]["cards"], card: Card): Card => {
  cards.set(card.cardId, card)
  return card
}
