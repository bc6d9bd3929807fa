import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Receive from "../src/Receive.js"
import * as Report from "../src/Report.js"
import { seed } from "./support.js"

const plain = { postgres: false, encrypted: false }

/** Answers first and keeps later: what many receivers do. */
const hasty = fileURLToPath(new URL("fixtures/hasty.mjs", import.meta.url))

const strictly = (outcome: Receive.Outcome) => {
  const report = Report.toMarkdown(Receive.report(outcome))
  console.log(report)
  assert.deepStrictEqual(outcome.differences, [], report)
  // It was at work when it was killed, or the run would show nothing.
  assert.isAbove(
    outcome.kills.filter(({ underWay }) => underWay > 0).length,
    outcome.options.kills / 2,
    report
  )
  assert.isAbove(outcome.comparison.acknowledged, 0.95 * outcome.options.count, report)
  assert.isAtLeast(outcome.comparison.rows, outcome.comparison.acknowledged, report)
}

describe("receive", () => {
  it.live("2,000 notifications, the webhook killed six times: every OK has its row", () =>
    Effect.gen(function* () {
      strictly(yield* Receive.run({ seed: yield* seed, count: 2_000, kills: 6, stops: 0, ...plain }))
    })
  )

  it.live(
    "600 notifications, encrypted, PostgreSQL stopped three times and the webhook killed once: the same",
    () =>
      Effect.gen(function* () {
        const outcome = yield* Receive.run({
          seed: yield* seed,
          count: 600,
          kills: 1,
          stops: 3,
          postgres: true,
          encrypted: true
        })
        strictly(outcome)
        assert.lengthOf(outcome.stops, 3)
      })
  )

  it.live("finds out a receiver that answers before it keeps", () =>
    Effect.gen(function* () {
      const { differences } = yield* Receive.run({
        seed: yield* seed,
        count: 300,
        kills: 2,
        stops: 0,
        ...plain,
        entry: hasty
      })
      assert.isAbove(differences.filter((one) => one.startsWith("LOST")).length, 0)
    })
  )
})
