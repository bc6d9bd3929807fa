import { assert, describe, it } from "@effect/vitest"
import type * as Notification from "@effect-yunmo/schema/Notification"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Merchants from "../src/Merchants.js"
import * as NodeListener from "../src/NodeListener.js"
import * as Notifications from "../src/Notifications.js"
import { Receiver } from "../src/Receiver.js"
import * as WebHandler from "../src/WebHandler.js"
import { listen, path, post } from "./http.js"
import { bridged } from "./servers.js"
import {
  bytes,
  database,
  merchantNo,
  merchantsOfTwo,
  otherKey,
  otherMerchantNo,
  query,
  type Sent,
  secret,
  signed,
  trade
} from "./support.js"

const merchants = Merchants.layerEffect(merchantsOfTwo)
const quiet = Logger.minimumLogLevel(LogLevel.None)

type Told =
  | {
      readonly handler: "kyc"
      readonly notification: Notification.Of<"Kyc">
      readonly received: Notifications.ReceivedDecoded
    }
  | {
      readonly handler: "threeDs"
      readonly notification: Notification.Of<"ThreeDs">
      readonly received: Notifications.ReceivedDecoded
    }
  | {
      readonly handler: "trade"
      readonly notification: Notification.Of<"Trade">
      readonly received: Notifications.ReceivedDecoded
    }
  | {
      readonly handler: "unknown"
      readonly message: Notifications.SetAside
      readonly received: Notifications.Received
    }

/** Handlers that only write down what they were given. */
const recording = (told: Array<Told>): Notifications.Handlers<never, never> => ({
  kyc: (notification, received) => Effect.sync(() => told.push({ handler: "kyc", notification, received })),
  threeDs: (notification, received) =>
    Effect.sync(() => told.push({ handler: "threeDs", notification, received })),
  trade: (notification, received) =>
    Effect.sync(() => told.push({ handler: "trade", notification, received })),
  unknown: (message, received) => Effect.sync(() => told.push({ handler: "unknown", message, received }))
})

const send = (data: JsonObject, options?: Sent) =>
  Effect.flatMap(Effect.zip(Receiver, signed(data, options)), ([receiver, body]) =>
    receiver.receive(bytes(body))
  )

describe("Notifications.handle", () => {
  it.effect("hands each kind to its handler, decoded, with what recognises it", () => {
    const told: Array<Told> = []
    return Effect.gen(function* () {
      assert.deepInclude(yield* send({ customerId: "CU1", auditState: 2 }, { eventType: "KYC" }), {
        outcome: "kept",
        status: 200,
        body: "OK"
      })
      yield* send({ authId: "A1", cardId: "CD1" }, { eventType: "_3DS" })
      yield* send(trade())
      yield* send(trade(), { merchantNo: otherMerchantNo, signedWith: otherKey })
      assert.deepStrictEqual(
        told.map(({ handler, received }) => [handler, received.merchantNo, received.keyId]),
        [
          ["kyc", merchantNo, "signing"],
          ["threeDs", merchantNo, "signing"],
          ["trade", merchantNo, "signing"],
          ["trade", otherMerchantNo, "other"]
        ]
      )
      const [kyc, threeDs, first, second] = told
      assert.strictEqual(kyc?.handler === "kyc" && kyc.received.businessKey, `["CU1","2"]`)
      assert.isTrue(threeDs?.handler === "threeDs" && threeDs.received.businessKey === `["A1"]`)
      assert.strictEqual(first?.handler === "trade" && first.notification.data.amount?.text, "5700.00")
      assert.deepStrictEqual(first?.received.ambiguity, ["PairInValue"])
      assert.deepStrictEqual(kyc?.received.ambiguity, [])
      assert.match(first?.received.idempotencyKey ?? "", /^[0-9a-f]{64}$/)
      // One effect, told by two messages.
      assert.strictEqual(
        first?.handler === "trade" && first.received.businessKey,
        second?.handler === "trade" && second.received.businessKey
      )
      assert.notStrictEqual(first?.received.idempotencyKey, second?.received.idempotencyKey)
    }).pipe(
      Effect.provide(Notifications.layer(recording(told))),
      Effect.provide(merchants),
      Effect.provide(quiet)
    )
  })

  it.effect(
    "gives what nobody can read to a handler that has to be there, with the bytes, and answers OK",
    () => {
      const told: Array<Told> = []
      return Effect.gen(function* () {
        const body = yield* signed({ cardId: "CD1", what: "new" }, { eventType: "CARD_STATUS" })
        const receiver = yield* Receiver
        assert.deepInclude(yield* receiver.receive(bytes(body)), {
          outcome: "setAside",
          status: 200,
          body: "OK"
        })
        assert.strictEqual((yield* send({ orderNo: "OR1", amount: "a lot" })).status, 200)
        const [unknown, unreadable, ...others] = told
        assert.lengthOf(others, 0)
        if (unknown?.handler !== "unknown" || unreadable?.handler !== "unknown") {
          return assert.fail("not given to the handler of unknown ones")
        }
        assert.deepInclude(unknown.message, {
          kind: "unknown",
          eventType: "CARD_STATUS",
          reason: "The contract does not know this event type."
        })
        assert.isTrue(Option.isSome(unknown.message.notification))
        assert.strictEqual(new TextDecoder().decode(Redacted.value(unknown.received.raw)), body)
        assert.deepInclude(unreadable.message, { kind: "trade", eventType: "TRADE" })
        assert.isTrue(Option.isNone(unreadable.message.notification))
        assert.include(unreadable.message.reason, "cardId is missing")
        assert.notInclude(JSON.stringify(told), "a lot")
      }).pipe(
        Effect.provide(Notifications.layer(recording(told))),
        Effect.provide(merchants),
        Effect.provide(quiet)
      )
    }
  )

  it.effect("gives ambiguous ones to that handler too, where the merchant is strict", () => {
    const told: Array<Told> = []
    return Effect.gen(function* () {
      assert.strictEqual((yield* send(trade())).outcome, "setAside")
      assert.strictEqual((yield* send(trade({ terminalMerchantName: "H&M" }))).outcome, "kept")
      assert.deepStrictEqual(
        told.map(({ handler }) => handler),
        ["unknown", "trade"]
      )
      const [flagged] = told
      assert.isTrue(
        flagged?.handler === "unknown" &&
          Option.isSome(flagged.message.notification) &&
          flagged.message.notification.value._tag === "Trade"
      )
    }).pipe(
      Effect.provide(Notifications.layer(recording(told), { ambiguous: "setAside" })),
      Effect.provide(merchants),
      Effect.provide(quiet)
    )
  })

  it.effect(
    "answers 503 for a handler that fails, dies or is interrupted, and says so without what it said",
    () => {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ annotations, message }) => {
        lines.push(JSON.stringify([message, ...HashMap.toEntries(annotations)]))
      })
      const canary = "4111111111111111"
      const ends: ReadonlyArray<Effect.Effect<void, unknown>> = [
        Effect.fail({ _tag: "DatabaseDown", message: canary }),
        Effect.fail(canary),
        Effect.fail(new Error(canary)),
        Effect.die(new Error(`row ${canary}`)),
        Effect.die(canary),
        Effect.interrupt,
        Effect.sync(() => JSON.parse(`{"pan":${canary}`))
      ]
      let at = 0
      const handler = () => ends[at++] ?? Effect.void
      const receiver = Notifications.layer(
        { kyc: handler, threeDs: handler, trade: handler, unknown: handler },
        { retryAfter: "7 seconds" }
      )
      return Effect.gen(function* () {
        for (const _ of ends) {
          const answer = yield* send(trade())
          assert.deepInclude(answer, { outcome: "unavailable", status: 503 })
          assert.strictEqual(answer.headers["Retry-After"], "7")
        }
        assert.strictEqual((yield* send(trade())).body, "OK")
        assert.lengthOf(lines, ends.length)
        const printed = lines.join("\n")
        assert.include(printed, "its handler failed: DatabaseDown")
        assert.notInclude(printed, canary)
        assert.notInclude(printed, secret)
      }).pipe(
        Effect.provide(receiver),
        Effect.provide(merchants),
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
    }
  )

  it.effect("bounds the time of a handler and the number at work, and answers 503 beyond", () =>
    Effect.gen(function* () {
      let begun = 0
      let interrupted = 0
      const never = () =>
        Effect.zipRight(
          Effect.sync(() => {
            begun += 1
          }),
          Effect.onInterrupt(Effect.never, () =>
            Effect.sync(() => {
              interrupted += 1
            })
          )
        )
      const receiver = yield* Notifications.handle(
        { ...recording([]), trade: never, rejected: never },
        { handlerTimeout: "2 seconds", maxHandlers: 3 }
      )
      const receive = (data: JsonObject) =>
        Effect.flatMap(signed(data), (body) => receiver.receive(bytes(body)))
      const hanging = yield* Effect.forkAll([1, 2, 3].map((n) => receive(trade({ orderNo: `OR${n}` }))))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(begun, 3)
      assert.deepInclude(yield* receive(trade({ orderNo: "OR4" })), { outcome: "unavailable", status: 503 })
      // What is refused is refused, whoever is busy.
      assert.deepInclude(yield* receiver.receive(bytes((yield* signed(trade())).replace("OR", "RO"))), {
        outcome: "signatureInvalid"
      })
      assert.strictEqual(begun, 3)
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* Fiber.join(hanging)).every(({ status }) => status === 503))
      assert.strictEqual(interrupted, 3)
      // Their places are free again.
      const next = yield* Effect.fork(receive(trade({ orderNo: "OR5" })))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(next)).status, 503)
      assert.strictEqual(begun, 4)
    }).pipe(Effect.provide(merchants), Effect.provide(quiet))
  )

  it.effect("gives what was refused to whoever wants it, and refuses however that ends", () => {
    const reasons: Array<string> = []
    const receiver = Notifications.layer({
      ...recording([]),
      rejected: (raw, reason) => {
        reasons.push(reason)
        return Redacted.value(raw).byteLength > 0 ? Effect.fail("full") : Effect.void
      }
    })
    return Effect.gen(function* () {
      const { receive } = yield* Receiver
      const body = yield* signed(trade())
      assert.strictEqual((yield* receive(bytes(body.replace("5700.00", "1.00")))).status, 401)
      assert.strictEqual((yield* send(trade(), { merchantNo: "BU000000003" })).status, 401)
      assert.strictEqual((yield* receive(bytes("nonsense"))).status, 400)
      assert.deepStrictEqual(reasons, ["Mismatch", "UnknownMerchant"])
    }).pipe(Effect.provide(receiver), Effect.provide(merchants), Effect.provide(quiet))
  })

  it.scopedLive(
    "says OK over HTTP only after a handler with a database of its own has committed, once in effect",
    () => {
      class Ledger extends Context.Tag("test/Ledger")<
        Ledger,
        { readonly book: (merchantNo: string, key: string, amount: string) => Effect.Effect<void> }
      >() {}
      const ledger = Layer.effect(
        Ledger,
        Effect.gen(function* () {
          const context = yield* Effect.context<Layer.Layer.Success<typeof database>>()
          yield* query("CREATE TABLE booked (merchant TEXT, key TEXT, amount TEXT, UNIQUE (merchant, key))")
          return {
            book: (merchant, key, amount) =>
              Effect.asVoid(
                query(
                  `INSERT INTO booked VALUES ('${merchant}', '${key}', '${amount}') ON CONFLICT DO NOTHING`
                )
              ).pipe(Effect.orDie, Effect.provide(context))
          }
        })
      )
      const ignore = () => Effect.void
      const receiver = Notifications.layer({
        kyc: ignore,
        threeDs: ignore,
        trade: ({ data }, { businessKey, merchantNo }) =>
          Effect.flatMap(Ledger, ({ book }) => book(merchantNo, businessKey, data.amount?.text ?? "")),
        unknown: ignore
      }).pipe(Layer.provide(ledger), Layer.provide(merchants), Layer.provideMerge(database))
      return Effect.gen(function* () {
        const { url } = yield* Effect.flatMap(NodeListener.make(), listen)
        const body = yield* signed(trade())
        const statuses = yield* Effect.forEach([body, body, body], (one) => post(url, one), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          statuses.map(({ status }) => status),
          [200, 200, 200]
        )
        assert.lengthOf(yield* query("SELECT * FROM booked"), 1)
        yield* query("PRAGMA query_only = ON")
        const later = yield* signed(trade({ orderNo: "OR2" }))
        assert.strictEqual((yield* post(url, later)).status, 503)
        yield* query("PRAGMA query_only = OFF")
        assert.strictEqual((yield* post(url, later)).body, "OK")
        assert.lengthOf(yield* query("SELECT * FROM booked"), 2)
      }).pipe(Effect.provide(receiver), Effect.provide(quiet))
    }
  )
})

describe("WebHandler.fromLayer", () => {
  it.scopedLive(
    "builds the receiver once, tries again after a failure, and answers 503 after it was disposed",
    () => {
      const told: Array<Told> = []
      let builds = 0
      let released = 0
      const flaky = Layer.scopedDiscard(
        Effect.suspend(() => {
          builds += 1
          return builds === 1 ? Effect.fail(new Error("no database yet")) : Effect.void
        }).pipe(Effect.zipRight(Effect.addFinalizer(() => Effect.sync(() => (released += 1)))))
      )
      return Effect.gen(function* () {
        const { dispose, handler } = WebHandler.fromLayer(
          Notifications.layer(recording(told)).pipe(
            Layer.provide(merchants),
            Layer.provideMerge(flaky),
            Layer.provideMerge(quiet)
          )
        )
        const { url } = yield* listen(bridged(handler))
        const body = yield* signed(trade())
        assert.strictEqual((yield* post(url, body)).status, 503)
        const answers = yield* Effect.forEach([1, 2, 3], () => post(url, body), { concurrency: "unbounded" })
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          [200, 200, 200]
        )
        assert.deepStrictEqual([builds, released, told.length], [2, 0, 3])
        yield* Effect.promise(dispose)
        assert.strictEqual(released, 1)
        assert.strictEqual((yield* post(url, body)).status, 503)
      })
    }
  )

  it.scopedLive(
    "answers what is in flight when it is disposed, and gives up reading when the request is aborted",
    () =>
      Effect.gen(function* () {
        const slow = Layer.succeed(Receiver, {
          receive: () =>
            Effect.as(Effect.sleep("150 millis"), {
              outcome: "kept",
              status: 200,
              headers: {},
              body: "OK"
            } as const)
        })
        const { dispose, handler } = WebHandler.fromLayer(slow)
        const request = () => new Request(`http://localhost${path}`, { method: "POST", body: "{}" })
        yield* Effect.promise(() => handler(request()))
        const inFlight = yield* Effect.fork(Effect.promise(() => handler(request())))
        const controller = new AbortController()
        const endless = new Request(`http://localhost${path}`, {
          method: "POST",
          body: new ReadableStream({ pull: () => new Promise(() => undefined) }),
          duplex: "half",
          signal: controller.signal
        })
        const aborted = yield* Effect.fork(Effect.promise(() => handler(endless)))
        yield* Effect.sleep("50 millis")
        controller.abort()
        assert.strictEqual((yield* Fiber.join(aborted)).status, 400)
        yield* Effect.promise(dispose)
        assert.strictEqual((yield* Fiber.join(inFlight)).status, 200)
      })
  )
})
