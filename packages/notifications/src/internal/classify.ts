import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import type { RawMessage } from "@effect-yunmo/signing/RawMessage"
import type { VerifiedMessage } from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fingerprint from "../Fingerprint.js"
import type { Kind, NewRow } from "../InboxRow.js"

const kinds = { Kyc: "kyc", ThreeDs: "threeDs", Trade: "trade", Unknown: "unknown" } as const

const nobody: Notification.Subject = { kind: "none", id: "" }

/** The text of a top-level string or number; `""` when there is none. */
export const envelopeText = (message: RawMessage, key: string): string => {
  const field = message.envelope.find((candidate) => candidate.key === key)
  return field?.kind === "string" || field?.kind === "number" ? field.text : ""
}

/** The row of a verified message. What cannot be decoded is kept all the same, set aside for a person. */
export const classify = (
  contract: Contract.ContractService,
  merchantNo: string,
  verified: VerifiedMessage,
  raw: Uint8Array
): Effect.Effect<NewRow> => {
  const { collision, keyId, message, nested } = verified
  const eventType = envelopeText(message, "eventType")
  const row = (kind: Kind, subject: Notification.Subject, setAside?: string): NewRow => ({
    merchantNo,
    fingerprint: Fingerprint.make(message),
    eventType,
    kind,
    subject,
    raw: Redacted.make(raw),
    keyId,
    nested,
    collision,
    setAside
  })
  return Codec.decodeNotification(contract, message.value).pipe(
    Effect.match({
      onSuccess: (notification) =>
        row(
          kinds[notification._tag],
          Notification.subject(notification),
          notification._tag === "Unknown" ? "The contract does not know this event type." : undefined
        ),
      // The message names fields and rules, never values.
      onFailure: (invalid) =>
        row(
          Option.getOrElse(Contract.meaningOf(contract, "eventType", eventType), () => "unknown" as const),
          nobody,
          invalid.message
        )
    })
  )
}
