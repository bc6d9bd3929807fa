import { createHash, hkdfSync } from "node:crypto"
import type { Key } from "@effect-yunmo/notifications/AtRest"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Redacted from "effect/Redacted"

const keyBytes = 32

const decode = (text: string): Uint8Array | undefined => {
  const decoded = /^[0-9a-f]{64}$/i.test(text) ? Encoding.decodeHex(text) : Encoding.decodeBase64(text)
  return Either.isRight(decoded) && decoded.right.length === keyBytes ? decoded.right : undefined
}

/** `id:key` or a key alone; undefined when the key is none. Neither hexadecimal digits nor Base64 have a colon. */
export const readKey = (text: string): Key | undefined => {
  const colon = text.indexOf(":")
  const key = text.slice(colon + 1).trim()
  const bytes = decode(key)
  return bytes === undefined
    ? undefined
    : {
        // Of 32 random bytes a digest tells nothing.
        id:
          colon === -1
            ? createHash("sha256").update(bytes).digest("hex").slice(0, 16)
            : text.slice(0, colon).trim(),
        key: Redacted.make(key)
      }
}

/** As text, which is what the token store takes. */
export const deriveTokenKey = (key: Redacted.Redacted): Redacted.Redacted =>
  Redacted.make(
    Encoding.encodeHex(
      new Uint8Array(
        hkdfSync("sha256", decode(Redacted.value(key)) ?? "", "", "effect-yunmo token store", keyBytes)
      )
    )
  )
