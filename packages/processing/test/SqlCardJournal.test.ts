import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as Policy from "@effect-yunmo/client/Policy"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as SqlCardJournal from "../src/SqlCardJournal.js"
import * as SqlOrderJournal from "../src/SqlOrderJournal.js"
import { connection, inDatabase, query, temporaryDatabase } from "./database.js"
import { client, fundedCard, merchantNo, otherMerchantNo, quiet, vendor, Way } from "./support.js"

const customerId = Ids.CustomerId.make("AU1")
const cards = (...ids: ReadonlyArray<string>) => ids.map((id) => Ids.CardId.make(id))

const creation = (number: number, overrides: Partial<CardJournal.Creation> = {}): CardJournal.Creation => ({
  merchantNo,
  customerId,
  number,
  cardSampleId: Ids.CardSampleId.make("CS0001"),
  before: cards("CD1", "CD2"),
  ...overrides
})

const finding = (state: CardJournal.State, cardId?: string): CardJournal.Finding => ({
  state,
  cardId: Option.map(Option.fromNullable(cardId), (id) => Ids.CardId.make(id)),
  note: `it is ${state}`
})

const inSql = Layer.provideMerge(SqlCardJournal.layer, inDatabase)

const journals = {
  memory: CardJournal.layerMemory,
  SQL: Layer.orDie(SqlCardJournal.layer).pipe(Layer.provide(Layer.orDie(inDatabase)))
}

for (const [name, layer] of Object.entries(journals)) {
  describe(`a card journal (${name})`, () => {
    it.effect("begins a creation once, and gives it back whole", () =>
      Effect.gen(function* () {
        const journal = yield* CardJournal.CardJournal
        yield* TestClock.setTime(1000)
        assert.deepStrictEqual(yield* journal.latest(merchantNo, customerId), Option.none())
        assert.isTrue(yield* journal.begin(creation(1)))
        yield* TestClock.setTime(2000)
        assert.isFalse(yield* journal.begin(creation(1, { before: [] })))
        assert.deepStrictEqual(
          yield* journal.latest(merchantNo, customerId),
          Option.some(CardJournal.opened(creation(1), 1000))
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("keeps merchants and customers apart", () =>
      Effect.gen(function* () {
        const journal = yield* CardJournal.CardJournal
        assert.isTrue(yield* journal.begin(creation(1)))
        assert.isTrue(yield* journal.begin(creation(1, { merchantNo: otherMerchantNo })))
        const other = Ids.CustomerId.make("AU2")
        assert.isTrue(yield* journal.begin(creation(1, { customerId: other })))
        yield* journal.record(creation(1), finding("done", "CD3"))
        const open = yield* journal.unsettled(merchantNo)
        assert.deepStrictEqual(
          open.map((entry) => entry.customerId),
          [other]
        )
      }).pipe(Effect.provide(layer))
    )

    it.effect("records what is found, until it is settled, and then the next may begin", () =>
      Effect.gen(function* () {
        const journal = yield* CardJournal.CardJournal
        yield* journal.begin(creation(1))
        yield* TestClock.setTime(5)
        const unknown = yield* journal.record(creation(1), finding("unknown"))
        assert.deepStrictEqual(
          Option.map(unknown, ({ note, state, updatedAt }) => [state, note, updatedAt]),
          Option.some(["unknown", "it is unknown", 5])
        )
        yield* journal.record(creation(1), finding("done", "CD3"))
        const kept = yield* journal.record(creation(1), finding("refused"))
        assert.deepStrictEqual(
          Option.map(kept, ({ cardId, state }) => [state, cardId]),
          Option.some(["done", Option.some("CD3")])
        )
        assert.isTrue(yield* journal.begin(creation(2)))
        assert.deepStrictEqual(
          Option.map(yield* journal.latest(merchantNo, customerId), ({ number }) => number),
          Option.some(2)
        )
        assert.isTrue(Option.isNone(yield* journal.record(creation(9), finding("done", "CD4"))))
      }).pipe(Effect.provide(layer))
    )
  })
}

describe("in SQL", () => {
  it.scoped("no second creation of a customer is open, whatever its number", () =>
    Effect.gen(function* () {
      const journal = yield* CardJournal.CardJournal
      assert.isTrue(yield* journal.begin(creation(1)))
      assert.isFalse(yield* journal.begin(creation(2)))
    }).pipe(Effect.provide(inSql))
  )

  it.scopedLive("of two connections at once one begins", () =>
    Effect.gen(function* () {
      const place = yield* temporaryDatabase
      const opened = Layer.build(Layer.fresh(SqlCardJournal.layer.pipe(Layer.provide(connection(place)))))
      const journals = yield* Effect.replicateEffect(
        Effect.map(opened, (context) => Context.get(context, CardJournal.CardJournal)),
        2
      )
      for (let number = 1; number <= 20; number += 1) {
        const begun = yield* Effect.all(
          journals.map((journal) => journal.begin(creation(number))),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(begun.filter(Boolean).length, 1)
        yield* Effect.forEach(journals, (journal) => journal.record(creation(number), finding("refused")))
      }
    })
  )

  it.scoped("inside a transaction nothing is begun", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const journal = yield* CardJournal.CardJournal
      const error = yield* Effect.flip(sql.withTransaction(journal.begin(creation(1))))
      assert.strictEqual(error._tag, "CardJournalUnavailable")
      assert.include(error.message, "inside a transaction")
      assert.deepStrictEqual(yield* journal.latest(merchantNo, customerId), Option.none())
    }).pipe(Effect.provide(inSql))
  )

  it.scoped("a table that is gone is told, and so is a row that cannot be read", () =>
    Effect.gen(function* () {
      const journal = yield* CardJournal.CardJournal
      yield* journal.begin(creation(1))
      yield* query("UPDATE yunmo_creations SET cards_before = 'no list'")
      assert.strictEqual(
        (yield* Effect.flip(journal.latest(merchantNo, customerId)))._tag,
        "CardJournalUnavailable"
      )
      yield* query("DROP TABLE yunmo_creations")
      assert.strictEqual((yield* Effect.flip(journal.begin(creation(2))))._tag, "CardJournalUnavailable")
    }).pipe(Effect.provide(inSql))
  )
})

describe("creations through the journal", () => {
  it.scopedLive("one whose answer was lost is settled after a restart, and made once", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const place = yield* temporaryDatabase
      const restarted = <A, E, R>(use: Effect.Effect<A, E, R | Yunmo>) =>
        Effect.provide(
          use,
          Layer.fresh(
            client.pipe(
              Layer.provideMerge(Layer.merge(SqlOrderJournal.layer, SqlCardJournal.layer)),
              Layer.provideMerge(connection(place))
            )
          )
        ).pipe(Policy.within({ rates: {} }))
      const { customerId } = yield* restarted(fundedCard("c-1"))
      const create = Effect.flatMap(Yunmo, ({ cards }) =>
        cards.createVirtual({ customerId, cardSampleId: Ids.CardSampleId.make("CS0001") })
      )
      const made = way.calls("createVirtualCard").made
      way.set("createVirtualCard", "loses")
      assert.strictEqual((yield* restarted(create))._tag, "Unknown")
      way.set("createVirtualCard", undefined)
      assert.strictEqual((yield* Effect.flip(restarted(create)))._tag, "CreationUnsettled")
      assert.strictEqual(way.calls("createVirtualCard").made, made + 1)
      const settled = yield* restarted(Effect.flatMap(Yunmo, ({ cards }) => cards.settleCreation(customerId)))
      assert(settled._tag === "Done")
      const sandbox = yield* Sandbox
      const { cards } = yield* sandbox.state
      assert.deepStrictEqual(
        cards
          .filter((card) => card.customerId === customerId)
          .map((card) => card.cardId)
          .at(-1),
        settled.value.cardId
      )
      assert.strictEqual(cards.filter((card) => card.customerId === customerId).length, 2)
    }).pipe(Effect.provide(vendor()), Effect.provide(quiet))
  )
})
