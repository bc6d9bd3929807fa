import { assert, describe, it } from "@effect/vitest"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ClientError from "../src/ClientError.js"
import * as Outcome from "../src/Outcome.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import {
  code,
  envelope,
  never,
  ok,
  type Reply,
  reset,
  status,
  text,
  timestamp,
  vendor
} from "./support/vendor.js"

const freeze = Effect.flatMap(Yunmo, (yunmo) => yunmo.cards.freeze({ cardId: Id.cardId })).pipe(
  Policy.within({ retries: 0 })
)

describe("every response code", () => {
  it("stands in the table once", () => {
    assert.strictEqual(new Set(ResponseCode.rows.map((row) => row.code)).size, 29)
  })

  it.scopedLive.each(ResponseCode.rows.map((row) => [row.code, row] as const))(
    "%s is an error of its own",
    ([value, row]) =>
      Effect.gen(function* () {
        const server = yield* vendor({ freezeCard: code(value, "the vendor's own words") })
        const error = yield* Effect.flip(freeze).pipe(withClient(server.url))
        assert.strictEqual(error._tag, row.name)
        assert.strictEqual(error.constructor, ResponseError.byName[row.name])
        const renewed = row.advice === "logInAgain"
        hasFields(error, {
          operation: "freezeCard",
          code: value,
          vendorMessage: "the vendor's own words",
          vendorTime: timestamp,
          attempt: renewed ? 2 : 1,
          meaning: row.meaning,
          family: row.family,
          advice: row.advice,
          refused: row.refused
        })
        assert.include(error.message, `YUNMO answered freezeCard with ${value}: ${row.meaning}`)
        assert.strictEqual(server.of("freezeCard").length, renewed ? 2 : 1)
      })
  )

  it.scopedLive("reaches the user by catchTag", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: code("4010006") })
      const caught = yield* freeze.pipe(
        Effect.catchTag("CardNotFound", (error) => Effect.succeed(error.code)),
        withClient(server.url)
      )
      assert.strictEqual(caught, "4010006")
    })
  )

  const strange: ReadonlyArray<readonly [code: string, msg: string]> = [
    ["4009999", "a code of tomorrow"],
    ["201", "not success"],
    ["", "an empty code"],
    ["toString", "what every object inherits"],
    ["0200", "nearly success"],
    ["成功", "of another alphabet"]
  ]
  it.scopedLive.each(strange)("%j, which nobody names, survives as itself", ([value, msg]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: code(value, msg) })
      const error = yield* Effect.flip(freeze).pipe(withClient(server.url))
      assert.strictEqual(error._tag, "UnknownResponseCode")
      hasFields(error, { code: value, vendorMessage: msg, refused: false, advice: "settleByQuery" })
    })
  )

  it.scopedLive("may stand as a number, as the vendor's samples have other strings", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        freezeCard: [envelope({ code: 4010006, msg: 7 }), envelope({ code: 200, data: true })]
      })
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(freeze)
        hasFields(error, { _tag: "CardNotFound", code: "4010006", vendorMessage: "7" })
        assert.isUndefined(Reflect.get(error, "vendorTime"))
        assert.isTrue(yield* freeze)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("decides, whatever form msg and timestamp have", () =>
    Effect.gen(function* () {
      const odd = { msg: { zh: "冻结" }, timestamp: "2026-02-10 08:00:00" }
      const server = yield* vendor({
        freezeCard: [envelope({ code: "200", data: true, ...odd }), envelope({ code: "4010006", ...odd })]
      })
      yield* Effect.gen(function* () {
        assert.isTrue(yield* freeze)
        hasFields(yield* Effect.flip(freeze), { _tag: "CardNotFound", vendorMessage: "" })
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("is told to each of the 25 operations, under its own name", () =>
    Effect.gen(function* () {
      const refusing = code("2000007", "")
      const server = yield* vendor({ anything: refusing })
      const names = Object.keys(calls) as ReadonlyArray<Operation.Name>
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        for (const name of names.filter((one) => one !== "login")) {
          const error = yield* Effect.flip(calls[name](yunmo))
          // Without the customer's cards no creation is sent.
          const asked = name === "createVirtualCard" ? "listCustomerCards" : name
          hasFields(error, { _tag: "IpAddressNotAllowed", operation: asked }, name)
          assert.include(error.message, "allow-list in the merchant console")
        }
      }).pipe(withClient(server.url))
      const shut = yield* vendor({ login: refusing })
      const error = yield* Effect.flip(freeze).pipe(withClient(shut.url))
      hasFields(error, { _tag: "IpAddressNotAllowed", operation: "login" })
    })
  )
})

describe("the errors beside the codes", () => {
  const operation = "createCustomer"
  const problems = [
    { path: "", problem: "is odd" },
    { path: "email", problem: "is wrong" }
  ]
  const each = [
    [
      new ClientError.RequestInvalid({ operation, problems }),
      "createCustomer was not sent: is odd; email is wrong. Correct the input."
    ],
    [
      new ClientError.TransportFailed({ operation, attempt: 2, description: "Transport (ECONNRESET)" }),
      "createCustomer got no answer (attempt 2): Transport (ECONNRESET). Check the network and the base URL."
    ],
    [
      new ClientError.RequestTimedOut({ operation, attempt: 1, limit: "attemptTimeout", timeout: 10_000 }),
      "createCustomer got no answer within 10000 ms (attempt 1). Raise attemptTimeout in the policy if the vendor is known to be slow."
    ],
    [
      new ClientError.HttpStatusUnexpected({
        operation,
        attempt: 1,
        status: 404,
        path: "/customer/create",
        pathSource: "PROPOSED"
      }),
      "createCustomer was answered with HTTP 404 (attempt 1). The path /customer/create is a proposal of this toolkit: correct it in the contract from the vendor's documentation."
    ],
    [
      new ClientError.HttpStatusUnexpected({
        operation,
        attempt: 1,
        status: 404,
        path: "/v2/customers",
        pathSource: "MERCHANT"
      }),
      "createCustomer was answered with HTTP 404 (attempt 1). Check the base URL, and any proxy in between."
    ],
    [
      new ClientError.ResponseInvalid({ operation, attempt: 1, reason: "Data", problems }),
      "The answer to createCustomer cannot be read (Data, attempt 1): is odd; email is wrong. If the vendor's documentation says otherwise, correct the contract."
    ],
    [
      new ClientError.OutcomeUnknown({
        operation,
        attempt: 1,
        key: "c-1",
        settle: "Ask with customers.query by the customer code.",
        reason: "It got no answer."
      }),
      "Whether createCustomer c-1 was executed is not known: It got no answer. Ask with customers.query by the customer code."
    ],
    [
      new ClientError.LimitReached({ operation, attempt: 1, limit: "concurrency", timeout: 30_000 }),
      "createCustomer was not sent (attempt 1): within 30000 ms it did not get a place among the calls under way (concurrency). Call again later, or change the policy."
    ],
    [
      new ClientError.LimitReached({
        operation: "createVirtualCard",
        attempt: 2,
        limit: "rate",
        timeout: 30_000
      }),
      "createVirtualCard was not sent (attempt 2): within 30000 ms it did not get its turn under the rate limit (rates). Call again later, or change the policy."
    ],
    [
      new ClientError.CreationUnsettled({
        operation: "createVirtualCard",
        customerId: "AU1",
        creation: 3,
        reason: "journalled"
      }),
      "createVirtualCard was not sent: creation 3 for customer AU1 is not settled (journalled). Settle that one with cards.settleCreation, then call again if another card is wanted."
    ],
    [
      new ClientError.CreationRefused({
        operation: "createVirtualCard",
        customerId: "AU1",
        creation: 3,
        reason: "The customer is not there."
      }),
      "Creation 3 for customer AU1 made no card. The customer is not there. Call cards.createVirtual for a new one."
    ],
    [
      new ClientError.OutcomePending({ operation: "adjustBalance", key: "O-1" }),
      "adjustBalance O-1 was accepted and is still pending. Settle it again later."
    ],
    [
      new ClientError.OrderFailed({
        operation: "adjustBalance",
        key: "O-1",
        state: "refused",
        reason: "The card is not there."
      }),
      "Order O-1 was refused before execution; no money moved. The card is not there. A new attempt needs a new order number."
    ],
    [
      new ClientError.OrderConflict({ merchantOrderNo: "O-1" }),
      "Order number O-1 is already in the journal with another card, amount or direction. Use a new number for a new adjustment."
    ]
  ] as const

  it.each(each.map(([error, sentence]) => [error._tag, error, sentence] as const))(
    "%s says one sentence, is an Error, and survives being stored",
    (tag, error, sentence) => {
      assert.strictEqual(error.message, sentence)
      assert.instanceOf(error, Error)
      const schema: Schema.Schema<typeof error, unknown> = Object.getPrototypeOf(error).constructor
      const stored = JSON.parse(JSON.stringify(Schema.encodeSync(schema)(error)))
      assert.strictEqual(stored._tag, tag)
      assert.strictEqual(Schema.decodeUnknownSync(schema)(stored).message, sentence)
    }
  )

  it.scopedLive(
    "each can be caught by its name, and says operation and attempt, and the vendor's time if it was told",
    () =>
      Effect.gen(function* () {
        const scripts: ReadonlyArray<readonly [tag: string, reply: Reply, time: number | undefined]> = [
          ["TransportFailed", reset, undefined],
          ["RequestTimedOut", never, undefined],
          ["HttpStatusUnexpected", status(502), undefined],
          ["ResponseInvalid", text("<html/>"), undefined],
          ["ResponseInvalid", ok("not a flag"), timestamp],
          ["UnknownResponseCode", code("5000001"), timestamp],
          ["CardNotFound", code("4010006"), timestamp]
        ]
        for (const [tag, reply, time] of scripts) {
          const server = yield* vendor({ freezeCard: [status(503), reply] })
          const error = yield* Effect.flatMap(Yunmo, calls.freezeCard).pipe(
            Effect.flip,
            Policy.within({
              retries: 1,
              retryBase: Duration.millis(1),
              attemptTimeout: tag === "RequestTimedOut" ? Duration.millis(300) : Duration.seconds(10)
            }),
            withClient(server.url)
          )
          hasFields(error, { _tag: tag, operation: "freezeCard", attempt: 2, vendorTime: time })
        }
        // By name, all of them: what is left has no error but the vendor's codes.
        const named = freeze.pipe(
          Effect.catchTags({
            RequestInvalid: () => Effect.succeed("input"),
            LimitReached: () => Effect.succeed("limit"),
            TransportFailed: () => Effect.succeed("transport"),
            RequestTimedOut: () => Effect.succeed("timeout"),
            HttpStatusUnexpected: () => Effect.succeed("status"),
            ResponseInvalid: ({ problems }) =>
              Effect.succeed(problems.map(({ path, problem }) => `${path}: ${problem}`)),
            UnknownResponseCode: () => Effect.succeed("unknown")
          })
        )
        const server = yield* vendor({ freezeCard: ok("a secret 4242424242424242") })
        assert.deepStrictEqual(yield* named.pipe(withClient(server.url)), [": expected true or false"])
      })
  )

  it.scopedLive("an unknown outcome names the code that made it one, and the vendor's time", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [Reply, string | undefined, number | undefined]> = [
        [code("3000000"), "3000000", timestamp],
        [code("-1"), "-1", timestamp],
        [code("5000001"), "5000001", timestamp],
        [ok("what?"), undefined, timestamp],
        [reset, undefined, undefined]
      ]
      for (const [reply, value, vendorTime] of cases) {
        const server = yield* vendor({ createCustomer: reply, adjustBalance: reply })
        yield* Effect.gen(function* () {
          const keyed = yield* Effect.flip(Effect.flatMap(Yunmo, calls.createCustomer))
          hasFields(keyed, { _tag: "OutcomeUnknown", code: value, vendorTime, attempt: 1 })
          const money = yield* Effect.flatMap(Yunmo, calls.adjustBalance)
          assert(money instanceof Outcome.Unknown)
          hasFields(money.error, { _tag: "OutcomeUnknown", code: value, vendorTime, attempt: 1 })
        }).pipe(withClient(server.url))
      }
    })
  )

  it.scopedLive("a login that fails names the login, not the call that wanted it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: code("2000006"), freezeCard: ok(true) })
      const error = yield* Effect.flip(freeze).pipe(withClient(server.url))
      hasFields(error, { _tag: "CredentialsRejected", operation: "login" })
      assert.deepStrictEqual(server.of("freezeCard"), [])
    })
  )
})
