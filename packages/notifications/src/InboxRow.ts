/**
 * One notification in the inbox: waiting work, audit record and history in one row.
 *
 * @since 0.1.0
 */
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Notification from "@effect-yunmo/schema/Notification"
import { read } from "@effect-yunmo/signing/RawMessage"
import { UnreadableMessage } from "@effect-yunmo/signing/SigningError"
import type { CollisionMatch, NestedMatch } from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { MessageSealed } from "./InboxError.js"

/**
 * `pending` waits for a handler, `handled` is done, `set_aside` waits for a person.
 *
 * @since 0.1.0
 * @category models
 */
export type State = "pending" | "handled" | "set_aside"

/**
 * What a notification is, by the contract's reading of `eventType`.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "kyc" | "threeDs" | "trade" | "unknown"

/**
 * A notification to keep.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewRow {
  readonly merchantNo: string
  /** Of {@link "Fingerprint".make}. */
  readonly fingerprint: Uint8Array
  /** As the vendor wrote it; `""` when there was none. */
  readonly eventType: string
  readonly kind: Kind
  readonly subject: Notification.Subject
  /** The exact bytes received. */
  readonly raw: Redacted.Redacted<Uint8Array>
  /** The key under which the signature held. */
  readonly keyId: string
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
  /** Why the signed text fits more than one message, by kind and without keys or values; empty for nearly all. */
  readonly ambiguity: ReadonlyArray<string>
  /** Given: the row is set aside from the start, for this reason. */
  readonly setAside?: string | undefined
}

/**
 * A row without the message: enough for lists and for people.
 *
 * @since 0.1.0
 * @category models
 */
export interface Summary {
  /** Grows with each row and is never given twice. */
  readonly id: number
  readonly merchantNo: string
  readonly fingerprint: Uint8Array
  readonly eventType: string
  readonly kind: Kind
  readonly subject: Notification.Subject
  /** 0 to 63, see {@link "Lane"}. */
  readonly lane: number
  readonly keyId: string
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
  readonly ambiguity: ReadonlyArray<string>
  readonly state: State
  /** Why it was set aside; it stays when the row is taken up again. */
  readonly reason: string | undefined
  /** How often a handler tried and failed. */
  readonly attempts: number
  readonly lastError: string | undefined
  /** Epoch milliseconds, as all times here. */
  readonly receivedAt: number
  /** Not before this time; 0 for a row that was never tried. */
  readonly nextAttemptAt: number
  readonly handledAt: number | undefined
  /** How often the vendor sent it; 1 when it was never re-sent. */
  readonly deliveries: number
  readonly lastReceivedAt: number
}

/**
 * A row with the message.
 *
 * @since 0.1.0
 * @category models
 */
export interface Row extends Summary {
  /** The exact bytes received; left where they stand encrypted under a key that is not there (see {@link "AtRest"}). */
  readonly raw: Either.Either<Redacted.Redacted<Uint8Array>, MessageSealed>
}

/**
 * Decodes a row's message under the contract in the context. The signature was verified before the row was kept and is not
 * looked at again: the key may have been changed since. Fails with `DataInvalid` when the message does not fit its schema,
 * and with `MessageSealed` when it cannot be decrypted here: then let the row wait, for it is the configuration that is to be mended.
 *
 * @since 0.1.0
 * @category accessors
 */
export const decode = (
  row: Pick<Row, "raw">
): Effect.Effect<Notification.Notification, Codec.DataInvalid | UnreadableMessage | MessageSealed> =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    const result = read(Redacted.value(yield* row.raw), noLimits)
    if (result._tag === "Unreadable") {
      const { detail, position, reason } = result
      return yield* new UnreadableMessage({ reason, position, detail })
    }
    return yield* Codec.decodeNotification(contract, result.message.value)
  })

/** What is in the inbox came through the receiver's limits, which need not be the default ones. */
const noLimits = { maxBytes: Infinity, maxDepth: Infinity, maxKeys: Infinity }
