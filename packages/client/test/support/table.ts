/** The 25 operations by what a lost answer means, each with a sandbox in which it can be called. */
import { assert } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import { Yunmo } from "../../src/Yunmo.js"
import { idNumber, photo } from "./canary.js"
import * as Id from "./ids.js"
import type { AnyError } from "./operations.js"
import { finish, passedCustomer, virtualCard } from "./sandbox.js"

/** What a caller finds out afterwards: that it was executed, that it was not, or that nobody can tell him. */
type Finding = "executed" | "not executed" | "not known"

export type Lab = Yunmo | Sandbox.Sandbox

/** A call with everything it needs in place. */
export interface Case {
  readonly call: Effect.Effect<unknown, AnyError>
  /** Whether it has had its effect, by the sandbox's own state. A read has none. */
  readonly happened?: Effect.Effect<boolean>
  /** What must not show, beside what is planted everywhere. */
  readonly secrets?: ReadonlyArray<Redacted.Redacted<string>>
  /** Asked on a good day. */
  readonly settle: Effect.Effect<Finding, AnyError>
}

export interface Row {
  /** What the caller gets when every answer is lost: an error, or the `Outcome` that is no error. */
  readonly lost: "TransportFailed" | "OutcomeUnknown" | "Unknown"
  /** How many requests have arrived by then. */
  readonly requests: number
  readonly settledBy: string
  /** What he finds out by that when it was executed, and when it was not. */
  readonly finds: readonly [executed: Finding, notExecuted: Finding]
  readonly prepare: Effect.Effect<Case, unknown, Lab>
}

const customerCode = Id.customerCode("c-1")
const merchantOrderNo = Id.merchantOrderNo("O-1")

const documents = Id.kyc({ idNumber, photo })
const parts = Effect.all({ yunmo: Yunmo, sandbox: Sandbox.Sandbox })
const customer = Effect.flatMap(Yunmo, ({ customers }) => customers.create({ customerCode }))
const submitted = Effect.gen(function* () {
  const { kyc } = yield* Yunmo
  const { customerId } = yield* customer
  yield* kyc.submit({ ...documents, customerId })
  return customerId
})
/** A manufactured card for a customer who may have it. */
const letter = Effect.gen(function* () {
  const customerId = yield* passedCustomer("c-1")
  const { activationCode, cardId, sku } = yield* Effect.flatMap(Sandbox.Sandbox, (sandbox) =>
    sandbox.makePhysicalCard()
  )
  return { customerId, activationCode, cardId, sku }
})

const again = (call: Effect.Effect<unknown, AnyError>): Case["settle"] => Effect.as(call, "executed")

/** Harmless: tried again by itself, and when that was in vain, again by the caller. */
const harmless = (prepare: Effect.Effect<Pick<Case, "call" | "happened">, unknown, Lab>): Row => ({
  lost: "TransportFailed",
  requests: 4,
  settledBy: "the same call again",
  finds: ["executed", "executed"],
  prepare: Effect.map(prepare, (one) => ({ ...one, settle: again(one.call) }))
})

const read = (call: (card: Card) => Case["call"]) =>
  harmless(Effect.map(cardOf, (card) => ({ call: call(card) })))

const cardOf = Effect.gen(function* () {
  const { sandbox, yunmo } = yield* parts
  return { ...(yield* virtualCard("c-1")), yunmo, sandbox }
})
type Card = Effect.Effect.Success<typeof cardOf>

/** What the sandbox knows of a card. */
const seen = <A>({ cardId, sandbox }: Pick<Card, "cardId" | "sandbox">, of: (card: SandboxCard) => A) =>
  Effect.map(sandbox.state, ({ cards }) => {
    const card = cards.find((one) => one.cardId === cardId)
    assert.isDefined(card)
    return of(card)
  })
type SandboxCard = Effect.Effect.Success<Sandbox.SandboxService["state"]>["cards"][number]

/** A change of a card, and how to see that it was made. */
const change = (call: (card: Card) => Case["call"], made: (card: SandboxCard) => boolean) =>
  harmless(Effect.map(cardOf, (card) => ({ call: call(card), happened: seen(card, made) })))

const keyed = (settledBy: string, prepare: Row["prepare"]): Row => ({
  lost: "OutcomeUnknown",
  requests: 1,
  settledBy,
  finds: ["executed", "not executed"],
  prepare
})

const finding = (executed: boolean): Finding => (executed ? "executed" : "not executed")

const table = {
  login: harmless(Effect.map(Yunmo, ({ auth }) => ({ call: auth.login }))),

  createCustomer: keyed(
    "customers.query",
    Effect.map(parts, ({ sandbox, yunmo: { customers } }) => ({
      call: customers.create({ customerCode }),
      happened: Effect.map(sandbox.state, (state) => state.customers.length === 1),
      settle: customers.query({ customerCode }).pipe(
        Effect.as(finding(true)),
        Effect.catchTag("CustomerNotFound", () => Effect.succeed(finding(false)))
      )
    }))
  ),
  queryCustomer: read(({ customerId, yunmo }) => yunmo.customers.query({ customerId })),

  submitKyc: keyed(
    "kyc.status",
    Effect.gen(function* () {
      const { sandbox, yunmo } = yield* parts
      const { customerId } = yield* customer
      return {
        call: yunmo.kyc.submit({ ...documents, customerId }),
        happened: Effect.map(sandbox.state, ({ customers }) => customers[0]?.kyc === "pending"),
        settle: Effect.map(yunmo.kyc.status({ customerId }), ({ auditState }) => finding(auditState === "0"))
      }
    })
  ),
  getLivenessUrl: harmless(
    Effect.gen(function* () {
      const { sandbox, yunmo } = yield* parts
      const customerId = yield* submitted
      return {
        call: yunmo.kyc.livenessUrl({ customerId }),
        happened: Effect.map(sandbox.state, ({ customers }) => customers[0]?.liveness === "pending")
      }
    })
  ),
  getLivenessResult: harmless(
    Effect.gen(function* () {
      const { kyc } = yield* Yunmo
      const customerId = yield* submitted
      const { transactionId } = yield* kyc.livenessUrl({ customerId })
      return { call: kyc.livenessResult({ customerId, transactionId }) }
    })
  ),
  getKycStatus: read(({ customerId, yunmo }) => yunmo.kyc.status({ customerId })),

  listCardSamples: read(({ yunmo }) => yunmo.cards.samples),
  createVirtualCard: {
    lost: "Unknown",
    requests: 1,
    settledBy: "cards.settleCreation",
    finds: ["executed", "not known"],
    prepare: Effect.gen(function* () {
      const { sandbox, yunmo } = yield* parts
      const customerId = yield* passedCustomer("c-1")
      return {
        call: yunmo.cards.createVirtual({ customerId, cardSampleId: Id.cardSampleId }),
        happened: Effect.map(sandbox.state, ({ cards }) => cards.length === 1),
        settle: Effect.map(yunmo.cards.settleCreation(customerId), ({ _tag }) =>
          _tag === "Done" ? "executed" : "not known"
        ).pipe(Effect.catchTag("CreationRefused", () => Effect.succeed(finding(false))))
      }
    })
  },
  listCustomerCards: read(({ customerId, yunmo }) => yunmo.cards.list({ customerId })),
  adjustBalance: {
    lost: "Unknown",
    requests: 1,
    settledBy: "cards.settleOrder",
    finds: ["executed", "not known"],
    prepare: Effect.map(cardOf, ({ cardId, sandbox, yunmo: { cards } }) => ({
      call: cards.adjustBalance({
        merchantOrderNo,
        cardId,
        amount: Id.amount("20.00"),
        direction: "increase"
      }),
      happened: Effect.map(sandbox.state, ({ orders }) => orders.length === 1),
      settle: sandbox.finishOrder({ merchantOrderNo, result: "done" }).pipe(
        Effect.ignore,
        Effect.zipRight(cards.settleOrder(merchantOrderNo)),
        Effect.map(({ _tag }) => (_tag === "Done" ? "executed" : "not known"))
      )
    }))
  },
  queryTopUpOrder: harmless(
    Effect.gen(function* () {
      const { cardId, yunmo } = yield* cardOf
      const amount = Id.amount("20.00")
      yield* yunmo.cards.adjustBalance({ merchantOrderNo, cardId, amount, direction: "increase" })
      yield* finish(merchantOrderNo)
      return { call: yunmo.cards.queryOrder({ merchantOrderNo }) }
    })
  ),
  getCardDetail: read(({ cardId, yunmo }) => yunmo.cards.detail({ cardId })),
  destroyCard: change(
    ({ cardId, yunmo }) => yunmo.cards.destroy({ cardId }),
    ({ status }) => status === "destroyed"
  ),
  freezeCard: change(
    ({ cardId, yunmo }) => yunmo.cards.freeze({ cardId }),
    ({ status }) => status === "frozen"
  ),
  unfreezeCard: harmless(
    Effect.gen(function* () {
      const card = yield* cardOf
      const { cards } = card.yunmo
      yield* cards.freeze({ cardId: card.cardId })
      return {
        call: cards.unfreeze({ cardId: card.cardId }),
        happened: seen(card, ({ status }) => status === "active")
      }
    })
  ),
  getCardPanHtml: read(({ cardId, yunmo }) => yunmo.cards.panHtml({ cardId })),
  getCardPan: read(({ cardId, yunmo }) => yunmo.cards.pan({ cardId })),
  getCardPin: read(({ cardId, yunmo }) => yunmo.cards.pin({ cardId })),
  updateCardPhone: change(
    ({ cardId, yunmo }) => yunmo.cards.updatePhone({ cardId, dialCode: "63", phoneNumber: "9170000000" }),
    ({ phoneNumber }) => phoneNumber === "9170000000"
  ),
  updateCardEmail: change(
    ({ cardId, yunmo }) => yunmo.cards.updateEmail({ cardId, email: "ada@example.com" }),
    ({ email }) => email === "ada@example.com"
  ),
  updateCardLimit: change(
    ({ cardId, yunmo }) => yunmo.cards.updateLimit({ cardId, dailyLimit: Id.amount("500.00") }),
    ({ dailyLimit }) => dailyLimit !== undefined
  ),
  bindPhysicalCard: keyed(
    "cards.list",
    Effect.gen(function* () {
      const { sandbox, yunmo } = yield* parts
      const { activationCode, cardId, customerId, sku } = yield* letter
      return {
        secrets: [activationCode],
        call: yunmo.cards.bindPhysical({ customerId, sku, activationCode }),
        happened: seen({ cardId, sandbox }, ({ status }) => status === "bound"),
        settle: Effect.map(yunmo.cards.list({ customerId }), (cards) =>
          finding(cards.some((card) => card.cardId === cardId))
        )
      }
    })
  ),
  activatePhysicalCard: keyed(
    "cards.detail",
    Effect.gen(function* () {
      const { sandbox, yunmo } = yield* parts
      const { activationCode, cardId, customerId, sku } = yield* letter
      yield* yunmo.cards.bindPhysical({ customerId, sku, activationCode })
      const { status: before } = yield* yunmo.cards.detail({ cardId })
      return {
        secrets: [activationCode],
        call: yunmo.cards.activatePhysical({ cardId, activationCode }),
        happened: seen({ cardId, sandbox }, ({ status }) => status === "active"),
        settle: Effect.map(yunmo.cards.detail({ cardId }), ({ status }) => finding(status !== before))
      }
    })
  ),
  confirmThreeDs: {
    lost: "Unknown",
    requests: 1,
    settledBy: "nothing: it is never sent again",
    finds: ["not known", "not known"],
    prepare: Effect.gen(function* () {
      const { cardId, sandbox, yunmo } = yield* cardOf
      const { authId } = yield* sandbox.requestThreeDs({
        cardId,
        amount: Id.amount("20.00"),
        currency: "USD"
      })
      return {
        call: yunmo.transactions.confirmThreeDs({ authId, cardId, decision: "approve" }),
        happened: Effect.map(sandbox.state, ({ threeDs }) => threeDs[0]?.decision === "approved"),
        settle: Effect.succeed("not known")
      }
    })
  }
} satisfies Readonly<Record<Operation.Name, Row>>

/** A missing one does not compile. */
export const rows: Readonly<Record<Operation.Name, Row>> = table
