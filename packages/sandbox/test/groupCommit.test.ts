import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as GroupCommit from "../src/internal/groupCommit.js"

/** Lets all fibers go as far as they can. */
const settle = Effect.replicateEffect(Effect.yieldNow(), 20, { discard: true })

/** Changes, and commits that end when the test says how. */
const bench = Effect.gen(function* () {
  const ends = yield* Queue.unbounded<"works" | "fails">()
  const commits: Array<ReadonlyArray<string>> = []
  let changes: ReadonlyArray<string> = []
  const save = GroupCommit.make({
    isChanged: () => changes.length > 0,
    commit: Effect.suspend(() => {
      const taken = changes
      changes = []
      commits.push(taken)
      return Effect.flatMap(Queue.take(ends), (end) =>
        end === "works"
          ? Effect.void
          : Effect.suspend(() => {
              changes = [...taken, ...changes]
              return Effect.dieMessage(`lost ${taken.join()}`)
            })
      )
    })
  })
  return {
    commits,
    /** Changes and saves, without a chance for anybody else. */
    dash: (change: string) =>
      Effect.fork(
        Effect.suspend(() => {
          changes = [...changes, change]
          return save
        })
      ),
    /** Changes and saves, up to where it waits. */
    write: (change: string) =>
      Effect.zipLeft(
        Effect.fork(
          Effect.suspend(() => {
            changes = [...changes, change]
            return save
          })
        ),
        settle
      ),
    /** Saves without a change. */
    look: Effect.zipLeft(Effect.fork(save), settle),
    end: (how: "works" | "fails") => Effect.zipRight(Queue.offer(ends, how), settle)
  }
})

const isWaiting = (fiber: Fiber.RuntimeFiber<void>) =>
  Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "None")

describe("saves", () => {
  it.effect("that come while one is written are written together in the next", () =>
    Effect.gen(function* () {
      const { commits, end, write } = yield* bench
      const first = yield* write("a")
      const others = yield* Effect.forEach(["b", "c", "d"], write)
      yield* end("works")
      yield* Fiber.join(first)
      assert.deepStrictEqual(commits, [["a"], ["b", "c", "d"]])
      assert.deepStrictEqual(yield* Effect.forEach(others, isWaiting), [true, true, true])
      yield* end("works")
      yield* Fiber.joinAll(others)
      assert.strictEqual(commits.length, 2)
    })
  )

  it.effect("without a change wait for what is being written, and for nothing else", () =>
    Effect.gen(function* () {
      const { commits, end, look, write } = yield* bench
      yield* Fiber.join(yield* look)
      assert.deepStrictEqual(commits, [])
      const writer = yield* write("a")
      const reader = yield* look
      assert.isTrue(yield* isWaiting(reader))
      yield* end("works")
      yield* Fiber.join(reader)
      yield* Fiber.join(writer)
      assert.deepStrictEqual(commits, [["a"]])
    })
  )

  it.effect("that fail fail for all whose changes they held, and the next tries them again", () =>
    Effect.gen(function* () {
      const { commits, end, look, write } = yield* bench
      const first = yield* write("a")
      const reader = yield* look
      const second = yield* write("b")
      yield* end("fails")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(first)))
      assert.isTrue(Exit.isFailure(yield* Fiber.await(reader)), "who has seen it is not answered either")
      assert.isTrue(yield* isWaiting(second))
      yield* end("works")
      yield* Fiber.join(second)
      assert.deepStrictEqual(commits, [["a"], ["a", "b"]])
    })
  )

  it.effect("go on when whoever writes is interrupted", () =>
    Effect.gen(function* () {
      const { commits, end, write } = yield* bench
      const first = yield* write("a")
      const second = yield* write("b")
      const interrupted = yield* Effect.fork(Fiber.interrupt(first))
      yield* settle
      yield* end("works")
      yield* end("works")
      yield* Fiber.join(interrupted)
      yield* Fiber.join(second)
      assert.deepStrictEqual(commits, [["a"], ["b"]])
    })
  )

  it.effect("of many that are ready at once are one", () =>
    Effect.gen(function* () {
      const { commits, dash, end } = yield* bench
      const names = Array.from({ length: 500 }, (_, index) => `n${index}`)
      const fibers = yield* Effect.forEach(names, dash)
      yield* settle
      yield* end("works")
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(commits, [names])
    })
  )
})
