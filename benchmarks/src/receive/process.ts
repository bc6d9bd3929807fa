/** Contestants and generator as processes: started, asked, ended. */
import { type ChildProcess, fork } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Program from "@effect-yunmo/node/Program"
import * as Option from "effect/Option"
import type { Load, Report } from "./generator.js"
import type { State } from "./probe.js"

/** A program by its path from here, as it was built: a test runs this file from `src`. */
export const programOf = (path: string): string =>
  fileURLToPath(new URL(path, import.meta.url.replace("/src/receive/", "/dist/receive/")))

/** The next message of a process, or a failure when it ends before that. */
const heard = <A>(child: ChildProcess, name: string): Promise<A> =>
  new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off("exit", onExit)
      resolve(message as A)
    }
    const onExit = (code: number | null, signal: string | null) => {
      child.off("message", onMessage)
      reject(new Error(`${name} ended with ${code ?? signal}`))
    }
    child.once("message", onMessage).once("exit", onExit)
  })

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once("exit", resolve))
    child.kill("SIGTERM")
    const killer = setTimeout(() => child.kill("SIGKILL"), 10_000)
    await exit
    clearTimeout(killer)
  }
}

export interface Starting {
  readonly name: string
  readonly program: string
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** What it writes to standard output goes to this file, as it does under a supervisor. */
  readonly output: string
}

export interface Server {
  readonly port: number
  readonly pid: number
  readonly state: () => Promise<State>
  readonly stop: () => Promise<void>
}

const announced = async (child: ChildProcess, { name, output }: Starting): Promise<URL> => {
  while (child.exitCode === null) {
    for (const line of readFileSync(output, "utf8").split("\n")) {
      const announcement = Option.getOrUndefined(Program.readAnnouncement(line))
      if (announcement?.event === "listening") {
        return new URL(announcement.url)
      }
    }
    await sleep(20)
  }
  throw new Error(`${name} ended with ${child.exitCode} before it listened; what it said stands above`)
}

/** Starts a server, and waits until it listens. */
export const start = async (starting: Starting): Promise<Server> => {
  const { args = [], env = {}, name, output, program } = starting
  const file = openSync(output, "w")
  const child = fork(program, args, {
    env,
    execArgv: ["--import", programOf("./probe.js")],
    stdio: ["ignore", file, "inherit", "ipc"]
  })
  closeSync(file)
  const url = await announced(child, starting)
  return {
    port: Number(url.port),
    pid: child.pid ?? 0,
    state: () => {
      const state = heard<State>(child, name)
      child.send("state")
      return state
    },
    stop: () => ended(child)
  }
}

export interface Generator {
  readonly run: (load: Load) => Promise<Report>
  readonly stop: () => Promise<void>
}

export const startGenerator = (): Generator => {
  const child = fork(programOf("./generator.js"))
  return {
    run: (load) => {
      const report = heard<Report>(child, "the generator")
      child.send(load)
      return report
    },
    stop: () => ended(child)
  }
}
