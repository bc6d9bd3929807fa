import { assert, describe, it } from "@effect/vitest"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { TransportFailed } from "../src/ClientError.js"
import * as Session from "../src/internal/session.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { merchantNo, pause, until, withClient } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { withSandbox } from "./support/sandbox.js"
import {
  code,
  later,
  never,
  ok,
  type Received,
  reset,
  type Script,
  status,
  tokenOf,
  vendor
} from "./support/vendor.js"

const freeze = Effect.flatMap(Yunmo, (yunmo) => yunmo.cards.freeze({ cardId: Id.cardId }))

/** Only the newest of the tokens that were given is good; `refusal` is what the others get. */
const newest = (refusal: string, given: { tokens: number }) => ({
  login: () => {
    given.tokens += 1
    return later(20, ok({ token: tokenOf(given.tokens) }))
  },
  freezeCard: ({ message }: Received) => (message.token === tokenOf(given.tokens) ? ok(true) : code(refusal))
})

const count = 1_000
const crowd = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )

/** Fewer, where there are many rounds. */
const some = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.all(
    Array.from({ length: 200 }, () => effect),
    { concurrency: "unbounded" }
  )

describe("one login at a time", () => {
  it.scopedLive("for 1,000 calls that have no token", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(50, ok({ token: "t" })), freezeCard: ok(true) })
      const answers = yield* crowd(freeze).pipe(withClient(server.url))
      assert.isTrue(answers.every((answer) => answer))
      assert.strictEqual(server.of("login").length, 1)
      assert.strictEqual(server.of("freezeCard").length, count)
    })
  )

  it.effect("for 1,000 calls whose token has reached its end", () =>
    Effect.gen(function* () {
      const lifetime = 60_000
      const server = yield* vendor({
        login: [
          ok({ token: "t-1", expireTime: lifetime }),
          later(50, ok({ token: "t-2", expireTime: 10 * lifetime }))
        ],
        freezeCard: ok(true)
      })
      yield* Effect.gen(function* () {
        yield* freeze
        yield* TestClock.adjust(lifetime - 1)
        yield* freeze
        assert.strictEqual(server.of("login").length, 1, "a token is used to its end")
        yield* TestClock.adjust(1)
        yield* crowd(freeze)
        assert.strictEqual(server.of("login").length, 2)
        assert.deepStrictEqual(
          server.of("freezeCard").map(({ message }) => message.token),
          ["t-1", "t-1", ...Array.from({ length: count }, () => "t-2")]
        )
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.scopedLive.each([["2000001"], ["2000002"]])(
    "for 1,000 calls whose token is refused with %s",
    ([refusal]) =>
      Effect.gen(function* () {
        const given = { tokens: 0 }
        const server = yield* vendor(newest(refusal ?? "", given))
        yield* Effect.gen(function* () {
          yield* freeze
          // Somebody else has logged in: the token held here is good no more.
          given.tokens += 1
          const answers = yield* crowd(freeze)
          assert.isTrue(answers.every((answer) => answer))
          assert.strictEqual(server.of("login").length, 2)
          assert.isAtMost(server.of("freezeCard").length, 2 * count + 1)
        }).pipe(withClient(server.url))
      })
  )

  it.effect("for 200 calls of the sandbox, whose tokens have reached their end", () =>
    Effect.gen(function* () {
      const { customers } = yield* Yunmo
      const customerCode = Id.customerCode("c-1")
      yield* customers.create({ customerCode })
      yield* TestClock.adjust("2 hours")
      const found = yield* Effect.all(
        Array.from({ length: 200 }, () => customers.query({ customerCode })),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(found.length, 200)
    }).pipe(Effect.provide(withSandbox({ sandbox: { rules: { tokenLifetimeSeconds: 3600 } } })))
  )
})

describe("a login that fails", () => {
  const connectionLost = new TransportFailed({ operation: "login", attempt: 1, description: "Transport" })
  const keysRefused = new ResponseError.CredentialsRejected({
    operation: "login",
    attempt: 1,
    code: "2000006",
    vendorMessage: "no",
    meaning: "API key or secret key wrong",
    family: "authentication",
    advice: "stop",
    refused: true
  })

  it.scopedLive("fails each of 1,000 waiting calls once", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(100, code("2000006")), freezeCard: ok(true) })
      // A busy machine may take longer for them than the pause.
      const failures = yield* crowd(Effect.flip(freeze)).pipe(
        withClient(server.url, { policy: { retryBase: Duration.hours(1) } })
      )
      for (const failure of failures) {
        hasFields(failure, { _tag: "CredentialsRejected", operation: "login", attempt: 1 })
      }
      assert.strictEqual(server.of("login").length, 1)
      assert.deepStrictEqual(server.of("freezeCard"), [])
    })
  )

  it.effect("is begun anew by a call after the pause; until then its error is the answer", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: [code("2000006"), ok({ token: "t" })], freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(freeze))._tag, "CredentialsRejected")
        yield* TestClock.adjust("199 millis")
        hasFields(yield* Effect.flip(freeze), { _tag: "CredentialsRejected", operation: "login", attempt: 1 })
        assert.strictEqual(server.of("login").length, 1)
        yield* TestClock.adjust("1 millis")
        assert.isTrue(yield* freeze)
      }).pipe(withClient(server.url))
      assert.strictEqual(server.of("login").length, 2)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    // Pauses of 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6 and then 30 seconds.
    ["refused by the vendor", keysRefused, [0, 1, 2, 3, 5, 9, 16, 29, 55]],
    // The same up to 5 seconds.
    ["lost on the way", connectionLost, [0, 1, 2, 3, 5, 9, 14, 19, 24, 29, 34, 39, 44, 49, 54, 59]]
  ] as const)(
    "is no storm: %s, with 200 callers that try every second for a minute",
    ([, refusal, expected]) =>
      Effect.gen(function* () {
        const begun: Array<number> = []
        const works = { now: false }
        const grant = { token: Redacted.make("t"), issuedAt: 0, expireTime: undefined }
        const session = yield* Session.make({
          pause: Duration.millis(200),
          renew: () =>
            Effect.flatMap(Clock.currentTimeMillis, (now) => {
              begun.push(now / 1000)
              return works.now ? Effect.succeed(grant) : Effect.fail(refusal)
            })
        })
        for (let second = 0; second < 60; second += 1) {
          const failures = yield* some(Effect.flip(session.token))
          assert.isTrue(failures.every((failure) => failure === refusal))
          yield* TestClock.adjust("1 second")
        }
        assert.deepStrictEqual(begun, [...expected])
        yield* TestClock.adjust("25 seconds")
        works.now = true
        yield* some(session.token)
        assert.strictEqual(begun.length, expected.length + 1)
        // From then on it is the first failure again.
        works.now = false
        yield* session.refused(grant.token)
        yield* some(Effect.flip(session.token))
        yield* TestClock.adjust("200 millis")
        yield* some(Effect.flip(session.token))
        assert.strictEqual(begun.length, expected.length + 3)
        yield* session.forgive
        yield* some(Effect.flip(session.token))
        assert.strictEqual(begun.length, expected.length + 4)
      }).pipe(Effect.scoped)
  )

  it.scopedLive("does not keep a login that is asked for waiting", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: [code("2000006"), ok({ token: "t" })], freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const { auth } = yield* Yunmo
        assert.strictEqual((yield* Effect.flip(freeze))._tag, "CredentialsRejected")
        yield* auth.login
        assert.isTrue(yield* freeze)
      }).pipe(withClient(server.url, { policy: { retryBase: Duration.hours(1) } }))
      assert.strictEqual(server.of("login").length, 2)
    })
  )

  it.scopedLive("is repeated by itself on what may pass, and then not by the calls that waited", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: status(503), freezeCard: ok(true) })
      const failures = yield* Effect.all([Effect.flip(freeze), Effect.flip(freeze)], {
        concurrency: "unbounded"
      }).pipe(withClient(server.url, { policy: { retryBase: Duration.millis(5), retries: 2 } }))
      for (const failure of failures) {
        hasFields(failure, { _tag: "HttpStatusUnexpected", operation: "login", attempt: 3 })
      }
      assert.strictEqual(server.of("login").length, 3)
    })
  )

  const broken: ReadonlyArray<readonly [string, Script, string]> = [
    ["no token", ok({}), "ResponseInvalid"],
    ["an empty token", ok({ token: "" }), "ResponseInvalid"],
    ["a session that has ended", code("2000001"), "TokenExpired"],
    ["an unknown code", code("2000099"), "UnknownResponseCode"]
  ]
  it.scopedLive.each(broken)("with %s is told as it is, tried once", ([, login, tag]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ login, freezeCard: ok(true) })
      const error = yield* Effect.flip(freeze).pipe(withClient(server.url))
      hasFields(error, { _tag: tag, operation: "login" })
      assert.strictEqual(server.received.length, 1)
    })
  )

  it.scopedLive("that was asked for does not take away the token that there was", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: [ok({ token: "t-1" }), code("3000001")], freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const { auth } = yield* Yunmo
        yield* auth.login
        assert.strictEqual((yield* Effect.flip(auth.login))._tag, "ThirdPartyError")
        assert.isTrue(yield* freeze)
        assert.strictEqual(server.of("freezeCard")[0]?.message.token, "t-1")
        assert.strictEqual(server.of("login").length, 2)
      }).pipe(withClient(server.url, { policy: { retries: 0 } }))
    })
  )

  it.scopedLive("before money leaves nothing journalled", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: code("2000007"), adjustBalance: ok({ status: "SUCCESS" }) })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        const journal = yield* OrderJournal.OrderJournal
        hasFields(yield* Effect.flip(calls.adjustBalance(yunmo)), {
          _tag: "IpAddressNotAllowed",
          operation: "login"
        })
        assert.deepStrictEqual(yield* journal.unsettled(merchantNo), [])
        assert.deepStrictEqual(server.of("adjustBalance"), [])
      }).pipe(withClient(server.url))
    })
  )
})

describe("a login in flight", () => {
  it.scopedLive("survives the interruption of the call that began it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(600, ok({ token: "t" })), freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(freeze)
        yield* until(
          Effect.sync(() => server.of("login").length === 1),
          "the login is under way"
        )
        const others = yield* Effect.fork(crowd(freeze))
        yield* pause(20)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(first)))
        assert.isTrue((yield* Fiber.join(others)).every((answer) => answer))
        assert.strictEqual(server.of("login").length, 1)
        assert.strictEqual(server.of("freezeCard").length, count)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("is not lost when nobody waits for it any more", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(100, ok({ token: "t" })), freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* Effect.timeoutOption(freeze, "30 millis")))
        yield* pause(150)
        assert.isTrue(yield* freeze)
        assert.strictEqual(server.of("login").length, 1)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("is joined by a login that is asked for", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(50, ok({ token: "t" })), freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const { auth } = yield* Yunmo
        yield* Effect.all([freeze, auth.login, freeze, auth.login], { concurrency: "unbounded" })
        assert.strictEqual(server.of("login").length, 1)
        yield* auth.login
        assert.strictEqual(server.of("login").length, 2, "and asked for alone it logs in anew")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("ends with the client", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: never })
      yield* Effect.timeoutOption(freeze, "50 millis").pipe(withClient(server.url))
      yield* until(
        Effect.sync(() => server.cutOff() === 1),
        "the login is cut off"
      )
    })
  )

  it.scopedLive("follows the client's policy, not that of the hasty call which began it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(150, ok({ token: "t" })), freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const hasty = yield* Effect.fork(
          Effect.flip(freeze).pipe(
            Policy.within({ attemptTimeout: Duration.millis(30), deadline: Duration.millis(60) })
          )
        )
        yield* pause(10)
        assert.isTrue(yield* freeze)
        hasFields(yield* Fiber.join(hasty), { _tag: "RequestTimedOut", limit: "deadline", timeout: 60 })
        assert.strictEqual(server.of("login").length, 1)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("is waited for no longer than the call's deadline, whatever kind of call it is", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: never })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        for (const name of [
          "login",
          "createCustomer",
          "getCardDetail",
          "createVirtualCard",
          "adjustBalance",
          "confirmThreeDs"
        ] as const) {
          const error = yield* Effect.flip(calls[name](yunmo)).pipe(
            Policy.within({ deadline: Duration.millis(40) })
          )
          hasFields(error, { _tag: "RequestTimedOut", limit: "deadline" }, name)
        }
        assert.strictEqual(server.received.length, 1)
      }).pipe(withClient(server.url))
    })
  )
})

describe("an ended session", () => {
  const operations = [
    "freezeCard",
    "createCustomer",
    "createVirtualCard",
    "adjustBalance",
    "confirmThreeDs"
  ] as const
  const everything = ok({ status: "SUCCESS", customerId: "AU1", cardId: "CD1" })

  it.scopedLive.each(operations.map((name) => [name] as const))(
    "%s: one new login and one repeat, with the new token",
    ([name]) =>
      Effect.gen(function* () {
        const answer = name === "freezeCard" || name === "confirmThreeDs" ? ok(true) : everything
        const server = yield* vendor({ listCustomerCards: ok([]), anything: [code("2000001"), answer] })
        yield* Effect.flatMap(Yunmo, calls[name]).pipe(withClient(server.url))
        assert.deepStrictEqual(
          server.received
            // A creation looks at the customer's cards first.
            .filter(({ operation }) => operation !== "listCustomerCards")
            .map(({ message, operation }) => [operation, message.token]),
          [
            ["login", ""],
            [name, tokenOf(1)],
            ["login", ""],
            [name, tokenOf(2)]
          ]
        )
      })
  )

  it.scopedLive.each(operations.map((name) => [name] as const))("%s: a second refusal surfaces", ([name]) =>
    Effect.gen(function* () {
      const server = yield* vendor({
        listCustomerCards: ok([]),
        anything: [code("2000001"), code("2000002")]
      })
      const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(withClient(server.url))
      hasFields(error, { _tag: "TokenInvalid", operation: name, attempt: 2 })
      assert.strictEqual(server.of("login").length, 2)
      assert.strictEqual(server.of(name).length, 2)
    })
  )

  it.scopedLive("is renewed once in a call, not once in each of its attempts", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        freezeCard: [code("2000001"), code("3000000"), code("2000001"), ok(true)]
      })
      const error = yield* Effect.flip(freeze).pipe(
        Policy.within({ retryBase: Duration.millis(1) }),
        withClient(server.url)
      )
      hasFields(error, { _tag: "TokenExpired", attempt: 3 })
      assert.strictEqual(server.of("login").length, 2)
    })
  )

  it.scopedLive("a login that then fails is what the call fails with, and money is refused", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        login: [ok({ token: "t" }), code("2000005")],
        adjustBalance: code("2000001")
      })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        const journal = yield* OrderJournal.OrderJournal
        const merchantOrderNo = Id.merchantOrderNo("O-1")
        const error = yield* Effect.flip(
          yunmo.cards.adjustBalance({
            cardId: Id.cardId,
            amount: Id.amount("1"),
            direction: "increase",
            merchantOrderNo
          })
        )
        hasFields(error, { _tag: "MerchantDisabled", operation: "login" })
        const entry = yield* journal.find(merchantNo, merchantOrderNo)
        assert.strictEqual(Option.getOrThrow(entry).state, "refused")
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("is told by whatever code the contract says tells it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [code("2000042"), ok(true)] })
      assert.isTrue(
        yield* freeze.pipe(
          withClient(server.url, {
            contract: {
              codes: { "2000042": { meaning: "kicked out", advice: "logInAgain", refused: true } }
            }
          })
        )
      )
      assert.strictEqual(server.of("login").length, 2)
    })
  )

  it.scopedLive("is no reason to send money again where the contract doubts that nothing was executed", () =>
    Effect.gen(function* () {
      const doubtful = {
        meaning: "token expired, perhaps on the way back",
        advice: "logInAgain",
        refused: false
      } as const
      const server = yield* vendor({ anything: [code("2000001"), ok(true)] })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        const outcome = yield* yunmo.transactions.confirmThreeDs({
          authId: Id.authId,
          cardId: Id.cardId,
          decision: "approve"
        })
        assert.strictEqual(outcome._tag, "Unknown")
        assert.strictEqual(server.of("confirmThreeDs").length, 1)
      }).pipe(withClient(server.url, { contract: { codes: { "2000001": doubtful } } }))
    })
  )
})

describe("an expiry that cannot be", () => {
  it.scopedLive.each([
    ["a lifetime in seconds", 7200],
    ["epoch seconds", 1_770_712_296],
    ["a clock that is behind", 1_000_000_000_000],
    ["nothing", 0]
  ] as const)("(%s) is not believed: the token is used until it is refused", ([, expireTime]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: ok({ token: "t", expireTime }), freezeCard: ok(true) })
      yield* Effect.repeatN(freeze, 4).pipe(withClient(server.url))
      assert.strictEqual(server.of("login").length, 1)
    })
  )

  it.scopedLive("one that the vendor does not give is no expiry", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: ok({ token: "t", expireTime: null }), freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        const { auth } = yield* Yunmo
        assert.deepStrictEqual(yield* auth.login, { expireTime: undefined })
        yield* freeze
      }).pipe(withClient(server.url))
      assert.strictEqual(server.of("login").length, 1)
    })
  )

  it.scopedLive("a connection that is reset is tried again", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: [reset, ok({ token: "t" })], freezeCard: ok(true) })
      assert.isTrue(yield* freeze.pipe(withClient(server.url, { policy: { retryBase: Duration.millis(1) } })))
      assert.strictEqual(server.of("login").length, 2)
    })
  )
})
