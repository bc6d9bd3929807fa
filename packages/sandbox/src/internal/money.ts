import { Amount } from "@effect-yunmo/schema/Amount"
import * as BigDecimal from "effect/BigDecimal"
import * as Option from "effect/Option"

/** Every card of the sandbox is kept in US dollars. */
export const cardCurrency = "USD"

const scale = 2

export const zero: BigDecimal.BigDecimal = BigDecimal.make(0n, scale)

/** Before the point. Half of what an `Amount` can hold, so that no sum of what is kept is ever too long for one. */
export const mostDigits = 15

const firstTooLarge = BigDecimal.make(10n ** BigInt(mostDigits), 0)

/** Whether the sandbox keeps no sum of this size, an amount or a balance. */
export const isTooLarge = (value: BigDecimal.BigDecimal): boolean =>
  BigDecimal.greaterThanOrEqualTo(BigDecimal.abs(value), firstTooLarge)

/** The value in whole cents; `None` when it has a fraction of one. */
export const inCents = (value: BigDecimal.BigDecimal): Option.Option<BigDecimal.BigDecimal> =>
  BigDecimal.normalize(value).scale <= scale ? Option.some(BigDecimal.scale(value, scale)) : Option.none()

/** With two decimals, as card balances and fees are written. */
export const amountOf = (cents: BigDecimal.BigDecimal): Amount =>
  Amount.fromDecimal(BigDecimal.scale(cents, scale))

/** Another amount than this one. */
export const anotherAmount = (amount: Amount): Amount => {
  const one = BigDecimal.fromBigInt(1n)
  return Amount.fromDecimal(
    isTooLarge(amount.value) ? BigDecimal.subtract(amount.value, one) : BigDecimal.sum(amount.value, one)
  )
}

/**
 * What one unit of a currency is in US dollars: made up, and fixed so that a test can expect a figure. The Philippine
 * peso's is the rate of the vendor's sample (VENDOR 6.4: 5700.00 PHP, principal 96.78).
 */
const rates: Readonly<Record<string, BigDecimal.BigDecimal>> = {
  USD: BigDecimal.make(1n, 0),
  EUR: BigDecimal.make(110n, 2),
  GBP: BigDecimal.make(125n, 2),
  HKD: BigDecimal.make(128n, 3),
  PHP: BigDecimal.make(16979n, 6),
  SGD: BigDecimal.make(75n, 2)
}

export const knownCurrencies: ReadonlyArray<string> = Object.keys(rates)

/** An amount of a purchase in the card's currency, to the cent; `None` for a currency without a rate. */
export const principalOf = (
  amount: BigDecimal.BigDecimal,
  currency: string
): Option.Option<BigDecimal.BigDecimal> =>
  Option.map(Option.fromNullable(Object.hasOwn(rates, currency) ? rates[currency] : undefined), (rate) =>
    BigDecimal.round(BigDecimal.multiply(amount, rate), { scale, mode: "half-from-zero" })
  )
