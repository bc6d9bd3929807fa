/** JSONTestSuite and inputs of our own through the reader and the verifier. */
import { assert, describe, it } from "@effect/vitest"
import { type File, files, hostile, restored, texts } from "@effect-yunmo/test-support/Corpus"
import * as Either from "effect/Either"
import { read, type UnreadableReason, unreadableReasons } from "../src/RawMessage.js"
import * as Verifier from "../src/Verifier.js"
import { key } from "./support.js"

const starting = (letter: string): ReadonlyArray<File> => files.filter(({ name }) => name.startsWith(letter))

/** What the reader says to it as a message, or as the value of a field of one. */
const verdict = (bytes: Uint8Array): "Read" | UnreadableReason => {
  const result = read(bytes)
  if (result._tag === "Read") {
    return "Read"
  }
  assert.isAtMost(result.position, bytes.length)
  return result.reason
}

const embedded = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from('{"data":{"v":'), bytes, Buffer.from("}}")])

/** Not JSON, which is what the suite asks about; the other reasons are stricter than JSON. */
const isNoJson = (reason: "Read" | UnreadableReason): boolean =>
  reason === "Syntax" || reason === "InvalidUtf8"

const nativeAccepts = (bytes: Uint8Array): boolean => {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}

const tally = (verdicts: ReadonlyArray<string>): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const one of verdicts) {
    counts[one] = (counts[one] ?? 0) + 1
  }
  return counts
}

describe("JSONTestSuite", () => {
  it("is complete, the bytes that are no UTF-8 included", () => {
    assert.deepStrictEqual(tally(files.map(({ name }) => name.slice(0, 2))), { i_: 35, n_: 188, y_: 95 })
    const lenient = new TextDecoder("utf-8", { ignoreBOM: true })
    for (const { name, text } of texts) {
      assert.strictEqual(name in restored, text.includes("\ufffd"), name)
      const file = files.find((one) => one.name === name) ?? assert.fail(name)
      assert.strictEqual(lenient.decode(file.bytes), text, name)
    }
  })

  it.each(starting("y_"))("must accept $name", ({ bytes, name }) => {
    const isDuplicate = name.startsWith("y_object_duplicated_key")
    // JSON may have any value on top and leaves open what a key that stands twice means; a message has neither.
    const expected = isDuplicate ? "DuplicateKey" : "Read"
    const isObject = Buffer.from(bytes).toString("utf8").trim().startsWith("{")
    assert.strictEqual(verdict(bytes), isObject ? expected : "NotAnObject")
    assert.strictEqual(verdict(embedded(bytes)), expected)
  })

  it.each(starting("n_"))("must refuse $name", ({ bytes }) => {
    const reason = verdict(bytes)
    // These are said before the fault is come to.
    assert.isTrue(
      isNoJson(reason) || ["TooLarge", "TooDeep", "LoneSurrogate", "ByteOrderMark"].includes(reason),
      reason
    )
    const inside = verdict(embedded(bytes))
    assert.notStrictEqual(inside, "Read")
    assert.isFalse(isNoJson(inside) && nativeAccepts(embedded(bytes)))
  })

  it("may do either with the rest, and does this", () => {
    const verdicts = Object.fromEntries(
      starting("i_").map(({ bytes, name }) => [name.slice(2, -5), verdict(embedded(bytes))])
    )
    assert.deepStrictEqual(tally(Object.values(verdicts)), {
      Read: 10,
      LoneSurrogate: 10,
      InvalidUtf8: 13,
      Syntax: 1,
      TooDeep: 1
    })
    for (const [name, reason] of Object.entries(verdicts)) {
      if (name.startsWith("number_")) {
        assert.strictEqual(reason, "Read", name)
      }
    }
  })

  it("crashes nothing, and nothing of it verifies", () => {
    for (const { bytes, name } of files) {
      for (const raw of [
        bytes,
        embedded(bytes),
        Buffer.from(bytes).toString("utf8"),
        Buffer.from(bytes).toString("latin1")
      ]) {
        assert.isTrue(Either.isLeft(Verifier.verifyWith([key], raw)), name)
      }
    }
  })
})

describe("hostile inputs of our own", () => {
  it.each(hostile)("$name: $expected", ({ expected, input }) => {
    const result = read(input)
    assert.strictEqual(result._tag === "Read" ? "Read" : result.reason, expected)
    assert.isTrue(Either.isLeft(Verifier.verifyWith([key], input)))
  })

  it("are many, each once, and of every reason", () => {
    assert.isAtLeast(hostile.length, 200)
    assert.strictEqual(
      new Set(
        hostile.map(({ input }) =>
          typeof input === "string" ? `text ${input}` : `bytes ${Buffer.from(input).toString("hex")}`
        )
      ).size,
      hostile.length
    )
    assert.sameMembers([...new Set(hostile.map(({ expected }) => expected))], ["Read", ...unreadableReasons])
  })
})
