import { Amount } from "@effect-yunmo/schema/Amount"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Redacted from "effect/Redacted"

export const amount = (text: string) => Amount.unsafeFromText(text)
export const customerCode = (text: string) => Ids.CustomerCode.make(text)
export const merchantOrderNo = (text: string) => Ids.MerchantOrderNo.make(text)

export const cardId = Ids.CardId.make("CDAU079126648V01")
export const otherCardId = Ids.CardId.make("CDAU079126648V02")
export const customerId = Ids.CustomerId.make("AU079126648")
export const cardSampleId = Ids.CardSampleId.make("CS0001")
export const authId = Ids.AuthorizationId.make("TDS0000000000000001")
export const transactionId = Ids.LivenessTransactionId.make("LV0000000001")

/** What 3.1 takes; secrets are the caller's to plant. */
export const kyc = (secrets: { readonly idNumber?: string; readonly photo?: string } = {}) => ({
  customerId,
  firstName: "Ada",
  lastName: "Lovelace",
  birthday: "1990-12-10",
  nationality: "PH",
  idType: "PASSPORT",
  idNumber: Redacted.make(secrets.idNumber ?? "P0000001"),
  idFrontPhoto: Redacted.make(secrets.photo ?? "/9j/4AAQSkZJRg==")
})
