import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/** AES-256-GCM as NIST SP 800-38D has it: a nonce of 96 bits, random for each text, and a tag of 128 bits behind it. */
const keyBytes = 32
const nonceBytes = 12
/** In front of what is sealed, so that another way of sealing can be told from this one. */
const version = "1:"

export interface Seal {
  /** What is kept of a text. `about` is no part of it, but has to be the same when it is opened. */
  readonly close: (text: Redacted.Redacted<string>, about: string) => Effect.Effect<string>
  /** None when it was sealed under another key, about something else, or changed. */
  readonly open: (sealed: string, about: string) => Effect.Effect<Option.Option<Redacted.Redacted<string>>>
}

/** The 32 bytes of a key, from 64 hexadecimal digits or from Base64. */
const decodeKey = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const decoded = /^[0-9a-f]{64}$/i.test(text) ? Encoding.decodeHex(text) : Encoding.decodeBase64(text)
  return Either.isRight(decoded) && decoded.right.length === keyBytes
    ? new Uint8Array(decoded.right)
    : undefined
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text))

/** Undefined for what is no key of 32 bytes. Web Crypto is in every runtime; nothing of Node is needed. */
export const make = (key: Redacted.Redacted<string>): Effect.Effect<Seal | undefined> =>
  Effect.gen(function* () {
    const bytes = decodeKey(Redacted.value(key).trim())
    if (bytes === undefined) {
      return undefined
    }
    const { subtle } = globalThis.crypto
    const usable = yield* Effect.promise(() =>
      subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
    )
    const algorithm = (iv: Uint8Array<ArrayBuffer>, about: string) => ({
      name: "AES-GCM",
      iv,
      additionalData: bytesOf(about)
    })
    return {
      close: (text, about) =>
        Effect.promise(async () => {
          const nonce = globalThis.crypto.getRandomValues(new Uint8Array(nonceBytes))
          const sealed = await subtle.encrypt(algorithm(nonce, about), usable, bytesOf(Redacted.value(text)))
          return `${version}${Encoding.encodeBase64(new Uint8Array([...nonce, ...new Uint8Array(sealed)]))}`
        }),
      open: (sealed, about) =>
        Effect.gen(function* () {
          const decoded = sealed.startsWith(version)
            ? yield* Effect.option(Encoding.decodeBase64(sealed.slice(version.length)))
            : Option.none()
          return yield* Option.match(decoded, {
            onNone: () => Effect.succeedNone,
            onSome: (whole) =>
              Effect.option(
                Effect.tryPromise(() =>
                  subtle.decrypt(
                    algorithm(new Uint8Array(whole.slice(0, nonceBytes)), about),
                    usable,
                    new Uint8Array(whole.slice(nonceBytes))
                  )
                )
              ).pipe(Effect.map(Option.map((plain) => Redacted.make(new TextDecoder().decode(plain)))))
          })
        })
    }
  })
