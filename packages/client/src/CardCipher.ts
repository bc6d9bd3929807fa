/**
 * What decrypts the answers of 4.11 (card number) and 4.12 (PIN). The vendor documents neither the cipher nor what
 * `publicKey` in those answers is for, so everything here is PROPOSED and unverified: try it on the vendor's sandbox, and
 * when none of the ciphers fits, provide a `CardCipher` of your own, which is one function.
 *
 * A wrong cipher shows itself: `decrypt` fails with {@link CardCipherError}, or, where what comes out is text all the same,
 * {@link pan} and {@link pin} fail with {@link PlaintextUnexpected}. No error holds what was decrypted, or the key.
 *
 * Whoever handles card numbers falls under PCI DSS. Decrypt only where the number is needed, and keep it nowhere.
 *
 * @since 0.1.0
 */
import type { ApiEncryptVo } from "@effect-yunmo/schema/Card"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Cipher from "./internal/cipher.js"
import { passesLuhn } from "./internal/scrub.js"

const hints = {
  same: "The answer names the public key of this private key, so the padding or the payload is another.",
  other:
    "The answer names another public key than that of this private key: take the private key that belongs to the one in the merchant console.",
  unknown: "Check the private key, the padding and the payload: the vendor documents none of them."
} as const

/**
 * The encrypted text could not be decrypted.
 *
 * @since 0.1.0
 * @category errors
 */
export class CardCipherError extends Schema.TaggedError<CardCipherError>()("CardCipherError", {
  /** What was tried, `RSA-OAEP with SHA-256, AES-GCM` say. */
  cipher: Schema.String,
  /** `Encoding`: no base64 (or hex); `Length`: not as long as the key asks; `Decryption`: the cipher refused it. */
  reason: Schema.Literal("Encoding", "Length", "Decryption"),
  description: Schema.String,
  /** Whether the answer's `publicKey` is that of the private key, as far as it can be told. */
  publicKey: Schema.Literal("same", "other", "unknown")
}) {
  override get message(): string {
    return `The card data cannot be decrypted by ${this.cipher}: ${this.description}. ${hints[this.publicKey]}`
  }
}

/**
 * Something was decrypted, but it is not what was expected: the cipher, or what the vendor encrypts, is probably another
 * than configured. It is not shown here.
 *
 * @since 0.1.0
 * @category errors
 */
export class PlaintextUnexpected extends Schema.TaggedError<PlaintextUnexpected>()("PlaintextUnexpected", {
  expected: Schema.Literal("card number", "PIN"),
  problem: Schema.String
}) {
  override get message(): string {
    return `What was decrypted is no ${this.expected} (${this.problem}). Check cipher and key; where the vendor encrypts something else, decrypt gives it unchecked.`
  }
}

/**
 * The private key cannot be used.
 *
 * @since 0.1.0
 * @category errors
 */
export class CardKeyInvalid extends Data.TaggedError("CardKeyInvalid")<{ readonly reason: string }> {
  override get message(): string {
    return `The private key for card data ${this.reason}.`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CardCipherService {
  /** The text that was encrypted, whatever it is. */
  readonly decrypt: (encrypted: ApiEncryptVo) => Effect.Effect<Redacted.Redacted<string>, CardCipherError>
}

/**
 * Decrypts card numbers and PINs.
 *
 * @example
 * ```ts
 * import * as CardCipher from "@effect-yunmo/client/CardCipher"
 * import { Yunmo } from "@effect-yunmo/client/Yunmo"
 * import type { CardId } from "@effect-yunmo/schema/Ids"
 * import * as Config from "effect/Config"
 * import * as Effect from "effect/Effect"
 *
 * const cardNumber = (cardId: CardId) =>
 *   Effect.flatMap(Yunmo, ({ cards }) => cards.pan({ cardId })).pipe(Effect.flatMap(CardCipher.pan))
 *
 * const cipher = CardCipher.layerConfig({ privateKey: Config.redacted("YUNMO_CARD_KEY") })
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class CardCipher extends Context.Tag("@effect-yunmo/client/CardCipher")<
  CardCipher,
  CardCipherService
>() {}

/**
 * How the text stands in `encryptData` (PROPOSED, all of it).
 *
 * @since 0.1.0
 * @category options
 */
export interface Format {
  /**
   * What RSA encrypts: `direct`, the default, the text itself; else a key of 16, 24 or 32 bytes for AES, and then
   * `encryptData` is the encrypted key (as long as the modulus), the initialisation vector (GCM 12 bytes, CBC 16) and the
   * ciphertext, with the tag of GCM at its end. CBC tells nobody when the ciphertext was changed; prefer GCM.
   */
  readonly payload?: "direct" | "AES-GCM" | "AES-CBC" | undefined
  /** `base64` unless set; line ends and the URL alphabet are taken too. */
  readonly encoding?: "base64" | "hex" | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends Format {
  /** RSA, PKCS #8: PEM, or its base64 alone. `openssl pkcs8 -topk8 -nocrypt` makes it of any other form. */
  readonly privateKey: Redacted.Redacted<string>
  /**
   * The hash of OAEP, and of its MGF1: `SHA-256` unless set. Java's `OAEPWithSHA-256AndMGF1Padding` takes SHA-1 for
   * MGF1 unless told otherwise, which neither WebCrypto nor Node offers. RSA PKCS #1 v1.5 is in `@effect-yunmo/node`.
   */
  readonly hash?: "SHA-256" | "SHA-1" | undefined
}

/**
 * RSA with a padding, as a platform offers it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rsa {
  /** For errors. */
  readonly name: string
  /** Bytes of the modulus. */
  readonly size: number
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** None when it refuses. Say no more: why it refuses is what a padding oracle tells. */
  readonly decrypt: (bytes: Uint8Array<ArrayBuffer>) => Effect.Effect<Option.Option<Uint8Array<ArrayBuffer>>>
}

/**
 * A private key as the bytes of its PKCS #8, for whoever brings an {@link Rsa}. The answer is an `Effect` as well.
 *
 * @since 0.1.0
 * @category constructors
 */
export const pkcs8 = (
  key: Redacted.Redacted<string>
): Either.Either<Uint8Array<ArrayBuffer>, CardKeyInvalid> =>
  Either.mapLeft(Cipher.pkcs8(Redacted.value(key)), (reason) => new CardKeyInvalid({ reason }))

/**
 * A cipher by any RSA.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRsa = (
  rsa: Rsa,
  { encoding = "base64", payload = "direct" }: Format = {}
): CardCipherService => ({
  decrypt: Effect.fn("CardCipher.decrypt")(function* ({ encryptData, publicKey }: ApiEncryptVo) {
    const refuse = (reason: CardCipherError["reason"], description: string) =>
      Effect.flatMap(
        Cipher.isSameKey(publicKey, rsa.publicKey),
        (same) =>
          new CardCipherError({
            cipher: payload === "direct" ? rsa.name : `${rsa.name} and ${payload}`,
            reason,
            description,
            publicKey: same
          })
      )
    const bytes = Cipher.decoded(Redacted.value(encryptData), encoding)
    if (Option.isNone(bytes)) {
      return yield* refuse("Encoding", `encryptData is no ${encoding}`)
    }
    const { length } = bytes.value
    if (payload === "direct" && length !== rsa.size) {
      return yield* refuse(
        "Length",
        `encryptData has ${length} bytes, and this key of ${rsa.size * 8} bits makes ${rsa.size}`
      )
    }
    if (payload !== "direct" && length < rsa.size + Cipher.aesOverhead(payload)) {
      return yield* refuse(
        "Length",
        `encryptData has ${length} bytes, and an encrypted key of ${rsa.size}, an initialisation vector and a text need more`
      )
    }
    const opened = yield* rsa.decrypt(bytes.value.slice(0, rsa.size))
    const plain =
      payload === "direct" || Option.isNone(opened)
        ? opened
        : yield* Cipher.decryptAes(payload, opened.value, bytes.value.slice(rsa.size))
    const text = Option.flatMap(plain, Cipher.utf8)
    return Option.isNone(text)
      ? yield* refuse("Decryption", "it is encrypted with another key, or in another way")
      : Redacted.make(text.value)
  })
})

/**
 * A cipher by RSA-OAEP, of the platform's WebCrypto. The key that it keeps cannot be read out again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<CardCipherService, CardKeyInvalid> =>
  Effect.gen(function* () {
    const hash = options.hash ?? "SHA-256"
    const key = yield* Cipher.rsaOaep(yield* pkcs8(options.privateKey), hash)
    return Option.isNone(key)
      ? yield* new CardKeyInvalid({ reason: "is no RSA key in PKCS #8" })
      : fromRsa({ ...key.value, name: `RSA-OAEP with ${hash}` }, options)
  })

/**
 * The card number: 12 to 19 digits with Luhn's check digit, blanks and hyphens taken out.
 *
 * @since 0.1.0
 * @category accessors
 */
export const pan = (
  encrypted: ApiEncryptVo
): Effect.Effect<Redacted.Redacted<string>, CardCipherError | PlaintextUnexpected, CardCipher> =>
  Effect.flatMap(CardCipher, ({ decrypt }) => Effect.flatMap(decrypt(encrypted), checkedPan))

/**
 * The PIN: 4 to 12 digits (ISO 9564). 4.12 may answer with the PIN itself (NAME), which is checked alike.
 *
 * @since 0.1.0
 * @category accessors
 */
export const pin = (
  answer: ApiEncryptVo | Redacted.Redacted<string>
): Effect.Effect<Redacted.Redacted<string>, CardCipherError | PlaintextUnexpected, CardCipher> =>
  Effect.flatMap(CardCipher, ({ decrypt }) =>
    Effect.flatMap(Redacted.isRedacted(answer) ? Effect.succeed(answer) : decrypt(answer), checkedPin)
  )

const unexpected = (expected: PlaintextUnexpected["expected"], problem: string) =>
  Either.left(new PlaintextUnexpected({ expected, problem }))

const checkedPan = (
  plain: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, PlaintextUnexpected> => {
  const digits = Redacted.value(plain).trim().replaceAll(/[ -]/g, "")
  if (!/^\d{12,19}$/.test(digits)) {
    return unexpected("card number", "not 12 to 19 digits")
  }
  return passesLuhn(digits)
    ? Either.right(Redacted.make(digits))
    : unexpected("card number", "its check digit is wrong")
}

const checkedPin = (
  plain: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, PlaintextUnexpected> => {
  const digits = Redacted.value(plain).trim()
  return /^\d{4,12}$/.test(digits)
    ? Either.right(Redacted.make(digits))
    : unexpected("PIN", "not 4 to 12 digits")
}

/**
 * RSA-OAEP, with options given as values.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<CardCipher, CardKeyInvalid> =>
  Layer.effect(CardCipher, make(options))

/**
 * RSA-OAEP, with options from config.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<CardCipher, CardKeyInvalid | ConfigError> =>
  Layer.effect(CardCipher, Effect.flatMap(Config.unwrap(options), make))
