import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { file, md5, sample, sampleSecret, sampleText, secret, yunmo } from "./support.js"

const one = "1111111111111111"
const withToken = sample(md5(`${sampleText.replace("&version", "&token=testToken&version")}${one}`))

// Each run is a process of its own, several in a test.
describe("yunmo explain", { timeout: 60_000 }, () => {
  it.live("names the cause, and shows no value unless asked", () =>
    Effect.gen(function* () {
      const ran = yield* yunmo(["explain"], withToken, sampleSecret)
      assert.deepStrictEqual([ran.code, ran.stderr], [0, ""])
      assert.include(ran.stdout, "expected  6bf642b5fc7b10a6eae3b8ab5e7bbea2  (key signing)")
      assert.include(ran.stdout, `received  ${JSON.parse(withToken).sign}`)
      assert.include(
        ran.stdout,
        "  TokenIncluded: The token was signed; leave `token` out of the text, as `sign` is.\n"
      )
      for (const hidden of ["testToken", "test0001", "BU078255558", one]) {
        assert.notInclude(ran.stdout, hidden)
      }
      const shown = yield* yunmo(["explain", "--show-text"], withToken, sampleSecret)
      assert.include(shown.stdout, `${sampleText}<secret>\n`)
      assert.notInclude(shown.stdout, one)
    })
  )

  it.live("gives one JSON object with --json", () =>
    Effect.gen(function* () {
      const ran = yield* yunmo(["explain", "--json"], withToken, sampleSecret)
      const answer = JSON.parse(ran.stdout)
      assert.deepStrictEqual([ran.code, answer.verdict, answer.text], [0, "Mismatch", undefined])
      assert.deepStrictEqual(
        answer.causes[0].mistakes.map(({ code }: { code: string }) => code),
        ["TokenIncluded"]
      )
      const shown = yield* yunmo(["explain", "--json", "--show-text"], withToken, sampleSecret)
      assert.strictEqual(JSON.parse(shown.stdout).text, `${sampleText}<secret>`)
    })
  )

  it.live(
    "exits with 0 for a message that verifies, with 1 where no cause is found, with 2 for what it cannot read",
    () =>
      Effect.gen(function* () {
        const good = yield* yunmo(["explain"], sample(), sampleSecret)
        assert.deepStrictEqual(
          [good.code, good.stdout.split("\n")[0]?.startsWith("The signature holds")],
          [0, true]
        )
        const bad = yield* yunmo(["explain"], sample(md5("something else")), sampleSecret)
        assert.strictEqual(bad.code, 1)
        assert.match(
          bad.stdout,
          /None of the known mistakes, alone or two together, .* \(\d+ digests tried\)/
        )
        const unreadable = yield* yunmo(["explain"], "{", sampleSecret)
        assert.deepStrictEqual([unreadable.code, unreadable.stdout], [2, ""])
      })
  )

  it.scopedLive("takes secrets as they were pasted, from the environment and from files", () =>
    Effect.gen(function* () {
      for (const around of [`${one}\n`, ` ${one}`, `${one}\u200b`]) {
        const ran = yield* yunmo(["explain"], sample(), { YUNMO_SECRET_KEY: around })
        assert.strictEqual(ran.code, 0)
        assert.include(ran.stdout, "SecretBlanksHere: ")
        assert.notInclude(ran.stdout, one)
      }
      const path = yield* file(` ${one}\n`)
      const ran = yield* yunmo(["explain", "--key-file", path], sample(), {
        YUNMO_ACCEPTED_SECRET_KEYS: "older"
      })
      assert.include(ran.stdout, "SecretBlanksHere: ")
      const older = yield* yunmo(["explain"], sample(), {
        YUNMO_SECRET_KEY: "new",
        YUNMO_ACCEPTED_SECRET_KEYS: one
      })
      assert.include(older.stdout, "OtherKey: ")
    })
  )

  it.live("knows the fields of the vendor's pages, or those that it is told", () =>
    Effect.gen(function* () {
      const raw = (sign: string) =>
        `{"sign":"${sign}","merchantNo":"BU1","eventType":"TRADE","data":{"orderNo":"1","newOne":"x","newTwo":"y","amount":"20.00"}}`
      const dropped = raw(md5(`amount=20.00&eventType=TRADE&merchantNo=BU1&orderNo=1${secret}`))
      const pages = yield* yunmo(["explain"], dropped)
      assert.match(pages.stdout, /UnknownFieldsDropped: .* Fields: newOne, newTwo\.\n/)
      const told = raw(md5(`merchantNo=BU1&newOne=x&orderNo=1${secret}`))
      const list = yield* yunmo(["explain", "--known", "merchantNo, orderNo,newOne"], told)
      assert.match(list.stdout, /UnknownFieldsDropped: .* Fields: /)
    })
  )

  it.scopedLive("lays the text of the other side beside the one signed here", () =>
    Effect.gen(function* () {
      const theirs = `${sampleText.replace("&version", "&token=testToken&version")}${one}\n`
      const path = yield* file(theirs)
      const hidden = yield* yunmo(["explain", "--compare", path], withToken, sampleSecret)
      assert.include(hidden.stdout, "at version on the left, token on the right.")
      assert.include(hidden.stdout, "| token=…")
      assert.strictEqual(
        hidden.stderr,
        `yunmo: The secret at the end of ${path} was left out of the comparison.\n`
      )
      assert.notMatch(hidden.stdout, /testToken|test0001|1111111111111111/)
      const shown = yield* yunmo(
        ["explain", "--compare", path, "--show-text", "--json"],
        withToken,
        sampleSecret
      )
      const { comparison } = JSON.parse(shown.stdout)
      assert.deepStrictEqual([comparison.equal, comparison.keys], [false, ["version", "token"]])
      assert.deepStrictEqual(comparison.rows[4], { right: "token=testToken" })
      assert.notInclude(shown.stdout, one)
      const missing = yield* yunmo(["explain", "--compare", "/nowhere/text"], withToken, sampleSecret)
      assert.deepStrictEqual([missing.code, missing.stdout], [2, ""])
    })
  )
})

// Each run is a process of its own, several in a test.
describe("the secret", { timeout: 60_000 }, () => {
  const canary = "CANARYa8f31c77"
  const message = (sign: string) =>
    `{"sign":"${sign}","merchantNo":"BU1","nonce":"n","requestTime":1,"data":{"a":"1"}}`
  const text = "a=1&merchantNo=BU1&nonce=n&requestTime=1"
  const pasted = `${canary}\t`
  const runs: ReadonlyArray<readonly [input: string, set: string]> = [
    [message(""), canary],
    [message(md5(text + canary)), canary],
    [message(md5(`${text}&key=${canary}`)), canary],
    [message(canary), canary],
    ["{", canary],
    [`{"data":{"a":[1]}}`, canary],
    [message(md5(`${text}${canary}\n`)), pasted]
  ]
  for (const args of [
    ["sign", "--json"],
    ["verify"],
    ["explain", "--show-text"],
    ["explain", "--json", "--show-text"]
  ]) {
    it.live(`stays out of everything that ${args.join(" ")} prints`, () =>
      Effect.gen(function* () {
        const ran = yield* Effect.forEach(
          runs,
          ([input, set]) =>
            yunmo(args, input, { YUNMO_SECRET_KEY: set, YUNMO_ACCEPTED_SECRET_KEYS: `${canary}-2` }),
          { concurrency: 2 }
        )
        assert.isTrue(ran.some(({ code }) => code === 0) && ran.some(({ code }) => code !== 0))
        for (const { stderr, stdout } of ran) {
          // What the sender put into the message itself comes back only from the one that prints the message.
          assert.notInclude(stdout + stderr, canary)
          assert.notMatch(stderr, /^\s+at /m)
        }
      })
    )
  }
})
