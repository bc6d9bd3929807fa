import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Explain from "@effect-yunmo/signing/Explain"
import * as CallWords from "../src/internal/callWords.js"
import { common, type Entry } from "../src/internal/entries.js"
import { events } from "../src/internal/events.js"
import { actions } from "../src/internal/inboxProgram.js"
import { maxBytes } from "../src/internal/input.js"
import * as Rules from "../src/internal/rules.js"
import * as SandboxOptions from "../src/internal/sandboxOptions.js"
import { views } from "../src/internal/views.js"
import * as Words from "../src/internal/words.js"

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

  it("has a row for every event and view, with its options", () => {
    const row = ({ about, name, oneOf, options }: Entry) => {
      const own = options.filter((option) => !common.includes(option))
      const line = Words.synopsis({ name, about, options: own, ...(oneOf === undefined ? {} : { oneOf }) })
      return `| \`${name}\` | ${about} | ${line === "" ? "" : `\`${line.replaceAll("|", "\\|")}\``} |`
    }
    for (const [head, entries] of [
      ["| event | what happens | options |", events],
      ["| view | what it shows | options |", views]
    ] as const) {
      const table = `${head}\n|---|---|---|\n${entries.map(row).join("\n")}\n\n`
      assert.include(readme, table, table)
    }
  })

  it("has a row for every option of the sandbox, and no rule that there is not", () => {
    const options = SandboxOptions.entry.options.map(({ flag }) => flag)
    assert.isAbove(options.length, 12)
    for (const name of options) {
      assert.match(readme, new RegExp(`^\\| \`${name}[ \`]`, "m"))
    }
    for (const [, name] of readme.matchAll(/(?:--rule |`)([a-z]\w+)=(?!value)/g)) {
      assert.include(Rules.names, name)
    }
  })

  it("has a row for every option of call", () => {
    const [, section = ""] = readme.split("\n## yunmo call\n")
    const [own = ""] = section.split("\n## ")
    assert.deepStrictEqual(
      [...own.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, flag]) => flag),
      CallWords.entry.options.map(({ flag }) => flag)
    )
  })

  it("has a row for every action of inbox, with its options", () => {
    const rows = actions.map((action) => {
      const options = action.options.filter(({ flag }) => flag !== "--json")
      const argument = action.argument === undefined ? [] : [`<${action.argument}>`]
      const line = [...argument, Words.synopsis({ ...action, options })]
        .filter((word) => word !== "")
        .join(" ")
      return `| \`${action.name}\` | ${action.about} | ${line === "" ? "" : `\`${line.replaceAll("|", "\\|")}\``} |`
    })
    const table = `| action | what it does | options |\n|---|---|---|\n${rows.join("\n")}\n\n`
    assert.include(readme, table, table)
  })

  it("names the bounds as they are", () => {
    assert.include(
      readme.replaceAll("\n", " "),
      `within ${Explain.defaultMaxDigests.toLocaleString("en")} digests and ${Explain.maxCharacters / 1024 / 1024} Mi characters`
    )
    assert.include(readme, `up to ${maxBytes / 1024 / 1024} MiB of it`)
  })
})
