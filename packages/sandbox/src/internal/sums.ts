/** Money of a purchase: in the shop's currency, and in the card's. */
import { Amount } from "@effect-yunmo/schema/Amount"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { inCents, isTooLarge, knownCurrencies, mostDigits, principalOf, zero } from "./money.js"
import { type Wrong, wrong } from "./refusal.js"
import type { Sum } from "./world.js"

export interface Charge {
  readonly amount: Amount
  /** In the card's currency; by the sandbox's own rate when not given. */
  readonly principal?: Amount | undefined
}

export const nothing: Sum = { amount: zero, principal: zero }

export const plus = (left: Sum, right: Sum): Sum => ({
  amount: BigDecimal.sum(left.amount, right.amount),
  principal: BigDecimal.sum(left.principal, right.principal)
})

export const minus = (left: Sum, right: Sum): Sum => ({
  amount: BigDecimal.subtract(left.amount, right.amount),
  principal: BigDecimal.subtract(left.principal, right.principal)
})

export const isWithin = (sum: Sum, limit: Sum): boolean =>
  BigDecimal.lessThanOrEqualTo(sum.principal, limit.principal) &&
  BigDecimal.lessThanOrEqualTo(sum.amount, limit.amount)

/** What the sandbox has room for, or why not. */
export const kept = (sum: Sum, what: string): Either.Either<Sum, Wrong> =>
  isTooLarge(sum.amount) || isTooLarge(sum.principal)
    ? wrong(
        `${what} has more than ${mostDigits} digits before the point, which is more than the sandbox keeps.`
      )
    : Either.right(sum)

export const sumOf = ({ amount, principal }: Charge, currency: string): Either.Either<Sum, Wrong> => {
  const cents = principal === undefined ? principalOf(amount.value, currency) : inCents(principal.value)
  if (Option.isNone(cents)) {
    return principal === undefined
      ? wrong(
          `There is no rate for ${currency} (only for ${knownCurrencies.join(", ")}); give the principal too.`
        )
      : wrong("The principal has a fraction of a cent; give two decimals.")
  }
  return BigDecimal.isPositive(cents.value)
    ? kept({ amount: amount.value, principal: cents.value }, "The amount or its principal")
    : wrong("The amount is less than a cent on the card; give more.")
}

/** A sum, with the amount as the shop wrote it. */
export interface Part {
  readonly sum: Sum
  readonly amount: Amount
}

/**
 * What of it a shop means: all where it names no amount, or the whole one; else what it names. A principal that is reckoned here is
 * no more than there is: parts that are rounded one by one may come to a cent more than the whole.
 */
export const partOf = (
  all: Sum,
  { amount, principal }: { readonly [K in keyof Charge]?: Charge[K] | undefined },
  currency: string
): Either.Either<Part, Wrong> => {
  const named = amount ?? Amount.fromDecimal(all.amount)
  if (principal === undefined && BigDecimal.equals(named.value, all.amount)) {
    return Either.right({ sum: all, amount: named })
  }
  return Either.map(sumOf({ amount: named, principal }, currency), (sum) => ({
    sum:
      principal === undefined && BigDecimal.lessThan(named.value, all.amount)
        ? { ...sum, principal: BigDecimal.min(sum.principal, all.principal) }
        : sum,
    amount: named
  }))
}

/** Whether both are over or neither is; an amount worth less than a cent may be left of a principal that is over. */
export const endsTogether = ({ amount, principal }: Sum, currency: string): boolean =>
  BigDecimal.isZero(principal)
    ? BigDecimal.isZero(amount) || Option.exists(principalOf(amount, currency), BigDecimal.isZero)
    : !BigDecimal.isZero(amount)

/** As a person reads it: `30.00 EUR (principal 33.00)`. */
export const show = ({ amount, principal }: Sum, currency: string): string =>
  `${BigDecimal.format(amount)} ${currency} (principal ${BigDecimal.format(principal)})`
