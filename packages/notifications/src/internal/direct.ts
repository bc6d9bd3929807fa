import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type { Answer } from "../Answer.js"
import type { InboxService, Kept } from "../Inbox.js"
import type { InboxUnavailable } from "../InboxError.js"
import type { NewRow } from "../InboxRow.js"
import type { Binding, ReceiverService } from "../Receiver.js"
import type { Ambient } from "./ambient.js"

/**
 * The way of a notification without a fiber: plain callbacks from the bytes to the answer, because a fiber that waits once
 * costs as much as verifying the message. The effects of the same services are made of the same functions; somebody's own
 * inbox or receiver has only effects, and is run as such.
 */

/** Calls back once, at `now` or after the commit. Gives what to call when nobody waits any more. */
export type KeepDirectly = (
  row: NewRow,
  now: number,
  answer: (result: Either.Either<Kept, InboxUnavailable>) => void
) => () => void

/**
 * Either begins, and gives what to call when nobody waits any more; or leaves the rest to be run, as an effect. The answer
 * comes as a function, which counts and logs: whoever calls it has to bear what it throws.
 */
export type ReceiveDirectly = (
  raw: Uint8Array,
  binding: Binding | undefined,
  ambient: Ambient,
  answer: (give: () => Answer) => void
) => (() => void) | Effect.Effect<Answer>

// By the function and not by the service: one that was put in its place is not passed over.
const keeps = new WeakMap<InboxService["keep"], KeepDirectly>()
const receives = new WeakMap<ReceiverService["receive"], ReceiveDirectly>()

export const keepDirectly = ({ keep }: InboxService): KeepDirectly | undefined => keeps.get(keep)

export const offerKeep = (keep: InboxService["keep"], directly: KeepDirectly): void => {
  keeps.set(keep, directly)
}

export const receiveDirectly = ({ receive }: ReceiverService): ReceiveDirectly | undefined =>
  receives.get(receive)

export const offerReceive = (receive: ReceiverService["receive"], directly: ReceiveDirectly): void => {
  receives.set(receive, directly)
}
