const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text of the bytes, a byte order mark kept; or the position of the first byte that is not UTF-8. */
export const decodeUtf8 = (bytes: Uint8Array): string | number => {
  try {
    return decoder.decode(bytes)
  } catch {
    return firstInvalidByte(bytes)
  }
}

/** Whether the text takes more than this many bytes as UTF-8; true when the limit is not a number. */
export const exceedsUtf8Bytes = (text: string, maxBytes: number): boolean => {
  // A code unit takes one to three bytes, so most texts need not be counted.
  if (text.length * 3 <= maxBytes) {
    return false
  }
  if (!(text.length <= maxBytes)) {
    return true
  }
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= 0x80) {
      // A surrogate pair is two units and four bytes, so each half adds one.
      bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2
    }
  }
  return bytes > maxBytes
}

/** RFC 3629 table 3-7: the shortest form only, no surrogates, nothing above U+10FFFF. */
const firstInvalidByte = (bytes: Uint8Array): number => {
  let at = 0
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) {
      at++
      continue
    }
    const following =
      lead >= 0xc2 && lead <= 0xdf
        ? 1
        : lead >= 0xe0 && lead <= 0xef
          ? 2
          : lead >= 0xf0 && lead <= 0xf4
            ? 3
            : 0
    if (following === 0) {
      return at
    }
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
    for (let next = 1; next <= following; next++) {
      const byte = bytes[at + next] ?? -1
      if (byte < (next === 1 ? lowest : 0x80) || byte > (next === 1 ? highest : 0xbf)) {
        return at
      }
    }
    at += following + 1
  }
  return 0
}
