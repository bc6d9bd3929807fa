/** Sandboxes as processes of their own, and what stands around them. */

import { type ChildProcess, spawn } from "node:child_process"
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Program from "@effect-yunmo/node/Program"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Answer } from "../src/internal/answer.js"
import type { CommandFailed } from "../src/internal/failure.js"
import { answerTo, type Name } from "../src/internal/sandboxControl.js"

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url))

export interface Run {
  readonly child: ChildProcess
  readonly lines: ReadonlyArray<string>
  readonly stderr: () => string
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

/** `yunmo` as a process of its own, ended with the test. */
export const start = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
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

export const announcements = ({ lines }: Run) =>
  lines.flatMap((line) => Option.toArray(Program.readAnnouncement(line)))

/** Waits for the line by which it says that it listens. */
export const listening = (run: Run) =>
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

/** The URL of a sandbox that runs on a free port. */
export const sandbox = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const run = yield* start(["sandbox", "--port", "0", ...args])
    const { url } = yield* listening(run)
    return { run, url }
  })

/** A place for notifications that answers `OK`; gives its URL. */
export const receiver = Effect.map(
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        request.resume().on("end", () => response.end("OK"))
      })
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
      })
  ),
  (server) => {
    const address = server.address()
    assert(typeof address === "object" && address !== null)
    return `http://127.0.0.1:${address.port}/notifications`
  }
)

/** What `yunmo trigger` and `yunmo inspect` come to against this sandbox, in this process. */
export const commands = (url: string, environment: Readonly<Record<string, string>> = {}) => {
  const run = (name: Name, words: ReadonlyArray<string>): Effect.Effect<Answer, CommandFailed> =>
    Effect.withConfigProvider(
      answerTo(name, words),
      Program.environment({ SANDBOX_URL: url, ...environment })
    )
  return {
    trigger: (...words: ReadonlyArray<string>) => run("trigger", words),
    inspect: (...words: ReadonlyArray<string>) => run("inspect", words)
  }
}

type Data = Readonly<Record<string, string>>

const Reply = Schema.decodeUnknownSync(
  Schema.Struct({
    code: Schema.String,
    msg: Schema.String,
    data: Schema.Unknown
  })
)

const fieldOf = (data: unknown, field: string): string => {
  const value: unknown = data !== null && typeof data === "object" ? Reflect.get(data, field) : undefined
  return typeof value === "string" ? value : ""
}

/** A merchant of the sandbox that is logged in, and calls the vendor's API with raw fields. */
export const merchant = (url: string) =>
  Effect.gen(function* () {
    const key = SigningKey.make("test", Redacted.make("sandbox-secret-key"))
    const { paths, version } = Contract.proposed
    const send = (name: Operation.Name, data: Data, token: string) =>
      Effect.gen(function* () {
        const { body } = yield* Signer.signWith(key, {
          envelope: { merchantNo: "BU000000001", version },
          token: Redacted.make(token),
          data
        })
        return yield* Effect.promise(async () => {
          const response = await fetch(`${url}${paths[name].path}`, {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: Redacted.value(body)
          })
          return Reply(await response.json())
        })
      }).pipe(Effect.orDie)
    const login = yield* send("login", { apiKey: "sandbox-api-key" }, "")
    const token = fieldOf(login.data, "token")
    return {
      code: (name: Operation.Name, data: Data) => Effect.map(send(name, data, token), ({ code }) => code),
      /** A field of the data of a call that has to succeed. */
      call: (name: Operation.Name, data: Data, field = "") =>
        Effect.map(send(name, data, token), (answer) => {
          assert.strictEqual(answer.code, "200", `${name}: ${answer.msg}`)
          return fieldOf(answer.data, field)
        })
    }
  })

export type Merchant = Effect.Effect.Success<ReturnType<typeof merchant>>

/** A customer whose KYC is under review. */
export const customer = ({ call }: Merchant, customerCode: string) =>
  Effect.gen(function* () {
    const customerId = yield* call("createCustomer", { customerCode }, "customerId")
    yield* call("submitKyc", {
      customerId,
      firstName: "Ada",
      lastName: "Lovelace",
      birthday: "1990-12-10",
      nationality: "PH",
      idType: "PASSPORT",
      idNumber: "P0000001",
      idFrontPhoto: "/9j/4AAQSkZJRg=="
    })
    return customerId
  })
