/**
 * The digest of the scheme (SPEC 1.1): MD5 over the canonical text with the secret appended, in hexadecimal.
 * The runtime's `node:crypto` must offer MD5, which OpenSSL's FIPS mode does not.
 *
 * @since 0.1.0
 */
import { md5, sameDigest } from "./internal/digest.js"

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
  isDigest(received) && isDigest(expected) && sameDigest(expected, received)
