import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Cards from "../src/internal/cards.js"
import * as Customers from "../src/internal/customers.js"
import * as Engine from "../src/internal/engine.js"
import * as Faults from "../src/internal/faults.js"
import * as Indexes from "../src/internal/indexes.js"
import * as Kyc from "../src/internal/kyc.js"
import * as Orders from "../src/internal/orders.js"
import * as PhysicalCards from "../src/internal/physicalCards.js"
import * as Purchases from "../src/internal/purchases.js"
import { makeGenerator } from "../src/internal/random.js"
import * as Records from "../src/internal/records.js"
import * as Session from "../src/internal/session.js"
import * as SqlStore from "../src/internal/sqlStore.js"
import type * as Store from "../src/internal/store.js"
import * as ThreeDs from "../src/internal/threeDs.js"
import * as Time from "../src/internal/time.js"
import { type Index, makeWorld, type Step, type World } from "../src/internal/world.js"
import * as Rules from "../src/Rules.js"
import * as Sandbox from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import { database, newFile } from "./support/kept.js"
import { ok, receiver } from "./support/receiver.js"
import { kycOf, merchant } from "./support/vendor.js"

const newParts = Effect.map(
  Time.make({ startAt: 0, frozen: true }),
  (time): Store.Parts => ({
    time,
    random: makeGenerator(1),
    world: makeWorld({ seed: 1, rules: Rules.defaults, faults: Faults.begin({}), told: 0, forgotten: 0 })
  })
)

const token = (expiresAt: number) => ({ merchantNo: Id.merchantNo(merchant.merchantNo), expiresAt })

const key = FastCheck.constantFrom("a", "b", "c", "d", "e")

const Change = FastCheck.oneof(
  {
    weight: 5,
    arbitrary: FastCheck.record({ _tag: FastCheck.constant("set" as const), key, at: FastCheck.nat() })
  },
  { weight: 3, arbitrary: FastCheck.record({ _tag: FastCheck.constant("delete" as const), key }) },
  {
    weight: 3,
    arbitrary: FastCheck.record({ _tag: FastCheck.constantFrom("save" as const, "fail" as const) })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      _tag: FastCheck.constantFrom("clear" as const, "remember" as const, "restore" as const)
    })
  }
)

describe("a table in the file", () => {
  it.scoped.prop(
    "has the rows of the one in memory in their order, whatever happens between two saves",
    [FastCheck.array(Change, { maxLength: 60, size: "max" })],
    ([changes]) =>
      Effect.gen(function* () {
        const filename = yield* newFile
        const written = yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const parts = yield* newParts
          const { tokens } = parts.world
          const { save } = yield* SqlStore.open({})(parts)
          let restore = tokens.copy()
          for (const change of changes) {
            switch (change._tag) {
              case "set":
                tokens.set(change.key, token(change.at))
                break
              case "delete":
                tokens.delete(change.key)
                break
              case "clear":
                tokens.clear()
                break
              case "remember":
                restore = tokens.copy()
                break
              case "restore":
                restore()
                break
              case "save":
                yield* save
                break
              case "fail": {
                yield* sql`PRAGMA query_only = ON`
                const outcome = tokens.isWritten ? "Failure" : "Success"
                assert.strictEqual((yield* Effect.exit(save))._tag, outcome)
                yield* sql`PRAGMA query_only = OFF`
              }
            }
          }
          yield* save
          return Array.from(tokens)
        }).pipe(Effect.provide(database(filename)), Effect.scoped)
        const read = yield* Effect.gen(function* () {
          const parts = yield* newParts
          yield* SqlStore.open({})(parts)
          return Array.from(parts.world.tokens)
        }).pipe(Effect.provide(database(filename)), Effect.scoped)
        assert.deepStrictEqual(read, written)
      }),
    { fastCheck: { numRuns: 25 } }
  )
})

describe("a record", () => {
  const roundTrips = <A, I>(name: string, schema: Schema.Schema<A, I>) => {
    const json = Schema.parseJson(schema)
    it.prop(`of ${name} is read as it was written`, [Arbitrary.make(schema)], ([record]) => {
      const text = Schema.encodeSync(json)(record)
      const read = Schema.decodeSync(json)(text)
      assert.deepStrictEqual(Schema.encodeSync(json)(read), text)
      assert.isTrue(Schema.equivalence(schema)(read, record), text)
    })
  }
  roundTrips("a card", Records.Card)
  roundTrips("a customer", Records.Customer)
  roundTrips("a delivery", Records.Delivery)
  roundTrips("the ledger", Records.LedgerEntry)
  roundTrips("an order", Records.Order)
  roundTrips("a purchase", Records.Purchase)
  roundTrips("a 3-D Secure request", Records.ThreeDs)
  roundTrips("a token", Records.Token)
  roundTrips("a transaction", Records.Transaction)
})

const cents = FastCheck.integer({ min: 1, max: 5000 }).map((n) => Id.amount((n / 100).toFixed(2)))
const pick = FastCheck.nat({ max: 9 })
const kinds = [
  "login",
  "customer",
  "submit",
  "link",
  "liveness",
  "review",
  "virtual",
  "physical",
  "bind",
  "adjust",
  "finish",
  "authorize",
  "settle",
  "cancel",
  "transact",
  "refund",
  "threeDs",
  "wait"
] as const

const Happening = FastCheck.record({
  kind: FastCheck.constantFrom(...kinds),
  which: pick,
  other: pick,
  yes: FastCheck.boolean(),
  amount: cents
})
type Happening = typeof Happening extends FastCheck.Arbitrary<infer A> ? A : never

const merchantNo = Id.merchantNo(merchant.merchantNo)

/** Something happens in the world, or is refused. */
const happen = (
  step: Step,
  { amount, kind, other, which, yes }: Happening,
  given: World["merchants"]
): unknown => {
  const { world } = step
  const nth = <A>(list: Iterable<A>): A | undefined => {
    const all = Array.from(list)
    return all[which % Math.max(all.length, 1)]
  }
  const customerId = nth(world.customers.keys()) ?? Id.customer("none")
  const cardId = nth(world.cards.keys()) ?? Id.card("none")
  const orderNo = nth(world.purchases.keys()) ?? Id.purchase("none")
  const result = yes ? "passed" : "rejected"
  switch (kind) {
    case "login": {
      const known = given.get(merchantNo)
      return known === undefined ? undefined : Session.login(step, known, known.apiKey)
    }
    case "customer":
      return Customers.create(step, merchantNo, { customerCode: Id.code(`c-${which}`) })
    case "submit":
      return Kyc.submit(step, merchantNo, kycOf(customerId))
    case "link":
      return Kyc.livenessLink(step, merchantNo, customerId)
    case "liveness":
      return Kyc.finishLiveness(step, customerId, yes ? "passed" : "failed")
    case "review":
      return Kyc.review(step, customerId, result, undefined)
    case "virtual":
      return Cards.createVirtual(step, merchantNo, { customerId, cardSampleId: Id.sample("CS0001") })
    case "physical":
      return PhysicalCards.manufacture(step, merchantNo)
    case "bind": {
      const letter = nth(Array.from(world.cards.values()).flatMap((card) => card.letter ?? []))
      const holder = Array.from(world.customers.keys())[other] ?? customerId
      return letter && PhysicalCards.bind(step, merchantNo, { ...letter, customerId: holder })
    }
    case "adjust":
      return Orders.adjust(step, merchantNo, {
        cardId,
        amount,
        direction: yes ? "increase" : "decrease",
        merchantOrderNo: Id.order(`o-${which}-${other}`)
      })
    case "finish":
      return Orders.finish(step, merchantNo, Id.order(`o-${which}-${other}`), yes ? "done" : "failed")
    case "authorize":
      return Purchases.authorize(step, { cardId, amount, currency: "USD" })
    case "settle":
      return Purchases.settle(step, { orderNo, amount: yes ? amount : undefined, final: !yes })
    case "cancel":
      return Purchases.cancel(step, orderNo)
    case "transact":
      return Purchases.transact(step, { cardId, amount, currency: "EUR" })
    case "refund":
      return Purchases.refund(step, { orderNo })
    case "threeDs":
      return ThreeDs.request(step, { cardId, amount, currency: "USD", expiresIn: 1000 })
    case "wait":
      return undefined
  }
}

const filled = <K, V>(map: Map<K, Set<V>>) => Array.from(map).filter(([, values]) => values.size > 0)

/** An index as plain data, without the empty sets that were used once. What is due at one time is put in one order. */
const plain = (index: Index) => {
  const due = []
  for (let next = index.agenda.takeDue(Number.MAX_VALUE); next !== undefined; ) {
    due.push([next.at, next.due.kind, String(next.due.id)] as const)
    next = index.agenda.takeDue(Number.MAX_VALUE)
  }
  return {
    customerIds: index.customerIds,
    cardsOfCustomer: index.cardsOfCustomer,
    cardBySku: index.cardBySku,
    pans: index.pans,
    ledgerOfCard: new Map(
      Array.from(index.ledgerOfCard, ([cardId, entries]) => [
        cardId,
        entries.map((entry) => Schema.encodeSync(Records.LedgerEntry)(entry))
      ])
    ),
    orderNos: index.orderNos,
    transactionsOfCard: index.transactionsOfCard,
    tokensOfMerchant: filled(index.tokensOfMerchant),
    acknowledged: new Set(index.acknowledged),
    reordering: filled(index.reordering),
    due: due.sort(([at, ...left], [other, ...right]) =>
      at === other ? left.join().localeCompare(right.join()) : at - other
    )
  }
}

/** All that happened, one after the other, with the notifications sent in between; the indexes as they were kept. */
const run = (
  happenings: ReadonlyArray<Happening>,
  openStore: (parts: Store.Parts) => Effect.Effect<Store.Store, never, Scope.Scope>
) =>
  Effect.gen(function* () {
    const { url } = yield* receiver(
      ok,
      { status: 500, body: "no" },
      ok,
      ok,
      { status: 200, body: "later" },
      ok
    )
    const engine = yield* Engine.make(
      {
        ...Sandbox.development,
        merchants: [{ ...merchant, callbackUrl: url }],
        seed: "indexes",
        clock: { frozen: true, startAt: "2026-01-01T00:00:00Z" },
        rules: { kycReviewAfterSeconds: 60, settleAfterSeconds: 5, duplicateOrders: "execute" },
        faults: {
          notifications: [
            { fault: "reorder", rate: 0.3 },
            { fault: "late", rate: 0.2 },
            { fault: "duplicate", rate: 0.2 },
            { fault: "lost", rate: 0.1 }
          ]
        },
        keepDeliveries: 5
      },
      openStore
    )
    for (const happening of happenings) {
      if (happening.kind === "wait") {
        yield* engine.time.setTo((yield* engine.time.now) + happening.which * 1000)
      }
      yield* engine.command((step) => Effect.sync(() => happen(step, happening, engine.world.merchants)))
      yield* engine.courier.quiet
    }
    return engine
  })

/** Three customers with a card and money each. */
const beginning: ReadonlyArray<Happening> = (
  ["customer", "submit", "review", "virtual", "adjust", "finish"] as const
).flatMap((kind) =>
  [0, 1, 2].map((which) => ({ kind, which, other: 0, yes: true, amount: Id.amount("50.00") }))
)

/** The indexes as they were kept; made anew, in memory and from the file, they are the same. */
const compare = (happenings: ReadonlyArray<Happening>) =>
  Effect.gen(function* () {
    const filename = yield* newFile
    const kept = yield* Effect.gen(function* () {
      const context = yield* Effect.context<SqlClient.SqlClient>()
      const { world } = yield* run([...beginning, ...happenings], (parts) =>
        Effect.provide(Effect.orDie(SqlStore.open({})(parts)), context)
      )
      const before = plain(world.index)
      Indexes.rebuild(world)
      assert.deepStrictEqual(plain(world.index), before)
      return before
    }).pipe(Effect.provide(database(filename)), Effect.scoped)
    const read = yield* Effect.gen(function* () {
      const parts = yield* newParts
      yield* SqlStore.open({})(parts)
      return plain(parts.world.index)
    }).pipe(Effect.provide(database(filename)), Effect.scoped)
    assert.deepStrictEqual(read, kept)
    return kept
  }).pipe(Effect.provide(NodeHttpClient.layer))

describe("the indexes made anew are those that were kept, in memory and from the file", () => {
  it.scopedLive.prop(
    "after anything",
    [FastCheck.array(Happening, { minLength: 20, maxLength: 80, size: "max" })],
    ([happenings]) => Effect.asVoid(compare(happenings)),
    { fastCheck: { numRuns: 10 } }
  )

  it.scopedLive("after four hundred things, in which everything happened", () =>
    Effect.gen(function* () {
      const [happenings] = FastCheck.sample(FastCheck.array(Happening, { minLength: 400, maxLength: 400 }), {
        seed: 20_261_123,
        numRuns: 1
      })
      const { due, ...indexes } = yield* compare(happenings ?? [])
      for (const [name, index] of Object.entries(indexes)) {
        assert.isAbove(Array.from<unknown>(index).length, 0, `${name} has something in it`)
      }
      assert.deepStrictEqual([...new Set(due.map(([, kind]) => kind))].sort(), ["delivery", "kyc", "order"])
    })
  )
})
