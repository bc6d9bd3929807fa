/**
 * Messages of a layout that was verified before are read in a shorter way. Nothing may depend on it: what it reads, the
 * scanner reads alike, and what it does not read, the scanner decides.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Digest from "../src/Digest.js"
import { firstSteps, forget, learn, remembered } from "../src/internal/layouts.js"
import { makeMessage } from "../src/internal/message.js"
import { scan } from "../src/internal/scanner.js"
import { walk } from "../src/internal/walk.js"
import { defaultLimits, type Limits, type RawMessage, read } from "../src/RawMessage.js"
import * as Verifier from "../src/Verifier.js"
import { fieldKey, key, runs, secret, vectors } from "./support.js"

const scanned = (text: string, limits = defaultLimits): RawMessage | undefined => {
  const parts = scan(text, limits)
  return parts._tag === "Scanned" ? makeMessage(text, { parts }) : undefined
}

const shown = ({ data, envelope, value }: RawMessage) => ({
  envelope,
  data,
  value,
  order: JSON.stringify(value)
})

/** Whether the text was walked; if so, to the same as the scanner reads. */
const walksAlike = (text: string, limits?: Limits): boolean => {
  const walked = walk(text, limits ?? defaultLimits)
  if (walked === undefined) {
    return false
  }
  const message = scanned(text, limits)
  if (message === undefined) {
    return assert.fail(`walked, but the scanner refuses ${text}`)
  }
  assert.deepStrictEqual(shown(makeMessage(text, { walked })), shown(message))
  return true
}

const learnFrom = (text: string): void => {
  const parts = scan(text, defaultLimits)
  learn(
    text,
    parts._tag === "Scanned" ? parts : assert.fail(`${parts.reason} at ${parts.position} in ${text}`)
  )
}

const outcome = (raw: string | Uint8Array, options?: Verifier.Options) =>
  Either.match(Verifier.verifyWith([key], raw, options), {
    onLeft: (error) => ({ ...error, text: error.message }),
    onRight: ({ ambiguity, collision, keyId, message, nested }) => ({
      ambiguity,
      collision,
      keyId,
      nested,
      ...shown(message)
    })
  })

/** Verified anew, and when it may have been learned. */
const verifiesAlike = (raw: string | Uint8Array, options?: Verifier.Options): void => {
  const withMemory = outcome(raw, options)
  const again = outcome(raw, options)
  forget()
  const without = outcome(raw, options)
  forget()
  assert.deepStrictEqual(again, withMemory)
  assert.deepStrictEqual(without, withMemory)
}

const sign = "6bf642b5fc7b10a6eae3b8ab5e7bbea2"
const sample = `{"merchantNo":"BU1","requestTime":1770712296681,"sign":"${sign}","data":{"amount":20.00,"note":"","on":true,"eventType":null,"name":"x"},"version":"v1.0"}`

const content = FastCheck.oneof(
  FastCheck.string({ unit: "grapheme", maxLength: 8 }).map((text) => JSON.stringify(text)),
  FastCheck.constantFrom(
    '""',
    '"a&b=c"',
    '"\\u0041\\n\\/"',
    '"\\ud83d\\ude00"',
    '"😀"',
    '"\u007f\u2028"',
    "0",
    "-0",
    "20.00",
    "1e5",
    "-1.5E+10",
    "12345678901234567890",
    "null",
    "true",
    "false"
  )
)

const layout = FastCheck.record({
  before: FastCheck.uniqueArray(fieldKey, { maxLength: 4 }),
  data: FastCheck.option(FastCheck.uniqueArray(fieldKey, { maxLength: 6 }), { nil: undefined }),
  after: FastCheck.uniqueArray(fieldKey, { maxLength: 3 }),
  blank: FastCheck.constantFrom("", " ", "\n  ", "\t\r\n")
}).filter(({ after, before }) => new Set([...before, ...after]).size === before.length + after.length)

/** The text of a message, each of whose values is drawn from the list by turns. */
const write = (
  { after, before, blank, data }: typeof layout extends FastCheck.Arbitrary<infer A> ? A : never,
  values: ReadonlyArray<string>
): string => {
  let at = 0
  const member = (name: string) =>
    `${blank}${JSON.stringify(name)}${blank}:${blank}${values[at++ % values.length]}${blank}`
  const inner =
    data === undefined
      ? []
      : [`${blank}"data":{${data.map(member).join(",")}${data.length === 0 ? blank : ""}}`]
  return `${blank}{${[...before.map(member), ...inner, ...after.map(member)].join(",")}}${blank}`
}

describe("layouts", () => {
  it.prop(
    "are walked to what the scanner reads, for all values in a layout",
    [
      layout,
      FastCheck.array(FastCheck.array(content, { minLength: 3, maxLength: 8 }), {
        minLength: 2,
        maxLength: 5
      })
    ],
    ([form, contents]) => {
      forget()
      for (const values of contents) {
        const text = write(form, values)
        learnFrom(text)
        const names = [...form.before, ...(form.data ?? []), ...form.after]
        assert.strictEqual(
          walksAlike(text),
          names.every((name) => /^[A-Za-z_][\w-]*$/.test(name))
        )
      }
      for (const values of contents) {
        walksAlike(write(form, values.toReversed()))
        walksAlike(write({ ...form, blank: form.blank === "" ? " " : "" }, values))
        walksAlike(write({ ...form, after: form.before, before: form.after }, values))
      }
    },
    { fastCheck: { numRuns: runs(500) } }
  )

  const pieces = [
    '"',
    "\\",
    "{",
    "}",
    ":",
    ",",
    "&",
    "=",
    "0",
    "1",
    ".",
    "e",
    "-",
    "\\u",
    "\\ud83d",
    "\ud83d",
    "\udc00",
    "null",
    "true",
    " ",
    "\n",
    "\u0000",
    "\u001f",
    "é",
    '"data":{',
    '"a":1,',
    "[]",
    "\ufeff",
    '"amount":"x",',
    '"__proto__":"x",'
  ]

  it.prop(
    "never lead to another result than the scanner's, whatever is done to a message",
    [
      FastCheck.array(
        FastCheck.tuple(
          FastCheck.nat(sample.length),
          FastCheck.nat(4),
          FastCheck.constantFrom("", ...pieces)
        ),
        { minLength: 1, maxLength: 3 }
      )
    ],
    ([edits]) => {
      forget()
      learnFrom(sample)
      learnFrom(sample.replace("null", '"y"'))
      learnFrom(sample.replace("20.00", '"20.00"'))
      const text = edits.reduce(
        (before, [at, removed, inserted]) => before.slice(0, at) + inserted + before.slice(at + removed),
        sample
      )
      walksAlike(text)
      const known = read(text)
      forget()
      const unknown = read(text)
      if (known._tag === "Read" && unknown._tag === "Read") {
        assert.deepStrictEqual(shown(known.message), shown(unknown.message))
      } else {
        assert.deepStrictEqual(known, unknown)
      }
    },
    { fastCheck: { numRuns: runs(20_000) } }
  )

  it.prop(
    "never change what a verifier says",
    [
      layout,
      FastCheck.array(content, { minLength: 3, maxLength: 8 }),
      FastCheck.constantFrom<Verifier.Options>(
        {},
        { ambiguity: "refuse" },
        { placement: { envelope: [] } },
        { exempt: ["a"] },
        { collision: [] }
      ),
      FastCheck.boolean()
    ],
    ([form, values, options, isSigned]) => {
      forget()
      const unsigned = write({ ...form, before: ["sign", ...form.before] }, values).replace(
        /"sign"(\s*):\s*(?:"(?:[^"\\]|\\.)*"|[^,}\s]+)/,
        `"sign"$1:"${sign}"`
      )
      const message = scanned(unsigned)
      if (message === undefined) {
        return
      }
      const covered = [...message.envelope, ...message.data].filter(
        (field) => field.key !== "sign" && field.text !== "" && options.exempt?.includes(field.key) !== true
      )
      const byKey = new Map(covered.map((field) => [field.key, field.text]))
      const text = [...byKey]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${name}=${value}`)
        .join("&")
      const raw = isSigned ? unsigned.replace(sign, Digest.make(text, secret)) : unsigned
      verifiesAlike(raw, options)
      verifiesAlike(Buffer.from(raw, "utf8"), options)
      verifiesAlike(raw.replace(/1/, "2"), options)
    },
    { fastCheck: { numRuns: runs(1000) } }
  )

  describe("with a key in both parts", () => {
    // Learned where one of the two is empty; then both are not.
    const layouts = [
      (a: string, b: string, x: string, y: string) =>
        `{"sign":"${sign}","a":"${a}","x":"${x}","data":{"a":"${b}","x":"${y}","c":"3"}}`,
      (a: string, b: string, x: string, y: string) =>
        `{"data":{"x":"${x}","a":"${a}","c":"3"},"x":"${y}","sign":"${sign}","a":"${b}"}`
    ]
    const signedAs = (raw: string, text: string) => raw.replace(sign, Digest.make(text, secret))
    const verified = (raw: string) => Either.getOrThrow(Verifier.verifyWith([key], raw))

    it.each([
      ["neither", "", "", "", "", "c=3"],
      ["the first key", "1", "", "", "", "a=1&c=3"],
      ["the first key in the other part", "", "2", "", "", "a=2&c=3"],
      ["the second key", "", "", "7", "", "c=3&x=7"],
      ["the second key in the other part", "", "", "", "8", "c=3&x=8"],
      ["both keys, each in one part", "1", "", "", "8", "a=1&c=3&x=8"]
    ])("not empty in %s: no collision", (_, a, b, x, y, text) => {
      for (const layout of layouts) {
        forget()
        const raw = signedAs(layout(a, b, x, y), text)
        for (let time = 0; time < 2; time++) {
          const { ambiguity, collision } = verified(raw)
          assert.strictEqual(collision, "none")
          assert.deepStrictEqual(ambiguity, [])
        }
        assert.isDefined(walk(raw, defaultLimits))
        verifiesAlike(raw)
      }
    })

    it.each([
      ["the first key", "1", "2", "", "", ["a=2&c=3", "a=1&c=3", "a=1&a=2&c=3"]],
      ["the second key", "", "", "7", "8", ["c=3&x=8", "c=3&x=7", "c=3&x=7&x=8"]],
      ["both keys", "1", "2", "7", "8", ["a=2&c=3&x=8", "a=1&c=3&x=7", "a=1&a=2&c=3&x=7&x=8"]]
    ] as const)(
      "not empty in both of %s: the policies are tried as ever, and it is flagged",
      (_, a, b, x, y, texts) => {
        forget()
        const [layout] = layouts
        const learned = signedAs(layout?.("1", "", "", "8") ?? "", "a=1&c=3&x=8")
        verified(learned)
        assert.isDefined(walk(learned, defaultLimits))
        for (const [index, text] of texts.entries()) {
          const raw = signedAs(layout?.(a, b, x, y) ?? "", text)
          assert.isDefined(walk(raw, defaultLimits))
          const { ambiguity, collision } = verified(raw)
          assert.strictEqual(collision, ["dataWins", "envelopeWins", "both"][index])
          assert.isAbove(ambiguity.filter(({ reason }) => reason === "KeyCollision").length, 0)
          const strict = Verifier.verifyWith([key], raw, { ambiguity: "refuse" })
          assert.isTrue(Either.isLeft(strict))
          assert.isTrue(Either.isLeft(Verifier.verifyWith([key], raw, { collision: [] })))
        }
      }
    )

    it("takes true and false, which a layout has in it, for not empty", () => {
      forget()
      const raw = (value: string) => `{"sign":"${sign}","a":true,"data":{"a":"${value}"}}`
      verified(signedAs(raw(""), "a=true"))
      const both = signedAs(raw("x"), "a=true&a=x")
      assert.isDefined(walk(both, defaultLimits))
      assert.strictEqual(verified(both).collision, "both")
      const constants = signedAs(`{"sign":"${sign}","a":true,"data":{"a":false}}`, "a=true&a=false")
      for (let time = 0; time < 2; time++) {
        assert.strictEqual(verified(constants).collision, "both")
      }
    })
  })

  it.each(vectors)("do not change vector: $name", ({ message }) => {
    forget()
    verifiesAlike(message)
  })

  it("are learned from messages whose signature holds, from no others", () => {
    forget()
    const raw = `{"sign":"${Digest.make("a=1", secret)}","data":{"a":"1"}}`
    Verifier.verifyWith([key], raw.replace('"1"', '"2"'))
    read(raw)
    assert.strictEqual(remembered(), 0)
    assert.isUndefined(walk(raw, defaultLimits))
    Verifier.verifyWith([key], raw)
    assert.isDefined(walk(raw, defaultLimits))
    const units = remembered()
    Verifier.verifyWith([key], raw)
    Verifier.verifyWith([key], raw.replace('"1"', '"2"'))
    assert.strictEqual(remembered(), units)
  })

  it("are told apart by nulls, kinds and blanks", () => {
    forget()
    const forms = [
      '{"a":"1"}',
      '{"a":1}',
      '{"a":null}',
      '{"a":true}',
      '{"a":false}',
      '{ "a":"1"}',
      '{"a":"1"} ',
      '{"a":1} ',
      '{"a":null}\n',
      '{"a":"1","data":{}}',
      '{"data":{},"a":"1"}',
      '{"data":{"a":"1"}}',
      '{"a":null,"b":"1"}',
      "{}",
      '{"data":{}}'
    ]
    for (const [index, form] of forms.entries()) {
      assert.isFalse(walksAlike(form), form)
      learnFrom(form)
      for (const known of forms.slice(0, index + 1)) {
        assert.isTrue(walksAlike(known), known)
      }
    }
    assert.isTrue(walksAlike('{"a":"","b":"1"}') === false)
    assert.isTrue(walksAlike('{"a":"another, with \\"quotes\\" and 张"}'))
    assert.isTrue(walksAlike('{"a":-12.5e3}'))
  })

  it.each([
    ["a number where a string was", '{"a":1}'],
    ["a nested value", '{"a":{}}'],
    ["a leading zero", '{"n":01}'],
    ["a number cut short", '{"n":1.}'],
    ["nothing", '{"n":}'],
    ["a minus alone", '{"n":-}'],
    ["a control character", '{"a":"\u0001"}'],
    ["an unknown escape", '{"a":"\\x"}'],
    ["an open string", '{"a":"'],
    ["an escape at the end", '{"a":"\\'],
    ["half a pair", '{"a":"\ud83d"}'],
    ["half an escaped pair", '{"a":"\\ud83d"}'],
    ["half a pair of each kind", '{"a":"\\ud83d\ude00"}'],
    ["the wrong half first", '{"a":"\ud83d\\ude00"}'],
    ["text behind the end", '{"a":"1"}x'],
    ["a key more", '{"a":"1","b":"1"}']
  ])("leave to the scanner %s", (_, text) => {
    forget()
    learnFrom('{"a":"x"}')
    learnFrom('{"n":1}')
    assert.isFalse(walksAlike(text))
  })

  it("keep to the limits", () => {
    forget()
    const text = '{"a":"1","data":{"b":"2"}}'
    learnFrom(text)
    assert.isTrue(walksAlike(text, { maxBytes: 100, maxDepth: 2, maxKeys: 3 }))
    assert.isUndefined(walk(text, { maxBytes: 100, maxDepth: 1, maxKeys: 3 }))
    assert.isUndefined(walk(text, { maxBytes: 100, maxDepth: 2, maxKeys: 2 }))
    assert.isUndefined(walk(text, { maxBytes: 100, maxDepth: Number.NaN, maxKeys: 3 }))
    learnFrom('{"a":"1"}')
    assert.isTrue(walksAlike('{"a":"1"}', { maxBytes: 100, maxDepth: 1, maxKeys: 1 }))
    const result = read(text, { maxKeys: 2 })
    assert.isTrue(result._tag === "Unreadable" && result.reason === "TooManyKeys")
  })

  it("are not learned where keys may be data", () => {
    forget()
    for (const text of [
      '{"4111111111111111":"1"}',
      '{"card_4111111111111111":"1"}',
      '{"a b":"1"}',
      '{"a&b":"1"}',
      '{"客户":"1"}',
      '{"a":{}}',
      '{"data":"1","b":[]}',
      `{"${"k".repeat(65)}":"1"}`
    ]) {
      learnFrom(text)
    }
    assert.strictEqual(remembered(), 0)
    const many = (count: number) =>
      `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",")}}`
    learnFrom(many(257))
    assert.strictEqual(remembered(), 0)
    learnFrom(many(256))
    assert.isTrue(walksAlike(many(256)))
  })

  it("hold no value of the message they were learned from", () => {
    forget()
    learnFrom('{"a":"canary-1","b":411111111111,"data":{"c":"canary-2"}}')
    assert.notMatch(JSON.stringify(firstSteps()), /canary|4111/)
  })

  it("take a bounded memory, and are learned again after it was full", () => {
    forget()
    let most = 0
    for (let index = 0; index < 5000; index++) {
      learnFrom(`{"a${index % 100}":"1","b${index}":"1","${"c".repeat(60)}":"1"}`)
      most = Math.max(most, remembered())
    }
    assert.isAtMost(most, 500_000)
    assert.isAbove(most, 100_000)
    learnFrom(sample)
    assert.isTrue(walksAlike(sample))
  })

  it("branch no further than is quick to search, and begin a full branch anew", () => {
    forget()
    for (let index = 0; index < 100; index++) {
      learnFrom(`{"k${index}":"1"}`)
      assert.isTrue(walksAlike(`{"k${index}":"1"}`))
      assert.isAtMost(firstSteps().length, 32)
    }
    assert.isFalse(walksAlike('{"k0":"1"}'))
    assert.isTrue(walksAlike('{"k96":"1"}'))
  })
})
