import * as crypto from "node:crypto"

// The one-shot function is about twice as quick for short texts; early releases of Node 20 lack it.
export const md5: (text: string) => string =
  typeof crypto.hash === "function"
    ? (text) => crypto.hash("md5", text, "hex")
    : (text) => crypto.createHash("md5").update(text, "utf8").digest("hex")

/** Of two digests of 32 hexadecimal characters each, in either case; how long it takes does not depend on where they differ. */
export const sameDigest = (expected: string, received: string): boolean =>
  crypto.timingSafeEqual(lower(expected), lower(received))

/** The bit that tells the case of a letter is set in every digit anyway. */
const lower = (digest: string): Uint8Array => {
  const bytes = new Uint8Array(32)
  for (let at = 0; at < 32; at++) {
    bytes[at] = digest.charCodeAt(at) | 0x20
  }
  return bytes
}
