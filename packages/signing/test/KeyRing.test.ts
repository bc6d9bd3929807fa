import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as KeyRing from "../src/KeyRing.js"
import * as SigningKey from "../src/SigningKey.js"

const signing = SigningKey.make("new", "secret-new")
const old = SigningKey.make("old", Redacted.make("secret-old"))

const ids = (ring: KeyRing.KeyRingService): ReadonlyArray<string> => ring.accepted.map((key) => key.id)

const problems = [
  ["", "Empty", "is empty"],
  ["  \t", "OnlyBlanks", "consists of blanks only"],
  ["\n", "OnlyBlanks", "consists of blanks only"],
  ["\nabc", "StartsWithLineEnd", "starts with a line end"],
  ["abc\r\n", "EndsWithLineEnd", "ends with a line end"],
  ["abc\n", "EndsWithLineEnd", "ends with a line end"],
  [" abc", "StartsWithBlank", "starts with a blank"],
  ["abc\t", "EndsWithBlank", "ends with a blank"],
  ["abc\u00a0", "EndsWithBlank", "ends with a blank"],
  ["\ufeffabc", "StartsWithInvisible", "starts with an invisible character"],
  ["abc\u200b", "EndsWithInvisible", "ends with an invisible character"],
  ["abc\u0000", "EndsWithInvisible", "ends with an invisible character"]
] as const

describe("KeyRing", () => {
  it("accepts the signing key first, then the others", () => {
    const ring = Either.getOrThrow(KeyRing.make({ signing, accepted: [old] }))
    assert.strictEqual(ring.signing, signing)
    assert.deepStrictEqual(ids(ring), ["new", "old"])
    assert.deepStrictEqual(ids(Either.getOrThrow(KeyRing.make({ signing }))), ["new"])
  })

  it("ignores a secret given twice, under whatever id", () => {
    const twin = SigningKey.make("twin", "secret-new")
    const ring = Either.getOrThrow(KeyRing.make({ signing, accepted: [signing, twin, old, old] }))
    assert.deepStrictEqual(ids(ring), ["new", "old"])
  })

  it.effect("refuses two secrets under one id", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(KeyRing.make({ signing, accepted: [SigningKey.make("new", "other")] }))
      assert.strictEqual(error._tag, "KeyRingInvalid")
      assert.strictEqual(error.reason, "DuplicateId")
      assert.include(error.message, "new")
    })
  )

  it.effect.each(problems)("names the problem of the secret %j", ([secret, reason, words]) =>
    Effect.gen(function* () {
      const error = yield* KeyRing.KeyRing.pipe(
        Effect.provide(KeyRing.layer({ signing, accepted: [SigningKey.make("pasted", secret)] })),
        Effect.flip
      )
      assert.strictEqual(error.reason, reason)
      assert.strictEqual(error.keyId, "pasted")
      assert.include(error.message, `pasted ${words}`)
    })
  )

  it("leaves blanks inside a secret alone", () => {
    assert.isTrue(Either.isRight(KeyRing.make({ signing: SigningKey.make("a", "two words\nand lines") })))
  })

  const load = (settings: Record<string, string>) =>
    KeyRing.KeyRing.pipe(
      Effect.provide(
        KeyRing.layerConfig({
          secretKey: Config.redacted("YUNMO_SECRET_KEY"),
          accepted: Config.withDefault(Config.array(Config.redacted(), "YUNMO_ACCEPTED_SECRET_KEYS"), [])
        })
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(settings))))
    )

  it.effect("loads from config", () =>
    Effect.gen(function* () {
      const ring = yield* load({ YUNMO_SECRET_KEY: "s1", YUNMO_ACCEPTED_SECRET_KEYS: "s2,s3,s1" })
      assert.deepStrictEqual(ids(ring), ["signing", "accepted-1", "accepted-2"])
      assert.deepStrictEqual(
        ring.accepted.map((key) => Redacted.value(key.secret)),
        ["s1", "s2", "s3"]
      )
    })
  )

  it.effect("takes an empty list of accepted secrets for none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(ids(yield* load({ YUNMO_SECRET_KEY: "s1", YUNMO_ACCEPTED_SECRET_KEYS: "" })), [
        "signing"
      ])
      assert.deepStrictEqual(ids(yield* load({ YUNMO_SECRET_KEY: "s1" })), ["signing"])
    })
  )

  it.effect("works with the secret key alone", () =>
    Effect.gen(function* () {
      const ring = yield* KeyRing.KeyRing.pipe(
        Effect.provide(KeyRing.layerConfig({ secretKey: Config.succeed(Redacted.make("s1")) }))
      )
      assert.deepStrictEqual(ids(ring), ["signing"])
    })
  )

  it.effect.each(problems)("names setting and problem of the configured secret %j", ([secret, , words]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(load({ YUNMO_SECRET_KEY: secret }))
      assert.strictEqual(error._op, "InvalidData")
      assert.include(String(error), "YUNMO_SECRET_KEY")
      assert.include(String(error), `the secret key ${words}`)
    })
  )

  it.effect("names every wrong setting at once", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        load({ YUNMO_SECRET_KEY: "s1\n", YUNMO_ACCEPTED_SECRET_KEYS: "s2,,s3" })
      )
      assert.include(String(error), "YUNMO_SECRET_KEY")
      assert.include(String(error), "ends with a line end")
      assert.include(String(error), "YUNMO_ACCEPTED_SECRET_KEYS")
      assert.include(String(error), "accepted secret key 2 is empty")
    })
  )

  it.effect("says which setting is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(load({}))
      assert.strictEqual(error._op, "MissingData")
      assert.include(String(error), "YUNMO_SECRET_KEY")
    })
  )
})
