import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Digest from "../src/Digest.js"
import * as ResponseSignature from "../src/ResponseSignature.js"
import { key, secret } from "./support.js"

const sign = Digest.make("code=200&customerId=C1", secret)
const signed = `{"code":200,"sign":"${sign}","data":{"customerId":"C1"}}`
const forged = signed.replace("C1", "C2")
const unsigned = '{"code":200,"data":{"customerId":"C1"}}'

const check = (setting: ResponseSignature.ResponseSignature, raw: string | Uint8Array) =>
  Either.match(ResponseSignature.check(setting, [key], raw), {
    onLeft: (error) => (error._tag === "SignatureInvalid" ? error.reason : error._tag),
    onRight: ({ verified }) => (verified === undefined ? "unverified" : verified.keyId)
  })

describe("ResponseSignature", () => {
  const unreadable = '{"code":200,"code":200}'
  it.each([
    ["always", "test", "Mismatch", "SignMissing", "UnreadableMessage"],
    ["whenPresent", "test", "Mismatch", "unverified", "UnreadableMessage"],
    ["never", "unverified", "unverified", "unverified", "UnreadableMessage"]
  ] as const)("%s", (setting, ofSigned, ofForged, ofUnsigned, ofUnreadable) => {
    assert.strictEqual(check(setting, signed), ofSigned)
    assert.strictEqual(check(setting, Buffer.from(signed, "utf8")), ofSigned)
    assert.strictEqual(check(setting, forged), ofForged)
    assert.strictEqual(check(setting, unsigned), ofUnsigned)
    assert.strictEqual(check(setting, unreadable), ofUnreadable)
  })

  it("takes a sign that is null or empty for none, and any other for one", () => {
    for (const none of ["null", '""']) {
      const raw = `{"sign":${none},"data":{}}`
      assert.strictEqual(check("whenPresent", raw), "unverified")
      assert.strictEqual(check("always", raw), "SignMissing")
    }
    assert.strictEqual(check("whenPresent", '{"sign":1,"data":{}}'), "SignNotText")
    assert.strictEqual(check("whenPresent", '{"sign":"x","data":{}}'), "SignMalformed")
  })

  it("gives the message either way, and passes limits on", () => {
    for (const setting of ResponseSignature.responseSignatures) {
      const { message } = Either.getOrThrow(ResponseSignature.check(setting, [key], signed))
      assert.deepStrictEqual(message.value.data, { customerId: "C1" })
      const small = ResponseSignature.check(setting, [key], signed, { limits: { maxBytes: 10 } })
      assert.isTrue(
        Either.isLeft(small) &&
          small.left._tag === "UnreadableMessage" &&
          small.left.reason === "TooLarge" &&
          small.left.position === 10
      )
    }
  })

  it("does not take the token that a login's data holds for misplaced, but takes a version so", () => {
    const message = (data: string, text: string) =>
      ResponseSignature.check("always", [key], `{"sign":"${Digest.make(text, secret)}","data":${data}}`, {
        ambiguity: "refuse"
      })
    assert.isTrue(Either.isRight(message('{"token":"t","expireTime":1}', "expireTime=1")))
    assert.isTrue(Either.isLeft(message('{"version":"v1.0"}', "version=v1.0")))
  })
})
