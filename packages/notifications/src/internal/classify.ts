import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import type { AmbiguityReason } from "@effect-yunmo/signing/Ambiguity"
import type { RawMessage } from "@effect-yunmo/signing/RawMessage"
import type { VerifiedMessage } from "@effect-yunmo/signing/Verifier"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Kind } from "../InboxRow.js"

const kinds = { Kyc: "kyc", ThreeDs: "threeDs", Trade: "trade", Unknown: "unknown" } as const

/** The text of a top-level string or number; `""` when there is none. */
export const envelopeText = (message: RawMessage, key: string): string => {
  const field = message.envelope.find((candidate) => candidate.key === key)
  return field?.kind === "string" || field?.kind === "number" ? field.text : ""
}

/** What a verified message turned out to be. */
export interface Classified {
  readonly eventType: string
  readonly kind: Kind
  readonly ambiguity: ReadonlyArray<AmbiguityReason>
  /** `None` when it does not fit its schema. */
  readonly notification: Option.Option<Notification.Notification>
  /** Given: it is for a person to look at, for this reason, which names fields and rules and never values. */
  readonly setAside: string | undefined
}

const none: ReadonlyArray<never> = []

/** Without the keys, which are the message's own. */
const reasonsOf = ({ ambiguity }: VerifiedMessage): ReadonlyArray<AmbiguityReason> =>
  ambiguity.length === 0 ? none : [...new Set(ambiguity.map(({ reason }) => reason))]

/** Decodes a verified message, once. What cannot be decoded is no failure: it is kept all the same, for a person. */
export const classify = (
  contract: Contract.ContractService,
  verified: VerifiedMessage,
  ambiguous: "accept" | "setAside"
): Classified => {
  const { message } = verified
  const eventType = envelopeText(message, "eventType")
  const ambiguity = reasonsOf(verified)
  const flagged =
    ambiguous === "setAside" && ambiguity.length > 0
      ? `Its signature holds for other messages too (${ambiguity.join(", ")}), and ambiguous messages are set aside here.`
      : undefined
  return Either.match(Codec.decodeNotification(contract, message.value), {
    onRight: (notification): Classified => ({
      eventType,
      kind: kinds[notification._tag],
      ambiguity,
      notification: Option.some(notification),
      setAside: notification._tag === "Unknown" ? "The contract does not know this event type." : flagged
    }),
    onLeft: (invalid): Classified => ({
      eventType,
      kind: Option.getOrElse(Contract.meaningOf(contract, "eventType", eventType), () => "unknown" as const),
      ambiguity,
      notification: Option.none(),
      setAside: invalid.message
    })
  })
}

const nobody: Notification.Subject = { kind: "none", id: "" }

/** The card or customer that a message is about, as far as it could be decoded. */
export const subjectOf = ({ notification }: Classified): Notification.Subject =>
  Option.match(notification, { onNone: () => nobody, onSome: Notification.subject })
