import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import {
  defaultLimits,
  type Limits,
  read,
  type UnreadableReason,
  unreadableReasons
} from "../src/RawMessage.js"
import { readOrFail, runs } from "./support.js"

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>): Uint8Array =>
  Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part, "utf8") : Buffer.from(part)))
  )

const nested = (depth: number, open = '{"a":', close = "}"): string =>
  `${open.repeat(depth - 1)}{}${close.repeat(depth - 1)}`

const manyKeys = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",")}}`

describe("RawMessage", () => {
  it("splits envelope and data, and keeps the literal text of each field", () => {
    const message = readOrFail(
      ` { "merchantNo" : "BU1", "requestTime":1770712296681, "flag":false,"none":null, "list":[1, {"a" : 2}],\n` +
        `"data":{"amount":20.00,"note":"","map":{ "x" : [ ] },"on":true,"data":{"deep":1}} } `
    )
    assert.deepStrictEqual(message.envelope, [
      { key: "merchantNo", kind: "string", text: "BU1" },
      { key: "requestTime", kind: "number", text: "1770712296681" },
      { key: "flag", kind: "boolean", text: "false" },
      { key: "none", kind: "null", text: "" },
      { key: "list", kind: "array", text: '[1, {"a" : 2}]' }
    ])
    assert.deepStrictEqual(message.data, [
      { key: "amount", kind: "number", text: "20.00" },
      { key: "note", kind: "string", text: "" },
      { key: "map", kind: "object", text: '{ "x" : [ ] }' },
      { key: "on", kind: "boolean", text: "true" },
      { key: "data", kind: "object", text: '{"deep":1}' }
    ])
    assert.deepStrictEqual(message.value, {
      merchantNo: "BU1",
      requestTime: 1770712296681,
      flag: false,
      none: null,
      list: [1, { a: 2 }],
      data: { amount: "20.00", note: "", map: { x: [] }, on: true, data: { deep: 1 } }
    })
  })

  it.each([
    ["null", { key: "data", kind: "null", text: "" }],
    ["true", { key: "data", kind: "boolean", text: "true" }],
    ['"{\\"a\\":1}"', { key: "data", kind: "string", text: '{"a":1}' }],
    ["[{}]", { key: "data", kind: "array", text: "[{}]" }]
  ] as const)("takes data of %s for an envelope field", (literal, field) => {
    const message = readOrFail(`{"data":${literal}}`)
    assert.deepStrictEqual(message.envelope, [field])
    assert.deepStrictEqual(message.data, [])
  })

  it.each([
    '{"a":1,"data":{"b":2,"c":"3"},"d":[4,{"e":null}],"f":true}',
    '{"data":{},"a":"1"}',
    '{"a":"1","data":{"b":[]}}',
    '{"data":{"b":1}}',
    '{"data":"text","a":false}'
  ])("gives fields before and behind data in their order: %s", (text) => {
    assert.strictEqual(JSON.stringify(readOrFail(text).value), text)
  })

  it("takes only the top-level data apart", () => {
    const message = readOrFail('{"x":{"data":{"a":1}}}')
    assert.deepStrictEqual(message.envelope, [{ key: "x", kind: "object", text: '{"data":{"a":1}}' }])
    assert.deepStrictEqual(message.data, [])
  })

  it.each([
    ["0", 0],
    ["-1", -1],
    ["12.5", 12.5],
    ["1e+21", 1e21],
    ["9007199254740991", 9007199254740991],
    ["20.00", "20.00"],
    ["-0", "-0"],
    ["1e21", "1e21"],
    ["1E2", "1E2"],
    ["1e999", "1e999"],
    ["9007199254740993", "9007199254740993"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"]
  ])("gives the number %s as %j", (literal, value) => {
    const message = readOrFail(`{"n":${literal}}`)
    assert.deepStrictEqual(message.value, { n: value })
    assert.strictEqual(message.envelope[0]?.text, literal)
  })

  it("decodes every escape, in keys too", () => {
    const message = readOrFail('{"\\u006b":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\u00E9\\uD83D\\uDE00é😀"}')
    assert.deepStrictEqual(message.envelope, [
      { key: "k", kind: "string", text: '"\\/\b\f\n\r\t\u0000é😀é😀' }
    ])
  })

  it("reads bytes and text alike, every length of UTF-8 included", () => {
    const text = '{"a":"aé张😀\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}"}'
    assert.deepStrictEqual(readOrFail(bytes(text)), readOrFail(text))
    assert.strictEqual(readOrFail(bytes(text)).text, text)
  })

  it("has keys that objects inherit as fields of their own", () => {
    const message = readOrFail('{"toString":1,"hasOwnProperty":2,"valueOf":3}')
    assert.deepStrictEqual(
      message.envelope.map((field) => field.key),
      ["toString", "hasOwnProperty", "valueOf"]
    )
    assert.isFalse(Object.hasOwn(readOrFail("{}").value, "toString"))
  })

  const refusals: ReadonlyArray<
    readonly [
      name: string,
      reason: UnreadableReason,
      position: number,
      input: string | Uint8Array,
      limits?: Partial<Limits>
    ]
  > = [
    ["nothing", "Syntax", 0, ""],
    ["no bytes", "Syntax", 0, new Uint8Array()],
    ["blanks alone", "Syntax", 3, " \n\t"],
    ["a word", "Syntax", 0, "OK"],
    ["HTML", "Syntax", 0, "<html></html>"],
    ["an open object", "Syntax", 1, "{"],
    ["a key without quotes", "Syntax", 1, "{a:1}"],
    ["a key in single quotes", "Syntax", 1, "{'a':1}"],
    ["a number as key", "Syntax", 1, "{1:1}"],
    ["a key alone", "Syntax", 4, '{"a"}'],
    ["a missing value", "Syntax", 5, '{"a":}'],
    ["a comma at the end of an object", "Syntax", 7, '{"a":1,}'],
    ["a comma at the end of an array", "Syntax", 8, '{"a":[1,]}'],
    ["two commas", "Syntax", 7, '{"a":1,,"b":2}'],
    ["a missing comma", "Syntax", 7, '{"a":1 "b":2}'],
    ["a missing comma in an array", "Syntax", 8, '{"a":[1 2]}'],
    ["the wrong bracket", "Syntax", 7, '{"a":[1}'],
    ["text after the end", "Syntax", 7, '{"a":1}x'],
    ["a second message", "Syntax", 8, '{"a":1}\n{}'],
    ["a comment", "Syntax", 7, '{"a":1}// c'],
    ["an open array", "Syntax", 7, '{"a":[1'],
    ["an open string", "Syntax", 8, '{"a":"bc'],
    ["a word cut short", "Syntax", 5, '{"a":tru'],
    ["a word in capitals", "Syntax", 5, '{"a":True}'],
    ["a word with a tail", "Syntax", 9, '{"a":nullx}'],
    ["NaN", "Syntax", 5, '{"a":NaN}'],
    ["Infinity", "Syntax", 6, '{"a":-Infinity}'],
    ["a leading zero", "Syntax", 6, '{"a":01}'],
    ["a leading plus", "Syntax", 5, '{"a":+1}'],
    ["a leading point", "Syntax", 5, '{"a":.5}'],
    ["a point without digits", "Syntax", 7, '{"a":1.}'],
    ["an exponent without digits", "Syntax", 8, '{"a":1e+}'],
    ["a minus alone", "Syntax", 6, '{"a":-}'],
    ["a hexadecimal number", "Syntax", 6, '{"a":0x1}'],
    ["a line end in a string", "Syntax", 7, '{"a":"b\n"}'],
    ["a NUL in a string", "Syntax", 6, '{"a":"\u0000"}'],
    ["an unknown escape", "Syntax", 6, '{"a":"\\x41"}'],
    ["a short unicode escape", "Syntax", 6, '{"a":"\\u12"}'],
    ["a unicode escape with other letters", "Syntax", 6, '{"a":"\\u00zz"}'],
    ["a no-break space between tokens", "Syntax", 1, '{\u00a0"a":1}'],
    ["a form feed between tokens", "Syntax", 1, '{\f"a":1}'],
    ["a byte order mark between tokens", "Syntax", 1, '{\ufeff"a":1}'],
    ["an array", "NotAnObject", 0, "[{}]"],
    ["a string", "NotAnObject", 1, ' "a"'],
    ["a number", "NotAnObject", 0, "1"],
    ["null", "NotAnObject", 0, "null\n"],
    ["what only starts like JSON", "Syntax", 0, "no JSON"],
    ["an array cut short", "Syntax", 2, "[1"],
    ["two values", "Syntax", 3, "[] {}"],
    ["a byte order mark, text", "ByteOrderMark", 0, "\ufeff{}"],
    ["a byte order mark, bytes", "ByteOrderMark", 0, bytes([0xef, 0xbb, 0xbf], "{}")],
    ["UTF-16 with its mark", "InvalidUtf8", 0, bytes([0xff, 0xfe, 0x7b, 0, 0x7d, 0])],
    ["a stray continuation byte", "InvalidUtf8", 6, bytes('{"a":"', [0x80], '"}')],
    ["a cut sequence", "InvalidUtf8", 7, bytes('{"a":"b', [0xe5, 0xbc], '"}')],
    ["a cut sequence at the end", "InvalidUtf8", 6, bytes('{"a":"', [0xf0, 0x9f, 0x98])],
    ["what a replacement character begins with", "InvalidUtf8", 6, bytes('{"a":"', [0xef, 0xbf], '"}')],
    ["the same at the end", "InvalidUtf8", 6, bytes('{"a":"', [0xef, 0xbf])],
    ["the same behind a whole one", "InvalidUtf8", 9, bytes('{"a":"\ufffd', [0xef, 0xbf], '"}')],
    ["an overlong slash", "InvalidUtf8", 6, bytes('{"a":"', [0xc0, 0xaf], '"}')],
    ["an overlong sequence of three", "InvalidUtf8", 6, bytes('{"a":"', [0xe0, 0x9f, 0xbf], '"}')],
    ["an overlong sequence of four", "InvalidUtf8", 6, bytes('{"a":"', [0xf0, 0x8f, 0xbf, 0xbf], '"}')],
    ["a surrogate as bytes", "InvalidUtf8", 6, bytes('{"a":"', [0xed, 0xa0, 0x80], '"}')],
    ["a code point beyond the last", "InvalidUtf8", 6, bytes('{"a":"', [0xf4, 0x90, 0x80, 0x80], '"}')],
    ["Latin-1 after valid letters", "InvalidUtf8", 11, bytes('{"a":"é张', [0xe9], '"}')],
    ["a plain high half", "LoneSurrogate", 7, '{"a":"b\ud800"}'],
    ["a plain low half", "LoneSurrogate", 6, '{"a":"\udc00"}'],
    ["halves in the wrong order", "LoneSurrogate", 6, '{"a":"\ude00\ud83d"}'],
    ["an escaped high half", "LoneSurrogate", 6, '{"a":"\\ud83d"}'],
    ["an escaped high half before a letter", "LoneSurrogate", 6, '{"a":"\\ud83d\\u0041"}'],
    ["an escaped low half", "LoneSurrogate", 6, '{"a":"\\ude00"}'],
    ["two escaped high halves", "LoneSurrogate", 6, '{"a":"\\ud83d\\ud83d"}'],
    ["an escaped half before a plain one", "LoneSurrogate", 6, '{"a":"\\ud83d\ude00"}'],
    ["half a pair in a key", "LoneSurrogate", 2, '{"\\ud83d":1}'],
    ["a key twice", "DuplicateKey", 7, '{"a":1,"a":1}'],
    ["a key twice, once escaped", "DuplicateKey", 7, '{"a":1,"\\u0061":1}'],
    ["data twice", "DuplicateKey", 11, '{"data":{},"data":{}}'],
    ["a key of data twice", "DuplicateKey", 15, '{"data":{"a":1,"a":2}}'],
    ["a nested key twice", "DuplicateKey", 13, '{"x":[{"a":1,"a":2}]}'],
    ["__proto__", "ForbiddenKey", 1, '{"__proto__":{"admin":true}}'],
    ["__proto__, escaped", "ForbiddenKey", 1, '{"__pro\\u0074o__":1}'],
    ["constructor inside data", "ForbiddenKey", 9, '{"data":{"constructor":1}}'],
    ["prototype inside an array", "ForbiddenKey", 7, '{"a":[{"prototype":1}]}'],
    ["one level too many", "TooDeep", 32 * 5, nested(33)],
    [
      "one array too many",
      "TooDeep",
      5 + 31,
      nested(32, "[", "]").replace("{}", "[]").replace(/^/, '{"a":').concat("}")
    ],
    ["a limit of depth", "TooDeep", 5, '{"a":{}}', { maxDepth: 1 }],
    ["a limit of depth that is none", "TooDeep", 0, "{}", { maxDepth: Number.NaN }],
    ["100,000 brackets", "TooDeep", 5 + 511, `{"a":${"[".repeat(100_000)}`, { maxBytes: 1e6, maxDepth: 1e9 }],
    ["one key too many", "TooManyKeys", manyKeys(1000).length, manyKeys(1001)],
    ["keys at all depths together", "TooManyKeys", 12, '{"a":[{"b":{"c":1}}]}', { maxKeys: 2 }],
    ["a limit of keys that is none", "TooManyKeys", 1, '{"a":1}', { maxKeys: Number.NaN }],
    ["a byte too many, text", "TooLarge", 64 * 1024, `{"a":"${"x".repeat(64 * 1024 - 7)}"}`],
    ["a byte too many, bytes", "TooLarge", 64 * 1024, bytes(`{"a":"${"x".repeat(64 * 1024 - 7)}"}`)],
    ["text whose bytes are too many", "TooLarge", 20, '{"a":"张张张张张"}', { maxBytes: 20 }],
    ["text of pairs whose bytes are too many", "TooLarge", 15, '{"a":"😀😀"}', { maxBytes: 15 }]
  ]

  it.for(refusals)("refuses %s: %s at %i", ([, reason, position, input, limits]) => {
    const result = read(input, limits)
    if (result._tag === "Read") {
      return assert.fail("was read")
    }
    assert.strictEqual(result.reason, reason)
    assert.strictEqual(result.position, position)
    assert.notStrictEqual(result.detail, "")
  })

  it("has a refusal for every reason", () => {
    assert.sameMembers([...new Set(refusals.map(([, reason]) => reason))], [...unreadableReasons])
  })

  it("refuses a limit of bytes that is not a number", () => {
    for (const input of ["{}", bytes("{}")]) {
      const result = read(input, { maxBytes: Number.NaN })
      assert.isTrue(result._tag === "Unreadable" && result.reason === "TooLarge")
    }
  })

  it("reads what stands exactly at each limit", () => {
    assert.strictEqual(read(nested(32))._tag, "Read")
    assert.strictEqual(read(manyKeys(1000))._tag, "Read")
    const largest = `{"a":"${"x".repeat(defaultLimits.maxBytes - 8)}"}`
    assert.strictEqual(read(largest)._tag, "Read")
    assert.strictEqual(read(bytes(largest))._tag, "Read")
    assert.strictEqual(read('{"a":"😀😀"}', { maxBytes: 16 })._tag, "Read")
    assert.strictEqual(read('{"a":"é张"}', { maxBytes: 13 })._tag, "Read")
    assert.strictEqual(read(nested(512), { maxDepth: 512 })._tag, "Read")
  })

  it("reads again after bytes that were not UTF-8", () => {
    assert.strictEqual(read(bytes('{"a":"', [0xe5]))._tag, "Unreadable")
    assert.strictEqual(readOrFail(bytes('{"a":"张"}')).envelope[0]?.text, "张")
  })

  it("never quotes a value or a key that looks like a number of a card", () => {
    const details = [
      '{"4111111111111111":1,"4111111111111111":2}',
      '{"PAN_4111111111111111":1,"PAN_4111111111111111":2}',
      '{"a":"4111111111111111',
      '{"a":4111111111111111.}',
      '{"a":4111111111111111x}'
    ].map((text) => {
      const result = read(text)
      return result._tag === "Unreadable" ? result.detail : assert.fail("was read")
    })
    for (const detail of details) {
      assert.notInclude(detail, "411111")
    }
  })

  it("prints sizes, not content", () => {
    const message = readOrFail('{"merchantNo":"BU1","data":{"name":"canary"}}')
    for (const shown of [String(message), JSON.stringify({ message }), inspect({ message }, { depth: 9 })]) {
      assert.notInclude(shown, "canary")
      assert.include(shown, "RawMessage")
    }
  })

  // The native parser as the second opinion, for the value and for the decision.
  const reasonsBeyondJson: ReadonlyArray<UnreadableReason> = [
    "DuplicateKey",
    "ForbiddenKey",
    "LoneSurrogate",
    "TooDeep",
    "TooManyKeys",
    "NotAnObject",
    "ByteOrderMark"
  ]

  const withPlainNumbers = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, item) => (Object.is(item, -0) ? 0 : item))

  it.prop(
    "gives the value that JSON.parse gives",
    [
      FastCheck.dictionary(
        FastCheck.string({ unit: "grapheme" }),
        FastCheck.jsonValue({ noUnicodeString: false })
      ),
      FastCheck.constantFrom(0, 1, "\t")
    ],
    ([object, indent]) => {
      const text = JSON.stringify(object, null, indent)
      const result = read(text)
      if (result._tag === "Unreadable") {
        assert.include(reasonsBeyondJson, result.reason)
      } else {
        assert.deepStrictEqual(withPlainNumbers(result.message.value), withPlainNumbers(JSON.parse(text)))
      }
    }
  )

  const alphabet = [
    '"',
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "-",
    "0",
    "1",
    ".",
    "e",
    "E",
    "+",
    "u",
    "d",
    "8",
    "true",
    "null",
    " ",
    "\n",
    "\u0000",
    "\u2028",
    "é",
    "/",
    "b"
  ]
  const sample = '{"a":[1,-0.5e+3,true,null,{"b":"\\u00e9\\n"}],"data":{"c":"x","d":20.00}}'

  it.prop(
    "accepts a damaged message exactly when JSON.parse does",
    [
      FastCheck.array(
        FastCheck.tuple(
          FastCheck.nat(sample.length),
          FastCheck.nat(3),
          FastCheck.constantFrom("", ...alphabet)
        ),
        { minLength: 1, maxLength: 3 }
      )
    ],
    ([edits]) => {
      const text = edits.reduce(
        (before, [at, removed, inserted]) => before.slice(0, at) + inserted + before.slice(at + removed),
        sample
      )
      const result = read(text)
      let accepted = true
      try {
        JSON.parse(text)
      } catch {
        accepted = false
      }
      if (result._tag === "Read") {
        assert.isTrue(accepted, text)
      } else if (accepted) {
        assert.include(reasonsBeyondJson, result.reason, text)
      } else {
        assert.isAtMost(result.position, text.length)
      }
    },
    { fastCheck: { numRuns: runs(5000) } }
  )

  it.prop("survives any bytes", [FastCheck.uint8Array({ maxLength: 64 })], ([input]) => {
    const result = read(input)
    assert.include(["Read", "Unreadable"], result._tag)
  })

  it.prop(
    "finds the byte that is not UTF-8 where the text before it ends",
    [FastCheck.string({ unit: "binary", maxLength: 20 }), FastCheck.constantFrom(0x80, 0xc1, 0xf5, 0xff)],
    ([before, byte]) => {
      const head = Buffer.from(before.replace(/[\ud800-\udfff]/gu, ""), "utf8")
      const result = read(Buffer.concat([head, Buffer.from([byte])]))
      assert.isTrue(
        result._tag === "Unreadable" && result.reason === "InvalidUtf8" && result.position === head.length
      )
    }
  )
})
