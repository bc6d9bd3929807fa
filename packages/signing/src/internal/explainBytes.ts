import * as crypto from "node:crypto"

/** How a signer may have turned text into bytes. Undefined where this runtime cannot tell. */
export type Encoding =
  | "utf8"
  | "latin1"
  | "latin1Replaced"
  | "ascii"
  | "utf16le"
  | "utf16be"
  | "utf16bom"
  | "gbk"
  | "utf8Twice"

export const encodings: ReadonlyArray<Exclude<Encoding, "utf8">> = [
  "latin1Replaced",
  "latin1",
  "ascii",
  "gbk",
  "utf8Twice",
  "utf16le",
  "utf16be",
  "utf16bom"
]

const utf8 = new TextEncoder()

export const encode = (text: string, encoding: Encoding): Uint8Array => {
  switch (encoding) {
    case "utf8":
      return utf8.encode(text)
    case "latin1":
      return units(text, 1, (unit) => [unit & 0xff])
    case "latin1Replaced":
      return replaced(text, 0xff)
    case "ascii":
      return replaced(text, 0x7f)
    case "utf16le":
      return units(text, 2, (unit) => [unit & 0xff, unit >> 8])
    case "utf16be":
      return units(text, 2, (unit) => [unit >> 8, unit & 0xff])
    case "utf16bom":
      return units(`\ufeff${text}`, 2, (unit) => [unit >> 8, unit & 0xff])
    case "gbk":
      return gbk(text)
    case "utf8Twice":
      return utf8.encode(Array.from(utf8.encode(text), (byte) => String.fromCharCode(byte)).join(""))
  }
}

const units = (text: string, width: number, bytesOf: (unit: number) => ReadonlyArray<number>): Uint8Array => {
  const bytes = new Uint8Array(text.length * width)
  for (let at = 0; at < text.length; at++) {
    bytes.set(bytesOf(text.charCodeAt(at)), at * width)
  }
  return bytes
}

/** What the charset lacks becomes a question mark, one per character, as Java does it. */
const replaced = (text: string, highest: number): Uint8Array =>
  Uint8Array.from(text, (char) => {
    const point = char.codePointAt(0) ?? 0
    return point <= highest ? point : 0x3f
  })

/** The platform decodes GBK but does not encode it, so the table is read out of the decoder. */
const gbk = (text: string): Uint8Array => {
  const table = gbkTable()
  const bytes: Array<number> = []
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0
    if (point < 0x80) {
      bytes.push(point)
    } else {
      const pair = table.get(char)
      bytes.push(...(pair === undefined ? [0x3f] : [pair >> 8, pair & 0xff]))
    }
  }
  return Uint8Array.from(bytes)
}

let knownGbk: ReadonlyMap<string, number> | undefined

const gbkTable = (): ReadonlyMap<string, number> => {
  if (knownGbk === undefined) {
    const table = new Map<string, number>()
    try {
      const decoder = new TextDecoder("gbk")
      for (let lead = 0x81; lead <= 0xfe; lead++) {
        for (let trail = 0x40; trail <= 0xfe; trail++) {
          const char = decoder.decode(Uint8Array.of(lead, trail))
          if (trail !== 0x7f && [...char].length === 1 && char !== "\ufffd" && !table.has(char)) {
            table.set(char, (lead << 8) | trail)
          }
        }
      }
    } catch {
      // A runtime built without this charset: nothing is then found to be GBK.
    }
    knownGbk = table
  }
  return knownGbk
}

/** What a signer may have done to the bytes. */
export type Algorithm =
  | "md5"
  | "md5Twice"
  | "hmacMd5"
  | "md5Middle"
  | "md5Base64"
  | "sha1"
  | "sha256"
  | "hmacSha256"

/** The signature as text, in lower case unless it is Base64. */
export const hash = (bytes: Uint8Array, secret: string, algorithm: Algorithm): string => {
  switch (algorithm) {
    case "md5":
      return hex("md5", bytes)
    case "md5Twice":
      return hex("md5", utf8.encode(hex("md5", bytes)))
    case "md5Middle":
      return hex("md5", bytes).slice(8, 24)
    case "md5Base64":
      return crypto.createHash("md5").update(bytes).digest("base64")
    case "hmacMd5":
      return crypto.createHmac("md5", secret).update(bytes).digest("hex")
    case "hmacSha256":
      return crypto.createHmac("sha256", secret).update(bytes).digest("hex")
    case "sha1":
    case "sha256":
      return hex(algorithm, bytes)
  }
}

const hex = (name: string, bytes: Uint8Array): string => crypto.createHash(name).update(bytes).digest("hex")
