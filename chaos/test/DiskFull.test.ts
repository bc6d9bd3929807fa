import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as DiskFull from "../src/DiskFull.js"
import * as Report from "../src/Report.js"
import { seed } from "./support.js"

describe("disk full", () => {
  it.live(
    "503 with Retry-After and no OK without a row, and back to work by itself when there is space",
    () =>
      Effect.gen(function* () {
        const outcome = yield* DiskFull.run({ seed: yield* seed, folder: Option.none() })
        const report = Report.toMarkdown(DiskFull.report(outcome))
        console.log(report)
        assert.deepStrictEqual(outcome.differences, [], report)
        assert.isAbove(outcome.refusals, 10, report)
        assert.strictEqual(outcome.oksAfterwards, 20, report)
        assert.strictEqual(outcome.comparison.rows, outcome.comparison.acknowledged, report)
      })
  )
})
