/** The session against the sandbox over loopback HTTP, whose own count of calls is the oracle. */
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { pause, until } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { withSandbox } from "./support/sandbox.js"

const count = 1_000
const customerCode = Id.customerCode("c-1")

/** Two thousand requests over a thousand connections: a busy machine takes its time, and may cut one off. */
const patience = { timeout: 120_000 }

const crowd = <A, E, R>(effect: Effect.Effect<A, E, R>, size = count) =>
  Effect.all(
    Array.from({ length: size }, () => effect),
    { concurrency: "unbounded" }
  ).pipe(
    Policy.within({
      concurrency: count,
      attemptTimeout: Duration.minutes(2),
      deadline: Duration.minutes(2)
    })
  )

const query = Effect.flatMap(Yunmo, ({ customers }) => customers.query({ customerCode }))

/** How often the sandbox was called, by operation and by code. */
const called = (operation: string, code?: string) =>
  Effect.flatMap(Sandbox.Sandbox, ({ calls }) =>
    Effect.map(calls, ({ counts }) =>
      counts
        .filter((one) => one.operation === operation && (code === undefined || one.code === code))
        .reduce((sum, one) => sum + one.count, 0)
    )
  )

/** A customer, and then a token that has ended at the vendor's while the client takes it for good. */
const expired = Effect.gen(function* () {
  const { customers } = yield* Yunmo
  const sandbox = yield* Sandbox.Sandbox
  yield* customers.create({ customerCode })
  assert.strictEqual(yield* called("login"), 1)
  yield* sandbox.moveClock({ bySeconds: 7200 })
})

const setFaults = (plan: Parameters<Sandbox.SandboxService["setFaults"]>[0]) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.setFaults(plan))

describe("1,000 calls at once whose token has expired", () => {
  it.scopedLive(
    "make exactly one login, and all succeed",
    () =>
      Effect.gen(function* () {
        yield* expired
        const found = yield* crowd(query)
        assert.strictEqual(found.length, count)
        assert.isTrue(found.every((customer) => customer.customerCode === customerCode))
        assert.strictEqual(yield* called("login"), 2)
        assert.isAtLeast(yield* called("queryCustomer", "200"), count)
        assert.isAtLeast(yield* called("queryCustomer", "2000001"), 1)
        assert.isAtMost(yield* called("queryCustomer", "2000001"), count)
      }).pipe(Effect.provide(withSandbox())),
    patience
  )

  it.scopedLive(
    "make exactly one login when the vendor ends older tokens with it",
    () =>
      Effect.gen(function* () {
        yield* expired
        yield* crowd(query)
        assert.strictEqual(yield* called("login"), 2)
        assert.isAtLeast(yield* called("queryCustomer", "200"), count)
      }).pipe(Effect.provide(withSandbox({ sandbox: { rules: { loginEndsOldTokens: true } } }))),
    patience
  )

  it.scopedLive(
    "each fail once with the login's error when that is refused, after one login",
    () =>
      Effect.gen(function* () {
        yield* expired
        yield* setFaults({
          calls: [{ fault: "code", code: "2000006", operations: ["login"], delaySeconds: 0.5 }]
        })
        const failures = yield* crowd(Effect.flip(query))
        assert.strictEqual(failures.length, count)
        for (const failure of failures) {
          hasFields(failure, { _tag: "CredentialsRejected", operation: "login", attempt: 1 })
        }
        assert.strictEqual(yield* called("login"), 2)
        assert.strictEqual(yield* called("queryCustomer", "200"), 0)
        // Within the pause, which is that of the policy where the client was made.
      }).pipe(Effect.provide(withSandbox()), Policy.within({ retryBase: Duration.hours(1) })),
    patience
  )

  it.scopedLive(
    "all succeed after one login though it is slow and the caller that began it is gone",
    () =>
      Effect.gen(function* () {
        yield* expired
        yield* setFaults({
          calls: [{ fault: "slow", operations: ["login"], executed: true, delaySeconds: 0.5 }]
        })
        const first = yield* Effect.fork(query)
        // The sandbox counts the login and then keeps its answer back.
        yield* until(
          Effect.map(called("login"), (logins) => logins === 2).pipe(
            Effect.provide(yield* Effect.context<Sandbox.Sandbox>())
          ),
          "the login is under way"
        )
        const others = yield* Effect.fork(crowd(query))
        yield* pause(20)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
        assert.strictEqual((yield* Fiber.join(others)).length, count)
        assert.strictEqual(yield* called("login"), 2)
      }).pipe(Effect.provide(withSandbox())),
    patience
  )

  it.scopedLive(
    "go through when the login is lost on the way, and still make one",
    () =>
      Effect.gen(function* () {
        yield* expired
        yield* setFaults({ calls: [{ fault: "reset", operations: ["login"], executed: true, times: 2 }] })
        assert.strictEqual((yield* crowd(query, 100)).length, 100)
        assert.strictEqual(yield* called("login"), 4, "one login, whose first two answers were lost")
      }).pipe(Effect.provide(withSandbox())),
    patience
  )
})
