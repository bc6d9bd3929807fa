import type { Field } from "../RawMessage.js"

/** A JSON value with the literal text of its numbers and the order of its keys. */
export type Json =
  | { readonly _tag: "Object"; readonly members: ReadonlyArray<Member> }
  | { readonly _tag: "Array"; readonly items: ReadonlyArray<Json> }
  | { readonly _tag: "String"; readonly text: string }
  | { readonly _tag: "Literal"; readonly text: string }

type Member = readonly [key: string, value: Json]

/** How a signer may have written an object or array into the text. */
export type Writing =
  | "compact"
  /** Keys in order. */
  | "sorted"
  /** Fields that are null left out, as Java's usual libraries do. */
  | "withoutNulls"
  | "withoutEmpties"
  /** Python's `json.dumps` as it comes: blanks behind `,` and `:`, nothing but ASCII. */
  | "python"
  | "ascii"
  /** PHP's `json_encode` as it comes: nothing but ASCII, `/` escaped. */
  | "php"
  /** Go's `json.Marshal` as it comes: `<`, `>` and `&` escaped. */
  | "go"
  /** Two blanks per level. */
  | "pretty"
  /** A JSON text that holds the JSON text. */
  | "quoted"
  /** Java's `Map.toString`. */
  | "java"
  /** What JavaScript makes of an object in a text. */
  | "javaScript"

export const writings: ReadonlyArray<Writing> = [
  "compact",
  "withoutNulls",
  "sorted",
  "withoutEmpties",
  "python",
  "ascii",
  "php",
  "go",
  "java",
  "javaScript",
  "quoted",
  "pretty"
]

export const fromFields = (fields: ReadonlyArray<Field>): Json => ({
  _tag: "Object",
  members: fields.map((field): Member => [field.key, fromField(field)])
})

export const fromField = (field: Field): Json => {
  const { kind, text } = field
  switch (kind) {
    case "string":
      return { _tag: "String", text }
    case "null":
      return { _tag: "Literal", text: "null" }
    case "number":
    case "boolean":
      return { _tag: "Literal", text }
    case "object":
    case "array":
      return nested(field)
  }
}

/** Each is parsed once, however often it is written. */
const parsed = new WeakMap<Field, Json>()

const nested = (field: Field): Json => {
  const json = parsed.get(field) ?? new Walker(field.text).json()
  parsed.set(field, json)
  return json
}

export const write = (json: Json, writing: Writing): string => {
  switch (writing) {
    case "compact":
      return compact(json, plain)
    case "sorted":
      return compact(sorted(json), plain)
    case "withoutNulls":
      return compact(without(json, isNull), plain)
    case "withoutEmpties":
      return compact(
        without(json, (value) => isNull(value) || (value._tag === "String" && value.text === "")),
        plain
      )
    case "python":
      return compact(json, ascii, ": ", ", ")
    case "ascii":
      return compact(json, ascii)
    case "php":
      return compact(json, (text) => ascii(text).replaceAll("/", "\\/"))
    case "go":
      return compact(json, (text) => plain(text).replace(/[<>&\u2028\u2029]/g, escaped))
    case "pretty":
      return pretty(json, "")
    case "quoted":
      return plain(compact(json, plain))
    case "java":
      return java(json)
    case "javaScript":
      return javaScript(json)
  }
}

/** Nested fields as pairs of their own: `a.b` and `a[0]`. */
export const leaves = (key: string, json: Json): ReadonlyArray<readonly [key: string, text: string]> => {
  switch (json._tag) {
    case "Object":
      return json.members.flatMap(([name, value]) => leaves(`${key}.${name}`, value))
    case "Array":
      return json.items.flatMap((value, index) => leaves(`${key}[${index}]`, value))
    case "String":
      return [[key, json.text]]
    case "Literal":
      return [[key, json.text === "null" ? "" : json.text]]
  }
}

const isNull = (json: Json): boolean => json._tag === "Literal" && json.text === "null"

const plain = (text: string): string => JSON.stringify(text)

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

const ascii = (text: string): string => plain(text).replace(/[\u007f-\uffff]/g, escaped)

const compact = (json: Json, string: (text: string) => string, colon = ":", comma = ","): string => {
  const each = (inner: Json): string => compact(inner, string, colon, comma)
  switch (json._tag) {
    case "Object":
      return `{${json.members.map(([key, value]) => `${string(key)}${colon}${each(value)}`).join(comma)}}`
    case "Array":
      return `[${json.items.map(each).join(comma)}]`
    case "String":
      return string(json.text)
    case "Literal":
      return json.text
  }
}

const pretty = (json: Json, indent: string): string => {
  const inner = `${indent}  `
  switch (json._tag) {
    case "Object":
      return json.members.length === 0
        ? "{}"
        : `{\n${json.members.map(([key, value]) => `${inner}${plain(key)}: ${pretty(value, inner)}`).join(",\n")}\n${indent}}`
    case "Array":
      return json.items.length === 0
        ? "[]"
        : `[\n${json.items.map((item) => `${inner}${pretty(item, inner)}`).join(",\n")}\n${indent}]`
    default:
      return compact(json, plain)
  }
}

const java = (json: Json): string => {
  switch (json._tag) {
    case "Object":
      return `{${json.members.map(([key, value]) => `${key}=${java(value)}`).join(", ")}}`
    case "Array":
      return `[${json.items.map(java).join(", ")}]`
    default:
      return json.text
  }
}

const javaScript = (json: Json): string => {
  switch (json._tag) {
    case "Object":
      return "[object Object]"
    case "Array":
      return json.items.map((item) => (isNull(item) ? "" : javaScript(item))).join(",")
    default:
      return json.text
  }
}

const sorted = (json: Json): Json => {
  switch (json._tag) {
    case "Object":
      return {
        _tag: "Object",
        members: json.members
          .map(([key, value]): Member => [key, sorted(value)])
          .sort(([a], [b]) => (a < b ? -1 : 1))
      }
    case "Array":
      return { _tag: "Array", items: json.items.map(sorted) }
    default:
      return json
  }
}

const without = (json: Json, drops: (value: Json) => boolean): Json => {
  switch (json._tag) {
    case "Object":
      return {
        _tag: "Object",
        members: json.members
          .filter(([, value]) => !drops(value))
          .map(([key, value]): Member => [key, without(value, drops)])
      }
    case "Array":
      return { _tag: "Array", items: json.items.map((item) => without(item, drops)) }
    default:
      return json
  }
}

/** Trusts its input: the reader has accepted it, its depth included. */
class Walker {
  private readonly slice: string
  private at = 0

  constructor(slice: string) {
    this.slice = slice
  }

  json(): Json {
    const start = this.at
    switch (this.slice.charAt(start)) {
      case "{":
        return {
          _tag: "Object",
          members: this.list("}", (): Member => {
            const key = this.string()
            this.skip(/[\s:]/)
            return [key, this.json()]
          })
        }
      case "[":
        return { _tag: "Array", items: this.list("]", () => this.json()) }
      case '"':
        return { _tag: "String", text: this.string() }
      default:
        this.skip(/[^\s,\]}]/)
        return { _tag: "Literal", text: this.slice.slice(start, this.at) }
    }
  }

  private skip(chars: RegExp): void {
    while (this.at < this.slice.length && chars.test(this.slice.charAt(this.at))) {
      this.at++
    }
  }

  private list<A>(close: string, item: () => A): ReadonlyArray<A> {
    const items: Array<A> = []
    this.at++
    this.skip(/\s/)
    while (this.at < this.slice.length && this.slice.charAt(this.at) !== close) {
      items.push(item())
      this.skip(/[\s,]/)
    }
    this.at++
    return items
  }

  private string(): string {
    const start = this.at++
    while (this.at < this.slice.length && this.slice.charAt(this.at) !== '"') {
      this.at += this.slice.charAt(this.at) === "\\" ? 2 : 1
    }
    this.at++
    const text: string = JSON.parse(this.slice.slice(start, this.at))
    return text
  }
}
