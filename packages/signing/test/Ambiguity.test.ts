import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Ambiguity from "../src/Ambiguity.js"
import * as Digest from "../src/Digest.js"
import * as Signer from "../src/Signer.js"
import * as Verifier from "../src/Verifier.js"
import { bodyOf, dataFields, key, readOrFail, secret } from "./support.js"

const signed = (text: string, rest: string): string => `{"sign":"${Digest.make(text, secret)}",${rest}}`

/** Verified twice: by the scanner, and, where it is plain, along the layout learned from the first time. */
const flags = (raw: string, options?: Verifier.Options): ReadonlyArray<Ambiguity.Ambiguity> => {
  const first = Either.getOrThrow(Verifier.verifyWith([key], raw, options)).ambiguity
  const again = Either.getOrThrow(Verifier.verifyWith([key], raw, options)).ambiguity
  assert.deepStrictEqual(again, first)
  const { message, nested } = Either.getOrThrow(Verifier.verifyWith([key], raw, options))
  const found = Ambiguity.find(message, {
    placement: options?.placement,
    exempt: options?.exempt,
    nested: nested === "none" ? undefined : nested
  })
  assert.deepStrictEqual(found, first)
  return first
}

const trade =
  '"merchantNo":"BU1","requestTime":1770712296681,"version":"v1.0","nonce":"TW4P54uVulwRoc2y","eventType":"TRADE","eventName":"trade"'
const tradeText =
  "eventName=trade&eventType=TRADE&merchantNo=BU1&nonce=TW4P54uVulwRoc2y&requestTime=1770712296681&version=v1.0"

describe("Ambiguity", () => {
  it.each([
    [
      "the notification with nulls, eventType in data among them",
      tradeText,
      `${trade},"data":{"eventType":null,"status":null}`
    ],
    ["an empty eventType in data", tradeText, `${trade},"data":{"eventType":"","token":null}`],
    ["a merchant named H&M", "shop=H&M", '"data":{"shop":"H&M"}'],
    ["an equals sign alone", "formula=a=b", '"data":{"formula":"a=b"}'],
    ["an equals sign before the ampersand", "formula=a=b&c", '"data":{"formula":"a=b&c"}'],
    ["an unknown field of the envelope", "channel=web", '"channel":"web","data":{}'],
    ["a null in both parts", "merchantNo=BU1", '"merchantNo":"BU1","data":{"merchantNo":null}'],
    ["a nested value that is signed", 'a={"x":1}', '"data":{"a":{"x":1}}'],
    [
      "a token with a pair in it, which is not signed",
      "merchantNo=BU1",
      '"merchantNo":"BU1","token":"a&b=c","data":{}'
    ]
  ])("none: %s", (_, text, rest) => {
    assert.deepStrictEqual(flags(signed(text, rest)), [])
    assert.isTrue(Either.isRight(Verifier.verifyWith([key], signed(text, rest), { ambiguity: "refuse" })))
  })

  const data = (key: string) => ({ part: "data", key }) as const
  const envelope = (key: string) => ({ part: "envelope", key }) as const

  it.each<readonly [name: string, text: string, rest: string, expected: ReadonlyArray<Ambiguity.Ambiguity>]>([
    ["a pair in a value", "a=1&b=2", '"data":{"a":"1&b=2"}', [{ reason: "PairInValue", ...data("a") }]],
    [
      "a pair behind other characters",
      "a=x&y&b==",
      '"data":{"a":"x&y&b=="}',
      [{ reason: "PairInValue", ...data("a") }]
    ],
    [
      "a pair behind escapes",
      "a=1&b=2",
      '"data":{"a":"1\\u0026b\\u003d2"}',
      [{ reason: "PairInValue", ...data("a") }]
    ],
    [
      "a pair in a value of the envelope",
      "version=1&w=2",
      '"version":"1&w=2","data":{}',
      [{ reason: "PairInValue", ...envelope("version") }]
    ],
    [
      "a pair inside a nested value",
      'a={"x":"1&b=2"}',
      '"data":{"a":{"x":"1\\u0026b=2"}}',
      [{ reason: "PairInValue", ...data("a") }]
    ],
    ["an ampersand in a key", "a&b=1", '"data":{"a&b":"1"}', [{ reason: "SeparatorInKey", ...data("a&b") }]],
    [
      "an equals sign in a key",
      "a=b=1",
      '"a=b":"1","data":{}',
      [{ reason: "SeparatorInKey", ...envelope("a=b") }]
    ],
    [
      "merchantNo in data alone",
      "merchantNo=BU1",
      '"data":{"merchantNo":"BU1"}',
      [{ reason: "MisplacedField", ...data("merchantNo") }]
    ],
    [
      "a token in data",
      "a=1",
      '"data":{"a":"1","token":"t"}',
      [{ reason: "MisplacedField", ...data("token") }]
    ],
    ["a sign in data", "a=1", '"data":{"a":"1","sign":"s"}', [{ reason: "MisplacedField", ...data("sign") }]],
    [
      "true under a known key in data",
      "version=true",
      '"data":{"version":true}',
      [{ reason: "MisplacedField", ...data("version") }]
    ],
    [
      "a collision",
      "eventType=2",
      '"eventType":"1","data":{"eventType":"2"}',
      [{ reason: "KeyCollision", ...data("eventType") }]
    ],
    [
      "a collision of equal values",
      "a=1",
      '"a":"1","data":{"a":"1"}',
      [{ reason: "KeyCollision", ...data("a") }]
    ],
    [
      "a nested value left out",
      "b=1",
      '"data":{"a":{"x":1},"b":"1"}',
      [{ reason: "NestedOmitted", ...data("a") }]
    ],
    [
      "an empty list left out",
      "b=1",
      '"a":[],"data":{"b":"1"}',
      [{ reason: "NestedOmitted", ...envelope("a") }]
    ],
    [
      "several",
      "version=2&x=1&y=3",
      '"data":{"version":"2","x":"1&y=3"}',
      [
        { reason: "MisplacedField", ...data("version") },
        { reason: "PairInValue", ...data("x") }
      ]
    ]
  ])("flags %s, and refuses it where told", (_, text, rest, expected) => {
    const raw = signed(text, rest)
    assert.deepStrictEqual(flags(raw), expected)
    for (let time = 0; time < 2; time++) {
      const strict = Verifier.verifyWith([key], raw, { ambiguity: "refuse" })
      const error =
        Either.isLeft(strict) && strict.left._tag === "SignatureInvalid" ? strict.left : assert.fail()
      assert.strictEqual(error.reason, "Ambiguous")
      assert.deepStrictEqual(error.ambiguity, [...new Set(expected.map(({ reason }) => reason))])
      assert.include(error.message, error.ambiguity.join(", "))
    }
  })

  it("has a message for every reason", () => {
    const reasons = ["PairInValue", "SeparatorInKey", "MisplacedField", "KeyCollision", "NestedOmitted"]
    assert.sameMembers([...Ambiguity.ambiguityReasons], reasons)
    assert.strictEqual(Ambiguity.defaultEnvelopeKeys.length, 8)
  })

  it("says Mismatch, not Ambiguous, of a forged message that is ambiguous as well", () => {
    const forged = signed("a=1&b=2", '"data":{"a":"1&b=3"}')
    const result = Verifier.verifyWith([key], forged, { ambiguity: "refuse" })
    assert.isTrue(
      Either.isLeft(result) && result.left._tag === "SignatureInvalid" && result.left.reason === "Mismatch"
    )
  })

  it("takes where fields belong", () => {
    const moved = signed("amount=1&version=2", '"amount":"1","data":{"version":"2"}')
    assert.deepStrictEqual(flags(moved), [{ reason: "MisplacedField", ...data("version") }])
    assert.deepStrictEqual(flags(moved, { placement: { envelope: [] } }), [])
    assert.deepStrictEqual(flags(moved, { placement: { envelope: [], data: ["amount"] } }), [
      { reason: "MisplacedField", ...envelope("amount") }
    ])
    assert.deepStrictEqual(flags(moved, { placement: { data: ["amount"] } }), [
      { reason: "MisplacedField", ...envelope("amount") },
      { reason: "MisplacedField", ...data("version") }
    ])
  })

  it("takes where fields belong of a message that is ordinary by default", () => {
    const raw = signed("amount=1&c=2", '"amount":"1","data":{"c":"2"}')
    assert.deepStrictEqual(flags(raw), [])
    assert.deepStrictEqual(flags(raw, { placement: { data: ["amount"] } }), [
      { reason: "MisplacedField", ...envelope("amount") }
    ])
    assert.deepStrictEqual(flags(raw, { placement: { envelope: ["c"] } }), [
      { reason: "MisplacedField", ...data("c") }
    ])
  })

  it("finds the misplaced field that is not empty beside one that is, in a layout that has both", () => {
    const rest = (nonce: string, version: string) => `"data":{"nonce":"${nonce}","version":"${version}"}`
    assert.deepStrictEqual(flags(signed("", rest("", ""))), [])
    assert.deepStrictEqual(flags(signed("version=2", rest("", "2"))), [
      { reason: "MisplacedField", ...data("version") }
    ])
    assert.deepStrictEqual(flags(signed("nonce=1", rest("1", ""))), [
      { reason: "MisplacedField", ...data("nonce") }
    ])
  })

  it("does not look into what an operation exempts, but for its place", () => {
    const raw = signed("b=1", '"data":{"a":"1&c=2","b":"1","version":"x&y=z"}')
    assert.deepStrictEqual(flags(raw, { exempt: ["a", "version"] }), [
      { reason: "MisplacedField", ...data("version") }
    ])
  })

  it("has nested values omitted unless told otherwise", () => {
    const message = readOrFail('{"data":{"a":{"x":"&="}}}')
    assert.deepStrictEqual(Ambiguity.find(message), [{ reason: "NestedOmitted", ...data("a") }])
    assert.deepStrictEqual(Ambiguity.find(message, { nested: "refuse" }), [
      { reason: "NestedOmitted", ...data("a") }
    ])
    assert.deepStrictEqual(Ambiguity.find(message, { nested: "javaToString" }), [
      { reason: "PairInValue", ...data("a") }
    ])
  })

  it("prints reasons, not keys", () => {
    const verified = Either.getOrThrow(
      Verifier.verifyWith([key], signed("canary&a=1", '"data":{"canary&a":"1"}'))
    )
    for (const shown of [String(verified), JSON.stringify(verified), inspect(verified)]) {
      assert.include(shown, "SeparatorInKey")
      assert.notInclude(shown, "canary")
    }
  })

  it.effect.prop(
    "flags what another message could be signed alike by splitting a value, and nothing else, of a signed message",
    [dataFields],
    ([fields]) =>
      Effect.gen(function* () {
        const message = yield* Signer.signWith(key, { envelope: { merchantNo: "BU1" }, data: fields })
        const { ambiguity } = yield* Verifier.verifyWith([key], bodyOf(message))
        const values = Object.entries(fields).filter(([, value]) => /&.*=/s.test(String(value)))
        assert.deepStrictEqual(
          ambiguity
            .filter(({ reason }) => reason === "PairInValue")
            .map((one) => one.key)
            .sort(),
          values.map(([name]) => name).sort()
        )
        assert.isTrue(ambiguity.every(({ reason }) => reason === "PairInValue"))
      })
  )

  it.prop(
    "splitting a flagged value gives another message with the same signature",
    [FastCheck.constantFrom("b", "version", "zz"), FastCheck.stringMatching(/^[a-z0-9]{1,6}$/)],
    ([name, value]) => {
      const text = `a=1&${name}=${value}`
      const joined = signed(text, `"data":{"a":"1&${name}=${value}"}`)
      const split = signed(text, `"data":{"a":"1","${name}":"${value}"}`)
      assert.lengthOf(flags(joined), 1)
      assert.isTrue(Either.isRight(Verifier.verifyWith([key], split)))
    }
  )
})
