import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import type * as Fault from "../src/Fault.js"
import { Sandbox } from "../src/Sandbox.js"
import { controls } from "./support/http.js"
import * as Id from "./support/ids.js"
import { eventually } from "./support/receiver.js"
import * as Socket from "./support/socket.js"
import { Caller, inProcess, overHttp, requestOf, virtualCard } from "./support/vendor.js"

/** Orders wait to be finished by hand, and the clock stands still: nothing happens but what the test does. */
const world = Caller.layer.pipe(
  Layer.provideMerge(overHttp({ clock: { frozen: true }, rules: { settleAfterSeconds: null } }))
)

const ownNumber = Id.order("top-up-1")

/** A top-up of 25.00, ready to be sent. */
const topUp = Effect.gen(function* () {
  const { paths } = yield* Contract.Contract
  const { token } = yield* Caller
  const { cardId } = yield* virtualCard("c-1")
  const body = yield* requestOf(
    "adjustBalance",
    { cardId, amount: Id.amount("25.00"), direction: "INCREASE", merchantOrderNo: ownNumber },
    { token }
  )
  return { path: paths.adjustBalance.path, body }
})

/** What 4.05 says of the top-up on a good day. */
const asked = Effect.gen(function* () {
  const sandbox = yield* Sandbox
  const { code } = yield* Caller
  yield* sandbox.setFaults({})
  return yield* code("queryTopUpOrder", { merchantOrderNo: ownNumber })
})

const orderNos = Effect.flatMap(Sandbox, ({ state }) =>
  Effect.map(state, ({ orders }) => orders.map(({ merchantOrderNo }) => merchantOrderNo))
)

/** What each fault looks like on the wire, which is the same whether the call was executed or not. */
const looks: Readonly<Record<Exclude<Fault.CallFault, "slow">, (heard: Socket.Heard) => void>> = {
  lost: (heard) => {
    assert.deepStrictEqual(heard, { text: "", ended: true, error: undefined })
  },
  reset: (heard) => {
    assert.deepStrictEqual(heard, { text: "", ended: false, error: "ECONNRESET" })
  },
  status: (heard) => {
    const { body, complete, contentType, status } = Socket.parts(heard)
    assert.deepStrictEqual([status, complete], [503, true])
    assert.match(contentType ?? "", /^text\/plain/)
    assert.throws(() => JSON.parse(body))
  },
  html: (heard) => {
    const { body, complete, contentType, status } = Socket.parts(heard)
    assert.deepStrictEqual([status, complete], [502, true])
    assert.match(contentType ?? "", /^text\/html/)
    assert.match(body, /^<html>[\s\S]*502 Bad Gateway[\s\S]*<\/html>\s*$/)
  },
  code: (heard) => {
    const { body, complete, contentType, status } = Socket.parts(heard)
    assert.deepStrictEqual([status, complete], [200, true])
    assert.match(contentType ?? "", /^application\/json/)
    const { code, data, msg } = JSON.parse(body)
    assert.deepStrictEqual([code, msg, data], ["3000000", "server internal error", null])
  },
  truncated: (heard) => {
    const { body, complete, contentType, status } = Socket.parts(heard)
    assert.deepStrictEqual([status, complete], [200, true])
    assert.match(contentType ?? "", /^application\/json/)
    assert.match(body, /^\{"code":"/)
    assert.throws(() => JSON.parse(body), SyntaxError)
  }
}

describe("a call on a bad day, seen from its socket and from its effect", () => {
  it.scopedLive("leaves nothing behind that waits for a caller who is gone", () =>
    Effect.gen(function* () {
      const { path, body } = yield* topUp
      const waiting = Effect.map(Fiber.roots, (fibers) => fibers.length)
      yield* controls("POST", "/faults", {
        calls: [
          { fault: "lost", operations: ["adjustBalance"], times: 10 },
          { fault: "reset", operations: ["adjustBalance"] }
        ]
      })
      const before = yield* waiting
      for (let times = 0; times < 20; times++) yield* Socket.send(path, body)
      yield* eventually(Effect.map(waiting, (count) => (count < before + 10 ? true : undefined)))
    }).pipe(Effect.provide(world))
  )

  for (const fault of ["lost", "reset", "status", "html", "code", "truncated"] as const) {
    for (const executed of [false, true]) {
      it.scoped(`${fault}, ${executed ? "executed" : "not executed"}`, () =>
        Effect.gen(function* () {
          const { path, body } = yield* topUp
          const set = yield* controls("POST", "/faults", {
            calls: [{ fault, executed, operations: ["adjustBalance"], times: 1 }]
          })
          assert.strictEqual(set.status, 200)
          looks[fault](yield* Socket.send(path, body))

          assert.deepStrictEqual(yield* orderNos, executed ? [ownNumber] : [])
          assert.strictEqual(yield* asked, executed ? "200" : "4020001")
          const { latest } = (yield* controls("GET", "/calls")).body as {
            latest: ReadonlyArray<{ operation: string; code?: string; fault?: string }>
          }
          const { code, fault: shown } =
            latest.findLast(({ operation }) => operation === "adjustBalance") ?? {}
          assert.deepStrictEqual({ code, shown }, { code: executed ? "200" : undefined, shown: fault })

          // The same bytes once more, on a good day: the vendor refuses an order number it has executed.
          const again = Socket.parts(yield* Socket.send(path, body))
          assert.strictEqual(JSON.parse(again.body).code, executed ? "4000000" : "200")
          assert.deepStrictEqual(yield* orderNos, [ownNumber])
        }).pipe(Effect.provide(world))
      )
    }
  }

  it.scoped("with a status and a code of the rule's own", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { path, body } = yield* topUp
      const heard = (rule: Fault.CallRule) =>
        Effect.zipRight(
          sandbox.setFaults({ calls: [rule] }),
          Effect.map(Socket.send(path, body), Socket.parts)
        )
      assert.strictEqual((yield* heard({ fault: "status", status: 429 })).status, 429)
      const page = yield* heard({ fault: "html", status: 504 })
      assert.deepStrictEqual([page.status, page.body.includes("<h1>504 ")], [504, true])
      const { code, msg } = JSON.parse((yield* heard({ fault: "code", code: "2000001" })).body)
      assert.deepStrictEqual([code, msg], ["2000001", "token expired"])
      // One that the vendor does not list: nobody knows what it means.
      const unlisted = JSON.parse((yield* heard({ fault: "code", code: "9999999" })).body)
      assert.deepStrictEqual([unlisted.code, unlisted.msg], ["9999999", "9999999"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("with an answer that would have been a refusal, too: what was decided is in the log", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { path, body } = yield* topUp
      yield* Socket.send(path, body)
      yield* sandbox.setFaults({ calls: [{ fault: "lost", executed: true }] })
      looks.lost(yield* Socket.send(path, body))
      const last = (yield* sandbox.calls).latest.at(-1)
      assert.deepStrictEqual([last?.operation, last?.code, last?.fault], ["adjustBalance", "4000000", "lost"])
    }).pipe(Effect.provide(world))
  )
})

describe("a delay", () => {
  const asleep = Socket.seen(
    Effect.map(TestClock.sleeps(), (sleeps) => (Chunk.isNonEmpty(sleeps) ? sleeps : undefined))
  )

  for (const [fault, executed] of [
    ["slow", false],
    ["slow", true],
    ["lost", false],
    ["lost", true],
    ["code", true],
    ["html", false]
  ] as const) {
    it.scoped(`of ${fault} comes ${executed ? "after" : "before"} the effect`, () =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox
        const { path, body } = yield* topUp
        yield* sandbox.setFaults({ calls: [{ fault, executed, delaySeconds: 3 }] })
        const calling = yield* Effect.fork(Socket.send(path, body))
        yield* asleep
        assert.deepStrictEqual(yield* orderNos, executed ? [ownNumber] : [])
        // The sandbox's clock does not help: the delay is on the line.
        yield* sandbox.moveClock({ bySeconds: 60 })
        assert.isTrue((yield* Fiber.poll(calling))._tag === "None", "the caller waits")
        yield* TestClock.adjust("3 seconds")
        const heard = yield* Fiber.join(calling)
        if (fault === "slow") {
          assert.strictEqual(JSON.parse(Socket.parts(heard).body).code, "200")
        } else {
          looks[fault](heard)
        }
        assert.deepStrictEqual(yield* orderNos, executed || fault === "slow" ? [ownNumber] : [])
        assert.strictEqual(yield* asked, executed || fault === "slow" ? "200" : "4020001")
      }).pipe(Effect.provide(world))
    )
  }

  it.scoped("outlasts the caller: a top-up that nobody waits for any more is executed all the same", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { path, body } = yield* topUp
      yield* sandbox.setFaults({ calls: [{ fault: "slow", delaySeconds: 3, times: 1 }] })
      const calling = yield* Effect.fork(Socket.send(path, body))
      yield* asleep
      yield* Fiber.interrupt(calling)
      const { code } = yield* Caller
      // The trap: asked now, the vendor knows nothing of it.
      assert.strictEqual(yield* code("queryTopUpOrder", { merchantOrderNo: ownNumber }), "4020001")
      yield* TestClock.adjust("3 seconds")
      yield* Socket.seen(Effect.map(orderNos, ([first]) => first))
      assert.strictEqual(yield* code("queryTopUpOrder", { merchantOrderNo: ownNumber }), "200")
    }).pipe(Effect.provide(world))
  )

  it.scoped("ends with the sandbox", () =>
    Effect.gen(function* () {
      const calling = yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox
        yield* sandbox.setFaults({ calls: [{ fault: "slow", delaySeconds: 80_000 }] })
        const calling = yield* Effect.forkDaemon(sandbox.reply("login", new Uint8Array()))
        yield* asleep
        return calling
      }).pipe(Effect.provide(inProcess()))
      assert.isTrue(Exit.isInterrupted(yield* Fiber.await(calling)))
    })
  )

  it.scoped("may be shorter than a number prints without an exponent", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      yield* sandbox.setFaults({ calls: [{ fault: "lost", delaySeconds: 1e-9 }] })
      const calling = yield* Effect.fork(sandbox.reply("login", new Uint8Array()))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(calling))._tag, "Closed")
    }).pipe(Effect.provide(inProcess()))
  )
})

/** Which of so many calls were hit: those that came back as anything but an answer. Their content does not matter. */
const hits = (plan: Fault.Plan, calls: number, operation: Operation.Name = "login") =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    yield* sandbox.setFaults(plan)
    const replies = yield* Effect.replicateEffect(sandbox.reply(operation, new Uint8Array()), calls)
    return replies.flatMap(({ _tag }, index) => (_tag === "Answered" ? [] : [index]))
  })

describe("when a rule fires", () => {
  const by = (rule: Omit<Fault.CallRule, "fault">): Fault.Plan => ({ calls: [{ fault: "lost", ...rule }] })

  it.scoped("by rate: never at 0, always at 1, about a third of the time at 0.3", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* hits(by({ rate: 0 }), 2000), [])
      assert.strictEqual((yield* hits(by({ rate: 1 }), 2000)).length, 2000)
      const some = yield* hits(by({ rate: 0.3 }), 2000)
      // 600 expected; four standard deviations, of sqrt(2000 * 0.3 * 0.7) = 20.5, are 82.
      assert.isAtLeast(some.length, 518)
      assert.isAtMost(some.length, 682)
      // Hits do not come in runs: one follows another at the same rate. 180 expected; 4 * sqrt(600 * 0.3 * 0.7) = 45.
      const followed = some.filter((index) => some.includes(index + 1)).length
      assert.isAtLeast(followed, 135)
      assert.isAtMost(followed, 225)
      const report = (yield* (yield* Sandbox).faults).calls
      assert.deepStrictEqual(report, [
        { rule: { fault: "lost", rate: 0.3 }, matched: 2000, fired: some.length }
      ])
    }).pipe(Effect.provide(inProcess({ seed: "a third" })))
  )

  it.scoped("by rate: the same calls for the same seed, others for another", () =>
    Effect.gen(function* () {
      const plan: Fault.Plan = {
        calls: [
          { fault: "lost", rate: 0.3 },
          { fault: "reset", rate: 0.3 }
        ]
      }
      const run = (seed: string) => Effect.provide(hits(plan, 200), inProcess({ seed }))
      const first = yield* run("x")
      assert.deepStrictEqual(yield* run("x"), first)
      assert.notDeepEqual(yield* run("y"), first)
    })
  )

  it.scoped("by rate: calls of another operation in between change nothing", () =>
    Effect.gen(function* () {
      const plan = by({ rate: 0.3 })
      const alone = yield* Effect.provide(hits(plan, 100), inProcess({ seed: "x" }))
      const mixed = yield* Effect.provide(
        Effect.gen(function* () {
          const sandbox = yield* Sandbox
          yield* sandbox.setFaults(plan)
          const hit: Array<number> = []
          for (let call = 0; call < 100; call++) {
            yield* sandbox.reply("createCustomer", new Uint8Array())
            const { _tag } = yield* sandbox.reply("login", new Uint8Array())
            if (_tag !== "Answered") hit.push(call)
          }
          return hit
        }),
        inProcess({ seed: "x" })
      )
      assert.deepStrictEqual(mixed, alone)
    })
  )

  it.scoped("as a script: after so many, so often, for the operations it names", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* hits(by({ skip: 3 }), 6), [3, 4, 5])
      assert.deepStrictEqual(yield* hits(by({ times: 2 }), 6), [0, 1])
      assert.deepStrictEqual(yield* hits(by({ skip: 2, times: 1 }), 6), [2])
      assert.deepStrictEqual(yield* hits(by({ times: 0 }), 6), [])
      assert.deepStrictEqual(yield* hits(by({ operations: ["adjustBalance"] }), 3), [])
      assert.deepStrictEqual(
        yield* hits(by({ operations: ["adjustBalance"] }), 3, "adjustBalance"),
        [0, 1, 2]
      )
      const some = yield* hits(by({ rate: 0.5, skip: 10, times: 3 }), 60)
      assert.strictEqual(some.length, 3)
      assert.isAtLeast(some[0] ?? 0, 10)
    }).pipe(Effect.provide(inProcess({ seed: "x" })))
  )

  it.scoped("as a script: counts what it looked at over all operations together", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      yield* sandbox.setFaults(by({ operations: ["login", "freezeCard"], skip: 2, times: 1 }))
      const tags: Array<string> = []
      for (const operation of [
        "login",
        "createCustomer",
        "freezeCard",
        "createCustomer",
        "login",
        "login"
      ] as const) {
        tags.push((yield* sandbox.reply(operation, new Uint8Array()))._tag)
      }
      assert.deepStrictEqual(tags, ["Answered", "Answered", "Answered", "Answered", "Closed", "Answered"])
      assert.deepStrictEqual(
        (yield* sandbox.faults).calls.map(({ fired, matched }) => [matched, fired]),
        [[4, 1]]
      )
    }).pipe(Effect.provide(inProcess()))
  )

  it.scoped("of several the first counts; the others have looked and not fired", () =>
    Effect.gen(function* () {
      const { path, body } = yield* topUp
      const plan: Fault.Plan = {
        calls: [
          { fault: "html", skip: 1, times: 1 },
          { fault: "code", code: "3000001", times: 2 },
          { fault: "reset", times: 9 }
        ]
      }
      yield* controls("POST", "/faults", plan)
      const statuses: Array<string> = []
      for (let call = 0; call < 4; call++) {
        const heard = yield* Socket.send(path, body)
        statuses.push(heard.error ?? String(Socket.parts(heard).status))
      }
      assert.deepStrictEqual(statuses, ["200", "502", "200", "ECONNRESET"])
      const { body: report } = yield* controls("GET", "/faults")
      assert.deepStrictEqual(report, {
        calls: [
          { rule: plan.calls?.[0], matched: 4, fired: 1 },
          { rule: plan.calls?.[1], matched: 4, fired: 2 },
          { rule: plan.calls?.[2], matched: 4, fired: 1 }
        ],
        notifications: []
      })
      assert.deepStrictEqual(
        (yield* (yield* Sandbox).calls).latest.slice(-4).map(({ code, fault }) => [code, fault]),
        [
          [undefined, "code"],
          [undefined, "html"],
          [undefined, "code"],
          [undefined, "reset"]
        ]
      )
      yield* controls("POST", "/faults", {})
      assert.deepStrictEqual((yield* controls("GET", "/faults")).body, { calls: [], notifications: [] })
      assert.strictEqual(Socket.parts(yield* Socket.send(path, body)).status, 200)
    }).pipe(Effect.provide(world))
  )

  it.scoped("from the options on, and anew from a reset", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const login = Effect.map(sandbox.reply("login", new Uint8Array()), ({ _tag }) => _tag)
      assert.deepStrictEqual([yield* login, yield* login], ["Closed", "Answered"])
      yield* sandbox.reset
      assert.deepStrictEqual([yield* login, yield* login], ["Closed", "Answered"])
      assert.deepStrictEqual(
        (yield* sandbox.faults).calls.map(({ fired, matched }) => [matched, fired]),
        [[2, 1]]
      )
    }).pipe(Effect.provide(inProcess({ faults: by({ times: 1 }) })))
  )

  it.scoped("every operation can be hit", () =>
    Effect.gen(function* () {
      for (const { name } of Operation.all) {
        assert.deepStrictEqual(yield* hits(by({ operations: [name] }), 1, name), [0], name)
      }
    }).pipe(Effect.provide(inProcess()))
  )
})

describe("a plan that does not fit", () => {
  const wrong: ReadonlyArray<readonly [path: string, plan: unknown]> = [
    ["calls.0.rate", { calls: [{ fault: "lost", rate: 1.5 }] }],
    ["calls.1.rate", { calls: [{ fault: "lost" }, { fault: "lost", rate: "0.5" }] }],
    ["calls.0.fault", { calls: [{ fault: "gone" }] }],
    ["calls.0.rates", { calls: [{ fault: "lost", rates: 0.5 }] }],
    ["calls.0.operations.0", { calls: [{ fault: "lost", operations: ["topUp"] }] }],
    ["calls.0.operations", { calls: [{ fault: "lost", operations: [] }] }],
    ["calls.0.executed", { calls: [{ fault: "lost", executed: "yes" }] }],
    ["calls.0.status", { calls: [{ fault: "status", status: 200 }] }],
    ["calls.0.code", { calls: [{ fault: "code", code: "" }] }],
    ["calls.0.delaySeconds", { calls: [{ fault: "slow", delaySeconds: -1 }] }],
    ["calls.0.skip", { calls: [{ fault: "lost", skip: 0.5 }] }],
    ["calls.0.times", { calls: [{ fault: "lost", times: -1 }] }],
    ["notifications.0.fault", { notifications: [{ fault: "reset" }] }],
    ["notifications.0.events.1", { notifications: [{ fault: "lost", events: ["kyc", "card"] }] }],
    ["notifications.0.executed", { notifications: [{ fault: "lost", executed: true }] }],
    ["calls.0.code", { calls: [{ fault: "html", code: "3000000" }] }],
    ["calls.1.status", { calls: [{ fault: "lost" }, { fault: "lost", status: 503 }] }],
    ["calls.0.status", { calls: [{ fault: "code", status: 503 }] }],
    ["notifications.0.delaySeconds", { notifications: [{ fault: "lost", delaySeconds: 1 }] }],
    ["call", { call: [{ fault: "lost" }] }]
  ]

  it.scoped("is refused with the place where, and the one in force stays", () =>
    Effect.gen(function* () {
      yield* controls("POST", "/faults", { calls: [{ fault: "lost", operations: ["destroyCard"] }] })
      const before = (yield* controls("GET", "/faults")).body
      for (const [path, plan] of wrong) {
        const { body, status } = yield* controls("POST", "/faults", plan)
        assert.strictEqual(status, 400, path)
        assert.include((body as { message: string }).message, `${path}: `, path)
      }
      assert.deepStrictEqual((yield* controls("GET", "/faults")).body, before)
    }).pipe(Effect.provide(world))
  )

  it.scoped("names the option that is not the fault's, and what it belongs to", () =>
    Effect.gen(function* () {
      const { body } = yield* controls("POST", "/faults", { calls: [{ fault: "code", status: 503 }] })
      assert.include(
        (body as { message: string }).message,
        "calls.0.status: belongs to status and html, and code does not take it; leave it out"
      )
    }).pipe(Effect.provide(world))
  )

  const successes = [
    ["the proposed contract", "200", Layer.empty],
    ["a merchant's", "0", Contract.layer({ successCode: "0" })]
  ] as const
  for (const [whose, code, contract] of successes) {
    const plan: Fault.Plan = { calls: [{ fault: "lost" }, { fault: "code", code }] }
    const problem = `calls.1.code: ${code} is the contract's code of success; give one of failure`

    it.scoped(`has no code of success: ${whose}`, () =>
      Effect.gen(function* () {
        const { faults, setFaults } = yield* Sandbox
        yield* setFaults({ calls: [{ fault: "code", code: "3000001" }] })
        const before = yield* faults
        const refused = yield* Effect.flip(setFaults(plan))
        assert.deepStrictEqual(
          [refused._tag, refused.message],
          ["MoveRefused", `The plan does not fit: ${problem}.`]
        )
        assert.deepStrictEqual(yield* faults, before)
        const { body, status } = yield* controls("POST", "/faults", plan)
        assert.deepStrictEqual([status, body], [409, { _tag: "MoveRefused", message: refused.message }])
      }).pipe(Effect.provide(Layer.provideMerge(overHttp(), contract)))
    )

    it.effect(`starts with no code of success: ${whose}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(
          Effect.provide(Sandbox, Layer.provide(inProcess({ faults: plan }), contract))
        )
        assert.strictEqual(error.message, `The sandbox cannot start: faults.${problem}.`)
      })
    )
  }
})
