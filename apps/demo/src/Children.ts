/** The programs of the demo as real processes. They end with the scope they were started in, whatever happens. */
import { spawn } from "node:child_process"
import { appendFileSync } from "node:fs"
import { createInterface } from "node:readline"
import * as Program from "@effect-yunmo/node/Program"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

export interface Command {
  readonly app: string
  /** A built entry point. */
  readonly entry: string
  readonly args?: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  /** Where its output goes. */
  readonly log: string
}

export interface Child {
  readonly app: string
  readonly pid: number
  /** Where it listens; empty for one that listens nowhere. */
  readonly url: string
  /** Fails when the process ends. */
  readonly ended: Effect.Effect<never, ChildEnded>
}

export class ChildEnded extends Data.TaggedError("ChildEnded")<{
  readonly app: string
  readonly how: string
  readonly complaint: string
  readonly log: string
}> {
  override get message(): string {
    return `The ${this.app} ended (${this.how})${this.complaint === "" ? "" : `: ${this.complaint}`}. Its output is in ${this.log}.`
  }
}

export class ChildSilent extends Data.TaggedError("ChildSilent")<{
  readonly app: string
  readonly log: string
}> {
  override get message(): string {
    return `The ${this.app} did not come up within 20 seconds. Its output is in ${this.log}.`
  }
}

const ours = /^(?:YUNMO|WEBHOOK|WORKER|SANDBOX)_/

/** What the machine has set for our programs does not reach the demo's. */
const inherited = Object.fromEntries(
  Object.entries(process.env).flatMap(
    ([name, value]): ReadonlyArray<[string, string]> =>
      value === undefined || ours.test(name) ? [] : [[name, value]]
  )
)

/** Starts a process and waits until it says that it is at work. */
export const start = (command: Command): Effect.Effect<Child, ChildEnded | ChildSilent, Scope.Scope> =>
  Effect.gen(function* () {
    const { app, log } = command
    const announced = yield* Deferred.make<Program.Announcement>()
    const ended = yield* Deferred.make<never, ChildEnded>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => launch(command, announced, ended)),
      (child) =>
        Effect.gen(function* () {
          child.kill("SIGTERM")
          const stopped = yield* Deferred.await(ended).pipe(Effect.ignore, Effect.timeoutOption("8 seconds"))
          if (Option.isNone(stopped)) {
            child.kill("SIGKILL")
          }
        })
    )
    const announcement = yield* Deferred.await(announced).pipe(
      Effect.raceFirst(Deferred.await(ended)),
      Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => new ChildSilent({ app, log }) })
    )
    return {
      app,
      pid: child.pid ?? announcement.pid,
      url: announcement.event === "listening" ? announcement.url : "",
      ended: Deferred.await(ended)
    }
  })

const launch = (
  { app, args = [], entry, env, log }: Command,
  announced: Deferred.Deferred<Program.Announcement>,
  ended: Deferred.Deferred<never, ChildEnded>
) => {
  const complaints: Array<string> = []
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const end = (how: string) =>
    Deferred.unsafeDone(
      ended,
      Effect.fail(new ChildEnded({ app, how, complaint: complaints.slice(0, 12).join("\n").trim(), log }))
    )
  createInterface({ input: child.stdout }).on("line", (line) => {
    appendFileSync(log, `${line}\n`)
    Option.map(Program.readAnnouncement(line), (announcement) =>
      Deferred.unsafeDone(announced, Effect.succeed(announcement))
    )
  })
  createInterface({ input: child.stderr }).on("line", (line) => {
    appendFileSync(log, `${line}\n`)
    complaints.push(line.trim())
  })
  child.once("error", (error) => end(error.message))
  child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : signal))
  return child
}
