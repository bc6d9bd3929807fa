import { assert, describe } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AtRest from "../src/AtRest.js"
import * as Doorbell from "../src/Doorbell.js"
import * as Inbox from "../src/Inbox.js"
import * as InboxStats from "../src/InboxStats.js"
import * as Lane from "../src/Lane.js"
import * as Receiver from "../src/Receiver.js"
import * as Replay from "../src/Replay.js"
import { setTime, test } from "./steered.js"
import { bytes, dialects, merchantNo, newRow, query, receiverOn, signed, trade } from "./support.js"

const corrected = Layer.succeed(
  Contract.Contract,
  Contract.correct({
    enums: { eventType: { KYC: "kyc", _3DS: "threeDs", TRADE: "trade", CARD_TRADE: "trade" } },
    fields: { TradeNotification: { cardId: "card" } }
  })
)

const receive = (body: string) =>
  Effect.flatMap(Receiver.Receiver, (receiver) => receiver.receive(bytes(body)))

/** With the tables made by whoever receives, and a contract of its own, as another program has it. */
const replaying = <A, E, R>(effect: Effect.Effect<A, E, R>, contract: Layer.Layer<never> = corrected) =>
  Effect.provide(effect, Layer.provide(Replay.layer, contract))

const run = (selection: Replay.Selection = {}, options: Partial<Replay.RunOptions> = {}) =>
  Effect.flatMap(Replay.Replay, (replay) => replay.run(selection, { by: "maria", pause: 0, ...options }))

const plan = (selection: Replay.Selection = {}) =>
  Effect.flatMap(Replay.Replay, (replay) => Stream.runCollect(replay.plan(selection))).pipe(
    Effect.map(Chunk.toReadonlyArray)
  )

const get = (id: number) =>
  Effect.flatMap(Inbox.Inbox, (inbox) => Effect.map(inbox.get(id), Option.getOrThrow))

const { cardId: card, ...rest } = trade()
const renamed = (orderNo: string) => signed({ ...rest, orderNo, card: card ?? "" })

const none: Replay.Counts = { found: 0, replayed: 0, unreadable: 0, unknownKind: 0, sealed: 0, gone: 0 }

describe.each(dialects)("Replay on $name", ({ database }) => {
  const receiver = receiverOn(database)

  test("plans under the contract of now, and changes nothing", () =>
    Effect.gen(function* () {
      yield* receive(yield* renamed("OR1"))
      yield* receive(yield* signed({ ...rest, orderNo: "OR2", card: "C9" }, { eventType: "CARD_TRADE" }))
      yield* receive(yield* signed({ anything: 1 }, { eventType: "LOYALTY" }))
      yield* receive(yield* signed({ customerId: 5 }, { eventType: "KYC" }))
      const before = yield* query("SELECT * FROM yunmo_inbox ORDER BY id")
      const planned = yield* replaying(plan())
      assert.deepStrictEqual(
        planned.map(({ forecast, row }) => [row.kind, row.reason?.split(" ")[0], forecast._tag]),
        [
          ["trade", "TradeNotification", "Replayable"],
          ["unknown", "The", "Replayable"],
          ["unknown", "The", "UnknownKind"],
          ["kyc", "KycNotification", "Unreadable"]
        ]
      )
      const [first, second] = planned
      assert.deepStrictEqual(first?.forecast, {
        _tag: "Replayable",
        kind: "trade",
        subject: { kind: "card", id: "CDAU079126648V01" },
        lane: Lane.of(merchantNo, { kind: "card", id: "CDAU079126648V01" }),
        isLate: false
      })
      assert.deepInclude(second?.forecast, { kind: "trade", subject: { kind: "card", id: "C9" } })
      assert.deepStrictEqual(yield* query("SELECT * FROM yunmo_inbox ORDER BY id"), before)
      assert.lengthOf(yield* query("SELECT * FROM yunmo_inbox_replay"), 0)
    }).pipe(Effect.provide(receiver)))

  test("makes pending what a handler can take, once, and writes down who did it", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* receive(yield* signed({ ...rest, orderNo: "OR2", card: "C9" }, { eventType: "CARD_TRADE" }))
      yield* receive(yield* signed({ anything: 1 }, { eventType: "LOYALTY" }))
      const failed = yield* inbox.keep(newRow(3, { raw: Redacted.make(bytes(yield* renamed("OR3"))) }))
      yield* inbox.markFailed(failed.id, "the API was away", 5)
      yield* inbox.setAside(failed.id, "failed 2 times")
      yield* setTime(9000)
      yield* replaying(
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* run(), { ...none, found: 3, replayed: 2, unknownKind: 1 })
          assert.deepStrictEqual(yield* run(), { ...none, found: 1, unknownKind: 1 })
          const replay = yield* Replay.Replay
          assert.deepStrictEqual(yield* replay.history(failed.id), [
            {
              inboxId: failed.id,
              merchantNo,
              at: 9000,
              by: "maria",
              kind: "trade",
              attempts: 2,
              reason: "failed 2 times",
              lastError: "the API was away"
            }
          ])
          assert.deepStrictEqual(yield* replay.history(12345), [])
        })
      )
      const ready = yield* inbox.ready(10, 9000)
      assert.deepStrictEqual(
        ready.map(({ attempts, id, kind, nextAttemptAt, reason, subject }) => [
          id,
          kind,
          subject.id,
          attempts,
          nextAttemptAt,
          reason
        ]),
        [
          [1, "trade", "C9", 0, 0, "The contract does not know this event type."],
          [failed.id, "trade", card, 0, 0, "failed 2 times"]
        ]
      )
      assert.strictEqual(ready[0]?.lane, Lane.of(merchantNo, { kind: "card", id: "C9" }))
      // Fails again: set aside again, replayed again.
      yield* inbox.setAside(failed.id, "again")
      assert.deepStrictEqual(yield* replaying(run({ ids: [failed.id] })), { ...none, found: 1, replayed: 1 })
    }).pipe(Effect.provide(receiver)))

  test("selects by id, kind, merchant, reason and age, each and together", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const raw = Redacted.make(bytes(yield* renamed("OR1")))
      const aside = (n: number, at: number, overrides: object) =>
        Effect.zipRight(
          setTime(at),
          Effect.map(
            inbox.keep(newRow(n, { raw, setAside: "Does not fit 100%", ...overrides })),
            ({ id }) => id
          )
        )
      const a = yield* aside(1, 1000, {})
      const b = yield* aside(2, 2000, { kind: "kyc" })
      const c = yield* aside(3, 3000, { merchantNo: "BU2", setAside: "FAILED 10 times" })
      const handled = yield* inbox.keep(newRow(4, { raw }))
      yield* inbox.markHandled(handled.id)
      const found = (selection: Replay.Selection) =>
        Effect.map(plan(selection), (planned) => planned.map(({ row }) => row.id))
      yield* replaying(
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* found({}), [a, b, c])
          assert.deepStrictEqual(yield* found({ ids: [c, a, 77, handled.id] }), [a, c])
          assert.deepStrictEqual(yield* found({ ids: [] }), [])
          assert.deepStrictEqual(yield* found({ kind: "kyc" }), [b])
          assert.deepStrictEqual(yield* found({ merchantNo: "BU2" }), [c])
          assert.deepStrictEqual(yield* found({ reason: "fit 100%" }), [a, b])
          assert.deepStrictEqual(yield* found({ reason: "failed" }), [c])
          assert.deepStrictEqual(yield* found({ reason: "fit%%" }), [])
          assert.deepStrictEqual(yield* found({ receivedFrom: 2000 }), [b, c])
          assert.deepStrictEqual(yield* found({ receivedBefore: 2000 }), [a])
          assert.deepStrictEqual(yield* found({ receivedFrom: 1500, merchantNo, kind: "kyc" }), [b])
          // All of a selection much larger than one page of it.
          const ids = Array.from({ length: 40_000 }, (_, at) => at + 1)
          assert.deepStrictEqual(yield* run({ ids }, { step: 1 }), { ...none, found: 3, replayed: 3 })
        })
      )
      assert.strictEqual((yield* get(handled.id)).state, "handled")
    }).pipe(Effect.provide(receiver)))

  test("leaves alone what cannot be decrypted, and says which key is missing", () => {
    const key = (id: string, byte: string) => ({ id, key: Redacted.make(byte.repeat(32)) })
    const old = AtRest.layer({ keys: [key("2026-01", "11")] })
    return Effect.gen(function* () {
      // Layers are made once for one scope: the receiver seals, and whoever replays has no key, or the key.
      const other = Layer.provide(
        Replay.layer,
        Layer.merge(corrected, AtRest.layer({ keys: [key("2026-11", "22")] }))
      )
      const knowing = Layer.provide(
        Replay.layer,
        Layer.merge(corrected, AtRest.layer({ keys: [key("2026-11", "22"), key("2026-01", "11")] }))
      )
      yield* receive(yield* renamed("OR1"))
      const [planned] = yield* Effect.provide(plan(), other)
      assert.deepInclude(planned?.forecast, { _tag: "Sealed" })
      assert.match(planned?.forecast._tag === "Sealed" ? planned.forecast.problem : "", /"2026-01"/)
      assert.deepStrictEqual(yield* Effect.provide(run(), other), { ...none, found: 1, sealed: 1 })
      assert.strictEqual((yield* get(1)).state, "set_aside")
      assert.deepStrictEqual(yield* Effect.provide(run(), knowing), { ...none, found: 1, replayed: 1 })
    }).pipe(Effect.provide(receiverOn(database).pipe(Layer.provide(old))))
  })

  test("puts a replayed row before the later ones of its subject that wait", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      yield* receive(yield* renamed("OR1"))
      const later = yield* inbox.keep(newRow(2, { subject: { kind: "card", id: card as string } }))
      const other = yield* inbox.keep(newRow(3, { subject: { kind: "card", id: "OTHER" } }))
      yield* replaying(run())
      assert.deepStrictEqual(
        (yield* inbox.ready(10, 0)).map(({ id }) => id),
        [1, later.id, other.id]
      )
      // It fails: the later one of its subject waits for it, as if it had never been set aside.
      yield* inbox.markFailed(1, "away", 5000)
      assert.deepStrictEqual(
        (yield* inbox.ready(10, 0)).map(({ id }) => id),
        [other.id]
      )
    }).pipe(Effect.provide(receiver)))

  test("replays each row once, however many are at it", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 30; n++) {
        yield* receive(yield* renamed(`OR${n}`))
      }
      const all = yield* replaying(
        Effect.all([run({}, { step: 7 }), run({}, { step: 5 })], { concurrency: 2 })
      )
      assert.strictEqual(all[0].replayed + all[1].replayed, 30)
      assert.strictEqual(all[0].found - all[0].gone + all[1].found - all[1].gone, 30)
      assert.lengthOf(yield* query("SELECT DISTINCT inbox_id FROM yunmo_inbox_replay"), 30)
      assert.strictEqual((yield* InboxStats.read).replays, 30)
    }).pipe(Effect.provide(receiver)))

  test("rings the doorbell after it has committed, and not for nothing", () =>
    Effect.gen(function* () {
      const bell = yield* Doorbell.make
      const inbox = yield* Inbox.Inbox
      const heard = yield* Effect.scoped(
        Effect.gen(function* () {
          const rings = yield* bell.rings
          const fiber = yield* Effect.fork(
            Stream.runHead(
              Stream.mapEffect(rings, () => Effect.map(inbox.ready(10, 0), (rows) => rows.length))
            )
          )
          const layer = Layer.provide(
            Replay.layer,
            Layer.merge(corrected, Layer.succeed(Doorbell.Doorbell, bell))
          )
          yield* receive(yield* signed({ anything: 1 }, { eventType: "LOYALTY" }))
          yield* Effect.provide(run(), layer)
          yield* receive(yield* renamed("OR1"))
          yield* Effect.provide(run(), layer)
          return yield* Fiber.join(fiber)
        })
      )
      assert.deepStrictEqual(heard, Option.some(1))
    }).pipe(Effect.provide(receiver)))

  test("tells of a 3-D Secure request that its deadline is over", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox.Inbox
      const request = (authId: string, expireTimeStamp: string) =>
        signed({ authId, cardId: "C1", expireTimeStamp }, { eventType: "_3DS" })
      for (const [n, expires] of ["1000", "9999999999999"].entries()) {
        const raw = Redacted.make(bytes(yield* request(`A${n}`, expires.padEnd(13, "0"))))
        yield* inbox.keep(newRow(n, { kind: "threeDs", raw, setAside: "failed" }))
      }
      yield* setTime(1_700_000_000_000)
      const planned = yield* replaying(plan(), Layer.empty)
      assert.deepStrictEqual(
        planned.map(({ forecast }) => forecast._tag === "Replayable" && forecast.isLate),
        [true, false]
      )
    }).pipe(Effect.provide(receiver)))
})
