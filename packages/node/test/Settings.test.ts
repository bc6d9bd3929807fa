import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { inspect } from "node:util"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as AtRest from "@effect-yunmo/notifications/AtRest"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as DatabaseChoice from "../src/DatabaseChoice.js"
import * as Program from "../src/Program.js"
import * as Settings from "../src/Settings.js"
import { folder } from "./support.js"

const all = Config.all({
  merchantNo: Settings.merchantNo,
  apiKey: Settings.apiKey,
  keyRing: Settings.keyRing,
  baseUrl: Settings.baseUrl,
  database: Settings.database,
  contractFile: Settings.contractFile
})

const right = {
  YUNMO_MERCHANT_NO: "BU078255558",
  YUNMO_API_KEY: "api-key",
  YUNMO_SECRET_KEY: "1111111111111111",
  YUNMO_DATABASE: "./yunmo.sqlite"
}

const read = <A>(config: Config.Config<A>, variables: Record<string, string>) =>
  Effect.runSyncExit(Effect.withConfigProvider(config, Program.environment(variables)))

const value = <A>(config: Config.Config<A>, variables: Record<string, string>): A =>
  Effect.runSync(Effect.withConfigProvider(config, Program.environment(variables)))

/** The lines of the message that name settings; nothing when all is right. */
const complaints = (variables: Record<string, string>): ReadonlyArray<string> => {
  const exit = read(all, variables)
  const text = Exit.isFailure(exit) ? Program.describe("test", exit.cause) : ""
  assert.notInclude(text + (Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""), "CANARY")
  return text.split("\n").filter((line) => line.startsWith("  "))
}

const secrets = (ring: KeyRing.KeyRingService) => ring.accepted.map(({ secret }) => Redacted.value(secret))

describe("all settings together", () => {
  it("need four, and default the rest", () => {
    const settings = value(all, right)
    assert.strictEqual(settings.merchantNo, "BU078255558")
    assert.strictEqual(Redacted.value(settings.apiKey), "api-key")
    assert.deepStrictEqual(secrets(settings.keyRing), ["1111111111111111"])
    assert.isUndefined(settings.baseUrl)
    assert.deepStrictEqual(settings.database, DatabaseChoice.sqliteFile("./yunmo.sqlite"))
    assert.deepStrictEqual(settings.contractFile, Option.none())
  })

  it.each(Object.keys(right))("name %s when it is missing or blank, and nothing else", (name) => {
    const { [name]: _, ...rest }: Record<string, string> = right
    for (const variables of [rest, { ...rest, [name]: "" }, { ...rest, [name]: "  " }]) {
      const [only, ...others] = complaints(variables)
      assert.deepStrictEqual(others, [])
      assert.match(only ?? "", new RegExp(`^  ${name} is not set \\(.+\\)$`))
    }
  })

  it("name all that is wrong at once, each under its own name", () => {
    const found = complaints({
      YUNMO_MERCHANT_NO: " BU078255558",
      YUNMO_API_KEY: "CANARY\n",
      YUNMO_SECRET_KEY: " CANARY",
      YUNMO_ACCEPTED_SECRET_KEYS: "CANARY1, CANARY2",
      YUNMO_BASE_URL: "http://example.com"
    })
    assert.deepStrictEqual(
      found.map((line) => /^ {2}([A-Z_]+)/.exec(line)?.[1]),
      [
        "YUNMO_MERCHANT_NO",
        "YUNMO_API_KEY",
        "YUNMO_SECRET_KEY",
        "YUNMO_ACCEPTED_SECRET_KEYS",
        "YUNMO_BASE_URL",
        "YUNMO_DATABASE"
      ]
    )
    for (const line of found) {
      assert.match(line, /\(.+\)$/, "a hint says what the setting is")
    }
  })

  it("show no secret", () => {
    const settings = value(all, { ...right, YUNMO_API_KEY: "CANARY", YUNMO_SECRET_KEY: "CANARY2" })
    assert.notInclude(JSON.stringify(settings), "CANARY")
  })
})

describe("database", () => {
  const chosen = (text: string) => value(Settings.database, { YUNMO_DATABASE: text })
  const url = "postgres://yunmo:CANARY@db.internal:6432/yunmo?sslmode=verify-full"

  it.each([url, url.replace("postgres:", "postgresql:"), url.replace("postgres:", "POSTGRES:")])(
    "is PostgreSQL by its URL, which holds a password",
    (text) => {
      const choice = chosen(text)
      assert.strictEqual(choice._tag === "Postgres" ? Redacted.value(choice.url) : "", text)
      assert.strictEqual(DatabaseChoice.show(choice), "postgres://db.internal:6432/yunmo")
      assert.notInclude(JSON.stringify(choice) + inspect(choice, { depth: 9 }), "CANARY")
    }
  )

  it.each(["./yunmo.sqlite", "/var/lib/yunmo.db", "C:\\yunmo\\yunmo.db", "postgres.db"])(
    "is a file otherwise: %s",
    (path) => {
      assert.deepStrictEqual(chosen(path), DatabaseChoice.sqliteFile(path))
      assert.strictEqual(DatabaseChoice.show(chosen(path)), path)
    }
  )

  it.each([
    [" postgres://u:CANARY@h/d", "is neither a path nor a URL"],
    ['"postgres://u:CANARY@h/d"', "is neither a path nor a URL"],
    ["mysql://u:CANARY@h/d", "is neither a path nor a URL"],
    ["host=db user=u password=CANARY dbname=d", "is a list of keywords"],
    // The password's first half would be a port, and stand in every message.
    ["postgres://u:12/CANARY@h/d", "is no postgres:// URL; write characters such as # / @"],
    ["postgres://u:12/CANARY?x@h/d", "is no postgres:// URL; write characters such as # / @"],
    ["postgres://u:12/CANARY#x@h/d", "is no postgres:// URL; write characters such as # / @"],
    ["postgres:CANARY", "names no host"],
    ["postgres://u:CANARY@h", "names no database"],
    ["postgres://u:CANARY@h/", "names no database"],
    ["postgres:///CANARY", "names no host"],
    ["postgres://u:CAN#ARY@h/d", "is no postgres:// URL; write characters such as # / @"],
    ["postgres://u:CANARY%@h/d", "has a % that begins no percent-encoding"],
    ["postgres://u:CANARY@h/d?sslmode=maybe", "has an unknown sslmode"]
  ])("refuses %j without quoting it", (text, problem) => {
    const [only, ...others] = complaints({ ...right, YUNMO_DATABASE: text })
    assert.deepStrictEqual(others, [])
    assert.include(only, `  YUNMO_DATABASE ${problem}`)
  })
})

describe("keys at rest", () => {
  const hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
  const base64 = Buffer.from(hex, "hex").toString("base64")
  const other = `ff${hex.slice(2)}`
  const keys = (text: string) =>
    value(Settings.atRestKeys, { YUNMO_AT_REST_KEYS: text }).map(({ id, key }) => [id, Redacted.value(key)])
  const digest = (key: string) =>
    createHash("sha256").update(Buffer.from(key, "hex")).digest("hex").slice(0, 16)

  it("are none unless they are set", () => {
    assert.deepStrictEqual(value(Settings.atRestKeys, {}), [])
    assert.deepStrictEqual(value(Settings.tokenKey, {}), Option.none())
  })

  it("come in order, in hexadecimal or Base64", () => {
    assert.deepStrictEqual(keys(hex), [[digest(hex), hex]])
    assert.deepStrictEqual(keys(`2026-11:${other}, ${base64}, old : ${hex.toUpperCase()}`), [
      ["2026-11", other],
      [digest(hex), base64],
      ["old", hex.toUpperCase()]
    ])
  })

  it("open what they closed, and what an older one closed", () => {
    const atRest = (text: string) =>
      Effect.runSync(
        Effect.provide(
          AtRest.AtRest,
          Settings.atRestLayer(value(Settings.atRestKeys, { YUNMO_AT_REST_KEYS: text }))
        )
      )
    const owner = { merchantNo: "BU1", fingerprint: new Uint8Array(32) }
    const message = new TextEncoder().encode("CANARY")
    const sealed = atRest(hex).seal(message, owner)
    assert.notInclude(Buffer.from(sealed.bytes).toString("latin1"), "CANARY")
    assert.deepStrictEqual(
      Either.map(atRest(`${other},${hex}`).open(sealed, owner), (bytes) => new TextDecoder().decode(bytes)),
      Either.right("CANARY")
    )
    assert.isTrue(Either.isLeft(atRest(other).open(sealed, owner)))
    assert.isUndefined(Effect.runSync(Effect.provide(AtRest.AtRest, Settings.atRestLayer([]))).keyId)
  })

  it.each(["CANARY", hex.slice(2), `${hex},`, `${hex},CANARY`, `a:${hex},a:${other}`, `a b:${hex}`])(
    "are refused when one is none, or its id: %s",
    (text) => {
      const [only, ...others] = Exit.match(read(Settings.atRestKeys, { YUNMO_AT_REST_KEYS: text }), {
        onSuccess: () => [],
        onFailure: (cause) => {
          assert.notInclude(Cause.pretty(cause), "CANARY")
          return Program.describe("test", cause)
            .split("\n")
            .filter((line) => line.startsWith("  "))
        }
      })
      assert.deepStrictEqual(others, [])
      assert.match(only ?? "", /^ {2}YUNMO_AT_REST_KEYS (holds at place \d|is wrong: )/)
    }
  )

  it("give the token store a key of its own, by the first", () => {
    const derived = (text: string) =>
      Option.getOrThrow(Option.map(value(Settings.tokenKey, { YUNMO_AT_REST_KEYS: text }), Redacted.value))
    assert.match(derived(hex), /^[0-9a-f]{64}$/)
    assert.strictEqual(derived(hex), derived(`${base64},${other}`))
    assert.notStrictEqual(derived(hex), derived(other))
    assert.notStrictEqual(derived(hex), hex)
  })
})

describe("merchantNo", () => {
  it.each([" BU1", "BU1 ", "BU1\n"])("refuses %j", (text) => {
    assert.deepStrictEqual(complaints({ ...right, YUNMO_MERCHANT_NO: text }), [
      "  YUNMO_MERCHANT_NO has blanks around it (the merchant number from YUNMO, BU078255558 say)"
    ])
  })
})

describe("a pasted secret", () => {
  it.each([
    [" CANARY", "starts with a blank"],
    ["CANARY ", "ends with a blank"],
    ["CANARY\n", "ends with a line end"],
    ["CANARY\r\n", "ends with a line end"],
    ["\u200bCANARY", "starts with an invisible character"]
  ])("is refused as it stands: %j", (text, problem) => {
    for (const name of ["YUNMO_API_KEY", "YUNMO_SECRET_KEY", "YUNMO_ACCEPTED_SECRET_KEYS"]) {
      const [only, ...others] = complaints({ ...right, [name]: text })
      assert.deepStrictEqual(others, [])
      assert.include(only, `  ${name}: `)
      assert.include(only, problem)
      assert.include(only, "copy it again from the merchant console")
    }
  })

  it("may have blanks, commas and signs inside", () => {
    assert.strictEqual(Redacted.value(value(Settings.apiKey, { YUNMO_API_KEY: "a b,c=d#e" })), "a b,c=d#e")
    assert.strictEqual(Redacted.value(value(Settings.secretKey, { YUNMO_SECRET_KEY: "a,b" })), "a,b")
  })
})

describe("keyRing", () => {
  const ring = (accepted: string) =>
    value(Settings.keyRing, { YUNMO_SECRET_KEY: "new", YUNMO_ACCEPTED_SECRET_KEYS: accepted })

  it("signs with one key and accepts others beside it, each once", () => {
    assert.deepStrictEqual(secrets(ring("old,older")), ["new", "old", "older"])
    assert.strictEqual(Redacted.value(ring("old").signing.secret), "new")
    assert.deepStrictEqual(secrets(ring("new,old,old")), ["new", "old"])
    assert.deepStrictEqual(
      ring("old,older").accepted.map(({ id }) => id),
      ["signing", "accepted-1", "accepted-2"]
    )
    assert.deepStrictEqual(secrets(ring("  ")), ["new"])
  })

  it.each(["old,", ",old", "old,,older", "old, older"])("refuses the list %j", (list) => {
    const found = complaints({ ...right, YUNMO_ACCEPTED_SECRET_KEYS: list })
    assert.strictEqual(found.length, 1)
    assert.include(found[0], "  YUNMO_ACCEPTED_SECRET_KEYS: ")
  })
})

describe("accepted", () => {
  it("is the list of further keys, for the client", () => {
    const keys = (list: string) =>
      value(Settings.accepted, { YUNMO_ACCEPTED_SECRET_KEYS: list }).map(({ secretKey }) =>
        Redacted.value(secretKey)
      )
    assert.deepStrictEqual(keys("old,older"), ["old", "older"])
    assert.deepStrictEqual(keys(""), [])
  })
})

describe("baseUrl", () => {
  it.each([
    ["https://api.example.com", "https://api.example.com"],
    ["https://api.example.com/yunmo/", "https://api.example.com/yunmo"],
    ["http://127.0.0.1:4010", "http://127.0.0.1:4010"],
    ["http://localhost:4010/", "http://localhost:4010"],
    ["http://[::1]:4010", "http://[::1]:4010"]
  ])("takes %s", (text, expected) => {
    assert.strictEqual(value(Settings.baseUrl, { YUNMO_BASE_URL: text }), expected)
  })

  it.each([
    ["http://api.example.com", "must begin with https://"],
    ["http://127.0.0.1.example.com", "must begin with https://"],
    ["http://localhost.example.com", "must begin with https://"],
    ["http://0.0.0.0:4010", "must begin with https://"],
    ["http://192.168.0.1", "must begin with https://"],
    ["ftp://127.0.0.1", "must begin with https://"],
    ["https://user:CANARY@api.example.com", "must not carry a user name or password"],
    ["https://api.example.com?token=CANARY", "must not have a query"],
    ["api.example.com", "is no URL"],
    ["localhost:4010", "must begin with https://"]
  ])("refuses %s", (text, problem) => {
    const [only, ...others] = complaints({ ...right, YUNMO_BASE_URL: text })
    assert.deepStrictEqual(others, [])
    assert.include(only, `  YUNMO_BASE_URL ${problem}`)
  })
})

describe("contractLayer", () => {
  const contract = (file: Option.Option<string>) =>
    Contract.Contract.pipe(Effect.provide(Settings.contractLayer(file)))

  const written = (json: string) =>
    Effect.map(folder, (path) => {
      const file = join(path, "contract.json")
      writeFileSync(file, json)
      return file
    })

  const complaint = (file: string) =>
    Effect.map(Effect.flip(contract(Option.some(file))), (error) => {
      assert.strictEqual(error._tag, "ContractFileInvalid")
      assert.strictEqual(error.path, file)
      assert.include(error.message, `The contract file ${file} (YUNMO_CONTRACT_FILE) cannot be used: `)
      return error.message
    })

  it.layer(NodeContext.layer)((it) => {
    it.effect("is the proposed contract without a file", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* contract(Option.none()), Contract.proposed)
      })
    )

    it.scoped("has the corrections of the file", () =>
      Effect.gen(function* () {
        const file = yield* written('{"version":"V1.0","paths":{"login":"/v1/login"}}')
        const corrected = yield* contract(Option.some(file))
        assert.strictEqual(corrected.version, "V1.0")
        assert.deepStrictEqual(corrected.paths.login, { path: "/v1/login", source: "MERCHANT" })
      })
    )

    it.scoped("says that there is no such file", () =>
      Effect.gen(function* () {
        assert.include(
          yield* complaint(join(yield* folder, "none.json")),
          "there is no such file; check the path"
        )
      })
    )

    it.scoped("says that a folder is no file, and that a path is none", () =>
      Effect.gen(function* () {
        assert.include(yield* complaint(yield* folder), "it cannot be read")
        assert.include(yield* complaint("a\u0000b"), "no file can have this path")
      })
    )

    it.scoped("says what is no JSON", () =>
      Effect.gen(function* () {
        assert.include(yield* complaint(yield* written("{ version: 1 }")), "JSON")
        assert.include(yield* complaint(yield* written("")), "JSON")
      })
    )

    it.scoped("names every wrong entry, in one sentence", () =>
      Effect.gen(function* () {
        const message = yield* complaint(yield* written('{"paths":{"logIn":"/x","login":"x"},"colour":1}'))
        for (const part of ["paths.logIn", "paths.login", "colour", "; correct the named entries."]) {
          assert.include(message, part)
        }
        assert.notInclude(message, "\n")
      })
    )
  })
})
