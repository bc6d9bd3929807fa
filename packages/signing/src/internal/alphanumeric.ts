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
