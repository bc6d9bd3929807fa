import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { Dispatcher } from "../src/Dispatcher.js"
import * as Findings from "../src/Findings.js"
import { ThreeDsDesk } from "../src/ThreeDsDesk.js"
import { held, query } from "./database.js"
import {
  amount,
  anotherWorker,
  drain,
  eventually,
  findings,
  fundedCard,
  merchantNo,
  notify,
  now,
  threeDs,
  Way,
  Webhook,
  world
} from "./support.js"

/** A bank asks for 3-D Secure, and the request is on the desk. */
const asked = (code = "c-1", expiresInSeconds = 60) =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox
    const { cardId } = yield* fundedCard(code)
    yield* sandbox.setCallback({ url: (yield* Webhook).url })
    const { authId } = yield* sandbox.requestThreeDs({
      cardId,
      amount: amount("12.50"),
      currency: "USD",
      merchantName: "Corner Shop",
      expiresInSeconds
    })
    yield* eventually(
      Effect.zipRight(
        drain("threeDs"),
        Effect.map(
          query(`SELECT 1 FROM yunmo_three_ds WHERE auth_id = '${authId}'`),
          (rows) => rows.length > 0
        )
      )
    )
    return authId
  })

/** What the vendor has of a request. */
const atVendor = (authId: Ids.AuthorizationId) =>
  Effect.gen(function* () {
    const { state } = yield* Sandbox
    return (yield* state).threeDs.find((request) => request.authId === authId)?.decision
  })

/** What stands on the desk, in SQL. */
const onDesk = (authId: string) =>
  Effect.map(
    query<{
      readonly state: string
      readonly decision: string | null
      readonly decided_by: string | null
      readonly decided_at: number | null
      readonly note: string | null
    }>(
      `SELECT state, decision, decided_by, decided_at, note FROM yunmo_three_ds WHERE auth_id = '${authId}'`
    ),
    ([row]) => row
  )

const confirmations = Effect.map(Way, (way) => way.calls("confirmThreeDs"))

const sweep = Effect.flatMap(ThreeDsDesk, (desk) => desk.sweep)

const decide = (authId: Ids.AuthorizationId, decision: "approve" | "decline" = "approve", by = "ada") =>
  Effect.flatMap(ThreeDsDesk, (desk) => desk.decide(authId, decision, by))

/** A request as a process left it that died. */
const left = (state: "waiting" | "deciding", deadline: number, authId = "TDS-left") =>
  query(`INSERT INTO yunmo_three_ds
    (merchant_no, auth_id, card_id, deadline, state, decision, decided_by, inbox_id, received_at, updated_at)
    VALUES ('${merchantNo}', '${authId}', 'CD1', ${deadline}, '${state}', 'approve', 'policy', 1, 1, 1)`)

describe("the policy", () => {
  for (const [policy, decision] of [
    ["approve", "approved"],
    ["decline", "declined"]
  ] as const) {
    it.live(`${policy} answers by itself, once`, () =>
      Effect.gen(function* () {
        const authId = yield* asked()
        assert.strictEqual(yield* sweep, 1)
        assert.strictEqual(yield* atVendor(authId), decision)
        assert.deepInclude(yield* onDesk(authId), { state: decision, decision: policy, decided_by: "policy" })
        assert.strictEqual(yield* sweep, 0)
        assert.strictEqual((yield* confirmations).made, 1)
        assert.deepStrictEqual(yield* findings, [])
      }).pipe(Effect.scoped, Effect.provide(world({ policy })))
    )
  }

  it.live("ask leaves it to a person, the most urgent first", () =>
    Effect.gen(function* () {
      const desk = yield* ThreeDsDesk
      const later = yield* asked("c-1", 90)
      const sooner = yield* asked("c-2", 30)
      assert.strictEqual(yield* sweep, 0)
      const waiting = yield* desk.waiting
      assert.deepStrictEqual(
        waiting.map(({ authId }) => authId),
        [sooner, later]
      )
      assert.deepInclude(waiting[0], {
        state: "waiting",
        amount: "12.50",
        currency: "USD",
        merchantName: "Corner Shop",
        decision: null,
        decidedBy: null
      })
      assert.strictEqual((yield* confirmations).made, 0)

      const request = yield* decide(sooner, "decline")
      assert.deepInclude(request, { state: "declined", decision: "decline", decidedBy: "ada", note: null })
      assert.strictEqual(yield* atVendor(sooner), "declined")
      assert.strictEqual(yield* atVendor(later), "pending")
      assert.lengthOf(yield* desk.waiting, 1)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("a decision", () => {
  it.live("of fifty at once is sent once", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const answers = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, index) => index),
        (index) => Effect.either(decide(authId, index % 2 === 0 ? "approve" : "decline", `person ${index}`)),
        { concurrency: "unbounded" }
      )
      const [first, ...others] = answers.filter(Either.isRight)
      assert.lengthOf(others, 0)
      const left = answers.filter(Either.isLeft).map((one) => one.left)
      assert.lengthOf(left, 49)
      for (const error of left) {
        assert.strictEqual(error._tag, "ThreeDsNotWaiting")
      }
      assert.strictEqual((yield* confirmations).made, 1)
      const decision = yield* atVendor(authId)
      assert.strictEqual(first?.right.state, decision)
      assert.strictEqual((yield* onDesk(authId))?.decided_by, first?.right.decidedBy)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of two workers on one file is sent once", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const other = Context.get(yield* anotherWorker({ policy: "approve" }), ThreeDsDesk)
      const moved = yield* Effect.forEach(
        Array.from({ length: 10 }, (_, index) => index),
        (index) => Effect.retry(index % 2 === 0 ? other.sweep : sweep, { times: 20 }),
        { concurrency: "unbounded" }
      )
      assert.isAtLeast(Math.max(...moved), 1)
      assert.strictEqual(yield* atVendor(authId), "approved")
      assert.strictEqual((yield* confirmations).made, 1)
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
  )

  it.live("is not made again, of what is not there, or inside a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const authId = yield* asked()
      const inside = yield* decide(authId).pipe(sql.withTransaction, Effect.sandbox, Effect.flip)
      assert.include(Cause.pretty(inside), "inside a transaction")
      assert.strictEqual((yield* confirmations).made, 0)

      yield* decide(authId)
      const again = yield* Effect.flip(decide(authId, "decline"))
      assert.strictEqual(
        again.message,
        `3-D Secure request ${authId} is approved already: a decision is sent once.`
      )
      const nobody = yield* Effect.flip(decide(Ids.AuthorizationId.make("TDS-nobody")))
      assert.strictEqual(nobody._tag, "ThreeDsNotFound")
      assert.include(nobody.message, "TDS-nobody")
      assert.strictEqual((yield* confirmations).made, 1)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("that the vendor refuses is refused, and not sent again", () =>
    Effect.gen(function* () {
      // A card that the vendor does not know: a listed code, refused before execution.
      yield* notify("_3DS", threeDs({ authId: "TDS1", cardId: "CD-nobody" }))
      yield* drain("threeDs")
      const request = yield* decide(Ids.AuthorizationId.make("TDS1"))
      assert.strictEqual(request.state, "refused")
      assert.include(request.note, "4010006")
      yield* sweep
      assert.strictEqual((yield* confirmations).made, 1)
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "ask" })))
  )
})

describe("the deadline", () => {
  it.live("that has passed: nothing is sent, and a person is told once", () =>
    Effect.gen(function* () {
      yield* left("waiting", (yield* now) - 1)
      const authId = Ids.AuthorizationId.make("TDS-left")
      const late = yield* Effect.flip(decide(authId))
      assert.deepInclude(late, { _tag: "ThreeDsNotWaiting", state: "expired" })
      assert.include(late.message, "too late")
      assert.strictEqual(yield* sweep, 0)
      assert.strictEqual((yield* confirmations).made, 0)
      assert.deepStrictEqual(yield* findings, ["threeDsExpired 3DS TDS-left"])
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
  )

  it.live("that passes on the desk is noticed by the sweep, whatever the policy", () =>
    Effect.gen(function* () {
      const authId = yield* asked("c-1", 2)
      assert.strictEqual(yield* sweep, 0)
      yield* Effect.sleep("2100 millis")
      assert.strictEqual(yield* sweep, 1)
      assert.strictEqual(yield* sweep, 0)
      assert.strictEqual((yield* onDesk(authId))?.state, "expired")
      assert.strictEqual((yield* confirmations).made, 0)
      const { open } = yield* Findings.Findings
      const [finding] = yield* open(merchantNo)
      assert.deepInclude(finding, { kind: "threeDsExpired", times: 1 })
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of a request that names none counts from its receipt", () =>
    Effect.gen(function* () {
      const before = yield* now
      const id = yield* notify("_3DS", threeDs())
      yield* drain("threeDs")
      const [row] = yield* query<{ deadline: number; received_at: number; inbox_id: number }>(
        "SELECT deadline, received_at, inbox_id FROM yunmo_three_ds"
      )
      assert.deepInclude(row, { inbox_id: id, deadline: (row?.received_at ?? 0) + 7000 })
      assert.isAtLeast(row?.received_at ?? 0, before)
    }).pipe(Effect.scoped, Effect.provide(world({ defaultTimeout: Duration.seconds(7) })))
  )

  it.live.each([
    ["milliseconds", "1795412581000", 1_795_412_581_000],
    ["seconds", "1795412581", 1_795_412_581_000],
    ["the vendor's time text", "2026-11-23 05:43:01", Date.parse("2026-11-23T05:43:01Z")],
    ["text nobody can read", "soon", undefined]
  ] as const)("is read from %s", ([, expireTimeStamp, deadline]) =>
    Effect.gen(function* () {
      yield* notify("_3DS", threeDs({ expireTimeStamp }))
      yield* drain("threeDs")
      const [row] = yield* query<{ deadline: number; received_at: number }>(
        "SELECT deadline, received_at FROM yunmo_three_ds"
      )
      assert.strictEqual(row?.deadline, deadline ?? (row?.received_at ?? 0) + 120_000)
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "ask" })))
  )

  it.live("that passes while the mark waits for the database: nothing is sent", () =>
    Effect.gen(function* () {
      const authId = yield* asked("c-1", 0.6)
      const { letGo } = yield* held
      const deciding = yield* Effect.fork(Effect.exit(decide(authId)))
      yield* Effect.sleep("900 millis")
      yield* letGo
      yield* Fiber.join(deciding)
      assert.strictEqual((yield* confirmations).made, 0)
      assert.strictEqual((yield* onDesk(authId))?.state, "expired")
      assert.deepStrictEqual(yield* findings, [`threeDsExpired 3DS ${authId}`])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("that comes before the vendor's answer: unknown, and not sent again", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const authId = yield* asked("c-1", 2)
      way.set("confirmThreeDs", "hangs")
      const request = yield* decide(authId)
      assert.strictEqual(request.state, "unknown")
      way.set("confirmThreeDs", undefined)
      yield* sweep
      assert.strictEqual((yield* confirmations).made, 1)
      assert.deepStrictEqual(yield* findings, [`threeDsUnknown 3DS ${authId}`])
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "ask" })))
  )
})

describe("an answer that is lost", () => {
  for (const fault of ["loses", "down", 500] as const) {
    it.live(`(${fault}) is unknown, found, and not sent again`, () =>
      Effect.gen(function* () {
        const way = yield* Way
        way.set("confirmThreeDs", fault)
        const authId = yield* asked()
        yield* sweep
        const row = yield* onDesk(authId)
        assert.deepInclude(row, { state: "unknown", decision: "approve", decided_by: "policy" })
        assert.include(row?.note, "Do not send it again")
        way.set("confirmThreeDs", undefined)
        yield* sweep
        const again = yield* Effect.flip(decide(authId))
        assert.deepInclude(again, { _tag: "ThreeDsNotWaiting", state: "unknown" })
        assert.strictEqual((yield* confirmations).made, 1)
        assert.strictEqual(yield* atVendor(authId), fault === "loses" ? "approved" : "pending")
        assert.deepStrictEqual(yield* findings, [`threeDsUnknown 3DS ${authId}`])
      }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
    )
  }

  it.live("with the process that sent it: reported as unknown after the deadline, never sent", () =>
    Effect.gen(function* () {
      yield* left("deciding", (yield* now) + 60_000, "TDS-young")
      yield* left("deciding", (yield* now) - 1_000, "TDS-late")
      yield* left("deciding", (yield* now) - 31_000, "TDS-old")
      assert.strictEqual(yield* sweep, 1)
      assert.strictEqual((yield* onDesk("TDS-young"))?.state, "deciding")
      // Its sender may still live and write down what it was told.
      assert.strictEqual((yield* onDesk("TDS-late"))?.state, "deciding")
      assert.strictEqual((yield* onDesk("TDS-old"))?.state, "unknown")
      assert.strictEqual(yield* sweep, 0)
      for (const authId of ["TDS-young", "TDS-late", "TDS-old"]) {
        const error = yield* Effect.flip(decide(Ids.AuthorizationId.make(authId)))
        assert.strictEqual(error._tag, "ThreeDsNotWaiting")
      }
      assert.strictEqual((yield* confirmations).made, 0)
      assert.deepStrictEqual(yield* findings, ["threeDsUnknown 3DS TDS-old"])
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
  )
})

describe("a login that fails", () => {
  it.live("puts the request back, undecided, and the next try sends it once", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const way = yield* Way
      // The session ended, so the next call logs in first.
      const fresh = Context.get(yield* anotherWorker(), ThreeDsDesk)
      way.set("login", 404)
      const request = yield* fresh.decide(authId, "approve", "ada")
      assert.deepInclude(request, { state: "waiting", decision: null, decidedBy: null })
      assert.include(request.note, "login")
      assert.deepInclude(yield* onDesk(authId), {
        state: "waiting",
        decision: null,
        decided_by: null,
        decided_at: null
      })
      assert.strictEqual((yield* confirmations).made, 0)
      way.set("login", undefined)
      // The next login begins after a pause.
      yield* eventually(
        Effect.map(fresh.decide(authId, "decline", "bob"), ({ state }) => state === "declined")
      )
      assert.strictEqual((yield* confirmations).made, 1)
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("again and again is tried at the poll interval, not faster, until the deadline", () =>
    Effect.gen(function* () {
      const authId = yield* asked("c-1", 1.5)
      const way = yield* Way
      way.set("login", 404)
      const before = way.calls("login").made
      const worker = yield* anotherWorker({
        policy: "approve",
        dispatcher: { pollInterval: Duration.millis(100), maxAttempts: 8 }
      })
      const running = yield* Effect.fork(Context.get(worker, Dispatcher).run)
      // A login that is on its way when the deadline comes is not waited for, and then nobody can say.
      const ends = [
        ["expired", "threeDsExpired"],
        ["unknown", "threeDsUnknown"]
      ]
      const [, finding] = yield* eventually(
        Effect.map(onDesk(authId), (row) => ends.find(([state]) => state === row?.state))
      )
      yield* Fiber.interrupt(running)
      const made = way.calls("login").made - before
      assert.isAbove(made, 0)
      // At most one for each pause while the request is open, and the eight tries of the customer's KYC notification.
      assert.isBelow(made, 25)
      assert.strictEqual((yield* confirmations).made, 0)
      assert.deepStrictEqual(yield* findings, [`${finding} 3DS ${authId}`])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("for many who decide at once does not make the request run out before its time", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const way = yield* Way
      const fresh = Context.get(yield* anotherWorker(), ThreeDsDesk)
      way.set("login", 404)
      const many = Effect.forEach(
        Array.from({ length: 20 }),
        () => Effect.either(fresh.decide(authId, "approve", "ada")),
        { concurrency: "unbounded" }
      )
      yield* Effect.repeatN(many, 4)
      assert.strictEqual((yield* onDesk(authId))?.state, "waiting")
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("that hangs is given up in the time of one confirmation", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const way = yield* Way
      const fresh = Context.get(yield* anotherWorker(), ThreeDsDesk)
      way.set("login", "hangs")
      const request = yield* fresh.decide(authId, "approve", "ada")
      assert.strictEqual(request.state, "waiting")
      assert.include(request.note, "within 5000 ms")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("interruption", () => {
  it.live("while the decision is on its way does not lose what the vendor answers", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const authId = yield* asked("c-1", 2)
      way.set("confirmThreeDs", "hangs")
      const deciding = yield* Effect.fork(decide(authId))
      yield* eventually(Effect.map(confirmations, ({ made }) => made === 1))
      yield* Fiber.interrupt(deciding)
      const row = yield* onDesk(authId)
      assert.strictEqual(row?.state, "unknown")
      assert.deepStrictEqual(yield* findings, [`threeDsUnknown 3DS ${authId}`])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of a sweep that has just sent still writes the approval down", () =>
    Effect.gen(function* () {
      const authId = yield* asked()
      const sweeping = yield* Effect.fork(sweep)
      yield* eventually(Effect.map(onDesk(authId), (row) => row?.state !== "waiting"))
      yield* Fiber.interrupt(sweeping)
      assert.strictEqual((yield* onDesk(authId))?.state, "approved")
      assert.strictEqual(yield* atVendor(authId), "approved")
      assert.strictEqual((yield* confirmations).made, 1)
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
  )
})
