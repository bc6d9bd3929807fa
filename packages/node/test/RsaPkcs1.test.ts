import {
  constants,
  createCipheriv,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes
} from "node:crypto"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as CardCipher from "@effect-yunmo/client/CardCipher"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as RsaPkcs1 from "../src/RsaPkcs1.js"

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const odd = generateKeyPairSync("rsa", { modulusLength: 2049 })
const pem = (key: KeyObject) => Redacted.make(key.export({ type: "pkcs8", format: "pem" }).toString())
const number = "4242424242424242"

const encrypt = (text: string | Uint8Array, { publicKey } = rsa): Buffer =>
  publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(text))

const answer = (bytes: Buffer) => ({
  encryptData: Redacted.make(bytes.toString("base64")),
  unknownFields: Redacted.make({})
})

const pan = (bytes: Buffer, options: Partial<RsaPkcs1.Options> = {}) =>
  CardCipher.pan(answer(bytes)).pipe(
    Effect.provide(RsaPkcs1.layer({ privateKey: pem(rsa.privateKey), ...options })),
    Effect.map(Redacted.value)
  )

describe("RSA PKCS #1 v1.5", () => {
  it.effect("decrypts what Node's crypto encrypts, with keys of any length", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* pan(encrypt(number)), number)
      assert.strictEqual(yield* pan(encrypt(number, odd), { privateKey: pem(odd.privateKey) }), number)
      const fromConfig = RsaPkcs1.layerConfig({ privateKey: Config.redacted("CARD_KEY") })
      const decrypted = CardCipher.pan(answer(encrypt(number))).pipe(
        Effect.provide(fromConfig),
        Effect.withConfigProvider(
          ConfigProvider.fromMap(new Map([["CARD_KEY", Redacted.value(pem(rsa.privateKey))]]))
        )
      )
      assert.strictEqual(Redacted.value(yield* decrypted), number)
    })
  )

  it.effect("and a key for AES", () =>
    Effect.gen(function* () {
      const key = randomBytes(32)
      const iv = randomBytes(12)
      const cipher = createCipheriv("aes-256-gcm", key, iv)
      const sealed = [encrypt(key), iv, cipher.update(number), cipher.final(), cipher.getAuthTag()]
      assert.strictEqual(yield* pan(Buffer.concat(sealed), { payload: "AES-GCM" }), number)
    })
  )

  it.effect("says of a wrong padding and of a wrong key no more than that no card number came out", () =>
    Effect.gen(function* () {
      const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const wrong = [encrypt(number, stranger), randomBytes(256)]
      wrong[1]?.writeUInt8(0)
      for (const bytes of wrong) {
        const error = yield* Effect.flip(pan(bytes))
        // Random bytes are seldom text, and hardly ever digits.
        assert.include(["CardCipherError", "PlaintextUnexpected"], error._tag)
        assert.notInclude(inspect(error, { depth: null }), number)
      }
    })
  )

  it.effect("refuses keys of another kind", () =>
    Effect.gen(function* () {
      const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
      for (const privateKey of [pem(ec.privateKey), Redacted.make("QUJD"), Redacted.make("?")]) {
        const error = yield* Effect.flip(Effect.scoped(Layer.build(RsaPkcs1.layer({ privateKey }))))
        assert.strictEqual(error._tag, "CardKeyInvalid")
      }
    })
  )

  it("tells where it works, when it does not", () => {
    const { message } = new RsaPkcs1.RsaPkcs1Unavailable({ node: "20.20.2", openssl: "3.0.19" })
    assert.include(message, "Node 20.20.2 with OpenSSL 3.0.19")
    assert.include(message, "Node 24")
  })
})
