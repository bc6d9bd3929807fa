/**
 * What must not compile: `tsc -p test/tsconfig.json` fails when a line marked as an error is none. Nothing here is
 * called, so that only the compiler judges it.
 */

import type * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expectTypeOf, it } from "@effect/vitest"
import type { CardDetailVo, CreateCardVo } from "@effect-yunmo/schema/Card"
import { OrderNo } from "@effect-yunmo/schema/Ids"
import type { ResponseError } from "@effect-yunmo/schema/ResponseError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { BaseUrlInvalid } from "../src/BaseUrl.js"
import * as CardJournal from "../src/CardJournal.js"
import type {
  CallError,
  CreationRefused,
  CreationUnsettled,
  LimitReached,
  NetworkError,
  OrderConflict,
  OrderFailed,
  OutcomePending,
  OutcomeUnknown,
  RequestInvalid
} from "../src/ClientError.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import type * as Raw from "../src/Raw.js"
import * as Yunmo from "../src/Yunmo.js"
import { merchantNo } from "./support/client.js"
import * as Id from "./support/ids.js"

const { amount, authId, cardId, customerId, cardSampleId } = Id
const merchantOrderNo = Id.merchantOrderNo("O-1")
const options = { merchantNo, apiKey: Redacted.make("a"), secretKey: Redacted.make("s") }

/** Takes what is only to be compiled. */
const compiled = (uncalled: (yunmo: Yunmo.YunmoService) => unknown) => expectTypeOf(uncalled).toBeFunction()

describe("ids", () => {
  it("are of their own kind", () => {
    compiled(({ cards }) => cards.freeze({ cardId }))
    // @ts-expect-error a customer id is no card id
    compiled(({ cards }) => cards.freeze({ cardId: customerId }))
    // @ts-expect-error text is no card id
    compiled(({ cards }) => cards.freeze({ cardId: "CD1" }))
    // @ts-expect-error the customer and the sample stand in each other's place
    compiled(({ cards }) => cards.createVirtual({ customerId: cardSampleId, cardSampleId: customerId }))
    // @ts-expect-error an order number of the vendor's is not the merchant's own
    compiled(({ cards }) => cards.settleOrder(OrderNo.make("OR1")))
  })
})

describe("input", () => {
  it("is an amount, a secret, a choice", () => {
    const order = { merchantOrderNo, cardId }
    compiled(({ cards }) => cards.adjustBalance({ ...order, amount: amount("1"), direction: "increase" }))
    // @ts-expect-error a number is no amount
    compiled(({ cards }) => cards.adjustBalance({ ...order, amount: 1, direction: "increase" }))
    // @ts-expect-error there is no such direction
    compiled(({ cards }) => cards.adjustBalance({ ...order, amount: amount("1"), direction: "INCREASE" }))
    // @ts-expect-error an order without a number would be another order each time it is run
    compiled(({ cards }) => cards.adjustBalance({ cardId, amount: amount("1"), direction: "increase" }))
    // @ts-expect-error an activation code is a secret
    compiled(({ cards }) => cards.activatePhysical({ cardId, activationCode: "12345678" }))
    // @ts-expect-error there is no such decision
    compiled(({ transactions }) => transactions.confirmThreeDs({ authId, cardId, decision: "maybe" }))
    // @ts-expect-error a field that is not there
    compiled(({ customers }) => customers.create({ customerCode: Id.customerCode("c"), name: "Ada" }))
    // @ts-expect-error keys are secrets
    compiled(() => Yunmo.layer({ ...options, secretKey: "s" }))
  })
})

describe("outcomes", () => {
  it("are not their values", () => {
    compiled(({ cards }) => {
      const created = cards.createVirtual({ customerId, cardSampleId })
      expectTypeOf(created).toEqualTypeOf<
        Effect.Effect<Outcome.Done<CreateCardVo> | Outcome.Unknown, Yunmo.CreationError>
      >()
      // @ts-expect-error an outcome has no card id
      const id = Effect.map(created, (outcome) => outcome.cardId)
      // @ts-expect-error and is no card
      const card: Effect.Effect<CreateCardVo, Yunmo.CreationError> = created
      return [id, card]
    })
    compiled(({ cards }) => {
      const moved = cards.adjustBalance({
        merchantOrderNo,
        cardId,
        amount: amount("1"),
        direction: "increase"
      })
      expectTypeOf<Effect.Effect.Success<typeof moved>>().toEqualTypeOf<
        Outcome.Done<Yunmo.Adjustment> | Outcome.Pending | Outcome.Unknown
      >()
      // @ts-expect-error not settled before it was looked at
      return Effect.map(moved, (outcome) => outcome.value)
    })
  })

  it("have their value where they are done, and only there", () => {
    compiled(({ cards }) =>
      Effect.map(
        cards.adjustBalance({ merchantOrderNo, cardId, amount: amount("1"), direction: "increase" }),
        (outcome) => {
          switch (outcome._tag) {
            case "Done":
              return outcome.value.merchantOrderNo
            case "Pending":
              return outcome.key
            case "Unknown":
              return outcome.error.settle
          }
        }
      )
    )
  })

  it("become errors by orFail, of the kinds they can have", () => {
    compiled(({ cards }) => {
      const card = cards.createVirtual({ customerId, cardSampleId }).pipe(Outcome.orFail)
      expectTypeOf(card).toEqualTypeOf<Effect.Effect<CreateCardVo, Yunmo.CreationError | OutcomeUnknown>>()
      const moved = cards.settleOrder(merchantOrderNo).pipe(Outcome.orFail)
      expectTypeOf(moved).toEqualTypeOf<
        Effect.Effect<
          Yunmo.Adjustment,
          CallError | OrderFailed | OrderJournal.OrderJournalUnavailable | OutcomeUnknown | OutcomePending
        >
      >()
    })
  })

  it("of money are never the error of a retry", () => {
    compiled(({ cards }) => {
      const retried = Effect.retry(
        cards.adjustBalance({ merchantOrderNo, cardId, amount: amount("1"), direction: "increase" }),
        {
          times: 3
        }
      )
      type Failure = Effect.Effect.Error<typeof retried>
      expectTypeOf<Extract<Failure, { readonly _tag: "OutcomeUnknown" }>>().toBeNever()
      expectTypeOf<Failure>().toEqualTypeOf<
        CallError | OrderFailed | OrderConflict | OrderJournal.OrderJournalUnavailable
      >()
    })
  })
})

describe("errors", () => {
  it("are the vendor's codes, the network's, and input that does not fit", () => {
    expectTypeOf<CallError>().toEqualTypeOf<RequestInvalid | LimitReached | NetworkError | ResponseError>()
    compiled(({ cards }) => {
      expectTypeOf(cards.detail({ cardId })).toEqualTypeOf<Effect.Effect<CardDetailVo, CallError>>()
    })
  })

  it("are caught by tags that exist, and stay until they are", () => {
    compiled(({ cards }) => cards.detail({ cardId }).pipe(Effect.catchTag("CardNotFound", () => Effect.void)))
    compiled(({ cards }) => {
      const detail = cards.detail({ cardId })
      // @ts-expect-error there is no such tag
      const lost = Effect.catchTag(detail, "CardLost", () => Effect.void)
      // @ts-expect-error a read has no unknown outcome
      const unknown = Effect.catchTag(detail, "OutcomeUnknown", () => Effect.void)
      return [lost, unknown]
    })
    compiled(({ customers }) =>
      customers
        .create({ customerCode: Id.customerCode("c") })
        .pipe(Effect.catchTag("OutcomeUnknown", ({ key }) => Effect.succeed(key)))
    )
    compiled(({ cards }) => {
      const handled = cards
        .detail({ cardId })
        .pipe(Effect.catchTag("CardNotFound", () => Effect.succeed("gone")))
      // @ts-expect-error the other errors are not handled
      const safe: Effect.Effect<string | CardDetailVo> = handled
      return safe
    })
  })
})

describe("creations", () => {
  it("are settled by the customer, and their unknown is never the error of a retry", () => {
    compiled(({ cards }) => {
      const created = cards.createVirtual({ customerId, cardSampleId })
      expectTypeOf<
        Extract<Effect.Effect.Error<typeof created>, { readonly _tag: "OutcomeUnknown" }>
      >().toBeNever()
      expectTypeOf<Effect.Effect.Error<typeof created>>().toEqualTypeOf<
        CallError | CreationUnsettled | CardJournal.CardJournalUnavailable
      >()
      expectTypeOf(cards.settleCreation(customerId)).toEqualTypeOf<
        Effect.Effect<
          Outcome.Outcome<Yunmo.Creation>,
          CallError | CreationRefused | CardJournal.CardJournalUnavailable
        >
      >()
    })
    // @ts-expect-error a card is not what it is settled by
    compiled(({ cards }) => cards.settleCreation(cardId))
  })
})

describe("policies", () => {
  it("count only by fields that the request has", () => {
    const rate = { limit: 1, interval: Duration.seconds(1) }
    compiled(() =>
      Policy.within({ rates: { freezeCard: { ...rate, per: "cardId" }, listCardSamples: rate } })
    )
    // @ts-expect-error a freeze names no customer
    compiled(() => Policy.within({ rates: { freezeCard: { ...rate, per: "customerId" } } }))
    // @ts-expect-error there is no such operation
    compiled(() => Policy.within({ rates: { freeze: rate } }))
  })
})

describe("raw calls", () => {
  it("answer with an outcome, whose data does not print", () => {
    compiled((yunmo) => {
      const called = yunmo.call("/card/label", { cardId, label: Redacted.make("mine"), tags: ["a", 1, null] })
      expectTypeOf(called).toEqualTypeOf<Effect.Effect<Outcome.Outcome<Raw.Answer>, CallError>>()
      // @ts-expect-error not settled before it was looked at
      return Effect.map(called, (outcome) => outcome.value)
    })
    // @ts-expect-error a date is no JSON
    compiled((yunmo) => yunmo.call("/card/label", { at: new Date(0) }))
  })
})

describe("layers", () => {
  it("ask for an HttpClient and the journals, and say what is wrong with an address", () => {
    expectTypeOf(Yunmo.layer(options)).toEqualTypeOf<
      Layer.Layer<
        Yunmo.Yunmo,
        BaseUrlInvalid,
        HttpClient.HttpClient | OrderJournal.OrderJournal | CardJournal.CardJournal
      >
    >()
    const withHttp = Yunmo.layer(options).pipe(Layer.provide(NodeHttpClient.layerUndici))
    compiled(() => {
      // @ts-expect-error money needs a journal, and none is made up
      const incomplete: Layer.Layer<Yunmo.Yunmo, BaseUrlInvalid> = withHttp
      return incomplete
    })
    compiled(() => {
      const complete: Layer.Layer<Yunmo.Yunmo, BaseUrlInvalid> = Layer.provide(
        withHttp,
        Layer.merge(OrderJournal.layerMemory, CardJournal.layerMemory)
      )
      return complete
    })
  })

  it("are not needed by a policy", () => {
    const program = Effect.succeed(1).pipe(Policy.within({ retries: 0 }))
    expectTypeOf(program).toEqualTypeOf<Effect.Effect<number>>()
    // @ts-expect-error there is no such setting
    compiled(() => Policy.within({ retry: 0 }))
  })
})
