import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import { zero } from "./money.js"
import type { Card, Step } from "./world.js"

const spending = ["authorization", "additionalAuthorization", "transaction"]

/** What was approved since then. What a cancellation releases is not given back to a limit. */
const spentSince = ({ world }: Step, card: Card, since: number): BigDecimal.BigDecimal => {
  const subOrderNos = world.index.transactionsOfCard.get(card.cardId) ?? []
  let spent = zero
  for (let index = subOrderNos.length - 1; index >= 0; index--) {
    const subOrderNo = subOrderNos[index]
    const transaction = subOrderNo === undefined ? undefined : world.transactions.get(subOrderNo)
    if (transaction === undefined || transaction.at < since) {
      break
    }
    if (transaction.status === "succeeded" && spending.includes(transaction.kind)) {
      spent = BigDecimal.sum(spent, transaction.principal)
    }
  }
  return spent
}

/** Which limit of the card a purchase would exceed. Days and months are those of UTC. */
export const exceeded = (step: Step, card: Card, principal: BigDecimal.BigDecimal): string | undefined => {
  const { daily, monthly, single } = card.limits
  if (single !== undefined && BigDecimal.greaterThan(principal, single.value)) {
    return "the amount is above the card's limit for one purchase"
  }
  const now = DateTime.unsafeMake(step.now)
  const withThis = (part: "day" | "month") =>
    BigDecimal.sum(principal, spentSince(step, card, DateTime.toEpochMillis(DateTime.startOf(now, part))))
  if (daily !== undefined && BigDecimal.greaterThan(withThis("day"), daily.value)) {
    return "the amount is above what the card's daily limit leaves"
  }
  return monthly !== undefined && BigDecimal.greaterThan(withThis("month"), monthly.value)
    ? "the amount is above what the card's monthly limit leaves"
    : undefined
}
