import type { Field, FieldKind, Limits, Unreadable } from "../RawMessage.js"
import { Cursor, failed, quote } from "./cursor.js"
import { describeKey, isForbiddenKey } from "./key.js"
import type { Parts } from "./message.js"

/** Keeps the recursion inside any runtime's stack, whatever limit a user sets. */
const hardMaxDepth = 512

const openBrace = 0x7b
const openBracket = 0x5b

/** Reads the text as one JSON object. Every code unit is looked at once, and no value is built. */
export const scan = (text: string, limits: Limits): ({ readonly _tag: "Scanned" } & Parts) | Unreadable => {
  const scanner = new Scanner(text, limits)
  return scanner.message()
    ? {
        _tag: "Scanned",
        envelope: scanner.envelope,
        data: scanner.data,
        dataAt: scanner.dataAt,
        spans: scanner.spans
      }
    : scanner.failure
}

/** Each method that reads something says whether it could; if not, `failure` says why. */
class Scanner extends Cursor {
  readonly envelope: Array<Field> = []
  readonly data: Array<Field> = []
  dataAt: number | undefined = undefined
  readonly spans: Array<number> = []
  private readonly maxDepth: number
  private readonly maxKeys: number
  private keys = 0

  constructor(text: string, limits: Limits) {
    super(text)
    this.maxDepth = Math.min(limits.maxDepth, hardMaxDepth)
    this.maxKeys = limits.maxKeys
  }

  message(): boolean {
    if (this.text.charCodeAt(0) === 0xfeff) {
      return this.fail("ByteOrderMark", 0, "the text starts with a byte order mark")
    }
    this.blanks()
    const start = this.at
    if (start === this.text.length) {
      return this.syntax(start, "expected a JSON object")
    }
    const isObject = this.text.charCodeAt(start) === openBrace
    if (!(isObject ? this.object(1, this.envelope) : this.value(0))) {
      return false
    }
    this.blanks()
    if (this.at !== this.text.length) {
      return this.syntax(this.at, "text after the end of the message")
    }
    return isObject || this.fail("NotAnObject", start, "the message is JSON, but not an object")
  }

  /** At an opening brace. `fields` takes the members of the message and of its `data`, no others. */
  private object(depth: number, fields: Array<Field> | undefined): boolean {
    const { text } = this
    if (!(depth <= this.maxDepth)) {
      return this.fail("TooDeep", this.at, `more than ${this.maxDepth} objects and arrays inside each other`)
    }
    this.at++
    this.blanks()
    if (text.charCodeAt(this.at) === 0x7d) {
      this.at++
      return true
    }
    const seen = new Set<string>()
    while (true) {
      if (text.charCodeAt(this.at) !== quote) {
        return this.syntax(this.at, "expected a key in double quotes")
      }
      const keyAt = this.at
      const key = this.string()
      if (key === failed) {
        return false
      }
      if (!(++this.keys <= this.maxKeys)) {
        return this.fail("TooManyKeys", keyAt, `more than ${this.maxKeys} keys`)
      }
      if (isForbiddenKey(key)) {
        return this.fail("ForbiddenKey", keyAt, `the key ${key} is refused`)
      }
      if (seen.size === seen.add(key).size) {
        return this.fail("DuplicateKey", keyAt, `the key ${describeKey(key)} stands twice in one object`)
      }
      this.blanks()
      if (text.charCodeAt(this.at) !== 0x3a) {
        return this.syntax(this.at, "expected a colon after the key")
      }
      this.at++
      this.blanks()
      if (!this.member(key, depth, fields)) {
        return false
      }
      this.blanks()
      const next = text.charCodeAt(this.at)
      if (next === 0x7d) {
        this.at++
        return true
      }
      if (next !== 0x2c) {
        return this.syntax(this.at, "expected a comma or a closing brace")
      }
      this.at++
      this.blanks()
    }
  }

  /** At the value of a member. */
  private member(key: string, depth: number, fields: Array<Field> | undefined): boolean {
    if (fields === undefined) {
      return this.value(depth)
    }
    const { text } = this
    const start = this.at
    const first = text.charCodeAt(start)
    if (depth === 1 && first === openBrace && key === "data") {
      this.dataAt = fields.length
      return this.object(2, this.data)
    }
    const kind = kindOf(first)
    if (kind === "string") {
      const content = this.string()
      if (content === failed) {
        return false
      }
      fields.push({ key, kind, text: content })
    } else {
      if (!this.value(depth)) {
        return false
      }
      fields.push({
        key,
        kind: kind ?? "null",
        text: kind === "null" ? "" : text.slice(start, this.at)
      })
    }
    this.spans.push(start, this.at)
    return true
  }

  private array(depth: number): boolean {
    if (!(depth <= this.maxDepth)) {
      return this.fail("TooDeep", this.at, `more than ${this.maxDepth} objects and arrays inside each other`)
    }
    this.at++
    this.blanks()
    if (this.text.charCodeAt(this.at) === 0x5d) {
      this.at++
      return true
    }
    while (true) {
      if (!this.value(depth)) {
        return false
      }
      this.blanks()
      const next = this.text.charCodeAt(this.at)
      if (next === 0x5d) {
        this.at++
        return true
      }
      if (next !== 0x2c) {
        return this.syntax(this.at, "expected a comma or a closing bracket")
      }
      this.at++
      this.blanks()
    }
  }

  /** A value inside an object or array of this depth. */
  private value(depth: number): boolean {
    const first = this.text.charCodeAt(this.at)
    switch (kindOf(first)) {
      case "string":
        return this.string() !== failed
      case "number":
        return this.number()
      case "object":
        return this.object(depth + 1, undefined)
      case "array":
        return this.array(depth + 1)
      case "boolean":
        return this.literal(first === 0x74 ? "true" : "false")
      case "null":
        return this.literal("null")
      case undefined:
        return this.syntax(this.at, "expected a value")
    }
  }
}

/** What a value is, by its first character. */
const kindOf = (first: number): FieldKind | undefined => {
  switch (first) {
    case quote:
      return "string"
    case openBrace:
      return "object"
    case openBracket:
      return "array"
    case 0x74:
    case 0x66:
      return "boolean"
    case 0x6e:
      return "null"
    default:
      return first === 0x2d || (first >= 0x30 && first <= 0x39) ? "number" : undefined
  }
}
