import type { Unreadable, UnreadableReason } from "../RawMessage.js"

/** Stands for a value that could not be read; the cursor's `failure` says why. */
export const failed: unique symbol = Symbol("failed")
export type Failed = typeof failed

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

  protected fail(reason: UnreadableReason, position: number, detail: string): Failed {
    this.failure = { _tag: "Unreadable", reason, position, detail }
    return failed
  }

  protected syntax(position: number, detail: string): Failed {
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

  protected literal<A extends boolean | null>(word: string, value: A): A | Failed {
    if (!this.text.startsWith(word, this.at)) {
      return this.syntax(this.at, "expected a value")
    }
    this.at += word.length
    return value
  }

  protected number(): number | string | Failed {
    const { text } = this
    const start = this.at
    let at = start
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
    const literal = text.slice(start, at)
    // No JavaScript number prints longer than this, so longer ones need no conversion.
    if (literal.length > 25) {
      return literal
    }
    const number = Number(literal)
    return String(number) === literal ? number : literal
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
  protected string(): string | Failed {
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
  private escape(at: number): string | Failed {
    const unit = this.text.charCodeAt(at + 1)
    if (unit !== 0x75) {
      return escapes.get(unit) ?? this.syntax(at, "unknown escape in a string")
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

  private hex(at: number): number {
    let number = 0
    for (let index = at; index < at + 4; index++) {
      const unit = this.text.charCodeAt(index)
      const lower = unit | 0x20
      const digit =
        unit >= 0x30 && unit <= 0x39 ? unit - 0x30 : lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
      if (digit < 0) {
        return -1
      }
      number = number * 16 + digit
    }
    return number
  }
}

const escapes: ReadonlyMap<number, string> = new Map([
  [quote, '"'],
  [backslash, "\\"],
  [0x2f, "/"],
  [0x62, "\b"],
  [0x66, "\f"],
  [0x6e, "\n"],
  [0x72, "\r"],
  [0x74, "\t"]
])

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
