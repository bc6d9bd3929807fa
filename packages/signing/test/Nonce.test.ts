import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { alphabet, alphanumeric } from "../src/internal/alphanumeric.js"
import * as Nonce from "../src/Nonce.js"

describe("Nonce", () => {
  it.effect("is 16 characters of [A-Za-z0-9], another each time", () =>
    Effect.gen(function* () {
      const nonces = yield* Effect.replicateEffect(Nonce.next, 1000)
      for (const nonce of nonces) {
        assert.match(nonce, /^[A-Za-z0-9]{16}$/)
      }
      assert.strictEqual(new Set(nonces).size, 1000)
    })
  )

  it("gives each character the same share of the bytes", () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const counts = new Map<string, number>()
    for (const char of alphanumeric(248, () => everyByte)) {
      counts.set(char, (counts.get(char) ?? 0) + 1)
    }
    assert.strictEqual(counts.size, 62)
    assert.deepStrictEqual([...new Set(counts.values())], [4])
  })

  it("asks for more bytes when too many were of no use", () => {
    const sources = [Uint8Array.of(255, 0, 250), Uint8Array.of(248, 1, 2, 3)]
    assert.strictEqual(
      alphanumeric(3, () => sources.shift() ?? Uint8Array.of()),
      "ABC"
    )
  })

  it.effect("can be replaced", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Nonce.next, "fixed")
    }).pipe(Effect.provide(Nonce.layer({ next: Effect.succeed("fixed") })))
  )

  it.effect("repeats from a seed of Effect's Random", () =>
    Effect.gen(function* () {
      const run = (seed: number) =>
        Effect.replicateEffect(Nonce.next, 3).pipe(Effect.withRandom(Random.make(seed)))
      const [first, again, other] = yield* Effect.all([run(1), run(1), run(2)])
      assert.deepStrictEqual(first, again)
      assert.notDeepEqual(first, other)
      for (const nonce of first) {
        assert.match(nonce, /^[A-Za-z0-9]{16}$/)
        assert.isTrue([...nonce].every((char) => alphabet.includes(char)))
      }
    }).pipe(Effect.provide(Nonce.layerRandom))
  )
})
