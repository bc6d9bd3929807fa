import type { Field, FieldKind, JsonObject, JsonValue, Limits, Unreadable } from "../RawMessage.js"
import { Cursor, type Failed, failed, quote } from "./cursor.js"
import { describeKey, isForbiddenKey } from "./key.js"
import type { Parts } from "./message.js"

/** Keeps the recursion inside any runtime's stack, whatever limit a user sets. */
export const hardMaxDepth = 512

const openBrace = 0x7b
const openBracket = 0x5b

/** Reads the text as one JSON object. Every code unit is looked at once. */
export const scan = (text: string, limits: Limits): ({ readonly _tag: "Scanned" } & Parts) | Unreadable => {
  const scanner = new Scanner(text, limits)
  const value = scanner.message()
  return value === failed
    ? scanner.failure
    : { _tag: "Scanned", envelope: scanner.envelope, data: scanner.data, value }
}

class Scanner extends Cursor {
  readonly envelope: Array<Field> = []
  readonly data: Array<Field> = []
  private readonly maxDepth: number
  private readonly maxKeys: number
  private keys = 0

  constructor(text: string, limits: Limits) {
    super(text)
    this.maxDepth = Math.min(limits.maxDepth, hardMaxDepth)
    this.maxKeys = limits.maxKeys
  }

  message(): JsonObject | Failed {
    if (this.text.charCodeAt(0) === 0xfeff) {
      return this.fail("ByteOrderMark", 0, "the text starts with a byte order mark")
    }
    this.blanks()
    const start = this.at
    if (start === this.text.length) {
      return this.syntax(start, "expected a JSON object")
    }
    const isObject = this.text.charCodeAt(start) === openBrace
    const value = isObject ? this.object(1, this.envelope) : this.value(0)
    if (value === failed) {
      return failed
    }
    this.blanks()
    if (this.at !== this.text.length) {
      return this.syntax(this.at, "text after the end of the message")
    }
    return isPlainObject(value)
      ? value
      : this.fail("NotAnObject", start, "the message is JSON, but not an object")
  }

  /** At an opening brace. `fields` takes the members of the message and of its `data`, no others. */
  private object(depth: number, fields: Array<Field> | undefined): JsonObject | Failed {
    const { text } = this
    if (!(depth <= this.maxDepth)) {
      return this.fail("TooDeep", this.at, `more than ${this.maxDepth} objects and arrays inside each other`)
    }
    const object: Record<string, JsonValue> = {}
    this.at++
    this.blanks()
    if (text.charCodeAt(this.at) === 0x7d) {
      this.at++
      return object
    }
    while (true) {
      if (text.charCodeAt(this.at) !== quote) {
        return this.syntax(this.at, "expected a key in double quotes")
      }
      const keyAt = this.at
      const key = this.string()
      if (key === failed) {
        return failed
      }
      if (!(++this.keys <= this.maxKeys)) {
        return this.fail("TooManyKeys", keyAt, `more than ${this.maxKeys} keys`)
      }
      if (isForbiddenKey(key)) {
        return this.fail("ForbiddenKey", keyAt, `the key ${key} is refused`)
      }
      if (Object.hasOwn(object, key)) {
        return this.fail("DuplicateKey", keyAt, `the key ${describeKey(key)} stands twice in one object`)
      }
      this.blanks()
      if (text.charCodeAt(this.at) !== 0x3a) {
        return this.syntax(this.at, "expected a colon after the key")
      }
      this.at++
      this.blanks()
      const start = this.at
      const first = text.charCodeAt(start)
      const isData = depth === 1 && first === openBrace && key === "data"
      const value = isData ? this.object(2, this.data) : this.value(depth)
      if (value === failed) {
        return failed
      }
      object[key] = value
      if (fields !== undefined && !isData) {
        fields.push(fieldOf(key, first, value, text, start, this.at))
      }
      this.blanks()
      const next = text.charCodeAt(this.at)
      if (next === 0x7d) {
        this.at++
        return object
      }
      if (next !== 0x2c) {
        return this.syntax(this.at, "expected a comma or a closing brace")
      }
      this.at++
      this.blanks()
    }
  }

  private array(depth: number): ReadonlyArray<JsonValue> | Failed {
    if (!(depth <= this.maxDepth)) {
      return this.fail("TooDeep", this.at, `more than ${this.maxDepth} objects and arrays inside each other`)
    }
    const items: Array<JsonValue> = []
    this.at++
    this.blanks()
    if (this.text.charCodeAt(this.at) === 0x5d) {
      this.at++
      return items
    }
    while (true) {
      const item = this.value(depth)
      if (item === failed) {
        return failed
      }
      items.push(item)
      this.blanks()
      const next = this.text.charCodeAt(this.at)
      if (next === 0x5d) {
        this.at++
        return items
      }
      if (next !== 0x2c) {
        return this.syntax(this.at, "expected a comma or a closing bracket")
      }
      this.at++
      this.blanks()
    }
  }

  /** A value inside an object or array of this depth. */
  private value(depth: number): JsonValue | Failed {
    const first = this.text.charCodeAt(this.at)
    switch (kindOf(first)) {
      case "string":
        return this.string()
      case "number":
        return this.number()
      case "object":
        return this.object(depth + 1, undefined)
      case "array":
        return this.array(depth + 1)
      case "boolean":
        return first === 0x74 ? this.literal("true", true) : this.literal("false", false)
      case "null":
        return this.literal("null", null)
      case undefined:
        return this.syntax(this.at, "expected a value")
    }
  }
}

const isPlainObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

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

const fieldOf = (
  key: string,
  first: number,
  value: JsonValue,
  text: string,
  start: number,
  end: number
): Field => {
  const kind = kindOf(first) ?? "null"
  if (kind === "null") {
    return { key, kind, text: "" }
  }
  return { key, kind, text: kind === "string" && typeof value === "string" ? value : text.slice(start, end) }
}
