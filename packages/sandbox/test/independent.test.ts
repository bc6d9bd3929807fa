import { spawn } from "node:child_process"
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Sandbox from "../src/Sandbox.js"
import { baseUrl, control, merchant, overHttp } from "./support/vendor.js"

const folder = fileURLToPath(new URL("./independent", import.meta.url))

/** All that the client may call, but for the shell's own commands and node. */
const tools = ["awk", "bash", "cat", "date", "dirname", "mktemp", "od", "rm", "sleep", "sort", "tr"]

const findTool = (name: string) =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((each) => join(each, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/** A folder with these tools and nothing else, to be the whole PATH. */
const toolbox = Effect.acquireRelease(
  Effect.sync(() => {
    const box = mkdtempSync(join(tmpdir(), "independent-tools-"))
    const md5 = findTool("md5sum") === undefined ? "md5" : "md5sum"
    for (const name of [...tools, md5]) {
      const file = findTool(name)
      assert(file !== undefined, `the independent client needs ${name} on this machine`)
      symlinkSync(file, join(box, name))
    }
    return box
  }),
  (box) => Effect.sync(() => rmSync(box, { recursive: true }))
)

/** Walks the sandbox with the independent client, and takes down what it says. */
const walk = (secretKey = Redacted.value(merchant.secretKey)) =>
  Effect.gen(function* () {
    const url = yield* baseUrl
    const box = yield* toolbox
    return yield* Effect.async<{ readonly exitCode: number | null; readonly lines: ReadonlyArray<string> }>(
      (resume) => {
        const client = spawn(join(box, "bash"), [join(folder, "client.sh")], {
          stdio: ["ignore", "pipe", "pipe"],
          env: {
            PATH: box,
            NODE: process.execPath,
            TMPDIR: box,
            SANDBOX_URL: url,
            MERCHANT_NO: merchant.merchantNo,
            API_KEY: Redacted.value(merchant.apiKey),
            SECRET_KEY: secretKey,
            CONTROL_TOKEN: control
          }
        })
        // What the shell itself complains about is a line that no test expects.
        const heard: Array<Buffer> = []
        client.stdout.on("data", (chunk: Buffer) => heard.push(chunk))
        client.stderr.on("data", (chunk: Buffer) => heard.push(chunk))
        client.on("close", (exitCode) => {
          const lines = Buffer.concat(heard).toString("utf8").trimEnd().split("\n")
          resume(Effect.succeed({ exitCode, lines }))
        })
        return Effect.sync(() => client.kill("SIGKILL"))
      }
    )
  }).pipe(Effect.scoped)

const steps = [
  "own signature",
  "own reading",
  "login",
  "wrong signature",
  "wrong token",
  "create customer",
  "create customer again",
  "query customer",
  "submit KYC",
  "liveness link",
  "liveness result",
  "mailbox",
  "KYC notification",
  "KYC notification, signature",
  "KYC notification, tampered",
  "KYC status",
  "card samples",
  "open virtual card",
  "top up",
  "top-up order",
  "balance after the top-up",
  "the same order number again",
  "authorization",
  "authorization, merchant name",
  "authorization, signature",
  "authorization, tampered",
  "settlement",
  "settlement, signature",
  "balance after the settlement",
  "3DS notification",
  "3DS notification, signature",
  "3DS notification, tampered",
  "3DS confirmation",
  "3DS confirmation again",
  "freeze",
  "unfreeze",
  "nothing is sent again"
]

/** The lines up to their colon, for the first so many steps. */
const passed = (count = steps.length) => steps.slice(0, count).map((step, at) => `ok ${at + 1} ${step}`)
const names = (lines: ReadonlyArray<string>) => lines.map((line) => line.replace(/:.*/, ""))

const refuses = (step: string, because: RegExp, options?: Partial<Sandbox.Options>, secretKey?: string) =>
  Effect.gen(function* () {
    const { exitCode, lines } = yield* walk(secretKey)
    const at = steps.indexOf(step)
    const last = lines.at(-1) ?? ""
    assert.deepStrictEqual(names(lines), [...passed(at), `not ok ${at + 1} ${step}`], last)
    assert.match(last.slice(last.indexOf(":") + 2), because)
    assert.strictEqual(exitCode, 1)
  }).pipe(Effect.provide(overHttp(options)))

describe("a client that shares no code with the sandbox", () => {
  it.scopedLive("walks from the login to settled purchases, and verifies what it is notified of", () =>
    Effect.gen(function* () {
      const { exitCode, lines } = yield* walk()
      assert.deepStrictEqual(names(lines), passed(), lines.at(-1))
      assert.strictEqual(exitCode, 0)
      const transcript = lines.join("\n")
      for (const secret of [merchant.apiKey, merchant.secretKey])
        assert.notInclude(transcript, Redacted.value(secret))
      assert.notInclude(transcript, control)
      assert.notMatch(transcript, /\d{13}/, "a card number")
    }).pipe(Effect.provide(overHttp()))
  )

  it.scopedLive("stops at the login when its secret key is another", () =>
    refuses("login", /^code 2000003 /, undefined, `${Redacted.value(merchant.secretKey)}0`)
  )

  it.scopedLive("stops when an order number given twice moves the money twice", () =>
    refuses("the same order number again", /^code 200 .*, expected 4000000$/, {
      rules: { duplicateOrders: "execute" }
    })
  )

  it("takes nothing from the project, and from node only what its mailbox needs", () => {
    const files = readdirSync(folder).filter((file) => file !== "README.md")
    assert.deepStrictEqual(files.sort(), ["client.sh", "json.awk", "mailbox.mjs", "merchant.sh", "wire.sh"])
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8")
      assert.notMatch(text, /effect|yunmo|node_modules|packages\/|\.\.\/|dist\/|require\(|import\(/i, file)
      const imported = [...text.matchAll(/^import .* from "(.*)"$/gm)].map(([, from]) => from)
      assert.strictEqual(text.match(/\bimport\b/g)?.length ?? 0, imported.length, file)
      assert.deepStrictEqual(imported, file === "mailbox.mjs" ? ["node:fs", "node:http", "node:path"] : [])
    }
    // The one program that the shell gives to node.
    const run = readFileSync(join(folder, "merchant.sh"), "utf8").match(/"\$NODE" .*/g)
    assert.deepStrictEqual(run, ['"$NODE" "$HERE/mailbox.mjs" "$WORK" >"$WORK/port" &'])
  })
})
