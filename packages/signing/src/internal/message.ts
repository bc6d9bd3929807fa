import type { Field, JsonObject, JsonValue, RawMessage } from "../RawMessage.js"
import { literalValue } from "./cursor.js"
import { nestedValue } from "./nested.js"
import type { Walked } from "./walk.js"

export const inspectSymbol: unique symbol = Symbol.for("nodejs.util.inspect.custom")

/** What a scan found. */
export interface Parts {
  readonly envelope: ReadonlyArray<Field>
  readonly data: ReadonlyArray<Field>
  /** How many envelope fields stand before the object of `data`, if there is one. */
  readonly dataAt: number | undefined
  /** Where the value of each field begins and ends: two numbers for each, in order of appearance. */
  readonly spans: ReadonlyArray<number>
}

/** What a walk found, or the scan of the same text. */
type Found =
  | { readonly walked: Walked; readonly parts?: undefined }
  | { readonly parts: Parts; readonly walked?: undefined }

/** How a message was read, if the reader made it. */
export let foundOf: (message: RawMessage) => Found | undefined

/**
 * A class so that loggers and inspectors print sizes in place of customers' data, and so that what nobody asks for is not
 * made: verifying needs neither fields nor value.
 */
class Message implements RawMessage {
  readonly text: string
  readonly #found: Found
  #envelope: ReadonlyArray<Field> | undefined = undefined
  #data: ReadonlyArray<Field> | undefined = undefined
  #value: JsonObject | undefined = undefined

  constructor(text: string, found: Found) {
    this.text = text
    this.#found = found
  }

  static {
    foundOf = (message) => (#found in message ? message.#found : undefined)
  }

  get envelope(): ReadonlyArray<Field> {
    const { parts, walked } = this.#found
    this.#envelope ??= parts === undefined ? envelopeOf(walked) : parts.envelope
    return this.#envelope
  }

  get data(): ReadonlyArray<Field> {
    const { parts, walked } = this.#found
    this.#data ??= parts === undefined ? dataOf(walked) : parts.data
    return this.#data
  }

  get value(): JsonObject {
    this.#value ??= valueOf(this.envelope, this.data, dataAtOf(this.#found))
    return this.#value
  }

  toString(): string {
    return `RawMessage(${this.text.length} characters, ${this.envelope.length} envelope and ${this.data.length} data fields)`
  }

  toJSON(): unknown {
    return {
      _id: "RawMessage",
      characters: this.text.length,
      envelopeFields: this.envelope.length,
      dataFields: this.data.length
    }
  }

  [inspectSymbol](): string {
    return this.toString()
  }
}

export const makeMessage = (text: string, found: Found): RawMessage => new Message(text, found)

const range = ({ plan, values }: Walked, from: number, to: number): Array<Field> =>
  plan.slots.slice(from, to).map(({ key, kind, source }) => ({
    key,
    kind,
    text: typeof source === "number" ? (values[source] ?? "") : source
  }))

const envelopeOf = (walked: Walked): ReadonlyArray<Field> => {
  const { dataFrom, dataTo, slots } = walked.plan
  return [...range(walked, 0, dataFrom), ...range(walked, dataTo, slots.length)]
}

const dataOf = (walked: Walked): ReadonlyArray<Field> =>
  range(walked, walked.plan.dataFrom, walked.plan.dataTo)

/** How many envelope fields stand before `data`, if it is an object. */
const dataAtOf = ({ parts, walked }: Found): number | undefined =>
  parts === undefined ? (walked.plan.hasData ? walked.plan.dataFrom : undefined) : parts.dataAt

const valueOf = (
  envelope: ReadonlyArray<Field>,
  data: ReadonlyArray<Field>,
  dataAt: number | undefined
): JsonObject => {
  const value: Record<string, JsonValue> = {}
  fill(value, envelope, 0, dataAt ?? envelope.length)
  if (dataAt !== undefined) {
    const inner: Record<string, JsonValue> = {}
    fill(inner, data, 0, data.length)
    value.data = inner
    fill(value, envelope, dataAt, envelope.length)
  }
  return value
}

const fill = (
  target: Record<string, JsonValue>,
  fields: ReadonlyArray<Field>,
  from: number,
  to: number
): void => {
  for (let index = from; index < to; index++) {
    const field = fields[index]
    if (field !== undefined) {
      target[field.key] = fieldValue(field)
    }
  }
}

const fieldValue = ({ kind, text }: Field): JsonValue => {
  switch (kind) {
    case "string":
      return text
    case "null":
      return null
    case "boolean":
    case "number":
      return literalValue(text)
    case "object":
    case "array":
      return nestedValue(text)
  }
}
