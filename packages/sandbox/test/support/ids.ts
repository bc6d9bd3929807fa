import { Amount } from "@effect-yunmo/schema/Amount"
import * as Ids from "@effect-yunmo/schema/Ids"

export const amount = (text: string) => Amount.unsafeFromText(text)
export const code = (text: string) => Ids.CustomerCode.make(text)
export const sample = (text: string) => Ids.CardSampleId.make(text)
export const order = (text: string) => Ids.MerchantOrderNo.make(text)
export const purchase = (text: string) => Ids.OrderNo.make(text)
export const card = (text: string) => Ids.CardId.make(text)
export const customer = (text: string) => Ids.CustomerId.make(text)
export const authorization = (text: string) => Ids.AuthorizationId.make(text)
export const liveness = (text: string) => Ids.LivenessTransactionId.make(text)
export const merchantNo = (text: string) => Ids.MerchantNo.make(text)
