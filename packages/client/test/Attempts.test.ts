/**
 * What leaves for the vendor over several attempts, captured between client and sandbox: the same data and order number,
 * a nonce, a time and a signature of each attempt's own, and of an order's money one request.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import {
  booked,
  credentials,
  executeAnd,
  finish,
  forward,
  merchant,
  sandboxUrl,
  virtualCard,
  withSandbox
} from "./support/sandbox.js"
import {
  code,
  later,
  ok,
  type Received,
  type Reply,
  reset,
  type Script,
  status,
  type Vendor,
  vendor
} from "./support/vendor.js"

const key = SigningKey.make("merchant", merchant.secretKey)
const merchantOrderNo = Id.merchantOrderNo("INV-2026-0001")

/** So long that the next attempt is made at another millisecond. */
const tick = 3

type Answer = (received: Received) => Promise<Reply>

/** Hands everything on to the sandbox and keeps it, but answers the first requests of these operations like that. */
const between = (plan: Readonly<Record<string, ReadonlyArray<Reply | Answer>>>) =>
  Effect.gen(function* () {
    const passOn = forward(yield* sandboxUrl)
    const anything: Script = async (received, nth) => {
      const planned = plan[received.operation]?.[nth] ?? passOn
      return later(tick, typeof planned === "function" ? await planned(received) : planned)
    }
    return yield* vendor({ login: anything, anything })
  })

const through = (server: Vendor) => withClient(server.url, { options: credentials })

/** How many different ones there are among these requests. */
const distinct = (requests: ReadonlyArray<Received>, of: (received: Received) => unknown) =>
  new Set(requests.map((received) => JSON.stringify(of(received)))).size

/** Of one call: said once, and signed as often as it was sent. */
const isOneCall = (requests: ReadonlyArray<Received>, attempts: number) => {
  assert.strictEqual(requests.length, attempts)
  assert.strictEqual(
    distinct(requests, ({ url }) => url),
    1
  )
  assert.strictEqual(
    distinct(requests, ({ message }) => message.data),
    1,
    "the same data"
  )
  assert.strictEqual(
    distinct(requests, ({ message }) => message.nonce),
    attempts,
    "a nonce each"
  )
  assert.strictEqual(
    distinct(requests, ({ message }) => message.requestTime),
    attempts,
    "a time each"
  )
  assert.strictEqual(
    distinct(requests, ({ message }) => message.sign),
    attempts,
    "a signature each"
  )
}

/** Of everything that ever left: signed right, and never under a nonce that was used before. */
const isSound = ({ received }: Vendor) => {
  for (const { body, message, operation } of received) {
    assert.strictEqual(Verifier.verifyWith([key], body)._tag, "Right", operation)
    assert.isTrue(Either.isLeft(Verifier.verifyWith([key], body.replace(message.nonce, "0".repeat(16)))))
    assert.match(message.nonce, /^[A-Za-z0-9]{16}$/)
    assert.strictEqual(message.merchantNo, merchant.merchantNo)
    assert.isTrue(Number.isSafeInteger(message.requestTime))
  }
  assert.strictEqual(
    distinct(received, ({ message }) => message.nonce),
    received.length
  )
  const times = received.map(({ message }) => message.requestTime)
  assert.deepStrictEqual(
    times,
    times.toSorted((a, b) => a - b)
  )
}

const hurried = Policy.within({ retryBase: Duration.millis(5) })

/** A top-up of a new card; the vendor settles it at once. */
const order = Effect.map(virtualCard("c-1"), ({ cardId }) => ({
  merchantOrderNo,
  cardId,
  amount: Id.amount("20.00"),
  direction: "increase" as const
}))

const settles = withSandbox({ sandbox: { rules: { settleAfterSeconds: null, nonceReuse: "refuse" } } })

describe("over three attempts", () => {
  it.scopedLive("a read says the same, under a nonce, a time and a signature of each attempt's own", () =>
    Effect.gen(function* () {
      const { cardId } = yield* order
      const server = yield* between({ getCardDetail: [reset, status(503)] })
      const card = yield* Effect.flatMap(Yunmo, ({ cards }) => cards.detail({ cardId })).pipe(through(server))
      assert.strictEqual(card.cardId, cardId)
      isOneCall(server.of("getCardDetail"), 3)
      assert.strictEqual(
        distinct(server.of("getCardDetail"), ({ message }) => message.token),
        1
      )
      isSound(server)
    }).pipe(Effect.provide(settles), hurried)
  )

  it.scopedLive("an order query names the same order", () =>
    Effect.gen(function* () {
      const topUp = yield* order
      const server = yield* between({ queryTopUpOrder: [reset, code("3000001")] })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, "Pending")
        assert.strictEqual((yield* cards.settleOrder(merchantOrderNo))._tag, "Pending")
      }).pipe(through(server))
      isOneCall(server.of("queryTopUpOrder"), 3)
      for (const { message } of [...server.of("queryTopUpOrder"), ...server.of("adjustBalance")]) {
        assert.strictEqual(message.data["merchantOrderNo"], merchantOrderNo)
      }
      isSound(server)
    }).pipe(Effect.provide(settles), hurried)
  )

  it.scopedLive("a login says the same", () =>
    Effect.gen(function* () {
      const server = yield* between({ login: [reset, status(502)] })
      yield* Effect.flatMap(Yunmo, ({ auth }) => auth.login).pipe(through(server))
      isOneCall(server.of("login"), 3)
      assert.isTrue(server.received.every(({ message }) => message.token === ""))
      isSound(server)
    }).pipe(Effect.provide(settles), hurried)
  )
})

describe("an order whose answer was lost", () => {
  const losses: ReadonlyArray<readonly [string, (url: string) => Reply | Answer, boolean]> = [
    ["after the effect", (url) => executeAnd(url, reset), true],
    ["before the effect", () => reset, false],
    ["behind an error page, after the effect", (url) => executeAnd(url, status(502)), true],
    ["behind 3000000, after the effect", (url) => executeAnd(url, code("3000000")), true]
  ]
  it.scopedLive.each(losses)(
    "%s is left with one request; the caller who runs it again, and again, only asks",
    ([, loss, executed]) =>
      Effect.gen(function* () {
        const topUp = yield* order
        const server = yield* between({ adjustBalance: [loss(yield* sandboxUrl)] })
        yield* Effect.gen(function* () {
          const { cards } = yield* Yunmo
          assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, "Unknown")
          assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, executed ? "Pending" : "Unknown")
          if (executed) {
            yield* finish(merchantOrderNo)
          }
          assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, executed ? "Done" : "Unknown")
        }).pipe(through(server))

        assert.strictEqual(server.of("adjustBalance").length, 1)
        isOneCall(server.of("queryTopUpOrder"), 2)
        assert.deepStrictEqual(server.of("queryTopUpOrder")[0]?.message.data, { merchantOrderNo })
        assert.strictEqual(server.of("adjustBalance")[0]?.message.data["merchantOrderNo"], merchantOrderNo)
        isSound(server)
        assert.deepStrictEqual(yield* booked(topUp.cardId), executed ? ["increase 20.00"] : [])
      }).pipe(Effect.provide(settles), hurried)
  )
})

describe("an order whose token the vendor refused", () => {
  it.scopedLive.each([
    ["2000001, because it had expired", { tokenLifetimeSeconds: 60 }, 61, "2000001"],
    ["2000002, because another login had ended it", { loginEndsOldTokens: true }, 0, "2000002"]
  ] as const)(
    "by %s, is sent once more under the same number, with a new token",
    ([, rules, seconds, refusal]) =>
      Effect.gen(function* () {
        const sandbox = yield* Sandbox.Sandbox
        yield* sandbox.setRules(rules)
        const server = yield* between({})
        const topUp = yield* order
        const outcome = yield* Effect.gen(function* () {
          const { auth, cards } = yield* Yunmo
          yield* auth.login
          if (seconds > 0) {
            yield* sandbox.moveClock({ bySeconds: seconds })
          } else {
            yield* Effect.flatMap(Yunmo, (other) => other.auth.login).pipe(
              withClient(yield* sandboxUrl, { options: credentials })
            )
          }
          return yield* cards.adjustBalance(topUp)
        }).pipe(through(server))
        assert.strictEqual(outcome._tag, "Pending")

        isOneCall(server.of("adjustBalance"), 2)
        assert.strictEqual(
          distinct(server.of("adjustBalance"), ({ message }) => message.token),
          2
        )
        assert.deepStrictEqual(
          server.received.map(({ operation }) => operation),
          ["login", "adjustBalance", "login", "adjustBalance"]
        )
        isSound(server)
        const { counts } = yield* sandbox.calls
        assert.deepStrictEqual(
          counts.filter(({ operation }) => operation === "adjustBalance").map((one) => [one.code, one.count]),
          [
            [refusal, 1],
            ["200", 1]
          ]
        )
        yield* finish(merchantOrderNo)
        assert.deepStrictEqual(yield* booked(topUp.cardId), ["increase 20.00"])
      }).pipe(Effect.provide(settles), hurried)
  )

  it.scopedLive("a second time, is not sent a third time, and stays refused", () =>
    Effect.gen(function* () {
      const topUp = yield* order
      const server = yield* between({ adjustBalance: [code("2000001"), code("2000002")] })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        hasFields(yield* Effect.flip(cards.adjustBalance(topUp)), { _tag: "TokenInvalid", attempt: 2 })
        hasFields(yield* Effect.flip(cards.adjustBalance(topUp)), { _tag: "OrderFailed", state: "refused" })
      }).pipe(through(server))
      isOneCall(server.of("adjustBalance"), 2)
      isSound(server)
      assert.deepStrictEqual(yield* booked(topUp.cardId), [])
    }).pipe(Effect.provide(settles), hurried)
  )

  it.scopedLive("and whose second answer was lost, is asked for from then on", () =>
    Effect.gen(function* () {
      const topUp = yield* order
      const server = yield* between({
        adjustBalance: [code("2000001"), executeAnd(yield* sandboxUrl, reset)]
      })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        const outcome = yield* cards.adjustBalance(topUp)
        assert(outcome._tag === "Unknown")
        hasFields(outcome.error, { attempt: 2 })
        yield* finish(merchantOrderNo)
        assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, "Done")
      }).pipe(through(server))
      isOneCall(server.of("adjustBalance"), 2)
      assert.strictEqual(server.of("queryTopUpOrder").length, 1)
      isSound(server)
      assert.deepStrictEqual(yield* booked(topUp.cardId), ["increase 20.00"])
    }).pipe(Effect.provide(settles), hurried)
  )
})

describe("an order at which the HTTP client died", () => {
  /** Dies of the request, once the vendor has answered it. */
  const dying = Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.transformResponse(client, (answering) =>
        Effect.flatMap(answering, (response) =>
          response.request.url.endsWith("/card/balance/adjust")
            ? Effect.die(new RangeError("a bug in it", { cause: response.request }))
            : Effect.succeed(response)
        )
      )
    )
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))

  it.scopedLive(
    "is a defect that says no more than its kind; it stays open, and is asked for from then on",
    () =>
      Effect.gen(function* () {
        const topUp = yield* order
        const server = yield* between({})
        yield* Effect.gen(function* () {
          const { cards } = yield* Yunmo
          const exit = yield* Effect.exit(cards.adjustBalance(topUp))
          const defect = Option.getOrThrow(Option.flatMap(Exit.causeOption(exit), Cause.dieOption))
          assert(Predicate.isError(defect))
          assert.strictEqual(
            defect.message,
            "The HttpClient died (RangeError) while it sent adjustBalance. What it died of is not shown, since that may hold the request: catch it inside the HttpClient to see it."
          )
          const journal = yield* OrderJournal.OrderJournal
          hasFields(Option.getOrThrow(yield* journal.find(credentials.merchantNo, merchantOrderNo)), {
            state: "open"
          })
          yield* finish(merchantOrderNo)
          assert.strictEqual((yield* cards.adjustBalance(topUp))._tag, "Done")
        }).pipe(withClient(server.url, { options: credentials, http: dying }))
        assert.strictEqual(server.of("adjustBalance").length, 1)
        assert.deepStrictEqual(yield* booked(topUp.cardId), ["increase 20.00"])
      }).pipe(Effect.provide(settles), hurried)
  )
})

describe("an order that is run again", () => {
  it.scopedLive("asks from a place of its own, when there is one place only", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ adjustBalance: reset, queryTopUpOrder: ok({ status: "SUCCESS" }) })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        hasFields(Object(yield* calls.adjustBalance(yunmo)), { _tag: "Unknown" })
        const outcomes = yield* Effect.replicateEffect(calls.adjustBalance(yunmo), 5, {
          concurrency: "unbounded"
        })
        for (const outcome of outcomes) {
          hasFields(Object(outcome), { _tag: "Done" })
        }
        assert.strictEqual(server.of("adjustBalance").length, 1)
      }).pipe(Policy.within({ concurrency: 1 }), withClient(server.url))
    })
  )
})
