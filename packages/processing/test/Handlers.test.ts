import { assert, describe, it } from "@effect/vitest"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import { Sandbox } from "@effect-yunmo/sandbox/Sandbox"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as BigDecimal from "effect/BigDecimal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Findings from "../src/Findings.js"
import type { RowContext } from "../src/Handlers.js"
import { ReadModel } from "../src/ReadModel.js"
import { query } from "./database.js"
import {
  amount,
  drain,
  eventually,
  findings,
  fundedCard,
  merchantNo,
  notify,
  now,
  passedCustomer,
  stateOf,
  submission,
  threeDs,
  trade,
  Way,
  Webhook,
  world
} from "./support.js"

/** Every transaction of a card: state and, in plain text, authorized, settled, reversed and refunded. */
const transactionsOf = (cardId: string) =>
  Effect.map(
    Effect.flatMap(ReadModel, ({ transactions }) => transactions(merchantNo, Ids.CardId.make(cardId))),
    (found) =>
      found.map(({ authorized, refunded, reversed, settled, state }) => [
        state,
        [authorized, settled, reversed, refunded].map(BigDecimal.format).join(" ")
      ])
  )

const customerOf = (customerId: Ids.CustomerId) =>
  Effect.flatten(Effect.flatMap(ReadModel, ({ customer }) => customer(merchantNo, customerId)))

const cardOf = (cardId: Ids.CardId) =>
  Effect.flatten(Effect.flatMap(ReadModel, ({ card }) => card(merchantNo, cardId)))

describe("KYC", () => {
  it.live("is what the API says, read at the time at which it was asked", () =>
    Effect.gen(function* () {
      const customerId = yield* passedCustomer("c-1")
      const id = yield* notify("KYC", { customerId, auditState: 1 })
      const before = yield* now
      yield* drain()
      const after = yield* now
      assert.strictEqual(yield* stateOf(id), "handled")
      const known = yield* customerOf(customerId)
      assert.deepInclude(known, { customerId, kycState: "1", kycMeaning: Option.some("passed" as const) })
      assert.isTrue(before <= known.readAt && known.readAt <= after)
      assert.deepStrictEqual(yield* findings, [])
      const nobody = yield* Effect.flip(customerOf(Ids.CustomerId.make("AU9")))
      assert.strictEqual(nobody._tag, "NoSuchElementException")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a notification that says otherwise than the API is a finding, and the API's word stands", () =>
    Effect.gen(function* () {
      const { open } = yield* Findings.Findings
      const customerId = yield* passedCustomer("c-1")
      const id = yield* notify("KYC", { customerId, auditState: 2, auditRemark: "Rejected" })
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "handled")
      assert.deepInclude(yield* customerOf(customerId), { kycState: "1", kycRemark: Option.none() })
      const [finding, ...others] = yield* open(merchantNo)
      assert.lengthOf(others, 0)
      assert.deepInclude(finding, { kind: "stateDiffers", subject: `customer ${customerId}`, inboxId: id })
      assert.include(finding?.detail, "KYC state 2, the API says 1")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("may be assigned again: rejected with a remark, rejected, passed", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const yunmo = yield* Yunmo
      const { customerId } = yield* yunmo.customers.create({ customerCode: Ids.CustomerCode.make("c-1") })
      const seen: Array<string> = []
      for (const result of ["rejected", "rejected", "passed"] as const) {
        yield* yunmo.kyc.submit(submission(customerId))
        const remark = result === "rejected" ? { remark: "The photo is blurred" } : {}
        yield* sandbox.reviewKyc({ customerId, result, ...remark })
        yield* notify("KYC", { customerId, auditState: result === "passed" ? 1 : 2 })
        yield* drain()
        const { kycRemark, kycState } = yield* customerOf(customerId)
        seen.push(`${kycState} ${Option.getOrElse(kycRemark, () => "-")}`)
      }
      assert.deepStrictEqual(seen, ["2 The photo is blurred", "2 The photo is blurred", "1 -"])
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a state without meaning in the contract is kept raw", () =>
    Effect.gen(function* () {
      const customerId = yield* passedCustomer("c-1")
      yield* notify("KYC", { customerId, auditState: 1 })
      yield* drain()
      assert.deepInclude(yield* customerOf(customerId), { kycState: "1", kycMeaning: Option.none() })
    }).pipe(Effect.scoped, Effect.provide(world({ contract: { enums: { kycState: { "0": "pending" } } } })))
  )

  it.live("waits for an API that does not answer, and is handled once it does", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const customerId = yield* passedCustomer("c-1")
      const id = yield* notify("KYC", { customerId, auditState: 1 })
      way.set("getKycStatus", 404)
      const before = yield* now
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "pending")
      const [row] = yield* query<{ attempts: number; last_error: string; next_attempt_at: number }>(
        "SELECT attempts, last_error, next_attempt_at FROM yunmo_inbox"
      )
      assert.strictEqual(row?.attempts, 1)
      assert.include(row?.last_error, "HTTP 404")
      assert.isAbove(row?.next_attempt_at ?? 0, before)
      yield* Effect.flip(customerOf(customerId))
      yield* Effect.sleep("150 millis")
      way.set("getKycStatus", undefined)
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "handled")
      assert.strictEqual((yield* customerOf(customerId)).kycState, "1")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("a customer that the API does not know is tried again, then left to a person", () =>
    Effect.gen(function* () {
      const id = yield* notify("KYC", { customerId: "AU000000000", auditState: 1 })
      yield* eventually(
        Effect.zipRight(
          drain(),
          Effect.map(stateOf(id), (state) => state === "set_aside")
        )
      )
      const [row] = yield* query<{ attempts: number; reason: string }>(
        "SELECT attempts, reason FROM yunmo_inbox"
      )
      assert.strictEqual(row?.attempts, 3)
      assert.match(row?.reason ?? "", /failed 3 times.*4000001/)
      yield* Effect.flip(customerOf(Ids.CustomerId.make("AU000000000")))
    }).pipe(Effect.scoped, Effect.provide(world({ dispatcher: { maxAttempts: 3 } })))
  )
})

describe("transactions", () => {
  it.live("of the vendor's own notifications add up to what the vendor has", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox
      const { cardId } = yield* fundedCard("c-1", "100.00")
      yield* sandbox.setCallback({ url: (yield* Webhook).url })
      const one = yield* sandbox.authorize({ cardId, amount: amount("10.00"), currency: "USD" })
      yield* sandbox.additionalAuthorize({ orderNo: one.orderNo, amount: amount("2.50") })
      yield* sandbox.settle({ orderNo: one.orderNo, amount: amount("12.00") })
      yield* sandbox.refund({ orderNo: one.orderNo, amount: amount("3.00") })
      const two = yield* sandbox.authorize({ cardId, amount: amount("5.00"), currency: "USD" })
      yield* sandbox.cancel({ orderNo: two.orderNo })
      const three = yield* sandbox.transaction({ cardId, amount: amount("0.10"), currency: "USD" })
      const four = yield* sandbox.authorize({ cardId, amount: amount("999.00"), currency: "USD" })
      yield* eventually(
        Effect.map(sandbox.deliveries, (all) => all.every(({ status }) => status === "acknowledged"))
      )
      yield* drain()

      const { transactions } = yield* ReadModel
      const found = Object.fromEntries(
        (yield* transactions(merchantNo, cardId)).map(({ events, orderNo, state }) => [
          orderNo,
          [state, events]
        ])
      )
      assert.deepStrictEqual(found, {
        [one.orderNo]: ["partlyRefunded", 4],
        [two.orderNo]: ["reversed", 2],
        [three.orderNo]: ["settled", 1],
        [four.orderNo]: ["declined", 1]
      })
      const theirs = (yield* sandbox.state).cards.find((card) => card.cardId === cardId)
      const mine = yield* cardOf(cardId)
      assert.strictEqual(Option.getOrThrow(mine.balance).text, theirs?.balance.text)
      assert.strictEqual(theirs?.balance.text, "90.90")
      assert.deepInclude(mine, { status: "ACTIVE", statusMeaning: Option.some("active" as const) })
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("end the same in whatever order and however often they come", () =>
    Effect.gen(function* () {
      const { cardId } = yield* fundedCard("c-1")
      const events = [
        trade({ cardId, subOrderNo: "SU1", amount: "10.00" }),
        trade({
          cardId,
          subOrderNo: "SU2",
          subType: "SETTLEMENT",
          amount: "8.00",
          eventTime: "2026-02-10 16:11:37"
        }),
        trade({ cardId, subOrderNo: "SU3", subType: "REFUND", amount: "1.00" }),
        trade({ cardId, subOrderNo: "SU1", status: "PENDING", amount: "10.00" })
      ]
      const orders = [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1, 2, 0],
        [1, 1, 1, 3, 0, 2]
      ]
      for (const [index, order] of orders.entries()) {
        for (const at of order) {
          // The vendor's re-send with a nonce of its own: another row that tells the same event.
          yield* notify("TRADE", { ...events[at], orderNo: `OR${index}` })
        }
      }
      yield* drain()
      const found = yield* transactionsOf(cardId)
      assert.lengthOf(found, orders.length)
      for (const one of found) {
        assert.deepStrictEqual(one, ["partlyRefunded", "10 8 0 1"])
      }
      assert.deepStrictEqual(yield* query("SELECT DISTINCT state FROM yunmo_inbox"), [{ state: "handled" }])
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("the same event with another amount is a finding and changes nothing", () =>
    Effect.gen(function* () {
      const { cardId } = yield* fundedCard("c-1")
      yield* notify("TRADE", trade({ cardId, amount: "57.00" }))
      const id = yield* notify("TRADE", trade({ cardId, amount: "75.00" }))
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "handled")
      assert.deepStrictEqual(yield* transactionsOf(cardId), [["authorized", "57 0 0 0"]])
      assert.deepStrictEqual(yield* findings, ["contentDiffers order OR17719241"])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of a card that the API does not know are recorded, and found", () =>
    Effect.gen(function* () {
      const id = yield* notify("TRADE", trade({ cardId: "CD-nobody" }))
      yield* notify("TRADE", trade({ cardId: "CD-nobody", subOrderNo: "SU2", subType: "SETTLEMENT" }))
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "handled")
      assert.deepStrictEqual(yield* transactionsOf("CD-nobody"), [["settled", "57 57 0 0"]])
      yield* Effect.flip(cardOf(Ids.CardId.make("CD-nobody")))
      const { open } = yield* Findings.Findings
      const [finding, ...others] = yield* open(merchantNo)
      assert.lengthOf(others, 0)
      assert.deepInclude(finding, { kind: "cardUnknown", subject: "card CD-nobody", times: 2 })
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("are not lost while the card cannot be read: the row waits, then is handled once", () =>
    Effect.gen(function* () {
      const way = yield* Way
      const { cardId } = yield* fundedCard("c-1")
      const id = yield* notify("TRADE", trade({ cardId }))
      way.set("getCardDetail", 404)
      yield* drain()
      assert.strictEqual(yield* stateOf(id), "pending")
      assert.deepStrictEqual(yield* transactionsOf(cardId), [])
      way.set("getCardDetail", undefined)
      yield* eventually(
        Effect.zipRight(
          drain(),
          Effect.map(stateOf(id), (state) => state === "handled")
        )
      )
      assert.deepStrictEqual(yield* transactionsOf(cardId), [["authorized", "57 0 0 0"]])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of a kind without meaning are kept raw, not added up, and found", () =>
    Effect.gen(function* () {
      const { cardId } = yield* fundedCard("c-1")
      yield* notify("TRADE", trade({ cardId, subOrderNo: "SU1" }))
      yield* notify("TRADE", trade({ cardId, subOrderNo: "SU2", subType: "CHARGEBACK", amount: "99.00" }))
      yield* notify("TRADE", trade({ cardId, subOrderNo: "SU3", subType: null, amount: "98.00" }))
      yield* drain()
      assert.deepStrictEqual(yield* transactionsOf(cardId), [["authorized", "57 0 0 0"]])
      assert.deepStrictEqual(yield* findings, [
        "meaningUnknown transaction subType CHARGEBACK",
        "meaningUnknown transaction subType (none)"
      ])
      assert.deepStrictEqual(
        yield* query("SELECT kind, kind_raw, amount FROM yunmo_transaction_events ORDER BY sub_order_no"),
        [
          { kind: "authorization", kind_raw: "AUTHORIZATION", amount: "57.00" },
          { kind: null, kind_raw: "CHARGEBACK", amount: "99.00" },
          { kind: null, kind_raw: null, amount: "98.00" }
        ]
      )
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("of a status without meaning are not taken for money that moved, and found", () =>
    Effect.gen(function* () {
      const { cardId } = yield* fundedCard("c-1")
      yield* notify("TRADE", trade({ cardId, status: "DECLINED_BY_ISSUER" }))
      yield* notify("TRADE", trade({ cardId, orderNo: "OR2", status: null }))
      yield* drain()
      assert.deepStrictEqual(yield* transactionsOf(cardId), [
        ["unknown", "0 0 0 0"],
        ["authorized", "57 0 0 0"]
      ])
      assert.deepStrictEqual(yield* findings, ["meaningUnknown transaction status DECLINED_BY_ISSUER"])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("whose kind stands in the category are told apart by it", () =>
    Effect.gen(function* () {
      const { cardId } = yield* fundedCard("c-1")
      const told = (transactionCategory: string, amount: string) =>
        notify("TRADE", trade({ cardId, subType: null, subOrderNo: null, transactionCategory, amount }))
      yield* told("AUTHORIZATION", "57.00")
      yield* told("SETTLEMENT", "50.00")
      yield* told("SETTLEMENT", "50.00")
      yield* drain()
      assert.deepStrictEqual(yield* transactionsOf(cardId), [["partlySettled", "57 50 0 0"]])
      assert.deepStrictEqual(yield* findings, [])
    }).pipe(Effect.scoped, Effect.provide(world({ contract: { tradeKindField: "transactionCategory" } })))
  )

  it.live("an order whose events name two cards belongs to the same one, whichever came first", () =>
    Effect.gen(function* () {
      const first = trade({ cardId: "CD-old", subOrderNo: "SU1", eventTime: "2026-02-10 16:11:36" })
      const second = trade({
        cardId: "CD-new",
        subOrderNo: "SU2",
        subType: "SETTLEMENT",
        eventTime: "2026-02-11 16:11:36"
      })
      for (const [orderNo, events] of [
        ["OR1", [first, second]],
        ["OR2", [second, first]]
      ] as const) {
        for (const event of events) {
          yield* notify("TRADE", { ...event, orderNo })
          yield* drain()
        }
      }
      assert.deepStrictEqual(yield* query("SELECT DISTINCT card_id FROM yunmo_transactions"), [
        { card_id: "CD-new" }
      ])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("3-D Secure", () => {
  it.live("is put on the desk once; another content under the same id is a finding", () =>
    Effect.gen(function* () {
      yield* notify("_3DS", threeDs({ authId: "TDS1" }))
      yield* notify("_3DS", threeDs({ authId: "TDS1" }))
      yield* notify("_3DS", threeDs({ authId: "TDS1", txnAmount: "1250.00" }))
      yield* notify("_3DS", threeDs({ authId: "TDS2" }))
      yield* drain("threeDs")
      assert.deepStrictEqual(
        yield* query("SELECT auth_id, amount, state FROM yunmo_three_ds ORDER BY auth_id"),
        [
          { auth_id: "TDS1", amount: "12.50", state: "waiting" },
          { auth_id: "TDS2", amount: "12.50", state: "waiting" }
        ]
      )
      assert.deepStrictEqual(yield* findings, ["contentDiffers 3DS TDS1"])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})

describe("what a user's handler is given", () => {
  it.live("the same idempotency key for each try, and for each row that tells the same event", () => {
    const seen: Array<RowContext> = []
    const keep = (row: RowContext) =>
      Effect.as(
        Effect.sync(() => void seen.push(row)),
        Effect.void
      )
    return Effect.gen(function* () {
      const keys = Effect.sync(() => seen.splice(0).map(({ idempotencyKey }) => idempotencyKey))
      const event = trade()
      yield* notify("TRADE", event)
      yield* notify("TRADE", event)
      yield* notify("TRADE", { ...event, amount: "75.00" })
      yield* drain()
      const same = yield* keys
      assert.lengthOf(same, 3)
      assert.lengthOf(new Set(same), 1)
      assert.match(same[0] ?? "", /^[\w-]+$/)

      yield* notify("TRADE", trade({ subType: "SETTLEMENT" }))
      yield* notify("_3DS", threeDs())
      yield* notify("_3DS", threeDs({ authId: "TDS2" }))
      yield* drain()
      yield* drain("threeDs")
      const others = yield* keys
      assert.lengthOf(new Set([...same, ...others]), 4)

      // Passed, rejected and passed again are three results, though the first and the last read the same.
      for (const auditState of [1, 2, 1]) {
        yield* notify("KYC", { customerId: "AU1", auditState })
      }
      yield* drain()
      const results = yield* keys
      assert.lengthOf(new Set(results), 3)
    }).pipe(
      Effect.scoped,
      Effect.provide(
        world({
          handlers: () => ({
            kyc: (_, row) => keep(row),
            trade: (_, row) => keep(row),
            threeDs: (_, row) => keep(row)
          })
        })
      )
    )
  })
})
