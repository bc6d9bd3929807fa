/** The settings are told in three places: hints in the messages, the README, and `.env.example`. */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { hints } from "../src/internal/hints.js"

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const names = (found: Iterable<RegExpMatchArray>) => [...found].map(([, name]) => name ?? "").sort()

describe("the settings", () => {
  it("have a hint each, a row in the README, and a line in .env.example", () => {
    const hinted = Object.keys(hints).sort()
    assert.deepStrictEqual(names(text("../README.md").matchAll(/^\| `([A-Z_]+)` \|/gm)), hinted)
    assert.deepStrictEqual(names(text("../../../.env.example").matchAll(/^([A-Z_]+)=/gm)), hinted)
  })

  it("have the same defaults in the README and in .env.example", () => {
    const defaults = [...text("../README.md").matchAll(/^\| `([A-Z_]+)` \|.*\| no: `(.+)` \|$/gm)]
    assert.isAbove(defaults.length, 3)
    for (const [, name, value] of defaults) {
      assert.include(text("../../../.env.example"), `\n${name}=${value}\n`)
    }
  })
})
