import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Sandbox from "../src/Sandbox.js"
import { SandboxInvalid, StoreUnusable } from "../src/SandboxError.js"
import { json } from "./support/api.js"
import { controls, http } from "./support/http.js"
import * as Id from "./support/ids.js"
import { database, inFile, newFile, overHttpIn, sandboxOn, withCallerIn } from "./support/kept.js"
import { eventually, ok, receiver } from "./support/receiver.js"
import { Caller, fundedCard, kycOf, merchant, requestOf, virtualCard, withCaller } from "./support/vendor.js"
import { booksAreRight, everything } from "./support/world.js"

const frozen: Partial<Sandbox.Options> = {
  clock: { frozen: true, startAt: "2026-03-01T00:00:00Z" },
  seed: "kept"
}

/** All that the sandbox shows, as JSON has it. */
const shown = Effect.gen(function* () {
  const { clock } = yield* Sandbox.Sandbox
  const { frozen: isFrozen, nextAt, now } = yield* clock
  return json(JSON.parse(JSON.stringify({ ...(yield* everything), isFrozen, nextAt, now })))
})

const dollars = (cardId: ReturnType<typeof Id.card>, text: string) => ({
  cardId,
  amount: Id.amount(text),
  currency: "USD"
})

/** The customers' ids and the texts of the notifications: all that chance has a part in. */
const drawn = Effect.gen(function* () {
  const { deliveries, state } = yield* Sandbox.Sandbox
  const { cards, customers, orders, transactions } = yield* state
  return {
    ids: [customers, cards, orders, transactions].map((list) => JSON.stringify(list)),
    bodies: (yield* deliveries).map(({ body }) => body)
  }
})

describe("a sandbox on a file", () => {
  it.scopedLive("is after a restart what it was before", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const hook = yield* receiver(ok, { status: 500, body: "no" }, ok)
      const options: Partial<Sandbox.Options> = {
        ...frozen,
        merchants: [{ ...merchant, callbackUrl: hook.url }],
        faults: { notifications: [{ fault: "late", skip: 3, times: 2, delaySeconds: 60 }] }
      }
      const [before, key] = yield* Effect.gen(function* () {
        const { call } = yield* Caller
        const sandbox = yield* Sandbox.Sandbox
        const { cardId, customerId } = yield* fundedCard("c-1", "100.00")
        yield* sandbox.quiet
        yield* sandbox.setRules({ kycReviewAfterSeconds: 86_400, settleAfterSeconds: 3600 })
        const { orderNo } = yield* sandbox.authorize({ ...dollars(cardId, "30.10"), merchantName: "A&B" })
        yield* sandbox.quiet
        yield* sandbox.settle({ orderNo, amount: Id.amount("10.1"), final: false })
        yield* sandbox.quiet
        yield* sandbox.transaction({ cardId, amount: Id.amount("5700.00"), currency: "PHP" })
        yield* sandbox.requestThreeDs(dollars(cardId, "1.00"))
        yield* call("adjustBalance", {
          cardId,
          amount: Id.amount("7.00"),
          direction: "DECREASE",
          merchantOrderNo: Id.order("pending")
        })
        yield* call("updateCardLimit", { cardId, dailyLimit: Id.amount("500.000") })
        const other = yield* call("createCustomer", { customerCode: Id.code("c-2") })
        yield* call("submitKyc", kycOf(other.customerId))
        yield* call("getLivenessUrl", { customerId: other.customerId })
        const letter = yield* sandbox.makePhysicalCard()
        yield* call("bindPhysicalCard", {
          customerId,
          sku: letter.sku,
          activationCode: letter.activationCode
        })
        yield* sandbox.moveClock({ bySeconds: 0.5 })
        yield* sandbox.quiet
        return [yield* shown, yield* sandbox.cardKey()] as const
      }).pipe(Effect.provide(withCallerIn(filename, options)), Effect.scoped)

      const received = hook.received.length
      yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.quiet
        assert.deepStrictEqual(yield* shown, before)
        yield* booksAreRight
        const after = yield* sandbox.cardKey()
        assert.strictEqual(after.publicKey, key.publicKey)
        assert.strictEqual(Redacted.value(after.privateKey), Redacted.value(key.privateKey))
        assert.strictEqual(hook.received.length, received, "nothing is sent twice")
      }).pipe(Effect.provide(inFile(filename, options)), Effect.scoped)
    })
  )

  it.scopedLive("goes on with its chance and its faults as if it had never stopped", () =>
    Effect.gen(function* () {
      const options: Partial<Sandbox.Options> = {
        ...frozen,
        faults: {
          calls: [{ fault: "code", operations: ["createCustomer"], rate: 0.4 }],
          notifications: [
            { fault: "contradict", rate: 0.5 },
            { fault: "nestedValue", skip: 1, times: 1 }
          ]
        }
      }
      const create = Effect.gen(function* () {
        const { code } = yield* Caller
        for (let index = 0; index < 8; index++) {
          yield* code("createCustomer", { customerCode: Id.code(`c-${index}`) })
        }
      })
      const open = Effect.gen(function* () {
        const { code } = yield* Caller
        const sandbox = yield* Sandbox.Sandbox
        for (const { customerId } of (yield* sandbox.state).customers) {
          yield* code("submitKyc", kycOf(customerId))
          yield* sandbox.reviewKyc({ customerId, result: "passed" })
          yield* code("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") })
        }
        yield* code("createCustomer", { customerCode: Id.code("last") })
        return yield* drawn
      })
      // A login draws a token: the one in memory logs in a second time too.
      const inMemory = yield* Effect.zipRight(
        create,
        Effect.provide(
          Effect.suspend(() => open),
          Layer.fresh(Caller.layer)
        )
      ).pipe(Effect.provide(withCaller(options)))
      const filename = yield* newFile
      yield* Effect.provide(create, withCallerIn(filename, options)).pipe(Effect.scoped)
      const { seed: _, ...withoutSeed } = options
      const kept = yield* Effect.provide(open, withCallerIn(filename, withoutSeed)).pipe(Effect.scoped)
      assert.deepStrictEqual(kept, inMemory)
      assert.isAbove(kept.bodies.length, 2)
    })
  )

  it.scopedLive("sends on what was under way, what waits for its time, and what waited for a callback", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const tell = (name: string) =>
        Effect.gen(function* () {
          const { call } = yield* Caller
          const { reviewKyc } = yield* Sandbox.Sandbox
          const { customerId } = yield* call("createCustomer", { customerCode: Id.code(name) })
          yield* call("submitKyc", kycOf(customerId))
          yield* reviewKyc({ customerId, result: "passed" })
        })
      // Without a callback one waits; of the next two, one gets another answer than OK and one none at all.
      yield* tell("waits").pipe(Effect.provide(withCallerIn(filename, frozen)), Effect.scoped)
      const bad = yield* receiver({ status: 200, body: "NO" }, "silence")
      yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.quiet
        yield* tell("under way")
        yield* eventually(Effect.sync(() => (bad.received.length === 2 ? true : undefined)))
        const statuses = (yield* sandbox.deliveries).map(({ nextAttemptAt, status }) => [
          status,
          nextAttemptAt !== undefined
        ])
        assert.deepStrictEqual(statuses, [
          ["sending", true],
          ["sending", false]
        ])
      }).pipe(
        Effect.provide(
          withCallerIn(filename, { ...frozen, merchants: [{ ...merchant, callbackUrl: bad.url }] })
        ),
        Effect.scoped
      )

      const good = yield* receiver(ok)
      yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.quiet
        assert.deepStrictEqual(
          good.received.map(({ body }) => body),
          bad.received.slice(1).map(({ body }) => body),
          "the one under way is sent on at once"
        )
        yield* sandbox.moveClock({ bySeconds: 1 })
        assert.deepStrictEqual(
          good.received.map(({ body }) => body),
          bad.received.map(({ body }) => body).reverse(),
          "and the other one at its time"
        )
        const deliveries = yield* sandbox.deliveries
        assert.deepStrictEqual(
          deliveries.map(({ attempts, status }) => [status, attempts.length]),
          [
            ["acknowledged", 2],
            ["acknowledged", 1]
          ]
        )
      }).pipe(
        Effect.provide(inFile(filename, { ...frozen, merchants: [{ ...merchant, callbackUrl: good.url }] })),
        Effect.scoped
      )
    })
  )

  it.scopedLive("keeps a callback and a merchant's state; a callback of the options counts more", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const here = "http://127.0.0.1:9/here"
      const elsewhere = "https://example.com/hook"
      const merchantIn = (options?: Partial<Sandbox.Options>) =>
        Effect.gen(function* () {
          const { state } = yield* Sandbox.Sandbox
          return (yield* state).merchants[0]
        }).pipe(Effect.provide(inFile(filename, options)), Effect.scoped)
      yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.setCallback({ url: here })
        yield* sandbox.setMerchantEnabled({ merchantNo: Id.merchantNo(merchant.merchantNo), enabled: false })
      }).pipe(Effect.provide(inFile(filename)), Effect.scoped)
      assert.deepInclude(yield* merchantIn(), { callbackUrl: here, enabled: false })
      const there = { merchants: [{ ...merchant, callbackUrl: elsewhere }], allowRemoteCallbacks: true }
      assert.deepInclude(yield* merchantIn(there), { callbackUrl: elsewhere, enabled: false })
      assert.deepInclude(yield* merchantIn({ allowRemoteCallbacks: true }), { callbackUrl: elsewhere })
      const refused = yield* Effect.flip(merchantIn())
      assert.instanceOf(refused, SandboxInvalid)
      assert.include(refused.message, "example.com", "what was allowed once is not for ever")
    })
  )

  it.scopedLive("keeps a reset and the return to a snapshot too, with the order of everything", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const restart = Effect.provide(shown, inFile(filename, frozen)).pipe(Effect.scoped)
      const [full, empty] = yield* Effect.gen(function* () {
        const { call } = yield* Caller
        const sandbox = yield* Sandbox.Sandbox
        for (const name of ["c-1", "c-2", "c-3"]) {
          yield* fundedCard(name, "20.00")
        }
        yield* sandbox.takeSnapshot({ name: "three" })
        const full = yield* shown
        yield* virtualCard("c-4")
        yield* sandbox.reset
        const empty = yield* shown
        const session = yield* call("login", { apiKey: merchant.apiKey })
        assert.isAbove(Redacted.value(session.token).length, 0)
        yield* sandbox.restoreSnapshot({ name: "three" })
        assert.deepStrictEqual(yield* shown, full)
        return [full, empty] as const
      }).pipe(Effect.provide(withCallerIn(filename, frozen)), Effect.scoped)
      assert.deepStrictEqual(yield* restart, full)
      yield* Effect.flatMap(Sandbox.Sandbox, ({ reset }) => reset).pipe(
        Effect.provide(inFile(filename, frozen)),
        Effect.scoped
      )
      assert.deepStrictEqual(yield* restart, empty, "as the options say, in another process too")
    })
  )

  it.scopedLive("in memory writes nothing, though there is a database in the context", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* fundedCard("c-1", "1.00")
        const [{ tables } = { tables: -1 }] = yield* sql<{
          tables: number
        }>`SELECT count(*) AS tables FROM sqlite_schema`
        assert.strictEqual(tables, 0)
      }).pipe(Effect.provide(Layer.merge(withCaller(), database(filename))), Effect.scoped)
    })
  )
})

/** What the layer says instead of a sandbox, after the file was changed by hand. */
const refusalAfter = (
  filename: string,
  change: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, unknown>
) =>
  Effect.gen(function* () {
    yield* Effect.flatMap(SqlClient.SqlClient, change).pipe(Effect.provide(database(filename)), Effect.scoped)
    const refusal = yield* Effect.flip(Effect.scoped(Layer.build(inFile(filename))))
    assert.instanceOf(refusal, StoreUnusable)
    return refusal.message
  })

describe("a file that cannot be used", () => {
  const used = Effect.gen(function* () {
    const filename = yield* newFile
    const { cardId } = yield* Effect.provide(fundedCard("c-1", "1.00"), withCallerIn(filename)).pipe(
      Effect.scoped
    )
    return { filename, cardId }
  })

  it.scopedLive("is one of another version", () =>
    Effect.gen(function* () {
      const { filename } = yield* used
      const message = yield* refusalAfter(
        filename,
        (sql) => sql`UPDATE yunmo_sandbox_settings SET value = '"2"' WHERE name = 'format'`
      )
      assert.strictEqual(
        message,
        "The sandbox's database cannot be used: it was written by another version of the sandbox; give another file, or delete this one."
      )
    })
  )

  it.scopedLive("has a damaged row, which is named and not shown", () =>
    Effect.gen(function* () {
      const { cardId, filename } = yield* used
      const message = yield* refusalAfter(
        filename,
        (sql) =>
          sql`UPDATE yunmo_sandbox_records SET row = json_set(row, '$.balance', 'SECRET') WHERE kind = 'cards'`
      )
      assert.match(
        message,
        new RegExp(`its row \\d+, of cards "${cardId}", is damaged \\(look at balance\\)`)
      )
      assert.notInclude(message, "SECRET")
    })
  )

  it.scopedLive("has a damaged token, whose key is a secret too", () =>
    Effect.gen(function* () {
      const { filename } = yield* used
      const message = yield* refusalAfter(
        filename,
        (sql) => sql`UPDATE yunmo_sandbox_records SET key = 'SECRET', row = '{' WHERE kind = 'tokens'`
      )
      assert.match(message, /its row \d+, of tokens, is damaged \(look at it as a whole\)/)
      assert.notInclude(message, "SECRET")
    })
  )

  it.scopedLive("has rows of a kind that nobody knows", () =>
    Effect.gen(function* () {
      const { filename } = yield* used
      const message = yield* refusalAfter(
        filename,
        (sql) => sql`INSERT INTO yunmo_sandbox_records (kind, key, row) VALUES ('loans', '1', '{}')`
      )
      assert.include(message, "of loans, is damaged (look at its kind)")
    })
  )

  it.scopedLive("has lost a setting", () =>
    Effect.gen(function* () {
      const { filename } = yield* used
      const message = yield* refusalAfter(
        filename,
        (sql) => sql`DELETE FROM yunmo_sandbox_settings WHERE name = 'chance'`
      )
      assert.include(message, 'its setting "chance" is damaged')
    })
  )

  it.scopedLive("has tables of others under these names", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const message = yield* refusalAfter(
        filename,
        (sql) => sql`CREATE TABLE yunmo_sandbox_settings (other TEXT)`
      )
      assert.include(message, "it cannot be read (no such column: name)")
    })
  )

  it.scopedLive("cannot be written", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const readOnly = Layer.effectDiscard(
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql`PRAGMA query_only = ON`)
      ).pipe(Layer.provideMerge(database(filename)))
      const refusal = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(sandboxOn(), readOnly))))
      assert.match(refusal.message, /^The sandbox's database cannot be used: .*readonly database/)
    })
  )

  it.scopedLive("is used by another sandbox, until that one ends", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const sentence =
        "The sandbox's database cannot be used: another sandbox is using it; stop that one, or give this one a file of its own."
      yield* Effect.gen(function* () {
        const other = yield* Effect.flip(Effect.scoped(Layer.build(inFile(filename))))
        assert.strictEqual(other.message, sentence)
        const onTheSameConnection = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(sandboxOn()))))
        assert.strictEqual(onTheSameConnection.message, sentence)
        // Whoever looks in from outside may do so.
        yield* Effect.provide(
          Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM yunmo_sandbox_records`),
          Layer.fresh(database(filename))
        )
        yield* virtualCard("c-1")
      }).pipe(Effect.provide(withCallerIn(filename)), Effect.scoped)
      yield* Effect.gen(function* () {
        const { state } = yield* Sandbox.Sandbox
        assert.strictEqual((yield* state).cards.length, 1)
      }).pipe(Effect.provide(inFile(filename)), Effect.scoped)
    })
  )
})

const switchTo = (mode: "ON" | "OFF") =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql.unsafe(`PRAGMA query_only = ${mode}`)))

/** What a call dies of, which is not answered. */
const defectOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => (Exit.isFailure(exit) ? Cause.squash(exit.cause) : "an answer"))

describe("when nothing can be written", () => {
  it.scopedLive("nothing is answered or sent, and all of it is there when it can be again", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const hook = yield* receiver(ok)
      const options = { ...frozen, merchants: [{ ...merchant, callbackUrl: hook.url }] }
      const before = yield* Effect.gen(function* () {
        const { call, code } = yield* Caller
        const sandbox = yield* Sandbox.Sandbox
        const { cardId } = yield* fundedCard("c-1", "50.00")
        yield* sandbox.quiet
        const received = hook.received.length
        yield* switchTo("ON")
        const exits = yield* Effect.all(
          [
            defectOf(sandbox.transaction(dollars(cardId, "10.00"))),
            defectOf(code("createCustomer", { customerCode: Id.code("c-2") })),
            defectOf(sandbox.state),
            defectOf(sandbox.deliveries),
            defectOf(sandbox.setRules({ magic: false }))
          ],
          { concurrency: "unbounded" }
        )
        for (const error of exits) {
          assert.instanceOf(error, StoreUnusable)
          assert.strictEqual(
            error.message,
            "The sandbox's database cannot be used: what happened cannot be written (attempt to write a readonly database), so it is not answered; it is tried again until it can."
          )
        }
        yield* sandbox.quiet
        assert.strictEqual(hook.received.length, received, "nothing is sent")
        yield* switchTo("OFF")
        // Nobody calls: it is tried again by itself.
        yield* eventually(Effect.sync(() => (hook.received.length > received ? true : undefined)))
        yield* call("createCustomer", { customerCode: Id.code("c-3") })
        yield* sandbox.quiet
        assert.strictEqual(hook.received.length, received + 1, "what was held back is sent once")
        assert.isFalse((yield* sandbox.rules).magic)
        return yield* shown
      }).pipe(Effect.provide(withCallerIn(filename, options)), Effect.scoped)
      const after = yield* Effect.provide(shown, inFile(filename, options)).pipe(Effect.scoped)
      assert.deepStrictEqual(after, before)
    })
  )

  it.scopedLive("re-sends go on once it can be, and a disk that is full is survived", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      const hook = yield* receiver({ status: 500, body: "no" }, ok)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const sandbox = yield* Sandbox.Sandbox
        const { call, code } = yield* Caller
        const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-1") })
        yield* call("submitKyc", kycOf(customerId))
        yield* sandbox.reviewKyc({ customerId, result: "passed" })
        yield* sandbox.quiet
        const [{ page_count } = { page_count: 0 }] = yield* sql<{ page_count: number }>`PRAGMA page_count`
        yield* sql.unsafe(`PRAGMA max_page_count = ${page_count}`)
        const fill = (index: number): Effect.Effect<number, never, Caller> =>
          Effect.flatMap(
            Effect.exit(code("createCustomer", { customerCode: Id.code(`${index}-${"x".repeat(900)}`) })),
            (exit) => (Exit.isSuccess(exit) ? fill(index + 1) : Effect.succeed(index))
          )
        const failedAt = yield* fill(0)
        assert.isBelow(failedAt, 20)
        const late = yield* Effect.exit(sandbox.moveClock({ bySeconds: 1 }))
        assert.isTrue(Exit.isFailure(late))
        assert.strictEqual(hook.received.length, 1, "the re-send is not made")
        yield* sql.unsafe("PRAGMA max_page_count = 1073741823")
        yield* eventually(Effect.sync(() => (hook.received.length === 2 ? true : undefined)))
        yield* sandbox.quiet
        assert.strictEqual((yield* sandbox.state).customers.length, failedAt + 2, "the one that failed too")
      }).pipe(
        Effect.provide(
          withCallerIn(filename, { ...frozen, merchants: [{ ...merchant, callbackUrl: hook.url }] })
        ),
        Effect.scoped
      )
    })
  )

  it.scopedLive("a rule that no file can hold is named, and can be set right", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      yield* Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        const error = yield* defectOf(sandbox.setRules({ settleAfterSeconds: Number.NaN }))
        assert.instanceOf(error, StoreUnusable)
        assert.include(error.message, "(the settings cannot be written down)")
        assert.instanceOf(yield* defectOf(sandbox.state), StoreUnusable)
        yield* sandbox.setRules({ settleAfterSeconds: 1 })
        yield* sandbox.state
      }).pipe(Effect.provide(inFile(filename)), Effect.scoped)
    })
  )

  it.scopedLive("HTTP answers with 500 and the sentence", () =>
    Effect.gen(function* () {
      const filename = yield* newFile
      yield* Effect.gen(function* () {
        yield* switchTo("ON")
        const { paths } = yield* Contract.Contract
        const body = yield* requestOf("login", { apiKey: merchant.apiKey })
        const headers = { "content-type": "application/json" }
        const logIn = Effect.map(
          http(paths.login.path, { method: "POST", headers, body }),
          ({ status }) => status
        )
        const trigger = Effect.map(controls("POST", "/physical-cards", {}), ({ status }) => status)
        assert.deepStrictEqual(yield* Effect.all([logIn, trigger]), [500, 500])
        const { body: told, headers: shown } = yield* controls("POST", "/physical-cards", {})
        assert.instanceOf(Schema.decodeUnknownSync(StoreUnusable)(told), StoreUnusable)
        assert.include(
          JSON.stringify(told),
          "The sandbox's database cannot be used: what happened cannot be written ("
        )
        assert.strictEqual(shown["cache-control"], "no-store")
        const vendors = yield* http(paths.login.path, { method: "POST", headers, body })
        assert.include(vendors.text, "what happened cannot be written (")
        yield* switchTo("OFF")
        assert.deepStrictEqual(yield* Effect.all([logIn, trigger]), [200, 200])
      }).pipe(Effect.provide(overHttpIn(filename)), Effect.scoped)
    })
  )
})
