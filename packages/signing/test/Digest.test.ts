import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Digest from "../src/Digest.js"
import { vectors } from "./support.js"

describe("Digest", () => {
  it.each(vectors)("vector: $name", ({ digest, secret, text }) => {
    assert.strictEqual(Digest.make(text, secret), digest)
  })

  it.prop(
    "is the streaming MD5 of text and secret as UTF-8",
    [FastCheck.string({ unit: "grapheme" }), FastCheck.string({ unit: "grapheme" })],
    ([text, secret]) => {
      const expected = createHash("md5").update(Buffer.from(text, "utf8")).update(Buffer.from(secret, "utf8"))
      assert.strictEqual(Digest.make(text, secret), expected.digest("hex"))
    }
  )

  it("accepts either letter case, and mixed", () => {
    const digest = Digest.make("a=1", "secret")
    const mixed = [...digest].map((char, index) => (index % 2 === 0 ? char.toUpperCase() : char)).join("")
    assert.isTrue(Digest.matches(digest, digest))
    assert.isTrue(Digest.matches(digest, digest.toUpperCase()))
    assert.isTrue(Digest.matches(digest, mixed))
    assert.isTrue(Digest.matches(digest.toUpperCase(), digest))
  })

  it.prop(
    "refuses a digest with any one character changed",
    [FastCheck.nat(31), FastCheck.nat(14)],
    ([at, step]) => {
      const digest = Digest.make("a=1", "secret")
      const changed = ((Number.parseInt(digest.charAt(at), 16) + 1 + step) % 16).toString(16)
      assert.isFalse(Digest.matches(digest, digest.slice(0, at) + changed + digest.slice(at + 1)))
    }
  )

  it("refuses what has not the form of a digest, without an exception", () => {
    const digest = Digest.make("a=1", "secret")
    for (const other of [
      "",
      digest.slice(1),
      `${digest}0`,
      `${digest}\n`,
      ` ${digest}`,
      "g".repeat(32),
      "é".repeat(16),
      "０".repeat(32)
    ]) {
      assert.isFalse(Digest.isDigest(other))
      assert.isFalse(Digest.matches(digest, other))
      assert.isFalse(Digest.matches(other, other))
    }
  })
})
