/** Several merchants, and keys that change while notifications come in. */
import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Wire from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  environment,
  eventually,
  merchantNo,
  metric,
  notification,
  path,
  post,
  rows,
  running,
  secret,
  start,
  temporaryFolder
} from "./support.js"

const other = "BU000000001"

/** As a careful operator does it: whole, and only for this user. */
const put = (file: string, content: unknown) => {
  writeFileSync(`${file}.next`, typeof content === "string" ? content : JSON.stringify(content), {
    mode: 0o600
  })
  renameSync(`${file}.next`, file)
}

const one = (...secretKeys: ReadonlyArray<unknown>) => ({ merchants: [{ merchantNo, secretKeys }] })

const setUp = (content: unknown) =>
  Effect.map(temporaryFolder, (folder) => {
    const { YUNMO_MERCHANT_NO: _no, YUNMO_SECRET_KEY: _key, ...env } = environment(join(folder, "yunmo.db"))
    const file = join(folder, "merchants.json")
    put(file, content)
    return { folder, file, database: join(folder, "yunmo.db"), env: { ...env, YUNMO_MERCHANTS_FILE: file } }
  })

const replaced = 'yunmo_merchants_reloads_total{outcome="replaced"}'
const refusals = 'yunmo_merchants_reloads_total{outcome="refused"}'

describe("merchants", () => {
  it.scopedLive("are told apart by merchantNo and by path, each with keys of its own", () =>
    Effect.gen(function* () {
      const { database, env, folder } = yield* setUp({
        merchants: [
          { merchantNo, secretKeys: [secret] },
          { merchantNo: other, path: "/yunmo/other", secretKeys: [{ id: "2026-11", file: "other.key" }] }
        ]
      })
      writeFileSync(join(folder, "other.key"), "CANARYother\n", { mode: 0o644 })
      const { child, url } = yield* running(env)
      const send = (body: Effect.Effect<string, unknown>, to?: string) =>
        Effect.flatMap(body, (text) => Effect.map(post(url, text, {}, to), ({ status }) => status))
      const theirs = Effect.succeed(yield* notification(2, "CANARYother", other))
      assert.strictEqual(yield* send(notification(1)), 200)
      assert.strictEqual(yield* send(theirs), 200)
      assert.strictEqual(yield* send(theirs, "/yunmo/other"), 200)
      // One merchant's key is no other's, and its path no other's.
      assert.strictEqual(yield* send(notification(3, secret, other)), 401)
      assert.strictEqual(yield* send(notification(3, "CANARYother", merchantNo)), 401)
      assert.strictEqual(yield* send(notification(3), "/yunmo/other"), 401)
      assert.strictEqual(yield* send(notification(3, secret, "BU9")), 401)
      assert.deepStrictEqual((yield* rows(database)).map((row) => row.merchantNo).sort(), [other, merchantNo])
      assert.match(child.stdout(), /may read the secrets in [^"]*other\.key: chmod 600/)
      assert.notInclude(child.stdout(), "CANARY")
    })
  )

  it.scopedLive("change keys on SIGHUP: none refused on the way, the old one refused afterwards", () =>
    Effect.gen(function* () {
      const { database, env, file } = yield* setUp(one({ id: "old", secret: "oldsecret" }))
      const { admin, child, url } = yield* running(env)
      let key = "oldsecret"
      let sent = 0
      const answers = new Map<string, number>()
      const sender = (lane: number) =>
        Effect.gen(function* () {
          for (let n = 0; key !== "stop"; n += 1) {
            const { body } = yield* post(url, yield* notification(lane * 100_000 + n, key))
            answers.set(body, (answers.get(body) ?? 0) + 1)
            sent += 1
          }
        })
      const load = yield* Effect.fork(
        Effect.forEach([1, 2, 3, 4], sender, { concurrency: "unbounded", discard: true })
      )
      const more = (count: number) => {
        const from = sent
        return eventually(Effect.sync(() => sent > from + count))
      }
      const hangUp = (content: unknown) =>
        Effect.gen(function* () {
          const before = yield* metric(admin, replaced)
          put(file, content)
          child.process.kill("SIGHUP")
          yield* eventually(Effect.map(metric(admin, replaced), (count) => count > before))
        })
      yield* more(50)
      // Both live; the vendor changes over; the old one goes.
      yield* hangUp(one({ id: "new", secret: "newsecret" }, { id: "old", secret: "oldsecret" }))
      yield* more(50)
      key = "newsecret"
      yield* more(50)
      yield* hangUp(one({ id: "new", secret: "newsecret" }))
      yield* more(50)
      key = "stop"
      yield* Fiber.join(load)
      assert.deepStrictEqual([...answers.keys()], ["OK"])
      assert.lengthOf(yield* rows(database), sent)
      assert.strictEqual((yield* post(url, yield* notification(1, "oldsecret"))).status, 401)
      assert.strictEqual((yield* post(url, yield* notification(1, "newsecret"))).status, 200)
      const lastUsed = (id: string) =>
        metric(admin, `yunmo_notifications_key_last_used_seconds{key="${id}",merchant="${merchantNo}"}`)
      assert.isAbove(yield* lastUsed("old"), 0)
      assert.isAtLeast(yield* lastUsed("new"), yield* lastUsed("old"))
      assert.notMatch(child.stdout(), /oldsecret|newsecret/)
      console.log(`rotation: ${sent} notifications, ${JSON.stringify(Object.fromEntries(answers))}`)
    })
  )

  it.scopedLive("keep their keys when the file breaks, loudly, and take it once it is mended", () =>
    Effect.gen(function* () {
      const { env, file } = yield* setUp(one(secret))
      const { admin, child, url } = yield* running(env)
      put(file, '{"merchants": [{"merchantNo": CANARY')
      child.process.kill("SIGHUP")
      yield* eventually(Effect.map(metric(admin, refusals), (count) => count > 0))
      assert.strictEqual(yield* metric(admin, "yunmo_merchants_file_broken"), 1)
      assert.match(child.stdout(), /The keys in use are kept: [^\n]*not JSON[^\n]*"logLevel":"ERROR"/)
      assert.strictEqual((yield* post(url, yield* notification(1))).body, "OK")
      // Mended without a signal: the change is seen.
      put(file, one("mended"))
      const body = yield* notification(2, "mended")
      yield* eventually(Effect.map(post(url, body), (answer) => answer.body === "OK"))
      assert.strictEqual(yield* metric(admin, "yunmo_merchants_file_broken"), 0)
      assert.strictEqual((yield* post(url, yield* notification(1))).status, 401)
      assert.notInclude(child.stdout() + child.stderr(), "CANARY")
    })
  )

  it.scopedLive(
    "that cannot be read at the start end it with one message, which names merchant and field",
    () =>
      Effect.gen(function* () {
        const { env } = yield* setUp({
          merchants: [
            { merchantNo, secretKeys: [" CANARY"] },
            { merchantNo: other, secretKeys: ["CANARY"], path }
          ]
        })
        const { code, stderr, stdout } = yield* Effect.flatMap(start(env), ({ ended }) => ended)
        assert.strictEqual(code, 1)
        assert.include(stderr, `merchant ${merchantNo}: secretKeys[0] is empty, or has blanks`)
        assert.include(stderr, `merchant ${other}: path is ${path}, which is taken`)
        assert.notInclude(stderr + stdout, "CANARY")
      })
  )

  it.scopedLive("that are settings survive SIGHUP, with a word on what to do", () =>
    Effect.gen(function* () {
      const { child, url } = yield* running(environment(join(yield* temporaryFolder, "yunmo.db")))
      child.process.kill("SIGHUP")
      yield* eventually(Effect.sync(() => child.stdout().includes("YUNMO_MERCHANTS_FILE")))
      assert.strictEqual((yield* Wire.call(`${url}/healthz`)).status, 200)
    })
  )
})
