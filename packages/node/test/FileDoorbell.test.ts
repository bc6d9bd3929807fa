import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { sqliteFile } from "../src/DatabaseChoice.js"
import * as FileDoorbell from "../src/FileDoorbell.js"
import { bellOn, listening, neighbour, quiet } from "./doorbells.js"
import { eventually, folder, logged } from "./support.js"

const database = Effect.map(folder, (path) => join(path, "yunmo.sqlite"))

describe("FileDoorbell", () => {
  it.scopedLive("is heard by another process that listened before", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const other = yield* neighbour(filename, "hear")
      const { ring } = yield* bellOn(sqliteFile(filename))
      yield* ring
      yield* other.heard
    })
  )

  it.scopedLive("is heard from another process that was there before, many times over", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const other = yield* neighbour(filename, "ring")
      const { rings } = yield* bellOn(sqliteFile(filename))
      const ears = yield* listening(rings)
      for (let n = 0; n < 20; n += 1) {
        yield* ears.after(other.ring)
      }
    })
  )

  it.scopedLive("is heard from a program that ends right after it has rung", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const other = yield* neighbour(filename, "hear")
      for (let n = 0; n < 20; n += 1) {
        yield* other.forget
        yield* Effect.scoped(Effect.flatMap(bellOn(sqliteFile(filename)), ({ ring }) => ring))
        yield* other.heard
      }
    })
  )

  it.scopedLive("is heard in its own process, by each who listens", () =>
    Effect.gen(function* () {
      const { ring, rings } = yield* bellOn(sqliteFile(yield* database))
      const one = yield* listening(rings)
      const two = yield* listening(rings)
      yield* one.after(two.after(ring))
    })
  )

  it.scopedLive.each(["deleted", "moved away", "replaced"])("goes on when its file is %s", (what) =>
    Effect.gen(function* () {
      const filename = yield* database
      const bell = `${filename}-bell`
      const other = yield* neighbour(filename, "ring")
      const ears = yield* listening((yield* bellOn(sqliteFile(filename))).rings)
      yield* ears.after(other.ring)
      for (let n = 0; n < 3; n += 1) {
        yield* Effect.sync(() => {
          if (what === "deleted") {
            rmSync(bell)
          } else if (what === "moved away") {
            renameSync(bell, `${bell}-${n}`)
          } else {
            writeFileSync(`${bell}-new`, "")
            renameSync(`${bell}-new`, bell)
          }
        })
        yield* quiet(ears)
        yield* ears.after(other.ring)
      }
    })
  )

  it.scopedLive("finds the file of a database behind a link, as SQLite does with its own", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const other = yield* neighbour(filename, "ring")
      const link = join(yield* folder, "link.sqlite")
      symlinkSync(filename, link)
      const ears = yield* listening((yield* bellOn(sqliteFile(link))).rings)
      yield* ears.after(other.ring)
      assert.isFalse(existsSync(`${link}-bell`))
    })
  )

  it.scopedLive("touches its file seldom, however often it is rung, and lets only its user read it", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const { ring } = yield* bellOn(sqliteFile(filename))
      const ears = yield* listening((yield* bellOn(sqliteFile(filename))).rings)
      yield* Effect.repeatN(ring, 10_000)
      yield* eventually(Effect.sync(() => existsSync(`${filename}-bell`)))
      yield* quiet(ears)
      assert.isAbove(ears.times(), 0)
      assert.isBelow(ears.times(), 1000)
      const { mode, size } = statSync(`${filename}-bell`)
      assert.strictEqual(mode & 0o777, 0o600)
      assert.strictEqual(size, 0)
    })
  )

  it.scopedLive("is silent where there can be no file, and says so once", () =>
    Effect.gen(function* () {
      const log = logged()
      const filename = join(yield* folder, "gone", "yunmo.sqlite")
      const { ring, rings } = yield* FileDoorbell.make({ database: filename }).pipe(Effect.provide(log.layer))
      const ears = yield* listening(rings).pipe(Effect.provide(log.layer))
      yield* ears.after(ring)
      yield* ears.after(ring)
      yield* eventually(Effect.sync(() => log.lines.length > 0))
      yield* quiet(ears)
      assert.lengthOf(log.lines, 1)
      assert.match(
        log.lines[0] ?? "",
        /^WARN The doorbell beside .+ cannot be (rung|heard) \(ENOENT\): new rows are found at the next look\.$/
      )
    })
  )

  it.scopedLive("is silent once its folder is gone", () =>
    Effect.gen(function* () {
      const log = logged()
      const path = join(yield* folder, "sub")
      mkdirSync(path)
      const { rings } = yield* FileDoorbell.make({ database: join(path, "yunmo.sqlite") }).pipe(
        Effect.provide(log.layer)
      )
      yield* listening(rings).pipe(Effect.provide(log.layer))
      assert.deepStrictEqual(readdirSync(path), ["yunmo.sqlite-bell"])
      rmSync(path, { recursive: true })
      yield* eventually(Effect.sync(() => log.lines.length === 1))
    })
  )

  it.scopedLive("watches nothing until somebody listens, nor after", () =>
    Effect.gen(function* () {
      const filename = yield* database
      const watchers = () =>
        process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap" || name === "FSEvent").length
      const before = watchers()
      const { rings } = yield* bellOn(sqliteFile(filename))
      assert.isFalse(existsSync(`${filename}-bell`))
      const scope = yield* Scope.make()
      yield* Effect.provideService(rings, Scope.Scope, scope)
      assert.isTrue(existsSync(`${filename}-bell`))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(watchers(), before)
    })
  )
})
