import type { Row } from "@effect-yunmo/notifications/InboxRow"
import type { ContractService } from "@effect-yunmo/schema/Contract"
import type { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Encoding from "effect/Encoding"
import type { RowContext } from "../Handlers.js"

/**
 * What recognises the event. Of a transaction's kinds that stand in a field which is no part of the vendor's key, one must not
 * pass for another: an authorization and its settlement may agree in everything else.
 */
const businessKeyOf = (
  contract: ContractService,
  notification: Exclude<Notification.Notification, { readonly _tag: "Unknown" }>
): string => {
  switch (notification._tag) {
    case "Kyc":
      return Notification.kycKey(notification.data)
    case "ThreeDs":
      return Notification.threeDsKey(notification.data)
    case "Trade": {
      const { data } = notification
      const key = Notification.tradeKey(data)
      return contract.tradeKindField === "transactionCategory"
        ? JSON.stringify([key, data.transactionCategory ?? null])
        : key
    }
  }
}

export const rowContext = (
  contract: ContractService,
  merchantNo: MerchantNo,
  row: Row,
  notification: Exclude<Notification.Notification, { readonly _tag: "Unknown" }>
): RowContext => {
  const businessKey = businessKeyOf(contract, notification)
  // The vendor's schedule of re-sends is not known, nor whether a re-send keeps its nonce: two rows can tell one event.
  const told = notification._tag === "Kyc" ? Encoding.encodeHex(row.fingerprint) : businessKey
  return {
    merchantNo,
    inboxId: row.id,
    receivedAt: row.receivedAt,
    businessKey,
    idempotencyKey: `yunmo-${Encoding.encodeBase64Url(JSON.stringify([merchantNo, row.kind, told]))}`
  }
}
