import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Child from "@effect-yunmo/test-support/Child"
import * as Folder from "@effect-yunmo/test-support/Folder"
import * as Effect from "effect/Effect"

const entry = fileURLToPath(new URL("../dist/main.js", import.meta.url))
const chaos = (...args: ReadonlyArray<string>) =>
  Effect.flatMap(Child.start({ entry, args, env: {} }), ({ ended }) => ended)

describe("pnpm chaos", () => {
  it.scopedLive("writes a report with what is needed to run it again, and exits with 0", () =>
    Effect.gen(function* () {
      const file = join(yield* Folder.temporary, "report.md")
      const { code, stderr, stdout } = yield* chaos(
        ..."receive --seed 11 --count 60 --kills 1 --report".split(" "),
        file
      )
      assert.strictEqual(stdout, "")
      assert.strictEqual(stderr, "chaos: receive with seed 11\n")
      assert.strictEqual(code, 0)
      const report = readFileSync(file, "utf8")
      assert.include(report, "`pnpm chaos receive --seed 11 --count 60 --kills 1`")
      assert.include(report, "| kill -9 of the webhook | 1 |")
      assert.include(report, "| OK and lost | 0 |")
      assert.include(report, "## Differences\n\nNone.")
    })
  )

  it.scopedLive("exits with 1 when an OK was lost, and says which", () =>
    Effect.gen(function* () {
      const hasty = fileURLToPath(new URL("fixtures/hasty.mjs", import.meta.url))
      const { code, stdout } = yield* chaos(
        ..."receive --seed 12 --count 100 --kills 1 --entry".split(" "),
        hasty
      )
      assert.strictEqual(code, 1)
      assert.match(stdout, /- LOST: message \d+ was answered OK/)
    })
  )

  it.scopedLive("tells its scenarios", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* chaos()
      assert.strictEqual(code, 0)
      for (const scenario of ["receive", "disk-full", "rotation"]) {
        assert.include(stdout, scenario)
      }
    })
  )

  for (const words of ["receive --scale huge", "receive --kills -1", "receive --seed x", "recieve"]) {
    it.scopedLive(`exits with 2 for "${words}"`, () =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* chaos(...words.split(" "))
        assert.strictEqual(code, 2)
        assert.notStrictEqual((stderr + stdout).trim(), "")
        assert.notInclude(stderr + stdout, "    at ")
      })
    )
  }
})
