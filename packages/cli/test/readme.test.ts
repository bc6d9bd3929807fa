import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Explain from "@effect-yunmo/signing/Explain"
import { maxBytes } from "../src/internal/input.js"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

describe("the README", () => {
  it("has a row for every mistake that explain finds, in its order", () => {
    const rows = [...readme.matchAll(/^\| `([A-Z][a-z]\w+)` \| (.*) \|$/gm)].map(([, code, sentence]) => [
      code,
      sentence
    ])
    assert.deepStrictEqual(
      rows,
      Explain.codes.map((code) => [code, Explain.sentences[code]])
    )
    assert.deepStrictEqual(Explain.codes.slice(-4), Explain.accepted)
  })

  it("names the bounds as they are", () => {
    assert.include(
      readme.replaceAll("\n", " "),
      `within ${Explain.defaultMaxDigests.toLocaleString("en")} digests and ${Explain.maxCharacters / 1024 / 1024} Mi characters`
    )
    assert.include(readme, `up to ${maxBytes / 1024 / 1024} MiB of it`)
  })
})
