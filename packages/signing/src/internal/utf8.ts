const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true })
const encoder = new TextEncoder()

/** The text of the bytes, a byte order mark kept; or the position of the first byte that is not UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string | number => {
  try {
    return decoder.decode(bytes)
  } catch {
    return firstInvalidByte(bytes)
  }
}

/** Whether the text takes more than this many bytes as UTF-8; true when the limit is not a number. */
export const exceedsUtf8Bytes = (text: string, maxBytes: number): boolean =>
  // A code unit takes one to three bytes, so most texts need not be counted.
  !(text.length * 3 <= maxBytes) && !(text.length <= maxBytes && encoder.encode(text).length <= maxBytes)

/**
 * Where what was replaced in a lenient reading begins: up to there both have the same bytes, and behind it the replacement
 * character may share some with the sequence that was cut short.
 */
const firstInvalidByte = (bytes: Uint8Array): number => {
  const lenient = encoder.encode(lenientDecoder.decode(bytes))
  let at = 0
  while (at < bytes.length && bytes[at] === lenient[at]) {
    at++
  }
  while (((lenient[at] ?? 0) & 0xc0) === 0x80) {
    at--
  }
  return at
}
