import { constants, createCipheriv, generateKeyPairSync, publicEncrypt, randomBytes } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CardCipher from "../src/CardCipher.js"
import * as Yunmo from "../src/Yunmo.js"
import { hasFields } from "./support/expect.js"
import { virtualCard, withSandbox } from "./support/sandbox.js"
import { logged, prints, traced } from "./support/shows.js"

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const other = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
const der = rsa.privateKey.export({ type: "pkcs8", format: "der" }).toString("base64")
const publicKeyOf = ({ publicKey }: typeof rsa) =>
  publicKey.export({ type: "spki", format: "der" }).toString("base64")

const number = "4242424242424242"

type Hash = "sha256" | "sha1"
const oaep = (text: string | Uint8Array, hash: Hash = "sha256", { publicKey } = rsa): Buffer =>
  publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
    Buffer.from(text)
  )

const hybrid = (name: "AES-GCM" | "AES-CBC", keyBytes: 16 | 24 | 32, text: string): Buffer => {
  const key = randomBytes(keyBytes)
  const parts = (() => {
    if (name === "AES-CBC") {
      const iv = randomBytes(16)
      const cipher = createCipheriv(`aes-${keyBytes * 8}-cbc`, key, iv)
      return [iv, cipher.update(text, "utf8"), cipher.final()]
    }
    const iv = randomBytes(12)
    const cipher = createCipheriv(keyBytes === 16 ? "aes-128-gcm" : "aes-256-gcm", key, iv)
    return [iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]
  })()
  return Buffer.concat([oaep(key), ...parts])
}

const answer = (
  bytes: Buffer | string,
  {
    encoding = "base64",
    publicKey
  }: { readonly encoding?: "base64" | "hex"; readonly publicKey?: string } = {}
) => ({
  encryptData: Redacted.make(typeof bytes === "string" ? bytes : bytes.toString(encoding)),
  ...(publicKey === undefined ? {} : { publicKey }),
  unknownFields: Redacted.make({})
})

const layer = (options: Partial<CardCipher.Options> = {}) =>
  CardCipher.layer({ privateKey: Redacted.make(pem), ...options })

const plain = <E>(
  effect: Effect.Effect<Redacted.Redacted<string>, E, CardCipher.CardCipher>,
  options?: Partial<CardCipher.Options>
) => Effect.map(Effect.provide(effect, layer(options)), Redacted.value)

const decrypt = (encrypted: ReturnType<typeof answer>) =>
  Effect.flatMap(CardCipher.CardCipher, (cipher) => cipher.decrypt(encrypted))

describe("decrypts", () => {
  it.effect.each<{
    readonly name: string
    readonly bytes: Buffer
    readonly options: Partial<CardCipher.Options>
  }>([
    { name: "RSA-OAEP with SHA-256", bytes: oaep(number), options: {} },
    { name: "RSA-OAEP with SHA-1", bytes: oaep(number, "sha1"), options: { hash: "SHA-1" } },
    { name: "AES-128-GCM", bytes: hybrid("AES-GCM", 16, number), options: { payload: "AES-GCM" } },
    { name: "AES-256-GCM", bytes: hybrid("AES-GCM", 32, number), options: { payload: "AES-GCM" } },
    { name: "AES-128-CBC", bytes: hybrid("AES-CBC", 16, number), options: { payload: "AES-CBC" } },
    { name: "AES-192-CBC", bytes: hybrid("AES-CBC", 24, number), options: { payload: "AES-CBC" } },
    { name: "AES-256-CBC", bytes: hybrid("AES-CBC", 32, number), options: { payload: "AES-CBC" } }
  ])("$name, as Node's crypto encrypts it", ({ bytes, options }) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* plain(CardCipher.pan(answer(bytes)), options), number)
      const hex = { ...options, encoding: "hex" as const }
      assert.strictEqual(yield* plain(CardCipher.pan(answer(bytes, { encoding: "hex" })), hex), number)
    })
  )

  it.effect("base64 with line ends, in the URL alphabet, without padding", () =>
    Effect.gen(function* () {
      const bytes = oaep(number)
      const lines = bytes.toString("base64").replaceAll(/.{76}/g, "$&\r\n")
      for (const text of [`${lines}\n`, bytes.toString("base64url"), `${bytes.toString("base64url")}==`]) {
        assert.strictEqual(yield* plain(CardCipher.pan(answer(text))), number)
      }
    })
  )

  it.effect("whatever text it is, when nothing is expected of it", () =>
    Effect.gen(function* () {
      const json = JSON.stringify({ pan: number, name: "Ada 王" })
      assert.strictEqual(yield* plain(decrypt(answer(oaep(json)))), json)
      assert.strictEqual(yield* plain(decrypt(answer(oaep("")))), "")
    })
  )

  it.effect("with the key as PEM, in one line, or as base64 alone, from config too", () =>
    Effect.gen(function* () {
      const escaped = pem.trim().replaceAll("\n", "\\n")
      for (const key of [pem, escaped, der, `  ${pem}\n`, der.replaceAll(/.{64}/g, "$&\n")]) {
        const config = CardCipher.layerConfig({
          privateKey: Config.redacted("CARD_KEY"),
          hash: Config.succeed("SHA-1")
        })
        const decrypted = CardCipher.pan(answer(oaep(number, "sha1"))).pipe(
          Effect.provide(config),
          Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["CARD_KEY", key]])))
        )
        assert.strictEqual(Redacted.value(yield* decrypted), number)
      }
    })
  )
})

describe("refuses", () => {
  const refused = (bytes: Buffer | string, options: Partial<CardCipher.Options> = {}, publicKey?: string) =>
    Effect.flip(
      Effect.provide(decrypt(answer(bytes, publicKey === undefined ? {} : { publicKey })), layer(options))
    )

  it.effect("what is no base64, has another length, or was encrypted otherwise", () =>
    Effect.gen(function* () {
      hasFields(yield* refused("*!"), { _tag: "CardCipherError", reason: "Encoding" })
      hasFields(yield* refused("zz", { encoding: "hex" }), { reason: "Encoding" })
      hasFields(yield* refused(""), { reason: "Length" })
      hasFields(yield* refused(oaep(number).subarray(1)), { reason: "Length" })
      hasFields(yield* refused(hybrid("AES-GCM", 32, "")), { reason: "Length" })
      hasFields(yield* refused(hybrid("AES-GCM", 32, "").subarray(0, -1), { payload: "AES-GCM" }), {
        reason: "Length"
      })
      hasFields(yield* refused(oaep(number, "sha1")), { reason: "Decryption" })
      hasFields(yield* refused(oaep(number, "sha256", other)), { reason: "Decryption" })
      hasFields(yield* refused(oaep(Buffer.from([0xff, 0xfe]))), { reason: "Decryption" })
      hasFields(yield* refused(hybrid("AES-CBC", 32, number), { payload: "AES-GCM" }), {
        cipher: "RSA-OAEP with SHA-256 and AES-GCM",
        reason: "Decryption"
      })
      const wrongSize = Buffer.concat([oaep(randomBytes(20)), randomBytes(60)])
      hasFields(yield* refused(wrongSize, { payload: "AES-GCM" }), { reason: "Decryption" })
    })
  )

  it.effect("what was changed on the way, under GCM", () =>
    Effect.gen(function* () {
      const bytes = hybrid("AES-GCM", 32, number)
      for (const at of [0, 255, 256, 267, 268, bytes.length - 1]) {
        const changed = Buffer.from(bytes)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        hasFields(yield* refused(changed, { payload: "AES-GCM" }), { reason: "Decryption" })
      }
    })
  )

  it.effect("and says what the answer's public key tells about it", () =>
    Effect.gen(function* () {
      const bytes = oaep(number, "sha256", other)
      const own = yield* refused(bytes, {}, publicKeyOf(rsa))
      assert.include(own.message, "so the padding or the payload is another")
      const foreign = yield* refused(bytes, {}, publicKeyOf(other))
      assert.include(foreign.message, "names another public key")
      const armoured = rsa.publicKey.export({ type: "spki", format: "pem" }).toString()
      hasFields(yield* refused(bytes, {}, armoured), { publicKey: "same" })
      for (const nothing of [undefined, "", "key-1", Buffer.from("no key").toString("base64")]) {
        hasFields(yield* refused(bytes, {}, nothing), { publicKey: "unknown" })
      }
    })
  )

  it.effect("keys that it cannot use, and says what to do", () =>
    Effect.gen(function* () {
      const ec = generateKeyPairSync("ec", { namedCurve: "P-256" })
      const keys: ReadonlyArray<readonly [key: string, reason: string]> = [
        ["", "is empty"],
        ["   ", "is empty"],
        ["the key!", "is neither PEM"],
        [Buffer.from("a key").toString("base64"), "is no RSA key"],
        [pem.replace("M", "A"), "is no RSA key"],
        [ec.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), "is no RSA key"],
        [rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString(), "is in PKCS #1; convert it"],
        [
          rsa.publicKey.export({ type: "spki", format: "pem" }).toString(),
          "is a public key; the private key"
        ],
        [
          rsa.privateKey
            .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" })
            .toString(),
          "has a passphrase"
        ],
        [
          rsa.privateKey
            .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" })
            .toString(),
          "has a passphrase"
        ]
      ]
      for (const [key, reason] of keys) {
        const error = yield* Effect.flip(Layer.build(layer({ privateKey: Redacted.make(key) })))
        hasFields(error, { _tag: "CardKeyInvalid" })
        assert.include(error.message, `The private key for card data ${reason}`)
        assert.isFalse(key.length > 9 && prints(error).includes(key.slice(-90, -40)), reason)
      }
    }).pipe(Effect.scoped)
  )
})

describe("what comes out is looked at", () => {
  it.effect("a card number has 12 to 19 digits and its check digit", () =>
    Effect.gen(function* () {
      const pan = (text: string) => plain(CardCipher.pan(answer(oaep(text))))
      assert.strictEqual(yield* pan("4242 4242-4242 4242\n"), number)
      assert.strictEqual(yield* pan("6304000000000000000"), "6304000000000000000")
      const problems: ReadonlyArray<readonly [string, string]> = [
        ["4242424242424241", "its check digit is wrong"],
        ["42424242424", "not 12 to 19 digits"],
        ["42424242424242424242", "not 12 to 19 digits"],
        [`{"pan":"${number}"}`, "not 12 to 19 digits"],
        ["", "not 12 to 19 digits"]
      ]
      for (const [text, problem] of problems) {
        const error = yield* Effect.flip(pan(text))
        hasFields(error, { _tag: "PlaintextUnexpected", expected: "card number", problem })
        assert.isFalse(text !== "" && prints(error).includes(text))
      }
    })
  )

  it.effect("a PIN has 4 to 12, encrypted or not", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* plain(CardCipher.pin(answer(oaep("0427")))), "0427")
      assert.strictEqual(yield* plain(CardCipher.pin(Redacted.make("0427"))), "0427")
      for (const text of ["042", "0427x", "1234567890123"]) {
        const error = yield* Effect.flip(plain(CardCipher.pin(Redacted.make(text))))
        hasFields(error, { _tag: "PlaintextUnexpected", expected: "PIN", problem: "not 4 to 12 digits" })
        assert.notInclude(prints(error), text)
      }
    })
  )

  it.effect("a cipher of one's own is one function", () =>
    Effect.gen(function* () {
      const own = Layer.succeed(CardCipher.CardCipher, {
        decrypt: ({ encryptData }) => Effect.succeed(encryptData)
      })
      assert.strictEqual(Redacted.value(yield* Effect.provide(CardCipher.pan(answer(number)), own)), number)
      const bytes = Either.getOrThrow(CardCipher.pkcs8(Redacted.make(pem)))
      assert.deepStrictEqual(Buffer.from(bytes).toString("base64"), der)
      const deaf = CardCipher.fromRsa({
        name: "a module of hardware",
        size: 3,
        publicKey: new Uint8Array(),
        decrypt: () => Effect.succeed(Option.none())
      })
      const error = yield* Effect.flip(deaf.decrypt(answer(Buffer.from("abc"))))
      assert.include(error.message, "by a module of hardware")
    })
  )
})

describe("against the sandbox", () => {
  it.scopedLive("card number and PIN are read, decrypted and what the cardholder sees", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo.Yunmo
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const { privateKey } = yield* sandbox.cardKey()
      yield* Effect.gen(function* () {
        const pan = yield* Effect.flatMap(cards.pan({ cardId }), CardCipher.pan)
        const html = Redacted.value(yield* cards.panHtml({ cardId }))
        const shown = /id="pan">([\d ]{19})</.exec(html)?.[1]?.replaceAll(" ", "")
        assert.strictEqual(Redacted.value(pan), shown)
        assert.match(Redacted.value(pan), /^424242\d{10}$/)
        const pin = yield* Effect.flatMap(cards.pin({ cardId }), CardCipher.pin)
        assert.match(Redacted.value(pin), /^\d{4}$/)
        const mistaken = yield* Effect.flip(Effect.flatMap(cards.pan({ cardId }), CardCipher.pin))
        hasFields(mistaken, { _tag: "PlaintextUnexpected", expected: "PIN" })
      }).pipe(Effect.provide(CardCipher.layer({ privateKey })))
      const wrong = yield* Effect.flip(
        Effect.provide(Effect.flatMap(cards.pan({ cardId }), CardCipher.pan), layer())
      )
      hasFields(wrong, { _tag: "CardCipherError", reason: "Decryption", publicKey: "other" })
    }).pipe(Effect.provide(withSandbox()))
  )
})

describe("no secret shows", () => {
  const body = der.slice(40, 120)
  const text = "4242 4242 4242 CANARY"
  const ways: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown>]> = [
    ["a card number", plain(CardCipher.pan(answer(oaep(number)))).pipe(Effect.map(Redacted.make))],
    ["no card number", Effect.provide(CardCipher.pan(answer(oaep(text))), layer())],
    ["no PIN", Effect.provide(CardCipher.pin(Redacted.make(text)), layer())],
    ["another key", Effect.provide(CardCipher.pan(answer(oaep(number, "sha256", other))), layer())],
    ["another payload", Effect.provide(decrypt(answer(oaep(number))), layer({ payload: "AES-CBC" }))],
    ["an encoding", Effect.provide(decrypt(answer(`${text} ${number}`)), layer())],
    [
      "a cipher",
      Effect.flatMap(CardCipher.make({ privateKey: Redacted.make(pem) }), (cipher) => Effect.log(cipher))
    ],
    ["no key", Layer.build(layer({ privateKey: Redacted.make(der.slice(0, -8)) })).pipe(Effect.scoped)],
    ["no PEM", Layer.build(layer({ privateKey: Redacted.make(`${pem.slice(0, -9)}`) })).pipe(Effect.scoped)]
  ]

  it.effect.each(ways)("of %s, in errors, logs and spans", ([, way]) =>
    Effect.gen(function* () {
      const lines = yield* logged
      const spans = yield* traced
      const exit = yield* way.pipe(
        Effect.tap((value) => Effect.logInfo("done", value)),
        Effect.tapErrorCause((cause) => Effect.logError("cause", cause)),
        Effect.withSpan("program"),
        Effect.exit,
        lines.collect,
        spans.collect
      )
      const shown = [prints(exit), ...lines.all, ...spans.all.map(({ name, shown }) => name + shown)].join(
        "\n"
      )
      for (const secret of [number, text, "CANARY", body]) {
        assert.notInclude(shown, secret)
      }
    })
  )
})
