import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as BaseUrl from "../src/BaseUrl.js"
import * as Policy from "../src/Policy.js"
import * as TokenStore from "../src/TokenStore.js"
import { Yunmo, type YunmoService } from "../src/Yunmo.js"
import { clientOf, merchantNo, pause, until } from "./support/client.js"
import * as Id from "./support/ids.js"
import { credentials, sandboxUrl, withSandbox } from "./support/sandbox.js"
import { logged } from "./support/shows.js"
import { later, ok, tokenOf, vendor } from "./support/vendor.js"

const baseUrl = Either.getOrThrow(BaseUrl.fromText("https://api.example.com"))
const account: TokenStore.Account = { merchantNo, baseUrl }
const grant = (token: string, issuedAt: number, expireTime?: number): TokenStore.Grant => ({
  token: Redacted.make(token),
  issuedAt,
  expireTime
})
const tokenIn = Option.map(({ token }: TokenStore.Grant) => Redacted.value(token))

/** The account of a client of this server. */
const accountOf = (url: string): TokenStore.Account => ({
  merchantNo,
  baseUrl: Either.getOrThrow(BaseUrl.fromText(url))
})

/** A client of this server that keeps its token here, as a process of its own would. */
const clientWith = (
  url: string,
  store: TokenStore.TokenStoreService,
  options?: Parameters<typeof clientOf>[1]
) =>
  Effect.map(
    Layer.build(
      Layer.fresh(Layer.provide(clientOf(url, options), Layer.succeed(TokenStore.TokenStore, store)))
    ),
    Context.get(Yunmo)
  )

const freeze = ({ cards }: YunmoService) => cards.freeze({ cardId: Id.cardId })

describe("a store in memory", () => {
  it.effect("keeps the token of an account, and those of others apart", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      assert.isTrue(Option.isNone(yield* store.get(account)))
      yield* store.put(account, "a", grant("t-1", 1))
      assert.deepStrictEqual(tokenIn(yield* store.get(account)), Option.some("t-1"))
      const others = [
        { ...account, merchantNo: MerchantNo.make("BU2") },
        { ...account, baseUrl: Either.getOrThrow(BaseUrl.fromText("https://sandbox-api.yunmo.io")) }
      ]
      for (const other of others) {
        assert.isTrue(Option.isNone(yield* store.get(other)))
        assert.isTrue(yield* store.claim(other, "b", Duration.seconds(5)))
      }
      assert.isTrue(yield* store.claim(account, "a", Duration.seconds(5)))
    })
  )

  it.effect("gives the right to log in to one, until it is given back or has ended", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      const lease = Duration.seconds(5)
      assert.isTrue(yield* store.claim(account, "a", lease))
      assert.isFalse(yield* store.claim(account, "b", lease))
      yield* store.release(account, "b")
      assert.isFalse(yield* store.claim(account, "b", lease), "only its holder gives it back")
      yield* TestClock.adjust("4 seconds")
      assert.isTrue(yield* store.claim(account, "a", lease), "prolonged")
      yield* TestClock.adjust("4 seconds")
      assert.isFalse(yield* store.claim(account, "b", lease))
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(yield* store.claim(account, "b", lease), "ended")
      yield* store.put(account, "b", grant("t", 9000))
      assert.isTrue(yield* store.claim(account, "c", lease), "given back with the token")
    })
  )

  it.effect("keeps a newer token from one whose lease had ended", () =>
    Effect.gen(function* () {
      const store = yield* TokenStore.makeMemory
      const lease = Duration.seconds(5)
      yield* store.claim(account, "slow", lease)
      yield* TestClock.adjust(lease)
      yield* store.claim(account, "b", lease)
      yield* store.put(account, "b", grant("newer", 5000))
      yield* store.put(account, "slow", grant("older", 4000))
      assert.deepStrictEqual(tokenIn(yield* store.get(account)), Option.some("newer"))
      // Who holds the lease is right whatever the clocks of two machines say.
      yield* store.claim(account, "b", lease)
      yield* store.put(account, "b", grant("newest", 3000))
      assert.deepStrictEqual(tokenIn(yield* store.get(account)), Option.some("newest"))
    })
  )
})

describe("two clients of the sandbox, where a login ends older tokens", () => {
  const rules = { loginEndsOldTokens: true } as const
  const logins = Effect.flatMap(Sandbox.Sandbox, ({ calls }) =>
    Effect.map(calls, ({ counts }) =>
      counts.filter(({ operation }) => operation === "login").reduce((sum, one) => sum + one.count, 0)
    )
  )
  const customerCode = Id.customerCode("c-1")
  const clients = (store: TokenStore.TokenStoreService) =>
    Effect.gen(function* () {
      const url = yield* sandboxUrl
      const options = { options: credentials }
      return [yield* clientWith(url, store, options), yield* clientWith(url, store, options)] as const
    })
  const both = ([one, two]: readonly [YunmoService, YunmoService], times: number) =>
    Effect.all(
      Array.from({ length: times }, (_, n) => (n % 2 === 0 ? one : two).customers.query({ customerCode })),
      { concurrency: "unbounded" }
    ).pipe(
      Policy.within({
        concurrency: times,
        deadline: Duration.minutes(2),
        attemptTimeout: Duration.minutes(2)
      })
    )

  it.scopedLive("log in once between them, each time the token ends", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const pair = yield* clients(yield* TokenStore.makeMemory)
      yield* pair[0].customers.create({ customerCode })
      assert.strictEqual(yield* logins, 1)
      yield* both(pair, 20)
      assert.strictEqual(yield* logins, 1, "the second client took the token of the first")
      for (const round of [1, 2, 3]) {
        yield* sandbox.moveClock({ bySeconds: 7200 })
        const found = yield* both(pair, 200)
        assert.strictEqual(found.length, 200)
        assert.strictEqual(yield* logins, 1 + round)
      }
    }).pipe(Effect.provide(withSandbox({ sandbox: { rules } })))
  )

  it.scopedLive("take each other's new token, also when it was asked for", () =>
    Effect.gen(function* () {
      const [one, two] = yield* clients(yield* TokenStore.makeMemory)
      yield* one.customers.create({ customerCode })
      yield* two.customers.query({ customerCode })
      yield* one.auth.login
      assert.strictEqual(yield* logins, 2, "asked for, it is a new one")
      yield* two.customers.query({ customerCode })
      yield* one.customers.query({ customerCode })
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(withSandbox({ sandbox: { rules } })))
  )

  it.scopedLive("without a store end each other's token with every call", () =>
    Effect.gen(function* () {
      const [one, two] = yield* clients(TokenStore.none)
      yield* one.customers.create({ customerCode })
      for (const client of [two, one, two, one]) {
        yield* client.customers.query({ customerCode })
      }
      assert.strictEqual(yield* logins, 5)
    }).pipe(Effect.provide(withSandbox({ sandbox: { rules } })))
  )
})

describe("a token that somebody else has come by", () => {
  it.scopedLive("is used without a login, to its end", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      yield* store.put(accountOf(server.url), "other", grant("shared-token", 1))
      const client = yield* clientWith(server.url, store)
      yield* freeze(client)
      assert.strictEqual(server.of("login").length, 0)
      assert.strictEqual(server.of("freezeCard")[0]?.message.token, "shared-token")
      yield* store.put(accountOf(server.url), "other", grant("ended", 2, 3))
      const another = yield* clientWith(server.url, store)
      yield* freeze(another)
      assert.strictEqual(server.of("login").length, 1)
      assert.deepStrictEqual(tokenIn(yield* store.get(accountOf(server.url))), Option.some(tokenOf(1)))
    })
  )

  it.scopedLive("is waited for while that one logs in", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      const shared = accountOf(server.url)
      yield* store.claim(shared, "other", Duration.minutes(1))
      const client = yield* clientWith(server.url, store)
      const call = yield* Effect.fork(freeze(client))
      yield* pause(150)
      assert.strictEqual(server.received.length, 0)
      yield* store.put(shared, "other", grant("from-the-other", 1))
      yield* Fiber.join(call)
      assert.strictEqual(server.of("login").length, 0)
      assert.strictEqual(server.of("freezeCard")[0]?.message.token, "from-the-other")
    })
  )

  const inSteps = (call: Fiber.RuntimeFiber<unknown, unknown>) => {
    const ended = Effect.map(Fiber.poll(call), Option.isSome)
    const step: Effect.Effect<number> = Effect.flatMap(ended, (yes) =>
      yes
        ? Effect.succeed(0)
        : TestClock.adjust("100 millis").pipe(
            Effect.zipRight(pause(1)),
            Effect.zipRight(
              Effect.map(
                Effect.suspend(() => step),
                (n) => n + 1
              )
            )
          )
    )
    return step
  }

  it.effect("is not waited for when that one has died: its lease ends after 5 seconds", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      yield* store.claim(accountOf(server.url), "dead", Duration.seconds(5))
      const client = yield* clientWith(server.url, store)
      const call = yield* Effect.fork(freeze(client))
      yield* TestClock.adjust("4900 millis")
      assert.strictEqual(server.received.length, 0)
      yield* inSteps(call)
      assert.isTrue(yield* Fiber.join(call))
      assert.strictEqual(server.of("login").length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("is not waited for beyond the attempt timeout and a lease, and then told of", () =>
    Effect.gen(function* () {
      const lines = yield* logged
      const server = yield* vendor({ freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      // Its clock is an hour ahead.
      yield* store.claim(accountOf(server.url), "ahead", Duration.hours(1))
      const client = yield* clientWith(server.url, store)
      const call = yield* Effect.fork(lines.collect(freeze(client)))
      yield* TestClock.adjust("14900 millis")
      assert.strictEqual(server.received.length, 0)
      yield* inSteps(call)
      assert.isTrue(yield* Fiber.join(call))
      assert.strictEqual(server.of("login").length, 1)
      assert.include(lines.all.join("\n"), "Compare the clocks")
    }).pipe(Effect.scoped)
  )

  it.effect("comes from a login that prolongs its lease as long as it goes on", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: later(300, ok({ token: "t" })), freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      const slow = yield* clientWith(server.url, store)
      const call = yield* Effect.fork(freeze(slow))
      yield* until(
        Effect.sync(() => server.of("login").length === 1),
        "the login is under way"
      )
      yield* TestClock.adjust("8 seconds")
      assert.isFalse(yield* store.claim(accountOf(server.url), "impatient", Duration.seconds(5)))
      assert.isTrue(yield* Fiber.join(call))
      assert.isTrue(yield* store.claim(accountOf(server.url), "next", Duration.seconds(5)))
    }).pipe(Effect.scoped)
  )
})

describe("a store that fails", () => {
  const down = new TokenStore.TokenStoreUnavailable({ description: "the database is gone" })
  const broken: Readonly<Record<string, Effect.Effect<never, TokenStore.TokenStoreUnavailable>>> = {
    "with its error": Effect.fail(down),
    "with a defect": Effect.dieMessage("not a store")
  }
  const failing = (
    how: Effect.Effect<never, TokenStore.TokenStoreUnavailable>
  ): TokenStore.TokenStoreService => ({
    get: () => how,
    claim: () => how,
    put: () => how,
    release: () => how
  })

  it.scopedLive.each(Object.entries(broken))("%s stops no call, and is told of", ([, how]) =>
    Effect.gen(function* () {
      const lines = yield* logged
      const server = yield* vendor({ freezeCard: ok(true) })
      const client = yield* clientWith(server.url, failing(how))
      yield* Effect.all([freeze(client), freeze(client)], { concurrency: "unbounded" }).pipe(lines.collect)
      assert.strictEqual(server.of("login").length, 1)
      const warnings = lines.all.filter((line) => line.includes("The token store cannot be used"))
      assert.strictEqual(warnings.length, 1)
    })
  )

  it.effect("by never answering stops no call", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const client = yield* clientWith(server.url, failing(Effect.never))
      const call = yield* Effect.fork(freeze(client))
      yield* TestClock.adjust("2 seconds")
      assert.isTrue(yield* Fiber.join(call))
      assert.strictEqual(server.of("login").length, 1)
    }).pipe(Effect.scoped)
  )

  it.scopedLive("when the token is to be kept costs no second login", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const store = yield* TokenStore.makeMemory
      const client = yield* clientWith(server.url, { ...store, put: () => Effect.fail(down) })
      yield* freeze(client)
      yield* freeze(client)
      assert.strictEqual(server.of("login").length, 1)
    })
  )

  it.scopedLive("leaves the right to log in to others when the login fails", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(vendor())
      const store = yield* TokenStore.makeMemory
      const client = yield* clientWith(gone.url, store, { policy: { retries: 0 } })
      assert.strictEqual((yield* Effect.flip(freeze(client)))._tag, "TransportFailed")
      assert.isTrue(yield* store.claim(accountOf(gone.url), "next", Duration.seconds(5)))
    })
  )
})
