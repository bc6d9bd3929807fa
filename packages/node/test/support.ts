import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { afterEach } from "@effect/vitest"
import type {} from "@effect-yunmo/test-support/postgresSetup"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"

/** A folder that goes away with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "yunmo-node-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

const children = new Set<ChildProcess>()

// A failed test must not leave its program running.
afterEach(() => {
  for (const child of children) {
    child.kill("SIGKILL")
  }
})

/** Runs the fixture as a process of its own, and sends it signals once a line of its output holds some text. */
export const fixture = (
  mode: string,
  options: {
    readonly env?: Record<string, string>
    readonly kill?: readonly [text: string, ...signals: ReadonlyArray<NodeJS.Signals>]
    /** Another signal, so many milliseconds after those of `kill`. */
    readonly killAgain?: readonly [signal: NodeJS.Signals, millis: number]
  } = {}
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const file = fileURLToPath(new URL("./fixtures/program.mjs", import.meta.url))
    const child = spawn(process.execPath, [file, mode], {
      env: options.env ?? {},
      stdio: ["ignore", "pipe", "pipe"]
    })
    children.add(child)
    const [text, ...signals] = options.kill ?? []
    let stdout = ""
    let stderr = ""
    createInterface({ input: child.stdout }).on("line", (line) => {
      stdout += `${line}\n`
      if (text !== undefined && line.includes(text)) {
        for (const signal of signals) {
          child.kill(signal)
        }
        if (options.killAgain !== undefined) {
          const [signal, millis] = options.killAgain
          setTimeout(() => child.kill(signal), millis)
        }
      }
    })
    child.stderr.on("data", (data) => {
      stderr += String(data)
    })
    child.on("error", reject)
    child.on("close", (code, signal) => {
      children.delete(child)
      resolve({ code, signal, stdout, stderr })
    })
  })

/** Looks again until it holds. */
export const eventually = <E, R>(look: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(look, (holds) =>
    holds ? Effect.void : Effect.zipRight(Effect.sleep("10 millis"), eventually(look))
  ).pipe(
    Effect.timeoutFail({ duration: "45 seconds", onTimeout: () => new Error("it does not come to be") }),
    Effect.orDie
  )

/** What is logged, as lines of text. */
export const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.make(
    ({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`)
  )
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) }
}
