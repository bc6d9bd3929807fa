import { assert, describe, it } from "@effect/vitest"
import { type JsonObject, type JsonValue, type RawMessage, read } from "@effect-yunmo/signing/RawMessage"
import * as Encoding from "effect/Encoding"
import * as FastCheck from "effect/FastCheck"
import * as Fingerprint from "../src/Fingerprint.js"

const message = (text: string): RawMessage => {
  const result = read(text)
  if (result._tag === "Unreadable") {
    return assert.fail(`not readable: ${result.detail}`)
  }
  return result.message
}

const of = (text: string): string => Encoding.encodeHex(Fingerprint.make(message(text)))

const forbidden = ["__proto__", "constructor", "prototype", "data"]
const name = FastCheck.string({ maxLength: 8, unit: "grapheme" }).filter((text) => !forbidden.includes(text))
const scalar: FastCheck.Arbitrary<JsonValue> = FastCheck.oneof(
  FastCheck.string({ maxLength: 12, unit: "grapheme" }),
  FastCheck.integer(),
  FastCheck.boolean(),
  FastCheck.constant(null)
)
const fields = FastCheck.dictionary(name, scalar, { maxKeys: 8, noNullPrototype: true })

const messages = FastCheck.record({ envelope: fields, data: fields })
type Generated = { readonly envelope: JsonObject; readonly data: JsonObject }

const print = ({ data, envelope }: Generated): string => JSON.stringify({ ...envelope, data })

const reversed = (object: JsonObject): JsonObject => Object.fromEntries(Object.entries(object).reverse())

describe("Fingerprint", () => {
  it.prop("does not depend on the order of keys, nor on blanks between them", [messages], ([generated]) => {
    const turned = { data: reversed(generated.data), ...reversed(generated.envelope) }
    assert.strictEqual(of(JSON.stringify(turned, undefined, 3)), of(print(generated)))
  })

  it.prop("depends on the value of every field", [messages, name, scalar], ([generated, key, value]) => {
    for (const part of ["envelope", "data"] as const) {
      const before = { ...generated, [part]: { ...generated[part], [key]: value } }
      for (const other of [`${value}x`, null, true, 7.5, [value], { value }]) {
        if (JSON.stringify(other) !== JSON.stringify(value)) {
          const after = { ...generated, [part]: { ...generated[part], [key]: other } }
          assert.notStrictEqual(of(print(after)), of(print(before)))
        }
      }
    }
  })

  it.prop("depends on where a field stands", [messages, name, scalar], ([generated, key, value]) => {
    const { [key]: _, ...envelope } = generated.envelope
    const { [key]: __, ...data } = generated.data
    const inEnvelope = print({ envelope: { ...envelope, [key]: value }, data })
    const inData = print({ envelope, data: { ...data, [key]: value } })
    const inNeither = print({ envelope, data })
    assert.strictEqual(new Set([of(inEnvelope), of(inData), of(inNeither)]).size, 3)
  })

  it("tells apart what the signed text does not", () => {
    const same = [
      `{"sign":"s","data":{"a":"1&b=2"}}`,
      `{"sign":"s","data":{"a":"1","b":"2"}}`,
      `{"sign":"s","a":"1","data":{"b":"2"}}`,
      `{"sign":"s","a":"1","b":"2","data":{}}`,
      `{"sign":"s","a":"1","b":"2"}`,
      `{"sign":"s","a":"1","b":"2","data":null}`,
      `{"sign":"s","a":"1","b":"2","data":""}`,
      `{"sign":"s","a":"1","b":"2","c":"","data":{}}`,
      `{"sign":"s","a":"1","b":"2","c":null,"data":{}}`,
      `{"sign":"s","a":1,"b":"2","data":{}}`,
      `{"sign":"s","a":1.0,"b":"2","data":{}}`,
      `{"sign":"t","a":"1","b":"2","data":{}}`
    ]
    assert.strictEqual(new Set(same.map(of)).size, same.length)
  })

  it("does not take a part for another one's border", () => {
    const texts = [
      `{"ab":"c"}`,
      `{"a":"bc"}`,
      `{"a":"b6:stringc"}`,
      `{"":"abc"}`,
      `{"1:a":"b"}`,
      `{"a":"","b":""}`
    ]
    assert.strictEqual(new Set(texts.map(of)).size, texts.length)
  })

  it("is the same in every version: it stands in databases", () => {
    assert.strictEqual(
      of(`{"merchantNo":"BU078255558","requestTime":1770712296681,"data":{"amount":"20.00","note":null}}`),
      "ece7badd17ad0b670405756c3099f6a78cd63502b41a00a3eaedb04a9aa28297"
    )
  })
})
