import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Child from "../src/Child.js"
import * as Folder from "../src/Folder.js"

const program = (source: string, command: Partial<Child.Command> = {}) =>
  Effect.gen(function* () {
    const folder = yield* Folder.temporary
    const entry = join(folder, "program.mjs")
    writeFileSync(entry, source)
    return { folder, child: yield* Child.start({ entry, env: { FOLDER: folder }, ...command }) }
  })

const number = (line: string) => (/^\d+$/.test(line) ? Option.some(Number(line)) : Option.none<number>())

const waiting = "setInterval(() => {}, 1000)"

describe("a child", () => {
  it.scopedLive("is waited for until it announces itself, and says how it ended", () =>
    Effect.gen(function* () {
      const { child } = yield* program(
        `process.stdout.write("hello\\n4"); setTimeout(() => process.stdout.write("2\\nmore"), 50); process.on("SIGTERM", () => process.exit(3)); ${waiting}`
      )
      assert.strictEqual(yield* Child.announced(child, number), 42)
      // What was said before is heard, too.
      assert.strictEqual(yield* Child.announced(child, number), 42)
      assert.deepStrictEqual(yield* child.end("SIGTERM"), {
        code: 3,
        signal: null,
        stdout: "hello\n42\nmore",
        stderr: ""
      })
    })
  )

  it.scopedLive("that ends before it announces itself is told with its complaint", () =>
    Effect.gen(function* () {
      const { child } = yield* program(`console.error("no port"); process.exitCode = 1`)
      const { ended, message } = yield* Effect.flip(Child.announced(child, number))
      assert.strictEqual(ended.code, 1)
      assert.include(message, "exit code 1")
      assert.include(message, "no port")
    })
  )

  it.live("is killed with its scope, and nothing of the environment reaches it", () =>
    Effect.gen(function* () {
      const { child, pid } = yield* Effect.scoped(
        Effect.gen(function* () {
          const { child } = yield* program(
            `console.log(Object.keys(process.env).includes("HOME") ? 1 : 0); ${waiting}`
          )
          assert.strictEqual(yield* Child.announced(child, number), 0)
          return { child, pid: child.process.pid ?? 0 }
        })
      )
      assert.strictEqual((yield* child.ended).signal, "SIGKILL")
      assert.throws(() => process.kill(pid, 0))
    })
  )

  it.scopedLive("keeps as much of its output as was asked for", () =>
    Effect.gen(function* () {
      const { child } = yield* program(
        `for (let n = 0; n < 2000; n++) process.stdout.write("x".repeat(99) + "\\n")`,
        { keep: 1_000 }
      )
      const { stdout } = yield* child.ended
      assert.isAtLeast(stdout.length, 1_000)
      assert.isAtMost(stdout.length, 2_000)
    })
  )

  it.scopedLive("under a limit on its files fails to write more, and lives on", () =>
    Effect.gen(function* () {
      const { child, folder } = yield* program(
        `import { appendFileSync } from "node:fs"
         const file = process.env.FOLDER + "/full"
         try { for (;;) appendFileSync(file, "x".repeat(1000)) } catch (error) { console.error(error.code) }
         console.log(7)
         ${waiting}`,
        { fileSizeLimit: 8_192 }
      )
      assert.strictEqual(yield* Child.announced(child, number), 7)
      const { stderr } = yield* child.end("SIGKILL")
      assert.strictEqual(stderr, "EFBIG\n")
      assert.isTrue(existsSync(join(folder, "full")))
      assert.isAtMost(statSync(join(folder, "full")).size, 8_192)
      assert.isAbove(readFileSync(join(folder, "full")).length, 7_000)
    })
  )
})
