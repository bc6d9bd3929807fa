import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Database from "../src/Database.js"
import type { DatabaseChoice } from "../src/DatabaseChoice.js"
import { eventually } from "./support.js"

/** Another process with a doorbell on this database. */
export const neighbour = (database: string, mode: "hear" | "ring") =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    let complaints = ""
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const main = fileURLToPath(new URL("fixtures/bell.mjs", import.meta.url))
        const child = spawn(process.execPath, [main, database, mode], { stdio: "pipe" })
        createInterface({ input: child.stdout }).on("line", (line) => lines.push(line))
        child.stderr.on("data", (data) => {
          complaints += String(data)
        })
        return child
      }),
      // Its folder is removed next, so it has to have ended.
      (child) =>
        Effect.async<void>((resume) => {
          child.once("close", () => resume(Effect.void))
          child.kill("SIGKILL")
        })
    )
    const has = (word: string) => Effect.sync(() => lines.includes(word))
    yield* eventually(has("ready"))
    assert.strictEqual(complaints, "")
    return {
      lines,
      ring: Effect.sync(() => {
        child.stdin.write("ring\n")
      }),
      /** Forgets what it heard, and waits for the next. */
      heard: eventually(has("rung")),
      forget: Effect.sync(() => {
        lines.length = 0
      })
    }
  })

/** A doorbell of this process on the database, and how often it was heard. */
export const bellOn = (choice: DatabaseChoice) =>
  Effect.gen(function* () {
    const { ring, rings } = yield* Effect.map(
      Layer.build(Layer.fresh(Database.layer(choice))),
      Context.get(Doorbell.Doorbell)
    )
    return { ring, rings }
  })

/** Counts what is heard from now on. */
export const listening = (rings: Doorbell.DoorbellService["rings"]) =>
  Effect.gen(function* () {
    let times = 0
    yield* Effect.forkScoped(
      Stream.runForEach(yield* rings, () =>
        Effect.sync(() => {
          times += 1
        })
      )
    )
    return {
      times: () => times,
      /** Waits for one more than there were. */
      after: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        Effect.suspend(() => {
          const before = times
          return Effect.zipLeft(effect, eventually(Effect.sync(() => times > before)))
        })
    }
  })

/** Until nothing has been heard for a while: what is heard next was not on its way before. */
export const quiet = ({ times }: { readonly times: () => number }): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = times()
    return Effect.flatMap(Effect.sleep("300 millis"), () =>
      times() === before ? Effect.void : quiet({ times })
    )
  })
