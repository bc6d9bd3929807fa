import * as SqlClient from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import { Dispatcher } from "../src/Dispatcher.js"
import type * as Handlers from "../src/Handlers.js"
import { HandlerFailed } from "../src/ProcessingError.js"
import { anotherConnection, held, onPostgres, query, readOnly } from "./database.js"
import {
  amount,
  anotherWorker,
  eventually,
  findings,
  fundedCard,
  notify,
  otherMerchantNo,
  stateOf,
  threeDs,
  trade,
  Way,
  Webhook,
  world
} from "./support.js"

const round = (queue: "threeDs" | "others" = "others") =>
  Effect.flatMap(Dispatcher, (dispatcher) => dispatcher.round(queue))

/** The dispatcher at work in the background while the scope lives. */
const running = Effect.flatMap(Dispatcher, ({ run }) => Effect.forkScoped(run))

const states = Effect.map(
  query<{ state: string; n: number }>("SELECT state, count(*) AS n FROM yunmo_inbox GROUP BY state"),
  (rows) => Object.fromEntries(rows.map(({ n, state }) => [state, n]))
)

const noneWaits = Effect.map(states, ({ pending = 0 }) => pending === 0)

/** Rows of these cards, in this order; each an order of its own. Answers their ids. */
const notifyAll = (cards: ReadonlyArray<string>) =>
  Effect.forEach(cards, (cardId, index) => notify("TRADE", trade({ cardId, orderNo: `OR${index}` })))

const round5 = (cards: ReadonlyArray<string>, times: number) =>
  Array.from({ length: times }, () => cards).flat()

type Trade = Handlers.HandlersService["trade"]

/** A handler that writes down, in the row's transaction, that it took effect. */
const logging =
  (before: (...of: Parameters<Trade>) => ReturnType<Trade> | Effect.Effect<void, HandlerFailed>) =>
  (_: unknown, sql: SqlClient.SqlClient): { readonly trade: Trade } => ({
    trade: (notification, row) =>
      Effect.as(
        before(notification, row),
        Effect.asVoid(sql`INSERT INTO took_effect (inbox_id, card_id)
          VALUES (${row.inboxId}, ${notification.data.cardId})`)
      )
  })

const log = query("CREATE TABLE took_effect (inbox_id INTEGER NOT NULL, card_id TEXT NOT NULL) STRICT")
const tookEffect = Effect.map(
  query<{ inbox_id: number; card_id: string }>("SELECT * FROM took_effect ORDER BY rowid"),
  (rows) => rows.map(({ inbox_id }) => inbox_id)
)

describe("order", () => {
  it.live("of one subject is that of arrival, one at a time; subjects go side by side", () => {
    const at = new Map<string, number>()
    let most = 0
    const slowly: Parameters<typeof logging>[0] = ({ data: { cardId } }) =>
      Effect.gen(function* () {
        const others = at.get(cardId) ?? 0
        assert.strictEqual(others, 0, `${cardId} is worked on twice at once`)
        at.set(cardId, 1)
        most = Math.max(most, [...at.values()].filter((one) => one > 0).length)
        yield* Effect.sleep(Duration.millis(yield* Random.nextIntBetween(0, 8)))
        at.set(cardId, 0)
      })
    return Effect.gen(function* () {
      yield* log
      const ids = yield* notifyAll(round5(["A", "B", "C", "D", "E"], 8))
      yield* running
      // Some more while it is at it.
      ids.push(...(yield* notifyAll(round5(["B", "A", "F"], 6).map((card) => card))))
      yield* eventually(noneWaits)
      assert.strictEqual((yield* states)["handled"], new Set(ids).size)
      const rows = yield* query<{ inbox_id: number; card_id: string }>(
        "SELECT * FROM took_effect ORDER BY rowid"
      )
      assert.lengthOf(rows, new Set(ids).size)
      for (const card of ["A", "B", "C", "D", "E", "F"]) {
        const order = rows.filter(({ card_id }) => card_id === card).map(({ inbox_id }) => inbox_id)
        assert.deepStrictEqual(
          order,
          [...order].sort((a, b) => a - b),
          card
        )
      }
      assert.isAbove(most, 2)
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(slowly) })))
  })

  it.live("a subject that fails waits alone, its later rows with it", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const bad = (yield* fundedCard("c-1")).cardId
      const good = (yield* fundedCard("c-2")).cardId
      way.set("getCardDetail", 404, bad)
      const [bad1, good1, bad2, good2] = yield* notifyAll([bad, good, bad, good])
      assert.deepStrictEqual(yield* round(), { handled: 2, failed: 1, setAside: 0 })
      assert.deepStrictEqual(yield* Effect.forEach([bad1, bad2, good1, good2], (id) => stateOf(id ?? 0)), [
        "pending",
        "pending",
        "handled",
        "handled"
      ])
      // The second was not even tried.
      assert.deepStrictEqual(
        yield* query("SELECT attempts FROM yunmo_inbox WHERE state = 'pending' ORDER BY id"),
        [{ attempts: 1 }, { attempts: 0 }]
      )
      way.set("getCardDetail", undefined, bad)
      yield* running
      yield* eventually(noneWaits)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a subject whose read-back hangs holds up nobody else, not even what comes later", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const hanging = (yield* fundedCard("c-1")).cardId
      const good = (yield* fundedCard("c-2")).cardId
      way.set("getCardDetail", "hangs", hanging)
      yield* running
      const stuck = yield* notify("TRADE", trade({ cardId: hanging }))
      yield* eventually(Effect.sync(() => way.calls("getCardDetail").made > 0))
      for (const orderNo of ["OR1", "OR2", "OR3"]) {
        const id = yield* notify("TRADE", trade({ cardId: good, orderNo }))
        yield* eventually(Effect.map(stateOf(id), (state) => state === "handled"))
      }
      // It is still at its first attempt.
      assert.strictEqual(yield* stateOf(stuck), "pending")
      assert.strictEqual(way.calls("getCardDetail").made - way.calls("getCardDetail").reached, 1)
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a subject with a long backlog does not hide the others", () =>
    Effect.gen(function* () {
      yield* log
      const many = yield* notifyAll(Array.from({ length: 60 }, () => "busy"))
      const other = yield* notify("TRADE", trade({ cardId: "idle", orderNo: "OR-idle" }))
      yield* running
      yield* eventually(Effect.map(stateOf(other), (state) => state === "handled"))
      assert.isBelow((yield* tookEffect).length, 60)
      yield* eventually(noneWaits)
      assert.deepStrictEqual(
        (yield* tookEffect).filter((id) => id !== other),
        many
      )
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          dispatcher: { batch: 5 },
          handlers: logging(({ data }) => Effect.sleep(data.cardId === "busy" ? "20 millis" : 0))
        })
      )
    )
  )

  it.live("hundreds of rows of many subjects are all handled, each once", () =>
    Effect.gen(function* () {
      yield* log
      yield* notifyAll(Array.from({ length: 400 }, (_, n) => `CD${n % 97}`))
      yield* running
      yield* eventually(noneWaits)
      const ids = yield* tookEffect
      assert.lengthOf(ids, 400)
      assert.lengthOf(new Set(ids), 400)
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.void) })))
  )
})

describe("a row that fails", () => {
  it.live("because its message cannot be decrypted waits for its key, and is not set aside at once", () =>
    Effect.gen(function* () {
      yield* log
      const [id = 0] = yield* notifyAll(["A"])
      yield* query("UPDATE yunmo_inbox SET raw_cipher = 'A256GCM:of-last-year'")
      yield* running
      const lastError = Effect.map(
        query<{ last_error: string | null }>("SELECT last_error FROM yunmo_inbox"),
        ([row]) => row?.last_error ?? ""
      )
      yield* eventually(Effect.map(lastError, (error) => error !== ""))
      assert.include(yield* lastError, `encrypted with the key "of-last-year", which is not configured`)
      assert.strictEqual(yield* stateOf(id), "pending")
      yield* query("UPDATE yunmo_inbox SET raw_cipher = 'none'")
      yield* eventually(noneWaits)
      assert.strictEqual(yield* stateOf(id), "handled")
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.void) })))
  )

  it.live("is tried with growing waits, then set aside, and its subject goes on", () => {
    const times: Array<number> = []
    const failing: Parameters<typeof logging>[0] = ({ data }) =>
      data.orderNo === "OR0"
        ? Effect.flatMap(Clock.currentTimeMillis, (at) => {
            times.push(at)
            return new HandlerFailed({ reason: "not today" })
          })
        : Effect.void
    return Effect.gen(function* () {
      yield* log
      const [bad, next] = yield* notifyAll(["A", "A"])
      yield* running
      yield* eventually(noneWaits)
      assert.strictEqual(yield* stateOf(bad ?? 0), "set_aside")
      assert.strictEqual(yield* stateOf(next ?? 0), "handled")
      assert.deepStrictEqual(yield* tookEffect, [next])
      assert.lengthOf(times, 5)
      const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      for (const [index, atLeast] of [32, 64, 96, 96].entries()) {
        assert.isAtLeast(waits[index] ?? 0, atLeast - 1, `wait ${index} of ${waits.join()}`)
      }
      const [row] = yield* query<{ reason: string; attempts: number; last_error: string }>(
        "SELECT reason, attempts, last_error FROM yunmo_inbox WHERE state = 'set_aside'"
      )
      assert.deepStrictEqual(row, {
        reason: "failed 5 times, at last: not today",
        attempts: 5,
        last_error: "not today"
      })
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          handlers: logging(failing),
          dispatcher: { maxAttempts: 5, backOff: Duration.millis(40), maxBackOff: Duration.millis(120) }
        })
      )
    )
  })

  const poisons: Record<string, Handlers.HandlersService["trade"]> = {
    "a defect": () => Effect.sync(() => JSON.parse("4111111111111111 is no JSON")),
    "a defect that is no error": () => Effect.die("4111111111111111"),
    "a defect in its writes": () => Effect.succeed(Effect.dieMessage("4111111111111111")),
    "writes that the database refuses": () =>
      Effect.succeed(
        Effect.fail(new SqlError({ cause: new Error("CHECK constraint failed"), message: "no" }))
      ),
    "writes that end the transaction": () => Effect.succeed(Effect.void)
  }
  for (const [what, poison] of Object.entries(poisons)) {
    it.live(`for ${what} costs only itself`, () =>
      Effect.gen(function* () {
        yield* log
        yield* query("CREATE TABLE refusing (n INTEGER CHECK (n > 0)) STRICT")
        const [bad, good, after] = yield* notifyAll(["A", "B", "A"])
        yield* running
        yield* eventually(noneWaits)
        assert.deepStrictEqual(yield* Effect.forEach([bad, good, after], (id) => stateOf(id ?? 0)), [
          "set_aside",
          "handled",
          "handled"
        ])
        assert.sameMembers([...(yield* tookEffect)], [good, after])
        const [row] = yield* query<{ reason: string; last_error: string }>(
          "SELECT reason, last_error FROM yunmo_inbox WHERE state = 'set_aside'"
        )
        assert.match(row?.reason ?? "", /^failed 3 times, at last: /)
        assert.notInclude(JSON.stringify(row), "4111")
      }).pipe(
        Effect.scoped,
        Effect.provide(
          world({
            dispatcher: { maxAttempts: 3 },
            handlers: (ours, sql) => ({
              trade: (notification, row) =>
                notification.data.orderNo === "OR0"
                  ? what === "writes that end the transaction"
                    ? Effect.succeed(
                        Effect.zipRight(sql`ROLLBACK`, Effect.asVoid(sql`INSERT INTO refusing VALUES (0)`))
                      )
                    : poison(notification, row)
                  : logging(() => Effect.void)(ours, sql).trade(notification, row)
            })
          })
        )
      )
    )
  }

  it.live("tells of a defect where it was thrown, and not with what", () =>
    Effect.gen(function* () {
      yield* notify("TRADE", trade())
      yield* round()
      const [row] = yield* query<{ last_error: string }>("SELECT last_error FROM yunmo_inbox")
      assert.match(row?.last_error ?? "", /^the handler has a defect: SyntaxError at .*JSON\.parse/)
    }).pipe(
      Effect.scoped,
      Effect.provide(world({ handlers: () => ({ trade: poisons["a defect"] ?? (() => Effect.never) }) }))
    )
  )

  it.live("in the 3-D Secure queue does not keep requests from being answered", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1")
      const bad = yield* notify("_3DS", threeDs({ authId: "TDS-bad" }))
      yield* sandbox.setCallback({ url: (yield* Webhook).url })
      const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
      yield* running
      yield* eventually(
        Effect.map(sandbox.state, (state) =>
          state.threeDs.some((request) => request.authId === authId && request.decision === "approved")
        )
      )
      yield* eventually(noneWaits)
      assert.strictEqual(yield* stateOf(bad), "set_aside")
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          policy: "approve",
          dispatcher: { maxAttempts: 3 },
          handlers: (ours, sql) => ({
            threeDs: (notification, row) =>
              notification.data.authId === "TDS-bad"
                ? Effect.succeed(Effect.asVoid(sql`INSERT INTO nowhere VALUES (1)`))
                : ours.threeDs(notification, row)
          })
        })
      )
    )
  )

  it.live("for ever: without meaning, or not to be decoded", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const mine = yield* notify("TRADE", trade({ cardId: "CD1", orderNo: "OR1" }))
      const unknown = yield* notify("REWARDS", { points: "5" })
      const broken = yield* notify("TRADE", { cardId: "CD2" })
      assert.deepStrictEqual(yield* states, { pending: 1, set_aside: 2 })
      // A person takes them up again without having mended anything.
      yield* sql`UPDATE yunmo_inbox SET state = 'pending'`
      assert.deepStrictEqual(yield* round(), { handled: 1, failed: 0, setAside: 2 })
      const reasons = yield* Effect.forEach([unknown, broken], (id) =>
        Effect.map(
          sql<{ reason: string }>`SELECT reason FROM yunmo_inbox WHERE id = ${id}`,
          ([row]) => row?.reason
        )
      )
      assert.deepStrictEqual(reasons, [
        "no handler knows this kind of notification",
        "TradeNotification does not fit its schema: orderNo is missing."
      ])
      assert.strictEqual(yield* stateOf(mine), "handled")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("a row of another merchant", () => {
  it.live("is left to that merchant's own worker", () =>
    Effect.gen(function* () {
      const foreign = yield* notify("TRADE", trade(), { merchantNo: otherMerchantNo })
      const mine = yield* notify("TRADE", trade({ cardId: "CD1", orderNo: "OR1" }))
      assert.deepStrictEqual(yield* round(), { handled: 1, failed: 0, setAside: 0 })
      assert.strictEqual(yield* stateOf(mine), "handled")
      assert.strictEqual(yield* stateOf(foreign), "pending")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("the mark", () => {
  it.live("that hits no row drops the writes", () =>
    Effect.gen(function* () {
      yield* log
      const other = yield* anotherConnection
      const [id] = yield* notifyAll(["A"])
      const dispatcher = yield* Dispatcher
      const fiber = yield* Effect.fork(dispatcher.round("others"))
      yield* Effect.sleep("50 millis")
      yield* other`UPDATE yunmo_inbox SET state = 'handled', handled_at = 1 WHERE id = ${id ?? 0}`
      assert.deepStrictEqual(yield* Fiber.join(fiber), { handled: 0, failed: 0, setAside: 0 })
      assert.deepStrictEqual(yield* tookEffect, [])
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.sleep("200 millis")) })))
  )

  it.live("of a failure that hits no row is no failure, and the subject goes on", () =>
    Effect.gen(function* () {
      yield* log
      const other = yield* anotherConnection
      const [id, next] = yield* notifyAll(["A", "A"])
      const dispatcher = yield* Dispatcher
      const fiber = yield* Effect.fork(dispatcher.round("others"))
      yield* Effect.sleep("50 millis")
      yield* other`UPDATE yunmo_inbox SET state = 'handled', handled_at = 1 WHERE id = ${id ?? 0}`
      assert.deepStrictEqual(yield* Fiber.join(fiber), { handled: 1, failed: 0, setAside: 0 })
      assert.deepStrictEqual(yield* tookEffect, [next])
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          handlers: logging(({ data }) =>
            data.orderNo === "OR0"
              ? Effect.zipRight(Effect.sleep("200 millis"), new HandlerFailed({ reason: "too late anyway" }))
              : Effect.void
          )
        })
      )
    )
  )

  it.live("two workers on one file: 200 rows, each once in effect, in order", () =>
    Effect.gen(function* () {
      yield* log
      const handlers = logging(() => Effect.sleep("1 millis"))
      const worker = yield* anotherWorker({ handlers })
      const ids = yield* notifyAll(Array.from({ length: 200 }, (_, n) => `CD${n % 11}`))
      yield* running
      yield* Effect.forkScoped(Context.get(worker, Dispatcher).run)
      yield* eventually(noneWaits)
      const rows = yield* query<{ inbox_id: number; card_id: string }>(
        "SELECT * FROM took_effect ORDER BY rowid"
      )
      assert.sameMembers(
        rows.map(({ inbox_id }) => inbox_id),
        [...ids]
      )
      for (let n = 0; n < 11; n++) {
        const order = rows.filter(({ card_id }) => card_id === `CD${n}`).map(({ inbox_id }) => inbox_id)
        assert.deepStrictEqual(
          order,
          [...order].sort((a, b) => a - b)
        )
      }
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.sleep("1 millis")) })))
  )

  it.live("two workers, the vendor's own events: the read model has each once", () =>
    Effect.gen(function* () {
      const worker = yield* anotherWorker()
      const { cardId } = yield* fundedCard("c-1")
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        (n) => notify("TRADE", trade({ cardId, orderNo: `OR${n % 6}`, subOrderNo: `SU${n}`, amount: "1.00" }))
      )
      yield* running
      yield* Effect.forkScoped(Context.get(worker, Dispatcher).run)
      yield* eventually(noneWaits)
      const rows = yield* query("SELECT state, authorized, events FROM yunmo_transactions")
      assert.deepStrictEqual(
        rows,
        Array.from({ length: 6 }, () => ({ state: "authorized", authorized: "10.00", events: 10 }))
      )
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("3-D Secure", () => {
  it.live("does not wait behind a backlog, nor for its own card's other notifications", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const way = yield* Way
      const { cardId } = yield* fundedCard("c-1")
      way.set("getCardDetail", "hangs", cardId)
      yield* notifyAll(Array.from({ length: 300 }, (_, n) => (n % 3 === 0 ? cardId : `CD${n}`)))
      yield* running
      yield* Effect.sleep("100 millis")
      yield* sandbox.setCallback({ url: (yield* Webhook).url })
      const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
      yield* eventually(
        Effect.map(sandbox.state, (state) =>
          state.threeDs.some((request) => request.authId === authId && request.decision === "approved")
        )
      )
      assert.isAtLeast((yield* states)["pending"] ?? 0, 100)
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve", handlers: () => ({}) })))
  )
})

describe("a 3-D Secure answer that hangs", () => {
  it.live("holds up no other card's", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const way = yield* Way
      const hanging = (yield* fundedCard("c-1")).cardId
      const good = (yield* fundedCard("c-2")).cardId
      way.set("confirmThreeDs", "hangs", hanging)
      yield* sandbox.setCallback({ url: (yield* Webhook).url })
      yield* running
      const ask = (cardId: typeof good) =>
        sandbox.requestThreeDs({ cardId, amount: amount("1.00"), currency: "USD" })
      yield* Effect.replicateEffect(ask(hanging), 12)
      yield* eventually(Effect.sync(() => way.calls("confirmThreeDs").made === 12))
      const { authId } = yield* ask(good)
      yield* eventually(
        Effect.map(sandbox.state, (state) =>
          state.threeDs.some((request) => request.authId === authId && request.decision === "approved")
        )
      )
      // Its answer is written down while the twelve are still on their way.
      yield* eventually(
        Effect.map(
          query("SELECT state, count(*) AS n FROM yunmo_three_ds GROUP BY state ORDER BY state"),
          (counts) => JSON.stringify(counts) === '[{"state":"approved","n":1},{"state":"deciding","n":12}]'
        )
      )
      assert.strictEqual(way.calls("confirmThreeDs").made, 13)
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "approve" })))
  )
})

describe("a database that another connection holds", () => {
  it.live("for a moment is waited for: no row is charged, no round fails", () =>
    Effect.gen(function* () {
      yield* log
      yield* notifyAll(["A", "B", "C"])
      const { letGo } = yield* held
      const dispatcher = yield* Dispatcher
      const fiber = yield* Effect.fork(dispatcher.round("others"))
      yield* Effect.sleep("500 millis")
      yield* letGo
      assert.deepStrictEqual(yield* Fiber.join(fiber), { handled: 3, failed: 0, setAside: 0 })
      assert.deepStrictEqual(yield* query("SELECT DISTINCT attempts FROM yunmo_inbox"), [{ attempts: 0 }])
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.void) })))
  )

  it.live("for long: the dispatcher goes on afterwards, and each row took effect once", () =>
    Effect.gen(function* () {
      yield* log
      const ids = yield* notifyAll(["A", "B", "A", "C"])
      const { letGo } = yield* held
      yield* running
      yield* Effect.sleep("5 seconds")
      assert.deepStrictEqual(yield* tookEffect, [])
      yield* letGo
      yield* eventually(noneWaits)
      assert.deepStrictEqual(yield* states, { handled: 4 })
      assert.sameMembers([...(yield* tookEffect)], [...ids])
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.void) })))
  )
})

describe("a database that can be read and not written", () => {
  it.live("is tried at the poll interval, not faster, charges no row, and is gone on with afterwards", () => {
    let tries = 0
    return Effect.gen(function* () {
      yield* log
      const ids = yield* notifyAll(["A", "B", "A"])
      yield* readOnly(true)
      yield* running
      yield* Effect.sleep("1 second")
      // Two subjects, one try each in a hundred milliseconds.
      assert.isAtLeast(tries, 2)
      assert.isBelow(tries, 30)
      const charged = query("SELECT id FROM yunmo_inbox WHERE attempts > 0")
      assert.deepStrictEqual(yield* charged, [])
      yield* readOnly(false)
      yield* eventually(noneWaits)
      assert.sameMembers([...(yield* tookEffect)], [...ids])
      // PostgreSQL is mended by ending connections: a try that is cut off with an old one can be charged by a new one, and the pool
      // may have several old ones to lose. So nothing is said of it beyond what stands above: each row took effect, once.
      if (!onPostgres) {
        assert.deepStrictEqual(yield* charged, [])
      }
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          dispatcher: { pollInterval: Duration.millis(100) },
          handlers: logging(() => Effect.sync(() => void tries++))
        })
      )
    )
  })
})

describe("a stop", () => {
  it.live("in the middle leaves every row handled or waiting, with its writes or without", () =>
    Effect.gen(function* () {
      yield* log
      const inbox = yield* Inbox.Inbox
      yield* notifyAll(Array.from({ length: 100 }, (_, n) => `CD${n % 9}`))
      const { run } = yield* Dispatcher
      for (let stops = 0; stops < 12; stops++) {
        const fiber = yield* Effect.fork(run)
        yield* Effect.sleep(Duration.millis(7 * stops))
        yield* Fiber.interrupt(fiber)
        const handled = (yield* inbox.list({ state: "handled", limit: 1000 })).map(({ id }) => id)
        assert.sameMembers([...(yield* tookEffect)], handled)
      }
      yield* running
      yield* eventually(noneWaits)
      assert.lengthOf(new Set(yield* tookEffect), 100)
      assert.lengthOf(yield* tookEffect, 100)
      assert.deepStrictEqual(yield* query("SELECT DISTINCT attempts FROM yunmo_inbox"), [{ attempts: 0 }])
    }).pipe(Effect.scoped, Effect.provide(world({ handlers: logging(() => Effect.sleep("2 millis")) })))
  )
})
