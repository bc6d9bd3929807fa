import { createHash, createHmac } from "node:crypto"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import * as CanonicalText from "../src/CanonicalText.js"
import * as Explain from "../src/Explain.js"
import * as KeyRing from "../src/KeyRing.js"
import * as SigningKey from "../src/SigningKey.js"
import * as Testing from "../src/Testing.js"
import * as Verifier from "../src/Verifier.js"
import { dataFields, readOrFail, vectors } from "./support.js"

const secret = "Sk9fQ2vX7mPz4LwT"
const old = "OldKey5hJ8nRb3Yc"
const keys = [SigningKey.make("signing", secret), SigningKey.make("accepted-1", old)]

/**
 * A second implementation of the scheme, with a switch for each mistake; it shares nothing with what it tests. It takes the
 * parsed message, and the number literals beside it.
 */
type Pair = [key: string, value: string]
interface Sloppy {
  readonly pairs?: (pairs: Array<Pair>) => Array<Pair>
  readonly sort?: (a: Pair, b: Pair) => number
  readonly join?: (pairs: Array<Pair>) => string
  readonly input?: (text: string) => string | Uint8Array
}

const ascii = ([a]: Pair, [b]: Pair) => (a < b ? -1 : a > b ? 1 : 0)
const joined = (pairs: Array<Pair>) => pairs.map(([key, value]) => `${key}=${value}`).join("&")
const md5 = (input: string | Uint8Array) => createHash("md5").update(input).digest("hex")

const sloppily = (all: ReadonlyArray<Pair>, how: Sloppy): string => {
  const pairs = (how.pairs ?? ((given) => given.filter(([, value]) => value !== "")))([...all])
  const text = (how.join ?? joined)(how.sort === undefined ? pairs.sort(ascii) : pairs.sort(how.sort))
  return md5((how.input ?? ((given) => given + secret))(text))
}

/** The fields of a notification as pairs, without `sign`; null and empty as `""`. */
const tradePairs: ReadonlyArray<Pair> = [
  ["merchantNo", "BU078255558"],
  ["requestTime", "1770712296681"],
  ["version", "v1.0"],
  ["nonce", "TW4P54uVulwRoc2y"],
  ["Zone", "eu"],
  ["eventType", "TRADE"],
  ["orderNo", "T 1/2é"],
  ["amount", "20.00"],
  ["fee", "1e3"],
  ["ledgerId", "12345678901234567890"],
  ["channel", ""],
  ["remark", ""],
  ["approved", "true"]
]
const trade = (sign: string) =>
  `{"sign":"${sign}","merchantNo":"BU078255558","requestTime":1770712296681,"version":"v1.0","nonce":"TW4P54uVulwRoc2y","Zone":"eu","eventType":"TRADE","data":{"orderNo":"T 1/2é","amount":20.00,"fee":1e3,"ledgerId":12345678901234567890,"channel":null,"remark":"","approved":true}}`
const dataKeys = ["orderNo", "amount", "fee", "ledgerId", "channel", "remark", "approved"]
const dataJson =
  '{"orderNo":"T 1/2é","amount":20.00,"fee":1e3,"ledgerId":12345678901234567890,"channel":null,"remark":"","approved":true}'

const filled = (pairs: ReadonlyArray<Pair>) => pairs.filter(([, value]) => value !== "")
const without = (pairs: ReadonlyArray<Pair>, names: ReadonlyArray<string>) =>
  filled(pairs).filter(([key]) => !names.includes(key))
const rewrite = (values: Readonly<Record<string, string>>) => (pairs: ReadonlyArray<Pair>) =>
  filled(pairs).map(([key, value]): Pair => [key, values[key] ?? value])
const javaEncode = (value: string) => new URLSearchParams({ v: value }).toString().slice(2)
const utf16 = (text: string, bigEndian: boolean) => {
  const bytes = Buffer.from(text, "utf16le")
  return bigEndian ? bytes.swap16() : bytes
}

const explained = (raw: string, options: Explain.Options = {}, ring = keys) =>
  Either.getOrThrow(Explain.explain(raw, ring, options))
const first = ({ causes }: Explain.Explanation) => causes[0]?.mistakes.map(({ code }) => code)
const soleMistakes = (explanation: Explain.Explanation) =>
  explanation.causes.map(({ mistakes }) => mistakes[0]?.code)

const request = (sign: string) =>
  `{"sign":"${sign}","nonce":"TW4P54uVulwRoc2y","merchantNo":"BU078255558","token":"testToken","requestTime":1770712296681,"version":"v1.0","data":{"customerCode":"test0001"}}`
const requestPairs: ReadonlyArray<Pair> = [
  ["nonce", "TW4P54uVulwRoc2y"],
  ["merchantNo", "BU078255558"],
  ["requestTime", "1770712296681"],
  ["version", "v1.0"],
  ["customerCode", "test0001"]
]

const table: ReadonlyArray<
  readonly [
    what: string,
    code: Explain.MistakeCode,
    raw: string,
    fields?: ReadonlyArray<string>,
    options?: Explain.Options
  ]
> = [
  ["the token", "TokenIncluded", request(sloppily([...requestPairs, ["token", "testToken"]], {}))],
  [
    "`key=` for what is empty",
    "EmptyValuesKept",
    trade(sloppily(tradePairs, { pairs: (all) => all })),
    ["channel", "remark"]
  ],
  [
    "`key=null` for null",
    "EmptyValuesKept",
    trade(sloppily(filled([...tradePairs, ["channel", "null"]]), {})),
    ["channel"]
  ],
  [
    "a line end behind the secret",
    "SecretBlanksThere",
    trade(sloppily(tradePairs, { input: (text) => `${text}${secret}\n` }))
  ],
  [
    "a blank before the secret",
    "SecretBlanksThere",
    trade(sloppily(tradePairs, { input: (text) => `${text} ${secret}` }))
  ],
  [
    "a Windows line end behind the secret",
    "SecretBlanksThere",
    trade(sloppily(tradePairs, { input: (text) => `${text}${secret}\r\n` }))
  ],
  [
    "20.00 printed as 20, 1e3 as 1000, a big integer through a double",
    "NumbersReformatted",
    trade(
      sloppily(tradePairs, {
        pairs: rewrite({ amount: "20", fee: "1000", ledgerId: String(Number("12345678901234567890")) })
      })
    ),
    ["amount", "fee", "ledgerId"]
  ],
  [
    "20.00 alone printed as 20",
    "NumbersReformatted",
    trade(sloppily(tradePairs, { pairs: rewrite({ amount: "20" }) })),
    ["amount"]
  ],
  [
    "numbers as Java prints doubles",
    "NumbersReformatted",
    trade(
      sloppily(tradePairs, {
        pairs: rewrite({ amount: "20.0", fee: "1000.0", ledgerId: "1.2345678901234567E19" })
      })
    ),
    ["amount", "fee", "ledgerId"]
  ],
  [
    "a body that was serialised again",
    "BodyReserialised",
    trade(sloppily(tradePairs, {})).replace("20.00", "20").replace("1e3", "1000"),
    ["amount", "fee"]
  ],
  [
    "`data` as compact JSON",
    "DataAsJson",
    trade(sloppily([...without(tradePairs, dataKeys), ["data", dataJson]], {}))
  ],
  [
    "`data` as JSON text inside JSON text",
    "DataAsJson",
    trade(sloppily([...without(tradePairs, dataKeys), ["data", JSON.stringify(dataJson)]], {}))
  ],
  [
    "`data.` before its keys",
    "DataPrefixed",
    trade(
      sloppily(tradePairs, {
        pairs: (all) =>
          filled(all).map(([key, value]): Pair => [dataKeys.includes(key) ? `data.${key}` : key, value])
      })
    )
  ],
  ["`data` left out", "DataLeftOut", trade(sloppily(without(tradePairs, dataKeys), {}))],
  [
    "only `data`",
    "EnvelopeLeftOut",
    trade(
      sloppily(
        tradePairs.filter(([key]) => dataKeys.includes(key)),
        {}
      )
    )
  ],
  [
    "keys sorted without case",
    "KeysSortedWithoutCase",
    trade(sloppily(tradePairs, { sort: ([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1) }))
  ],
  ["keys not sorted", "KeysUnsorted", trade(sloppily(tradePairs, { sort: () => 0 }))],
  [
    "keys sorted by locale",
    "KeysSortedOtherwise",
    `{"sign":"${md5(`_z=1&a=2&A=3&b=4&B=5&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"B":"5","A":"3","b":"4","a":"2","_z":"1"}}`
  ],
  [
    "keys sorted descending",
    "KeysSortedOtherwise",
    trade(sloppily(tradePairs, { sort: (a, b) => -ascii(a, b) }))
  ],
  [
    "values URL-encoded",
    "ValuesUrlEncoded",
    trade(
      sloppily(tradePairs, {
        pairs: (all) => filled(all).map(([key, value]): Pair => [key, encodeURIComponent(value)])
      })
    ),
    ["orderNo"]
  ],
  [
    "values URL-encoded by Java",
    "ValuesUrlEncoded",
    trade(
      sloppily(tradePairs, {
        pairs: (all) => filled(all).map(([key, value]): Pair => [key, javaEncode(value)])
      })
    ),
    ["orderNo"]
  ],
  [
    "`&key=` and the secret",
    "SecretAsPair",
    trade(sloppily(tradePairs, { input: (text) => `${text}&key=${secret}` }))
  ],
  [
    "`&` and the secret",
    "AmpersandBeforeSecret",
    trade(sloppily(tradePairs, { input: (text) => `${text}&${secret}` }))
  ],
  [
    "a trailing `&`",
    "AmpersandBeforeSecret",
    trade(sloppily(tradePairs, { join: (pairs) => pairs.map(([key, value]) => `${key}=${value}&`).join("") }))
  ],
  ["the secret first", "SecretFirst", trade(sloppily(tradePairs, { input: (text) => secret + text }))],
  ["no secret", "SecretMissing", trade(sloppily(tradePairs, { input: (text) => text }))],
  [
    "upper case input",
    "InputCaseChanged",
    trade(sloppily(tradePairs, { input: (text) => (text + secret).toUpperCase() }))
  ],
  [
    "`sign` itself, while empty",
    "SignIncluded",
    trade(sloppily([...filled(tradePairs), ["sign", ""]], { pairs: (all) => all }))
  ],
  ["`sign` itself, as null", "SignIncluded", trade(sloppily([...tradePairs, ["sign", "null"]], {}))],
  [
    "HMAC-MD5",
    "HmacInsteadOfSuffix",
    trade(
      createHmac("md5", secret)
        .update(joined(filled(tradePairs).sort(ascii)))
        .digest("hex")
    )
  ],
  [
    "UTF-16 little-endian",
    "NotUtf8",
    trade(sloppily(tradePairs, { input: (text) => utf16(text + secret, false) }))
  ],
  [
    "UTF-16 big-endian",
    "NotUtf8",
    trade(sloppily(tradePairs, { input: (text) => utf16(text + secret, true) }))
  ],
  [
    "Latin-1",
    "NotUtf8",
    trade(sloppily(tradePairs, { input: (text) => Buffer.from(text + secret, "latin1") }))
  ],
  [
    "GBK, as on a Chinese Windows",
    "NotUtf8",
    // 客户 in GBK is BF CD BB A7.
    `{"sign":"${md5(Buffer.concat([Buffer.from("merchantNo=BU1&name="), Buffer.from("bfcdbba7", "hex"), Buffer.from(secret)]))}","merchantNo":"BU1","data":{"name":"客户"}}`
  ],
  [
    "requestTime in seconds",
    "RequestTimeUnit",
    trade(sloppily(tradePairs, { pairs: rewrite({ requestTime: "1770712296" }) }))
  ],
  [
    "two unknown fields dropped",
    "UnknownFieldsDropped",
    trade(sloppily(without(tradePairs, ["Zone", "ledgerId"]), {})),
    ["Zone", "ledgerId"],
    { known: [...tradePairs.map(([key]) => key).filter((key) => key !== "Zone" && key !== "ledgerId")] }
  ],
  [
    "one field dropped, nothing known",
    "FieldLeftOut",
    trade(sloppily(without(tradePairs, ["ledgerId"]), {})),
    ["ledgerId"]
  ],
  [
    "an envelope's eventType hidden by the null in `data`",
    "EmptyDataHidesEnvelope",
    `{"sign":"${md5(`merchantNo=BU1&orderNo=1${secret}`)}","merchantNo":"BU1","eventType":"TRADE","data":{"eventType":null,"orderNo":"1"}}`,
    ["eventType"]
  ],
  [
    "a collision with both values, the one of `data` first",
    "CollisionSettledOtherwise",
    `{"sign":"${md5(`eventType=x&eventType=TRADE&merchantNo=BU1&zeta=1${secret}`)}","merchantNo":"BU1","eventType":"TRADE","data":{"eventType":"x","zeta":"1"}}`
  ],
  [
    "a nested value as Python writes JSON",
    "NestedWrittenOtherwise",
    `{"sign":"${md5(`items=[1, {"a": "b"}]&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"items":[1,{"a":"b"}]}}`,
    ["items"]
  ],
  [
    "a nested value as JavaScript's own text",
    "NestedWrittenOtherwise",
    `{"sign":"${md5(`item=[object Object]&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"item":{"a":"b"}}}`,
    ["item"]
  ],
  ["the JSON body", "BodyAsJson", trade(md5(JSON.stringify({ a: 1 }))).replace(/.*/, () => bodySigned())],
  [
    "SHA-256",
    "OtherHash",
    trade(
      createHash("sha256")
        .update(joined(filled(tradePairs).sort(ascii)) + secret)
        .digest("hex")
    )
  ],
  [
    "blanks around values cut off",
    "ValuesTrimmed",
    `{"sign":"${md5(`a=x&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"a":" x "}}`,
    ["a"]
  ],
  [
    "booleans as Python prints them",
    "BooleansReformatted",
    trade(sloppily(tradePairs, { pairs: rewrite({ approved: "True" }) })),
    ["approved"]
  ],
  [
    "quotes around the secret",
    "SecretQuoted",
    trade(sloppily(tradePairs, { input: (text) => `${text}"${secret}"` }))
  ],
  [
    "the secret in lower case",
    "SecretCaseChanged",
    trade(sloppily(tradePairs, { input: (text) => text + secret.toLowerCase() }))
  ],
  [
    "values escaped for HTML",
    "ValuesEscaped",
    `{"sign":"${md5(`merchantNo=BU1&shop=H&amp;M${secret}`)}","merchantNo":"BU1","data":{"shop":"H&M"}}`,
    ["shop"]
  ],
  [
    "pairs joined by nothing",
    "PairsJoinedOtherwise",
    trade(sloppily(tradePairs, { join: (pairs) => pairs.map(([key, value]) => key + value).join("") }))
  ]
]

function bodySigned(): string {
  const body = `{"merchantNo":"BU1","data":{"a":"1"}}`
  return body.replace("{", `{"sign":"${md5(body + secret)}",`)
}

describe("Explain.explain", () => {
  for (const [what, code, raw, fields, options] of table) {
    it(`names ${code} for ${what}`, () => {
      const explanation = explained(raw, options)
      assert.notStrictEqual(explanation.verdict, "Verified")
      assert.deepStrictEqual(first(explanation), [code], Explain.format(explanation))
      const [mistake] = explanation.causes[0]?.mistakes ?? []
      assert.match(mistake?.sentence ?? "", /^[`A-Z][^\n]*\.$/)
      assert.match(Explain.sentences[code], /^[`A-Z][^\n]*\.$/)
      assert.isFalse(mistake?.accepted)
      if (fields !== undefined) {
        assert.sameMembers([...(mistake?.fields ?? [])], [...fields])
      }
      assert.isTrue(explanation.complete)
    })
  }

  it("has a case for every code but those of other tests below", () => {
    const covered = new Set(table.map(([, code]) => code))
    assert.deepStrictEqual(
      Explain.codes.filter((code) => !covered.has(code)),
      ["SecretBlanksHere", "SignHasBlanks", "OtherKey", "NestedPolicy", "CollisionPolicy", "DigestUpperCase"]
    )
  })

  it("names the field whose number was serialised again", () => {
    const raw = trade(sloppily(tradePairs, {})).replace("20.00", "20")
    const [cause] = explained(raw).causes
    assert.deepStrictEqual(cause?.mistakes[0]?.fields, ["amount"])
  })

  it("finds the secret given here pasted with blanks, and says so though the message is right", () => {
    const raw = trade(sloppily(tradePairs, {}))
    for (const around of [
      `${secret}\n`,
      ` ${secret}`,
      `${secret}\r\n`,
      `\ufeff${secret}`,
      `\t${secret} \n`
    ]) {
      const explanation = explained(raw, {}, [SigningKey.make("signing", around)])
      assert.strictEqual(explanation.verdict, "NoUsableKey")
      assert.deepStrictEqual(first(explanation), ["SecretBlanksHere"])
    }
    const both = explained(trade(sloppily(tradePairs, { input: (text) => `${text}${secret}\v` })), {}, [
      SigningKey.make("signing", `${secret}\v`)
    ])
    assert.deepStrictEqual(first(both), ["SecretBlanksThere"])
  })

  it("tells another key of the ring, policies and an upper-case digest of messages that verify", () => {
    const other = explained(trade(sloppily(tradePairs, { input: (text) => text + old })))
    assert.deepStrictEqual(
      [other.verdict, other.keyId, first(other)],
      ["Verified", "accepted-1", ["OtherKey"]]
    )
    const upper = explained(trade(sloppily(tradePairs, {}).toUpperCase()))
    assert.deepStrictEqual([upper.verdict, first(upper)], ["Verified", ["DigestUpperCase"]])
    assert.isTrue(upper.causes[0]?.mistakes[0]?.accepted)
    const nested = explained(
      `{"sign":"${md5(`item={a=b}&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"item":{"a":"b"}}}`
    )
    assert.deepStrictEqual(
      [nested.verdict, nested.nested, first(nested)],
      ["Verified", "javaToString", ["NestedPolicy"]]
    )
    const collision = explained(
      `{"sign":"${md5(`eventType=TRADE&merchantNo=BU1${secret}`)}","merchantNo":"BU1","eventType":"TRADE","data":{"eventType":"x"}}`
    )
    assert.deepStrictEqual(
      [collision.verdict, collision.collision, first(collision), collision.ambiguity],
      ["Verified", "envelopeWins", ["CollisionPolicy"], ["KeyCollision"]]
    )
  })

  it("says of an ordinary message that nothing is remarkable", () => {
    const explanation = explained(trade(sloppily(tradePairs, {})))
    assert.deepStrictEqual(
      [explanation.verdict, explanation.keyId, explanation.causes, explanation.received],
      ["Verified", "signing", [], explanation.expected[0]?.digest]
    )
    assert.deepStrictEqual(
      explanation.unsigned.map(({ key, why }) => `${key}: ${why}`),
      ["sign: sign", "channel: empty", "remark: empty"]
    )
    assert.include(Explain.format(explanation), "Nothing about it is remarkable.")
  })

  const both: ReadonlyArray<readonly [string, ReadonlyArray<Explain.MistakeCode>, string]> = [
    [
      "a token and a line end",
      ["TokenIncluded", "SecretBlanksThere"],
      request(sloppily([...requestPairs, ["token", "testToken"]], { input: (text) => `${text}${secret}\n` }))
    ],
    [
      "empty values and `&key=`",
      ["EmptyValuesKept", "SecretAsPair"],
      trade(sloppily(tradePairs, { pairs: (all) => all, input: (text) => `${text}&key=${secret}` }))
    ],
    [
      "numbers and the order of keys",
      ["NumbersReformatted", "KeysUnsorted"],
      trade(
        sloppily(tradePairs, {
          pairs: rewrite({ amount: "20", fee: "1000", ledgerId: "12345678901234567000" }),
          sort: () => 0
        })
      )
    ],
    [
      "`data` left out and HMAC",
      ["DataLeftOut", "HmacInsteadOfSuffix"],
      trade(
        createHmac("md5", secret)
          .update(joined(without(tradePairs, dataKeys).sort(ascii)))
          .digest("hex")
      )
    ],
    [
      "one field left out and a blank behind the secret",
      ["SecretBlanksThere", "FieldLeftOut"],
      trade(sloppily(without(tradePairs, ["ledgerId"]), { input: (text) => `${text}${secret} ` }))
    ],
    [
      "a line end behind the old key of the ring",
      ["SecretBlanksThere", "OtherKey"],
      trade(sloppily(tradePairs, { input: (text) => `${text}${old}\n` }))
    ]
  ]
  for (const [what, codes, raw] of both) {
    it(`finds two mistakes at once: ${what}`, () => {
      const explanation = explained(raw)
      assert.deepStrictEqual(first(explanation), codes, Explain.format(explanation))
    })
  }

  it("finds nothing for the digest of another secret, says how far it looked, and stays within its bound", () => {
    const raw = trade(sloppily(tradePairs, { input: (text) => `${text}another secret` }))
    const all = explained(raw)
    assert.deepStrictEqual([all.causes, all.verdict, all.complete], [[], "Mismatch", true])
    assert.isAtMost(all.digestsTried, Explain.defaultMaxDigests)
    assert.include(Explain.format(all), `${all.digestsTried} digests tried`)
    const bounded = explained(raw, { maxDigests: 500 })
    assert.deepStrictEqual([bounded.digestsTried, bounded.complete], [500, false])
    assert.include(Explain.format(bounded), "ended at its bound")
    assert.strictEqual(explained(raw, { maxDigests: 0 }).digestsTried, 0)
  })

  it("ends early for a message of many fields", () => {
    const data = Object.fromEntries(Array.from({ length: 950 }, (_, index) => [`k${index}`, "x".repeat(40)]))
    const made = Either.getOrThrow(Testing.signed({ secret: "another", data }))
    const explanation = explained(made.text)
    assert.deepStrictEqual(explanation.causes, [])
    assert.isFalse(explanation.complete)
  })

  it("answers for messages without a signature, with one that is none, and with blanks around it", () => {
    const none = explained(`{"merchantNo":"BU1","data":{}}`)
    assert.deepStrictEqual([none.verdict, none.received, none.causes], ["SignMissing", undefined, []])
    assert.strictEqual(none.expected[0]?.digest, md5(`merchantNo=BU1${secret}`))
    assert.strictEqual(explained(`{"sign":7,"merchantNo":"BU1"}`).verdict, "SignNotText")
    const pan = explained(`{"sign":"4111111111111111","merchantNo":"BU1"}`)
    assert.deepStrictEqual([pan.verdict, pan.received], ["SignMalformed", undefined])
    const blanks = explained(`{"sign":" ${md5(`merchantNo=BU1${secret}`)}\\n","merchantNo":"BU1"}`)
    assert.deepStrictEqual([blanks.verdict, first(blanks)], ["SignMalformed", ["SignHasBlanks"]])
    const middle = explained(`{"sign":"${md5(`merchantNo=BU1${secret}`).slice(8, 24)}","merchantNo":"BU1"}`)
    assert.deepStrictEqual(soleMistakes(middle), ["OtherHash"])
  })

  it("refuses to explain what cannot be read, with the reader's reason", () => {
    const result = Explain.explain(`{"a":1,"a":2}`, keys)
    assert.isTrue(Either.isLeft(result) && result.left.reason === "DuplicateKey")
  })

  it("is at a loss without a usable key, and says so", () => {
    for (const ring of [[], [SigningKey.make("k", "")], [SigningKey.make("k", " \n")]]) {
      const explanation = explained(trade(sloppily(tradePairs, {})), {}, ring)
      assert.deepStrictEqual(
        [explanation.verdict, explanation.expected, explanation.causes],
        ["NoUsableKey", [], []]
      )
      assert.include(Explain.format(explanation), "There is nothing to search for.")
    }
  })

  it.effect("explains under the ring of the context", () =>
    Effect.gen(function* () {
      const explanation = yield* Explain.fromRing(
        request(sloppily([...requestPairs, ["token", "testToken"]], {}))
      )
      assert.deepStrictEqual(first(explanation), ["TokenIncluded"])
    }).pipe(Effect.provide(KeyRing.layer({ signing: SigningKey.make("signing", secret) })))
  )

  it("gives the texts, digests and policies of the vectors", () => {
    for (const { collision, digest, message, nested, secret: own, text } of vectors) {
      const explanation = explained(message, {}, [SigningKey.make("v", own)])
      assert.strictEqual(explanation.verdict, "Verified")
      assert.deepStrictEqual([explanation.nested, explanation.collision], [nested, collision])
      assert.strictEqual(Redacted.value(explanation.text), text.replaceAll(own, "<secret>"))
      assert.strictEqual(explanation.expected[0]?.digest, digest)
    }
  })

  it.prop(
    "has the canonical text of every message, and never says Verified or finds a cause where the verifier does not",
    [
      dataFields,
      FastCheck.string({ minLength: 1 }).filter(
        (text) => text.trim() === text && !/[\p{Cc}\p{Cf}]/u.test(text)
      )
    ],
    ([data, own]) => {
      const made = Testing.signed({ secret: own, data: { ...data, z: "1" } })
      FastCheck.pre(Either.isRight(made))
      const raw = Either.getOrThrow(made).text
      const ring = [SigningKey.make("own", own)]
      const explanation = explained(raw, {}, ring)
      assert.strictEqual(explanation.verdict === "Verified", Either.isRight(Verifier.verifyWith(ring, raw)))
      const canonical = CanonicalText.make(readOrFail(raw), { collision: "dataWins" })
      assert.strictEqual(
        canonical._tag === "Text" ? canonical.text.replaceAll(own, "<secret>") : undefined,
        Redacted.value(explanation.text)
      )
    }
  )
})

describe("any message that can be read", () => {
  const nested = FastCheck.jsonValue({ maxDepth: 3, depthSize: "small" })
  const sign = FastCheck.oneof(FastCheck.stringMatching(/^[0-9a-fA-F]{32}$/), FastCheck.string())
  const numbers = FastCheck.constantFrom(
    "1e999999999",
    "-0",
    "0.0",
    "1E-400",
    "123456789012345678901234567890",
    "1.50e+02"
  )

  it.prop(
    "is explained, and within the bound",
    [FastCheck.dictionary(FastCheck.string({ maxLength: 5 }), nested, { maxKeys: 6 }), sign, numbers],
    ([data, received, number]) => {
      const raw = JSON.stringify({ sign: received, merchantNo: "BU1", amount: 0, data }).replace(
        '"amount":0',
        `"amount":${number}`
      )
      const result = Explain.explain(raw, keys, { maxDigests: 2000, known: ["merchantNo"] })
      // What cannot be read has a reason of the reader's: a forbidden key, half a surrogate pair.
      FastCheck.pre(Either.isRight(result))
      const explanation = Either.getOrThrow(result)
      assert.isAtMost(explanation.digestsTried, 2000)
      assert.isString(Explain.format(explanation, { showText: true }))
    }
  )
})

describe("what an explanation shows", () => {
  const canary = "CANARYa8f31c77"
  const raw = (sign: string) =>
    `{"sign":"${sign}","merchantNo":"BU1","token":"TOKENCANARY","data":{"pin":"PINCANARY","note":"my ${canary} here","4111111111111111":"x"}}`
  const ring = [SigningKey.make("a", `${canary}\n`), SigningKey.make("b", canary)]

  const prints = (explanation: Explain.Explanation): string =>
    [
      inspect(explanation, { depth: null, showHidden: true, getters: true }),
      JSON.stringify(explanation),
      Explain.format(explanation),
      JSON.stringify(Explain.toJson(explanation))
    ].join("\n")

  for (const [what, sign] of [
    ["nothing that matches", md5("x")],
    ["no digest", canary],
    ["a match", md5(`4111111111111111=x&merchantNo=BU1&note=my ${canary} here&pin=PINCANARY${canary}`)],
    [
      "a mistake",
      md5(`4111111111111111=x&merchantNo=BU1&note=my ${canary} here&pin=PINCANARY&token=TOKENCANARY${canary}`)
    ]
  ] as const) {
    it(`shows neither secret nor value, for ${what}`, () => {
      const explanation = explained(raw(sign), {}, ring)
      for (const hidden of [canary, "TOKENCANARY", "PINCANARY", "4111111111111111"]) {
        assert.notInclude(prints(explanation), hidden)
      }
    })
  }

  it("shows the text when asked, never the secret, whose length it does not tell", () => {
    const explanation = explained(raw(md5("x")), {}, ring)
    const shown = `${Explain.format(explanation, { showText: true })}${JSON.stringify(Explain.toJson(explanation, { showText: true }))}`
    assert.notInclude(shown, canary)
    assert.include(shown, "note=my <secret> here&pin=PINCANARY<secret>")
    const short = explained(`{"sign":"${md5("x")}","merchantNo":"BU1"}`, {}, [SigningKey.make("k", "Zq")])
    assert.include(Explain.format(short, { showText: true }), "merchantNo=BU1<secret>\n")
  })

  it("lets no message write lines of its own into a report", () => {
    const explanation = explained(`{"sign":"${md5("x")}","a":"1\\nexpected  0000","b\\nx":"\\u001b[2J"}`)
    const report = Explain.format(explanation, { showText: true })
    assert.include(report, "a=1\\u{a}expected  0000")
    assert.notInclude(report, "\u001b")
  })
})

describe("Explain.compare", () => {
  it("points at the first difference", () => {
    const comparison = Explain.compare("amount=20.00&version=v1.0", "amount=20&version=v1.0")
    assert.deepStrictEqual(
      [comparison.equal, comparison.position, comparison.keys],
      [false, 9, ["amount", "amount"]]
    )
    assert.strictEqual(
      Explain.formatComparison(comparison, { showText: true }),
      [
        "The texts differ from character 9 on, at amount.",
        "",
        "  left         | right",
        "! amount=20.00 | amount=20",
        "           ^ first difference",
        "  version=v1.0 | version=v1.0",
        ""
      ].join("\n")
    )
  })

  it("keeps equal pairs in one line when one side has more", () => {
    const comparison = Explain.compare("a=1&b=2&c=3", Redacted.make("a=1&c=3&token=t"))
    assert.deepStrictEqual(
      Redacted.value(comparison.rows).map(({ left, right }) => [left, right]),
      [
        ["a=1", "a=1"],
        ["b=2", undefined],
        ["c=3", "c=3"],
        [undefined, "token=t"]
      ]
    )
    assert.deepStrictEqual(comparison.keys, ["b", "c"])
  })

  it("hides values unless asked", () => {
    const comparison = Explain.compare("pin=1234&shop=H&M", "pin=9999&shop=H&M")
    const text = `${inspect(comparison)}${JSON.stringify(comparison)}${Explain.formatComparison(comparison)}`
    assert.notMatch(text, /1234|9999|H&M/)
    assert.include(text, "! pin=…")
  })

  it("says when they are the same, ends included", () => {
    assert.isTrue(Explain.compare("a=1", "a=1").equal)
    assert.include(Explain.formatComparison(Explain.compare("", "")), "the same, 0 pairs")
    const longer = Explain.compare("a=1", "a=1&b=2")
    assert.deepStrictEqual([longer.position, longer.keys], [3, [undefined, "b"]])
  })

  it.prop(
    "every pair of both texts stands in one row, in its order",
    [
      FastCheck.array(FastCheck.constantFrom("a=1", "a=2", "b=1", "c=3", "x")),
      FastCheck.array(FastCheck.constantFrom("a=1", "a=2", "b=1", "c=3", "x"))
    ],
    ([left, right]) => {
      const comparison = Explain.compare(left.join("&"), right.join("&"))
      const rows = Redacted.value(comparison.rows)
      assert.deepStrictEqual(
        rows.flatMap((row) => (row.left === undefined ? [] : [row.left])),
        left
      )
      assert.sameMembers(
        rows.flatMap((row) => (row.right === undefined ? [] : [row.right])),
        right
      )
      assert.strictEqual(comparison.equal, left.join("&") === right.join("&"))
    }
  )
})
