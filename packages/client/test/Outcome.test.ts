import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import { MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClientError from "../src/ClientError.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import {
  credentials,
  executeAnd,
  forward,
  passedCustomer,
  sandboxUrl,
  virtualCard,
  withSandbox
} from "./support/sandbox.js"
import {
  code,
  never,
  ok,
  type Reply,
  reset,
  resetInBody,
  status,
  text,
  timestamp,
  vendor
} from "./support/vendor.js"

const quick = Policy.within({ attemptTimeout: Duration.millis(150) })

const lost: ReadonlyArray<readonly [string, Reply]> = [
  ["a reset before the answer", reset],
  ["a reset within the answer", resetInBody],
  ["no answer", never],
  ["HTTP 503", status(503)],
  ["HTML", text("<html/>")],
  ["success of another shape", ok(7)],
  ["a code of tomorrow", code("5000001")],
  ...ResponseCode.rows
    .filter((row) => !row.refused)
    .map((row): readonly [string, Reply] => [`${row.code} ${row.name}`, code(row.code)])
]

const keyed = ["createCustomer", "submitKyc", "bindPhysicalCard", "activatePhysicalCard"] as const
const valued = ["createVirtualCard", "confirmThreeDs"] as const

it("the operations that are sent once are those whose safety says so", () => {
  const once = Operation.all.filter(({ safety }) => safety !== "read" && safety !== "idempotent")
  assert.deepStrictEqual(once.map(({ name }) => name).sort(), [...keyed, ...valued, "adjustBalance"].sort())
})

describe.each(valued)("%s: what is not known is a value", (name) => {
  it.scopedLive.each(lost)("after %s, sent once whatever is retried", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ [name]: reply })
      const outcome = yield* Effect.flatMap(Yunmo, calls[name]).pipe(
        quick,
        Effect.retry({ times: 3 }),
        withClient(server.url)
      )
      assert(outcome instanceof Outcome.Unknown)
      hasFields(outcome.error, { operation: name, attempt: 1 })
      assert.include(outcome.error.message, "Do not send it again")
      assert.strictEqual(server.of(name).length, 1)
    })
  )

  it.scopedLive("a code that refuses is its error", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ [name]: code("4010006") })
      const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(withClient(server.url))
      hasFields(error, { _tag: "CardNotFound", operation: name, refused: true })
    })
  )

  it.scopedLive("the vendor's time of the answer is kept", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ [name]: code("3000000") })
      const outcome = yield* Effect.flatMap(Yunmo, calls[name]).pipe(withClient(server.url))
      assert(outcome instanceof Outcome.Unknown)
      hasFields(outcome.error, { vendorTime: timestamp })
    })
  )
})

describe.each(keyed)("%s: what is not known is an error that says how to settle it", (name) => {
  it.scopedLive.each(lost)("after %s, sent once", ([, reply]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ [name]: reply })
      const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(quick, withClient(server.url))
      hasFields(error, { _tag: "OutcomeUnknown", operation: name, attempt: 1 })
      assert.include(error.message, "Ask with ")
      assert.strictEqual(server.of(name).length, 1)
    })
  )

  it.scopedLive("its key is in the error", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ [name]: reset })
      const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(withClient(server.url))
      const keys = {
        createCustomer: "c-1",
        submitKyc: Id.customerId,
        bindPhysicalCard: "SKU1",
        activatePhysicalCard: Id.cardId
      }
      hasFields(error, { key: keys[name] })
    })
  )
})

describe("against the sandbox", () => {
  it.scopedLive("a card whose answer is lost is there once, for a person to see", () =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const customerId = yield* passedCustomer("c-1")
      const between = yield* vendor({
        login: forward(baseUrl),
        createVirtualCard: executeAnd(baseUrl, reset),
        anything: forward(baseUrl)
      })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        const outcome = yield* cards.createVirtual({ customerId, cardSampleId: Id.cardSampleId })
        assert.strictEqual(outcome._tag, "Unknown")
        assert.strictEqual((yield* cards.list({ customerId })).length, 1)
      }).pipe(withClient(between.url, { options: credentials }))
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("a decision whose answer is lost stands, and is not sent again", () =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const sandbox = yield* Sandbox.Sandbox
      const { cardId } = yield* virtualCard("c-1")
      const { authId } = yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("5"), currency: "USD" })
      const between = yield* vendor({
        login: forward(baseUrl),
        confirmThreeDs: executeAnd(baseUrl, reset)
      })
      const outcome = yield* Effect.flatMap(Yunmo, ({ transactions }) =>
        transactions.confirmThreeDs({ authId, cardId, decision: "decline" })
      ).pipe(withClient(between.url, { options: credentials }))
      assert.strictEqual(outcome._tag, "Unknown")
      assert.strictEqual(between.of("confirmThreeDs").length, 1)
      assert.strictEqual((yield* sandbox.state).threeDs[0]?.decision, "declined")
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("a customer whose answer is lost is found by its code", () =>
    Effect.gen(function* () {
      const baseUrl = yield* sandboxUrl
      const between = yield* vendor({
        login: forward(baseUrl),
        createCustomer: executeAnd(baseUrl, reset),
        anything: forward(baseUrl)
      })
      const customerCode = Id.customerCode("c-1")
      const found = yield* Effect.flatMap(Yunmo, ({ customers }) =>
        customers
          .create({ customerCode })
          .pipe(Effect.catchTag("OutcomeUnknown", () => customers.query({ customerCode })))
      ).pipe(withClient(between.url, { options: credentials }))
      assert.strictEqual(found.customerCode, customerCode)
    }).pipe(Effect.provide(withSandbox()))
  )
})

describe("orFail", () => {
  const error = new ClientError.OutcomeUnknown({
    operation: "createVirtualCard",
    attempt: 1,
    key: "",
    settle: "Look.",
    reason: "It was lost."
  })

  it.effect("gives what is done, and the errors of the rest", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Outcome.orFail(Effect.succeed(new Outcome.Done({ value: 7 }))), 7)
      assert.strictEqual(
        yield* Effect.flip(
          Outcome.orFail(Effect.succeed<Outcome.Outcome<number>>(new Outcome.Unknown({ error })))
        ),
        error
      )
      const merchantOrderNo = MerchantOrderNo.make("O-1")
      const pending: Outcome.MoneyOutcome<number> = new Outcome.Pending({
        operation: "adjustBalance",
        key: merchantOrderNo
      })
      hasFields(yield* Effect.flip(Outcome.orFail(Effect.succeed<Outcome.MoneyOutcome<number>>(pending))), {
        _tag: "OutcomePending",
        operation: "adjustBalance",
        key: "O-1"
      })
    })
  )

  it.effect("leaves other errors as they are", () =>
    Effect.gen(function* () {
      const conflict = new ClientError.OrderConflict({ merchantOrderNo: "O-1" })
      assert.strictEqual(yield* Effect.flip(Outcome.orFail(Effect.fail(conflict))), conflict)
    })
  )
})
