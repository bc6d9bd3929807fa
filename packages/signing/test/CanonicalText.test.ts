import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as CanonicalText from "../src/CanonicalText.js"
import type { JsonObject } from "../src/RawMessage.js"
import { dataFields, fieldKey, readOrFail, signedValue, vectors } from "./support.js"

const textOf = (message: string, options?: CanonicalText.Options): string => {
  const result = CanonicalText.make(readOrFail(message), options)
  return result._tag === "Text" ? result.text : assert.fail(`refused: ${result.reason} of ${result.key}`)
}

const messageOf = (data: JsonObject, envelope: JsonObject = {}): string =>
  JSON.stringify({ ...envelope, data })

describe("CanonicalText", () => {
  it.each(vectors)("vector: $name", ({ collision, message, nested, text }) => {
    const options = {
      nested: nested === "none" ? undefined : nested,
      collision: collision === "none" ? undefined : collision
    }
    assert.strictEqual(textOf(message, options), text)
  })

  it.each([
    ["an object", '{"b":"1","data":{"a":{}}}', "NestedValue", "a"],
    ["an array in the envelope", '{"b":[1],"data":{}}', "NestedValue", "b"],
    ["data that is an array", '{"b":"1","data":[]}', "NestedValue", "data"],
    ["a collision", '{"b":"1","data":{"b":"1"}}', "KeyCollision", "b"],
    ["a collision of a nested value", '{"b":"1","data":{"b":[1]}}', "KeyCollision", "b"],
    ["the first key in order", '{"z":[1],"data":{"c":[1],"d":"1"},"d":"2"}', "NestedValue", "c"]
  ] as const)("refuses %s unless a policy is picked", (_, message, reason, key) => {
    assert.deepStrictEqual(CanonicalText.make(readOrFail(message)), { _tag: "Refused", reason, key })
  })

  it("settles a collision before it drops a nested value", () => {
    const message = '{"a":"1","data":{"a":[1]}}'
    assert.strictEqual(textOf(message, { nested: "omit", collision: "dataWins" }), "")
    assert.strictEqual(textOf(message, { nested: "omit", collision: "envelopeWins" }), "a=1")
    assert.strictEqual(textOf(message, { nested: "omit", collision: "both" }), "a=1")
    assert.strictEqual(textOf(message, { nested: "commaJoin", collision: "both" }), "a=1&a=1")
  })

  it("sees no collision with an empty or a never signed value", () => {
    assert.strictEqual(textOf('{"a":"","b":"1","data":{"a":"2","b":null}}'), "a=2&b=1")
    assert.strictEqual(textOf('{"sign":"1","token":"1","data":{"sign":"2","token":"2"}}'), "")
  })

  it("leaves exempt keys out of both places, nested ones included", () => {
    assert.strictEqual(
      textOf('{"a":"1","b":"2","data":{"a":"3","photos":[{}],"Photos":"4"}}', { exempt: ["a", "photos"] }),
      "Photos=4&b=2"
    )
  })

  it("joins nested lists with commas at every depth", () => {
    assert.strictEqual(
      textOf('{"a":[ [1,[2.0]], "x,y", null, {"k" : [1]} ]}', { nested: "commaJoin" }),
      'a=1,2.0,x,y,,{"k":[1]}'
    )
  })

  it("writes empty nested values as what they are", () => {
    const message = '{"a":{ },"b":[ ]}'
    assert.strictEqual(textOf(message, { nested: "compactJson" }), "a={}&b=[]")
    assert.strictEqual(textOf(message, { nested: "javaToString" }), "a={}&b=[]")
    assert.strictEqual(textOf(message, { nested: "commaJoin" }), "a={}&b=")
    assert.strictEqual(textOf(message, { nested: "omit" }), "")
  })

  it.prop(
    "compact JSON is what JSON.stringify gives, however the message was laid out",
    [FastCheck.jsonValue({ maxDepth: 4 }), FastCheck.constantFrom(0, 2, "\t")],
    ([value, indent]) => {
      // JSON.stringify(-0) is 0, and integer-like keys are reordered before they ever get here.
      const normal: unknown = JSON.parse(JSON.stringify(value))
      const text = JSON.stringify({ a: [normal] }, null, indent)
      const compact = JSON.stringify([normal])
      FastCheck.pre(!/"(__proto__|constructor|prototype)":/.test(compact))
      assert.strictEqual(textOf(text, { nested: "compactJson" }), `a=${compact}`)
    }
  )

  it.prop(
    "the order of keys never matters",
    [dataFields, FastCheck.infiniteStream(FastCheck.nat(1000))],
    ([data, ranks]) => {
      const shuffled = Object.entries(data)
        .map(([key, value]) => ({ key, value, rank: ranks.next().value ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
      const literal = shuffled
        .map(({ key, value }) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
        .join(",")
      assert.strictEqual(
        textOf(`{"data":{${literal}},"version":"v1.0","merchantNo":"BU1"}`),
        textOf(messageOf(data, { merchantNo: "BU1", version: "v1.0" }))
      )
    }
  )

  it.prop(
    "every signed field matters",
    [dataFields, fieldKey, signedValue, signedValue],
    ([data, key, one, other]) => {
      const { [key]: _, ...rest } = data
      const text = textOf(messageOf({ ...rest, [key]: one }))
      assert.notStrictEqual(textOf(messageOf(rest)), text)
      if (String(one) !== String(other)) {
        assert.notStrictEqual(textOf(messageOf({ ...rest, [key]: other })), text)
      }
    }
  )

  it.prop(
    "token, sign and empty fields do not matter",
    [dataFields, fieldKey, FastCheck.string({ unit: "grapheme" })],
    ([data, key, value]) => {
      const text = textOf(messageOf(data))
      assert.strictEqual(textOf(messageOf(data, { token: value, sign: value })), text)
      const { [key]: _, ...rest } = data
      const without = textOf(messageOf(rest))
      assert.strictEqual(textOf(messageOf({ ...rest, [key]: "" })), without)
      assert.strictEqual(textOf(messageOf({ ...rest, [key]: null })), without)
    }
  )

  it("joins the text null as it is, and null as nothing", () => {
    const message = readOrFail('{"data":{"a":["null",null,"x",["null",null],true]}}')
    assert.deepStrictEqual(CanonicalText.make(message, { nested: "commaJoin" }), {
      _tag: "Text",
      text: "a=null,,x,null,,true"
    })
  })
})
