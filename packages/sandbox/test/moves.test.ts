import { assert, describe, it } from "@effect/vitest"
import type {
  CardId,
  CustomerId,
  LivenessTransactionId,
  MerchantOrderNo,
  OrderNo
} from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Sandbox } from "../src/Sandbox.js"
import type { MoveRefused } from "../src/SandboxError.js"
import * as Id from "./support/ids.js"
import {
  Caller,
  cardState,
  kycOf,
  moneyOn,
  passedCustomer,
  virtualCard,
  withCaller
} from "./support/vendor.js"
import { booksAreRight, everything } from "./support/world.js"

/**
 * Every move in every state, as tables: a line is a state, a column a move, a cell what comes of it. A call is answered with its
 * code, a move at the control surface is `done` or `refused`, and a
 * purchase that the card declines is told and moves nothing; what follows an arrow is the state afterwards. Without an arrow, and
 * with any code but 200, nothing at all has changed.
 */
const { amount } = Id

type World = Caller | Sandbox

const call = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
  Effect.flatMap(Caller, ({ call }) => call(name, input))

const code = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
  Effect.flatMap(Caller, ({ code }) => code(name, input))

/** What a move at the control surface comes to. */
const control = <A>(move: Effect.Effect<A, MoveRefused, Sandbox>) =>
  Effect.match(move, { onFailure: () => "refused", onSuccess: () => "done" })

const sandbox = <A, E>(use: (sandbox: Sandbox["Type"]) => Effect.Effect<A, E>) => Effect.flatMap(Sandbox, use)

/** Makes a test of every cell; a cell that is missing does not compile. */
const matrix = <State extends string, Move extends string, Subject>({
  after,
  cells,
  moves,
  states
}: {
  readonly states: Readonly<Record<State, Effect.Effect<Subject, unknown, World>>>
  readonly moves: Readonly<Record<Move, (subject: Subject) => Effect.Effect<string, unknown, World>>>
  /** The state in a word. */
  readonly after: (subject: Subject) => Effect.Effect<string, unknown, World>
  readonly cells: Readonly<Record<State, Readonly<Record<Move, string>>>>
}) => {
  const lines: ReadonlyArray<[string, Readonly<Record<string, string>>]> = Object.entries(cells)
  for (const [state, line] of lines) {
    for (const [move, cell] of Object.entries(line)) {
      it.scoped(`${state}, ${move}: ${cell}`, () =>
        Effect.gen(function* () {
          const scene: Readonly<Record<string, Effect.Effect<Subject, unknown, World>>> = states
          const make = scene[state]
          const known: typeof moves & Readonly<Record<string, (typeof moves)[Move]>> = moves
          const run = known[move]
          assert(make !== undefined && run !== undefined)
          const subject = yield* make
          const before = yield* everything
          const was = yield* after(subject)
          const [outcome, becomes = was] = cell.split(" -> ")
          assert.strictEqual(yield* run(subject), outcome)
          assert.strictEqual(yield* after(subject), becomes)
          if (outcome !== "200" && outcome !== "done" && outcome !== "declined") {
            assert.deepStrictEqual(yield* everything, before)
          }
          yield* booksAreRight
        }).pipe(Effect.provide(withCaller({ rules: { settleAfterSeconds: 10 } })))
      )
    }
  }
}

describe("a customer's KYC", () => {
  interface Subject {
    readonly customerId: CustomerId
    readonly transactionId: LivenessTransactionId
  }

  const created = Effect.map(
    call("createCustomer", { customerCode: Id.code("c-1") }),
    ({ customerId }): Subject => ({ customerId, transactionId: Id.liveness("LV0") })
  )
  const submitted = Effect.tap(created, ({ customerId }) => call("submitKyc", kycOf(customerId)))
  const checking = Effect.flatMap(submitted, ({ customerId }) => call("getLivenessUrl", { customerId }))
  const checked = (result: "passed" | "failed") =>
    Effect.tap(checking, ({ customerId }) =>
      sandbox(({ finishLiveness }) => finishLiveness({ customerId, result }))
    )
  const reviewed = <E>(before: Effect.Effect<Subject, E, World>, result: "passed" | "rejected") =>
    Effect.tap(before, ({ customerId }) => sandbox(({ reviewKyc }) => reviewKyc({ customerId, result })))

  matrix({
    states: {
      "not submitted": created,
      "under review": submitted,
      "under review, check open": checking,
      "under review, check failed": checked("failed"),
      "under review, check passed": checked("passed"),
      passed: reviewed(submitted, "passed"),
      "passed while the check was open": reviewed(checking, "passed"),
      "passed, check passed": reviewed(checked("passed"), "passed"),
      rejected: reviewed(submitted, "rejected"),
      "rejected, check failed": reviewed(checked("failed"), "rejected"),
      "rejected, check passed": reviewed(checked("passed"), "rejected")
    },
    moves: {
      "3.1 submit": ({ customerId }) => code("submitKyc", kycOf(customerId)),
      "3.2 link": ({ customerId }) => code("getLivenessUrl", { customerId }),
      "3.3 result": ({ customerId, transactionId }) =>
        code("getLivenessResult", { customerId, transactionId }),
      "4.02 open a card": ({ customerId }) =>
        code("createVirtualCard", { customerId, cardSampleId: Id.sample("CS0001") }),
      "the check is taken": ({ customerId }) =>
        control(sandbox(({ finishLiveness }) => finishLiveness({ customerId, result: "passed" }))),
      "the review passes": ({ customerId }) =>
        control(sandbox(({ reviewKyc }) => reviewKyc({ customerId, result: "passed" }))),
      "the review rejects": ({ customerId }) =>
        control(sandbox(({ reviewKyc }) => reviewKyc({ customerId, result: "rejected" })))
    },
    after: ({ customerId }) =>
      Effect.map(
        sandbox(({ state }) => state),
        ({ customers }) => {
          const found = customers.find((customer) => customer.customerId === customerId)
          return `${found?.kyc}${found?.liveness === undefined ? "" : `, ${found.liveness}`}`
        }
      ),
    cells: {
      "not submitted": {
        "3.1 submit": "200 -> pending",
        "3.2 link": "4000003",
        "3.3 result": "4000007",
        "4.02 open a card": "4000003",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      "under review": {
        "3.1 submit": "4000000",
        "3.2 link": "200 -> pending, pending",
        "3.3 result": "4000007",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "done -> passed",
        "the review rejects": "done -> rejected"
      },
      "under review, check open": {
        "3.1 submit": "4000005",
        "3.2 link": "200",
        "3.3 result": "200",
        "4.02 open a card": "4000000",
        "the check is taken": "done -> pending, passed",
        "the review passes": "done -> passed",
        "the review rejects": "done -> rejected"
      },
      "under review, check failed": {
        "3.1 submit": "4000000",
        "3.2 link": "200 -> pending, pending",
        "3.3 result": "200",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "done -> passed, failed",
        "the review rejects": "done -> rejected, failed"
      },
      "under review, check passed": {
        "3.1 submit": "4000000",
        "3.2 link": "4000006",
        "3.3 result": "200",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "done -> passed, passed",
        "the review rejects": "done -> rejected, passed"
      },
      passed: {
        "3.1 submit": "4000002",
        "3.2 link": "4000002",
        "3.3 result": "4000007",
        "4.02 open a card": "200",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      "passed while the check was open": {
        "3.1 submit": "4000002",
        "3.2 link": "4000002",
        "3.3 result": "200",
        "4.02 open a card": "200",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      "passed, check passed": {
        "3.1 submit": "4000002",
        "3.2 link": "4000006",
        "3.3 result": "200",
        "4.02 open a card": "200",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      rejected: {
        "3.1 submit": "200 -> pending",
        "3.2 link": "4000003",
        "3.3 result": "4000007",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      "rejected, check failed": {
        "3.1 submit": "200 -> pending",
        "3.2 link": "4000003",
        "3.3 result": "200",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      },
      "rejected, check passed": {
        "3.1 submit": "200 -> pending",
        "3.2 link": "4000006",
        "3.3 result": "200",
        "4.02 open a card": "4000000",
        "the check is taken": "refused",
        "the review passes": "refused",
        "the review rejects": "refused"
      }
    }
  })
})

describe("a card", () => {
  const made = Effect.gen(function* () {
    const letter = yield* sandbox(({ makePhysicalCard }) => makePhysicalCard())
    const customerId = yield* passedCustomer("c-1")
    return { ...letter, customerId }
  })
  const bound = Effect.tap(made, ({ activationCode, cardId, customerId, sku }) =>
    Effect.gen(function* () {
      yield* call("bindPhysicalCard", { customerId, sku, activationCode })
      const merchantOrderNo = Id.order("funds")
      yield* call("adjustBalance", { cardId, amount: amount("50"), direction: "INCREASE", merchantOrderNo })
      yield* sandbox(({ finishOrder }) => finishOrder({ merchantOrderNo, result: "done" }))
    })
  )
  const active = Effect.tap(bound, ({ activationCode, cardId }) =>
    call("activatePhysicalCard", { cardId, activationCode })
  )
  const frozen = Effect.tap(active, ({ cardId }) => call("freezeCard", { cardId }))
  const destroyed = Effect.tap(active, ({ cardId }) => call("destroyCard", { cardId }))

  const adjusted = (cardId: CardId, direction: "INCREASE" | "DECREASE") =>
    Effect.tap(
      code("adjustBalance", {
        cardId,
        amount: amount("5"),
        direction,
        merchantOrderNo: Id.order("adjustment")
      }),
      () => TestClock.adjust("10 seconds")
    )

  matrix({
    states: { "in production": made, bound, active, frozen, destroyed },
    moves: {
      "4.16 bind": ({ activationCode, customerId, sku }) =>
        code("bindPhysicalCard", { customerId, sku, activationCode }),
      "4.16 bind with another code": ({ customerId, sku }) =>
        code("bindPhysicalCard", { customerId, sku, activationCode: Redacted.make("00000000") }),
      "4.17 activate": ({ activationCode, cardId }) =>
        code("activatePhysicalCard", { cardId, activationCode }),
      "4.17 activate with another code": ({ cardId }) =>
        code("activatePhysicalCard", { cardId, activationCode: Redacted.make("00000000") }),
      "4.08 freeze": ({ cardId }) => code("freezeCard", { cardId }),
      "4.09 unfreeze": ({ cardId }) => code("unfreezeCard", { cardId }),
      "4.07 destroy": ({ cardId }) => code("destroyCard", { cardId }),
      "4.15 limit": ({ cardId }) => code("updateCardLimit", { cardId, singleLimit: amount("10") }),
      "4.13 phone": ({ cardId }) => code("updateCardPhone", { cardId, dialCode: "63", phoneNumber: "9170" }),
      "4.14 email": ({ cardId }) => code("updateCardEmail", { cardId, email: "ada@example.com" }),
      "4.10 PAN page": ({ cardId }) => code("getCardPanHtml", { cardId }),
      "4.11 PAN": ({ cardId }) => code("getCardPan", { cardId }),
      "4.12 PIN": ({ cardId }) => code("getCardPin", { cardId }),
      "4.06 detail": ({ cardId }) => code("getCardDetail", { cardId }),
      "4.04 increase": ({ cardId }) => adjusted(cardId, "INCREASE"),
      "4.04 decrease": ({ cardId }) => adjusted(cardId, "DECREASE"),
      "a shop asks": ({ cardId }) =>
        Effect.map(
          sandbox(({ transaction }) => transaction({ cardId, amount: amount("5"), currency: "USD" })),
          ({ status }) => (status === "succeeded" ? "done" : "declined")
        ),
      "a bank asks for 3DS": ({ cardId }) =>
        control(
          sandbox(({ requestThreeDs }) => requestThreeDs({ cardId, amount: amount("5"), currency: "USD" }))
        )
    },
    after: ({ cardId }) =>
      Effect.map(cardState(cardId), ({ balance, status }) => `${status} ${balance.text}`),
    cells: {
      "in production": {
        "4.16 bind": "200 -> bound 0.00",
        "4.16 bind with another code": "4010003",
        "4.17 activate": "4010005",
        "4.17 activate with another code": "4010005",
        "4.08 freeze": "4010005",
        "4.09 unfreeze": "4010005",
        "4.07 destroy": "4010005",
        "4.15 limit": "4010005",
        "4.13 phone": "4010005",
        "4.14 email": "4010005",
        "4.10 PAN page": "4010005",
        "4.11 PAN": "4010005",
        "4.12 PIN": "4010005",
        "4.06 detail": "200",
        "4.04 increase": "4010005",
        "4.04 decrease": "4010005",
        "a shop asks": "declined",
        "a bank asks for 3DS": "refused"
      },
      bound: {
        "4.16 bind": "4010004",
        "4.16 bind with another code": "4010003",
        "4.17 activate": "200 -> active 50.00",
        "4.17 activate with another code": "4010003",
        "4.08 freeze": "4000000",
        "4.09 unfreeze": "4000000",
        "4.07 destroy": "200 -> destroyed 50.00",
        "4.15 limit": "200",
        "4.13 phone": "200",
        "4.14 email": "200",
        "4.10 PAN page": "200",
        "4.11 PAN": "200",
        "4.12 PIN": "200",
        "4.06 detail": "200",
        "4.04 increase": "200 -> bound 55.00",
        "4.04 decrease": "200 -> bound 45.00",
        "a shop asks": "declined",
        "a bank asks for 3DS": "refused"
      },
      active: {
        "4.16 bind": "4010004",
        "4.16 bind with another code": "4010003",
        "4.17 activate": "4010007",
        "4.17 activate with another code": "4010007",
        "4.08 freeze": "200 -> frozen 50.00",
        "4.09 unfreeze": "200",
        "4.07 destroy": "200 -> destroyed 50.00",
        "4.15 limit": "200",
        "4.13 phone": "200",
        "4.14 email": "200",
        "4.10 PAN page": "200",
        "4.11 PAN": "200",
        "4.12 PIN": "200",
        "4.06 detail": "200",
        "4.04 increase": "200 -> active 55.00",
        "4.04 decrease": "200 -> active 45.00",
        "a shop asks": "done -> active 45.00",
        "a bank asks for 3DS": "done"
      },
      frozen: {
        "4.16 bind": "4010004",
        "4.16 bind with another code": "4010003",
        "4.17 activate": "4010007",
        "4.17 activate with another code": "4010007",
        "4.08 freeze": "200",
        "4.09 unfreeze": "200 -> active 50.00",
        "4.07 destroy": "200 -> destroyed 50.00",
        "4.15 limit": "200",
        "4.13 phone": "200",
        "4.14 email": "200",
        "4.10 PAN page": "200",
        "4.11 PAN": "200",
        "4.12 PIN": "200",
        "4.06 detail": "200",
        "4.04 increase": "200 -> frozen 55.00",
        "4.04 decrease": "200 -> frozen 45.00",
        "a shop asks": "declined",
        "a bank asks for 3DS": "refused"
      },
      destroyed: {
        "4.16 bind": "4010008",
        "4.16 bind with another code": "4010003",
        "4.17 activate": "4010007",
        "4.17 activate with another code": "4010007",
        "4.08 freeze": "4000000",
        "4.09 unfreeze": "4000000",
        "4.07 destroy": "200",
        "4.15 limit": "4000000",
        "4.13 phone": "4000000",
        "4.14 email": "4000000",
        "4.10 PAN page": "4000000",
        "4.11 PAN": "4000000",
        "4.12 PIN": "4000000",
        "4.06 detail": "200",
        "4.04 increase": "4000000",
        "4.04 decrease": "200 -> destroyed 45.00",
        "a shop asks": "declined",
        "a bank asks for 3DS": "refused"
      }
    }
  })
})

describe("an order", () => {
  interface Subject {
    readonly cardId: CardId
    readonly merchantOrderNo: MerchantOrderNo
  }

  const merchantOrderNo = Id.order("order")

  const finished = (number: MerchantOrderNo, result: "done" | "failed") =>
    sandbox(({ finishOrder }) => finishOrder({ merchantOrderNo: number, result }))

  const pending = (direction: "INCREASE" | "DECREASE") =>
    Effect.gen(function* () {
      const { cardId } = yield* virtualCard("c-1")
      const funds = { cardId, direction: "INCREASE", merchantOrderNo: Id.order("funds") }
      yield* call("adjustBalance", { ...funds, amount: amount("50") })
      yield* finished(funds.merchantOrderNo, "done")
      yield* call("adjustBalance", { cardId, amount: amount("20"), direction, merchantOrderNo })
      return { cardId, merchantOrderNo }
    })
  const ended = (direction: "INCREASE" | "DECREASE", result: "done" | "failed") =>
    Effect.tap(pending(direction), () => finished(merchantOrderNo, result))

  matrix({
    states: {
      "pending increase": pending("INCREASE"),
      "pending decrease": pending("DECREASE"),
      "increase done": ended("INCREASE", "done"),
      "increase failed": ended("INCREASE", "failed"),
      "decrease done": ended("DECREASE", "done"),
      "decrease failed": ended("DECREASE", "failed")
    },
    moves: {
      "finished as done": (subject: Subject) => control(finished(subject.merchantOrderNo, "done")),
      "finished as failed": (subject) => control(finished(subject.merchantOrderNo, "failed")),
      "its time comes": () => Effect.as(TestClock.adjust("10 seconds"), "done"),
      "4.04 the same again": ({ cardId }) =>
        code("adjustBalance", { cardId, amount: amount("20"), direction: "INCREASE", merchantOrderNo }),
      "4.05 query": (subject) => code("queryTopUpOrder", { merchantOrderNo: subject.merchantOrderNo }),
      "the card is destroyed": ({ cardId }) => code("destroyCard", { cardId })
    },
    after: ({ cardId }) =>
      Effect.gen(function* () {
        const { status } = yield* call("queryTopUpOrder", { merchantOrderNo })
        const [balance, held] = yield* moneyOn(cardId)
        return `${status} ${balance}/${held}`
      }),
    cells: {
      "pending increase": {
        "finished as done": "done -> SUCCESS 70.00/0.00",
        "finished as failed": "done -> FAILED 50.00/0.00",
        "its time comes": "done -> SUCCESS 70.00/0.00",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      },
      "pending decrease": {
        "finished as done": "done -> SUCCESS 30.00/0.00",
        "finished as failed": "done -> FAILED 50.00/0.00",
        "its time comes": "done -> SUCCESS 30.00/0.00",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      },
      "increase done": {
        "finished as done": "refused",
        "finished as failed": "refused",
        "its time comes": "done",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      },
      "increase failed": {
        "finished as done": "refused",
        "finished as failed": "refused",
        "its time comes": "done",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      },
      "decrease done": {
        "finished as done": "refused",
        "finished as failed": "refused",
        "its time comes": "done",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      },
      "decrease failed": {
        "finished as done": "refused",
        "finished as failed": "refused",
        "its time comes": "done",
        "4.04 the same again": "4000000",
        "4.05 query": "200",
        "the card is destroyed": "200"
      }
    }
  })
})

describe("a purchase", () => {
  interface Subject {
    readonly cardId: CardId
    readonly orderNo: OrderNo
  }

  const funded = Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    const merchantOrderNo = Id.order("funds")
    yield* call("adjustBalance", { cardId, amount: amount("100"), direction: "INCREASE", merchantOrderNo })
    yield* sandbox(({ finishOrder }) => finishOrder({ merchantOrderNo, result: "done" }))
    return cardId
  })
  const asked = (kind: "authorize" | "transaction", text: string) =>
    Effect.gen(function* () {
      const cardId = yield* funded
      const purchase = { cardId, amount: amount(text), currency: "USD" }
      const { orderNo } = yield* sandbox((shop) => shop[kind](purchase))
      return { cardId, orderNo }
    })
  const authorized = asked("authorize", "30")
  const settled = Effect.tap(authorized, ({ orderNo }) => sandbox(({ settle }) => settle({ orderNo })))
  const settledInPart = Effect.tap(authorized, ({ orderNo }) =>
    sandbox(({ settle }) => settle({ orderNo, amount: amount("10"), final: false }))
  )
  const cancelled = <E>(before: Effect.Effect<Subject, E, World>) =>
    Effect.tap(before, ({ orderNo }) => sandbox(({ cancel }) => cancel({ orderNo })))
  const refunded = (text: string) =>
    Effect.tap(settled, ({ orderNo }) => sandbox(({ refund }) => refund({ orderNo, amount: amount(text) })))

  const allRefused = {
    "more is authorized": "refused",
    "settled in part": "refused",
    "settled for good": "refused",
    "settled for good for less": "refused",
    "settled for too much": "refused",
    cancelled: "refused"
  }

  matrix({
    states: {
      authorized,
      "settled in part": settledInPart,
      settled,
      "refunded in part": refunded("10"),
      refunded: refunded("30.00"),
      cancelled: cancelled(authorized),
      "settled in part, the rest cancelled": cancelled(settledInPart),
      declined: asked("authorize", "100.01"),
      "taken at once": asked("transaction", "30"),
      "declined at once": asked("transaction", "100.01")
    },
    moves: {
      "more is authorized": ({ orderNo }: Subject) =>
        control(sandbox((shop) => shop.additionalAuthorize({ orderNo, amount: amount("5") }))),
      "settled in part": ({ orderNo }) =>
        control(sandbox(({ settle }) => settle({ orderNo, amount: amount("10"), final: false }))),
      "settled for good": ({ orderNo }) => control(sandbox(({ settle }) => settle({ orderNo }))),
      "settled for good for less": ({ orderNo }) =>
        control(sandbox(({ settle }) => settle({ orderNo, amount: amount("15") }))),
      "settled for too much": ({ orderNo }) =>
        control(sandbox(({ settle }) => settle({ orderNo, amount: amount("100.01") }))),
      cancelled: ({ orderNo }) => control(sandbox(({ cancel }) => cancel({ orderNo }))),
      "refunded in part": ({ orderNo }) =>
        control(sandbox(({ refund }) => refund({ orderNo, amount: amount("5") }))),
      refunded: ({ orderNo }) => control(sandbox(({ refund }) => refund({ orderNo }))),
      "refunded too much": ({ orderNo }) =>
        control(sandbox(({ refund }) => refund({ orderNo, amount: amount("30.01") })))
    },
    after: ({ cardId }) => Effect.map(moneyOn(cardId), ([balance, held]) => `${balance}/${held}`),
    cells: {
      authorized: {
        "more is authorized": "done -> 100.00/35.00",
        "settled in part": "done -> 90.00/20.00",
        "settled for good": "done -> 70.00/0.00",
        "settled for good for less": "done -> 85.00/0.00",
        "settled for too much": "refused",
        cancelled: "done -> 100.00/0.00",
        "refunded in part": "refused",
        refunded: "refused",
        "refunded too much": "refused"
      },
      "settled in part": {
        "more is authorized": "done -> 90.00/25.00",
        "settled in part": "done -> 80.00/10.00",
        "settled for good": "done -> 70.00/0.00",
        "settled for good for less": "done -> 75.00/0.00",
        "settled for too much": "refused",
        cancelled: "done -> 90.00/0.00",
        "refunded in part": "done -> 95.00/20.00",
        refunded: "done -> 100.00/20.00",
        "refunded too much": "refused"
      },
      settled: {
        ...allRefused,
        "refunded in part": "done -> 75.00/0.00",
        refunded: "done -> 100.00/0.00",
        "refunded too much": "refused"
      },
      "refunded in part": {
        ...allRefused,
        "refunded in part": "done -> 85.00/0.00",
        refunded: "done -> 100.00/0.00",
        "refunded too much": "refused"
      },
      refunded: {
        ...allRefused,
        "refunded in part": "refused",
        refunded: "refused",
        "refunded too much": "refused"
      },
      cancelled: {
        ...allRefused,
        "refunded in part": "refused",
        refunded: "refused",
        "refunded too much": "refused"
      },
      "settled in part, the rest cancelled": {
        ...allRefused,
        "refunded in part": "done -> 95.00/0.00",
        refunded: "done -> 100.00/0.00",
        "refunded too much": "refused"
      },
      declined: {
        ...allRefused,
        "refunded in part": "refused",
        refunded: "refused",
        "refunded too much": "refused"
      },
      "taken at once": {
        ...allRefused,
        "refunded in part": "done -> 75.00/0.00",
        refunded: "done -> 100.00/0.00",
        "refunded too much": "refused"
      },
      "declined at once": {
        ...allRefused,
        "refunded in part": "refused",
        refunded: "refused",
        "refunded too much": "refused"
      }
    }
  })

  it.scoped("in another currency is settled in parts to the last cent", () =>
    Effect.gen(function* () {
      const cardId = yield* funded
      const shop = yield* Sandbox
      const { orderNo } = yield* shop.authorize({ cardId, amount: amount("100"), currency: "PHP" })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "1.70", "98.30"])
      // Each part is 0.42, and together they are two cents less than was held.
      for (const expected of ["99.58", "99.16", "98.74"]) {
        yield* shop.settle({ orderNo, amount: amount("25"), final: false })
        assert.strictEqual((yield* moneyOn(cardId))[0], expected)
      }
      yield* shop.settle({ orderNo, amount: amount("25.00"), final: false })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["98.30", "0.00", "98.30"])
      yield* shop.refund({ orderNo, amount: amount("50") })
      yield* shop.refund({ orderNo, amount: amount("50") })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["100.00", "0.00", "100.00"])
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("that is settled whole for less of the card's money is over", () =>
    Effect.gen(function* () {
      const { cardId, orderNo } = yield* authorized
      const shop = yield* Sandbox
      yield* shop.settle({ orderNo, amount: amount("30"), principal: amount("29.50"), final: false })
      assert.deepStrictEqual(yield* moneyOn(cardId), ["70.50", "0.00", "70.50"])
      assert.include((yield* Effect.flip(shop.cancel({ orderNo }))).message, "is settled")
      yield* booksAreRight
    }).pipe(Effect.provide(withCaller()))
  )

  it.scoped("is not refunded for more of the shop's money than was settled, whatever the principal", () =>
    Effect.gen(function* () {
      const { cardId, orderNo } = yield* settled
      const shop = yield* Sandbox
      const refund = shop.refund({ orderNo, amount: amount("1000"), principal: amount("1") })
      assert.include((yield* Effect.flip(refund)).message, "30 USD left to refund")
      assert.deepStrictEqual(yield* moneyOn(cardId), ["70.00", "0.00", "70.00"])
    }).pipe(Effect.provide(withCaller()))
  )
})

describe("a 3DS authorization", () => {
  const asked = Effect.gen(function* () {
    const { cardId } = yield* virtualCard("c-1")
    const { authId } = yield* sandbox(({ requestThreeDs }) =>
      requestThreeDs({ cardId, amount: amount("12"), currency: "USD", expiresInSeconds: 60 })
    )
    return { authId, cardId }
  })
  const decided = (result: string) =>
    Effect.tap(asked, (request) => call("confirmThreeDs", { ...request, result }))

  matrix({
    states: {
      pending: asked,
      "pending, a millisecond before its end": Effect.tap(asked, () => TestClock.adjust("59999 millis")),
      approved: decided("APPROVE"),
      declined: decided("DECLINE"),
      expired: Effect.tap(asked, () => TestClock.adjust("60 seconds")),
      "pending, card frozen": Effect.tap(asked, ({ cardId }) => call("freezeCard", { cardId })),
      "pending, card destroyed": Effect.tap(asked, ({ cardId }) => call("destroyCard", { cardId }))
    },
    moves: {
      "5.1 approve": (request) => code("confirmThreeDs", { ...request, result: "APPROVE" }),
      "5.1 decline": (request) => code("confirmThreeDs", { ...request, result: "DECLINE" }),
      "5.1 neither": (request) => code("confirmThreeDs", { ...request, result: "PERHAPS" }),
      "its time comes": () => Effect.as(TestClock.adjust("60 seconds"), "done")
    },
    after: ({ authId }) =>
      Effect.map(
        sandbox(({ state }) => state),
        ({ threeDs }) => String(threeDs.find((request) => request.authId === authId)?.decision)
      ),
    cells: {
      pending: {
        "5.1 approve": "200 -> approved",
        "5.1 decline": "200 -> declined",
        "5.1 neither": "1000000",
        "its time comes": "done -> expired"
      },
      "pending, a millisecond before its end": {
        "5.1 approve": "200 -> approved",
        "5.1 decline": "200 -> declined",
        "5.1 neither": "1000000",
        "its time comes": "done -> expired"
      },
      approved: {
        "5.1 approve": "4000000",
        "5.1 decline": "4000000",
        "5.1 neither": "1000000",
        "its time comes": "done"
      },
      declined: {
        "5.1 approve": "4000000",
        "5.1 decline": "4000000",
        "5.1 neither": "1000000",
        "its time comes": "done"
      },
      expired: {
        "5.1 approve": "4000000",
        "5.1 decline": "4000000",
        "5.1 neither": "1000000",
        "its time comes": "done"
      },
      "pending, card frozen": {
        "5.1 approve": "200 -> approved",
        "5.1 decline": "200 -> declined",
        "5.1 neither": "1000000",
        "its time comes": "done -> expired"
      },
      "pending, card destroyed": {
        "5.1 approve": "200 -> approved",
        "5.1 decline": "200 -> declined",
        "5.1 neither": "1000000",
        "its time comes": "done -> expired"
      }
    }
  })
})
