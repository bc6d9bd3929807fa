import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"

/** WebCrypto takes only views of a buffer that nobody shares. */
export type Bytes = Uint8Array<ArrayBuffer>

/** What a key pair that WebCrypto holds can do. */
export interface RsaKey {
  /** Bytes of the modulus, and so of everything that is encrypted with it. */
  readonly size: number
  /** None when it refuses; why is nobody's business, since that would tell an attacker about the padding. */
  readonly decrypt: (bytes: Bytes) => Effect.Effect<Option.Option<Bytes>>
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Bytes
}

const attempted = <A>(run: () => Promise<A>): Effect.Effect<Option.Option<A>> =>
  Effect.option(Effect.tryPromise(run))

const ascii = (text: string): string => text.replaceAll("\\n", "\n").trim()

/** PKCS #8 in DER, of PEM or of its base64 alone, or what is wrong. A line end may be written as `\n`, as in `.env` files. */
export const pkcs8 = (given: string): Either.Either<Bytes, string> => {
  const text = ascii(given)
  const [, label = "", body = ""] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/.exec(text) ?? []
  if (text === "") {
    return Either.left("is empty")
  }
  if (label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED")) {
    return Either.left(
      "has a passphrase; write it without one, by openssl pkcs8 -topk8 -nocrypt, and keep it in a secret store"
    )
  }
  if (label === "RSA PRIVATE KEY") {
    return Either.left("is in PKCS #1; convert it to PKCS #8, by openssl pkcs8 -topk8 -nocrypt")
  }
  if (label !== "" && label !== "PRIVATE KEY") {
    return Either.left(`is a ${label.toLowerCase()}; the private key in PKCS #8 is needed`)
  }
  const bytes = decoded(label === "" ? text : body, "base64")
  return Option.isNone(bytes) || bytes.value.length === 0
    ? Either.left("is neither PEM (-----BEGIN PRIVATE KEY-----) nor base64")
    : Either.right(bytes.value)
}

/** Of base64, line ends and the URL alphabet are taken too: encoders differ. */
export const decoded = (text: string, encoding: "base64" | "hex"): Option.Option<Bytes> => {
  const bare = text.replaceAll(/\s/g, "")
  const bytes =
    encoding === "hex"
      ? Encoding.decodeHex(bare.toLowerCase())
      : /[-_]/.test(bare)
        ? Encoding.decodeBase64Url(bare.replace(/=+$/, ""))
        : Encoding.decodeBase64(bare)
  return Option.map(Either.getRight(bytes), (found) => new Uint8Array(found))
}

/** The key for RSA-OAEP. MGF1 has the same hash: WebCrypto offers no other. */
export const rsaOaep = (key: Bytes, hash: "SHA-256" | "SHA-1"): Effect.Effect<Option.Option<RsaKey>> =>
  Effect.gen(function* () {
    const { subtle } = globalThis.crypto
    const algorithm = { name: "RSA-OAEP", hash }
    const imported = yield* attempted(async () => {
      // Extractable just long enough to derive the public half; the one that is kept is not.
      const {
        e = "",
        kty = "",
        n = ""
      } = await subtle.exportKey("jwk", await subtle.importKey("pkcs8", key, algorithm, true, ["decrypt"]))
      const publicKey = await subtle.importKey("jwk", { kty, n, e }, algorithm, true, ["encrypt"])
      return {
        size: Option.match(decoded(n, "base64"), { onNone: () => 0, onSome: ({ length }) => length }),
        publicKey: new Uint8Array(await subtle.exportKey("spki", publicKey)),
        privateKey: await subtle.importKey("pkcs8", key, algorithm, false, ["decrypt"])
      }
    })
    return Option.map(imported, ({ privateKey, publicKey, size }) => ({
      size,
      publicKey,
      decrypt: (bytes: Bytes) =>
        attempted(async () => new Uint8Array(await subtle.decrypt("RSA-OAEP", privateKey, bytes)))
    }))
  })

const aes = {
  "AES-GCM": { ivBytes: 12, tagBytes: 16 },
  "AES-CBC": { ivBytes: 16, tagBytes: 0 }
} as const

/** Initialisation vector, ciphertext, and for GCM the tag at its end. */
export const decryptAes = (
  name: "AES-GCM" | "AES-CBC",
  key: Bytes,
  bytes: Bytes
): Effect.Effect<Option.Option<Bytes>> => {
  const { subtle } = globalThis.crypto
  const { ivBytes } = aes[name]
  return attempted(async () => {
    const imported = await subtle.importKey("raw", key, name, false, ["decrypt"])
    const iv = bytes.slice(0, ivBytes)
    return new Uint8Array(await subtle.decrypt({ name, iv }, imported, bytes.slice(ivBytes)))
  })
}

/** How many bytes beside the wrapped key there have to be at least. */
export const aesOverhead = (name: "AES-GCM" | "AES-CBC"): number => aes[name].ivBytes + aes[name].tagBytes

export const utf8 = (bytes: Bytes): Option.Option<string> =>
  Either.getRight(Either.try(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes)))

/** Whether an answer's `publicKey` is this one. What it is documented to be, nobody knows: it is only ever a hint. */
export const isSameKey = (
  told: string | undefined,
  own: Bytes
): Effect.Effect<"same" | "other" | "unknown"> =>
  Effect.gen(function* () {
    const bare = (told ?? "").replaceAll(/-----[A-Z ]+-----/g, "")
    const bytes = Option.getOrElse(decoded(bare, "base64"), () => new Uint8Array())
    if (bytes.length === own.length && bytes.every((byte, index) => byte === own[index])) {
      return "same"
    }
    const { subtle } = globalThis.crypto
    const rsa = { name: "RSA-OAEP", hash: "SHA-256" }
    const imported = yield* attempted(() => subtle.importKey("spki", bytes, rsa, false, ["encrypt"]))
    return Option.isSome(imported) ? "other" : "unknown"
  })
