/** The fields that a program made from the vendor's pages would know. */

import type * as Dto from "@effect-yunmo/schema/Dto"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Operation from "@effect-yunmo/schema/Operation"
import { defaultEnvelopeKeys } from "@effect-yunmo/signing/Ambiguity"
import type { RawMessage } from "@effect-yunmo/signing/RawMessage"

const notifications: Readonly<Record<string, Dto.Dto>> = {
  KYC: Notification.KycData,
  _3DS: Notification.ThreeDsData,
  TRADE: Notification.TradeData
}

/** Those of the notification, by its event type; for a request those of every operation, since it does not name its own. */
export const knownFields = ({ envelope }: RawMessage): ReadonlyArray<string> => {
  const eventType = envelope.find(({ key }) => key === "eventType")?.text ?? ""
  const dto = Object.hasOwn(notifications, eventType) ? notifications[eventType] : undefined
  const fields =
    dto === undefined
      ? Operation.all.flatMap(({ request }) => Object.keys(request.fields))
      : Object.keys(dto.fields)
  return [...defaultEnvelopeKeys, ...fields]
}
