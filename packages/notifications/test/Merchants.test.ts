import { assert, describe, it } from "@effect/vitest"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as TestClock from "effect/TestClock"
import * as Inbox from "../src/Inbox.js"
import * as Merchants from "../src/Merchants.js"
import * as Quarantine from "../src/Quarantine.js"
import * as Receiver from "../src/Receiver.js"
import {
  bytes,
  database,
  key,
  merchantNo,
  merchantsOfTwo,
  otherKey,
  otherMerchantNo,
  receiverOfTwo,
  signed,
  trade
} from "./support.js"

const receive = (body: string, binding?: Receiver.Binding) =>
  Effect.flatMap(Receiver.Receiver, (receiver) => receiver.receive(bytes(body), binding))
const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())
const quarantined = Effect.map(
  Effect.flatMap(Quarantine.Quarantine, (quarantine) => quarantine.list(10)),
  (entries) => entries.map(({ reason }) => reason).reverse()
)
const theirs = { merchantNo: otherMerchantNo, signedWith: otherKey }
const two = Layer.merge(receiverOfTwo, Logger.minimumLogLevel(LogLevel.None))
const ring = (signing: SigningKey.SigningKey, ...accepted: ReadonlyArray<SigningKey.SigningKey>) =>
  Effect.orDie(KeyRing.make({ signing, accepted }))

const metricsOf = (merchant: string, id: string) => {
  const labels = [MetricLabel.make("merchant", merchant), MetricLabel.make("key", id)]
  return Effect.all({
    verified: Effect.map(
      Metric.value(Metric.taggedWithLabels(Receiver.verifiedByKey, labels)),
      ({ count }) => count
    ),
    lastUsed: Effect.map(
      Metric.value(Metric.taggedWithLabels(Receiver.keyLastUsed, labels)),
      ({ value }) => value
    )
  })
}

describe("several merchants", () => {
  it.effect("verifies each message under the keys of the merchant it names", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* receive(yield* signed(trade()))).outcome, "kept")
      assert.strictEqual((yield* receive(yield* signed(trade(), theirs))).outcome, "kept")
      assert.deepStrictEqual((yield* rows).map(({ keyId, merchantNo }) => [merchantNo, keyId]).reverse(), [
        [merchantNo, "signing"],
        [otherMerchantNo, "other"]
      ])
      // Signed with a key that is known here, of another merchant than the one it names.
      for (const options of [{ signedWith: otherKey }, { merchantNo: otherMerchantNo }]) {
        const answer = yield* receive(yield* signed(trade(), options))
        assert.deepInclude(answer, { outcome: "signatureInvalid", status: 401 })
      }
      const stranger = yield* receive(yield* signed(trade(), { merchantNo: "BU000000003" }))
      assert.deepInclude(stranger, { outcome: "unknownMerchant", status: 401 })
      assert.lengthOf(yield* rows, 2)
      assert.deepStrictEqual(yield* quarantined, ["Mismatch", "Mismatch", "UnknownMerchant"])
    }).pipe(Effect.provide(two))
  )

  it.effect("refuses on a merchant's path what is for another, however it is signed", () =>
    Effect.gen(function* () {
      const ours = { merchantNo }
      const refused = [
        yield* signed(trade(), theirs),
        yield* signed(trade(), { merchantNo: otherMerchantNo }),
        yield* signed(trade(), { merchantNo: "BU000000003" })
      ]
      for (const body of refused) {
        assert.strictEqual((yield* receive(body, ours)).outcome, "unknownMerchant")
      }
      assert.deepStrictEqual(
        yield* quarantined,
        refused.map(() => "UnknownMerchant")
      )
      assert.strictEqual((yield* receive(yield* signed(trade()), ours)).outcome, "kept")
      const tampered = (yield* signed(trade())).replace("5700.00", "1.00")
      assert.strictEqual((yield* receive(tampered, ours)).outcome, "signatureInvalid")
      // The path of a merchant that is not known (any more).
      const gone = { merchantNo: "BU000000003" }
      assert.strictEqual((yield* receive(yield* signed(trade()), gone)).outcome, "unknownMerchant")
      assert.strictEqual((yield* receive("not JSON", gone)).status, 400)
      assert.strictEqual((yield* receive("not JSON")).status, 400)
      assert.lengthOf(yield* rows, 1)
    }).pipe(Effect.provide(two))
  )

  it.effect("cannot be told by a nested or repeated merchantNo whose keys to take", () =>
    Effect.gen(function* () {
      const body = yield* signed(trade(), theirs)
      const renamed = body.replace(`"merchantNo":"${otherMerchantNo}"`, `"merchantNo":"${merchantNo}"`)
      assert.strictEqual((yield* receive(renamed)).outcome, "signatureInvalid")
      const twice = body.replace("{", `{"merchantNo":"${merchantNo}",`)
      assert.strictEqual((yield* receive(twice)).outcome, "unreadable")
      assert.lengthOf(yield* rows, 0)
      // Of two values the signature may cover one only: the envelope's says whose it is, and the row says what was seen.
      yield* receive(body.replace(`"data":{`, `"data":{"merchantNo":"${merchantNo}",`))
      const [row, ...others] = yield* rows
      assert.deepInclude(row, {
        merchantNo: otherMerchantNo,
        keyId: otherKey.id,
        collision: "envelopeWins"
      })
      assert.lengthOf(others, 0)
    }).pipe(Effect.provide(two))
  )

  it.effect(
    "rotates keys while notifications come, refuses none, and tells when the old one was last used",
    () =>
      Effect.gen(function* () {
        const merchants = yield* Merchants.Merchants
        const old = SigningKey.make("rotation-old", "kR8sVq2LxT0pWz5N")
        const fresh = SigningKey.make("rotation-new", "aQ5wZx8RtB2yUj7M")
        const send = (n: number, signedWith: SigningKey.SigningKey) =>
          Effect.flatMap(signed(trade({ orderNo: `OR${n}` }), { signedWith }), (body) => receive(body))
        const phases = [
          { keyRing: yield* ring(old), signedWith: [old] },
          { keyRing: yield* ring(old, fresh), signedWith: [old, fresh] },
          { keyRing: yield* ring(fresh, old), signedWith: [fresh, old] },
          { keyRing: yield* ring(fresh), signedWith: [fresh] }
        ]
        const answers: Array<string> = []
        let n = 0
        for (const { keyRing, signedWith } of phases) {
          yield* merchants.replace([{ merchantNo, keyRing }])
          for (const one of signedWith) {
            for (let i = 0; i < 25; i++) {
              yield* TestClock.adjust("10 seconds")
              answers.push((yield* send(n++, one)).outcome)
            }
          }
        }
        assert.deepStrictEqual([...new Set(answers)], ["kept"])
        assert.lengthOf(answers, 150)
        const [before, after] = [yield* metricsOf(merchantNo, old.id), yield* metricsOf(merchantNo, fresh.id)]
        // The old one was last used by the 125th message, the new one by the last.
        assert.deepStrictEqual(before, { verified: 75, lastUsed: 1250 })
        assert.deepStrictEqual(after, { verified: 75, lastUsed: 1500 })
        assert.strictEqual((yield* send(n, old)).outcome, "signatureInvalid")
      }).pipe(Effect.provide(two))
  )

  it.effect("takes on merchants and drops them while it runs", () =>
    Effect.gen(function* () {
      const merchants = yield* Merchants.Merchants
      const body = yield* signed(trade(), theirs)
      yield* merchants.replace([{ merchantNo, keyRing: yield* ring(key) }])
      assert.strictEqual((yield* receive(body)).outcome, "unknownMerchant")
      assert.strictEqual((yield* receive(yield* signed(trade()))).outcome, "kept")
      yield* merchants.replace([])
      assert.strictEqual((yield* receive(yield* signed(trade()))).outcome, "unknownMerchant")
      yield* merchants.replace([{ merchantNo: otherMerchantNo, keyRing: yield* ring(otherKey) }])
      assert.strictEqual((yield* receive(body)).outcome, "kept")
    }).pipe(Effect.provide(two))
  )

  it.effect("says what is wrong with a list, and keeps the one before", () =>
    Effect.gen(function* () {
      const entries = yield* merchantsOfTwo
      const merchants = yield* Merchants.make(entries)
      const duplicate = yield* Effect.either(merchants.replace([...entries, ...entries]))
      assert.strictEqual(
        Either.isLeft(duplicate) && duplicate.left.message,
        `The merchant ${merchantNo} is given twice; give it once, with all its keys in one ring.`
      )
      const nameless = yield* Effect.flip(Merchants.make([{ merchantNo: "", keyRing: yield* ring(key) }]))
      assert.strictEqual(nameless.reason, "NoMerchantNo")
      assert.include(nameless.message, "no merchant number")
      assert.isDefined(merchants.find(merchantNo))
      assert.isUndefined(merchants.sole())
    })
  )

  it.effect("reads a message that names no merchant yet within the limits given", () =>
    Effect.gen(function* () {
      const large = yield* signed(trade({ terminalMerchantName: "x".repeat(70_000) }))
      assert.strictEqual((yield* receive(large)).outcome, "kept")
    }).pipe(
      Effect.provide(
        Receiver.layerMerchants().pipe(
          Layer.provide(Layer.merge(Inbox.layer, Quarantine.layer())),
          Layer.provide(Merchants.layerEffect(merchantsOfTwo, { limits: { maxBytes: 100_000 } })),
          Layer.provide(database)
        )
      )
    )
  )
})

describe("ambiguous messages", () => {
  const ambiguous = trade({ terminalMerchantName: "H&M = fine" })
  const strict = Receiver.layerMerchants({ ambiguous: "setAside" }).pipe(
    Layer.provideMerge(Layer.merge(Inbox.layer, Quarantine.layer())),
    Layer.provide(Merchants.layerEffect(merchantsOfTwo)),
    Layer.provideMerge(database),
    Layer.merge(Logger.minimumLogLevel(LogLevel.None))
  )

  it.effect("are treated as any other unless told", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* receive(yield* signed(ambiguous))).outcome, "kept")
      const [row] = yield* rows
      assert.deepInclude(row, { state: "pending", reason: undefined })
    }).pipe(Effect.provide(two))
  )

  it.effect("are kept, answered with OK and set aside where the merchant is strict", () =>
    Effect.gen(function* () {
      const answer = yield* receive(yield* signed(ambiguous))
      assert.deepInclude(answer, { outcome: "setAside", status: 200, body: "OK" })
      const [row] = yield* rows
      assert.deepInclude(row, {
        state: "set_aside",
        kind: "trade",
        subject: { kind: "card", id: "CDAU079126648V01" }
      })
      assert.strictEqual(
        row?.reason,
        "Its signature holds for other messages too (PairInValue), and ambiguous messages are set aside here."
      )
      const ordinary = yield* signed(trade({ terminalMerchantName: "H&M" }))
      assert.strictEqual((yield* receive(ordinary)).outcome, "kept")
    }).pipe(Effect.provide(strict))
  )
})
