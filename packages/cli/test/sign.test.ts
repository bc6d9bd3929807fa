import { assert, describe, it } from "@effect/vitest"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { file, md5, sample, sampleSecret, sampleText, secret, yunmo } from "./support.js"

const verifies = (raw: string) => Either.isRight(Verifier.verifyWith([SigningKey.make("k", secret)], raw))

// Each run is a process of its own, several in a test.
describe("yunmo sign", { timeout: 60_000 }, () => {
  it.live("prints the vendor's digest for the vendor's sample, and nothing else", () =>
    Effect.gen(function* () {
      const unsigned = sample("").replace('"sign":"",', "")
      assert.deepStrictEqual(yield* yunmo(["sign", "--digest"], unsigned, sampleSecret), {
        code: 0,
        stdout: "6bf642b5fc7b10a6eae3b8ab5e7bbea2\n",
        stderr: ""
      })
    })
  )

  it.live("prints the text alone with --text, without asking for a secret", () =>
    Effect.gen(function* () {
      const ran = yield* yunmo(["sign", "--text"], sample(), {})
      assert.deepStrictEqual(ran, { code: 0, stdout: `${sampleText}\n`, stderr: "" })
    })
  )

  it.live("replaces a sign that is there, and keeps every other character", () =>
    Effect.gen(function* () {
      const ran = yield* yunmo(["sign"], sample("stale"), sampleSecret)
      assert.deepStrictEqual(ran, { code: 0, stdout: `${sample()}\n`, stderr: "" })
    })
  )

  it.scopedLive("fills in nonce and requestTime where there are none, in the layout of the message", () =>
    Effect.gen(function* () {
      const path = yield* file(
        '{\n  "merchantNo": "BU1",\n  "nonce": null,\n  "data": {"amount": 20.00, "sign": "own"}\n}\n'
      )
      const before = Date.now()
      const { code, stderr, stdout } = yield* yunmo(["sign", path])
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.match(
        stdout,
        /^\{\n {2}"sign": "[0-9a-f]{32}",\n {2}"requestTime": \d+,\n {2}"merchantNo": "BU1",\n {2}"nonce": "[A-Za-z0-9]{16}",\n {2}"data": \{"amount": 20\.00, "sign": "own"\}\n\}\n$/
      )
      assert.isTrue(verifies(stdout))
      assert.isAtLeast(JSON.parse(stdout).requestTime, before)
    })
  )

  it.live("gives one JSON object with --json", () =>
    Effect.gen(function* () {
      const { stdout } = yield* yunmo(["sign", "--json"], `{"merchantNo":"BU1","requestTime":"5","data":{}}`)
      const answer = JSON.parse(stdout)
      assert.deepStrictEqual(Object.keys(answer), ["message", "sign", "text", "filled"])
      assert.deepStrictEqual(answer.filled, ["nonce"])
      assert.strictEqual(answer.sign, md5(answer.text + secret))
      assert.isTrue(verifies(answer.message))
      const digest = yield* yunmo(["sign", "--json", "--digest"], sample(), sampleSecret)
      assert.deepStrictEqual(JSON.parse(digest.stdout), { sign: "6bf642b5fc7b10a6eae3b8ab5e7bbea2" })
      const text = yield* yunmo(["sign", "--json", "--text"], sample(), {})
      assert.deepStrictEqual(JSON.parse(text.stdout), { text: sampleText })
    })
  )

  it.live("signs nested values as it is told, and leaves out what is exempt", () =>
    Effect.gen(function* () {
      const raw = `{"merchantNo":"BU1","data":{"a":{"b": 1.0},"c":"x","d":"y"}}`
      const compact = yield* yunmo(
        ["sign", "--text", "--nested", "compactJson", "--exempt", "c", "--exempt=d"],
        raw
      )
      assert.strictEqual(compact.stdout, `a={"b":1.0}&merchantNo=BU1\n`)
      const omitted = yield* yunmo(["sign", "--text", "--nested=omit"], raw)
      assert.strictEqual(omitted.stdout, "c=x&d=y&merchantNo=BU1\n")
    })
  )

  it.scopedLive("takes the secret from a file, and says that its line end was cut", () =>
    Effect.gen(function* () {
      for (const end of ["\n", "\r\n"]) {
        const path = yield* file(`1111111111111111${end}`)
        const ran = yield* yunmo(["sign", "--digest", "--key-file", path], sample(), {
          YUNMO_SECRET_KEY: "another"
        })
        assert.deepStrictEqual(ran, {
          code: 0,
          stdout: "6bf642b5fc7b10a6eae3b8ab5e7bbea2\n",
          stderr: `yunmo: The line end at the end of ${path} was left out of the secret key.\n`
        })
      }
      const exact = yield* file("1111111111111111")
      assert.strictEqual((yield* yunmo(["sign", "--digest", "--key-file", exact], sample(), {})).stderr, "")
    })
  )

  const refused: ReadonlyArray<readonly [what: string, raw: string, part: string]> = [
    ["a nested value", `{"data":{"a":[1]}}`, "data.a is an object or array"],
    ["an empty nested value", `{"data":{"a":{ }}}`, "data.a is an empty object"],
    ["blanks alone", `{"x":"  ","data":{}}`, "envelope.x consists of blanks"],
    ["a key in both parts", `{"a":"1","data":{"a":"2"}}`, "data.a stands in the envelope and in data"],
    ["a key that may be a card number", `{"data":{"4111111111111111":[1]}}`, "data.(key of 16 characters)"]
  ]
  for (const [what, raw, part] of refused) {
    it.live(`refuses ${what} in one sentence, with exit code 2`, () =>
      Effect.gen(function* () {
        const ran = yield* yunmo(["sign"], raw)
        assert.deepStrictEqual([ran.code, ran.stdout], [2, ""])
        assert.include(ran.stderr, part)
        assert.match(ran.stderr, /^yunmo: [^\n]+\.\n$/)
      })
    )
  }
})
