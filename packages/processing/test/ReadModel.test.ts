import { assert, describe, it } from "@effect/vitest"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ReadModel } from "../src/ReadModel.js"
import { query } from "./database.js"
import { drain, fundedCard, merchantNo, notify, otherMerchantNo, threeDs, trade, world } from "./support.js"

describe("the read model", () => {
  it.live("does not let an older reading take the place of a newer one", () =>
    Effect.gen(function* () {
      const yunmo = yield* Yunmo
      const { card, customer, putCard, putCustomer } = yield* ReadModel
      const { cardId, customerId } = yield* fundedCard("c-1")
      const before = yield* yunmo.cards.detail({ cardId })
      const kyc = yield* yunmo.kyc.status({ customerId })
      yield* yunmo.cards.freeze({ cardId })
      const after = yield* yunmo.cards.detail({ cardId })
      yield* putCard(merchantNo, after, 2000)
      yield* putCard(merchantNo, before, 1000)
      assert.deepInclude(yield* Effect.flatten(card(merchantNo, cardId)), { status: "FROZEN", readAt: 2000 })

      const known = Effect.flatten(customer(merchantNo, customerId))
      yield* putCustomer(merchantNo, kyc, 2000)
      yield* putCustomer(merchantNo, { ...kyc, auditState: "0" }, 1999)
      assert.deepInclude(yield* known, { kycState: "1", readAt: 2000 })
      yield* putCustomer(merchantNo, { ...kyc, auditState: "2" }, 2000)
      assert.deepInclude(yield* known, { kycState: "2" })
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("takes a text with a NUL in it, which PostgreSQL has not", () =>
    Effect.gen(function* () {
      const { cardId, customerId } = yield* fundedCard("c-1")
      yield* notify(
        "TRADE",
        trade({ cardId, subType: "A\0", status: "B\0", currency: "C\0", eventTime: "2026-02-10 16:11:36" })
      )
      yield* notify("_3DS", threeDs({ cardId, txnCurrency: "C\0", cardAcceptorLocationName: "D\0" }))
      yield* Effect.zipRight(drain(), drain("threeDs"))
      const inbox = yield* Inbox.Inbox
      assert.deepStrictEqual(
        (yield* inbox.list({ state: "pending" })).map(({ lastError }) => lastError),
        []
      )
      assert.deepStrictEqual(
        yield* query("SELECT kind_raw, status_raw, currency FROM yunmo_transaction_events"),
        [{ kind_raw: "A\uFFFD", status_raw: "B\uFFFD", currency: "C\uFFFD" }]
      )

      const { customer, putCustomer } = yield* ReadModel
      const kyc = yield* (yield* Yunmo).kyc.status({ customerId })
      yield* putCustomer(merchantNo, { ...kyc, auditRemark: "blurred\0" }, 9_000_000_000_000)
      assert.deepInclude(yield* Effect.flatten(customer(merchantNo, customerId)), {
        kycRemark: Option.some("blurred\uFFFD")
      })
    }).pipe(Effect.scoped, Effect.provide(world({ policy: "ask" })))
  )

  it.live("keeps merchants apart", () =>
    Effect.gen(function* () {
      const yunmo = yield* Yunmo
      const { card, putCard, transactions } = yield* ReadModel
      const { cardId } = yield* fundedCard("c-1")
      yield* putCard(otherMerchantNo, yield* yunmo.cards.detail({ cardId }), 1000)
      assert.isTrue(Option.isNone(yield* card(merchantNo, cardId)))
      assert.isTrue(Option.isSome(yield* card(otherMerchantNo, cardId)))
      assert.deepStrictEqual(yield* transactions(otherMerchantNo, cardId), [])
    }).pipe(Effect.scoped, Effect.provide(world()))
  )

  it.live("says which table holds what does not fit", () =>
    Effect.gen(function* () {
      const { card } = yield* ReadModel
      yield* query(`INSERT INTO yunmo_cards (merchant_no, card_id, status, balance, read_at)
        VALUES ('${merchantNo}', 'CD1', 'ACTIVE', 'plenty', 1)`)
      const error = yield* Effect.flip(card(merchantNo, Ids.CardId.make("CD1")))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.include(error.message, "readModel.card")
    }).pipe(Effect.scoped, Effect.provide(world()))
  )
})
