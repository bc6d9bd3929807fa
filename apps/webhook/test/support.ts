import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Program from "@effect-yunmo/node/Program"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"

export const secret = "kR8sVq2LxT0pWz5N"
export const merchantNo = "BU078255558"
const path = "/yunmo/notifications"

export const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "yunmo-webhook-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** The settings of a webhook on a free port. */
export const environment = (folder: string): Record<string, string> => ({
  YUNMO_MERCHANT_NO: merchantNo,
  YUNMO_SECRET_KEY: secret,
  YUNMO_DATABASE: join(folder, "yunmo.db"),
  WEBHOOK_PORT: "0"
})

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** What it said by now on stdout. */
  readonly stdout: () => string
  readonly ended: Effect.Effect<Ended>
}

/** The app as a real process; ended with the scope, whatever happens. */
export const start = (env: Record<string, string>) =>
  Effect.acquireRelease(
    Effect.sync((): Running => {
      const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))
      const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "pipe"] })
      let stdout = ""
      let stderr = ""
      child.stdout?.on("data", (chunk) => {
        stdout += chunk
      })
      child.stderr?.on("data", (chunk) => {
        stderr += chunk
      })
      const closed = new Promise<Ended>((resolve) => {
        child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
      })
      return { child, stdout: () => stdout, ended: Effect.promise(() => closed) }
    }),
    ({ child, ended }) =>
      Effect.zipRight(
        Effect.sync(() => child.kill("SIGKILL")),
        ended
      )
  )

/** The URL that the process announces, once it listens. */
export const listeningAt = (running: Running) =>
  Effect.suspend(() => {
    for (const line of running.stdout().split("\n")) {
      const announcement = Option.getOrUndefined(Program.readAnnouncement(line))
      if (announcement?.event === "listening") {
        return Effect.succeed(announcement)
      }
    }
    return Effect.fail("it does not listen yet")
  }).pipe(
    Effect.retry({ while: () => running.child.exitCode === null, schedule: Schedule.spaced("20 millis") }),
    Effect.catchAll(() =>
      Effect.flatMap(running.ended, (ended) => Effect.dieMessage(`it ended: ${JSON.stringify(ended)}`))
    )
  )

/** A signed transaction notification, told apart from others by `n`. */
export const notification = (n: number) =>
  Signer.signWith(SigningKey.make("signing", secret), {
    envelope: { merchantNo, version: "v1.0", eventType: "TRADE", eventName: "trade" },
    data: { orderNo: `OR${n}`, cardId: "CDAU079126648V01", amount: "20.00", currency: "USD" }
  }).pipe(Effect.map(({ body }) => Redacted.value(body)))

export const post = (url: string, body: string) =>
  Effect.promise(async () => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      body,
      headers: { "Content-Type": "application/json" }
    })
    return {
      status: response.status,
      body: await response.text(),
      connection: response.headers.get("connection")
    }
  })
