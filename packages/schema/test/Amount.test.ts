import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as FastCheck from "effect/FastCheck"
import * as Hash from "effect/Hash"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Amount, AmountFromWire, NonNegativeAmountFromWire, PositiveAmountFromWire } from "../src/Amount.js"
import { decimalText } from "./support.js"

const amount = Amount.unsafeFromText
const decode = Schema.decodeUnknownEither(AmountFromWire)
const encode = Schema.encodeSync(AmountFromWire)

describe("Amount.fromText", () => {
  // The scales of the vendor's transaction sample (VENDOR 6.4), then the edges.
  it.each([
    ["5700.00", 570000n, 2],
    ["96.78", 9678n, 2],
    ["0.00", 0n, 2],
    ["0.0000", 0n, 4],
    ["0", 0n, 0],
    ["-12.30", -1230n, 2],
    ["9".repeat(30), 10n ** 30n - 1n, 0],
    [`0.${"0".repeat(17)}1`, 1n, 18]
  ])("reads %s exactly", (text, value, scale) => {
    const read = amount(text)
    assert.strictEqual(read.text, text)
    assert.deepStrictEqual([read.value.value, read.value.scale], [value, scale])
  })

  it.each([
    "",
    " ",
    "1 ",
    " 1",
    "+1",
    "1.",
    ".5",
    "01",
    "-01.5",
    "00",
    "--1",
    "-",
    "1e3",
    "1E3",
    "0x10",
    "1,000.00",
    "1_000",
    "NaN",
    "Infinity",
    "١٢",
    "1.2.3",
    "1\n",
    "9".repeat(31),
    `0.${"1".repeat(19)}`,
    "1e999999999"
  ])("refuses %j", (text) => {
    assert.deepStrictEqual(Amount.fromText(text), Option.none())
    assert.isTrue(Either.isLeft(decode(text)))
  })

  it.prop("keeps any text and its scale", [decimalText], ([text]) => {
    const read = amount(text)
    assert.strictEqual(read.text, text)
    assert.strictEqual(String(read), text)
    assert.strictEqual(read.value.scale, text.split(".")[1]?.length ?? 0)
    assert.isTrue(BigDecimal.equals(read.value, BigDecimal.unsafeFromString(text)))
  })

  it("is a defect where code writes what is no amount", () => {
    assert.throws(
      () => amount("12,50"),
      RangeError,
      `"12,50" is not an amount: write plain decimals such as "20.00"`
    )
  })
})

describe("Amount.fromDecimal", () => {
  it.each([
    [2000n, 2, "20.00"],
    [5n, 3, "0.005"],
    [-5n, 3, "-0.005"],
    [0n, 4, "0.0000"],
    [-5n, -3, "-5000"],
    [1n, -29, `1${"0".repeat(29)}`],
    [1n, 18, `0.${"0".repeat(17)}1`]
  ])("writes %s at scale %s as %s", (value, scale, text) => {
    assert.strictEqual(Amount.fromDecimal(BigDecimal.make(value, scale)).text, text)
  })

  it.prop(
    "gives a text that reads back as the same amount",
    [
      FastCheck.bigInt({ min: -(10n ** 30n) + 1n, max: 10n ** 30n - 1n }),
      FastCheck.integer({ min: 0, max: 18 })
    ],
    ([value, scale]) => {
      const written = Amount.fromDecimal(BigDecimal.make(value, scale))
      const read = amount(written.text)
      assert.deepStrictEqual([read.value.value, read.value.scale], [value, scale])
    }
  )

  // A billion digits would not even fit into a string, and must not be tried.
  it.each([
    [10n ** 30n, 0],
    [1n, 19],
    [1n, 1_000_000_000],
    [1n, -1_000_000_000],
    [0n, -1_000_000_000],
    [10n ** 5000n, 18]
  ])("is a defect beyond the bounds (%#)", (value, scale) => {
    assert.throws(() => Amount.fromDecimal(BigDecimal.make(value, scale)), RangeError, "is not an amount")
  })
})

describe("equality", () => {
  it("is by value, not by text", () => {
    assert.isTrue(Equal.equals(amount("20.00"), amount("20")))
    assert.isTrue(Equal.equals(amount("0.0000"), amount("0.00")))
    assert.isTrue(Equal.equals(amount("-0.00"), amount("0")))
    assert.isTrue(Equal.equals(amount("5000"), Amount.fromDecimal(BigDecimal.make(5n, -3))))
    assert.isFalse(Equal.equals(amount("20.00"), amount("20.01")))
    assert.isFalse(Equal.equals(amount("20.00"), amount("-20.00")))
    assert.isFalse(Equal.equals<unknown, unknown>(amount("20.00"), "20.00"))
    assert.strictEqual(HashSet.size(HashSet.make(amount("1.50"), amount("1.5"), amount("1.500"))), 1)
  })

  it.prop(
    "agrees with the hash, whatever zeros follow",
    [FastCheck.stringMatching(/^-?[1-9]\d{0,20}\.\d{1,12}$/), FastCheck.integer({ min: 1, max: 6 })],
    ([text, zeros]) => {
      const [one, other] = [amount(text), amount(`${text}${"0".repeat(zeros)}`)]
      assert.isTrue(Equal.equals(one, other))
      assert.strictEqual(Hash.hash(one), Hash.hash(other))
    }
  )
})

describe("AmountFromWire", () => {
  it.prop("round-trips any text unchanged", [decimalText], ([text]) => {
    assert.strictEqual(encode(Either.getOrThrow(decode(text))), text)
  })

  it("reads a JSON number as the vendor's samples have them, and writes text", () => {
    assert.strictEqual(encode(Either.getOrThrow(decode(96.78))), "96.78")
    assert.strictEqual(encode(Either.getOrThrow(decode(5700))), "5700")
  })

  it("passes through no floating-point number", () => {
    const sum = BigDecimal.sum(amount("0.1").value, amount("0.2").value)
    assert.strictEqual(Amount.fromDecimal(sum).text, "0.3")
    assert.strictEqual(encode(Either.getOrThrow(decode("9007199254740993.01"))), "9007199254740993.01")
  })

  it.each([1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, true, null, undefined, {}, ["1"], 10n])(
    "refuses %s, which has no plain text",
    (input) => {
      assert.isTrue(Either.isLeft(decode(input)))
    }
  )

  it("refuses what only looks like an amount when it is written", () => {
    const lookalike = { text: "1.00", value: BigDecimal.make(1n, 0) }
    assert.isTrue(Either.isLeft(Schema.encodeUnknownEither(AmountFromWire)(lookalike)))
    assert.isTrue(Either.isLeft(Schema.encodeUnknownEither(AmountFromWire)("1.00")))
  })

  it("knows signs where they matter", () => {
    const positive = Schema.is(PositiveAmountFromWire)
    assert.deepStrictEqual(
      ["0.01", "0", "-0.00", "-0.01"].map((text) => positive(amount(text))),
      [true, false, false, false]
    )
    const nonNegative = Schema.is(NonNegativeAmountFromWire)
    assert.deepStrictEqual(
      ["0.01", "0", "-0.00", "-0.01"].map((text) => nonNegative(amount(text))),
      [true, true, true, false]
    )
  })
})

describe("shown to people", () => {
  it("is its text, in JSON and in templates", () => {
    assert.strictEqual(JSON.stringify({ amount: amount("20.00") }), `{"amount":"20.00"}`)
    assert.strictEqual(`${amount("20.00")}`, "20.00")
    assert.include(inspect(amount("20.00")), "20.00")
  })
})
