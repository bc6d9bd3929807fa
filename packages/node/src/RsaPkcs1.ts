/**
 * RSA with the padding of PKCS #1 v1.5, for card numbers and PINs (4.11, 4.12). WebCrypto does not offer it, so it stands
 * here and not beside RSA-OAEP in `@effect-yunmo/client/CardCipher`. That the vendor uses it is PROPOSED.
 *
 * Take it only when the vendor says that it is this one. A program that tells anybody, by an error or by the time it takes,
 * whether this padding was right can be made to decrypt for them (Bleichenbacher; Marvin, CVE-2023-46809). OpenSSL 3.2 and
 * later answer a wrong padding with random bytes instead, so that there is nothing to tell; this module works only where
 * they do, Node 24 and later, and fails as {@link RsaPkcs1Unavailable} elsewhere. It also means that a wrong key shows
 * itself only by what comes out, which `CardCipher.pan` and `CardCipher.pin` look at.
 *
 * @since 0.1.0
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateDecrypt,
  publicEncrypt
} from "node:crypto"
import * as CardCipher from "@effect-yunmo/client/CardCipher"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"

/**
 * This Node does not decrypt PKCS #1 v1.5, or not safely.
 *
 * @since 0.1.0
 * @category errors
 */
export class RsaPkcs1Unavailable extends Data.TaggedError("RsaPkcs1Unavailable")<{
  readonly node: string
  readonly openssl: string
}> {
  override get message(): string {
    return `Node ${this.node} with OpenSSL ${this.openssl} does not decrypt RSA PKCS #1 v1.5 without a padding oracle: run this on Node 24 or later, or have the vendor use RSA-OAEP.`
  }
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends CardCipher.Format {
  /** RSA, PKCS #8: PEM, or its base64 alone. */
  readonly privateKey: Redacted.Redacted<string>
}

const padding = constants.RSA_PKCS1_PADDING

const decrypting = (key: KeyObject) => (bytes: Uint8Array) =>
  Effect.option(Effect.try(() => new Uint8Array(privateDecrypt({ key, padding }, bytes))))

const sizeOf = (key: KeyObject): number => Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)

/** Nothing but zeros is a padding that is wrong: where it is safe, bytes come out all the same. */
const isSafe = (key: KeyObject, publicKey: KeyObject): Effect.Effect<boolean> =>
  Effect.try(() =>
    publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, Buffer.alloc(sizeOf(publicKey)))
  ).pipe(Effect.flatMap(decrypting(key)), Effect.match({ onFailure: () => false, onSuccess: Option.isSome }))

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<CardCipher.CardCipherService, CardCipher.CardKeyInvalid | RsaPkcs1Unavailable> =>
  Effect.gen(function* () {
    const der = yield* CardCipher.pkcs8(options.privateKey)
    const noKey = () => new CardCipher.CardKeyInvalid({ reason: "is no RSA key in PKCS #8" })
    const key = yield* Effect.try({
      try: () => createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }),
      catch: noKey
    })
    if (key.asymmetricKeyType !== "rsa") {
      return yield* noKey()
    }
    const publicKey = createPublicKey(key)
    if (!(yield* isSafe(key, publicKey))) {
      const { node, openssl } = process.versions
      return yield* new RsaPkcs1Unavailable({ node, openssl })
    }
    return CardCipher.fromRsa(
      {
        name: "RSA PKCS #1 v1.5",
        size: sizeOf(publicKey),
        publicKey: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
        decrypt: decrypting(key)
      },
      options
    )
  })

/**
 * `CardCipher` by RSA PKCS #1 v1.5, with options given as values.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<CardCipher.CardCipher, CardCipher.CardKeyInvalid | RsaPkcs1Unavailable> =>
  Layer.effect(CardCipher.CardCipher, make(options))

/**
 * `CardCipher` by RSA PKCS #1 v1.5, with options from config.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<CardCipher.CardCipher, CardCipher.CardKeyInvalid | RsaPkcs1Unavailable | ConfigError> =>
  Layer.effect(CardCipher.CardCipher, Effect.flatMap(Config.unwrap(options), make))
