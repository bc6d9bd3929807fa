/** The demo as its user runs it: a real process with three real children. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Program from "@effect-yunmo/node/Program"
import { ThreeDsRequested } from "@effect-yunmo/sandbox/Control"
import * as State from "@effect-yunmo/sandbox/State"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { afterEach, assert, describe, it } from "vitest"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const entry = path("../dist/main.js")

interface Demo {
  readonly child: ChildProcess
  readonly output: () => { readonly stdout: string; readonly stderr: string }
  readonly exit: Promise<number | null>
}

const running: Array<ChildProcess> = []

const start = (...args: ReadonlyArray<string>): Demo => {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  running.push(child)
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (chunk) => (stdout += chunk))
  child.stderr.on("data", (chunk) => (stderr += chunk))
  return {
    child,
    output: () => ({ stdout, stderr }),
    exit: once(child, "close").then(([code]) => code)
  }
}

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM")
      await once(child, "close")
    }
  }
})

const eventually = async <A>(
  what: string,
  look: () => A | undefined | Promise<A | undefined>
): Promise<A> => {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look()
    if (found !== undefined) {
      return found
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what} did not happen within 30 seconds`)
}

const announcements = (log: string) =>
  readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) => Option.toArray(Program.readAnnouncement(line)))

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const parse = (text: string) => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

describe("demo", () => {
  it("takes one card through all 25 operations and all three kinds of notification", async () => {
    const demo = start("--json", "--seed", "journey")
    const code = await demo.exit
    const { stderr, stdout } = demo.output()
    assert.strictEqual(code, 0, stderr)
    const report = JSON.parse(stdout)
    assert.isTrue(report.ok)
    const sections = new Set(report.steps.map((step: { section: string }) => step.section))
    assert.deepStrictEqual(
      Operation.all.map(({ section }) => section).filter((section) => !sections.has(section)),
      []
    )
    for (const step of report.steps) {
      assert.strictEqual(step.code, "200", step.operation)
      assert.isTrue(Operation.isName(step.operation))
      assert.isNumber(step.milliseconds)
    }
    assert.deepStrictEqual(report.notifications, [
      { eventType: "KYC", sent: 1, acknowledged: 1, handled: 1 },
      { eventType: "_3DS", sent: 1, acknowledged: 1, handled: 1 },
      { eventType: "TRADE", sent: 2, acknowledged: 2, handled: 2 }
    ])
    assert.isTrue(existsSync(report.database))
    // Its children have ended with it, by themselves.
    for (const app of ["sandbox", "webhook", "worker"]) {
      const [announcement] = announcements(join(dirname(report.database), `${app}.log`))
      assert.isDefined(announcement, app)
      assert.isFalse(isAlive(announcement?.pid ?? 0), app)
    }
  })

  it("prints a line per step and shows no card secret", async () => {
    const demo = start("--seed", "lines")
    assert.strictEqual(await demo.exit, 0, demo.output().stderr)
    const { stdout } = demo.output()
    assert.match(stdout, /4\.11 +Query card PAN +200 .*<redacted>/)
    assert.match(stdout, /4\.12 +Query card PIN +200 .*<redacted>/)
    assert.match(stdout, /TRADE +2 +2 +2/)
    assert.match(stdout, /Database: .*yunmo\.sqlite/)
  })

  it("loses no notification when the webhook is killed, and handles the re-send once", {
    timeout: 60_000
  }, async () => {
    const demo = start("--json", "--keep", "--seed", "killed")
    const report = await eventually("the journey", () => parse(demo.output().stdout))
    const folder = dirname(report.database)
    await eventually("the settings", () => existsSync(join(folder, "control-token")) || undefined)
    const control = readFileSync(join(folder, "control-token"), "utf8")
    const [sandbox] = announcements(join(folder, "sandbox.log"))
    const [webhook] = announcements(join(folder, "webhook.log"))
    assert.isTrue(sandbox?.event === "listening" && webhook?.event === "listening")
    const url = sandbox?.event === "listening" ? sandbox.url : ""
    const headers = { authorization: `Bearer ${control}`, "content-type": "application/json" }
    const get = async (route: string) => (await fetch(`${url}/_sandbox/${route}`, { headers })).json()
    const state = async () => Schema.decodeUnknownSync(State.State)(await get("state"))

    process.kill(webhook?.pid ?? 0, "SIGKILL")
    const card = (await state()).cards.find(({ status }) => status === "active")
    const asked = await fetch(`${url}/_sandbox/three-ds-requests`, {
      method: "POST",
      headers,
      body: JSON.stringify({ cardId: card?.cardId, amount: "5.00", currency: "USD" })
    })
    assert.strictEqual(asked.status, 200)
    const { authId } = Schema.decodeUnknownSync(ThreeDsRequested)(await asked.json())
    const last = async () =>
      Schema.decodeUnknownSync(Schema.Array(State.Delivery))(await get("deliveries")).at(-1)
    await eventually("a failed attempt", async () => ((await last())?.attempts.length ?? 0) > 0 || undefined)
    assert.notStrictEqual((await last())?.status, "acknowledged")

    const settings = Object.fromEntries(
      readFileSync(join(folder, "webhook.env"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("=", 2))
    )
    const again = spawn(process.execPath, [path("../../webhook/dist/main.js")], {
      env: { ...process.env, ...settings },
      stdio: "ignore"
    })
    running.push(again)
    const delivery = await eventually("the re-send", async () => {
      const found = await last()
      return found?.status === "acknowledged" ? found : undefined
    })
    assert.isAtLeast(delivery.attempts.length, 2)
    const decided = await eventually("the confirmation", async () => {
      const request = (await state()).threeDs.find((one) => one.authId === authId)
      return request?.decision === "pending" ? undefined : request?.decision
    })
    assert.strictEqual(decided, "approved")
    const handled = readFileSync(join(folder, "worker.log"), "utf8").match(/"message":"handled"/g)
    assert.lengthOf(handled ?? [], 5)

    demo.child.kill("SIGINT")
    await demo.exit
    for (const child of [sandbox?.pid, announcements(join(folder, "worker.log"))[0]?.pid]) {
      assert.isFalse(isAlive(child ?? 0))
    }
  })

  it("ends its children when it is stopped half-way", async () => {
    const demo = start("--seed", "stopped")
    const folder = await eventually("the first step", () =>
      /Create customer/.test(demo.output().stdout) ? /Logs: (\S+)/.exec(demo.output().stdout)?.[1] : undefined
    )
    demo.child.kill("SIGINT")
    assert.strictEqual(await demo.exit, 130)
    for (const app of ["sandbox", "webhook", "worker"]) {
      const [announcement] = announcements(join(folder, `${app}.log`))
      assert.isFalse(isAlive(announcement?.pid ?? 0), app)
    }
  })

  it("says which process ended, and ends the others, when one dies under it", async () => {
    const demo = start("--seed", "dead")
    const folder = await eventually("the first step", () =>
      /Create customer/.test(demo.output().stdout) ? /Logs: (\S+)/.exec(demo.output().stdout)?.[1] : undefined
    )
    const pidOf = (app: string) => announcements(join(folder, `${app}.log`))[0]?.pid ?? 0
    process.kill(pidOf("sandbox"), "SIGKILL")
    assert.strictEqual(await demo.exit, 1)
    assert.match(demo.output().stderr, /The sandbox ended \(SIGKILL\)/)
    assert.notMatch(demo.output().stderr, /\n\s+at /)
    assert.isFalse(isAlive(pidOf("webhook")))
    assert.isFalse(isAlive(pidOf("worker")))
  })

  it("refuses an unknown option with a sentence", async () => {
    const demo = start("--jsno")
    assert.strictEqual(await demo.exit, 1)
    assert.match(demo.output().stderr, /--jsno/)
    assert.notMatch(demo.output().stderr, /\n\s+at /)
  })

  it("says what to do when asked", async () => {
    const demo = start("--help")
    assert.strictEqual(await demo.exit, 0)
    assert.match(demo.output().stdout, /--keep/)
  })
})
