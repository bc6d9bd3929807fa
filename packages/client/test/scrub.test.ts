import { assert, describe, it } from "@effect/vitest"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as Equal from "effect/Equal"
import * as FastCheck from "effect/FastCheck"
import * as Redacted from "effect/Redacted"
import { scrub } from "../src/internal/scrub.js"

const secret = "P1234567XYZ"
const input = { customerId: "AU1", idNumber: Redacted.make(secret), nested: [{ pin: Redacted.make("8417") }] }

describe("what was secret in the input", () => {
  it.each([
    [`id ${secret} is not valid`, "id <redacted> is not valid"],
    [`${secret}${secret}`, "<redacted><redacted>"],
    ["pin 8417 is wrong", "pin <redacted> is wrong"],
    ["id P1234567... is not valid", "id <redacted>... is not valid"],
    ["it ends with 34567XYZ", "it ends with <redacted>"],
    ["P12345 is too short to be told from chance", "P12345 is too short to be told from chance"],
    ["AU1 is no secret", "AU1 is no secret"]
  ])("is taken out of %j", (text, expected) => {
    assert.strictEqual(scrub(text, input), expected)
  })

  it("is found in an instance of a class, and in what holds itself", () => {
    class Person {
      readonly idNumber = Redacted.make(secret)
      readonly self = this
    }
    assert.strictEqual(scrub(`id ${secret}`, new Person()), "id <redacted>")
  })

  it("is looked for beside amounts, whose decimals refer to themselves once they were compared", () => {
    const amount = Amount.unsafeFromText("20.00")
    assert.isTrue(Equal.equals(amount, Amount.unsafeFromText("20")))
    assert.strictEqual(scrub(`id ${secret}`, { amount, ...input }), "id <redacted>")
  })

  it("is taken out even when it is as long as a photo", () => {
    const photo = "/9j/4AAQSkZJRg".padEnd(4_000_000, "QWJjRGVmR2hpSmtsTW5vcFFyc3R1")
    const text = `photo ${photo.slice(2_000_000, 2_000_300)} is not valid`
    assert.strictEqual(scrub(text, { photo: Redacted.make(photo) }), "photo <redacted> is not valid")
  })

  it.prop(
    "leaves no piece of eight characters",
    [
      FastCheck.string({ minLength: 8, maxLength: 60 }),
      FastCheck.string({ maxLength: 60 }),
      FastCheck.nat(),
      FastCheck.nat()
    ],
    ([value, around, from, to]) => {
      const quoted = value.slice(from % value.length, (to % value.length) + 8)
      const scrubbed = scrub(`${around}${quoted}${around}`, Redacted.make(value))
      const original = `${around}${around}<redacted>`
      for (let at = 0; at + 8 <= value.length; at += 1) {
        const piece = value.slice(at, at + 8)
        assert.isTrue(!scrubbed.includes(piece) || original.includes(piece), piece)
      }
    }
  )
})

describe("what reads as a card number", () => {
  it.each([
    ["card 4111111111111111 is blocked", "card <redacted> is blocked"],
    ["card 4111 1111 1111 1111", "card <redacted>"],
    ["card 5500-0000-0000-0004.", "card <redacted>."],
    ["amex 378282246310005", "amex <redacted>"],
    ["19 digits 6304000000000000000", "19 digits <redacted>"],
    ["of no card 4111111111111112", "of no card 4111111111111112"],
    ["order OR411111111111111111", "order OR411111111111111111"],
    ["12 digits 411111111111", "12 digits 411111111111"],
    ["20 digits 41111111111111110000", "20 digits 41111111111111110000"]
  ])("%j becomes %j", (text, expected) => {
    assert.strictEqual(scrub(text), expected)
  })
})

describe("length", () => {
  it("is what a log can hold", () => {
    assert.strictEqual(scrub("a".repeat(1000)).length, 300)
    assert.strictEqual(scrub("short"), "short")
    assert.strictEqual(scrub(""), "")
  })

  it.each([380, 390, 395, 399, 400])(
    "a secret cut at the end of what is looked at (%i) leaves nothing",
    (at) => {
      const long = Redacted.make("SECRET".repeat(40))
      const scrubbed = scrub(`${"SECRET".repeat(20)}${".".repeat(at - 120)}${"SECRET".repeat(40)}`, long)
      assert.notInclude(scrubbed, "SECRE")
      assert.notInclude(scrubbed, "SEC")
    }
  )
})
