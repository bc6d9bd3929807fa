import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, describe } from "@effect/vitest"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { inject } from "vitest"
import * as AtRest from "../src/AtRest.js"
import * as Inbox from "../src/Inbox.js"
import * as InboxStats from "../src/InboxStats.js"
import * as Retention from "../src/Retention.js"
import { setTime, test } from "./steered.js"
import { bytes, connection, dialects, newRow, query, temporaryFolder } from "./support.js"

const day = 24 * 60 * 60 * 1000

const handledAt = (n: number, millis: number) =>
  Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    yield* setTime(millis)
    const { id } = yield* inbox.keep(newRow(n, { raw: Redacted.make(bytes("x".repeat(500))) }))
    yield* inbox.markHandled(id)
    return id
  })

const states = Effect.map(
  query<{ readonly id: number | string; readonly state: string }>(
    "SELECT id, state FROM yunmo_inbox ORDER BY id"
  ),
  (rows) => rows.map(({ state }) => state)
)

const fill = (count: number) =>
  Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    const kept = yield* Effect.forEach(
      Array.from({ length: count }, (_, n) => n),
      (n) => {
        const fingerprint = new Uint8Array(32)
        new DataView(fingerprint.buffer).setUint32(0, n)
        return inbox.keep(newRow(n % 250, { fingerprint, raw: Redacted.make(bytes("x".repeat(900))) }))
      },
      { concurrency: 200 }
    )
    yield* inbox.markHandledAll(kept.map(({ id }) => id))
  })

describe.each(dialects)("Retention on $name", ({ database }) => {
  const inbox = Inbox.layer.pipe(Layer.provideMerge(database))

  test("deletes what was handled long enough ago, and nothing that waits or was set aside", () =>
    Effect.gen(function* () {
      const service = yield* Inbox.Inbox
      const old = yield* handledAt(1, 0)
      const young = yield* handledAt(2, 3 * day)
      yield* setTime(0)
      const pending = yield* service.keep(newRow(3))
      const aside = yield* service.keep(newRow(4, { setAside: "unknown" }))
      yield* setTime(12 * day)
      const swept = yield* Retention.sweep({ action: "delete", keepFor: "10 days", pause: 0 })
      assert.deepStrictEqual(swept, { rows: 1, isMoreLeft: false, millis: 0 })
      assert.isTrue(Option.isNone(yield* service.get(old)))
      for (const id of [young, pending.id, aside.id]) {
        assert.isTrue(Option.isSome(yield* service.get(id)))
      }
      assert.deepStrictEqual(yield* states, ["past", "handled", "pending", "set_aside"])
      assert.lengthOf(yield* query("SELECT id FROM yunmo_inbox_archive"), 0)
      // Nothing of the message is left; what recognises it is.
      const again = yield* service.keep(newRow(1))
      assert.deepStrictEqual(again, { _tag: "Repeated", id: old })
      assert.deepStrictEqual(yield* states, ["past", "handled", "pending", "set_aside"])
      assert.deepStrictEqual((yield* InboxStats.read).resent, { rows: 1, deliveries: 1 })
      assert.deepStrictEqual(
        yield* query("SELECT subject_id, event_type FROM yunmo_inbox WHERE state = 'past'"),
        [{ subject_id: "", event_type: "" }]
      )
    }).pipe(Effect.provide(inbox)))

  test("archives rows as they stand, encrypted still", () => {
    const atRest = AtRest.layer({ keys: [{ id: "2026-11", key: Redacted.make("22".repeat(32)) }] })
    return Effect.gen(function* () {
      const id = yield* handledAt(1, 0)
      const columns = "id, merchant_no, subject_id, state, raw_cipher, raw"
      const before = yield* query(`SELECT ${columns} FROM yunmo_inbox`)
      yield* setTime(200 * day)
      const swept = yield* Retention.sweep({ action: "archive", pause: 0 })
      assert.strictEqual(swept.rows, 1)
      assert.deepStrictEqual(yield* query(`SELECT ${columns} FROM yunmo_inbox_archive`), before)
      assert.deepInclude(before[0], { raw_cipher: "A256GCM:2026-11", state: "handled" })
      const service = yield* Inbox.Inbox
      assert.deepStrictEqual(yield* service.keep(newRow(1)), { _tag: "Repeated", id })
      assert.strictEqual(Duration.toDays(Retention.defaultKeepFor), 180)
    }).pipe(Effect.provide(Layer.provide(inbox, atRest)))
  })

  test("takes a bounded number of rows and says that there are more", () =>
    Effect.gen(function* () {
      yield* fill(60)
      yield* setTime(1)
      const sweep = Retention.sweep({ action: "delete", keepFor: 0, step: 25, pause: 0, maxRows: 40 })
      const { state } = yield* Effect.zip(sweep, sweep).pipe(
        Effect.map(([first, second]) => ({
          state: [first.rows, first.isMoreLeft, second.rows, second.isMoreLeft]
        }))
      )
      assert.deepStrictEqual(state, [40, true, 20, false])
    }).pipe(Effect.provide(inbox)))

  test("sweeps again and again while its layer lives, with a line in the log and figures for each", () => {
    const lines: Array<unknown> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => {
        if (String(message).startsWith("Retention")) {
          lines.push(message)
        }
      })
    )
    return Effect.gen(function* () {
      yield* handledAt(1, 0)
      yield* setTime(1)
      const counter = Metric.tagged(Retention.prunedRows, "action", "archive")
      const { count } = yield* Metric.value(counter)
      const options: Retention.Options = { action: "archive", keepFor: 0, every: "10 millis", pause: 0 }
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(Retention.layer(options))
          while (lines.length < 3) {
            yield* Effect.sleep("10 millis")
          }
        })
      )
      assert.deepStrictEqual(lines.slice(0, 2), [
        ["Retention: 1 rows handled more than 0 ago were archived"],
        ["Retention: 0 rows handled more than 0 ago were archived"]
      ])
      assert.strictEqual((yield* Metric.value(counter)).count, count + 1)
      const ended = lines.length
      yield* Effect.sleep("50 millis")
      assert.isAtMost(lines.length, ended + 1)
    }).pipe(Effect.provide(inbox), Effect.provide(logger))
  })

  test("does not stop receipt while it sweeps", () =>
    Effect.gen(function* () {
      const service = yield* Inbox.Inbox
      yield* fill(3000)
      yield* setTime(1)
      const sweep = yield* Effect.fork(
        Retention.sweep({ action: "archive", keepFor: 0, step: 100, pause: "5 millis" })
      )
      let kept = 0
      while ((yield* Fiber.poll(sweep))._tag === "None") {
        const fingerprint = new Uint8Array(32).fill(255)
        new DataView(fingerprint.buffer).setUint32(0, kept)
        assert.strictEqual((yield* service.keep(newRow(1, { fingerprint })))._tag, "Kept")
        kept++
      }
      assert.strictEqual((yield* Fiber.join(sweep)).rows, 3000)
      assert.isAbove(kept, 10)
      assert.deepStrictEqual((yield* InboxStats.read).counts, [
        { state: "pending", kind: "trade", count: kept }
      ])
    }).pipe(Effect.provide(inbox)))
})

const killed = (target: string, millis: number) =>
  Effect.async<boolean>((resume) => {
    const entry = fileURLToPath(new URL("./fixtures/sweep.ts", import.meta.url))
    const child = spawn(process.execPath, [entry, target], { stdio: ["ignore", "pipe", "inherit"] })
    let isDone = false
    child.stdout.on("data", (chunk: Buffer) => {
      const said = chunk.toString("utf8")
      isDone ||= said.includes("done")
      if (said.includes("sweeping")) {
        setTimeout(() => child.kill("SIGKILL"), millis)
      }
    })
    child.on("close", () => resume(Effect.succeed(isDone)))
  })

describe("a sweep that is killed", () => {
  const cases = [
    {
      name: "SQLite",
      target: Effect.map(temporaryFolder, (folder) => join(folder, "yunmo.db")),
      open: (target: string) => Layer.orDie(connection(target))
    },
    {
      name: "PostgreSQL",
      target: Effect.suspend(() => Postgres.freshDatabase(inject("postgresUrl"))),
      open: (target: string) => Layer.orDie(PgClient.layer({ url: Redacted.make(target) }))
    }
  ]
  for (const { name, open, target } of cases) {
    test(
      `leaves nothing half on ${name}`,
      () =>
        Effect.gen(function* () {
          const where = yield* target
          const total = 4000
          yield* Effect.gen(function* () {
            yield* fill(total)
            let progress = 0
            for (const millis of [150, 60, 220, 110, 300]) {
              yield* killed(where, millis)
              const [count] = yield* query<
                Record<"handled" | "past" | "archived" | "both", number | string>
              >(`
              SELECT (SELECT count(*) FROM yunmo_inbox WHERE state = 'handled' AND raw_cipher = 'none' AND subject_id <> '') AS handled,
                (SELECT count(*) FROM yunmo_inbox WHERE state = 'past' AND subject_id = '') AS past,
                (SELECT count(*) FROM yunmo_inbox_archive) AS archived,
                (SELECT count(*) FROM yunmo_inbox AS i JOIN yunmo_inbox_archive AS a ON a.id = i.id AND i.state = 'past') AS both`)
              assert.strictEqual(Number(count?.handled) + Number(count?.past), total)
              assert.strictEqual(Number(count?.past), Number(count?.archived))
              assert.strictEqual(Number(count?.past), Number(count?.both))
              progress = Math.max(progress, Number(count?.past))
            }
            // Whoever comes next ends it.
            yield* setTime(1)
            const { rows } = yield* Retention.sweep({ action: "archive", keepFor: 0, pause: 0, step: 500 })
            const [{ past } = { past: 0 }] = yield* query<{ readonly past: number | string }>(
              "SELECT count(*) AS past FROM yunmo_inbox WHERE state = 'past'"
            )
            assert.strictEqual(Number(past), total)
            assert.isAtLeast(total - rows, progress)
          }).pipe(Effect.provide(Layer.provideMerge(Inbox.layer, open(where))))
        }),
      180_000
    )
  }
})
