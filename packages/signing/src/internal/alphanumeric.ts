import { randomBytes } from "node:crypto"

/** The 62 characters of a nonce. */
export const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// 248 is the largest multiple of 62 in a byte. Taking the remainder of the eight bytes above it as well would make
// the first eight characters likelier than the rest.
const bound = 256 - (256 % alphabet.length)

/** Text of this length, each of 62 characters equally likely if each byte of the source is. */
export const alphanumeric = (length: number, source: (bytes: number) => Uint8Array): string => {
  let text = ""
  while (text.length < length) {
    for (const byte of source(length)) {
      if (byte < bound && text.length < length) {
        text += alphabet.charAt(byte % alphabet.length)
      }
    }
  }
  return text
}

/** Of so many bytes a nonce takes sixteen. */
const poolSize = 4096

let pool: Uint8Array = new Uint8Array(0)
let taken = 0

/**
 * Bytes of the system's cryptographic source, each given out once. Asking it costs far more than the bytes do, so it is
 * asked for many at a time.
 */
export const secureBytes = (count: number): Uint8Array => {
  if (taken + count > pool.length) {
    pool = randomBytes(Math.max(poolSize, count))
    taken = 0
  }
  const bytes = pool.subarray(taken, taken + count)
  taken += count
  return bytes
}
