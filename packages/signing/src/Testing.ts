/**
 * Makes valid signed messages for tests, in one line each: a request as a client would send it, a notification as
 * the vendor would. Nothing of it is random and no clock is read, so the same arguments give the same bytes.
 *
 * For tests and tools only. A test double signs whatever it is given, in every way a vendor might: nested values as
 * compact JSON unless told otherwise, colliding keys with `data` winning. Programs sign with {@link "Signer"}.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { CollisionPolicy, NestedPolicy } from "./CanonicalText.js"
import type { JsonObject } from "./RawMessage.js"
import * as Signer from "./Signer.js"
import type { SigningRefused } from "./SigningError.js"
import * as SigningKey from "./SigningKey.js"

/**
 * What both kinds of message have in common.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly secret: string | Redacted.Redacted<string>
  readonly data: JsonObject
  /** `BU000000001` unless set. */
  readonly merchantNo?: string | undefined
  /** {@link defaultNonce} unless set. */
  readonly nonce?: string | undefined
  /** Epoch milliseconds; {@link defaultRequestTime} unless set. */
  readonly requestTime?: number | undefined
  /** `v1.0` unless set. */
  readonly version?: string | undefined
  /** Further fields of the envelope, unknown ones say. */
  readonly envelope?: JsonObject | undefined
  /** `compactJson` unless set. */
  readonly nested?: NestedPolicy | undefined
  /** `dataWins` unless set. */
  readonly collision?: CollisionPolicy | undefined
}

/**
 * A request to sign.
 *
 * @since 0.1.0
 * @category options
 */
export interface SignedOptions extends Options {
  /** None unless set. */
  readonly token?: string | Redacted.Redacted<string> | undefined
}

/**
 * A notification to sign.
 *
 * @since 0.1.0
 * @category options
 */
export interface NotificationOptions extends Options {
  /** `TRADE`, `KYC`, `_3DS` (VENDOR 6.1), or one that nobody knows yet. */
  readonly eventType: string
  /** That of the event type (VENDOR 6.1) unless set; an unknown type has its own in lower case. */
  readonly eventName?: string | undefined
}

/**
 * A signed message, in the forms that tests need. Unlike the signer's it is not redacted: use no real secrets
 * and tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface TestMessage {
  /** The JSON text. */
  readonly text: string
  /** The same as UTF-8. */
  readonly bytes: Uint8Array
  /** 32 lower-case hexadecimal characters. */
  readonly sign: string
  readonly nonce: string
  /** Epoch milliseconds. */
  readonly requestTime: number
}

/**
 * The nonce of messages for which none is given.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultNonce = "TestNonce0000001"

/**
 * The time of messages for which none is given: 2026-01-01T00:00:00Z in epoch milliseconds.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultRequestTime = 1_767_225_600_000

const eventNames: Readonly<Record<string, string>> = { KYC: "kyc_status", _3DS: "3ds", TRADE: "trade" }

/**
 * A signed request. The answer is an `Effect` as well; `Either.getOrThrow` gives the message where a test wants it
 * plain. It is refused only where no bytes could carry it: see {@link SigningRefused}.
 *
 * @example
 * ```ts
 * import * as Testing from "@effect-yunmo/signing/Testing"
 * import * as Either from "effect/Either"
 *
 * const request = Either.getOrThrow(Testing.signed({ secret: "1111111111111111", data: { customerCode: "test0001" } }))
 * request.text // {"merchantNo":"BU000000001","version":"v1.0","nonce":…,"sign":"…"}
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const signed = (options: SignedOptions): Either.Either<TestMessage, SigningRefused> =>
  message(options, {}, options.token)

/**
 * A signed notification. The answer is an `Effect` as well.
 *
 * @example
 * ```ts
 * import * as Testing from "@effect-yunmo/signing/Testing"
 * import * as Either from "effect/Either"
 *
 * const notification = Either.getOrThrow(
 *   Testing.notification({ eventType: "KYC", secret: "1111111111111111", data: { customerId: "1", auditState: 1 } })
 * )
 * void fetch("http://127.0.0.1:8787/yunmo/notifications", { method: "POST", body: notification.text })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const notification = (options: NotificationOptions): Either.Either<TestMessage, SigningRefused> => {
  const { eventType } = options
  const eventName = options.eventName ?? eventNames[eventType] ?? eventType.toLowerCase()
  return message(options, { eventType, eventName }, undefined)
}

const message = (
  options: Options,
  event: JsonObject,
  token: string | Redacted.Redacted<string> | undefined
): Either.Either<TestMessage, SigningRefused> => {
  const {
    collision = "dataWins",
    data,
    merchantNo = "BU000000001",
    nested = "compactJson",
    version = "v1.0"
  } = options
  const nonce = options.nonce ?? defaultNonce
  const requestTime = options.requestTime ?? defaultRequestTime
  // With nonce and time given, signing waits for nothing.
  return Effect.runSync(
    Effect.either(
      Effect.map(
        Signer.signWith(SigningKey.make("test", options.secret), {
          envelope: { merchantNo, version, nonce, requestTime, ...event, ...options.envelope },
          token: typeof token === "string" && token !== "" ? Redacted.make(token) : token === "" ? "" : token,
          data,
          nested,
          collision
        }),
        (made): TestMessage => {
          const text = Redacted.value(made.body)
          return {
            text,
            bytes: new TextEncoder().encode(text),
            sign: made.sign,
            nonce: made.nonce,
            requestTime: made.requestTime
          }
        }
      )
    )
  )
}
