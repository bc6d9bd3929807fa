import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { decode, type Row } from "../InboxRow.js"
import * as Lane from "../Lane.js"
import type { Forecast } from "../Replay.js"

/** What would become of a message if it were handed on now. */
export const forecast = (
  contract: Contract.ContractService,
  raw: Row["raw"],
  now: number
): Effect.Effect<Forecast> =>
  Effect.provideService(decode({ raw }), Contract.Contract, contract).pipe(
    Effect.match({
      onSuccess: (notification) => of(notification, now),
      // The messages name fields, rules and ids of keys, never values.
      onFailure: (error): Forecast => ({
        _tag: error._tag === "MessageSealed" ? "Sealed" : "Unreadable",
        problem: error.message
      })
    })
  )

const kinds = { Kyc: "kyc", ThreeDs: "threeDs", Trade: "trade" } as const

const of = (notification: Notification.Notification, now: number): Forecast => {
  if (notification._tag === "Unknown") {
    return { _tag: "UnknownKind", eventType: notification.envelope.eventType }
  }
  const subject = Notification.subject(notification)
  return {
    _tag: "Replayable",
    kind: kinds[notification._tag],
    subject,
    lane: Lane.of(notification.envelope.merchantNo, subject),
    isLate:
      notification._tag === "ThreeDs" &&
      Option.exists(Notification.threeDsDeadline(notification.data), (deadline) => deadline <= now)
  }
}
