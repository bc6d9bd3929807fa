import type * as CustomerDto from "@effect-yunmo/schema/Customer"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Either from "effect/Either"
import * as Indexes from "./indexes.js"
import { fresh } from "./random.js"
import { type Refusal, refuse } from "./refusal.js"
import { type Customer, keyOf, type Step } from "./world.js"

/** 2.1. The id has the form of the one inside the vendor's card id, `CDAU079126648V01`. */
export const create = (
  { now, random, world }: Step,
  merchantNo: Ids.MerchantNo,
  input: CustomerDto.CustomerAddDto
): Either.Either<Customer, Refusal> => {
  const key = keyOf(merchantNo, input.customerCode)
  if (world.index.customerIds.has(key)) {
    return refuse("CustomerCodeExists")
  }
  const customer: Customer = {
    customerId: fresh(
      () => Ids.CustomerId.make(`AU${random.digits(9)}`),
      (id) => world.customers.has(id)
    ),
    merchantNo,
    customerCode: input.customerCode,
    email: input.email,
    phone: input.phone,
    kyc: "notSubmitted",
    remark: undefined,
    livenessId: undefined,
    review: undefined,
    createdAt: now
  }
  Indexes.putCustomer(world, customer)
  return Either.right(customer)
}

/** 2.2. By one of the two keys; when both are given they have to name the same customer. */
export const query = (
  step: Step,
  merchantNo: Ids.MerchantNo,
  input: CustomerDto.CustomerQueryDto
): Either.Either<Customer, Refusal> => {
  if (input.customerCode === undefined) {
    return input.customerId === undefined
      ? refuse("BadParameters", "give customerCode or customerId")
      : find(step, merchantNo, input.customerId)
  }
  const customerId = step.world.index.customerIds.get(keyOf(merchantNo, input.customerCode))
  return customerId === undefined || (input.customerId !== undefined && input.customerId !== customerId)
    ? refuse("CustomerNotFound")
    : find(step, merchantNo, customerId)
}

/** Another merchant's customer is not found. */
export const find = (
  { world }: Step,
  merchantNo: Ids.MerchantNo,
  customerId: Ids.CustomerId
): Either.Either<Customer, Refusal> => {
  const customer = world.customers.get(customerId)
  return customer === undefined || customer.merchantNo !== merchantNo
    ? refuse("CustomerNotFound")
    : Either.right(customer)
}
