import { assert, describe, it } from "@effect/vitest"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import type { Keys } from "../src/Credentials.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { apiKey, merchantNo, secretKey, until, withClient as withClientLoudly } from "./support/client.js"
import * as merchantConsole from "./support/console.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { booked, credentials, finish, sandboxUrl, virtualCard, withSandbox } from "./support/sandbox.js"
import { logged, prints, traced } from "./support/shows.js"
import { code, later, ok, type Received, text, tokenOf, vendor } from "./support/vendor.js"

/** Rotations are logged; those who look at the log collect it. */
const withClient =
  (...args: Parameters<typeof withClientLoudly>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Logger.withMinimumLogLevel(withClientLoudly(...args)(effect), LogLevel.None)

const freeze = Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId: Id.cardId }))
const live = Effect.flatMap(Yunmo, (yunmo) => yunmo.credentials.live)
const liveIds = Effect.map(live, (keys) => keys.map(({ id }) => id))
const rotate = (keys: Keys) => Effect.flatMap(Yunmo, (yunmo) => yunmo.credentials.rotate(keys))

const newSecret = "2222222222222222"
const next: Keys = { id: "new", secretKey: Redacted.make(newSecret) }

/** Which of the two secrets a request was signed with. */
const signedWith = ({ body }: Received) => merchantConsole.keyOf(body, { old: secretKey, new: newSecret })

/** Refuses what is not signed with one of these. */
const takes =
  (secrets: () => ReadonlyArray<"old" | "new">, answer = ok(true)) =>
  (received: Received) => {
    const key = signedWith(received)
    return key !== undefined && secrets().includes(key) ? answer : code("2000003")
  }

describe("a rotation under load, against the sandbox", () => {
  const old = { apiKey: credentials.apiKey, secretKey: credentials.secretKey }
  const other = { apiKey: Redacted.make("another-api-key"), secretKey: Redacted.make(newSecret) }

  /** Calls of every kind, without a pause, until the rotation is through; each answer counts, and each refusal. */
  const underLoad = <A, E, R>(rotation: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const yunmo = yield* Yunmo
      const { cardId, customerId } = yield* virtualCard("c-1")
      const { cardId: spare } = yield* virtualCard("c-2")
      const done = yield* Ref.make(false)
      const asked = yield* Ref.make(0)
      const topUps = yield* Ref.make<ReadonlyArray<string>>([])
      const caller = (n: number) =>
        Effect.gen(function* () {
          if (n % 4 === 0) {
            const merchantOrderNo = yield* yunmo.cards.newOrderNo
            const outcome = yield* yunmo.cards.adjustBalance({
              cardId,
              merchantOrderNo,
              amount: Id.amount("1.00"),
              direction: "increase"
            })
            assert.strictEqual(outcome._tag, "Pending")
            yield* Ref.update(topUps, (all) => [...all, merchantOrderNo])
          } else if (n % 4 === 1) {
            yield* yunmo.cards.freeze({ cardId: spare })
          } else {
            yield* yunmo.customers.query({ customerId })
          }
          yield* Ref.update(asked, (count) => count + 1)
        }).pipe(Effect.repeat({ until: () => Ref.get(done) }))
      const load = yield* Effect.fork(
        Effect.all(
          Array.from({ length: 16 }, (_, n) => caller(n)),
          { concurrency: "unbounded" }
        )
      )
      const more = Effect.gen(function* () {
        const before = yield* Ref.get(asked)
        yield* Effect.raceFirst(
          until(
            Effect.map(Ref.get(asked), (count) => count >= before + 60),
            "the load goes on"
          ),
          // Fails with the first call that was refused.
          Fiber.join(load)
        )
      })
      yield* more
      yield* rotation
      yield* more
      yield* Ref.set(done, true)
      yield* Fiber.join(load)
      const orders = yield* Ref.get(topUps)
      for (const order of orders) {
        yield* finish(Id.merchantOrderNo(order))
      }
      assert.strictEqual((yield* booked(cardId)).length, orders.length, "each top-up once")
      assert.isAbove(orders.length, 4)
    })

  it.scopedLive("we first: keys that the vendor takes later refuse no call", () =>
    Effect.gen(function* () {
      const way = yield* merchantConsole.make(yield* sandboxUrl, credentials, [old])
      yield* Effect.gen(function* () {
        yield* underLoad(
          Effect.gen(function* () {
            yield* rotate({ id: "new", ...other })
            // The vendor learns of them while calls go on.
            yield* until(
              Effect.sync(() => way.refused() > 0),
              "a call was signed with the new key"
            )
            way.accept([other])
          })
        )
        const [newest, oldest] = yield* live
        hasFields(newest ?? {}, { id: "new", resting: false })
        hasFields(oldest ?? {}, { id: "signing" })
        const { credentials: keys, customers } = yield* Yunmo
        yield* keys.retire("signing")
        const refused = way.refused()
        yield* customers.query({ customerCode: Id.customerCode("c-1") })
        assert.strictEqual(way.refused(), refused)
      }).pipe(withClient(way.url, { options: credentials }))
    }).pipe(Effect.provide(withSandbox()), Policy.within({ deadline: Duration.minutes(1) }))
  )

  it.scopedLive("the vendor first: keys that are live already refuse no call", () =>
    Effect.gen(function* () {
      const way = yield* merchantConsole.make(yield* sandboxUrl, credentials, [old])
      yield* Effect.gen(function* () {
        yield* underLoad(Effect.sync(() => way.accept([other])))
        assert.isAbove(way.refused(), 0)
        const [oldest, newest] = yield* live
        hasFields(oldest ?? {}, { id: "signing", resting: true })
        hasFields(newest ?? {}, { id: "next", resting: false })
      }).pipe(withClient(way.url, { options: { ...credentials, accepted: [{ id: "next", ...other }] } }))
    }).pipe(Effect.provide(withSandbox()), Policy.within({ deadline: Duration.minutes(1) }))
  )

  it.scopedLive("with both taken for a while, the new one is used alone from the start", () =>
    Effect.gen(function* () {
      const way = yield* merchantConsole.make(yield* sandboxUrl, credentials, [old, other])
      yield* Effect.gen(function* () {
        yield* underLoad(rotate({ id: "new", ...other }))
        way.accept([other])
        yield* Effect.flatMap(Yunmo, ({ customers }) =>
          customers.query({ customerCode: Id.customerCode("c-1") })
        )
        assert.strictEqual(way.refused(), 0)
        assert.strictEqual(
          (yield* Effect.flatMap(Sandbox.Sandbox, ({ calls }) => calls)).counts
            .filter(({ operation }) => operation === "login")
            .reduce((sum, one) => sum + one.count, 0),
          1,
          "and the token stays in use"
        )
      }).pipe(withClient(way.url, { options: credentials }))
    }).pipe(Effect.provide(withSandbox()), Policy.within({ deadline: Duration.minutes(1) }))
  )
})

describe("keys that the vendor refuses", () => {
  it.effect("are tried again after a minute, by one call", () =>
    Effect.gen(function* () {
      const taken = { now: ["old"] as ReadonlyArray<"old" | "new"> }
      const server = yield* vendor({ login: ok({ token: "t" }), freezeCard: takes(() => taken.now) })
      const keys = () => server.of("freezeCard").map(signedWith)
      yield* Effect.gen(function* () {
        yield* freeze
        yield* rotate(next)
        yield* freeze
        assert.deepStrictEqual(keys(), ["old", "new", "old"])
        yield* freeze
        yield* TestClock.adjust("59 seconds")
        yield* freeze
        assert.deepStrictEqual(keys().slice(3), ["old", "old"])
        yield* TestClock.adjust("1 second")
        yield* Effect.all([freeze, freeze, freeze], { concurrency: "unbounded" })
        assert.strictEqual(
          keys()
            .slice(5)
            .filter((key) => key === "new").length,
          1
        )
        taken.now = ["new"]
        yield* freeze
        assert.deepStrictEqual(keys().slice(-2), ["old", "new"], "the other at once")
        yield* freeze
        assert.deepStrictEqual(keys().slice(-1), ["new"])
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.scopedLive.each([["adjustBalance"], ["confirmThreeDs"], ["createCustomer"], ["getCardDetail"]] as const)(
    "%s goes out once with each of them, and not again",
    ([name]) =>
      Effect.gen(function* () {
        const server = yield* vendor({ anything: code("2000003") })
        const error = yield* Effect.flip(Effect.flatMap(Yunmo, calls[name])).pipe(
          withClient(server.url, { options: { accepted: [{ secretKey: Redacted.make(newSecret) }] } })
        )
        hasFields(error, { _tag: "SignatureRejected", operation: name, attempt: 2 })
        assert.deepStrictEqual(server.of(name).map(signedWith), ["old", "new"])
        assert.strictEqual(server.of("login").length, 1)
      })
  )

  it.scopedLive.each([
    ["is good", ok(true), "Right"],
    ["is still refused", code("2000003"), "Left"]
  ] as const)(
    "a change at the vendor's between two tries gives the first key one more, which %s",
    ([, last, tag]) =>
      Effect.gen(function* () {
        const server = yield* vendor({ freezeCard: [ok(true), code("2000003"), code("2000003"), last] })
        yield* Effect.gen(function* () {
          yield* freeze
          yield* rotate(next)
          const answer = yield* Effect.either(freeze)
          assert.strictEqual(answer._tag, tag)
          assert.deepStrictEqual(server.of("freezeCard").map(signedWith), ["old", "new", "old", "new"])
        }).pipe(withClient(server.url))
      })
  )

  it.scopedLive("money is not sent again where the answer under the other key is lost", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        adjustBalance: [code("2000003"), code("3000000"), ok({ status: "SUCCESS" })]
      })
      const outcome = yield* Effect.flatMap(Yunmo, ({ cards }) =>
        cards.adjustBalance({
          cardId: Id.cardId,
          amount: Id.amount("1"),
          direction: "increase",
          merchantOrderNo: Id.merchantOrderNo("O-1")
        })
      ).pipe(withClient(server.url, { options: { accepted: [next] } }))
      assert.strictEqual(outcome._tag, "Unknown")
      assert.strictEqual(server.of("adjustBalance").length, 2)
    })
  )

  it.scopedLive("nothing is repeated where the contract doubts that 2000003 refuses before execution", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ createCustomer: code("2000003") })
      const error = yield* Effect.flatMap(Yunmo, ({ customers }) =>
        customers.create({ customerCode: Id.customerCode("c") })
      ).pipe(
        Effect.flip,
        withClient(server.url, {
          options: { accepted: [next] },
          contract: {
            codes: { "2000003": { meaning: "who knows", advice: "settleByQuery", refused: false } }
          }
        })
      )
      assert.strictEqual(error._tag, "OutcomeUnknown")
      assert.strictEqual(server.of("createCustomer").length, 1)
    })
  )

  it.scopedLive.each([["2000003"], ["2000006"]])("at a login (%s) the other pair is tried", ([refusal]) =>
    Effect.gen(function* () {
      const server = yield* vendor({
        login: ({ message }) =>
          message.data["apiKey"] === "new-api-key" ? ok({ token: "t" }) : code(refusal ?? ""),
        freezeCard: takes(() => ["new"])
      })
      yield* freeze.pipe(
        withClient(server.url, {
          options: { accepted: [{ ...next, apiKey: Redacted.make("new-api-key") }] }
        })
      )
      assert.deepStrictEqual(
        server.of("login").map((received) => [message(received), signedWith(received)]),
        [
          [apiKey, "old"],
          ["new-api-key", "new"]
        ]
      )
      assert.deepStrictEqual(server.of("freezeCard").map(signedWith), ["new"])
    })
  )
})

const message = ({ message: { data } }: Received) => data["apiKey"]

describe("rotate", () => {
  it.scopedLive("lets a call under way end with what it began with", () =>
    Effect.gen(function* () {
      const signed = (secret: string) =>
        Effect.map(
          Signer.signWith(SigningKey.make("k", secret), {
            envelope: { code: "200", msg: "" },
            data: { cardId: "CD1", status: "ACTIVE" }
          }),
          ({ body }) => text(Redacted.value(body))
        )
      const answer = yield* signed(secretKey)
      const server = yield* vendor({ getCardDetail: later(150, answer) })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        const call = yield* Effect.fork(yunmo.cards.detail({ cardId: Id.cardId }))
        yield* until(
          Effect.sync(() => server.of("getCardDetail").length === 1),
          "it is under way"
        )
        yield* rotate(next)
        yield* yunmo.credentials.retire("signing")
        assert.strictEqual((yield* Fiber.join(call)).cardId, "CD1")
        // From now on that signature is nobody's.
        hasFields(yield* Effect.flip(yunmo.cards.detail({ cardId: Id.cardId })), {
          _tag: "ResponseInvalid",
          reason: "SignatureInvalid"
        })
      }).pipe(withClient(server.url, { policy: { responseSignature: "whenPresent" } }))
    })
  )

  it.scopedLive("verifies answers under all live keys", () =>
    Effect.gen(function* () {
      const answers = yield* Effect.forEach([newSecret, secretKey], (secret) =>
        Effect.map(
          Signer.signWith(SigningKey.make("k", secret), {
            envelope: { code: "200", msg: "" },
            data: { cardId: "CD1", status: "ACTIVE" }
          }),
          ({ body }) => text(Redacted.value(body))
        )
      )
      const server = yield* vendor({ getCardDetail: (_, nth) => answers[nth] ?? code("-1") })
      yield* Effect.gen(function* () {
        const { cards } = yield* Yunmo
        yield* cards.detail({ cardId: Id.cardId })
        yield* cards.detail({ cardId: Id.cardId })
        assert.isTrue((yield* live).every(({ lastUsed }) => Option.isSome(lastUsed)))
      }).pipe(withClient(server.url, { options: { accepted: [next] } }))
    })
  )

  it.effect("tries a login that failed under the old keys at once", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        login: (received) => (signedWith(received) === "new" ? ok({ token: "t" }) : code("2000006")),
        freezeCard: ok(true)
      })
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(freeze))._tag, "CredentialsRejected")
        assert.strictEqual((yield* Effect.flip(freeze))._tag, "CredentialsRejected")
        yield* rotate(next)
        assert.isTrue(yield* freeze)
        assert.strictEqual(server.of("login").length, 2)
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )

  it.scopedLive("keeps the token: only its refusal makes a login", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      yield* Effect.gen(function* () {
        yield* freeze
        yield* rotate(next)
        yield* freeze
      }).pipe(withClient(server.url))
      assert.deepStrictEqual(
        server.received.map((received) => [received.operation, received.message.token, signedWith(received)]),
        [
          ["login", "", "old"],
          ["freezeCard", tokenOf(1), "old"],
          ["freezeCard", tokenOf(1), "new"]
        ]
      )
    })
  )

  it.scopedLive("names pairs, moves one that is live to the front, and refuses what does not fit", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        assert.deepStrictEqual(yield* liveIds, ["signing"])
        assert.strictEqual(yield* rotate({ secretKey: Redacted.make("a-third-secret") }), "rotated-1")
        assert.strictEqual(yield* rotate(next), "new")
        assert.deepStrictEqual(yield* liveIds, ["new", "rotated-1", "signing"])
        assert.strictEqual(yield* rotate({ secretKey: Redacted.make(secretKey) }), "signing")
        assert.deepStrictEqual(yield* liveIds, ["signing", "new", "rotated-1"])
        for (const [keys, reason] of [
          [{ secretKey: Redacted.make(" hunter2") }, "StartsWithBlank"],
          [{ secretKey: Redacted.make("") }, "Empty"],
          [{ id: "new", secretKey: Redacted.make("hunter2") }, "another live pair has this id"],
          [{ secretKey: Redacted.make("hunter2"), apiKey: Redacted.make(" ") }, "the API key is empty"]
        ] as const) {
          const error = yield* Effect.flip(rotate(keys))
          assert.strictEqual(error._tag, "CredentialsInvalid")
          assert.include(error.message, reason)
          assert.notInclude(error.message, "hunter2")
        }
        yield* yunmo.credentials.retire("new")
        yield* yunmo.credentials.retire("rotated-1")
        assert.include((yield* Effect.flip(yunmo.credentials.retire("new"))).message, "none of this id")
        assert.include((yield* Effect.flip(yunmo.credentials.retire("signing"))).message, "the only ones")
        assert.deepStrictEqual(yield* liveIds, ["signing"])
      }).pipe(withClient("http://127.0.0.1:1"))
    })
  )
})

describe("keys given at the start", () => {
  it.scopedLive("are live behind the first, each pair once and under an id of its own", () =>
    Effect.gen(function* () {
      const secrets = ["a-secret", "b-secret", secretKey, "a-secret", "c-secret", "d-secret"]
      const ids = [undefined, "mine", undefined, undefined, "mine", "signing"]
      const accepted = secrets.map((secret, index) => ({ id: ids[index], secretKey: Redacted.make(secret) }))
      assert.deepStrictEqual(
        yield* liveIds.pipe(withClient("http://127.0.0.1:1", { options: { accepted } })),
        ["signing", "accepted-1", "mine", "accepted-5", "accepted-6"]
      )
    })
  )
})

describe("when a key was last used", () => {
  it.effect("is told by a gauge and by the client", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: ok({ token: "t" }), freezeCard: ok(true) })
      const gauge = (key: string) =>
        Metric.value(
          Metric.gauge("yunmo_client_key_last_used_seconds", {
            description: "When the vendor last took this key, or signed with it, epoch seconds."
          }).pipe(Metric.tagged("merchant_no", merchantNo), Metric.tagged("key", key))
        )
      yield* Effect.gen(function* () {
        yield* TestClock.setTime(1_000_000)
        yield* freeze
        yield* TestClock.setTime(2_000_000)
        yield* rotate({ ...next, id: "gauged" })
        yield* freeze
        yield* TestClock.setTime(3_000_000)
        yield* freeze
        assert.deepStrictEqual(yield* live, [
          { id: "gauged", lastUsed: Option.some(3_000_000), resting: false },
          { id: "signing", lastUsed: Option.some(1_000_000), resting: false }
        ])
        assert.strictEqual((yield* gauge("gauged")).value, 3000)
        assert.strictEqual((yield* gauge("signing")).value, 1000)
        // One that is busy moves on as well.
        for (const half of [1, 2, 3, 4]) {
          yield* TestClock.setTime(3_000_000 + half * 500)
          yield* freeze
        }
        assert.strictEqual((yield* gauge("gauged")).value, 3002)
      }).pipe(withClient(server.url))
    }).pipe(Effect.scoped)
  )
})

describe("no key shows", () => {
  it.scopedLive("of all that are live, when the vendor repeats them", () =>
    Effect.gen(function* () {
      const secrets = [
        "CANARY-old-secret-1",
        "CANARY-new-secret-2",
        "CANARY-old-api-key-3",
        "CANARY-new-api-key-4"
      ]
      const [oldSecret = "", newer = "", oldApi = "", newApi = ""] = secrets
      const lines = yield* logged
      const spans = yield* traced
      const told = `${secrets.join(" ")} ${tokenOf(1)}`
      const server = yield* vendor({
        anything: [code("2000003", told), code("1000000", told), code(told, told)]
      })
      const shown = yield* Effect.gen(function* () {
        yield* rotate({ secretKey: Redacted.make(newer), apiKey: Redacted.make(newApi) })
        const first = yield* Effect.exit(freeze)
        yield* Effect.logInfo(first)
        const second = yield* Effect.exit(freeze)
        const bad = yield* Effect.exit(rotate({ secretKey: Redacted.make(`${newer}\n`) }))
        return [first, second, bad, yield* Yunmo, yield* live].map(prints)
      }).pipe(
        lines.collect,
        spans.collect,
        withClient(server.url, {
          options: { secretKey: Redacted.make(oldSecret), apiKey: Redacted.make(oldApi) }
        })
      )
      assert.isAtLeast(server.of("freezeCard").length, 3)
      const everything = [...shown, ...lines.all, ...spans.all.map((span) => span.name + span.shown)].join(
        "\n"
      )
      assert.include(everything, "BadParameters")
      assert.include(everything, "refuses the key rotated-1")
      assert.notInclude(everything, "CANARY")
      assert.notInclude(everything, tokenOf(1))
    })
  )
})
