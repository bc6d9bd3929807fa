/**
 * The 25 operations by what a lost answer means: each row is run against the sandbox, which loses the answer before the
 * effect and after it, and whose own state and count of calls are the oracle. The names of the tests are the table.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Policy from "../src/Policy.js"
import { withSandbox } from "./support/sandbox.js"
import { type Case, type Row, rows } from "./support/table.js"

/** Without the rate limits of 3.3 and 4.02, which would wait; `Limits.test.ts` is about those. */
const hurried = Policy.within({ retryBase: Duration.millis(1), retries: 3, rates: {} })

const arrived = (name: Operation.Name) =>
  Effect.flatMap(Sandbox.Sandbox, ({ calls }) =>
    Effect.map(calls, ({ counts }) =>
      counts.filter(({ operation }) => operation === name).reduce((sum, { count }) => sum + count, 0)
    )
  )

/** Runs it while answers are lost, all or so many, on this side of the effect. */
const losing = (name: Operation.Name, call: Case["call"], executed: boolean, times?: number) =>
  Effect.gen(function* () {
    const { setFaults } = yield* Sandbox.Sandbox
    const before = yield* arrived(name)
    yield* setFaults({
      calls: [{ fault: "lost", executed, operations: [name], ...(times === undefined ? {} : { times }) }]
    })
    const result = yield* Effect.either(call)
    yield* setFaults({})
    return { result, requests: (yield* arrived(name)) - before }
  })

const tagOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "_tag" in value ? value._tag : undefined

describe("the 25 operations, and what a lost answer means", () => {
  it("is a table of all of them, by their safety", () => {
    assert.deepStrictEqual(Object.keys(rows).sort(), Operation.all.map(({ name }): string => name).sort())
    assert.strictEqual(Operation.all.length, 25)
    const meant: Readonly<Record<Operation.Safety, readonly [Row["lost"], number]>> = {
      read: ["TransportFailed", 4],
      idempotent: ["TransportFailed", 4],
      keyed: ["OutcomeUnknown", 1],
      creating: ["Unknown", 1],
      money: ["Unknown", 1],
      decision: ["Unknown", 1]
    }
    for (const { name, safety } of Operation.all) {
      const { lost, requests } = rows[name]
      assert.deepStrictEqual([lost, requests], [...meant[safety]], name)
    }
  })

  for (const { name, safety, section } of Operation.all) {
    const { finds, lost, prepare, requests, settledBy } = rows[name]
    const sent = `${requests} request${requests === 1 ? "" : "s"}`
    it.scopedLive(
      `${section} ${name} · ${safety} · lost answer: ${lost}, ${sent}, settled by ${settledBy}`,
      () =>
        Effect.forEach([true, false], (executed) =>
          Effect.gen(function* () {
            const { call, happened, settle } = yield* prepare
            const about = executed ? "executed" : "not executed"

            const first = yield* losing(name, call, executed)
            assert.strictEqual(tagOf(Either.merge(first.result)), lost, about)
            assert.strictEqual(
              Either.isRight(first.result),
              lost === "Unknown",
              `${about}: a value or an error`
            )
            assert.strictEqual(first.requests, requests, about)
            assert.strictEqual(happened && (yield* happened), happened && executed, about)

            const before = yield* arrived(name)
            assert.strictEqual(yield* settle, finds[executed ? 0 : 1], about)
            if (requests === 1) {
              assert.strictEqual(yield* arrived(name), before, `${about}: settling sends nothing again`)
            }
            assert.strictEqual(happened && (yield* happened), happened && (executed || requests > 1), about)

            // What is tried again by itself succeeds with the first answer that comes through.
            for (const times of requests > 1 ? [1, 2, 3] : []) {
              const later = yield* losing(name, call, executed, times)
              assert.isTrue(Either.isRight(later.result), `${about}, ${times} lost`)
              assert.strictEqual(later.requests, times + 1, `${about}, ${times} lost`)
            }
          }).pipe(Effect.provide(withSandbox()), hurried)
        )
    )
  }
})
