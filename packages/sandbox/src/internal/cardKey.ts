import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import type { CardKeyPair } from "./records.js"

/**
 * The key pair under which a merchant's card numbers and PINs are encrypted. The vendor does not say which cipher it
 * uses; RSA-OAEP with SHA-256 is PROPOSED.
 */
export interface CardKey extends CardKeyPair {
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

const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Either.getOrElse(Encoding.decodeBase64(text), () => new Uint8Array()))

const generate: Effect.Effect<CardKeyPair> = Effect.promise(async () => {
  const { subtle } = globalThis.crypto
  const pair = await subtle.generateKey(algorithm, true, ["encrypt", "decrypt"])
  return {
    publicKey: base64(await subtle.exportKey("spki", pair.publicKey)),
    privateKey: Redacted.make(base64(await subtle.exportKey("pkcs8", pair.privateKey)))
  }
})

const keyOf = (pair: CardKeyPair): Effect.Effect<CardKey> =>
  Effect.promise(async () => {
    const { subtle } = globalThis.crypto
    const key = await subtle.importKey("spki", bytesOf(pair.publicKey), algorithm, false, ["encrypt"])
    return {
      ...pair,
      encrypt: (text) =>
        Effect.promise(async () => {
          const bytes = new TextEncoder().encode(Redacted.value(text))
          return Redacted.make(base64(await subtle.encrypt({ name: algorithm.name }, key, bytes)))
        })
    }
  })

/** The key of each merchant, from the pairs that are there; a pair is made when it is first asked for, once. */
export const makeStore = (
  pairs: Map<string, CardKeyPair>
): ((merchantNo: string) => Effect.Effect<CardKey>) => {
  const keys = new Map<string, Deferred.Deferred<CardKey>>()
  const makeKey = (merchantNo: string): Effect.Effect<CardKey> =>
    Effect.gen(function* () {
      const kept = pairs.get(merchantNo)
      if (kept !== undefined) {
        return yield* keyOf(kept)
      }
      const pair = yield* generate
      pairs.set(merchantNo, pair)
      return yield* keyOf(pair)
    })
  return (merchantNo) =>
    Effect.suspend(() => {
      const made = keys.get(merchantNo)
      if (made !== undefined) {
        return Deferred.await(made)
      }
      const key = Deferred.unsafeMake<CardKey>(FiberId.none)
      keys.set(merchantNo, key)
      return Effect.zipRight(
        Effect.uninterruptible(Effect.intoDeferred(makeKey(merchantNo), key)),
        Deferred.await(key)
      )
    })
}
