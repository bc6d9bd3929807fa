/**
 * From the bytes of a notification to the answer for the vendor, independent of any server: limits, merchant, signature, inbox
 * row, `OK`.
 *
 * Never fails: whatever happens is an answer. `OK` is given only after the row is committed. A verified message that cannot be
 * decoded, or is of a kind nobody knows, is kept, set aside and answered with `OK` (a refusal would burn the vendor's ten
 * tries). Nothing is refused for its age: the vendor's schedule of re-sends is not known.
 *
 * {@link layer} is for one ring of keys, {@link layerMerchants} for several merchants with rings of their own. To handle
 * notifications without our inbox, see {@link "Notifications"}.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-yunmo/schema/Contract"
import { Verifier } from "@effect-yunmo/signing/Verifier"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import type { Answer } from "./Answer.js"
import { Inbox, type Kept } from "./Inbox.js"
import * as accounts from "./internal/accounts.js"
import { keepDirectly } from "./internal/direct.js"
import { newRow } from "./internal/newRow.js"
import {
  type Accepted,
  type Lookup,
  receiving,
  type Sink,
  type Stored,
  sharing
} from "./internal/receiving.js"
import { Merchants } from "./Merchants.js"
import { Quarantine } from "./Quarantine.js"

/**
 * What is known about a message by the way it came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Binding {
  /** The merchant to whom the path belongs: a message that names another is refused as `unknownMerchant`. */
  readonly merchantNo: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReceiverService {
  /** Takes the body exactly as it came: not parsed, not decoded, not decompressed by anything in between. */
  readonly receive: (raw: Uint8Array, binding?: Binding) => Effect.Effect<Answer>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Receiver extends Context.Tag("@effect-yunmo/notifications/Receiver")<
  Receiver,
  ReceiverService
>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface MerchantsOptions {
  /** What a 503 tells the vendor to wait; 5 seconds when not given. */
  readonly retryAfter?: Duration.DurationInput | undefined
  /**
   * What to do with a verified message that shows that other messages are signed alike (see `Ambiguity` of
   * `@effect-yunmo/signing`). `accept`, the default, treats it as any other, and its row says what was seen; `setAside`
   * leaves it to a person. It is kept and answered with `OK` either way.
   */
  readonly ambiguous?: "accept" | "setAside" | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends MerchantsOptions {
  /** The merchant numbers that are ours. A message that names another is refused, whatever its signature. */
  readonly merchantNos: ReadonlyArray<string>
}

/**
 * How many messages came, by `outcome` and `kind` (`none` when the message was not decoded).
 *
 * @since 0.1.0
 * @category metrics
 */
export const received: Metric.Metric.Counter<number> = accounts.received

/**
 * How many messages verified, by `merchant` and the `key` that matched.
 *
 * @since 0.1.0
 * @category metrics
 */
export const verifiedByKey: Metric.Metric.Counter<number> = accounts.verifiedByKey

/**
 * When a message last verified, in seconds since 1970, by `merchant` and the `key` that matched: tells when the vendor has
 * stopped using an old key during a rotation.
 *
 * @since 0.1.0
 * @category metrics
 */
export const keyLastUsed: Metric.Metric.Gauge<number> = accounts.keyLastUsed

const sink: Effect.Effect<Sink, never, Inbox | Quarantine> = Effect.gen(function* () {
  const inbox = yield* Inbox
  const quarantine = yield* Quarantine
  const stored = ({ setAside }: Accepted, { _tag, id }: Kept): Stored => ({
    outcome: _tag === "Repeated" ? "repeated" : setAside === undefined ? "kept" : "setAside",
    details: { id }
  })
  const keepNow = keepDirectly(inbox)
  return {
    accept: (message) => Effect.map(inbox.keep(newRow(message)), (kept) => stored(message, kept)),
    acceptDirectly:
      keepNow === undefined
        ? undefined
        : (message, now, answer) =>
            keepNow(newRow(message), now, (result) =>
              answer(Either.map(result, (kept) => stored(message, kept)))
            ),
    reject: (raw, reason) =>
      quarantine.put(Redacted.make(raw), reason).pipe(
        Effect.map((kept) => (kept ? "kept" : "notKept")),
        // The answer is the same; the vendor sends again what is genuine.
        Effect.catchTag("InboxUnavailable", () => Effect.succeed("unavailable"))
      )
  }
})

const over = (
  lookup: Lookup,
  options: MerchantsOptions
): Effect.Effect<ReceiverService, never, Inbox | Quarantine> =>
  Effect.map(Effect.all([sink, Contract.Contract]), ([into, contract]) =>
    receiving(lookup, into, contract, options)
  )

/**
 * With one verifier for all merchant numbers given.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<ReceiverService, never, Verifier | Inbox | Quarantine> =>
  Effect.flatMap(Verifier, (verifier) => over(sharing(options.merchantNos, verifier), options))

/**
 * For the merchants in the context, as they are when a message comes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMerchants = (
  options: MerchantsOptions = {}
): Effect.Effect<ReceiverService, never, Merchants | Inbox | Quarantine> =>
  Effect.flatMap(Merchants, (merchants) => over(merchants, options))

/**
 * With one verifier for all merchant numbers given.
 *
 * @example
 * ```ts
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Quarantine from "@effect-yunmo/notifications/Quarantine"
 * import * as Receiver from "@effect-yunmo/notifications/Receiver"
 * import * as Verifier from "@effect-yunmo/signing/Verifier"
 * import * as Layer from "effect/Layer"
 *
 * // Needs a SqlClient and the merchant's KeyRing.
 * const receiver = Receiver.layer({ merchantNos: ["BU078255558"] }).pipe(
 *   Layer.provide([Inbox.layer, Quarantine.layer(), Verifier.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Receiver, never, Verifier | Inbox | Quarantine> =>
  Layer.effect(Receiver, make(options))

/**
 * For the merchants in the context, as they are when a message comes.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMerchants = (
  options: MerchantsOptions = {}
): Layer.Layer<Receiver, never, Merchants | Inbox | Quarantine> =>
  Layer.effect(Receiver, makeMerchants(options))
