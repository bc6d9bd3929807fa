/**
 * Values that force an outcome without any configuration, as engineers know them from test card numbers. They hold in the
 * sandbox alone, and only while the rule `magic` is on.
 *
 * @since 0.1.0
 */

/**
 * @since 0.1.0
 * @category models
 */
export interface MagicValue {
  /** The operation, or the move at the control surface, that takes it. */
  readonly where: "createCustomer" | "submitKyc" | "adjustBalance" | "authorize"
  readonly field: string
  readonly value: string
  /** What happens. */
  readonly outcome: string
}

/**
 * `idNumber` of 3.1. The wait is by the sandbox's clock.
 *
 * @since 0.1.0
 * @category data
 */
export const kyc = {
  passes: "SANDBOX-KYC-PASSES",
  isRejected: "SANDBOX-KYC-REJECTED",
  neverEnds: "SANDBOX-KYC-NEVER-ENDS",
  photoAbnormal: "SANDBOX-KYC-PHOTO"
} as const

/**
 * `amount` of 4.04, as a value: `4040.1` is `4040.10`.
 *
 * @since 0.1.0
 * @category data
 */
export const topUp = {
  staysPending: "4040.01",
  failsAfterTenSeconds: "4040.02",
  losesAnswerAfter: "4040.03",
  losesAnswerBefore: "4040.04",
  isDoneAfterTenSeconds: "4040.05",
  hasUnknownStatus: "4040.06"
} as const

/**
 * `customerCode` of 2.1 begins with it and ends with one of the vendor's failure codes, which is then the answer: `FORCE-3000000`.
 *
 * @since 0.1.0
 * @category data
 */
export const forcedCode = "FORCE-"

/**
 * `merchantName` of a purchase: with `&x=` in it, the signed text reads as if there were a field `x`. Nothing is forced here, so
 * no rule switches it off.
 *
 * @since 0.1.0
 * @category data
 */
export const ambiguousShop = "Bits & Bobs&x=1"

/**
 * All of them, for documents and people.
 *
 * @since 0.1.0
 * @category data
 */
export const values: ReadonlyArray<MagicValue> = [
  {
    where: "createCustomer",
    field: "customerCode",
    value: `${forcedCode}<code>`,
    outcome: "answered with that code of VENDOR 1.2; nothing is created"
  },
  {
    where: "submitKyc",
    field: "idNumber",
    value: kyc.passes,
    outcome: "passes after a second"
  },
  {
    where: "submitKyc",
    field: "idNumber",
    value: kyc.isRejected,
    outcome: "is rejected after a second"
  },
  {
    where: "submitKyc",
    field: "idNumber",
    value: kyc.neverEnds,
    outcome: "stays under review, whatever the rules say; reviewed by hand only"
  },
  {
    where: "submitKyc",
    field: "idNumber",
    value: kyc.photoAbnormal,
    outcome: "answered with 1000001; nothing is submitted"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.staysPending,
    outcome: "stays pending until it is finished by hand"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.failsAfterTenSeconds,
    outcome: "is pending, and fails after ten seconds"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.losesAnswerAfter,
    outcome: "is executed, and the connection closed without an answer"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.losesAnswerBefore,
    outcome: "is not executed, and the connection closed without an answer"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.isDoneAfterTenSeconds,
    outcome: "is pending, and done after ten seconds"
  },
  {
    where: "adjustBalance",
    field: "amount",
    value: topUp.hasUnknownStatus,
    outcome:
      "answered, and queried, with a status that no contract has a meaning for; done after `settleAfterSeconds`"
  },
  {
    where: "authorize",
    field: "merchantName",
    value: ambiguousShop,
    outcome: "told as any purchase; its signed text holds what reads like another field"
  }
]
