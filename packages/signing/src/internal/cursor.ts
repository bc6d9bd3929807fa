import type { Unreadable, UnreadableReason } from "../RawMessage.js"

/** Stands for a string that could not be read; the cursor's `failure` says why. */
export const failed = false

export const quote = 0x22
const backslash = 0x5c

/** A place in the text, and the reading of what has no parts: strings, numbers and the three words. */
export class Cursor {
  failure: Unreadable = { _tag: "Unreadable", reason: "Syntax", position: 0, detail: "not JSON" }
  protected readonly text: string
  protected at = 0

  constructor(text: string) {
    this.text = text
  }

  protected fail(reason: UnreadableReason, position: number, detail: string): false {
    this.failure = { _tag: "Unreadable", reason, position, detail }
    return false
  }

  protected syntax(position: number, detail: string): false {
    return this.fail(
      "Syntax",
      position,
      position >= this.text.length ? `the text ends too early: ${detail}` : detail
    )
  }

  protected blanks(): void {
    let unit = this.text.charCodeAt(this.at)
    while (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) {
      unit = this.text.charCodeAt(++this.at)
    }
  }

  protected literal(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) {
      return this.syntax(this.at, "expected a value")
    }
    this.at += word.length
    return true
  }

  protected number(): boolean {
    const { text } = this
    let at = this.at
    if (text.charCodeAt(at) === 0x2d) {
      at++
    }
    if (text.charCodeAt(at) === 0x30) {
      at++
    } else {
      const end = this.digits(at)
      if (end === at) {
        return this.syntax(at, "expected a digit")
      }
      at = end
    }
    if (text.charCodeAt(at) === 0x2e) {
      const end = this.digits(at + 1)
      if (end === at + 1) {
        return this.syntax(end, "expected a digit after the decimal point")
      }
      at = end
    }
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      const sign = text.charCodeAt(at + 1)
      const from = sign === 0x2b || sign === 0x2d ? at + 2 : at + 1
      const end = this.digits(from)
      if (end === from) {
        return this.syntax(end, "expected a digit in the exponent")
      }
      at = end
    }
    this.at = at
    return true
  }

  /** Where the run of digits that starts here ends. */
  private digits(at: number): number {
    let unit = this.text.charCodeAt(at)
    while (unit >= 0x30 && unit <= 0x39) {
      unit = this.text.charCodeAt(++at)
    }
    return at
  }

  /** At an opening quote. */
  protected string(): string | typeof failed {
    const { text } = this
    let at = this.at + 1
    let from = at
    let decoded = ""
    while (true) {
      const unit = text.charCodeAt(at)
      if (unit === quote) {
        this.at = at + 1
        return decoded === "" ? text.slice(from, at) : decoded + text.slice(from, at)
      }
      if (unit === backslash) {
        const escaped = this.escape(at)
        if (escaped === failed) {
          return failed
        }
        decoded += text.slice(from, at) + escaped
        at += text.charCodeAt(at + 1) === 0x75 ? escaped.length * 6 : 2
        from = at
      } else if (unit >= 0x20 && unit < 0xd800) {
        at++
      } else if (unit >= 0xe000) {
        at++
      } else if (unit >= 0xd800) {
        if (!(unit < 0xdc00 && isLowSurrogate(text.charCodeAt(at + 1)))) {
          return this.fail("LoneSurrogate", at, "half of a surrogate pair stands alone")
        }
        at += 2
      } else if (unit < 0x20) {
        return this.syntax(at, "a control character in a string must be escaped")
      } else {
        return this.syntax(text.length, "expected the closing quote of a string")
      }
    }
  }

  /** At a backslash. One code unit, or two for an escaped pair. */
  private escape(at: number): string | typeof failed {
    const unit = this.text.charCodeAt(at + 1)
    if (unit !== 0x75) {
      const index = escaped.indexOf(this.text.charAt(at + 1))
      // Behind the end of the text stands nothing, which every text contains.
      return index === -1 || at + 1 >= this.text.length
        ? this.syntax(at, "unknown escape in a string")
        : unescaped.charAt(index)
    }
    const high = this.hex(at + 2)
    if (high < 0) {
      return this.syntax(at, "expected four hexadecimal digits after \\u")
    }
    if (high < 0xd800 || high > 0xdfff) {
      return String.fromCharCode(high)
    }
    // The other half has to be escaped as well: after decoding, a plain one would look like a pair.
    const low =
      high < 0xdc00 && this.text.charCodeAt(at + 6) === backslash && this.text.charCodeAt(at + 7) === 0x75
        ? this.hex(at + 8)
        : -1
    return isLowSurrogate(low)
      ? String.fromCharCode(high, low)
      : this.fail("LoneSurrogate", at, "half of an escaped surrogate pair stands alone")
  }

  /** The number of four hexadecimal digits; -1 when there are none. */
  private hex(at: number): number {
    const digits = this.text.slice(at, at + 4)
    return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : -1
  }
}

/** The value of a word or number. */
export const literalValue = (literal: string): boolean | null | number | string =>
  literal === "null"
    ? null
    : literal === "true" || literal === "false"
      ? literal === "true"
      : numberOrText(literal)

/** The number that prints as this literal, else the literal. */
const numberOrText = (literal: string): number | string => {
  // No JavaScript number prints longer than this, so longer ones need no conversion.
  if (literal.length > 25) {
    return literal
  }
  const number = Number(literal)
  return String(number) === literal ? number : literal
}

const escaped = '"\\/bfnrt'
const unescaped = '"\\/\b\f\n\r\t'

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
