import { assert, describe, it } from "@effect/vitest"
import * as Ids from "@effect-yunmo/schema/Ids"
import { type CardId, CustomerId } from "@effect-yunmo/schema/Ids"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as CardJournal from "../src/CardJournal.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { merchantNo, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import {
  credentials,
  executeAnd,
  forward,
  merchant,
  passedCustomer,
  sandboxUrl,
  withSandbox
} from "./support/sandbox.js"
import { logged } from "./support/shows.js"
import { code, later, never, ok, type Reply, reset, status, vendor } from "./support/vendor.js"

const { cardSampleId, customerId } = Id

const create = Effect.flatMap(Yunmo, ({ cards }) => cards.createVirtual({ customerId, cardSampleId }))
const settle = Effect.flatMap(Yunmo, ({ cards }) => cards.settleCreation(customerId))
const decide = (cardId?: CardId) =>
  Effect.flatMap(Yunmo, ({ cards }) => cards.decideCreation(customerId, { by: "ada@example.com", cardId }))
const journalled = Effect.flatMap(CardJournal.CardJournal, (journal) =>
  journal.latest(merchantNo, customerId)
)

/** No waiting for the rate, which Limits.test looks at. */
const unhurried = Policy.within({ rates: {}, retryBase: Duration.millis(1) })

const card = (cardId: string, sample: string | undefined = cardSampleId) => ({
  cardId,
  status: "ACTIVE",
  ...(sample === undefined ? {} : { cardSampleId: sample })
})
const withoutSample = (cardId: string) => ({ cardId, status: "ACTIVE" })

describe("before the first byte", () => {
  it.scopedLive("the customer's cards are in the journal", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        listCustomerCards: ok([card("CD1"), card("CD2", "CS9")]),
        createVirtualCard: never
      })
      yield* Effect.gen(function* () {
        const call = yield* Effect.fork(create)
        yield* until(
          Effect.sync(() => server.of("createVirtualCard").length === 1),
          "it is on its way"
        )
        const entry = Option.getOrThrow(yield* journalled)
        hasFields(entry, { state: "open", number: 1, cardSampleId, before: ["CD1", "CD2"] })
        yield* Fiber.interrupt(call)
        // Interrupted is not answered.
        hasFields(Option.getOrThrow(yield* journalled), { state: "open" })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("what does not fit is refused, and nothing at all is asked", () =>
    Effect.gen(function* () {
      const server = yield* vendor({})
      const error = yield* Effect.flatMap(Yunmo, ({ cards }) =>
        cards.createVirtual({ customerId: CustomerId.make(" ", { disableValidation: true }), cardSampleId })
      ).pipe(Effect.flip, withClient(server.url))
      hasFields(error, { _tag: "RequestInvalid", operation: "createVirtualCard" })
      assert.deepStrictEqual(server.received, [])
    })
  )

  it.scopedLive("a list of cards that cannot be had stops it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        listCustomerCards: status(503),
        createVirtualCard: ok({ cardId: "CD1" })
      })
      yield* Effect.gen(function* () {
        hasFields(yield* Effect.flip(create), {
          _tag: "HttpStatusUnexpected",
          operation: "listCustomerCards"
        })
        assert.isTrue(Option.isNone(yield* journalled))
      }).pipe(unhurried, withClient(server.url))
      assert.deepStrictEqual(server.of("createVirtualCard"), [])
    })
  )

  it.scopedLive("a journal that cannot be written stops it, too", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: ok({ cardId: "CD1" }) })
      const cardJournal = Layer.map(CardJournal.layerMemory, (context) =>
        Context.add(context, CardJournal.CardJournal, {
          ...Context.get(context, CardJournal.CardJournal),
          begin: () => new CardJournal.CardJournalUnavailable({ description: "the disk is full" })
        })
      )
      const error = yield* Effect.flip(create).pipe(withClient(server.url, { cardJournal }))
      assert.strictEqual(error._tag, "CardJournalUnavailable")
      assert.deepStrictEqual(server.of("createVirtualCard"), [])
    })
  )

  it.scopedLive("the deadline is that of all its parts together", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        listCustomerCards: later(150, ok([])),
        createVirtualCard: never
      })
      const outcome = yield* create.pipe(
        Policy.within({ deadline: Duration.millis(400) }),
        Effect.timed,
        withClient(server.url)
      )
      assert.strictEqual(outcome[1]._tag, "Unknown")
      assert.isBelow(Duration.toMillis(outcome[0]), 2000)
      assert(outcome[1]._tag === "Unknown")
      assert.include(outcome[1].error.message, "Raise deadline")
    })
  )
})

describe("an answer", () => {
  it.scopedLive("is written down: the card, or the refusal", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        createVirtualCard: [code("4010001"), ok({ cardId: "CD7", orderNo: "OR1" })]
      })
      yield* Effect.gen(function* () {
        const refused = yield* Effect.flip(create)
        assert.isTrue("refused" in refused && refused.refused)
        hasFields(Option.getOrThrow(yield* journalled), { state: "refused", number: 1 })
        hasFields(yield* Effect.flip(settle), {
          _tag: "CreationRefused",
          operation: "createVirtualCard",
          customerId,
          creation: 1
        })
        const created = yield* create
        assert(created._tag === "Done")
        hasFields(created.value, { cardId: "CD7", orderNo: "OR1" })
        hasFields(Option.getOrThrow(yield* journalled), {
          state: "done",
          number: 2,
          cardId: Option.some("CD7")
        })
      }).pipe(unhurried, withClient(server.url))
    })
  )

  it.scopedLive("reaches the caller when the journal fails afterwards, and stays open there", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: ok({ cardId: "CD7" }) })
      const lines = yield* logged
      const cardJournal = Layer.map(CardJournal.layerMemory, (context) =>
        Context.add(context, CardJournal.CardJournal, {
          ...Context.get(context, CardJournal.CardJournal),
          record: () => new CardJournal.CardJournalUnavailable({ description: "the disk is full" })
        })
      )
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* create.pipe(lines.collect))._tag, "Done")
        hasFields(Option.getOrThrow(yield* journalled), { state: "open" })
      }).pipe(withClient(server.url, { cardJournal }))
      assert.include(lines.all.join("\n"), "It stays open there: settle it")
    })
  )
})

describe("a lost answer", () => {
  it.scopedLive("is unknown, and no repeat of any kind sends it again", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: reset })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.retry(create.pipe(Outcome.orFail), { times: 3 }))
        hasFields(error, { _tag: "CreationUnsettled", customerId, creation: 1 })
        assert.include(error.message, "Settle that one with cards.settleCreation")
        assert.strictEqual(server.of("createVirtualCard").length, 1)
        const another = Effect.flatMap(Yunmo, ({ cards }) =>
          cards.createVirtual({ customerId: Ids.CustomerId.make("AU2"), cardSampleId })
        )
        assert.strictEqual((yield* another)._tag, "Unknown", "other customers are not held up")
      }).pipe(unhurried, withClient(server.url))
    })
  )

  const before = [card("CD1"), card("CD2", "CS9")]
  const comparisons: ReadonlyArray<
    readonly [about: string, now: ReadonlyArray<object>, card: string | undefined, says: string]
  > = [
    ["nothing new", before, undefined, "no new card of sample CS0001 is listed (yet)"],
    ["one new card of the sample", [...before, card("CD3")], "CD3", ""],
    [
      "two new cards of the sample",
      [...before, card("CD3"), card("CD4")],
      undefined,
      "2 new cards could be it (CD3, CD4)"
    ],
    ["a new card of another sample", [...before, card("CD3", "CS9")], undefined, "no new card of sample"],
    ["one of each", [...before, card("CD3", "CS9"), card("CD4")], "CD4", ""],
    ["a new card of no sample", [...before, withoutSample("CD3")], undefined, "does not say of which sample"],
    [
      "one of the sample and one of none",
      [...before, card("CD3"), withoutSample("CD4")],
      undefined,
      "2 new cards could be it"
    ],
    ["fewer cards than before", [], undefined, "no new card"],
    [
      "very many",
      Array.from({ length: 9 }, (_, n) => card(`CX${n}`)),
      undefined,
      "9 new cards could be it (CX0, CX1, CX2, CX3, CX4 and others)"
    ]
  ]
  it.scopedLive.each(comparisons)("with %s", ([, now, made, says]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: reset, listCustomerCards: [ok(before), ok(now)] })
      yield* Effect.gen(function* () {
        yield* create
        const outcome = yield* settle
        if (made === undefined) {
          assert(outcome._tag === "Unknown")
          assert.include(outcome.error.message.toLowerCase(), says.toLowerCase())
          hasFields(Option.getOrThrow(yield* journalled), { state: "unknown", cardId: Option.none() })
          assert.strictEqual((yield* Effect.flip(create))._tag, "CreationUnsettled")
        } else {
          assert(outcome._tag === "Done")
          assert.deepStrictEqual({ ...outcome.value }, { number: 1, cardId: Ids.CardId.make(made) })
          // Settled is settled: nobody is asked again.
          assert.deepStrictEqual(yield* settle, outcome)
          assert.strictEqual(server.of("listCustomerCards").length, 2)
        }
        assert.strictEqual(server.of("createVirtualCard").length, 1)
      }).pipe(unhurried, withClient(server.url))
    })
  )

  it.scopedLive("is settled later, when the card is listed at last", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        createVirtualCard: reset,
        listCustomerCards: [ok([]), ok([]), ok([card("CD3")])]
      })
      yield* Effect.gen(function* () {
        yield* create
        assert.strictEqual((yield* settle)._tag, "Unknown")
        assert.strictEqual((yield* settle)._tag, "Done")
      }).pipe(unhurried, withClient(server.url))
    })
  )

  it.scopedLive("is not mistaken for the card before it, which is not listed yet", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        createVirtualCard: [ok({ cardId: "CD1" }), reset],
        listCustomerCards: [ok([]), ok([]), ok([card("CD1")])]
      })
      yield* Effect.gen(function* () {
        yield* create
        yield* create
        hasFields(Option.getOrThrow(yield* journalled), { number: 2, before: ["CD1"] })
        assert.strictEqual((yield* settle)._tag, "Unknown")
      }).pipe(unhurried, withClient(server.url))
    })
  )

  it.scopedLive("a query that fails settles nothing", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: reset, listCustomerCards: [ok([]), code("4000001")] })
      yield* Effect.gen(function* () {
        yield* create
        hasFields(yield* Effect.flip(settle), { _tag: "CustomerNotFound", operation: "listCustomerCards" })
        hasFields(Option.getOrThrow(yield* journalled), { state: "unknown" })
      }).pipe(unhurried, withClient(server.url))
    })
  )
})

describe("a person", () => {
  it.scopedLive(
    "says that there is no card: it is refused, by whom is kept, and the next one may be made",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ createVirtualCard: [reset, ok({ cardId: "CD5" })] })
        yield* Effect.gen(function* () {
          yield* create
          const error = yield* Effect.flip(decide())
          hasFields(error, { _tag: "CreationRefused", creation: 1 })
          assert.include(error.message, "Ada@example.com decided that it made no card.")
          hasFields(Option.getOrThrow(yield* journalled), {
            note: "ada@example.com decided that it made no card"
          })
          hasFields(yield* create, { _tag: "Done" })
        }).pipe(unhurried, withClient(server.url))
      })
  )

  it.scopedLive("says which card it is; what is settled cannot be decided otherwise", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: reset })
      yield* Effect.gen(function* () {
        hasFields(yield* Effect.flip(decide()), { _tag: "RequestInvalid", operation: "createVirtualCard" })
        hasFields(yield* Effect.flip(settle), { _tag: "RequestInvalid" })
        yield* create
        const decided = yield* decide(Ids.CardId.make("CD6"))
        assert(decided._tag === "Done")
        assert.strictEqual(decided.value.cardId, "CD6")
        assert.deepStrictEqual(yield* decide(), decided)
        assert.deepStrictEqual(yield* settle, decided)
      }).pipe(unhurried, withClient(server.url))
    })
  )
})

describe("one at a time", () => {
  it.scopedLive("for a customer within a process, many customers side by side", () =>
    Effect.gen(function* () {
      const busy = new Map<string, number>()
      let most = 0
      let made = 0
      const server = yield* vendor({
        createVirtualCard: ({ message }) => {
          const who = String(message.data.customerId)
          busy.set(who, (busy.get(who) ?? 0) + 1)
          assert.strictEqual(busy.get(who), 1, "one at a time")
          most = Math.max(
            most,
            [...busy.values()].reduce((sum, n) => sum + n, 0)
          )
          made += 1
          const answer = later(10, ok({ cardId: `CD${made}` }))
          return {
            send: (response, socket) => {
              response.on("finish", () => busy.set(who, 0))
              answer.send(response, socket)
            }
          }
        }
      })
      const outcomes = yield* Effect.flatMap(Yunmo, ({ cards }) =>
        Effect.all(
          Array.from({ length: 30 }, (_, n) =>
            cards.createVirtual({ customerId: Ids.CustomerId.make(`AU${n % 3}`), cardSampleId })
          ),
          { concurrency: "unbounded" }
        )
      ).pipe(unhurried, withClient(server.url))
      const ids = outcomes.map((outcome) => (outcome._tag === "Done" ? outcome.value.cardId : "unknown"))
      assert.strictEqual(new Set(ids).size, 30)
      assert.isAtLeast(most, 2)
    })
  )

  it.scopedLive("for a customer among processes that share the journal: one sends, the others refuse", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: later(50, ok({ cardId: "CD1" })) })
      const shared = Layer.succeed(
        CardJournal.CardJournal,
        Context.get(yield* Layer.build(CardJournal.layerMemory), CardJournal.CardJournal)
      )
      const exits = yield* Effect.all(
        Array.from({ length: 5 }, () =>
          Effect.either(create).pipe(unhurried, withClient(server.url, { cardJournal: shared }))
        ),
        { concurrency: "unbounded" }
      )
      const refused = exits.flatMap((exit) => (exit._tag === "Left" ? [exit.left._tag] : []))
      const done = exits.flatMap((exit) => (exit._tag === "Right" ? [exit.right._tag] : []))
      assert.strictEqual(server.of("createVirtualCard").length, done.length)
      assert.isAtLeast(done.length, 1)
      assert.isTrue(refused.every((tag) => tag === "CreationUnsettled"))
      assert.strictEqual(refused.length + done.length, 5)
    })
  )

  it.scopedLive("a process that died with one open: the next refuses, settles, and goes on", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        createVirtualCard: [never, ok({ cardId: "CD2" })],
        listCustomerCards: [ok([]), ok([card("CD1")])]
      })
      const shared = Layer.succeed(
        CardJournal.CardJournal,
        Context.get(yield* Layer.build(CardJournal.layerMemory), CardJournal.CardJournal)
      )
      const died = yield* Effect.fork(create.pipe(withClient(server.url, { cardJournal: shared })))
      yield* until(
        Effect.sync(() => server.of("createVirtualCard").length === 1),
        "it is on its way"
      )
      yield* Fiber.interrupt(died)
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(create)
        hasFields(error, { _tag: "CreationUnsettled", creation: 1, reason: "journalled" })
        const settled = yield* settle
        assert(settled._tag === "Done")
        assert.strictEqual(settled.value.cardId, "CD1")
        hasFields(yield* create, { _tag: "Done" })
      }).pipe(unhurried, withClient(server.url, { cardJournal: shared }))
    })
  )

  it.scopedLive("whoever waits no longer than its deadline was never sent", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createVirtualCard: never })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(create)
        yield* until(
          Effect.sync(() => server.of("createVirtualCard").length === 1),
          "it is on its way"
        )
        const error = yield* Effect.flip(create.pipe(Policy.within({ deadline: Duration.millis(50) })))
        hasFields(error, { _tag: "LimitReached", operation: "createVirtualCard", limit: "customer" })
        yield* Fiber.interrupt(first)
      }).pipe(withClient(server.url))
    })
  )
})

describe("against the sandbox", () => {
  it.scopedLive("on 60 bad days no card is made twice, and every one that is there is found", () =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const customer = yield* passedCustomer("c-1")
      const days: ReadonlyArray<Reply> = [reset, status(502), code("3000000"), ok(7)]
      const between = yield* vendor({
        login: forward(baseUrl),
        createVirtualCard: (received, nth) => {
          const bad = days[nth % days.length] ?? reset
          switch (nth % 3) {
            case 0:
              return executeAnd(baseUrl, bad)(received)
            case 1:
              return bad
            default:
              return forward(baseUrl)(received)
          }
        },
        anything: forward(baseUrl)
      })
      const account = Ids.MerchantNo.make(merchant.merchantNo)
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        const journal = yield* CardJournal.CardJournal
        const made: Array<string> = []
        for (let day = 0; day < 60; day += 1) {
          const created = yield* cards.createVirtual({ customerId: customer, cardSampleId })
          const settled = created._tag === "Done" ? created : yield* cards.settleCreation(customer)
          if (settled._tag === "Done") {
            made.push(settled.value.cardId)
          } else {
            // Not executed: the list cannot prove it, so a person has to.
            assert.strictEqual(day % 3, 1)
            yield* Effect.flip(cards.decideCreation(customer, { by: "a person" }))
          }
        }
        const there = (yield* cards.list({ customerId: customer })).map(({ cardId }) => cardId)
        assert.deepStrictEqual([...there].sort(), [...made].sort())
        assert.strictEqual(made.length, 40)
        assert.strictEqual(new Set(made).size, 40)
        assert.deepStrictEqual(yield* journal.unsettled(account), [])
      }).pipe(unhurried, withClient(between.url, { options: credentials }))
      assert.strictEqual(between.of("createVirtualCard").length, 60)
    }).pipe(Effect.provide(withSandbox()))
  )
})
