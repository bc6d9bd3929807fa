/**
 * Everything there is to check, in one go: the checks of the root beside turbo's build, types, packages, API reports and
 * tests. One failure stops nothing but what needs it. The last line is `N passed, N failed`; what did not run has failed.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { expects, kinds, type Outcome, runTasks } from "./lib/tasks.ts"
import { quiet, toolPath } from "./lib/tools.ts"
import { root, workspaces } from "./lib/workspace.ts"

const script = (name: string) => join(root, "scripts", name)
const checks: Record<string, ReadonlyArray<string>> = {
  lint: [toolPath("@biomejs/biome", "biome"), "check", "--error-on-warnings", "--max-diagnostics=200"],
  imports: [script("check-imports.ts")],
  style: [script("check-style.ts")],
  changesets: [script("check-changesets.ts")],
  "types of scripts": [toolPath("typescript", "tsc"), "-p", "scripts"]
}
/** These look at dist too, and so have to wait for it. */
const checksAfterBuild: Record<string, ReadonlyArray<string>> = {
  contract: [script("check-contract.ts")],
  unused: [toolPath("knip", "knip"), "--no-progress"]
}

interface Row {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly milliseconds: number
  readonly note: string
}

const failures: Array<{ readonly name: string; readonly output: string }> = []
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`

const runChecks = async (some: typeof checks): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const [name, args] of Object.entries(some)) {
    const began = performance.now()
    const child = spawn(process.execPath, args, { cwd: root, env: quiet, stdio: ["ignore", "pipe", "pipe"] })
    const [out, err, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close")
    ])
    const milliseconds = performance.now() - began
    const ok = code === 0
    if (!ok) failures.push({ name, output: `${out}${err}`.trim() })
    console.log(`  ${name}: ${ok ? "ok" : "FAILED"} (${seconds(milliseconds)})`)
    rows.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, milliseconds, note: "" })
  }
  return rows
}

interface VitestReport {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
}

/** The tests of one package. One that was skipped has failed, and so has vitest itself where it fails without a failed test. */
const countTests = (folder: string, outcome: Outcome | undefined): Row => {
  const row = { name: folder, passed: 0, failed: 1, milliseconds: outcome?.milliseconds ?? 0 }
  const path = join(root, folder, "reports", "vitest.json")
  if (outcome === undefined) return { ...row, note: "did not run" }
  if (!existsSync(path)) return { ...row, note: "no report" }
  const told: VitestReport = JSON.parse(readFileSync(path, "utf8"))
  const passed = told.numPassedTests
  const skipped = told.numPendingTests + told.numTodoTests
  const failed = told.numFailedTests + skipped
  if (told.numTotalTests === 0) return { ...row, note: "no tests" }
  if (failed === 0 && !outcome.ok) return { ...row, passed, note: "vitest failed" }
  return { ...row, passed, failed, note: skipped > 0 ? `${skipped} skipped` : outcome.cached ? "cached" : "" }
}

const table = (title: string, rows: ReadonlyArray<Row>) => {
  console.log(`\n${title.padEnd(24)}${"passed".padStart(8)}${"failed".padStart(8)}${"time".padStart(10)}`)
  for (const { failed, milliseconds, name, note, passed } of rows) {
    const figures = `${String(passed).padStart(8)}${String(failed).padStart(8)}${seconds(milliseconds).padStart(10)}`
    console.log(`${name.padEnd(24)}${figures}  ${failed > 0 ? "FAILED " : ""}${note}`.trimEnd())
  }
}

const began = performance.now()
const [before, { outcomes, said }] = await Promise.all([runChecks(checks), runTasks()])
const checkRows = [...before, ...(await runChecks(checksAfterBuild))]
const testRows: Array<Row> = []
const missed: Array<string> = []
if (outcomes.length === 0) failures.push({ name: "turbo", output: said })

for (const kind of kinds) {
  const found = workspaces
    .filter((workspace) => expects(kind, workspace))
    .map((workspace) => {
      const id = `${workspace.manifest.name}#${kind}`
      return { id, workspace, outcome: outcomes.find((outcome) => outcome.id === id) }
    })
  for (const { id, outcome, workspace } of found) {
    if (outcome === undefined) missed.push(id)
    else if (!outcome.ok) failures.push({ name: id, output: outcome.log })
    if (kind !== "test") continue
    const row = countTests(workspace.folder, outcome)
    testRows.push(row)
    if (outcome?.ok && row.failed > 0) {
      failures.push({ name: id, output: `${row.note}: every test has to run and pass` })
    }
  }
  if (kind === "test") continue
  const passed = found.filter(({ outcome }) => outcome?.ok).length
  const cached = found.filter(({ outcome }) => outcome?.cached).length
  const milliseconds = found.reduce((sum, { outcome }) => sum + (outcome?.milliseconds ?? 0), 0)
  const note = cached > 0 ? `${cached} cached` : ""
  checkRows.push({ name: kind, passed, failed: found.length - passed, milliseconds, note })
}

for (const { name, output } of failures) console.log(`\n──── ${name} failed ────\n${output}`)
if (missed.length > 0) {
  console.log(`\n──── did not run, because something they need failed ────\n${missed.join("\n")}`)
}
table("check", checkRows)
table("tests", testRows)
const all = [...checkRows, ...testRows]
const failed = all.reduce((sum, row) => sum + row.failed, 0)
const passed = all.reduce((sum, row) => sum + row.passed, 0)
console.log(`\nIn ${seconds(performance.now() - began)}, by Node ${process.versions.node}.\n`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
