import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"

/**
 * The key pair under which a merchant's card numbers and PINs are encrypted. The vendor does not say which cipher it
 * uses; RSA-OAEP with SHA-256 is PROPOSED.
 */
export interface CardKey {
  /** SubjectPublicKeyInfo, base64. */
  readonly publicKey: string
  /** PKCS #8, base64. */
  readonly privateKey: Redacted.Redacted<string>
  /** Base64. */
  readonly encrypt: (text: Redacted.Redacted<string>) => Effect.Effect<Redacted.Redacted<string>>
}

const algorithm = {
  name: "RSA-OAEP",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
  hash: "SHA-256"
}

const base64 = (bytes: ArrayBuffer): string => Encoding.encodeBase64(new Uint8Array(bytes))

const generate: Effect.Effect<CardKey> = Effect.gen(function* () {
  const { subtle } = globalThis.crypto
  const pair = yield* Effect.promise(() => subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]))
  const publicKey = yield* Effect.promise(() => subtle.exportKey("spki", pair.publicKey))
  const privateKey = yield* Effect.promise(() => subtle.exportKey("pkcs8", pair.privateKey))
  return {
    publicKey: base64(publicKey),
    privateKey: Redacted.make(base64(privateKey)),
    encrypt: (text) =>
      Effect.map(
        Effect.promise(() =>
          subtle.encrypt(
            { name: algorithm.name },
            pair.publicKey,
            new TextEncoder().encode(Redacted.value(text))
          )
        ),
        (bytes) => Redacted.make(base64(bytes))
      )
  }
})

/** The pair of each merchant, made when it is first asked for, once. */
export const makeStore = (): ((merchantNo: string) => Effect.Effect<CardKey>) => {
  const pairs = new Map<string, Deferred.Deferred<CardKey>>()
  return (merchantNo) =>
    Effect.suspend(() => {
      const made = pairs.get(merchantNo)
      if (made !== undefined) {
        return Deferred.await(made)
      }
      const pair = Deferred.unsafeMake<CardKey>(FiberId.none)
      pairs.set(merchantNo, pair)
      return Effect.zipRight(
        Effect.uninterruptible(Effect.intoDeferred(generate, pair)),
        Deferred.await(pair)
      )
    })
}
