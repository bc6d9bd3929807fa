/**
 * The whole path from bytes to digest against Python, over new messages each time: `pnpm --filter @effect-yunmo/signing oracle`.
 * Needs Python 3.7 or newer as `python3`, its standard library only.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as CanonicalText from "../../src/CanonicalText.js"
import * as Digest from "../../src/Digest.js"
import * as SigningKey from "../../src/SigningKey.js"
import * as Verifier from "../../src/Verifier.js"
import { readOrFail, vectors } from "../support.js"
import { message, policies, tasksOf } from "./messages.js"
import { ask } from "./python.js"

describe("an implementation in Python", () => {
  it("builds the same text and digest, for thousands of messages under every policy", () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const tasks = tasksOf(seed, 4000)
    const answers = ask(tasks)
    assert.strictEqual(answers.length, tasks.length)
    let refused = 0
    for (const [index, { message, secret }] of tasks.entries()) {
      const about = `seed ${seed}, message ${index}: ${message}`
      const read = readOrFail(message)
      const texts = new Set<string>()
      for (const { collision, nested } of policies) {
        const [theirs, digest] = answers[index]?.[`${nested} ${collision}`] ?? assert.fail(about)
        const ours = CanonicalText.make(read, { nested, collision })
        assert.deepStrictEqual(ours, { _tag: "Text", text: theirs }, about)
        assert.strictEqual(Digest.make(theirs, secret), digest, about)
        texts.add(theirs)
      }
      const [only] = texts
      const strict = CanonicalText.make(read)
      refused += strict._tag === "Refused" ? 1 : 0
      // What is not refused has one text, whatever the policy.
      assert.isTrue(strict._tag === "Refused" || (texts.size === 1 && strict.text === only), about)
    }
    assert.isAbove(refused, 500)
    assert.isBelow(refused, 3500)
  })

  it("signs what the verifier accepts, under each policy", () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    const usable = FastCheck.sample(message, { numRuns: 1000, seed })
      // The sign goes in front; a message that has one already would have two.
      .filter((one) => !one.includes('"sign":') && !/^\{\s*\}$/.test(one))
      .map((one) => ({ message: `{"sign":"${"0".repeat(32)}",${one.slice(1)}`, secret: "1111111111111111" }))
    const answers = ask(usable)
    const keys = [SigningKey.make("python", "1111111111111111")]
    for (const [index, { message }] of usable.entries()) {
      const answer = answers[index] ?? {}
      for (const { collision, nested } of policies) {
        const [, digest] = answer[`${nested} ${collision}`] ?? assert.fail()
        const raw = message.replace("0".repeat(32), digest)
        const verified = Verifier.verifyWith(keys, Buffer.from(raw, "utf8"))
        assert.isTrue(Either.isRight(verified), `seed ${seed}, ${nested} ${collision}: ${raw}`)
      }
    }
  })

  it("agrees on the vectors", () => {
    const answers = ask(vectors)
    for (const [index, { collision, digest, name, nested, text }] of vectors.entries()) {
      const policy = `${nested === "none" ? "omit" : nested} ${collision === "none" ? "both" : collision}`
      assert.deepStrictEqual(answers[index]?.[policy], [text, digest], name)
    }
  })
})
