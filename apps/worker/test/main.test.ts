import { assert, describe, it } from "@effect/vitest"
import { ReadModel } from "@effect-yunmo/processing/ReadModel"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  amount,
  environment,
  eventually,
  fundedCard,
  merchantNo,
  paths,
  query,
  start,
  temporaryFolder,
  Way,
  working,
  world
} from "./support.js"

const secrets = ["sandbox-api-key", "sandbox-secret-key"]

const noneWaits = Effect.map(
  query<{ n: number }>("SELECT count(*) AS n FROM yunmo_inbox WHERE state = 'pending'"),
  ([row]) => row?.n === 0
)

const handled = Effect.map(
  query<{ n: number }>("SELECT count(*) AS n FROM yunmo_inbox WHERE state = 'handled'"),
  ([row]) => row?.n ?? 0
)

const acknowledged = Effect.flatMap(Sandbox, ({ deliveries }) =>
  Effect.map(deliveries, (all) => all.every(({ status }) => status === "acknowledged"))
)

const threeDs = (authId: string) =>
  Effect.map(
    query<{ state: string }>(`SELECT state FROM yunmo_three_ds WHERE auth_id = '${authId}'`),
    ([row]) => row?.state
  )

describe("settings", () => {
  const refused = (env: Record<string, string>) =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Effect.flatMap(start(env), ({ ended }) => ended)
      assert.strictEqual(code, 1, stdout)
      assert.notInclude(stderr, "    at ")
      for (const secret of secrets) {
        assert.notInclude(stderr + stdout, secret)
      }
      return stderr
    })

  it.live("that are missing are named all at once", () =>
    Effect.gen(function* () {
      const stderr = yield* refused({})
      const missing = ["YUNMO_MERCHANT_NO", "YUNMO_API_KEY", "YUNMO_SECRET_KEY", "YUNMO_DATABASE"]
      for (const name of missing) {
        assert.lengthOf(
          stderr.split("\n").filter((line) => line.trim().startsWith(`${name} is not set`)),
          1,
          stderr
        )
      }
      assert.include(stderr, "4 settings are missing or wrong")
    }).pipe(Effect.scoped)
  )

  it.live("that are wrong are named all at once, with what was expected", () =>
    Effect.gen(function* () {
      const stderr = yield* refused({
        YUNMO_MERCHANT_NO: " BU1",
        YUNMO_API_KEY: `${secrets[0]} `,
        YUNMO_SECRET_KEY: ` ${secrets[1]}`,
        YUNMO_BASE_URL: "http://api.example.com",
        YUNMO_DATABASE: "",
        WORKER_THREE_DS_POLICY: "aprove",
        WORKER_POLL_INTERVAL: "0 millis"
      })
      const wrong = [
        "YUNMO_MERCHANT_NO",
        "YUNMO_API_KEY",
        "YUNMO_SECRET_KEY",
        "YUNMO_BASE_URL",
        "YUNMO_DATABASE",
        "WORKER_THREE_DS_POLICY",
        "WORKER_POLL_INTERVAL"
      ]
      for (const name of wrong) {
        assert.lengthOf(
          stderr.split("\n").filter((line) => line.trim().startsWith(name)),
          1,
          stderr
        )
      }
      assert.include(stderr, "7 settings are missing or wrong")
      assert.include(stderr, "approve, decline, or ask")
    }).pipe(Effect.scoped)
  )

  const complete = (folder: string, overrides: Record<string, string>) => ({
    YUNMO_MERCHANT_NO: "BU1",
    YUNMO_API_KEY: "sandbox-api-key",
    YUNMO_SECRET_KEY: "sandbox-secret-key",
    YUNMO_DATABASE: `${folder}/yunmo.db`,
    ...overrides
  })

  for (const baseUrl of [
    "http://api.example.com",
    "http://10.0.0.7:8788",
    "ftp://api.example.com",
    "sandbox"
  ]) {
    it.live(`the base URL ${baseUrl} is refused`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const stderr = yield* refused(complete(folder, { YUNMO_BASE_URL: baseUrl }))
        assert.match(stderr, /^worker cannot start: a setting is missing or wrong\.\n {2}YUNMO_BASE_URL/)
        assert.match(stderr, /https/)
      }).pipe(Effect.scoped)
    )
  }

  it.live("a database that cannot be opened, and a contract that cannot be used, are one sentence each", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const database = yield* refused(complete(folder, { YUNMO_DATABASE: `${folder}/none/yunmo.db` }))
      assert.match(database, /^worker: The database .*\/none\/yunmo\.db cannot be opened: .*\n$/)
      const contract = yield* refused(complete(folder, { YUNMO_CONTRACT_FILE: `${folder}/none.json` }))
      assert.match(contract, /^worker: The contract file .*none\.json .*\n$/)
    }).pipe(Effect.scoped)
  )
})

describe("the worker", () => {
  it.live("handles what the vendor sends, answers 3-D Secure, and stops on SIGTERM with 0", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId, customerId } = yield* fundedCard("100.00")
      const worker = yield* working(yield* environment({ WORKER_THREE_DS_POLICY: "approve" }))
      const { orderNo } = yield* sandbox.authorize({ cardId, amount: amount("10.00"), currency: "USD" })
      yield* sandbox.settle({ orderNo, amount: amount("9.50") })
      const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
      yield* eventually(Effect.map(threeDs(authId), (state) => state === "approved"))
      yield* eventually(acknowledged)
      yield* eventually(noneWaits)

      const readModel = yield* ReadModel
      const [transaction, ...others] = yield* readModel.transactions(merchantNo, cardId)
      assert.lengthOf(others, 0)
      assert.deepInclude(transaction, { orderNo, cardId, state: "partlySettled", currency: "USD", events: 2 })
      assert.strictEqual(transaction && BigDecimal.format(transaction.settled), "9.5")
      const card = yield* Effect.flatten(readModel.card(merchantNo, cardId))
      assert.strictEqual(Option.getOrThrow(card.balance).text, "90.50")
      const customer = yield* Effect.flatten(readModel.customer(merchantNo, customerId))
      assert.deepStrictEqual(customer.kycMeaning, Option.some("passed" as const))
      const { threeDs: requests } = yield* sandbox.state
      assert.deepInclude(requests[0], { authId, decision: "approved" })

      worker.process.kill("SIGTERM")
      const { code, stderr, stdout } = yield* worker.ended
      assert.strictEqual(code, 0)
      assert.strictEqual(stderr, "")
      for (const line of stdout.trim().split("\n")) {
        assert.isObject(JSON.parse(line))
      }
      for (const secret of secrets) {
        assert.notInclude(stdout, secret)
      }
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.live(`stops on ${signal} in the middle of a backlog, and another goes on`, () =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox
        const { cardId } = yield* fundedCard("1000.00")
        const purchase = sandbox.transaction({ cardId, amount: amount("1.00"), currency: "USD" })
        yield* Effect.replicateEffect(purchase, 100)
        yield* eventually(acknowledged)
        const env = yield* environment()
        const worker = yield* working(env)
        yield* eventually(Effect.map(handled, (n) => n > 5))
        worker.process.kill(signal)
        const { code, stderr } = yield* worker.ended
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, "")
        yield* working(env)
        yield* eventually(noneWaits)
        assert.deepStrictEqual(
          yield* query("SELECT state, count(*) AS n FROM yunmo_transactions GROUP BY state"),
          [{ state: "settled", n: 100 }]
        )
      }).pipe(Effect.scoped, Effect.provide(world))
    )
  }

  it.live(
    "killed at any moment, again and again: each effect is there once",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox
        const { cardId } = yield* fundedCard("1000.00")
        const { orderNo } = yield* sandbox.authorize({ cardId, amount: amount("1.00"), currency: "USD" })
        const more = sandbox.additionalAuthorize({ orderNo, amount: amount("1.00") })
        yield* Effect.replicateEffect(more, 149)
        yield* eventually(acknowledged)
        const env = yield* environment()
        let kills = 0
        while (!(yield* noneWaits)) {
          const worker = yield* working(env)
          const before = yield* handled
          yield* eventually(
            Effect.map(Effect.all([handled, noneWaits]), ([n, none]) => none || n > before + 30)
          )
          worker.process.kill("SIGKILL")
          assert.strictEqual((yield* worker.ended).signal, "SIGKILL")
          kills += 1
        }
        assert.isAtLeast(kills, 3)
        const readModel = yield* ReadModel
        const [transaction] = yield* readModel.transactions(merchantNo, cardId)
        assert.deepInclude(transaction, { state: "authorized", events: 150 })
        assert.deepStrictEqual(yield* query("SELECT authorized FROM yunmo_transactions"), [
          { authorized: "150.00" }
        ])
        assert.deepStrictEqual(
          yield* query(
            "SELECT count(*) AS n, count(DISTINCT inbox_id) AS rows FROM yunmo_effects WHERE kind = 'trade'"
          ),
          [{ n: 150, rows: 150 }]
        )
        assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_findings"), [])
      }).pipe(Effect.scoped, Effect.provide(world)),
    120_000
  )

  it.live("killed while a 3-D Secure answer is on its way: it is not sent again", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const way = yield* Way
      const { cardId } = yield* fundedCard("100.00")
      const env = yield* environment({ WORKER_THREE_DS_POLICY: "approve" })
      const confirmations = Effect.sync(() => way.calls(paths.confirmThreeDs.path))
      way.hold(true)
      const worker = yield* working(env)
      const { authId } = yield* sandbox.requestThreeDs({
        cardId,
        amount: amount("1.00"),
        currency: "USD",
        expiresInSeconds: 20
      })
      yield* eventually(Effect.map(confirmations, (n) => n === 1))
      worker.process.kill("SIGKILL")
      yield* worker.ended
      way.hold(false)
      yield* working(env)
      const again = yield* sandbox.requestThreeDs({ cardId, amount: amount("2.00"), currency: "USD" })
      yield* eventually(Effect.map(threeDs(again.authId), (state) => state === "approved"))
      yield* Effect.sleep("300 millis")
      assert.strictEqual(yield* confirmations, 2)
      assert.strictEqual(yield* threeDs(authId), "deciding")
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  it.live("stopped while a 3-D Secure answer does not come: it gives up soon, and writes that down", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const way = yield* Way
      const { cardId } = yield* fundedCard("100.00")
      way.hold(true)
      const worker = yield* working(yield* environment({ WORKER_THREE_DS_POLICY: "decline" }))
      const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
      yield* eventually(Effect.sync(() => way.calls(paths.confirmThreeDs.path) === 1))
      worker.process.kill("SIGTERM")
      const { code } = yield* worker.ended
      assert.strictEqual(code, 0)
      assert.strictEqual(yield* threeDs(authId), "unknown")
      assert.deepStrictEqual(yield* query("SELECT kind, subject FROM yunmo_findings"), [
        { kind: "threeDsUnknown", subject: `3DS ${authId}` }
      ])
    }).pipe(Effect.scoped, Effect.provide(world))
  )

  it.live(
    "two of them on one database: each effect is there once, and one login for both",
    () =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox
        const { cardId } = yield* fundedCard("1000.00")
        const key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        const env = yield* environment({ WORKER_THREE_DS_POLICY: "approve", YUNMO_AT_REST_KEYS: key })
        const logins = Effect.map(Way, (way) => way.calls(paths.login.path))
        const before = yield* logins
        const workers = yield* Effect.all([working(env), working(env)], { concurrency: 2 })
        yield* Effect.forEach(
          Array.from({ length: 20 }),
          () =>
            Effect.gen(function* () {
              const { orderNo } = yield* sandbox.authorize({
                cardId,
                amount: amount("2.00"),
                currency: "USD"
              })
              yield* sandbox.settle({ orderNo })
              yield* sandbox.refund({ orderNo, amount: amount("0.50") })
              yield* sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
            }),
          { concurrency: 4 }
        )
        yield* eventually(acknowledged)
        yield* eventually(noneWaits)
        yield* eventually(
          Effect.map(sandbox.state, ({ threeDs }) => threeDs.every(({ decision }) => decision === "approved"))
        )
        assert.strictEqual((yield* Way).calls(paths.confirmThreeDs.path), 20)
        assert.deepStrictEqual(
          yield* query(
            "SELECT state, refunded, events, count(*) AS n FROM yunmo_transactions GROUP BY 1, 2, 3"
          ),
          [{ state: "partlyRefunded", refunded: "0.50", events: 3, n: 20 }]
        )
        assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_findings"), [])
        assert.strictEqual(yield* logins, before + 1)
        for (const { end } of workers) {
          const { stderr, stdout } = yield* end("SIGTERM")
          assert.strictEqual(stderr, "")
          assert.notInclude(stdout, key)
          assert.notInclude(stdout, "for-tests-on-loopback-only")
        }
      }).pipe(Effect.scoped, Effect.provide(world)),
    120_000
  )
})
