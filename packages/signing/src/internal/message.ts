import type { Field, JsonObject, RawMessage } from "../RawMessage.js"

const inspectSymbol = Symbol.for("nodejs.util.inspect.custom")

/** What a scan found. */
export interface Parts {
  readonly envelope: ReadonlyArray<Field>
  readonly data: ReadonlyArray<Field>
  readonly value: JsonObject
}

class Message implements RawMessage {
  readonly text: string
  readonly envelope: ReadonlyArray<Field>
  readonly data: ReadonlyArray<Field>
  readonly value: JsonObject

  constructor(text: string, parts: Parts) {
    this.text = text
    this.envelope = parts.envelope
    this.data = parts.data
    this.value = parts.value
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

/** A class only so that loggers and inspectors print sizes in place of customers' data. */
export const makeMessage = (text: string, parts: Parts): RawMessage => new Message(text, parts)
