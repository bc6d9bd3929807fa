/**
 * Notifications handed to your own handlers, in your own server and with your own database, without our inbox. `OK` is answered only
 * after the handler has succeeded: what it has not made safe by then is lost, for the vendor does not send it again.
 *
 * Handlers are **at-least-once**. The vendor sends again whenever an answer was lost, and two copies may be handled at
 * one time. So write the effect and its key in one transaction, with a unique index on the key:
 *
 * ```sql
 * INSERT INTO seen_notifications (merchant_no, kind, business_key) VALUES (…) ON CONFLICT DO NOTHING RETURNING 1
 * -- no row: it was handled before; commit nothing and succeed
 * ```
 *
 * `businessKey` recognises an effect, `idempotencyKey` a message. A notification is a hint to look, not a proof: before money
 * or access changes, ask the API where it can be asked.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import type { AmbiguityReason } from "@effect-yunmo/signing/Ambiguity"
import type { CollisionMatch, NestedMatch } from "@effect-yunmo/signing/Verifier"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Defect from "./Defect.js"
import * as Fingerprint from "./Fingerprint.js"
import type { Kind } from "./InboxRow.js"
import { type Accepted, type NotKept, receiving, type Sink } from "./internal/receiving.js"
import { Merchants } from "./Merchants.js"
import { type MerchantsOptions, Receiver, type ReceiverService } from "./Receiver.js"

/**
 * What is known about a verified message beside its content.
 *
 * @since 0.1.0
 * @category models
 */
export interface Received {
  readonly merchantNo: string
  /** Recognises this very message when it is sent again: 64 hexadecimal characters, of {@link "Fingerprint"}. */
  readonly idempotencyKey: string
  /** The key under which the signature held. */
  readonly keyId: string
  readonly nested: NestedMatch
  readonly collision: CollisionMatch
  /** Why other messages could be signed alike; empty for an ordinary one. */
  readonly ambiguity: ReadonlyArray<AmbiguityReason>
  /** The exact bytes received. */
  readonly raw: Redacted.Redacted<Uint8Array>
}

/**
 * The same, of a notification that was decoded.
 *
 * @since 0.1.0
 * @category models
 */
export interface ReceivedDecoded extends Received {
  /**
   * Recognises the effect, whichever message told of it: unique within merchant and kind. Another message with the same
   * key and other content (an amount, say) is worth a person's look.
   */
  readonly businessKey: string
}

/**
 * A verified message that no other handler can take: of a kind that the contract does not know, of a shape that does not fit
 * its schema, or ambiguous where `ambiguous: "setAside"` was chosen.
 *
 * @since 0.1.0
 * @category models
 */
export interface SetAside {
  /** As far as the contract knows the event type. */
  readonly kind: Kind
  /** As the vendor wrote it; `""` when there was none. */
  readonly eventType: string
  /** Why it is here: a sentence that names fields and rules, never values. */
  readonly reason: string
  /** Where it could be decoded. */
  readonly notification: Option.Option<Notification.Notification>
}

/**
 * What becomes of each kind. A handler that fails or dies makes the answer 503, and the vendor sends again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Handlers<E, R> {
  readonly kyc: (
    notification: Notification.Of<"Kyc">,
    received: ReceivedDecoded
  ) => Effect.Effect<unknown, E, R>
  readonly threeDs: (
    notification: Notification.Of<"ThreeDs">,
    received: ReceivedDecoded
  ) => Effect.Effect<unknown, E, R>
  readonly trade: (
    notification: Notification.Of<"Trade">,
    received: ReceivedDecoded
  ) => Effect.Effect<unknown, E, R>
  /**
   * Keep `received.raw` for a person, and succeed: to fail would only use up the vendor's ten tries on a message that will not
   * become readable by itself.
   */
  readonly unknown: (message: SetAside, received: Received) => Effect.Effect<unknown, E, R>
  /**
   * What was refused with 401, with the reason. It may be forged, and it may be genuine and met by a wrong key: keep a
   * bounded number, or nothing, which is what happens when this is not given. How it ends changes nothing.
   */
  readonly rejected?:
    | ((raw: Redacted.Redacted<Uint8Array>, reason: string) => Effect.Effect<unknown, E, R>)
    | undefined
}

/** Named in the log by its tag. */
class HandlerTimedOut extends Data.TaggedError("HandlerTimedOut") {}

/** What failed, without what it says: a handler's own error may quote what it was given. */
const nameOf = (cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.failureOption(cause), {
    onSome: (error) =>
      typeof error === "object" && error !== null && "_tag" in error && typeof error._tag === "string"
        ? error._tag
        : Defect.describe(error),
    onNone: () =>
      Cause.isInterruptedOnly(cause)
        ? "it was interrupted"
        : `a defect: ${Defect.describe(Cause.squash(cause))}`
  })

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends MerchantsOptions {
  /**
   * How long a handler may take; 5 seconds when not given. Then it is interrupted and the vendor gets 503: it waits for an
   * answer for an unknown time, and what comes after that is sent again anyway.
   */
  readonly handlerTimeout?: Duration.DurationInput | undefined
  /** How many handlers are at work at once; 256 when not given. What comes beyond them gets 503 at once, before memory grows. */
  readonly maxHandlers?: number | undefined
}

/**
 * A receiver whose messages go to these handlers. Give it to an adapter as {@link layer} does, or call its `receive`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const handle = <E, R>(
  handlers: Handlers<E, R>,
  options: Options = {}
): Effect.Effect<ReceiverService, never, Merchants | R> =>
  Effect.gen(function* () {
    const merchants = yield* Merchants
    const contract = yield* Contract.Contract
    const context = yield* Effect.context<R>()

    const dispatch = (message: Accepted): Effect.Effect<unknown, E, R> => {
      const { ambiguity, eventType, kind, merchantNo, notification, raw, setAside, verified } = message
      const received: Received = {
        merchantNo,
        idempotencyKey: Encoding.encodeHex(Fingerprint.make(verified.message)),
        keyId: verified.keyId,
        nested: verified.nested,
        collision: verified.collision,
        ambiguity,
        raw: Redacted.make(raw)
      }
      if (Option.isNone(notification) || notification.value._tag === "Unknown" || setAside !== undefined) {
        const reason = setAside ?? "No handler takes it."
        return handlers.unknown({ kind, eventType, reason, notification }, received)
      }
      const decoded: ReceivedDecoded = {
        ...received,
        businessKey: Notification.businessKey(notification.value, contract.tradeKindField)
      }
      switch (notification.value._tag) {
        case "Kyc":
          return handlers.kyc(notification.value, decoded)
        case "ThreeDs":
          return handlers.threeDs(notification.value, decoded)
        case "Trade":
          return handlers.trade(notification.value, decoded)
      }
    }

    const { rejected } = handlers
    const { handlerTimeout = "5 seconds", maxHandlers = 256 } = options
    let atWork = 0
    const busy: NotKept = { _tag: "NotKept", reason: `${maxHandlers} handlers are at work already` }
    const tooLong = () => new HandlerTimedOut()

    /** In bounds of number and time. */
    const bounded = <A, E2, R2>(work: Effect.Effect<A, E2, R2>, full: Effect.Effect<A, E2, R2>) =>
      Effect.suspend(() => {
        if (atWork >= maxHandlers) {
          return full
        }
        atWork += 1
        return Effect.ensuring(
          work,
          Effect.sync(() => {
            atWork -= 1
          })
        )
      })

    const sink: Sink = {
      accept: (message) =>
        Effect.suspend(() => dispatch(message)).pipe(
          Effect.timeoutFail({ duration: handlerTimeout, onTimeout: tooLong }),
          Effect.provide(context),
          Effect.matchCauseEffect({
            onSuccess: () =>
              Effect.succeed({ outcome: message.setAside === undefined ? "kept" : "setAside" } as const),
            onFailure: (cause): Effect.Effect<never, NotKept> =>
              Effect.fail({ _tag: "NotKept", reason: `its handler failed: ${nameOf(cause)}` })
          }),
          (handling) => bounded(handling, Effect.fail(busy))
        ),
      reject: (raw, reason) =>
        rejected === undefined
          ? Effect.succeed("none")
          : Effect.suspend(() => rejected(Redacted.make(raw), reason)).pipe(
              Effect.timeoutFail({ duration: handlerTimeout, onTimeout: tooLong }),
              Effect.provide(context),
              Effect.matchCause({
                onSuccess: () => "handled",
                onFailure: (cause) => `its handler failed: ${nameOf(cause)}`
              }),
              (handling) => bounded(handling, Effect.succeed(busy.reason))
            )
    }
    return receiving(merchants, sink, contract, options)
  })

/**
 * A receiver whose messages go to these handlers, for any adapter.
 *
 * @example
 * ```ts
 * import * as Notifications from "@effect-yunmo/notifications/Notifications"
 * import * as Effect from "effect/Effect"
 *
 * // Needs the Merchants.
 * const receiver = Notifications.layer({
 *   kyc: ({ data }) => Effect.log(`customer ${data.customerId} is ${data.auditState}`),
 *   threeDs: ({ data }) => Effect.log(`card ${data.cardId} asks for a decision`),
 *   trade: (_, { businessKey }) => Effect.log(`transaction ${businessKey}`),
 *   unknown: ({ reason }, { idempotencyKey }) => Effect.logWarning(`${idempotencyKey}: ${reason}`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(
  handlers: Handlers<E, R>,
  options: Options = {}
): Layer.Layer<Receiver, never, Merchants | R> => Layer.effect(Receiver, handle(handlers, options))
