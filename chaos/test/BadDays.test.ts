import { fileURLToPath } from "node:url"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Port from "@effect-yunmo/test-support/Port"
import * as Effect from "effect/Effect"
import * as Apps from "../src/Apps.js"
import * as Compare from "../src/Compare.js"
import * as Supervisor from "../src/Supervisor.js"
import { eventually, oks, query, tell, world } from "./support.js"

describe("bad days", () => {
  it.scopedLive("the database is locked by another process for seconds: 503 or a late OK, nothing lost", () =>
    Effect.gen(function* () {
      const { database, load, port, tally } = yield* world
      const webhook = yield* Supervisor.start(Apps.webhook({ database, port }))
      const sending = load({ count: 600, cuts: 0 })
      const locked = Effect.gen(function* () {
        yield* eventually(Effect.sync(() => sending.done() > 100))
        const sql = yield* SqlClient
        const connection = yield* sql.reserve
        const statement = (text: string) => connection.executeUnprepared(text, [], undefined)
        yield* eventually(
          Effect.as(statement("BEGIN IMMEDIATE"), true).pipe(Effect.orElseSucceed(() => false))
        )
        // What was committed before the lock may still be on its way to the sender.
        yield* Effect.sleep("200 millis")
        const before = oks(tally)
        yield* Effect.sleep("4 seconds")
        const while_ = oks(tally) - before
        yield* statement("COMMIT")
        return while_
      }).pipe(Effect.scoped, Effect.provide(database.look), Effect.orDie)
      const [, oksWhileLocked] = yield* Effect.all([sending.run, locked], { concurrency: "unbounded" })
      tell("locked", tally)
      const comparison = yield* Compare.compare(database, tally)
      assert.deepStrictEqual([...comparison.differences, ...webhook.crashes()], [])
      assert.strictEqual(oksWhileLocked, 0)
      assert.strictEqual(tally.givenUp(), 0)
      assert.strictEqual(comparison.acknowledged, 600)
    })
  )

  it.scopedLive(
    "two webhooks on one database: both answer, no row lost or doubled, every delivery counted",
    () =>
      Effect.gen(function* () {
        const { database, load, port, tally } = yield* world
        const otherPort = yield* Port.lasting
        const ports = [port, otherPort]
        // Started together on a new file: both want to make the tables.
        const both = yield* Effect.forEach(
          ports,
          (one) => Supervisor.start(Apps.webhook({ database, port: one, env: { YUNMO_LOG_LEVEL: "debug" } })),
          {
            concurrency: 2
          }
        )
        const sentTo = new Map<string, number>()
        yield* load({
          count: 800,
          duplicates: 0.8,
          cuts: 0,
          url: (random) => {
            const url = Apps.webhookUrl(random.pick(port, otherPort))
            sentTo.set(url, (sentTo.get(url) ?? 0) + 1)
            return url
          }
        }).run
        tell("two webhooks", tally)
        const comparison = yield* Compare.compare(database, tally)
        assert.deepStrictEqual([...comparison.differences, ...both.flatMap((one) => one.crashes())], [])
        assert.strictEqual(comparison.rows, 800)
        assert.strictEqual(comparison.deliveries, oks(tally))
        assert.strictEqual(sentTo.size, 2)
        for (const one of both) {
          assert.include(one.current().stdout(), '"outcome":"kept"')
          assert.include(one.current().stdout(), '"outcome":"repeated"')
        }
      })
  )

  it.scopedLive("the clock jumps back by an hour: received, recognised and counted as before", () =>
    Effect.gen(function* () {
      const { database, load, port, tally } = yield* world
      const clock = fileURLToPath(new URL("../dist/shiftedClock.js", import.meta.url))
      const webhook = yield* Supervisor.start(
        Apps.webhook({
          database,
          port,
          nodeArgs: ["--import", clock],
          env: { CHAOS_CLOCK_JUMP: String(-3_600_000) }
        })
      )
      const sending = load({ count: 600, duplicates: 0.8, cuts: 0 })
      const jumped = Effect.gen(function* () {
        yield* eventually(Effect.sync(() => sending.done() > 200))
        webhook.current().process.kill("SIGUSR2")
      })
      yield* Effect.all([sending.run, jumped], { concurrency: "unbounded" })
      tell("clock jumped back", tally)
      const comparison = yield* Compare.compare(database, tally)
      assert.deepStrictEqual([...comparison.differences, ...webhook.crashes()], [])
      assert.strictEqual(comparison.deliveries, oks(tally))
      const [times] = yield* query<{ first: number; last: number; earlier: number }>(
        database,
        `SELECT min(received_at) AS first, max(received_at) AS last,
           (SELECT count(*) FROM yunmo_inbox WHERE last_received_at < received_at) AS earlier FROM yunmo_inbox`
      )
      assert.isAbove((times?.last ?? 0) - (times?.first ?? 0), 3_000_000)
      // Some rows came before the jump and again after it.
      assert.isAbove(times?.earlier ?? 0, 0)
    })
  )

  it.scopedLive("SIGTERM under load: nothing half answered, every OK has its row, and every row its OK", () =>
    Effect.gen(function* () {
      const { database, load, port, tally } = yield* world
      const webhook = yield* Apps.start(Apps.webhook({ database, port }))
      // One try each: what comes after the stop finds nobody, and stays so.
      const sending = load({ count: 1_500, cuts: 0, tries: 1, atOnce: 64 })
      const stopped = Effect.gen(function* () {
        yield* eventually(Effect.sync(() => sending.done() > 400))
        const underWay = sending.underWay()
        const [took, ended] = yield* Effect.timed(webhook.end("SIGTERM"))
        return { took, underWay, ended }
      })
      const [, { ended, took, underWay }] = yield* Effect.all([sending.run, stopped], {
        concurrency: "unbounded"
      })
      tell(`SIGTERM with ${underWay} under way, ended after ${took}`, tally)
      assert.deepInclude(ended, { code: 0, signal: null, stderr: "" })
      const comparison = yield* Compare.compare(database, tally)
      assert.deepStrictEqual(comparison.differences, [])
      assert.isAbove(underWay, 0)
      assert.isAbove(tally.givenUp(), 0)
      assert.strictEqual(comparison.keptUnheard, 0)
      assert.strictEqual(comparison.deliveries, oks(tally))
    })
  )

  it.scopedLive("a worker writes to the same file: receipt goes on", () =>
    Effect.gen(function* () {
      const { database, load, port, seed, tally } = yield* world
      const vendorPort = yield* Port.lasting
      yield* Apps.start(Apps.sandbox({ port: vendorPort, seed }))
      const webhook = yield* Supervisor.start(Apps.webhook({ database, port }))
      yield* load({ count: 800, cuts: 0 }).run
      tell("without a worker", tally)
      const without = tally.latencies.length
      const worker = yield* Supervisor.start(
        Apps.worker({ database, vendor: `http://127.0.0.1:${vendorPort}` })
      )
      const sending = load({ count: 800, first: 800, cuts: 0 })
      yield* sending.run
      const [touched] = yield* query<{ n: number }>(
        database,
        "SELECT count(*) AS n FROM yunmo_inbox WHERE attempts > 0 OR state = 'handled'"
      )
      tell("both", tally)
      tell("with a worker", { ...tally, latencies: tally.latencies.slice(without) })
      console.log(`rows that the worker had written to by then: ${touched?.n}`)
      const comparison = yield* Compare.compare(database, tally, { worked: true })
      assert.deepStrictEqual([...comparison.differences, ...webhook.crashes(), ...worker.crashes()], [])
      assert.strictEqual(tally.givenUp(), 0)
      assert.strictEqual(comparison.acknowledged, 1_600)
      assert.strictEqual(comparison.deliveries, oks(tally))
      assert.isAbove(touched?.n ?? 0, 0)
    })
  )
})
