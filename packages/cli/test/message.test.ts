import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { withFields } from "../src/internal/message.js"

describe("withFields", () => {
  it("replaces top-level values only, whatever they were", () => {
    const cases: ReadonlyArray<readonly [before: string, after: string]> = [
      ['{"sign":"old"}', '{"sign":"new"}'],
      ['{ "sign" : null , "a": 1 }', '{ "sign" : "new" , "a": 1 }'],
      ['{"data":{"sign":"own"},"sign":{"x":[1,"}"]}}', '{"data":{"sign":"own"},"sign":"new"}'],
      ['{"a":"\\"sign\\":","sign":1e3\n}', '{"a":"\\"sign\\":","sign":"new"\n}'],
      ['{"\\u0073ign":true}', '{"\\u0073ign":"new"}'],
      ["{}", '{"sign":"new"}'],
      [" { } ", ' { "sign": "new" } '],
      ['{"a":20.00}', '{"sign":"new","a":20.00}'],
      ['{\n\t"a": 1\n}', '{\n\t"sign": "new",\n\t"a": 1\n}'],
      ['{"data":{"sign":"own"}}', '{"sign":"new","data":{"sign":"own"}}']
    ]
    for (const [before, after] of cases) {
      assert.strictEqual(withFields(before, [["sign", '"new"']]), after)
    }
  })

  it.prop(
    "changes the named fields of any object, and nothing else",
    [
      FastCheck.dictionary(
        FastCheck.oneof(FastCheck.constantFrom("sign", "nonce", "data"), FastCheck.string()).filter(
          (key) => key !== "__proto__"
        ),
        FastCheck.jsonValue({ maxDepth: 3 })
      ),
      FastCheck.constantFrom(0, 1, 2, "\t")
    ],
    ([object, indent]) => {
      const before = JSON.stringify(object, undefined, indent)
      const after = withFields(before, [
        ["sign", '"new"'],
        ["nonce", "7"]
      ])
      assert.deepStrictEqual(JSON.parse(after), { ...JSON.parse(before), sign: "new", nonce: 7 })
    }
  )
})
