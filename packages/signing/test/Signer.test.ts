import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as CanonicalText from "../src/CanonicalText.js"
import * as Digest from "../src/Digest.js"
import { forget } from "../src/internal/layouts.js"
import * as KeyRing from "../src/KeyRing.js"
import * as Nonce from "../src/Nonce.js"
import type { JsonObject, JsonValue } from "../src/RawMessage.js"
import * as Signer from "../src/Signer.js"
import type { SigningRefusedReason } from "../src/SigningError.js"
import * as SigningKey from "../src/SigningKey.js"
import { bodyOf, key, readOrFail, secret } from "./support.js"

const specEnvelope = {
  merchantNo: "BU078255558",
  nonce: "TW4P54uVulwRoc2y",
  requestTime: 1770712296681,
  version: "v1.0"
}

/** What untyped code could hand over. */
const untyped = (value: unknown): JsonValue => value as JsonValue

const holdsItself: Record<string, unknown> = {}
holdsItself["self"] = holdsItself

describe("Signer", () => {
  it.effect("signs the vendor's sample (SPEC 1.1)", () =>
    Effect.gen(function* () {
      const signed = yield* Signer.signWith(key, {
        envelope: specEnvelope,
        data: { customerCode: "test0001" },
        token: Redacted.make("testToken")
      })
      assert.strictEqual(signed.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
      assert.strictEqual(signed.nonce, "TW4P54uVulwRoc2y")
      assert.strictEqual(signed.requestTime, 1770712296681)
      assert.deepStrictEqual(JSON.parse(bodyOf(signed)), {
        ...specEnvelope,
        token: "testToken",
        sign: "6bf642b5fc7b10a6eae3b8ab5e7bbea2",
        data: { customerCode: "test0001" }
      })
    })
  )

  it.effect("makes nonce and time on each run anew", () =>
    Effect.gen(function* () {
      const sign = Signer.signWith(key, { envelope: { merchantNo: "BU1" }, data: {} })
      yield* TestClock.setTime(1770712296681)
      const first = yield* sign
      yield* TestClock.adjust("5 millis")
      const second = yield* sign
      assert.strictEqual(first.requestTime, 1770712296681)
      assert.strictEqual(second.requestTime, 1770712296686)
      assert.match(first.nonce, /^[A-Za-z0-9]{16}$/)
      assert.notStrictEqual(first.nonce, second.nonce)
      assert.notStrictEqual(first.sign, second.sign)
      assert.include(bodyOf(first), `"requestTime":1770712296681`)
      assert.include(bodyOf(first), `"nonce":"${first.nonce}"`)
    })
  )

  it("signs at once with a nonce and a time that are given", () => {
    const signed = Either.getOrThrow(
      Signer.signAt(key, { envelope: specEnvelope, data: { customerCode: "test0001" } })
    )
    assert.strictEqual(signed.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
    assert.strictEqual(Signer.textOf(signed), bodyOf(signed))
    assert.strictEqual(Signer.textOf({ ...signed, body: Redacted.make("another") }), "another")
    assert.notInclude(inspect(signed, { depth: null, showHidden: true, getters: true }), "test0001")
    const { nonce: _, ...withoutNonce } = specEnvelope
    const { requestTime: __, ...withoutTime } = specEnvelope
    const refused = [withoutNonce, withoutTime].map((envelope) =>
      Either.match(Signer.signAt(key, { envelope, data: {} }), {
        onLeft: ({ reason }) => reason,
        onRight: () => "signed"
      })
    )
    assert.deepStrictEqual(refused, ["InvalidNonce", "InvalidRequestTime"])
  })

  it("signs a layout it knows as one it meets for the first time", () => {
    const value = FastCheck.oneof(
      FastCheck.string({ unit: "grapheme" }).filter((text) => text === "" || text.trim() !== ""),
      FastCheck.integer(),
      FastCheck.constantFrom("a&b=c", '"', "\\", "客户", null, true, false, 20.5)
    )
    const data = FastCheck.dictionary(FastCheck.stringMatching(/^[A-Za-z_]{1,6}$/), value, { maxKeys: 5 })
    const signOf = (message: JsonObject) =>
      Either.match(Signer.signAt(key, { envelope: specEnvelope, data: message, token: "" }), {
        onLeft: ({ field, reason }) => `${reason} ${field}`,
        onRight: ({ sign }) => sign
      })
    FastCheck.assert(
      FastCheck.property(data, data, (one, other) => {
        // The same keys with other values: what is signed second goes along the layout of the first.
        const keys = Object.keys(one)
        const values = Object.values(other)
        const next = Object.fromEntries(
          keys.map((field, index) => [field, values[index] ?? Object.values(one)[index] ?? null])
        )
        forget()
        signOf(one)
        const known = signOf(next)
        forget()
        assert.strictEqual(known, signOf(next))
      }),
      { seed: 20_261_123, numRuns: 300 }
    )
  })

  it.effect("takes the nonce from its service", () =>
    Effect.gen(function* () {
      const signed = yield* Signer.signWith(key, { envelope: {}, data: {} })
      assert.strictEqual(signed.nonce, "fixed")
    }).pipe(Effect.provide(Nonce.layer({ next: Effect.succeed("fixed") })))
  )

  it.effect("sends a token, an empty token, or none", () =>
    Effect.gen(function* () {
      const input = { envelope: specEnvelope, data: {} }
      const given = yield* Signer.signWith(key, { ...input, token: Redacted.make('t"1') })
      const empty = yield* Signer.signWith(key, { ...input, token: "" })
      const absent = yield* Signer.signWith(key, { ...input, token: undefined })
      const inEnvelope = yield* Signer.signWith(key, { ...input, envelope: { ...specEnvelope, token: "t2" } })
      assert.strictEqual(readOrFail(bodyOf(given)).value.token, 't"1')
      assert.strictEqual(readOrFail(bodyOf(empty)).value.token, "")
      assert.isFalse(Object.hasOwn(readOrFail(bodyOf(absent)).value, "token"))
      assert.strictEqual(readOrFail(bodyOf(inEnvelope)).value.token, "t2")
      assert.strictEqual(new Set([given.sign, empty.sign, absent.sign, inEnvelope.sign]).size, 1)
    })
  )

  it.effect("signs the text that is sent", () =>
    Effect.gen(function* () {
      const signed = yield* Signer.signWith(key, {
        envelope: { merchantNo: "BU1", requestTime: "1770712296681" },
        data: { price: 20.5, count: -3, text: 'é"\\\n张😀H&M=1', no: null, none: "", off: false, zero: 0 }
      })
      const message = readOrFail(Buffer.from(bodyOf(signed), "utf8"))
      const canonical = CanonicalText.make(message)
      assert.isTrue(canonical._tag === "Text" && Digest.make(canonical.text, secret) === signed.sign)
      assert.strictEqual(message.value.sign, signed.sign)
      assert.strictEqual(signed.requestTime, 1770712296681)
      assert.strictEqual(message.value.requestTime, "1770712296681")
      assert.include(bodyOf(signed), `"requestTime":"1770712296681"`)
    })
  )

  it.effect("leaves undefined fields out, as JSON does", () =>
    Effect.gen(function* () {
      const signed = yield* Signer.signWith(key, {
        envelope: specEnvelope,
        data: { a: untyped(undefined), customerCode: "test0001" }
      })
      assert.strictEqual(signed.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
      assert.notInclude(bodyOf(signed), '"a"')
    })
  )

  it.effect("signs nested values and collisions by the policy picked", () =>
    Effect.gen(function* () {
      const envelope = { ...specEnvelope, kind: "A" }
      const data = { kind: "B", list: [1, "x"] }
      const texts = new Map([
        [{ nested: "omit", collision: "dataWins" }, "kind=B&"],
        [{ nested: "compactJson", collision: "envelopeWins" }, 'kind=A&list=[1,"x"]&'],
        [{ nested: "javaToString", collision: "both" }, "kind=A&kind=B&list=[1, x]&"],
        [{ nested: "commaJoin", collision: "dataWins" }, "kind=B&list=1,x&"]
      ] as const)
      const rest = "merchantNo=BU078255558&nonce=TW4P54uVulwRoc2y&requestTime=1770712296681&version=v1.0"
      for (const [policies, text] of texts) {
        const signed = yield* Signer.signWith(key, { envelope, data, ...policies })
        assert.strictEqual(signed.sign, Digest.make(text + rest, secret))
      }
    })
  )

  it.effect("signs no exempt key, whatever it holds", () =>
    Effect.gen(function* () {
      const signed = yield* Signer.signWith(key, {
        envelope: { ...specEnvelope, x: "1" },
        data: { customerCode: "test0001", x: " ", photos: [{}], empty: {} },
        exempt: ["photos", "x", "empty"]
      })
      assert.strictEqual(signed.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
      assert.include(bodyOf(signed), '"photos":[{}]')
    })
  )

  it.effect("signs a large message", () =>
    Effect.gen(function* () {
      const photo = "A".repeat(3_000_000)
      const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`k${index}`, "v"]))
      const signed = yield* Signer.signWith(key, { envelope: {}, data: { photo, ...many } })
      assert.isAbove(bodyOf(signed).length, 3_000_000)
    })
  )

  const refusals: ReadonlyArray<
    readonly [
      name: string,
      reason: SigningRefusedReason,
      field: string,
      data: JsonObject,
      envelope?: JsonObject
    ]
  > = [
    ["an object", "NestedValue", "data.a", { a: { b: 1 } }],
    ["an array in the envelope", "NestedValue", "envelope.a", {}, { a: [1] }],
    ["an empty object", "EmptyNested", "data.a", { a: {} }],
    ["an empty array", "EmptyNested", "data.a", { a: [] }],
    ["a key in both places", "KeyCollision", "data.version", { version: "v1" }, { version: "v1" }],
    ["blanks", "BlankString", "data.a", { a: " \t" }],
    ["blanks in the envelope", "BlankString", "envelope.a", {}, { a: "\u3000" }],
    ["half a pair", "LoneSurrogate", "data.a", { a: "x\ud83d" }],
    ["half a pair in a nested value", "LoneSurrogate", "data.a.b[1]", { a: { b: ["", "\ude00"] } }],
    ["half a pair in a key", "LoneSurrogate", "data.(key of 1 characters)", { "\ud83d": "x" }],
    ["half a pair in the token", "LoneSurrogate", "envelope.token", {}, { token: "\ud83d" }],
    ["NaN", "UnsafeNumber", "data.a", { a: Number.NaN }],
    ["Infinity", "UnsafeNumber", "envelope.a", {}, { a: Number.NEGATIVE_INFINITY }],
    ["NaN in an array", "UnsafeNumber", "data.a[0]", { a: [Number.NaN] }],
    ["an integer that has lost digits", "UnsafeNumber", "data.a", { a: 2 ** 53 }],
    ["a number with an exponent", "UnsafeNumber", "data.a", { a: 1e-7 }],
    ["a Redacted", "NotJson", "data.pin", { pin: untyped(Redacted.make("1234")) }],
    ["a date", "NotJson", "data.a", { a: untyped(new Date(0)) }],
    ["a bigint", "NotJson", "data.a", { a: untyped(1n) }],
    ["a function", "NotJson", "data.a.b", { a: { b: untyped(() => 1) } }],
    ["a symbol", "NotJson", "data.a", { a: untyped(Symbol("a")) }],
    ["a toJSON of its own", "NotJson", "data", { toJSON: untyped(() => ({})) }],
    ["an object that holds itself", "TooDeep", `data.a${".self".repeat(30)}`, { a: untyped(holdsItself) }],
    ["a forbidden key", "ForbiddenKey", "data.constructor", { constructor: "x" }],
    ["a forbidden key inside", "ForbiddenKey", "data.a.prototype", { a: { prototype: 1 } }],
    ["__proto__", "ForbiddenKey", "data.__proto__", { ["__proto__"]: "x" }],
    ["a sign", "ReservedKey", "envelope.sign", {}, { sign: "x" }],
    ["data in the envelope", "ReservedKey", "envelope.data", {}, { data: {} }],
    ["an empty nonce", "InvalidNonce", "envelope.nonce", {}, { nonce: "" }],
    ["a number as nonce", "InvalidNonce", "envelope.nonce", {}, { nonce: 1 }],
    ["a time that is none", "InvalidRequestTime", "envelope.requestTime", {}, { requestTime: "now" }],
    ["a time with a fraction", "InvalidRequestTime", "envelope.requestTime", {}, { requestTime: 1.5 }]
  ]

  it.effect.each(refusals)("refuses %s: %s of %s", ([, reason, field, data, envelope = {}]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Signer.signWith(key, { envelope, data }))
      assert.strictEqual(error._tag, "SigningRefused")
      assert.deepStrictEqual({ reason: error.reason, field: error.field }, { reason, field })
      assert.include(error.message, `the field ${field} `)
    })
  )

  it.effect("refuses a token in both places, and one cut in half", () =>
    Effect.gen(function* () {
      const both = yield* Effect.flip(
        Signer.signWith(key, { envelope: { token: "a" }, data: {}, token: Redacted.make("b") })
      )
      assert.deepStrictEqual([both.reason, both.field], ["ReservedKey", "envelope.token"])
      const half = yield* Effect.flip(
        Signer.signWith(key, { envelope: {}, data: {}, token: Redacted.make("b\ud83d") })
      )
      assert.deepStrictEqual([half.reason, half.field], ["LoneSurrogate", "token"])
    })
  )

  it.effect("refuses an empty nested value under every policy", () =>
    Effect.gen(function* () {
      for (const nested of ["omit", "compactJson"] as const) {
        const error = yield* Effect.flip(Signer.signWith(key, { envelope: {}, data: { a: [] }, nested }))
        assert.strictEqual(error.reason, "EmptyNested")
      }
    })
  )

  it.effect.each(["", " ", "abc\n"])("refuses the secret %j", (unusable) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Signer.signWith(SigningKey.make("pasted", unusable), { envelope: {}, data: {} })
      )
      assert.strictEqual(error.reason, "UnusableSecret")
      assert.include(error.message, "pasted")
    })
  )

  it.effect("as a service, signs with the ring's signing key", () =>
    Effect.gen(function* () {
      const signer = yield* Signer.Signer
      const signed = yield* signer.sign({ envelope: specEnvelope, data: { customerCode: "test0001" } })
      assert.strictEqual(signed.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
      const error = yield* Effect.flip(signer.sign({ envelope: specEnvelope, data: { a: [1] } }))
      assert.strictEqual(error.reason, "NestedValue")
      // @ts-expect-error a request may not be signed the way only a verifier guesses
      const guess: Signer.SignInput = { envelope: {}, data: {}, nested: "javaToString" }
      assert.isDefined(guess)
    }).pipe(
      Effect.provide(
        Layer.provide(
          Signer.layer,
          KeyRing.layer({ signing: key, accepted: [SigningKey.make("old", "another")] })
        )
      )
    )
  )
})
