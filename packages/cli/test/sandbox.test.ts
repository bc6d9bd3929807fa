import { type ChildProcess, spawn } from "node:child_process"
import { createServer } from "node:http"
import { connect } from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Program from "@effect-yunmo/node/Program"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url))

interface Run {
  readonly child: ChildProcess
  readonly lines: ReadonlyArray<string>
  readonly stderr: () => string
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

/** `yunmo` as a process of its own, ended with the test. */
const yunmo = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Run => {
      const child = spawn(process.execPath, [bin, ...args], {
        env: { PATH: process.env.PATH, ...environment },
        stdio: ["ignore", "pipe", "pipe"]
      })
      let stdout = ""
      let stderr = ""
      const lines: Array<string> = []
      child.stdout.on("data", (chunk: Buffer) => {
        stdout += chunk.toString("utf8")
        const parts = stdout.split("\n")
        stdout = parts.pop() ?? ""
        lines.push(...parts)
      })
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString("utf8")
      })
      return {
        child,
        lines,
        stderr: () => stderr,
        ended: new Promise((resolve) => child.on("close", resolve))
      }
    }),
    ({ child, ended }) =>
      Effect.promise(() => {
        child.kill("SIGKILL")
        return ended
      })
  )

const announcements = ({ lines }: Run) =>
  lines.flatMap((line) => Option.toArray(Program.readAnnouncement(line)))

/** Waits for the line by which it says that it listens. */
const listening = (run: Run) =>
  Effect.gen(function* () {
    for (;;) {
      const [announcement] = announcements(run)
      if (announcement?.event === "listening") {
        return announcement
      }
      assert.isNull(
        run.child.exitCode,
        `it goes on until it listens\n${run.lines.join("\n")}\n${run.stderr()}`
      )
      yield* Effect.sleep("10 millis")
    }
  })

const get = (url: string, credential?: string) =>
  Effect.promise(async () => {
    const response = await fetch(
      url,
      credential === undefined ? {} : { headers: { authorization: `Bearer ${credential}` } }
    )
    return { status: response.status, text: await response.text() }
  })

describe("yunmo sandbox", () => {
  it.scopedLive("listens on a free port, says so in one line of JSON, and what it is", () =>
    Effect.gen(function* () {
      const run = yield* yunmo(["sandbox", "--port", "0", "--callback", "http://localhost:9/hook"])
      const { app, pid, url } = yield* listening(run)
      assert.deepStrictEqual([app, pid], ["sandbox", run.child.pid])
      assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
      assert.strictEqual(announcements(run).length, 1)
      for (const line of run.lines) {
        assert.isObject(JSON.parse(line))
      }
      const said = run.lines.join("\n")
      assert.include(said, "not YUNMO")
      assert.include(said, "the merchant BU000000001")
      assert.include(said, String.raw`YUNMO_SECRET_KEY is not set: it is \"sandbox-secret-key\"`)
      assert.strictEqual(run.stderr(), "")

      assert.strictEqual((yield* get(`${url}/_sandbox/health`)).status, 200)
      assert.strictEqual((yield* get(`${url}/_sandbox/state`, "wrong")).status, 401)
      const state = yield* get(`${url}/_sandbox/state`, "sandbox-control")
      assert.include(state.text, `"callbackUrl":"http://localhost:9/hook"`)
      assert.strictEqual((yield* get(`${url}/`)).status, 404)
    })
  )

  it.scopedLive("takes its settings from the environment, and shows no secret of them", () =>
    Effect.gen(function* () {
      const run = yield* yunmo(["sandbox", "--port", "0", "--seed", "monday"], {
        YUNMO_MERCHANT_NO: "BU078255558",
        YUNMO_API_KEY: "CANARY-api",
        YUNMO_SECRET_KEY: "CANARY-secret",
        SANDBOX_CONTROL_TOKEN: "CANARY-control"
      })
      const { url } = yield* listening(run)
      const state = yield* get(`${url}/_sandbox/state`, "CANARY-control")
      assert.deepStrictEqual([state.status, state.text.includes("BU078255558")], [200, true])
      assert.strictEqual((yield* get(`${url}/_sandbox/state`, "sandbox-control")).status, 401)
      run.child.kill("SIGTERM")
      yield* Effect.promise(() => run.ended)
      const said = run.lines.join("\n") + run.stderr()
      assert.include(said, "YUNMO_SECRET_KEY is taken from the environment.")
      assert.notInclude(said, "CANARY")
    })
  )

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.scopedLive(`stops cleanly on ${signal}, though a client keeps a request open`, () =>
      Effect.gen(function* () {
        const run = yield* yunmo(["sandbox", "--port", "0"])
        const { url } = yield* listening(run)
        const socket = connect(Number(new URL(url).port), "127.0.0.1")
        socket.on("error", () => undefined)
        socket.write(
          "POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"
        )
        yield* Effect.sleep("50 millis")
        run.child.kill(signal)
        assert.strictEqual(yield* Effect.promise(() => run.ended), 0)
        assert.strictEqual(run.stderr(), "")
        socket.destroy()
      })
    )
  }

  it.scopedLive("says which port is taken and how to change it", () =>
    Effect.gen(function* () {
      const other = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer()
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const address = other.address()
      assert(typeof address === "object" && address !== null)
      const run = yield* yunmo(["sandbox", "--port", String(address.port)])
      assert.strictEqual(yield* Effect.promise(() => run.ended), 1)
      assert.strictEqual(
        run.stderr(),
        `yunmo: Port ${address.port} of 127.0.0.1 is taken by another program; stop it, or give another port with --port (0 takes a free one).\n`
      )
    })
  )

  const wrong: ReadonlyArray<
    readonly [string, ReadonlyArray<string>, Readonly<Record<string, string>>, string]
  > = [
    ["an unknown command", ["sandcastle"], {}, "Invalid subcommand"],
    ["a port that is none", ["sandbox", "--port", "99999"], {}, "from 0 to 65535"],
    ["a duration that is none", ["sandbox", "--settle-after", "soon"], {}, `such as "250 millis"`],
    [
      "a callback elsewhere",
      ["sandbox", "--callback", "https://example.com/"],
      {},
      "--allow-remote-callbacks"
    ],
    [
      "an address elsewhere",
      ["sandbox", "--host", "192.0.2.1", "--port", "0"],
      { SANDBOX_CONTROL_TOKEN: "x" },
      "--host"
    ],
    [
      "an open address without a control token",
      ["sandbox", "--host", "0.0.0.0", "--port", "0"],
      {},
      "SANDBOX_CONTROL_TOKEN"
    ],
    ["a secret with blanks", ["sandbox"], { YUNMO_SECRET_KEY: " CANARY" }, "YUNMO_SECRET_KEY"],
    [
      "a contract file that is not there",
      ["sandbox", "--port", "0"],
      { YUNMO_CONTRACT_FILE: "/nowhere.json" },
      "/nowhere.json"
    ]
  ]
  for (const [what, args, environment, part] of wrong) {
    it.scopedLive(`refuses ${what} in a sentence, and exits with 1`, () =>
      Effect.gen(function* () {
        const run = yield* yunmo(args, environment)
        assert.strictEqual(yield* Effect.promise(() => run.ended), 1)
        assert.include(run.stderr(), part)
        assert.notMatch(run.stderr(), /^\s+at /m)
        assert.notInclude(run.lines.join("\n") + run.stderr(), "CANARY")
        assert.deepStrictEqual(announcements(run), [])
      })
    )
  }

  it.scopedLive("explains itself", () =>
    Effect.gen(function* () {
      const help = yield* yunmo(["sandbox", "--help"])
      assert.strictEqual(yield* Effect.promise(() => help.ended), 0)
      const text = help.lines.join("\n")
      for (const part of ["--port", "--host", "--callback", "--seed", "--settle-after", "YUNMO_SECRET_KEY"]) {
        assert.include(text, part)
      }
      const version = yield* yunmo(["--version"])
      assert.strictEqual(yield* Effect.promise(() => version.ended), 0)
      assert.match(version.lines.join(""), /\d+\.\d+\.\d+/)
    })
  )
})
