/**
 * Signs messages. What is signed is what is sent: the message is serialised once, read back as a receiver
 * would read it, and signed over the literal text found there.
 *
 * Fails with {@link SigningRefused}, naming the field, where the vendor's rules give no text or
 * implementations disagree; then nothing has been made that could be sent.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as CanonicalText from "./CanonicalText.js"
import * as Digest from "./Digest.js"
import { walkedText } from "./internal/canonical.js"
import { describeKey } from "./internal/key.js"
import { learn } from "./internal/layouts.js"
import { foundOf } from "./internal/message.js"
import { secretProblem } from "./internal/secret.js"
import { makeSigned, signedText } from "./internal/signed.js"
import { inputProblem, maxDepth } from "./internal/signingInput.js"
import { KeyRing, type KeyRingService } from "./KeyRing.js"
import * as Nonce from "./Nonce.js"
import { type JsonObject, type JsonValue, type RawMessage, read } from "./RawMessage.js"
import { SigningRefused, type SigningRefusedReason } from "./SigningError.js"
import type { SigningKey } from "./SigningKey.js"

/**
 * A message to sign.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignInput {
  /**
   * `merchantNo`, `version`, and for a notification `eventType` and `eventName`. `nonce` and `requestTime`
   * (epoch milliseconds, sent as a JSON number) are made when they are not given.
   */
  readonly envelope: JsonObject
  /** The operation's own fields. An empty object is fine; empty strings and nulls are sent and not signed. */
  readonly data: JsonObject
  /**
   * Sent as `token`, never signed. `""` is what the login sends (PROPOSED); absent for a notification (VENDOR
   * 6.1).
   */
  readonly token?: Redacted.Redacted<string> | "" | undefined
  /** Keys that the operation's own page leaves unsigned. */
  readonly exempt?: ReadonlyArray<string> | undefined
  /** How nested values are signed; refused unless picked. */
  readonly nested?: "refuse" | "omit" | "compactJson" | undefined
}

/**
 * A message to sign in any way a vendor might, for emulating one in tests. Requests to the vendor need only
 * {@link SignInput}.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignWithInput extends Omit<SignInput, "nested"> {
  readonly nested?: CanonicalText.NestedPolicy | undefined
  readonly collision?: CanonicalText.CollisionPolicy | undefined
}

/**
 * A signed message. The body holds the token and whatever secret `data` has, so it is not printed.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedMessage {
  /** The JSON text to send, to the byte, as UTF-8. */
  readonly body: Redacted.Redacted<string>
  /** 32 lower-case hexadecimal characters. */
  readonly sign: string
  readonly nonce: string
  /** Epoch milliseconds. */
  readonly requestTime: number
}

/**
 * Signs with the ring's signing key.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignerService {
  readonly sign: (input: SignInput) => Effect.Effect<SignedMessage, SigningRefused>
}

/**
 * Signs with the ring's signing key.
 *
 * @since 0.1.0
 * @category services
 */
export class Signer extends Context.Tag("@effect-yunmo/signing/Signer")<Signer, SignerService>() {}

/**
 * Signs with the key given, for whoever holds several. Takes time from the `Clock` and the nonce from {@link
 * Nonce.Nonce}, on each run anew.
 *
 * @example
 * ```ts
 * import * as Signer from "@effect-yunmo/signing/Signer"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 *
 * const signed = Signer.signWith(SigningKey.make("test", "1111111111111111"), {
 *   envelope: { merchantNo: "BU078255558", version: "v1.0" },
 *   data: { customerCode: "test0001" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const signWith = (
  key: SigningKey,
  input: SignWithInput
): Effect.Effect<SignedMessage, SigningRefused> =>
  Effect.gen(function* () {
    const problem = checkInput(key, input)
    if (problem !== undefined) {
      return yield* problem
    }
    const nonce = input.envelope.nonce ?? (yield* Nonce.next)
    const requestTime = input.envelope.requestTime ?? (yield* Clock.currentTimeMillis)
    return yield* seal(key, input, nonce, requestTime)
  })

/**
 * Signs with the key given, with a nonce and a time that stand in the envelope already: for whoever has both at hand and
 * signs many messages. `InvalidNonce` or `InvalidRequestTime` when one of them does not.
 *
 * @example
 * ```ts
 * import * as Signer from "@effect-yunmo/signing/Signer"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 *
 * const signed = Signer.signAt(SigningKey.make("test", "1111111111111111"), {
 *   envelope: { merchantNo: "BU078255558", version: "v1.0", nonce: "q3Zr8KpT1mXw6BdY", requestTime: 1770712296681 },
 *   data: { customerCode: "test0001" }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const signAt = (key: SigningKey, input: SignWithInput): Either.Either<SignedMessage, SigningRefused> =>
  checkInput(key, input) ?? seal(key, input, input.envelope.nonce ?? null, input.envelope.requestTime ?? null)

/**
 * The text to send, without its wrapper. It holds the token, so it belongs into the request and nowhere else.
 *
 * @since 0.1.0
 * @category accessors
 */
export const textOf = (signed: SignedMessage): string => signedText(signed) ?? Redacted.value(signed.body)

/**
 * A signer over a ring.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (ring: KeyRingService): SignerService => ({
  sign: Effect.fn("Signer.sign")((input: SignInput) => signWith(ring.signing, input))
})

/**
 * A signer over the ring in the context.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Signer, never, KeyRing> = Layer.effect(Signer, Effect.map(KeyRing, make))

const usable = new WeakSet<Redacted.Redacted<string>>()

/** Looked at once: a secret stays what it is. */
const isUsable = (secret: Redacted.Redacted<string>): boolean => {
  if (!usable.has(secret) && secretProblem(Redacted.value(secret)) === undefined) {
    usable.add(secret)
  }
  return usable.has(secret)
}

const refuse = (reason: SigningRefusedReason, field: string): Either.Either<never, SigningRefused> =>
  Either.left(new SigningRefused({ reason, field }))

const checkInput = (
  key: SigningKey,
  input: SignWithInput
): Either.Either<never, SigningRefused> | undefined => {
  if (!isUsable(key.secret)) {
    return refuse("UnusableSecret", key.id)
  }
  for (const reserved of input.token === undefined ? ["sign", "data"] : ["sign", "data", "token"]) {
    if (Object.hasOwn(input.envelope, reserved)) {
      return refuse("ReservedKey", `envelope.${reserved}`)
    }
  }
  const exempt = input.exempt ?? []
  const problem = inputProblem(input.envelope, "envelope", exempt) ?? inputProblem(input.data, "data", exempt)
  return problem === undefined ? undefined : refuse(problem.reason, problem.field)
}

const seal = (
  key: SigningKey,
  input: SignWithInput,
  nonce: JsonValue,
  requestTime: JsonValue
): Either.Either<SignedMessage, SigningRefused> => {
  if (typeof nonce !== "string" || nonce === "") {
    return refuse("InvalidNonce", "envelope.nonce")
  }
  const time =
    typeof requestTime === "string" && /^[0-9]+$/.test(requestTime) ? Number(requestTime) : requestTime
  if (typeof time !== "number" || !Number.isSafeInteger(time)) {
    return refuse("InvalidRequestTime", "envelope.requestTime")
  }
  const token = input.token === undefined ? {} : { token: plainToken(input.token) }
  const unsigned = JSON.stringify({ ...input.envelope, nonce, requestTime, ...token, data: input.data })
  const result = read(unsigned, { maxBytes: Infinity, maxKeys: Infinity, maxDepth })
  if (result._tag === "Unreadable") {
    // What the checks of the input let through is a token cut in half.
    return refuse(result.reason === "LoneSurrogate" ? "LoneSurrogate" : "NotJson", "token")
  }
  const canonical = canonicalText(result.message, input)
  if (canonical._tag === "Refused") {
    const { key, reason } = canonical
    const path = Object.hasOwn(input.data, key) ? "data" : "envelope"
    return refuse(reason, `${path}.${describeKey(key)}`)
  }
  const sign = Digest.make(canonical.text, Redacted.value(key.secret))
  // The signature goes in front of the very text that was read, which is never `{}`: nothing is serialised twice.
  return Either.right(
    makeSigned(`{"sign":"${sign}",${unsigned.slice(1)}`, { sign, nonce, requestTime: time })
  )
}

/**
 * A program signs few layouts and many messages: one of a layout that was signed or verified before is put together along
 * it, to the same text.
 */
const canonicalText = (message: RawMessage, input: SignWithInput): CanonicalText.CanonicalText => {
  const ordinary = input.exempt === undefined || input.exempt.length === 0
  const found = ordinary ? foundOf(message) : undefined
  const walked = found?.walked === undefined ? undefined : walkedText(found.walked)
  if (walked !== undefined) {
    return { _tag: "Text", text: walked }
  }
  const canonical = CanonicalText.make(message, input)
  if (canonical._tag === "Text" && found?.parts !== undefined) {
    learn(message.text, found.parts)
  }
  return canonical
}

const plainToken = (token: Redacted.Redacted<string> | ""): string =>
  token === "" ? "" : Redacted.value(token)
