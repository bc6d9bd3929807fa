/**
 * The digest of the scheme (SPEC 1.1): MD5 over the canonical text with the secret appended, in hexadecimal.
 * The runtime's `node:crypto` must offer MD5, which OpenSSL's FIPS mode does not.
 *
 * @since 0.1.0
 */
import * as crypto from "node:crypto"

/**
 * MD5 of the text and the secret as UTF-8, 32 lower-case hexadecimal characters.
 *
 * @example
 * ```ts
 * import * as Digest from "@effect-yunmo/signing/Digest"
 *
 * Digest.make("merchantNo=BU078255558&version=v1.0", "1111111111111111")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (text: string, secret: string): string => md5(text + secret)

// The one-shot function is about twice as quick for short texts; early releases of Node 20 lack it.
const md5: (text: string) => string =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("md5", text, "hex")
    : (text) => crypto.createHash("md5").update(text, "utf8").digest("hex")

/**
 * Whether a received signature has the form of one: 32 hexadecimal characters in either case.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isDigest = (text: string): boolean => /^[0-9a-fA-F]{32}$/.test(text)

/**
 * Whether a received signature equals the expected digest, in either letter case, in a time that does not
 * depend on where they differ.
 *
 * @since 0.1.0
 * @category predicates
 */
export const matches = (expected: string, received: string): boolean =>
  isDigest(received) && isDigest(expected) && crypto.timingSafeEqual(bytes(expected), bytes(received))

const encoder = new TextEncoder()
const bytes = (digest: string): Uint8Array => encoder.encode(digest.toLowerCase())
