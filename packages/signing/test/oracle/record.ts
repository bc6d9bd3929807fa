/** Writes down what Python says of some messages, in `answers.json`: `pnpm --filter @effect-yunmo/signing oracle:record`. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { policies, tasksOf } from "./messages.js"
import { ask } from "./python.js"

const seed = 20261123

it("writes down what Python says", () => {
  const tasks = tasksOf(seed, 600)
  const digests = ask(tasks).map((answer) => {
    const all = policies.map(({ collision, nested }) => answer[`${nested} ${collision}`]?.[1] ?? "")
    // Most messages have neither nested values nor collisions, and so one digest under every policy.
    return new Set(all).size === 1 ? all.slice(0, 1) : all
  })
  const rows = tasks.map(({ message, secret }, index) =>
    JSON.stringify([message, secret, ...(digests[index] ?? [])])
  )
  assert.lengthOf(rows, 600)
  writeFileSync(
    join(import.meta.dirname, "answers.json"),
    `{"seed":${seed},"answers":[\n${rows.join(",\n")}\n]}\n`
  )
})
