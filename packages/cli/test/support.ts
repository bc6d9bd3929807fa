import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"

const bin = fileURLToPath(new URL("../dist/bin.js", import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** `yunmo` as a process of its own, with this on standard input, and nothing of the tests' own environment. */
export const yunmo = (
  args: ReadonlyArray<string>,
  input: string | Uint8Array = "",
  environment: Readonly<Record<string, string>> = { YUNMO_SECRET_KEY: secret }
): Effect.Effect<Ran> =>
  Effect.promise(
    () =>
      new Promise<Ran>((resolve) => {
        const child = spawn(process.execPath, [bin, ...args], {
          env: { PATH: process.env.PATH, ...environment }
        })
        let [stdout, stderr] = ["", ""]
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
          stdout += chunk
        })
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
          stderr += chunk
        })
        // It may end before it has read everything.
        child.stdin.on("error", () => undefined)
        child.stdin.end(input)
        child.on("close", (code) => resolve({ code, stdout, stderr }))
      })
  )

/** A folder that is gone after the test. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "yunmo-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** A file that is gone after the test. */
export const file = (content: string | Uint8Array) =>
  Effect.map(folder, (folder) => {
    const path = join(folder, "file")
    writeFileSync(path, content)
    return path
  })

export const secret = "Sk9fQ2vX7mPz4LwT"

export const md5 = (text: string) => createHash("md5").update(text).digest("hex")

/** The vendor's sample (SPEC 1.1) with its signature, or another. */
export const sample = (sign = "6bf642b5fc7b10a6eae3b8ab5e7bbea2") =>
  `{"sign":"${sign}","nonce":"TW4P54uVulwRoc2y","merchantNo":"BU078255558","token":"testToken","requestTime":1770712296681,"version":"v1.0","data":{"customerCode":"test0001"}}`
export const sampleSecret = { YUNMO_SECRET_KEY: "1111111111111111" }
export const sampleText =
  "customerCode=test0001&merchantNo=BU078255558&nonce=TW4P54uVulwRoc2y&requestTime=1770712296681&version=v1.0"
