import * as Ids from "@effect-yunmo/schema/Ids"
import type * as KycDto from "@effect-yunmo/schema/Kyc"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"
import * as Customers from "./customers.js"
import * as Indexes from "./indexes.js"
import * as Magic from "./magic.js"
import { fresh } from "./random.js"
import { missing, type Refusal, refuse, type Wrong, wrong } from "./refusal.js"
import type { Customer, Liveness, Step } from "./world.js"

/**
 * 3.1. What was submitted is looked at and not kept: the sandbox needs no identity documents. A rejected customer may
 * submit again, which asks for a new liveness check.
 */
export const submit = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: KycDto.SubmitKycDto
): Either.Either<boolean, Refusal> =>
  Either.flatMap(Customers.find(step, merchantNo, input.customerId), (customer) => {
    if (livenessOf(step, customer)?.state === "pending") {
      return refuse("LivenessInProgress")
    }
    switch (customer.kyc) {
      case "passed":
        return refuse("KycAlreadyPassed")
      case "pending":
        return refuse("BusinessAnomaly", "the KYC submitted before is still under review")
      case "notSubmitted":
      case "rejected":
        if (
          Magic.isAbnormalPhoto(step, input.idNumber) ||
          ![input.idFrontPhoto, input.idBackPhoto].every((photo) => photo === undefined || isPhoto(photo))
        ) {
          return refuse("IdentityPhotoAbnormal", "send each photo as base64 text")
        }
        Indexes.putCustomer(step.world, {
          ...customer,
          kyc: "pending",
          remark: undefined,
          livenessId: undefined,
          review: Magic.reviewOf(step, input.idNumber)
        })
        return Either.right(true)
    }
  })

const isPhoto = (photo: Redacted.Redacted<string>): boolean => {
  const bytes = Encoding.decodeBase64(Redacted.value(photo))
  return Either.isRight(bytes) && bytes.right.length > 0
}

const livenessOf = ({ world }: Step, { livenessId }: Customer): Liveness | undefined =>
  livenessId === undefined ? undefined : world.liveness.get(livenessId)

/** 3.2. While a check is open its link is given again; a failed check gets a new one. */
export const livenessLink = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  customerId: Ids.CustomerId
): Either.Either<Liveness, Refusal> =>
  Either.flatMap(Customers.find(step, merchantNo, customerId), (customer) => {
    const current = livenessOf(step, customer)
    if (current?.state === "passed") {
      return refuse("LivenessAlreadyCompleted")
    }
    if (customer.kyc === "passed") {
      return refuse("KycAlreadyPassed")
    }
    if (customer.kyc !== "pending") {
      return refuse("KycNotSubmitted")
    }
    return Either.right(current?.state === "pending" ? current : startLiveness(step, customer))
  })

const startLiveness = ({ random, world }: Step, customer: Customer): Liveness => {
  const liveness: Liveness = {
    transactionId: fresh(
      () => Ids.LivenessTransactionId.make(`LV${random.digits(16)}`),
      (id) => world.liveness.has(id)
    ),
    customerId: customer.customerId,
    state: "pending"
  }
  world.liveness.set(liveness.transactionId, liveness)
  Indexes.putCustomer(world, { ...customer, livenessId: liveness.transactionId })
  return liveness
}

/** 3.3. Earlier checks of the customer can still be asked for. */
export const livenessResult = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: KycDto.GetLivenessResultDto
): Either.Either<Liveness, Refusal> =>
  Either.flatMap(Customers.find(step, merchantNo, input.customerId), ({ customerId }) => {
    const liveness = step.world.liveness.get(input.transactionId)
    return liveness === undefined || liveness.customerId !== customerId
      ? refuse("LivenessNotFound")
      : Either.right(liveness)
  })

const known = ({ world }: Step, customerId: Ids.CustomerId): Either.Either<Customer, Wrong> =>
  Either.fromNullable(world.customers.get(customerId), () => missing("customer", customerId))

/** The cardholder took the check. */
export const finishLiveness = (
  step: Step,
  customerId: Ids.CustomerId,
  result: "passed" | "failed"
): Either.Either<void, Wrong> =>
  Either.flatMap(known(step, customerId), (customer) => {
    const liveness = livenessOf(step, customer)
    if (liveness?.state !== "pending") {
      return wrong(`Customer ${customerId} has no liveness check in progress; ask for its link (3.2) first.`)
    }
    step.world.liveness.set(liveness.transactionId, { ...liveness, state: result })
    return Either.void
  })

/** The review that was planned for now. */
export const reviewDue = (step: Step, customerId: Ids.CustomerId): void => {
  const plan = step.world.customers.get(customerId)?.review
  if (plan !== undefined) {
    review(step, customerId, plan.result, undefined)
  }
}

/** The vendor's reviewers decided. They may do so before the liveness check is taken, which then no longer matters. */
export const review = (
  step: Step,
  customerId: Ids.CustomerId,
  result: "passed" | "rejected",
  remark: string | undefined
): Either.Either<void, Wrong> =>
  Either.flatMap(known(step, customerId), (customer) => {
    if (customer.kyc !== "pending") {
      return wrong(
        `Customer ${customerId} has no KYC under review (it is ${customer.kyc}); submit it (3.1) first.`
      )
    }
    const liveness = livenessOf(step, customer)
    const reviewed: Customer = {
      ...customer,
      kyc: result,
      remark: remark ?? (result === "rejected" ? "The documents could not be verified" : undefined),
      livenessId: liveness?.state === "pending" ? undefined : customer.livenessId,
      review: undefined
    }
    Indexes.putCustomer(step.world, reviewed)
    step.tell({ _tag: "Kyc", customer: reviewed })
    return Either.void
  })
