import { renameSync, rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Apps from "../src/Apps.js"
import * as Compare from "../src/Compare.js"
import type { Database } from "../src/Database.js"
import * as Load from "../src/Load.js"
import * as Supervisor from "../src/Supervisor.js"
import * as Tally from "../src/Tally.js"
import { eventually, oks, tell, world } from "./support.js"

const files = ({ setting }: Database) => ["", "-wal", "-shm"].map((suffix) => `${setting}${suffix}`)

describe("the database file", () => {
  it.scopedLive(
    "moved away under load: 503 and no OK; moved back: at work again by itself, nothing lost",
    () =>
      Effect.gen(function* () {
        const { database, load, port, tally } = yield* world
        const webhook = yield* Supervisor.start(Apps.webhook({ database, port }))
        const first = load({ count: 300, cuts: 0, tries: 2 })
        const moved = Effect.gen(function* () {
          yield* eventually(Effect.sync(() => first.done() > 100))
          for (const file of files(database)) {
            renameSync(file, `${file}.away`)
          }
        })
        yield* Effect.all([first.run, moved], { concurrency: "unbounded" })
        const before = oks(tally)
        yield* load({ count: 50, first: 300, cuts: 0, tries: 1, duplicates: 0 }).run
        assert.strictEqual(oks(tally), before)
        assert.isAtLeast(tally.answers.get("503") ?? 0, 50)
        for (const file of files(database)) {
          renameSync(`${file}.away`, file)
        }
        // The vendor sends again what it got no OK for.
        yield* load({ count: 350, cuts: 0, duplicates: 0 }).run
        tell("moved away and back", tally)
        const comparison = yield* Compare.compare(database, tally)
        assert.deepStrictEqual([...comparison.differences, ...webhook.crashes()], [])
        assert.strictEqual(comparison.acknowledged, 350)
      })
  )

  it.scopedLive("deleted under load: 503 and no OK; after a restart at work on a new one", () =>
    Effect.gen(function* () {
      const { database, load, port, seed, sender } = yield* world
      const webhook = yield* Supervisor.start(Apps.webhook({ database, port }))
      const first = load({ count: 300, cuts: 0, tries: 2 })
      const deleted = Effect.gen(function* () {
        yield* eventually(Effect.sync(() => first.done() > 100))
        for (const file of files(database)) {
          rmSync(file)
        }
      })
      yield* Effect.all([first.run, deleted], { concurrency: "unbounded" })
      // What was in the file is gone, as whoever deleted it wanted. From here on every OK has to have its row again.
      const tally = Tally.make()
      const plan: Load.Plan = { seed, first: 300, count: 50, cuts: 0, url: () => Apps.webhookUrl(port) }
      yield* Load.make({ ...plan, tries: 1, duplicates: 0 }, sender, tally).run
      assert.strictEqual(oks(tally), 0)
      assert.strictEqual(tally.answers.get("503"), 50)
      yield* webhook.killAndRestart
      yield* Load.make(plan, sender, tally).run
      tell("deleted", tally)
      const comparison = yield* Compare.compare(database, tally)
      assert.deepStrictEqual([...comparison.differences, ...webhook.crashes()], [])
      assert.strictEqual(comparison.rows, 50)
      assert.strictEqual(comparison.acknowledged, 50)
    })
  )
})
