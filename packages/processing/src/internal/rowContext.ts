import type { Row } from "@effect-yunmo/notifications/InboxRow"
import type { ContractService } from "@effect-yunmo/schema/Contract"
import type { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Encoding from "effect/Encoding"
import type { RowContext } from "../Handlers.js"

export const rowContext = (
  contract: ContractService,
  merchantNo: MerchantNo,
  row: Row,
  notification: Exclude<Notification.Notification, { readonly _tag: "Unknown" }>
): RowContext => {
  const businessKey = Notification.businessKey(notification, contract.tradeKindField)
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
