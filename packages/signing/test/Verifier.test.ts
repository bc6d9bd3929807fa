import { inspect } from "node:util"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Digest from "../src/Digest.js"
import * as KeyRing from "../src/KeyRing.js"
import type { RawMessage } from "../src/RawMessage.js"
import * as Signer from "../src/Signer.js"
import type { SignatureInvalid, UnreadableMessage } from "../src/SigningError.js"
import * as SigningKey from "../src/SigningKey.js"
import * as Verifier from "../src/Verifier.js"
import { bodyOf, dataFields, key, runs, secret, vectors } from "./support.js"

const verify = (raw: string | Uint8Array, options?: Verifier.Options) =>
  Verifier.verifyWith([key], raw, options)

const invalid = (raw: string | Uint8Array, options?: Verifier.Options): SignatureInvalid => {
  const result = verify(raw, options)
  return Either.isLeft(result) && result.left._tag === "SignatureInvalid"
    ? result.left
    : assert.fail("not invalid")
}

const signed = (text: string, rest: string): string => `{"sign":"${Digest.make(text, secret)}",${rest}}`

const spec =
  vectors.find((vector) => vector.provenance.startsWith("SPEC"))?.message ?? assert.fail("no SPEC vector")

describe("Verifier", () => {
  it.each(vectors)("vector: $name", ({ collision, message, nested, secret }) => {
    const keys = [SigningKey.make("other", "no match"), SigningKey.make("theirs", secret)]
    for (const raw of [message, Buffer.from(message, "utf8")]) {
      const verified = Either.getOrThrow(Verifier.verifyWith(keys, raw))
      assert.deepStrictEqual(
        { keyId: verified.keyId, nested: verified.nested, collision: verified.collision },
        { keyId: "theirs", nested, collision }
      )
      assert.strictEqual(verified.message.text, message)
    }
  })

  it.each([
    ["a value", '"test0001"', '"test0002"'],
    ["a blank in a value", '"test0001"', '"test0001 "'],
    ["the case of a value", '"test0001"', '"Test0001"'],
    ["a key", '"customerCode"', '"customercode"'],
    ["a number's text", "1770712296681", "1770712296681.0"],
    ["another time", "1770712296681", "1770712296682"],
    ["a field more", '"version"', '"extra": "1", "version"'],
    ["a field less", '"version": "v1.0",', ""],
    ["an empty value", '"v1.0"', '""'],
    ["a Unicode twin", '"test0001"', '"test000１"']
  ])("refuses the vendor's sample with %s changed", (_, from, to) => {
    const changed = spec.replace(from, to)
    assert.notStrictEqual(changed, spec)
    assert.strictEqual(invalid(changed).reason, "Mismatch")
  })

  it("does not look at the token, blanks between tokens, or the order", () => {
    assert.isTrue(Either.isRight(verify(spec.replace("testToken", "other"))))
    assert.isTrue(Either.isRight(verify(JSON.stringify(JSON.parse(spec)))))
    assert.isTrue(
      Either.isRight(verify(JSON.stringify({ data: JSON.parse(spec).data, ...JSON.parse(spec) })))
    )
  })

  it.each([
    ["none", '{"data":{}}', "SignMissing"],
    ["null", '{"sign":null,"data":{}}', "SignMissing"],
    ["an empty one", '{"sign":"","data":{}}', "SignMissing"],
    ["one in data only", '{"data":{"sign":"6bf642b5fc7b10a6eae3b8ab5e7bbea2"}}', "SignMissing"],
    ["a number", '{"sign":1,"data":{}}', "SignNotText"],
    ["an array", '{"sign":["6bf642b5fc7b10a6eae3b8ab5e7bbea2"],"data":{}}', "SignNotText"],
    ["an object", '{"sign":{},"data":{}}', "SignNotText"],
    ["true", '{"sign":true,"data":{}}', "SignNotText"],
    ["too short", '{"sign":"6bf642b5fc7b10a6eae3b8ab5e7bbea","data":{}}', "SignMalformed"],
    ["other letters", `{"sign":"${"z".repeat(32)}","data":{}}`, "SignMalformed"]
  ])("refuses a sign of %s", (_, message, reason) => {
    assert.strictEqual(invalid(message).reason, reason)
  })

  it("passes the reader's reason, position and detail on", () => {
    const result = verify('{"a":1,"a":2}')
    const error =
      Either.isLeft(result) && result.left._tag === "UnreadableMessage" ? result.left : assert.fail()
    assert.deepStrictEqual(
      { reason: error.reason, position: error.position },
      { reason: "DuplicateKey", position: 7 }
    )
    assert.include(error.message, "DuplicateKey at position 7")
  })

  it("takes limits", () => {
    const large = signed(`a=${"x".repeat(70_000)}`, `"data":{"a":"${"x".repeat(70_000)}"}`)
    assert.isTrue(Either.isLeft(verify(large)))
    assert.isTrue(Either.isRight(verify(large, { limits: { maxBytes: 100_000 } })))
  })

  it("takes exempt keys", () => {
    const message = signed("b=1", '"data":{"a":"anything","b":"1"}')
    assert.strictEqual(invalid(message).reason, "Mismatch")
    assert.isTrue(Either.isRight(verify(message, { exempt: ["a"] })))
  })

  it("tries only the policies it was given", () => {
    const nested = signed('a={"x":1}', '"data":{"a":{"x":1}}')
    assert.strictEqual(Either.getOrThrow(verify(nested)).nested, "compactJson")
    assert.isTrue(Either.isRight(verify(nested, { nested: ["compactJson"] })))
    assert.strictEqual(invalid(nested, { nested: ["omit", "javaToString"] }).textsTried, 2)
    assert.strictEqual(invalid(nested, { nested: [] }).textsTried, 0)
    const collision = signed("a=2", '"a":"1","data":{"a":"2"}')
    assert.strictEqual(Either.getOrThrow(verify(collision)).collision, "dataWins")
    assert.strictEqual(invalid(collision, { collision: ["envelopeWins", "both"] }).textsTried, 2)
    assert.strictEqual(invalid(collision, { collision: [] }).textsTried, 0)
  })

  it("reports the first policy in the documented order when several give one text", () => {
    const message = signed("a=[1]", '"data":{"a":[1]}')
    assert.strictEqual(Either.getOrThrow(verify(message)).nested, "compactJson")
    assert.strictEqual(
      Either.getOrThrow(verify(message, { nested: ["javaToString", "compactJson"] })).nested,
      "javaToString"
    )
    const same = signed("a=1", '"a":"1","data":{"a":"1"}')
    assert.strictEqual(Either.getOrThrow(verify(same)).collision, "dataWins")
  })

  it("counts the texts it tried, each once", () => {
    const nothing = "0".repeat(32)
    assert.strictEqual(invalid(`{"sign":"${nothing}","data":{"a":"1"}}`).textsTried, 1)
    assert.strictEqual(invalid(`{"sign":"${nothing}","data":{"a":["x", "y"]}}`).textsTried, 4)
    assert.strictEqual(invalid(`{"sign":"${nothing}","data":{"a":[1]}}`).textsTried, 3)
    assert.strictEqual(
      invalid(`{"sign":"${nothing}","b":"1","data":{"a":["x", "y"],"b":"2"}}`).textsTried,
      12
    )
  })

  it("names the keys tried and the usual mistakes, and neither secret nor digest", () => {
    const expected = Digest.make("a=1", secret)
    const error = invalid(`{"sign":"${"0".repeat(32)}","data":{"a":"1"}}`)
    assert.deepStrictEqual(error.keyIds, ["test"])
    for (const word of [
      "serialised again",
      "blank or line end in the secret",
      "another environment",
      "test"
    ]) {
      assert.include(error.message, word)
    }
    const shown = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error) + error.message
    assert.notInclude(shown, expected)
    assert.notInclude(shown, secret)
  })

  it("never matches with an empty secret, or without keys", () => {
    const forged = `{"sign":"${Digest.make("a=1", "")}","data":{"a":"1"}}`
    for (const keys of [[], [SigningKey.make("empty", "")]]) {
      const result = Verifier.verifyWith(keys, forged)
      assert.isTrue(
        Either.isLeft(result) &&
          result.left._tag === "SignatureInvalid" &&
          result.left.reason === "NoUsableKey"
      )
    }
    const mixed = Verifier.verifyWith([SigningKey.make("empty", ""), key], forged)
    assert.isTrue(
      Either.isLeft(mixed) && mixed.left._tag === "SignatureInvalid" && mixed.left.reason === "Mismatch"
    )
  })

  it("is the only source of a verified message", () => {
    const verified = Either.getOrThrow(verify(spec))
    assert.isTrue(Verifier.isVerifiedMessage(verified))
    const lookalike = { message: verified.message, keyId: "x", nested: "none", collision: "none" } as const
    assert.isFalse(Verifier.isVerifiedMessage(lookalike))
    assert.isFalse(Verifier.isVerifiedMessage(Object.create(Verifier.VerifiedMessage.prototype)))
    assert.isFalse(Verifier.isVerifiedMessage(null))
    // @ts-expect-error an object of the same shape is none
    const assigned: Verifier.VerifiedMessage = lookalike
    assert.isDefined(assigned)
    // @ts-expect-error nobody else can construct one
    const construct = () => new Verifier.VerifiedMessage(lookalike)
    assert.isFunction(construct)
    expectTypeOf(verified.message).toEqualTypeOf<RawMessage>()
  })

  it("prints how, not what", () => {
    const verified = Either.getOrThrow(verify(spec))
    for (const shown of [
      String(verified),
      JSON.stringify({ verified }),
      inspect({ verified }, { showHidden: true })
    ]) {
      assert.notInclude(shown, "test0001")
      assert.include(shown, "VerifiedMessage")
    }
  })

  it.effect.prop(
    "verifies what the signer signs, through any layout of the JSON",
    [dataFields, FastCheck.constantFrom(0, 2)],
    ([data, indent]) =>
      Effect.gen(function* () {
        const message = yield* Signer.signWith(key, {
          envelope: { merchantNo: "BU1", version: "v1.0" },
          data
        })
        const verified = yield* Verifier.verifyWith([key], Buffer.from(bodyOf(message), "utf8"))
        assert.deepStrictEqual(verified.message.value.data, JSON.parse(JSON.stringify(data)))
        yield* Verifier.verifyWith([key], JSON.stringify(JSON.parse(bodyOf(message)), null, indent))
        const other = Verifier.verifyWith([SigningKey.make("other", "2222")], bodyOf(message))
        assert.isTrue(Either.isLeft(other))
      })
  )

  it.effect.prop(
    "verifies under each policy what is signed under it",
    [
      FastCheck.array(FastCheck.oneof(FastCheck.integer(), FastCheck.string({ unit: "grapheme" })), {
        minLength: 1
      }),
      FastCheck.constantFrom(...(["omit", "compactJson", "javaToString", "commaJoin"] as const)),
      FastCheck.constantFrom(...(["dataWins", "envelopeWins", "both"] as const))
    ],
    ([list, nested, collision]) =>
      Effect.gen(function* () {
        const message = yield* Signer.signWith(key, {
          envelope: { kind: "A" },
          data: { kind: "B", list },
          nested,
          collision
        })
        const verified = yield* Verifier.verifyWith([key], bodyOf(message), { nested: [nested] })
        assert.strictEqual(verified.nested, nested)
        assert.strictEqual(verified.collision, collision)
      })
  )

  it.prop(
    "any bit of a signed field changed is refused or unreadable",
    [FastCheck.nat(10_000), FastCheck.nat(7)],
    ([at, bit]) => {
      const compact = '{"merchantNo":"BU1","data":{"amount":"20.00","note":"x","on":true,"n":12.50}}'
      const text = "amount=20.00&merchantNo=BU1&n=12.50&note=x&on=true"
      const bytes = Buffer.from(signed(text, compact.slice(1, -1)), "utf8")
      const index = at % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
      const result = Verifier.verifyWith([key], bytes)
      // The case of the digest's own letters is all that may change.
      if (Either.isRight(result)) {
        assert.isTrue(bit === 5 && index >= 9 && index < 41, `byte ${index}, bit ${bit}`)
      }
    },
    { fastCheck: { numRuns: runs(2000) } }
  )

  it.effect("as a service, accepts every key of the ring and says which", () =>
    Effect.gen(function* () {
      const verifier = yield* Verifier.Verifier
      assert.strictEqual((yield* verifier.verify(spec)).keyId, "old")
      const error = yield* Effect.flip(verifier.verify(spec.replace("test0001", "test0002")))
      expectTypeOf(error).toEqualTypeOf<UnreadableMessage | SignatureInvalid>()
      assert.isTrue(error._tag === "SignatureInvalid" && error.keyIds.join() === "new,old")
      const caught = yield* verifier
        .verify("no JSON")
        .pipe(Effect.catchTag("UnreadableMessage", (unreadable) => Effect.succeed(unreadable.reason)))
      assert.strictEqual(caught, "Syntax")
    }).pipe(
      Effect.provide(
        Layer.provide(
          Verifier.layer,
          KeyRing.layer({ signing: SigningKey.make("new", "2222"), accepted: [{ ...key, id: "old" }] })
        )
      )
    )
  )

  it.effect("as a service, takes options", () =>
    Effect.gen(function* () {
      const verifier = yield* Verifier.Verifier
      const error = yield* Effect.flip(verifier.verify(spec))
      assert.isTrue(error._tag === "UnreadableMessage" && error.reason === "TooLarge")
    }).pipe(
      Effect.provide(
        Layer.provide(Verifier.layerOptions({ limits: { maxBytes: 100 } }), KeyRing.layer({ signing: key }))
      )
    )
  )

  it("sees a ring that changes while it runs", () => {
    const ring = { signing: SigningKey.make("new", "2222"), accepted: [SigningKey.make("new", "2222")] }
    const verifier = Verifier.make(ring)
    assert.isTrue(Either.isLeft(Effect.runSync(Effect.either(verifier.verify(spec)))))
    ring.accepted.push(key)
    assert.isTrue(Either.isRight(Effect.runSync(Effect.either(verifier.verify(spec)))))
  })
})
