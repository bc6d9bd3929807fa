import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Report from "../src/Report.js"
import * as Rotation from "../src/Rotation.js"
import { seed } from "./support.js"

describe("rotation", () => {
  it.live("two keys live, then the old one gone, senders switching in between: none refused", () =>
    Effect.gen(function* () {
      const outcome = yield* Rotation.run({ seed: yield* seed, count: 300 })
      const report = Report.toMarkdown(Rotation.report(outcome))
      console.log(report)
      assert.deepStrictEqual(outcome.differences, [], report)
      assert.strictEqual(outcome.refused, 0, report)
      assert.strictEqual(outcome.tally.givenUp(), 0, report)
      assert.strictEqual(outcome.comparison.acknowledged, 900, report)
      assert.isAbove(outcome.quietFor ?? 0, 0, report)
      assert.strictEqual(outcome.afterwards, "401", report)
    })
  )
})
