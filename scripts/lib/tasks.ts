/** One run of turbo over all packages and apps, and what became of each task. */
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { text } from "node:stream/consumers"
import { quiet, toolPath } from "./tools.ts"
import { root, type Workspace, workspaces } from "./workspace.ts"

export const kinds = ["build", "types", "check:package", "check:api", "test"]

/** Whether there has to be such a task in this package or app; where its script is missing, it counts as not run. */
export const expects = (kind: string, { manifest, published }: Workspace): boolean => {
  if (kind === "check:package") return published
  if (kind === "check:api") return published && "." in (manifest.exports ?? {})
  return true
}

export interface Outcome {
  /** As in `@effect-yunmo/signing#test`. */
  readonly id: string
  readonly ok: boolean
  readonly cached: boolean
  readonly milliseconds: number
  readonly log: string
}

interface Summary {
  readonly tasks: ReadonlyArray<{
    readonly taskId: string
    readonly logFile: string
    readonly cache: { readonly status: string }
    readonly execution?: { readonly startTime: number; readonly endTime: number; readonly exitCode: number }
  }>
}

const logOf = (file: string) => {
  try {
    return readFileSync(join(root, file), "utf8").trim()
  } catch {
    return "It left no log."
  }
}

/** Runs all tasks to their end and says which it starts. Only outcomes of tasks that ran, now or in the cache, come back. */
export const runTasks = async (): Promise<{ outcomes: ReadonlyArray<Outcome>; said: string }> => {
  const runs = join(root, ".turbo", "runs")
  rmSync(runs, { recursive: true, force: true })
  for (const { folder } of workspaces) rmSync(join(root, folder, "reports"), { recursive: true, force: true })

  const options = ["--continue=dependencies-successful", "--concurrency=100%", "--output-logs=full"]
  const args = [toolPath("turbo", "turbo"), "run", ...kinds, ...options, "--summarize", "--json"]
  const child = spawn(process.execPath, args, { cwd: root, env: quiet, stdio: ["ignore", "pipe", "pipe"] })
  const stderr = text(child.stderr)
  let said = ""
  for await (const line of createInterface({ input: child.stdout })) {
    const event: { source: string; text: string } = line.startsWith("{")
      ? JSON.parse(line)
      : { source: "turbo", text: line }
    if (event.source === "turbo") said += `${event.text}\n`
    else if (event.text.startsWith("cache miss")) console.log(`  ${event.source.replace("#", ": ")}`)
    else if (event.text.includes("ELIFECYCLE")) console.log(`  ${event.source.replace("#", ": ")} FAILED`)
  }
  said = `${said}${await stderr}`.trim()

  const [file] = existsSync(runs) ? readdirSync(runs) : []
  if (file === undefined) return { outcomes: [], said }
  const summary: Summary = JSON.parse(readFileSync(join(runs, file), "utf8"))
  const outcomes = summary.tasks.flatMap(({ cache, execution, logFile, taskId }) =>
    execution === undefined
      ? []
      : {
          id: taskId,
          ok: execution.exitCode === 0,
          cached: cache.status === "HIT",
          milliseconds: execution.endTime - execution.startTime,
          log: logOf(logFile)
        }
  )
  return { outcomes, said }
}
