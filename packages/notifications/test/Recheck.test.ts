import { assert, describe } from "@effect/vitest"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AtRest from "../src/AtRest.js"
import * as Inbox from "../src/Inbox.js"
import * as Merchants from "../src/Merchants.js"
import * as Quarantine from "../src/Quarantine.js"
import * as Receiver from "../src/Receiver.js"
import * as Recheck from "../src/Recheck.js"
import { setTime, test } from "./steered.js"
import { bytes, dialects, merchantNo, query, secret, signed, trade } from "./support.js"

const wrong = SigningKey.make("wrong", "0000000000000000")
const right = SigningKey.make("right", secret)

const ring = (signing: SigningKey.SigningKey) => KeyRing.make({ signing })

/** With the key that somebody mistyped. */
const mistyped = Layer.unwrapEffect(
  Effect.map(ring(wrong), (keyRing) => Merchants.layer([{ merchantNo, keyRing }]))
)

const mended = Effect.gen(function* () {
  const merchants = yield* Merchants.Merchants
  yield* merchants.replace([
    { merchantNo, keyRing: yield* ring(right) },
    { merchantNo: "BU2", keyRing: yield* ring(right) }
  ])
})

const receive = (body: string) =>
  Effect.flatMap(Receiver.Receiver, (receiver) =>
    Effect.map(receiver.receive(bytes(body)), ({ outcome }) => outcome)
  )

const plan = Effect.flatMap(Recheck.Recheck, ({ plan }) => Stream.runCollect(plan)).pipe(
  Effect.map((found) => Chunk.toReadonlyArray(found).map(({ verdict }) => verdict))
)
const run = Effect.flatMap(Recheck.Recheck, ({ run }) => run)
const left = Effect.flatMap(Quarantine.Quarantine, ({ count }) => count)
const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

const none: Recheck.Counts = {
  found: 0,
  moved: 0,
  repeated: 0,
  signatureInvalid: 0,
  unknownMerchant: 0,
  unreadable: 0,
  sealed: 0
}

describe.each(dialects)("Recheck on $name", ({ database }) => {
  const everything = Layer.merge(Receiver.layerMerchants(), Recheck.layer()).pipe(
    Layer.provideMerge(Layer.merge(Inbox.layer, Quarantine.layer({ maxPerSecond: 1000 }))),
    Layer.provideMerge(mistyped),
    Layer.provideMerge(database)
  )

  test("moves what is genuine after a key was mended, and leaves what is not", () =>
    Effect.gen(function* () {
      yield* setTime(1000)
      const body = yield* signed(trade())
      assert.strictEqual(yield* receive(body), "signatureInvalid")
      yield* setTime(3000)
      assert.strictEqual(yield* receive(body), "signatureInvalid")
      yield* receive(yield* signed(trade(), { merchantNo: "BU2" }))
      yield* receive(yield* signed(trade(), { merchantNo: "BU3" }))
      yield* receive(yield* signed(trade(), { signedWith: SigningKey.make("forged", "forged") }))
      yield* receive(yield* signed({ anything: 1 }, { eventType: "LOYALTY" }))
      assert.deepStrictEqual(yield* run, { ...none, found: 5, signatureInvalid: 3, unknownMerchant: 2 })

      yield* mended
      const before = yield* query("SELECT id FROM yunmo_quarantine ORDER BY id")
      assert.deepStrictEqual(yield* plan, [
        { _tag: "Genuine", keyId: "right", kind: "trade", setAside: undefined },
        { _tag: "Genuine", keyId: "right", kind: "trade", setAside: undefined },
        { _tag: "UnknownMerchant" },
        { _tag: "SignatureInvalid", reason: "Mismatch" },
        {
          _tag: "Genuine",
          keyId: "right",
          kind: "unknown",
          setAside: "The contract does not know this event type."
        }
      ])
      assert.deepStrictEqual(yield* query("SELECT id FROM yunmo_quarantine ORDER BY id"), before)
      yield* setTime(9000)
      const counts = { ...none, found: 5, moved: 3, signatureInvalid: 1, unknownMerchant: 1 }
      assert.deepStrictEqual(yield* run, counts)
      assert.strictEqual(yield* left, 2)
      const [aside, second, first] = yield* rows
      // As it came, and not when it was looked at again.
      assert.deepInclude(first, {
        merchantNo,
        kind: "trade",
        state: "pending",
        keyId: "right",
        subject: { kind: "card", id: "CDAU079126648V01" },
        receivedAt: 1000,
        lastReceivedAt: 3000,
        deliveries: 2
      })
      assert.deepInclude(second, { merchantNo: "BU2", deliveries: 1 })
      assert.deepInclude(aside, { kind: "unknown", state: "set_aside" })

      // Once: again there is nothing to move, and a re-send is one.
      assert.deepStrictEqual(yield* run, { ...none, found: 2, signatureInvalid: 1, unknownMerchant: 1 })
      assert.strictEqual(yield* receive(body), "repeated")
      assert.lengthOf(yield* rows, 3)
    }).pipe(Effect.provide(everything)))

  test("takes for repeated what the vendor has sent again meanwhile", () =>
    Effect.gen(function* () {
      yield* setTime(1000)
      const body = yield* signed(trade())
      yield* receive(body)
      yield* mended
      yield* setTime(5000)
      assert.strictEqual(yield* receive(body), "kept")
      assert.deepStrictEqual(yield* run, { ...none, found: 1, repeated: 1 })
      assert.strictEqual(yield* left, 0)
      const [row, ...others] = yield* rows
      assert.lengthOf(others, 0)
      assert.deepInclude(row, { receivedAt: 5000, lastReceivedAt: 5000, deliveries: 2 })
    }).pipe(Effect.provide(everything)))

  test("goes through more than a page, and two at it move each once", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 120; n++) {
        yield* receive(yield* signed(trade({ orderNo: `OR${n}` })))
      }
      yield* mended
      const [one, other] = yield* Effect.all([run, run], { concurrency: 2 })
      assert.strictEqual(one.moved + other.moved, 120)
      assert.strictEqual(yield* left, 0)
      assert.lengthOf(yield* query("SELECT id FROM yunmo_inbox WHERE deliveries = 1"), 120)
    }).pipe(Effect.provide(everything)))

  test("leaves what is encrypted under a key that is not there", () => {
    const key = { id: "2026-01", key: Redacted.make("11".repeat(32)) }
    return Effect.gen(function* () {
      const quarantine = yield* Effect.provide(Quarantine.make(), AtRest.layer({ keys: [key] }))
      yield* quarantine.put(Redacted.make(bytes(yield* signed(trade()))), "Mismatch")
      yield* quarantine.put(Redacted.make(bytes("{")), "Mismatch")
      yield* mended
      assert.deepStrictEqual(yield* run, { ...none, found: 2, sealed: 2 })
      const knowing = Recheck.layer().pipe(Layer.provide(AtRest.layer({ keys: [key] })))
      assert.deepStrictEqual(yield* Effect.provide(run, knowing), {
        ...none,
        found: 2,
        moved: 1,
        unreadable: 1
      })
    }).pipe(Effect.provide(everything))
  })
})
