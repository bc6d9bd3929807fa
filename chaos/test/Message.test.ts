import { assert, describe, it } from "@effect/vitest"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Message from "../src/Message.js"

const verifier = Verifier.layer.pipe(
  Layer.provide(KeyRing.layer({ signing: SigningKey.make("signing", Message.secret) }))
)
const numbers = Array.from({ length: 1_000 }, (_, index) => index)

describe("messages", () => {
  it.effect("are signed, all different, and of every sort", () =>
    Effect.gen(function* () {
      const { verify } = yield* Verifier.Verifier
      const messages = numbers.map((index) => Message.of(5, index))
      yield* Effect.forEach(messages, ({ body }) => verify(body))
      assert.strictEqual(new Set(messages.map(({ body }) => Message.digestOf(body))).size, messages.length)
      assert.sameMembers(
        [...new Set(messages.map(({ kind, state }) => `${kind} ${state}`))],
        ["trade pending", "kyc pending", "threeDs pending", "unknown set_aside", "trade set_aside"]
      )
      // Bytes that nobody would write again in the same way.
      assert.isTrue(messages.some(({ body }) => body.includes("\n")))
    }).pipe(Effect.provide(verifier))
  )

  it("are the same to the byte for the same seed, and others for another", () => {
    for (const index of numbers.slice(0, 50)) {
      assert.deepStrictEqual(Message.of(5, index), Message.of(5, index))
      assert.notDeepEqual(Message.of(5, index).body, Message.of(6, index).body)
    }
  })
})
