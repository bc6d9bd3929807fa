import type { Amount } from "@effect-yunmo/schema/Amount"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as BigDecimal from "effect/BigDecimal"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Magic from "../Magic.js"
import type { Customer, Order, Step } from "./world.js"

/** Times are whole milliseconds. */
const seconds = (count: number): number => Math.round(count * 1000)

/** How the review of a KYC with this identity number ends by itself. */
export const reviewOf = ({ now, rules }: Step, idNumber: Redacted.Redacted<string>): Customer["review"] => {
  switch (rules.magic ? Redacted.value(idNumber) : undefined) {
    case Magic.kyc.passes:
      return { at: now + seconds(1), result: "passed" }
    case Magic.kyc.isRejected:
      return { at: now + seconds(1), result: "rejected" }
    case Magic.kyc.neverEnds:
      return undefined
    default:
      return rules.kycReviewAfterSeconds === null
        ? undefined
        : { at: now + seconds(rules.kycReviewAfterSeconds), result: "passed" }
  }
}

export const isAbnormalPhoto = ({ rules }: Step, idNumber: Redacted.Redacted<string>): boolean =>
  rules.magic && Redacted.value(idNumber) === Magic.kyc.photoAbnormal

const sums = Record.map(Magic.topUp, BigDecimal.unsafeFromString)

const isSum = (amount: Amount, fate: keyof typeof Magic.topUp): boolean =>
  BigDecimal.equals(amount.value, sums[fate])

/** How an order over this amount ends by itself. */
export const fateOf = ({ now, rules }: Step, amount: Amount): Pick<Order, "ending" | "odd"> => {
  const is = (fate: keyof typeof Magic.topUp): boolean => rules.magic && isSum(amount, fate)
  const after = (wait: number, status: "done" | "failed"): Order["ending"] => ({
    at: now + seconds(wait),
    status
  })
  if (is("staysPending")) {
    return { ending: undefined, odd: false }
  }
  if (is("failsAfterTenSeconds")) {
    return { ending: after(10, "failed"), odd: false }
  }
  if (is("isDoneAfterTenSeconds")) {
    return { ending: after(10, "done"), odd: false }
  }
  return {
    ending: rules.settleAfterSeconds === null ? undefined : after(rules.settleAfterSeconds, "done"),
    odd: is("hasUnknownStatus")
  }
}

/** A call that a magic value has an answer for, or no answer. */
export type Forced =
  | { readonly _tag: "Refused"; readonly name: ResponseCode.Name }
  | { readonly _tag: "Lost"; readonly executed: boolean }

const names = new Map<string, ResponseCode.Name>(ResponseCode.rows.map(({ code, name }) => [code, name]))

/** The status that an odd order is shown with. */
export const oddStatus = "SANDBOX_ODD"

const forcers: {
  readonly [N in Operation.Name]?: (input: Operation.RequestOf<N>) => Forced | undefined
} = {
  createCustomer: ({ customerCode }) => {
    const name = customerCode.startsWith(Magic.forcedCode)
      ? names.get(customerCode.slice(Magic.forcedCode.length))
      : undefined
    return name === undefined ? undefined : { _tag: "Refused", name }
  },
  adjustBalance: ({ amount }) =>
    isSum(amount, "losesAnswerAfter")
      ? { _tag: "Lost", executed: true }
      : isSum(amount, "losesAnswerBefore")
        ? { _tag: "Lost", executed: false }
        : undefined
}

/** What a magic value in this call forces. */
export const forced = <N extends Operation.Name>(
  { rules }: Step,
  name: N,
  input: Operation.RequestOf<N>
): Forced | undefined => (rules.magic ? forcers[name]?.(input) : undefined)
