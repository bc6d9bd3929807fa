import { spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as BaseUrl from "@effect-yunmo/client/BaseUrl"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import type * as TokenStore from "@effect-yunmo/client/TokenStore"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as SqlTokenStore from "../src/SqlTokenStore.js"
import { connection, inDatabase, onPostgres, Place, query, readOnlyFor, tableNames } from "./database.js"
import { merchantNo, otherMerchantNo, quiet, vendor, Way } from "./support.js"

const key = Redacted.make("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
const otherKey = Redacted.make("ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")

const account: TokenStore.Account = {
  merchantNo,
  baseUrl: Either.getOrThrow(BaseUrl.fromText("https://api.example.com"))
}
const others: ReadonlyArray<TokenStore.Account> = [
  { ...account, merchantNo: otherMerchantNo },
  { ...account, baseUrl: Either.getOrThrow(BaseUrl.fromText("https://sandbox-api.yunmo.io")) }
]
const grant = (token: string, issuedAt: number, expireTime?: number): TokenStore.Grant => ({
  token: Redacted.make(token),
  issuedAt,
  expireTime
})
const lease = Duration.seconds(5)

/** A store in the file of the test. */
const opened = (options: SqlTokenStore.Options = { key }) =>
  Effect.zipRight(Layer.build(Layer.fresh(SqlTokenStore.layer(options))), SqlTokenStore.make(options))

const shown = Option.map(({ expireTime, issuedAt, token }: TokenStore.Grant) => [
  Redacted.value(token),
  issuedAt,
  expireTime
])

/** What was logged, as text. */
const collecting = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String(message)))
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}

describe("the token store in SQL", () => {
  it.scoped("keeps the token of an account, and those of others apart", () =>
    Effect.gen(function* () {
      const store = yield* opened()
      assert.isTrue(Option.isNone(yield* store.get(account)))
      yield* store.put(account, "a", grant("t-1", 1, 1_900_000_000_000))
      assert.deepStrictEqual(shown(yield* store.get(account)), Option.some(["t-1", 1, 1_900_000_000_000]))
      yield* store.put(account, "a", grant("t-2", 2))
      assert.deepStrictEqual(shown(yield* store.get(account)), Option.some(["t-2", 2, undefined]))
      for (const other of others) {
        assert.isTrue(Option.isNone(yield* store.get(other)))
        assert.isTrue(yield* store.claim(other, "b", lease))
        assert.isTrue(Option.isNone(yield* store.get(other)), "a claim is no token")
      }
      assert.isTrue(yield* store.claim(account, "a", lease))
    }).pipe(Effect.provide(inDatabase))
  )

  it.scoped("gives the right to log in to one, until it is given back or has ended", () =>
    Effect.gen(function* () {
      const store = yield* opened()
      assert.isTrue(yield* store.claim(account, "a", lease))
      assert.isFalse(yield* store.claim(account, "b", lease))
      yield* store.release(account, "b")
      assert.isFalse(yield* store.claim(account, "b", lease), "only its holder gives it back")
      yield* TestClock.adjust("4 seconds")
      assert.isTrue(yield* store.claim(account, "a", lease), "prolonged")
      yield* TestClock.adjust("4 seconds")
      assert.isFalse(yield* store.claim(account, "b", lease))
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(yield* store.claim(account, "b", lease), "ended")
      yield* store.put(account, "b", grant("t", 9000))
      assert.isTrue(yield* store.claim(account, "c", lease), "given back with the token")
      yield* store.release(account, "c")
      assert.isTrue(yield* store.claim(account, "d", lease))
    }).pipe(Effect.provide(inDatabase))
  )

  it.scoped("keeps a newer token from one whose lease had ended", () =>
    Effect.gen(function* () {
      const store = yield* opened()
      yield* store.claim(account, "slow", lease)
      yield* TestClock.adjust(lease)
      yield* store.claim(account, "b", lease)
      yield* store.put(account, "slow", grant("early", 4000))
      assert.isFalse(yield* store.claim(account, "slow", lease), "the lease is another's now")
      yield* store.put(account, "b", grant("newer", 5000))
      yield* store.put(account, "slow", grant("older", 4500))
      assert.deepStrictEqual(shown(yield* store.get(account)), Option.some(["newer", 5000, undefined]))
      yield* store.claim(account, "b", lease)
      yield* store.put(account, "b", grant("newest", 3000))
      assert.deepStrictEqual(shown(yield* store.get(account)), Option.some(["newest", 3000, undefined]))
    }).pipe(Effect.provide(inDatabase))
  )

  it.scoped("lets one of fifty claims through", () =>
    Effect.gen(function* () {
      const store = yield* opened()
      const claims = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, n) => `holder-${n}`),
        (holder) => store.claim(account, holder, lease),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(claims.filter((mine) => mine).length, 1)
    }).pipe(Effect.provide(inDatabase))
  )
})

describe("the token at rest", () => {
  const secret = "CANARY-token-that-nobody-may-read"

  /** What stands in the files of the database, or where they are another machine's, in its tables. */
  const stored = Effect.gen(function* () {
    const place = yield* Place
    if (onPostgres) {
      const rows = yield* Effect.forEach(yield* tableNames, (name) => query(`SELECT * FROM ${name}`))
      return JSON.stringify(rows)
    }
    const files = readdirSync(dirname(place)).map((name) => readFileSync(join(dirname(place), name)))
    assert.isAtLeast(files.length, 2, "the database and its log")
    return Buffer.concat(files).toString("latin1")
  })

  it.scoped("stands in no file of the database, and no two rows look alike", () =>
    Effect.gen(function* () {
      const store = yield* opened()
      const sealed: Array<unknown> = []
      for (const issuedAt of [1, 2]) {
        yield* store.put(account, "a", grant(secret, issuedAt))
        const [row] = yield* query<{ readonly token: string }>("SELECT token FROM yunmo_tokens")
        sealed.push(row?.token)
      }
      assert.notStrictEqual(sealed[0], sealed[1])
      const everything = yield* stored
      assert.include(everything, String(sealed[1]), "there is something to find")
      assert.notInclude(everything, secret)
      assert.notInclude(everything, Buffer.from(secret).toString("base64").slice(0, 20))
      assert.notInclude(everything, Redacted.value(key))
      assert.deepStrictEqual(shown(yield* store.get(account)), Option.some([secret, 2, undefined]))
    }).pipe(Effect.provide(inDatabase))
  )

  it.scoped(
    "counts as none under another key, for another account, or when it was changed, and that is told",
    () =>
      Effect.gen(function* () {
        const log = collecting()
        const store = yield* opened()
        yield* store.put(account, "a", grant(secret, 1))
        const stranger = yield* opened({ key: otherKey })
        assert.isTrue(Option.isNone(yield* Effect.provide(stranger.get(account), log.layer)))
        assert.include(log.lines.join("\n"), "sealed under another key")
        const [other] = others
        assert(other !== undefined)
        yield* query(
          `INSERT INTO yunmo_tokens (merchant_no, base_url, token, issued_at)
          SELECT '${other.merchantNo}', base_url, token, issued_at FROM yunmo_tokens`
        )
        assert.isTrue(
          Option.isNone(yield* Effect.provide(store.get(other), log.layer)),
          "a row that was moved"
        )
        for (const changed of [
          "token || 'AAAA'",
          "substr(token, 1, 10)",
          "'plain text'",
          "'1:'",
          "'1:%%%'",
          "''"
        ]) {
          yield* query(`UPDATE yunmo_tokens SET token = ${changed} WHERE merchant_no = '${merchantNo}'`)
          assert.isTrue(Option.isNone(yield* Effect.provide(store.get(account), log.layer)), changed)
        }
        // The next login mends it.
        yield* stranger.put(account, "b", grant("t-2", 2))
        assert.deepStrictEqual(shown(yield* stranger.get(account)), Option.some(["t-2", 2, undefined]))
        assert.notInclude(log.lines.join("\n"), secret)
      }).pipe(Effect.provide(inDatabase))
  )

  it.scoped("needs a key of 32 bytes, in hexadecimal or Base64", () =>
    Effect.gen(function* () {
      const hex = Redacted.value(key)
      const base64 = Buffer.from(hex, "hex").toString("base64")
      const store = yield* opened()
      yield* store.put(account, "a", grant(secret, 1))
      for (const same of [hex.toUpperCase(), ` ${hex}\n`, base64]) {
        const again = yield* opened({ key: Redacted.make(same) })
        assert.isTrue(Option.isSome(yield* again.get(account)), same)
      }
      for (const wrong of ["", "hunter2-hunter2", hex.slice(2), `${hex}00`, base64.slice(4)]) {
        const error = yield* Effect.flip(opened({ key: Redacted.make(wrong) }))
        assert.strictEqual(error._tag, "TokenKeyInvalid")
        assert.include(error.message, "openssl rand -hex 32")
        assert.notInclude(error.message, "hunter2")
      }
      const configured = Layer.build(
        Layer.fresh(SqlTokenStore.layerConfig({ key: Config.redacted("TOKEN_KEY") }))
      )
      const withKey = (value: string) =>
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["TOKEN_KEY", value]])))
      yield* configured.pipe(withKey(hex))
      assert.strictEqual((yield* Effect.flip(configured.pipe(withKey("x"))))._tag, "TokenKeyInvalid")
    }).pipe(Effect.provide(inDatabase))
  )
})

describe("clients on one database", () => {
  const ends = vendor({ rules: { loginEndsOldTokens: true } })
  const world = Layer.provideMerge(Layer.provideMerge(inDatabase, ends), quiet)

  /** A client with a connection of its own, as another process has it. */
  const processOf = (options: SqlTokenStore.Options = { key }) =>
    Effect.gen(function* () {
      const place = yield* Place
      const { url } = yield* Way
      const { apiKey, secretKey } = Sandbox.development.merchants[0]
      const layer = Yunmo.layer({ merchantNo, apiKey, secretKey, baseUrl: url }).pipe(
        Layer.provide(
          Layer.mergeAll(SqlTokenStore.layer(options), OrderJournal.layerMemory, CardJournal.layerMemory)
        ),
        // One connection: what is set on it holds for all of its statements.
        Layer.provideMerge(connection(place, { maxConnections: 1 })),
        Layer.provide(NodeHttpClient.layerUndici)
      )
      const built = yield* Layer.build(Layer.fresh(layer))
      return { yunmo: Context.get(built, Yunmo.Yunmo), sql: Context.get(built, SqlClient.SqlClient) }
    })
  const ask = ({ yunmo }: { readonly yunmo: Yunmo.YunmoService }) => yunmo.cards.samples
  const logins = Effect.map(Way, (way) => way.calls("login").reached)

  it.scopedLive("share one token where a login ends the older ones, and renew it once", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const processes = [yield* processOf(), yield* processOf(), yield* processOf()]
      const all = Effect.all(
        Array.from({ length: 60 }).flatMap(() => processes.map(ask)),
        { concurrency: "unbounded" }
      )
      for (const round of [1, 2, 3]) {
        assert.lengthOf(yield* all, 180)
        assert.strictEqual(yield* logins, round)
        yield* sandbox.moveClock({ bySeconds: 7200 })
      }
      const [row] = yield* query<{ readonly holder: string | null; readonly n: number }>(
        "SELECT max(holder) AS holder, count(*) AS n FROM yunmo_tokens"
      )
      assert.deepStrictEqual(row, { holder: null, n: 1 })
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("go on without it when the database refuses, and with it when that is mended", () =>
    Effect.gen(function* () {
      const log = collecting()
      const sandbox = yield* Sandbox.Sandbox
      const broken = yield* processOf()
      const whole = yield* processOf()
      yield* ask(broken)
      yield* readOnlyFor(broken.sql, true)
      yield* sandbox.moveClock({ bySeconds: 7200 })
      yield* Effect.provide(Effect.all([ask(broken), ask(broken)], { concurrency: 2 }), log.layer)
      assert.strictEqual(yield* logins, 2)
      assert.strictEqual(
        log.lines.filter((line) => line.includes("The token store cannot be used")).length,
        1
      )
      assert.match(log.lines.join("\n"), /read-?only/)
      yield* readOnlyFor(broken.sql, false)
      // The other one ends the token that was never shared, and both have one again.
      yield* ask(whole)
      yield* ask(broken)
      yield* ask(whole)
      assert.strictEqual(yield* logins, 3)
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("keep no token inside a transaction, and are not stopped by it", () =>
    Effect.gen(function* () {
      const one = yield* processOf()
      const log = collecting()
      yield* ask(one).pipe(one.sql.withTransaction, Effect.provide(log.layer))
      assert.include(log.lines.join("\n"), "inside a transaction")
      assert.strictEqual(yield* logins, 1)
      assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_tokens"), [])
    }).pipe(Effect.provide(world))
  )

  it.scopedLive("of four real processes log in once", () =>
    Effect.gen(function* () {
      const place = yield* Place
      const { url } = yield* Way
      const said = yield* Effect.promise(async () => {
        const main = fileURLToPath(new URL("fixtures/shareToken.ts", import.meta.url))
        const children = Array.from({ length: 4 }, () => {
          const child = spawn(process.execPath, [main, place, url, Redacted.value(key), "25"], {
            stdio: "pipe"
          })
          let out = ""
          let error = ""
          const ready = new Promise<void>((resolve) => {
            child.stdout.on("data", (chunk) => {
              out += chunk
              resolve()
            })
          })
          child.stderr.on("data", (chunk) => {
            error += chunk
          })
          const ended = new Promise<string>((resolve) => child.on("close", () => resolve(out + error)))
          return { child, ready, ended }
        })
        await Promise.all(children.map(({ ended, ready }) => Promise.race([ready, ended])))
        for (const { child } of children) {
          child.stdin.end("go\n")
        }
        return Promise.all(children.map(({ ended }) => ended))
      })
      for (const text of said) {
        assert.include(text, "answers 25", said.join())
      }
      assert.strictEqual(yield* logins, 1)
      assert.strictEqual((yield* Way).calls("listCardSamples").reached, 100)
    }).pipe(Effect.provide(world))
  )
})
