/**
 * A program of ours as a real process: started, listened to, and ended with its scope, whatever happens. What it is done
 * harm with (signals, a limit on the size of its files) is given at the start or sent to its `process`.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

export interface Command {
  /** The path of a built entry point. */
  readonly entry: string
  readonly args?: ReadonlyArray<string>
  /** Its whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** Options of Node, `--import` say. */
  readonly nodeArgs?: ReadonlyArray<string>
  /**
   * Bytes that one file may have; writes beyond fail as on a full disk (EFBIG in place of ENOSPC). A soft limit: its own user
   * can raise it while it runs. Needs a POSIX shell.
   */
  readonly fileSizeLimit?: number
  /** Characters of each output to keep, the last ones; all of them when not given. */
  readonly keep?: number
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Child {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Calls back with each line of stdout that is finished from now on; gives what ends that. */
  readonly onLine: (hear: (line: string) => void) => () => void
  readonly ended: Effect.Effect<Ended>
  /** Sends a signal and waits for the end. */
  readonly end: (signal: NodeJS.Signals) => Effect.Effect<Ended>
}

export class EndedEarly extends Data.TaggedError("EndedEarly")<{ readonly ended: Ended }> {
  override get message(): string {
    const { code, signal, stderr, stdout } = this.ended
    return `It ended (${signal ?? `exit code ${code}`}) before it was at work: ${stderr.trim() || stdout.trim().slice(-2000)}`
  }
}

const launch = ({ args = [], entry, env, fileSizeLimit, nodeArgs = [] }: Command): ChildProcess => {
  // The shim that package managers put on the PATH does not pass signals on.
  const words = [process.execPath, ...nodeArgs, entry, ...args]
  const stdio = ["ignore", "pipe", "pipe"] as const
  const [node = "", ...rest] = words
  // POSIX counts in blocks of 512 bytes. Node ignores SIGXFSZ by itself, so the write fails in place of the process.
  return fileSizeLimit === undefined
    ? spawn(node, rest, { env, stdio: [...stdio] })
    : spawn(
        "/bin/sh",
        ["-c", `ulimit -S -f "$0" && exec "$@"`, String(Math.floor(fileSizeLimit / 512)), ...words],
        { env, stdio: [...stdio] }
      )
}

/** The process; killed, if it still lives, with the scope. */
export const start = (command: Command): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync((): Child => {
      const child = launch(command)
      const { keep = Number.POSITIVE_INFINITY } = command
      const hearers = new Set<(line: string) => void>()
      let stdout = ""
      let stderr = ""
      let begun = ""
      // Cut only once it is twice too long: cutting at each chunk would cost more than what is kept.
      const kept = (text: string) => (text.length > 2 * keep ? text.slice(-keep) : text)
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        stdout = kept(stdout + chunk)
        const lines = (begun + chunk).split("\n")
        begun = lines.pop() ?? ""
        for (const line of lines) {
          for (const hear of hearers) {
            hear(line)
          }
        }
      })
      child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
        stderr = kept(stderr + chunk)
      })
      const closed = new Promise<Ended>((resolve) => {
        child.on("error", (error) => {
          stderr += error.message
          resolve({ code: null, signal: null, stdout, stderr })
        })
        child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
      })
      const ended = Effect.promise(() => closed)
      return {
        process: child,
        stdout: () => stdout,
        stderr: () => stderr,
        onLine: (hear) => {
          hearers.add(hear)
          return () => hearers.delete(hear)
        },
        ended,
        end: (signal) =>
          Effect.zipRight(
            Effect.sync(() => child.kill(signal)),
            ended
          )
      }
    }),
    ({ end }) => end("SIGKILL")
  )

/**
 * What the process says of itself on stdout, in the first line that `read` knows: `Program.readAnnouncement`, say. Fails when
 * it ends before.
 */
export const announced = <A>(
  child: Child,
  read: (line: string) => Option.Option<A>
): Effect.Effect<A, EndedEarly> =>
  Effect.async<A>((resume) => {
    const hear = (line: string) => {
      const found = read(line)
      if (Option.isSome(found)) {
        resume(Effect.succeed(found.value))
      }
    }
    const stop = child.onLine(hear)
    for (const line of child.stdout().split("\n").slice(0, -1)) {
      hear(line)
    }
    return Effect.sync(stop)
  }).pipe(Effect.raceFirst(Effect.flatMap(child.ended, (ended) => Effect.fail(new EndedEarly({ ended })))))
