import { mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Testing from "@effect-yunmo/signing/Testing"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { file, md5, sample, sampleSecret, secret, yunmo } from "./support.js"

const notification = Either.getOrThrow(
  Testing.notification({
    eventType: "TRADE",
    data: { orderNo: "1", amount: "20.00", eventType: null },
    secret
  })
)

// Each run is a process of its own, several in a test.
describe("yunmo verify", { timeout: 60_000 }, () => {
  it.scopedLive("exits with 0 for a message that is valid, and says how", () =>
    Effect.gen(function* () {
      const stdout = "valid: key signing, nested values none, keys in both parts none\n"
      assert.deepStrictEqual(yield* yunmo(["verify"], notification.bytes), { code: 0, stdout, stderr: "" })
      assert.deepStrictEqual(yield* yunmo(["verify", "-"], sample(), sampleSecret), {
        code: 0,
        stdout,
        stderr: ""
      })
      const path = yield* file(notification.bytes)
      const json = yield* yunmo(["verify", path, "--json"])
      assert.deepStrictEqual(JSON.parse(json.stdout), {
        valid: true,
        keyId: "signing",
        nested: "none",
        collision: "none",
        ambiguity: []
      })
    })
  )

  it.live("accepts further keys, and names the one that matched", () =>
    Effect.gen(function* () {
      const ran = yield* yunmo(["verify"], notification.bytes, {
        YUNMO_SECRET_KEY: "new",
        YUNMO_ACCEPTED_SECRET_KEYS: `older,${secret}`
      })
      assert.deepStrictEqual([ran.code, ran.stdout.split(",")[0]], [0, "valid: key accepted-2"])
    })
  )

  it.live("flags an ambiguous message, and refuses it with --strict", () =>
    Effect.gen(function* () {
      const raw = `{"sign":"${md5(`a=1&b=2&merchantNo=BU1${secret}`)}","merchantNo":"BU1","data":{"a":"1&b=2"}}`
      const flagged = yield* yunmo(["verify"], raw)
      assert.strictEqual(flagged.code, 0)
      assert.include(flagged.stdout, "could be signed alike (PairInValue)")
      const strict = yield* yunmo(["verify", "--strict"], raw)
      assert.strictEqual(strict.code, 1)
      assert.match(strict.stdout, /^invalid: .*PairInValue/)
    })
  )

  it.live("exits with 1 for one that is not, and says why", () =>
    Effect.gen(function* () {
      const changed = notification.text.replace("20.00", "20.0")
      const ran = yield* yunmo(["verify"], changed)
      assert.deepStrictEqual([ran.code, ran.stderr], [1, ""])
      assert.match(
        ran.stdout,
        /^invalid: The signature does not match .* `yunmo explain` looks for the cause\.\n$/
      )
      const json = yield* yunmo(["verify", "--json"], changed)
      assert.strictEqual(json.code, 1)
      const { keyIds, reason, valid } = JSON.parse(json.stdout)
      assert.deepStrictEqual([valid, reason, keyIds], [false, "Mismatch", ["signing"]])
    })
  )

  const unreadable: ReadonlyArray<readonly [what: string, input: string | Uint8Array, code: string]> = [
    ["nothing", "", "EmptyInput"],
    ["blanks", " \r\n\t", "EmptyInput"],
    ["half a message", `{"sign":`, "Syntax"],
    ["a list", "[]", "NotAnObject"],
    ["a key given twice", `{"a":1,"a":2}`, "DuplicateKey"],
    ["bytes that are not UTF-8", Uint8Array.of(0x7b, 0xff, 0x7d), "InvalidUtf8"],
    ["a byte order mark", "\ufeff{}", "ByteOrderMark"],
    ["more than 16 MiB", Buffer.alloc(16 * 1024 * 1024 + 1, 0x20), "TooLarge"]
  ]
  for (const [what, input, code] of unreadable) {
    it.live(`exits with 2 for ${what}, in one sentence`, () =>
      Effect.gen(function* () {
        const json = yield* yunmo(["verify", "--json"], input)
        assert.deepStrictEqual([json.code, json.stderr], [2, ""])
        const { error } = JSON.parse(json.stdout)
        assert.strictEqual(error.code, code)
        assert.match(error.message, /^[A-Z][^\n]+\.$/)
      })
    )
  }

  it.live("says the same to a person on standard error", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* yunmo(["verify"], `{"a":1,"a":2}`), {
        code: 2,
        stdout: "",
        stderr:
          "yunmo: The message cannot be read, at position 7: the key a stands twice in one object (DuplicateKey).\n"
      })
    })
  )

  it.live("reads a message of several megabytes", () =>
    Effect.gen(function* () {
      const photo = "x".repeat(5_000_000)
      const raw = `{"sign":"${md5(`photo=${photo}${secret}`)}","data":{"photo":"${photo}"}}`
      assert.strictEqual((yield* yunmo(["verify"], raw)).code, 0)
    })
  )

  const wrong: ReadonlyArray<
    readonly [
      what: string,
      args: ReadonlyArray<string>,
      environment: Readonly<Record<string, string>>,
      part: string
    ]
  > = [
    ["a file that is not there", ["/nowhere/message.json"], { YUNMO_SECRET_KEY: secret }, "does not exist"],
    ["no secret", [], {}, "set YUNMO_SECRET_KEY, or name a file that holds it with --key-file"],
    ["a secret with blanks", [], { YUNMO_SECRET_KEY: "CANARY " }, "ends with a blank"],
    [
      "an accepted secret that is empty",
      [],
      { YUNMO_SECRET_KEY: "CANARY", YUNMO_ACCEPTED_SECRET_KEYS: "CANARY2," },
      "is empty"
    ],
    ["a key file that is not there", ["--key-file", "/nowhere/key"], {}, "/nowhere/key does not exist"],
    ["--key-file without a file", ["--key-file"], { YUNMO_SECRET_KEY: "CANARY" }, "--key-file wants a value"],
    ["an unknown option", ["--jsno"], { YUNMO_SECRET_KEY: "CANARY" }, "no option --jsno"],
    ["a value for a flag", ["--json=CANARY"], { YUNMO_SECRET_KEY: "CANARY" }, "--json takes no value"],
    ["two files", ["a", "CANARY"], { YUNMO_SECRET_KEY: "CANARY" }, "One file at most"],
    ["a secret as an option", ["--secret", "CANARY"], {}, "does not belong on the command line"],
    ["a secret as an option in one word", ["--secret-key=CANARY"], {}, "does not belong on the command line"],
    [
      "a secret where the file belongs",
      ["CANARY"],
      { YUNMO_SECRET_KEY: "CANARY" },
      "The file <secret> does not exist"
    ],
    ["a secret that looks like an option", ["-CANARY"], {}, "no option of that name"]
  ]
  for (const [what, args, environment, part] of wrong) {
    it.live(`refuses ${what} in one sentence, with exit code 2`, () =>
      Effect.gen(function* () {
        const ran = yield* yunmo(["verify", ...args], sample(), environment)
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr + ran.stdout, part)
        assert.match(ran.stderr + ran.stdout, /^(?:yunmo: |\{"error")[^\n]+\n$/)
        assert.notInclude(ran.stderr + ran.stdout, "CANARY")
      })
    )
  }

  it.scopedLive("refuses key files that hold no key, and directories", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [content: string | Uint8Array, part: string]> = [
        ["\n", "is empty"],
        ["x".repeat(5000), "holds no secret key"],
        [Uint8Array.of(0xff, 0xfe, 0x41, 0), "holds no secret key"],
        ["\ufeffCANARY", "starts with an invisible character"],
        ["CANARY\n\n", "ends with a line end"]
      ]
      for (const [content, part] of cases) {
        const ran = yield* yunmo(["verify", "--key-file", yield* file(content)], sample(), {})
        assert.strictEqual(ran.code, 2)
        assert.include(ran.stderr, part)
        assert.notInclude(ran.stderr, "CANARY")
      }
      const folder = dirname(yield* file(""))
      mkdirSync(`${folder}/inner`)
      const directory = yield* yunmo(["verify", `${folder}/inner`])
      assert.include(directory.stderr, "is a directory")
    })
  )

  it.live("exits with 2 where the parser complains, and with 0 for help", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* yunmo(["sign", "--nested", "perhaps"], sample())).code, 2)
      const help = yield* yunmo(["verify", "--help"], "", {})
      assert.strictEqual(help.code, 0)
      for (const part of ["--key-file", "--strict", "--json", "--exempt", "YUNMO_SECRET_KEY"]) {
        assert.include(help.stdout, part)
      }
    })
  )
})
