import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Fields } from "../src/Dto.js"
import { ResponseEnvelope, requestFields, responseFields } from "../src/Envelope.js"
import * as Wire from "../src/Wire.js"
import { prints } from "./support.js"

describe("Wire.Text", () => {
  const decode = Schema.decodeUnknownEither(Wire.Text)

  it("reads strings as they are and numbers as their text", () => {
    assert.deepStrictEqual(
      ["", " a ", "20.00", 0, -1.5, 200].map((input) => Either.getOrThrow(decode(input))),
      ["", " a ", "20.00", "0", "-1.5", "200"]
    )
    assert.strictEqual(Schema.encodeSync(Wire.Text)("200"), "200")
  })

  it.each([null, undefined, true, {}, [], Number.NaN, Number.NEGATIVE_INFINITY, 1n])(
    "refuses %s",
    (input) => {
      assert.isTrue(Either.isLeft(decode(input)))
    }
  )
})

describe("Wire.NonBlankText", () => {
  it("wants something, without blanks around it", () => {
    const is = Schema.is(Wire.NonBlankText)
    assert.deepStrictEqual(
      ["a", "a b", "", " ", "a ", "\ta"].map((text) => is(text)),
      [true, true, false, false, false, false]
    )
  })
})

describe("Wire.Flag", () => {
  const decode = Schema.decodeUnknownEither(Wire.Flag)

  it("reads booleans and their text, and writes booleans", () => {
    assert.deepStrictEqual(
      [true, false, "true", "false"].map((input) => Either.getOrThrow(decode(input))),
      [true, false, true, false]
    )
    assert.strictEqual(Schema.encodeSync(Wire.Flag)(false), false)
  })

  it.each(["TRUE", "1", 1, 0, "", null])("does not guess at %j", (input) => {
    assert.isTrue(Either.isLeft(decode(input)))
  })
})

describe("Wire.EpochMillis", () => {
  const decode = Schema.decodeUnknownEither(Wire.EpochMillis)

  it("reads numbers, digits, and a large number's other spelling; writes a number", () => {
    assert.deepStrictEqual(
      [1770712296681, "1770712296681", "1.770712296681E12", "1770712296681.0", 0].map((input) =>
        Either.getOrThrow(decode(input))
      ),
      [1770712296681, 1770712296681, 1770712296681, 1770712296681, 0]
    )
    assert.strictEqual(Schema.encodeSync(Wire.EpochMillis)(1770712296681), 1770712296681)
  })

  it.each([
    "",
    " ",
    "0x10",
    " 12",
    "12abc",
    "Infinity",
    "NaN",
    "-1",
    "1e99",
    "1.5",
    -1,
    1.5,
    2 ** 53,
    null,
    true
  ])("refuses %j", (input) => {
    assert.isTrue(Either.isLeft(decode(input)))
  })
})

describe("Wire.Secret", () => {
  it("shows nothing", () => {
    const secret = Schema.decodeUnknownSync(Wire.Secret)("4111111111111111")
    assert.strictEqual(Redacted.value(secret), "4111111111111111")
    assert.notInclude(prints({ secret }), "4111")
    assert.strictEqual(Schema.encodeSync(Wire.Secret)(secret), "4111111111111111")
  })

  it("reads a number as its text", () => {
    assert.strictEqual(Redacted.value(Schema.decodeUnknownSync(Wire.Secret)(1234)), "1234")
  })

  it("is never blank where it has to say something", () => {
    const blank = Schema.encodeUnknownEither(Wire.NonBlankSecret)
    assert.isTrue(Either.isRight(blank(Redacted.make(" a "))))
    for (const text of ["", " ", "\n"]) {
      assert.isTrue(Either.isLeft(blank(Redacted.make(text))))
    }
  })
})

describe("Wire.IntegerText", () => {
  const decode = Schema.decodeUnknownEither(Wire.IntegerText)
  const encode = Schema.encodeSync(Wire.IntegerText)

  it("reads a number as its text, and writes an integer as the number of the vendor's samples", () => {
    assert.deepStrictEqual(
      [2, "2", -1, "0", "PASSED", ""].map((input) => Either.getOrThrow(decode(input))),
      ["2", "2", "-1", "0", "PASSED", ""]
    )
    assert.deepStrictEqual(
      ["2", "-1", "0", "PASSED", "", "02", "-0", "1.0", "1e3", "9".repeat(15), "9".repeat(16)].map((text) =>
        encode(text)
      ),
      [2, -1, 0, "PASSED", "", "02", "-0", "1.0", "1e3", 999_999_999_999_999, "9".repeat(16)]
    )
  })

  it.each([null, undefined, true, {}, [], Number.NaN])("refuses %s", (input) => {
    assert.isTrue(Either.isLeft(decode(input)))
  })
})

describe("the fields of request and response", () => {
  it("are those of page 1.1, with a sign of an answer that nobody has seen", () => {
    const sources = (fields: Fields) =>
      Object.entries(fields).map(([name, { provenance }]) => `${name} ${provenance}`)
    assert.deepStrictEqual(sources(requestFields), [
      "merchantNo SPEC",
      "token SPEC",
      "requestTime SPEC",
      "version SPEC",
      "nonce SPEC",
      "sign SPEC",
      "data SPEC"
    ])
    assert.deepStrictEqual(sources(responseFields), [
      "code SPEC",
      "msg SPEC",
      "timestamp SPEC",
      "data SPEC",
      "sign PROPOSED"
    ])
  })
})

describe("ResponseEnvelope", () => {
  const decode = Schema.decodeUnknownEither(ResponseEnvelope)

  it("reads code, message, time and data, and keeps other fields, which do not show", () => {
    const { unknownFields, ...known } = Either.getOrThrow(
      decode({ code: "200", msg: "ok", timestamp: "1770712296681", data: { a: 1 }, sign: "5", traceId: "x" })
    )
    assert.deepStrictEqual(known, {
      code: "200",
      msg: "ok",
      timestamp: 1770712296681,
      data: { a: 1 },
      sign: "5"
    })
    assert.deepStrictEqual(Redacted.value(unknownFields), { traceId: "x" })
    assert.strictEqual(String(unknownFields), "<redacted>")
  })

  it("needs no more than a code", () => {
    for (const message of [{ code: -1 }, { code: "-1", msg: null, timestamp: null, data: null }]) {
      const { unknownFields, ...known } = Either.getOrThrow(decode(message))
      assert.deepStrictEqual(known, { code: "-1" })
      assert.deepStrictEqual(Redacted.value(unknownFields), {})
    }
  })

  it.each([{}, { code: null }, { code: true }, [], null, "200"])("refuses %j", (input) => {
    assert.isTrue(Either.isLeft(decode(input)))
  })
})
