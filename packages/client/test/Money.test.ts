import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import { type BalanceAdjustment, Yunmo } from "../src/Yunmo.js"
import { merchantNo, pause, secretKey, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import {
  booked,
  credentials,
  executeAnd,
  finish,
  forward,
  sandboxUrl,
  virtualCard,
  withSandbox
} from "./support/sandbox.js"
import { logged } from "./support/shows.js"
import {
  code,
  envelope,
  later,
  never,
  ok,
  type Reply,
  reset,
  resetInBody,
  type Script,
  status,
  text,
  timestamp,
  vendor
} from "./support/vendor.js"

const merchantOrderNo = Id.merchantOrderNo("INV-2026-0001")
const topUp: BalanceAdjustment & { readonly merchantOrderNo: typeof merchantOrderNo } = {
  cardId: Id.cardId,
  amount: Id.amount("20.00"),
  direction: "increase",
  merchantOrderNo
}
const adjust = (changes: Partial<BalanceAdjustment> = {}) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.adjustBalance({ ...topUp, ...changes }))
const settle = Effect.flatMap(Yunmo, ({ cards }) => cards.settleOrder(merchantOrderNo))
const journalled = Effect.flatMap(OrderJournal.OrderJournal, (journal) =>
  journal.find(merchantNo, merchantOrderNo)
)
const state = Effect.map(journalled, (entry) => (Option.isSome(entry) ? entry.value.state : "absent"))

const quick = Policy.within({ retries: 0, attemptTimeout: Duration.millis(150) })

/** A journal that several clients share, and that the vendor can look into. */
const sharedJournal = Effect.map(Layer.build(OrderJournal.layerMemory), (context) =>
  Context.get(context, OrderJournal.OrderJournal)
)

describe("before the first byte leaves", () => {
  it.scopedLive("the order is in the journal, whole and open", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const seen: Array<unknown> = []
      const server = yield* vendor({
        adjustBalance: async () => {
          seen.push(await Effect.runPromise(journal.find(merchantNo, merchantOrderNo)))
          return ok({ status: "SUCCESS" })
        }
      })
      yield* adjust().pipe(
        withClient(server.url, { journal: Layer.succeed(OrderJournal.OrderJournal, journal) })
      )
      const [entry] = seen
      assert(Option.isOption(entry) && Option.isSome(entry))
      hasFields(entry.value as object, {
        merchantNo,
        merchantOrderNo,
        cardId: Id.cardId,
        direction: "increase",
        amount: topUp.amount,
        state: "open"
      })
    })
  )

  it.scopedLive("a slow journal is waited for", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const writing = yield* Effect.makeLatch(false)
      const server = yield* vendor({ adjustBalance: ok({ status: "SUCCESS" }) })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(adjust())
        yield* until(
          Effect.sync(() => server.of("login").length === 1),
          "the login is through"
        )
        yield* pause(50)
        assert.deepStrictEqual(server.of("adjustBalance"), [])
        yield* writing.open
        assert.strictEqual((yield* Fiber.join(call))._tag, "Done")
      }).pipe(
        withClient(server.url, {
          journal: Layer.succeed(OrderJournal.OrderJournal, {
            ...journal,
            begin: (order) => Effect.zipRight(writing.await, journal.begin(order))
          })
        })
      )
    })
  )

  it.scopedLive(
    "a journal that answers after the deadline lets nothing out, and is told that nothing was sent",
    () =>
      Effect.gen(function* () {
        const journal = yield* sharedJournal
        const server = yield* vendor({ adjustBalance: ok({ status: "SUCCESS" }) })
        const error = yield* Effect.flip(adjust()).pipe(
          Policy.within({ deadline: Duration.millis(300) }),
          withClient(server.url, {
            journal: Layer.succeed(OrderJournal.OrderJournal, {
              ...journal,
              begin: (order) => Effect.zipLeft(journal.begin(order), pause(600))
            })
          })
        )
        hasFields(error, { _tag: "LimitReached", operation: "adjustBalance", limit: "journal", timeout: 300 })
        assert.deepStrictEqual(server.of("adjustBalance"), [])
        const entry = Option.getOrThrow(yield* journal.find(merchantNo, merchantOrderNo))
        hasFields(entry, { state: "refused", note: error.message })
      })
  )

  it.scopedLive("a journal that cannot be written to lets nothing out", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const server = yield* vendor({ adjustBalance: ok({ status: "SUCCESS" }) })
      const error = yield* Effect.flip(adjust()).pipe(
        withClient(server.url, {
          journal: Layer.succeed(OrderJournal.OrderJournal, {
            ...journal,
            begin: () => new OrderJournal.OrderJournalUnavailable({ description: "the disk is full" })
          })
        })
      )
      assert.strictEqual(error._tag, "OrderJournalUnavailable")
      assert.deepStrictEqual(server.of("adjustBalance"), [])
    })
  )

  it.scopedLive("input that does not fit is not journalled", () =>
    Effect.gen(function* () {
      const server = yield* vendor()
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(adjust({ amount: Id.amount("0") }))
        assert.strictEqual(error._tag, "RequestInvalid")
        assert.strictEqual(yield* state, "absent")
      }).pipe(withClient(server.url))
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("done, pending and failed", () => {
  const answers: ReadonlyArray<readonly [string, string, OrderJournal.State]> = [
    ["SUCCESS", "Done", "done"],
    ["PENDING", "Pending", "pending"]
  ]
  it.scopedLive.each(answers)("the status %s is %s", ([value, tag, expected]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: ok({ status: value, orderNo: "OR1" }) })
      yield* Effect.gen(function* () {
        const outcome = yield* adjust()
        assert.strictEqual(outcome._tag, tag)
        if (outcome._tag === "Done") {
          hasFields(outcome.value, { merchantOrderNo, orderNo: "OR1" })
        }
        hasFields(Option.getOrThrow(yield* journalled), {
          state: expected,
          orderNo: Option.some("OR1"),
          note: `the vendor's order status is "${value}"`
        })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("FAILED is an error that says no money moved", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: ok({ status: "FAILED" }) })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(adjust())
        assert.strictEqual(error._tag, "OrderFailed")
        assert.strictEqual(
          error.message,
          `The vendor failed order ${merchantOrderNo}; no money moved. The vendor's order status is "FAILED". A new attempt needs a new order number.`
        )
        assert.strictEqual(yield* state, "failed")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a status that nobody has named is unknown, and reaches the user as it is", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: ok({ status: "部分成功", orderNo: "OR1" }) })
      yield* Effect.gen(function* () {
        const outcome = yield* adjust()
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, `order status "部分成功" has no meaning in the contract`)
        hasFields(Option.getOrThrow(yield* journalled), { state: "unknown", orderNo: Option.some("OR1") })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a status that reads as a card number is not repeated", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: ok({ status: "4111111111111111" }) })
      yield* Effect.gen(function* () {
        const outcome = yield* adjust()
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, `order status "<redacted>" has no meaning`)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("an answer about another order settles nothing", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: ok({ status: "SUCCESS", merchantOrderNo: "INV-1" }) })
      yield* Effect.gen(function* () {
        const outcome = yield* adjust()
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, "about another order (its merchantOrderNo differs)")
      }).pipe(withClient(server.url))
    })
  )
})

describe("refused is only what a listed code refuses before execution", () => {
  const refusing = ResponseCode.rows.filter((row) => row.refused)

  it.scopedLive.each(refusing.map((row) => [row.code, row.name] as const))(
    "%s: %s, and the journal says so",
    ([value, name]) =>
      Effect.gen(function* () {
        const server = yield* vendor({ adjustBalance: code(value) })
        yield* Effect.gen(function* () {
          const error = yield* Effect.flip(adjust())
          assert.strictEqual(error._tag, name)
          assert.strictEqual(yield* state, "refused")
          const sent = server.of("adjustBalance").length
          const again = yield* Effect.flip(adjust())
          hasFields(again, { _tag: "OrderFailed", state: "refused" })
          assert.include(again.message, value)
          assert.strictEqual(server.of("adjustBalance").length, sent, "and it is not sent again")
        }).pipe(withClient(server.url))
      })
  )

  it.scopedLive("a row that the contract corrects is believed", () =>
    Effect.gen(function* () {
      const codes = { "4000000": { meaning: "too little money", advice: "stop", refused: true } } as const
      const server = yield* vendor({ adjustBalance: code("4000000") })
      yield* Effect.gen(function* () {
        hasFields(yield* Effect.flip(adjust()), { _tag: "BusinessAnomaly", meaning: "too little money" })
        assert.strictEqual(yield* state, "refused")
      }).pipe(withClient(server.url, { contract: { codes } }))
    })
  )
})

const large = "x".repeat(2 * 1024 * 1024)
const unknown: ReadonlyArray<readonly [string, Reply]> = [
  ...ResponseCode.rows
    .filter((row) => !row.refused)
    .map((row): readonly [string, Reply] => [`${row.code} ${row.name}`, code(row.code)]),
  ["a code of tomorrow", code("5000001")],
  ["HTTP 500", status(500)],
  ["HTTP 404", status(404)],
  ["HTTP 400 with a code that refuses", status(400, {}, `{"code":"4010006","msg":"","data":null}`)],
  ["HTTP 302", status(302, { location: "/elsewhere" })],
  ["HTTP 201", status(201)],
  ["HTML", text("<html>OK</html>")],
  ["an empty body", text("")],
  ["a body cut off", text(`{"code":"4010006","ms`)],
  ["a code given twice", text(`{"code":"4010006","code":"200","data":{"status":"SUCCESS"}}`)],
  ["a body too large", text(large)],
  ["success without data", ok(null)],
  ["success without a status", ok({ orderNo: "OR1" })],
  ["success of another shape", ok([true])],
  ["a wrong signature", envelope({ code: "200", data: { status: "SUCCESS" }, sign: "0".repeat(32) })],
  ["no code", envelope({ data: { status: "SUCCESS" } })],
  ["a reset before the answer", reset],
  ["a reset within the answer", resetInBody],
  ["no answer", never]
]

describe("everything else is unknown: a value, sent once", () => {
  it.scopedLive.each(unknown)("%s", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: reply })
      yield* Effect.gen(function* () {
        const outcome = yield* adjust()
        assert(outcome._tag === "Unknown")
        hasFields(outcome.error, { operation: "adjustBalance", key: merchantOrderNo, attempt: 1 })
        assert.include(outcome.error.message, `cards.settleOrder("${merchantOrderNo}")`)
        assert.strictEqual(yield* state, "unknown")
        assert.strictEqual(server.of("adjustBalance").length, 1)
      }).pipe(quick, withClient(server.url))
    })
  )

  it.scopedLive("with the attempt and the vendor's time of the answer, where there was one", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: [code("2000001"), code("3000000")] })
      const outcome = yield* adjust().pipe(withClient(server.url))
      assert(outcome._tag === "Unknown")
      hasFields(outcome.error, { attempt: 2, vendorTime: timestamp })
      assert.include(outcome.error.message, "3000000")
    })
  )

  it.scopedLive("no retry takes it for a failure", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: reset })
      const outcome = yield* adjust().pipe(Effect.retry({ times: 5 }), withClient(server.url))
      assert.strictEqual(outcome._tag, "Unknown")
      assert.strictEqual(server.of("adjustBalance").length, 1)
    })
  )
})

describe("the same order number", () => {
  const success = ok({ status: "SUCCESS", orderNo: "OR1" })

  it.scopedLive("with the same content is sent once, one after the other", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: success })
      yield* Effect.gen(function* () {
        const first = yield* adjust()
        const second = yield* adjust({ amount: Id.amount("20.000") })
        assert.deepStrictEqual(second, first)
        assert.strictEqual(server.received.length, 2, "a login and an order")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("with the same content is sent once, 100 at a time", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        adjustBalance: later(50, success),
        queryTopUpOrder: [code("4020001"), ok({ status: "PENDING" })]
      })
      yield* Effect.gen(function* () {
        const outcomes = yield* Effect.all(
          Array.from({ length: 100 }, () => adjust()),
          {
            concurrency: "unbounded"
          }
        )
        assert.strictEqual(server.of("adjustBalance").length, 1)
        assert.strictEqual(outcomes.filter(({ _tag }) => _tag === "Done").length >= 1, true)
        assert.strictEqual(yield* state, "done")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive.each([
    ["card", { cardId: Id.otherCardId }],
    ["amount", { amount: Id.amount("20.01") }],
    ["direction", { direction: "decrease" }]
  ] as const)("with another %s is a conflict, and nothing is sent", ([, changes]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: success })
      yield* Effect.gen(function* () {
        yield* adjust()
        const sent = server.received.length
        hasFields(yield* Effect.flip(adjust(changes)), { _tag: "OrderConflict", merchantOrderNo })
        assert.strictEqual(server.received.length, sent)
        hasFields(Option.getOrThrow(yield* journalled), { state: "done", amount: topUp.amount })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("makes a timeout with a retry safe: the order is sent once and then asked for", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: never, queryTopUpOrder: ok({ status: "SUCCESS" }) })
      const outcome = yield* adjust().pipe(
        Effect.timeout("100 millis"),
        Effect.retry({ times: 3 }),
        withClient(server.url)
      )
      assert.strictEqual(outcome._tag, "Done")
      assert.strictEqual(server.of("adjustBalance").length, 1)
    })
  )

  it.effect("that the client makes is another each time", () =>
    Effect.gen(function* () {
      const { cards } = yield* Yunmo
      const numbers = yield* Effect.replicateEffect(cards.newOrderNo, 100)
      assert.strictEqual(new Set(numbers).size, 100)
    }).pipe(withClient("http://127.0.0.1:9"))
  )
})

describe("over its attempts", () => {
  const keys = [SigningKey.make("test", secretKey)]

  it.scopedLive("an order keeps its number; nonce, time and signature are each attempt's own", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        adjustBalance: [later(5, code("2000001")), ok({ status: "SUCCESS" })],
        queryTopUpOrder: [reset, code("3000000"), status(502), ok({ status: "SUCCESS" })]
      })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        yield* adjust()
        yield* cards.queryOrder({ merchantOrderNo }).pipe(Policy.within({ retryBase: Duration.millis(5) }))
      }).pipe(withClient(server.url))

      for (const [name, attempts] of [
        ["adjustBalance", 2],
        ["queryTopUpOrder", 4]
      ] as const) {
        const requests = server.of(name)
        assert.strictEqual(requests.length, attempts)
        const distinct = (of: (message: (typeof requests)[number]["message"]) => unknown) =>
          new Set(requests.map(({ message }) => of(message))).size
        assert.strictEqual(
          distinct(({ data }) => JSON.stringify(data)),
          1
        )
        assert.strictEqual(requests[0]?.message.data["merchantOrderNo"], merchantOrderNo)
        assert.strictEqual(
          distinct(({ nonce }) => nonce),
          attempts
        )
        assert.strictEqual(
          distinct(({ requestTime }) => requestTime),
          attempts
        )
        assert.strictEqual(
          distinct(({ sign }) => sign),
          attempts
        )
        for (const { body } of requests) {
          assert.isTrue(Either.isRight(Verifier.verifyWith(keys, body)))
        }
      }
    })
  )
})

describe("interruption", () => {
  it.scopedLive("in flight leaves the order open, to be settled", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: never, queryTopUpOrder: ok({ status: "SUCCESS" }) })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(adjust())
        yield* until(
          Effect.sync(() => server.of("adjustBalance").length === 1),
          "the order is on its way"
        )
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(call)))
        assert.strictEqual(yield* state, "open")
        assert.strictEqual((yield* settle)._tag, "Done")
        assert.strictEqual(yield* state, "done")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("while the answer is written down does not lose it", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const recording = yield* Effect.makeLatch(false)
      const go = yield* Effect.makeLatch(false)
      const server = yield* vendor({ adjustBalance: ok({ status: "SUCCESS" }) })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(adjust())
        yield* recording.await
        yield* Fiber.interruptFork(call)
        yield* pause(20)
        yield* go.open
        yield* Fiber.await(call)
        assert.strictEqual(yield* state, "done")
      }).pipe(
        withClient(server.url, {
          journal: Layer.succeed(OrderJournal.OrderJournal, {
            ...journal,
            record: (...found) =>
              recording.open.pipe(Effect.zipRight(go.await), Effect.zipRight(journal.record(...found)))
          })
        })
      )
    })
  )
})

describe("afterwards", () => {
  const failing = (journal: OrderJournal.OrderJournalService) =>
    Layer.succeed(OrderJournal.OrderJournal, {
      ...journal,
      record: () => new OrderJournal.OrderJournalUnavailable({ description: "the disk is full" })
    })

  const answered: ReadonlyArray<readonly [string, Reply, string]> = [
    ["done", ok({ status: "SUCCESS" }), "Done"],
    ["pending", ok({ status: "PENDING" }), "Pending"],
    ["unknown", reset, "Unknown"]
  ]
  it.scopedLive.each(answered)(
    "a journal that fails then does not change what is told: %s",
    ([, reply, tag]) =>
      Effect.gen(function* () {
        const journal = yield* sharedJournal
        const server = yield* vendor({ adjustBalance: reply })
        yield* Effect.gen(function* () {
          const lines = yield* logged
          assert.strictEqual((yield* adjust().pipe(lines.collect))._tag, tag)
          assert.strictEqual(yield* state, "open", "which is true")
          assert.strictEqual(lines.all.length, 1)
          assert.include(
            lines.all[0],
            `Order ${merchantOrderNo} is ${tag.toLowerCase()}, but the journal could not be told`
          )
        }).pipe(withClient(server.url, { journal: failing(journal) }))
      })
  )

  it.scopedLive("a journal that fails then does not hide a refusal", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const server = yield* vendor({ adjustBalance: code("4010006") })
      const lines = yield* logged
      const error = yield* Effect.flip(adjust()).pipe(
        lines.collect,
        withClient(server.url, { journal: failing(journal) })
      )
      assert.strictEqual(error._tag, "CardNotFound")
    })
  )

  it.scopedLive("what somebody else settled meanwhile counts more than a lost answer", () =>
    Effect.gen(function* () {
      const journal = yield* sharedJournal
      const server = yield* vendor({
        adjustBalance: async () => {
          await Effect.runPromise(
            journal.record(merchantNo, merchantOrderNo, {
              state: "done",
              orderNo: Option.none(),
              note: "settled"
            })
          )
          return reset
        }
      })
      const outcome = yield* adjust().pipe(
        withClient(server.url, { journal: Layer.succeed(OrderJournal.OrderJournal, journal) })
      )
      assert.strictEqual(outcome._tag, "Done")
    })
  )
})

describe("settleOrder", () => {
  const lost = (queryTopUpOrder: Script) => vendor({ adjustBalance: reset, queryTopUpOrder })
  const success = ok({ status: "SUCCESS", orderNo: "OR1" })

  it.scopedLive("done is done, and is not asked for again", () =>
    Effect.gen(function* () {
      const server = yield* lost(success)
      yield* Effect.gen(function* () {
        yield* adjust()
        const first = yield* settle
        assert(first._tag === "Done")
        hasFields(first.value, { merchantOrderNo, orderNo: "OR1" })
        assert.deepStrictEqual(yield* settle, first)
        assert.deepStrictEqual(yield* adjust(), first)
        assert.strictEqual(server.of("queryTopUpOrder").length, 1)
        assert.deepStrictEqual(server.of("queryTopUpOrder")[0]?.message.data, { merchantOrderNo })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("not found is not an answer yet: unknown, never refused, and asked again", () =>
    Effect.gen(function* () {
      const server = yield* lost([code("4020001"), code("4020001"), ok({ status: "PENDING" }), success])
      yield* Effect.gen(function* () {
        yield* adjust()
        for (const _ of [1, 2]) {
          const outcome = yield* settle
          assert(outcome._tag === "Unknown")
          assert.include(outcome.error.message, "The order query does not know this number (yet).")
          assert.strictEqual(yield* state, "unknown")
        }
        assert.strictEqual((yield* settle)._tag, "Pending")
        assert.strictEqual((yield* settle)._tag, "Done")
        assert.strictEqual(server.of("adjustBalance").length, 1, "and never sent again by itself")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("failed is OrderFailed", () =>
    Effect.gen(function* () {
      const server = yield* lost(ok({ status: "FAILED" }))
      yield* Effect.gen(function* () {
        yield* adjust()
        hasFields(yield* Effect.flip(settle), { _tag: "OrderFailed", state: "failed", key: merchantOrderNo })
        assert.strictEqual(yield* state, "failed")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("an unrecognised status is unknown, and told", () =>
    Effect.gen(function* () {
      const server = yield* lost(ok({ status: 7 }))
      yield* Effect.gen(function* () {
        yield* adjust()
        const outcome = yield* settle
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, `order status "7" has no meaning in the contract`)
      }).pipe(withClient(server.url))
    })
  )

  const others: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
    ["merchantOrderNo", { merchantOrderNo: "INV-2" }],
    ["cardId", { cardId: Id.otherCardId }],
    ["direction", { direction: "DECREASE" }],
    ["amount", { amount: "2000.00" }],
    ["cardId, amount", { cardId: Id.otherCardId, amount: "19.99" }]
  ]
  it.scopedLive.each(others)("an order whose %s differs is another one, done or not", ([fields, data]) =>
    Effect.gen(function* () {
      const server = yield* lost(ok({ status: "SUCCESS", ...data }))
      yield* Effect.gen(function* () {
        yield* adjust()
        const outcome = yield* settle
        assert(outcome._tag === "Unknown")
        assert.include(outcome.error.message, `about another order (its ${fields} differs)`)
        assert.strictEqual(yield* state, "unknown")
      }).pipe(withClient(server.url))
    })
  )

  const same: ReadonlyArray<readonly [string, Readonly<Record<string, unknown>>]> = [
    ["all of it", { merchantOrderNo, cardId: Id.cardId, direction: "INCREASE", amount: "20.00" }],
    ["an amount of another scale", { amount: 20 }],
    ["a direction that nobody has named", { direction: "UP" }],
    ["nulls", { merchantOrderNo: null, cardId: null, direction: null, amount: null, orderNo: null }]
  ]
  it.scopedLive.each(same)("an answer with %s is about this order", ([, data]) =>
    Effect.gen(function* () {
      const server = yield* lost(ok({ status: "SUCCESS", ...data }))
      yield* Effect.gen(function* () {
        yield* adjust()
        assert.strictEqual((yield* settle)._tag, "Done")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a query that fails is an error, and leaves the journal as it was", () =>
    Effect.gen(function* () {
      const server = yield* lost(status(500))
      yield* Effect.gen(function* () {
        yield* adjust()
        hasFields(yield* Effect.flip(settle.pipe(quick)), {
          _tag: "HttpStatusUnexpected",
          operation: "queryTopUpOrder"
        })
        assert.strictEqual(yield* state, "unknown")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("an order that this journal does not hold is nothing to settle", () =>
    Effect.gen(function* () {
      const server = yield* lost(success)
      const error = yield* Effect.flip(settle).pipe(withClient(server.url))
      assert.include(error.message, "merchantOrderNo is not in this client's order journal")
      assert.deepStrictEqual(server.received, [])
    })
  )
})

describe("against the sandbox's ledger", () => {
  const losses: ReadonlyArray<readonly [string, Reply]> = [
    ["a reset", reset],
    ["HTTP 502", status(502)],
    ["3000000", code("3000000")],
    ["-1", code("-1")],
    ["no answer", never]
  ]
  it.scopedLive.each(losses)("%s after the effect: unknown, settled to done, one credit", ([, loss]) =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const { cardId } = yield* virtualCard("c-1")
      const between = yield* vendor({
        login: forward(baseUrl),
        adjustBalance: executeAnd(baseUrl, loss),
        anything: forward(baseUrl)
      })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        const outcome = yield* cards
          .adjustBalance({ ...topUp, cardId })
          .pipe(Policy.within({ attemptTimeout: Duration.seconds(1) }))
        assert.strictEqual(outcome._tag, "Unknown")
        const { state } = yield* Sandbox.Sandbox
        yield* until(
          Effect.map(state, ({ orders }) => orders.length === 1),
          "the order is with the vendor"
        )
        assert.strictEqual((yield* cards.settleOrder(merchantOrderNo))._tag, "Pending")
        yield* finish(merchantOrderNo)
        assert.strictEqual((yield* cards.settleOrder(merchantOrderNo))._tag, "Done")
        assert.strictEqual((yield* cards.adjustBalance({ ...topUp, cardId }))._tag, "Done")
        assert.strictEqual(between.of("adjustBalance").length, 1)
      }).pipe(withClient(between.url, { options: credentials }))
      assert.deepStrictEqual(yield* booked(cardId), ["increase 20.00"])
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("a request that was lost on the way stays unknown, and no money moves", () =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const { cardId } = yield* virtualCard("c-1")
      const between = yield* vendor({
        login: forward(baseUrl),
        adjustBalance: reset,
        anything: forward(baseUrl)
      })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        assert.strictEqual((yield* cards.adjustBalance({ ...topUp, cardId }))._tag, "Unknown")
        assert.strictEqual((yield* cards.settleOrder(merchantOrderNo))._tag, "Unknown")
      }).pipe(withClient(between.url, { options: credentials }))
      assert.deepStrictEqual(yield* booked(cardId), [])
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive(
    "a duplicate that the vendor would execute is not sent, by two clients with one journal",
    () =>
      Effect.gen(function* () {
        const baseUrl = yield* sandboxUrl
        const { cardId } = yield* virtualCard("c-1")
        const journal = Layer.succeed(OrderJournal.OrderJournal, yield* sharedJournal)
        const pay = Effect.flatMap(Yunmo, ({ cards }) => cards.adjustBalance({ ...topUp, cardId }))
        const client = withClient(baseUrl, { options: credentials, journal })
        yield* Effect.all([pay.pipe(client), pay.pipe(client)], { concurrency: "unbounded" })
        yield* finish(merchantOrderNo)
        assert.deepStrictEqual(yield* booked(cardId), ["increase 20.00"])
      }).pipe(
        Effect.provide(
          withSandbox({ sandbox: { rules: { duplicateOrders: "execute", settleAfterSeconds: null } } })
        )
      )
  )
})

describe("orFail", () => {
  const failing: ReadonlyArray<readonly [string, Reply, string]> = [
    ["pending", ok({ status: "PENDING" }), "OutcomePending"],
    ["unknown", reset, "OutcomeUnknown"],
    ["failed", ok({ status: "FAILED" }), "OrderFailed"]
  ]
  it.scopedLive.each(failing)("%s is an error one can name", ([, reply, tag]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: reply })
      const error = yield* Effect.flip(adjust().pipe(Outcome.orFail)).pipe(withClient(server.url))
      hasFields(error, { _tag: tag, key: merchantOrderNo })
    })
  )
})
