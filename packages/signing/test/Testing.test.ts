import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as SigningKey from "../src/SigningKey.js"
import * as Testing from "../src/Testing.js"
import * as Verifier from "../src/Verifier.js"
import { dataFields } from "./support.js"

const secret = "1111111111111111"
const keys = [SigningKey.make("test", secret)]

describe("Testing.signed", () => {
  it("makes the vendor's sample in one line", () => {
    const message = Either.getOrThrow(
      Testing.signed({
        merchantNo: "BU078255558",
        secret,
        token: "testToken",
        nonce: "TW4P54uVulwRoc2y",
        requestTime: 1770712296681,
        data: { customerCode: "test0001" }
      })
    )
    assert.strictEqual(message.sign, "6bf642b5fc7b10a6eae3b8ab5e7bbea2")
    assert.deepStrictEqual(JSON.parse(message.text), {
      sign: message.sign,
      merchantNo: "BU078255558",
      version: "v1.0",
      nonce: "TW4P54uVulwRoc2y",
      requestTime: 1770712296681,
      token: "testToken",
      data: { customerCode: "test0001" }
    })
    assert.deepStrictEqual(new TextDecoder().decode(message.bytes), message.text)
  })

  it("gives the same bytes each time", () => {
    const make = () => Either.getOrThrow(Testing.signed({ secret: Redacted.make(secret), data: { a: 1 } }))
    assert.deepStrictEqual(make(), make())
    assert.deepStrictEqual(
      [make().nonce, make().requestTime],
      [Testing.defaultNonce, Testing.defaultRequestTime]
    )
    assert.strictEqual(Testing.defaultNonce.length, 16)
  })

  it.effect("is an Effect as well, and says why where nothing could carry the message", () =>
    Effect.gen(function* () {
      const message = yield* Testing.signed({ secret, token: "", data: {} })
      assert.include(message.text, `"token":""`)
      const refused = yield* Effect.flip(Testing.signed({ secret: ` ${secret}`, data: {} }))
      assert.strictEqual(refused.reason, "UnusableSecret")
      assert.notInclude(refused.message, secret)
    })
  )

  it.prop("verifies, whatever the fields", [dataFields], ([data]) => {
    const made = Testing.signed({ secret, data })
    assert.isTrue(Either.isRight(made) && Either.isRight(Verifier.verifyWith(keys, made.right.bytes)))
  })
})

describe("Testing.notification", () => {
  it("makes one of each event type, without a token", () => {
    for (const [eventType, eventName] of [
      ["TRADE", "trade"],
      ["KYC", "kyc_status"],
      ["_3DS", "3ds"],
      ["NEW_THING", "new_thing"]
    ] as const) {
      const message = Either.getOrThrow(Testing.notification({ eventType, data: { a: "1" }, secret }))
      const value = JSON.parse(message.text)
      assert.deepStrictEqual(
        [value.eventType, value.eventName, "token" in value],
        [eventType, eventName, false]
      )
      assert.isTrue(Either.isRight(Verifier.verifyWith(keys, message.bytes)))
    }
  })

  it("signs as an odd vendor might", () => {
    const data = { eventType: "x", items: [1, 2] }
    const verified = (options: Partial<Testing.NotificationOptions>) =>
      Either.getOrThrow(
        Verifier.verifyWith(
          keys,
          Either.getOrThrow(Testing.notification({ eventType: "TRADE", data, secret, ...options })).text
        )
      )
    const plain = verified({})
    assert.deepStrictEqual([plain.nested, plain.collision], ["compactJson", "dataWins"])
    const odd = verified({ nested: "commaJoin", collision: "both", envelope: { region: "eu" } })
    assert.deepStrictEqual([odd.nested, odd.collision], ["commaJoin", "both"])
    assert.strictEqual(odd.message.value["region"], "eu")
  })

  it("signs what an independent reading of the rules signs", () => {
    const { nonce, requestTime, sign } = Either.getOrThrow(
      Testing.notification({ eventType: "KYC", data: { customerId: "7", auditRemark: null }, secret })
    )
    const text = `customerId=7&eventName=kyc_status&eventType=KYC&merchantNo=BU000000001&nonce=${nonce}&requestTime=${requestTime}&version=v1.0`
    assert.strictEqual(
      sign,
      createHash("md5")
        .update(text + secret)
        .digest("hex")
    )
  })
})
