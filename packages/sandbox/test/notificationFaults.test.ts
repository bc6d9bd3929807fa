import { assert, describe, it } from "@effect/vitest"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import type * as Fault from "../src/Fault.js"
import * as Sandbox from "../src/Sandbox.js"
import * as Id from "./support/ids.js"
import { ok, type Received, type Reply, receiver, receiverBy } from "./support/receiver.js"
import { seen } from "./support/socket.js"
import { Caller, fundedCard, key, kycOf, merchant, withCaller } from "./support/vendor.js"

const other = { ...merchant, merchantNo: "BU000000002" }

/** Two merchants, a clock that stands still, a re-send every ten seconds. */
const world = withCaller({
  seed: "a bad day",
  merchants: [merchant, other],
  clock: { frozen: true, startAt: "2026-03-01T09:30:00Z" },
  resend: ["10 seconds"]
})

type Answer = (request: Received, nth: number) => Reply | Promise<Reply>

/** A merchant with a funded card and a webhook, and then the bad day. */
const badDay = (notifications: ReadonlyArray<Fault.NotificationRule>, answer: Answer = () => ok) =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox.Sandbox
    const { cardId, customerId } = yield* fundedCard("c-1", "1000.00")
    // Nobody listened so far; what waited is not looked at.
    const before = (yield* sandbox.deliveries).length
    const sink = yield* receiver(ok)
    yield* sandbox.setCallback({ url: sink.url })
    yield* sandbox.quiet
    const webhook = yield* receiverBy(answer)
    yield* sandbox.setCallback({ url: webhook.url })
    yield* sandbox.setFaults({ notifications })
    return {
      cardId,
      customerId,
      webhook,
      /** A purchase, told by one `TRADE`. */
      buy: (text: string) => sandbox.authorize({ cardId, amount: Id.amount(text), currency: "USD" }),
      /** The notifications of the bad day. */
      deliveries: Effect.map(sandbox.deliveries, (all) => all.slice(before)),
      /** The clock moves on, and all that is sent meanwhile has been answered. */
      pass: (bySeconds: number) => Effect.zipRight(sandbox.moveClock({ bySeconds }), sandbox.quiet)
    }
  })

/** What a merchant who uses schema and signing makes of a body. */
const understand = (body: string) =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    const { collision, message, nested } = yield* Verifier.verifyWith([key], body)
    const notification = yield* Codec.decodeNotification(contract, message.value)
    return {
      collision,
      nested,
      notification,
      key: Notification.businessKey(notification, contract.tradeKindField),
      envelope: notification.envelope,
      raw: JSON.parse(body) as { data: Record<string, unknown> } & Record<string, unknown>
    }
  })

/** The amounts of the purchases that a webhook was told of, in order. */
const amounts = (received: ReadonlyArray<Received>): ReadonlyArray<string> =>
  received.map(({ body }) => JSON.parse(body).data.amount)

const trade: readonly ["trade"] = ["trade"]

describe("when notifications come", () => {
  it.scoped("duplicate: twice, the same to the byte, each acknowledged for itself", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([{ fault: "duplicate", times: 1 }])
      yield* buy("10.00")
      yield* pass(0)
      const [first, second] = yield* deliveries
      assert.deepStrictEqual(
        webhook.received.map(({ body }) => body),
        [first?.body, first?.body]
      )
      assert.strictEqual(second?.echoOf, first?.id)
      assert.deepStrictEqual([first?.status, second?.status], ["acknowledged", "acknowledged"])
      yield* buy("11.00")
      yield* pass(3600)
      assert.deepStrictEqual(amounts(webhook.received), ["10.00", "10.00", "11.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("late: after a later one, by the sandbox's clock", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([
        { fault: "late", times: 1 },
        { fault: "late", skip: 1, times: 1, delaySeconds: 7 }
      ])
      yield* buy("10.00")
      yield* buy("11.00")
      yield* buy("12.00")
      yield* pass(4)
      assert.deepStrictEqual(amounts(webhook.received), ["12.00"])
      assert.deepStrictEqual(
        (yield* deliveries).map(({ attempts, createdAt, nextAttemptAt, status }) => [
          status,
          attempts.length,
          nextAttemptAt === undefined ? undefined : nextAttemptAt - createdAt
        ]),
        [
          ["held", 0, 5000],
          ["held", 0, 7000],
          ["acknowledged", 1, undefined]
        ]
      )
      yield* pass(1)
      assert.deepStrictEqual(amounts(webhook.received), ["12.00", "10.00"])
      yield* pass(2)
      assert.deepStrictEqual(amounts(webhook.received), ["12.00", "10.00", "11.00"])
      // They say when they were made, not when they were sent.
      assert.strictEqual(new Set(webhook.received.map(({ body }) => JSON.parse(body).requestTime)).size, 1)
    }).pipe(Effect.provide(world))
  )

  it.scoped("reorder: after the next one of this merchant, without any wait", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { buy, pass, webhook } = yield* badDay([{ fault: "reorder", times: 1 }])
      const elsewhere = yield* receiver(ok)
      const merchantNo = Id.merchantNo(other.merchantNo)
      yield* sandbox.setCallback({ url: elsewhere.url, merchantNo })
      yield* buy("10.00")
      // Another merchant's notification is none of its business.
      const { cardId } = yield* sandbox.makePhysicalCard({ merchantNo })
      yield* sandbox.authorize({ cardId, amount: Id.amount("1.00"), currency: "USD" })
      yield* pass(0)
      assert.deepStrictEqual([elsewhere.received.length, webhook.received.length], [1, 0])
      yield* buy("11.00")
      yield* pass(0)
      assert.deepStrictEqual(amounts(webhook.received), ["11.00", "10.00"])
      yield* buy("12.00")
      yield* pass(3600)
      assert.deepStrictEqual(amounts(webhook.received), ["11.00", "10.00", "12.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("reorder: at its time when nothing follows", () =>
    Effect.gen(function* () {
      const { buy, pass, webhook } = yield* badDay([{ fault: "reorder", delaySeconds: 8 }])
      yield* buy("10.00")
      yield* buy("11.00")
      yield* pass(7)
      assert.deepStrictEqual(amounts(webhook.received), [], "each waits for the other, as long as it may")
      yield* pass(1)
      assert.sameMembers([...amounts(webhook.received)], ["10.00", "11.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("early: before the caller has the answer, though the receiver takes its time", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const events: Array<string> = []
      let open: () => void = () => undefined
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const { buy, pass, webhook } = yield* badDay([{ fault: "early", times: 1 }], async (_, nth) => {
        events.push(`received ${nth}`)
        if (nth === 0) await gate
        return ok
      })
      const calling = yield* Effect.fork(
        Effect.tap(buy("10.00"), () => Effect.sync(() => events.push("answered")))
      )
      yield* seen(Effect.sync(() => webhook.received[0]))
      // The receiver can act on it now, and finds the truth at the vendor's.
      assert.strictEqual((yield* sandbox.state).transactions.length, 1)
      assert.isTrue(Option.isNone(yield* Fiber.poll(calling)))
      open()
      yield* Fiber.join(calling)
      assert.deepStrictEqual(events, ["received 0", "answered"])
      yield* buy("11.00")
      yield* pass(0)
      assert.deepStrictEqual(amounts(webhook.received), ["10.00", "11.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("early: the result of a KYC before the answer to its submission", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { call } = yield* Caller
      const { webhook } = yield* badDay([{ fault: "early", events: ["kyc"] }])
      yield* sandbox.setRules({ kycReviewAfterSeconds: 0 })
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-2") })
      assert.isTrue(yield* call("submitKyc", kycOf(customerId)))
      // No wait in between: it is there when the answer is.
      assert.deepStrictEqual(
        webhook.received.map(({ body }) => JSON.parse(body).data),
        [{ customerId, auditState: 1, auditRemark: null }]
      )
    }).pipe(Effect.provide(world))
  )

  it.scoped("without it the caller is answered while the receiver still thinks", () =>
    Effect.gen(function* () {
      let open: () => void = () => undefined
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const { buy, deliveries, pass, webhook } = yield* badDay([], async () => {
        await gate
        return ok
      })
      yield* buy("10.00")
      yield* seen(Effect.sync(() => webhook.received[0]))
      assert.strictEqual((yield* deliveries)[0]?.status, "sending")
      open()
      yield* pass(0)
      assert.strictEqual((yield* deliveries)[0]?.status, "acknowledged")
    }).pipe(Effect.provide(world))
  )

  it.scoped("lost: never, and the truth stays with the vendor", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { buy, cardId, deliveries, pass, webhook } = yield* badDay([{ fault: "lost", times: 1 }])
      const { orderNo } = yield* buy("10.00")
      yield* buy("11.00")
      yield* pass(86_400)
      assert.deepStrictEqual(amounts(webhook.received), ["11.00"])
      const [lost] = yield* deliveries
      assert.deepStrictEqual([lost?.status, lost?.attempts, lost?.faults], ["abandoned", [], ["lost"]])
      const { cards, transactions } = yield* sandbox.state
      assert.strictEqual(transactions.find((each) => each.orderNo === orderNo)?.status, "succeeded")
      assert.strictEqual(cards.find((each) => each.cardId === cardId)?.held.text, "21.00")
    }).pipe(Effect.provide(world))
  )

  it.scoped("forgetful: ten times, though each is acknowledged", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([{ fault: "forgetful" }])
      yield* buy("10.00")
      yield* pass(3600)
      assert.strictEqual(webhook.received.length, 10)
      assert.strictEqual(new Set(webhook.received.map(({ body }) => body)).size, 1)
      const [only] = yield* deliveries
      assert.strictEqual(only?.status, "abandoned")
      assert.deepStrictEqual(
        only?.attempts.map(({ answer, at, status }) => [status, answer, (at - only.createdAt) / 1000]),
        Array.from({ length: 10 }, (_, nth) => [200, "OK", nth * 10])
      )
    }).pipe(Effect.provide(world))
  )

  it.scoped("freshNonce: each re-send with nonce, time and signature of its own, the same otherwise", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([{ fault: "freshNonce" }], () => ({
        status: 500,
        body: ""
      }))
      yield* buy("10.00")
      yield* pass(3600)
      const told = yield* Effect.forEach(webhook.received, ({ body }) => understand(body))
      assert.strictEqual(told.length, 10)
      for (const field of ["nonce", "sign", "requestTime"]) {
        assert.strictEqual(new Set(told.map(({ raw }) => raw[field])).size, 10, field)
      }
      const [first] = told
      for (const { key, raw } of told) {
        const { nonce, requestTime, sign, ...rest } = raw
        assert.deepStrictEqual(rest, { ...rest, data: first?.raw.data })
        assert.strictEqual(key, first?.key)
      }
      // What was sent can be looked up: the delivery's own text, and what differed from it.
      const [only] = yield* deliveries
      assert.deepStrictEqual(
        only?.attempts.map(({ body }) => body ?? only.body),
        webhook.received.map(({ body }) => body)
      )
      assert.isUndefined(only?.attempts[0]?.body)
    }).pipe(Effect.provide(world))
  )
})

describe("what notifications say", () => {
  it.scoped("contradict: another amount under the same key, or the other result of a KYC", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { call } = yield* Caller
      const { buy, cardId, deliveries, pass } = yield* badDay([{ fault: "contradict" }])
      yield* buy("10.00")
      yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("20.00"), currency: "USD" })
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-2") })
      yield* call("submitKyc", kycOf(customerId))
      yield* sandbox.reviewKyc({ customerId, result: "rejected", remark: "blurred" })
      yield* pass(0)
      const all = yield* deliveries
      const told = yield* Effect.forEach(all, ({ body }) => understand(body))
      const [buys, buysElse, asks, asksElse, rejects, passes] = told
      assert.deepStrictEqual(
        all.map(({ echoOf }) => all.findIndex(({ id }) => id === echoOf)),
        [-1, 0, -1, 2, -1, 4]
      )
      assert(buys !== undefined && asks !== undefined && rejects !== undefined)
      assert.deepStrictEqual(buysElse?.raw.data, { ...buys.raw.data, amount: "11.00" })
      assert.strictEqual(buysElse?.key, buys.key)
      assert.deepStrictEqual(asksElse?.raw.data, { ...asks.raw.data, txnAmount: "21.00" })
      assert.strictEqual(asksElse?.key, asks.key)
      assert.deepStrictEqual(
        [rejects.raw.data, passes?.raw.data],
        [
          { customerId, auditState: 2, auditRemark: "blurred" },
          { customerId, auditState: 1, auditRemark: null }
        ]
      )
      // A result is part of what recognises a KYC: the two are two assignments.
      assert.notStrictEqual(passes?.key, rejects.key)
      // The truth is with the vendor.
      assert.strictEqual((yield* call("getKycStatus", { customerId })).auditState, "2")
      assert.strictEqual(new Set(told.map(({ envelope }) => envelope.nonce)).size, 6)
    }).pipe(Effect.provide(world))
  )

  it.scoped("unknownField, nestedValue, keyCollision: verify, and the verifier says how", () =>
    Effect.gen(function* () {
      const { buy, pass, webhook } = yield* badDay([
        { fault: "unknownField", times: 1 },
        { fault: "nestedValue", skip: 1, times: 1 },
        { fault: "keyCollision", skip: 2, times: 1 },
        { fault: "unknownField", skip: 3 },
        { fault: "nestedValue", skip: 3 },
        { fault: "keyCollision", skip: 3 }
      ])
      for (const text of ["10.00", "11.00", "12.00", "13.00"]) {
        yield* buy(text)
        yield* pass(0)
      }
      const told = yield* Effect.forEach(webhook.received, ({ body }) => understand(body))
      assert.deepStrictEqual(
        told.map(({ collision, nested, raw }) => [
          raw.data["loyaltyPoints"],
          raw.data["risk"],
          raw.data["eventType"],
          nested,
          collision
        ]),
        [
          ["12", undefined, null, "none", "none"],
          [undefined, { score: "7", list: "none" }, null, "compactJson", "none"],
          [undefined, undefined, "PURCHASE", "none", "dataWins"],
          ["12", { score: "7", list: "none" }, "PURCHASE", "compactJson", "dataWins"]
        ]
      )
      for (const { notification, raw } of told) {
        assert.strictEqual(raw["eventType"], "TRADE")
        assert(notification._tag === "Trade")
      }
      // An undocumented field survives decoding.
      const [first] = told
      assert(first?.notification._tag === "Trade")
      assert.deepStrictEqual(Redacted.value(first.notification.data.unknownFields), { loyaltyPoints: "12" })
      // The policies are no accident of this verifier: one that knows only others refuses.
      const [, nested, collided] = webhook.received
      const under = (body = "", options: Verifier.Options) => Verifier.verifyWith([key], body, options)._tag
      assert.strictEqual(under(nested?.body, { nested: ["omit", "javaToString"] }), "Left")
      assert.strictEqual(under(collided?.body, { collision: ["envelopeWins", "both"] }), "Left")
    }).pipe(Effect.provide(world))
  )

  it.scoped("unknownEvent: one of a kind that nobody documented, after the real one", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([{ fault: "unknownEvent", times: 1 }])
      yield* buy("10.00")
      yield* pass(0)
      const told = yield* Effect.forEach(yield* deliveries, ({ body }) => understand(body))
      assert.deepStrictEqual(
        told.map(({ notification, raw }) => [notification._tag, raw["eventType"], raw["eventName"]]),
        [
          ["Trade", "TRADE", "trade"],
          ["Unknown", "CARD_RISK", "card_risk"]
        ]
      )
      assert.isUndefined(told[1]?.key)
      assert.strictEqual(webhook.received.length, 2)
    }).pipe(Effect.provide(world))
  )

  it.scoped("events: only those that a rule names", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { buy, cardId, pass, webhook } = yield* badDay([{ fault: "lost", events: ["trade", "kyc"] }])
      yield* buy("10.00")
      yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("20.00"), currency: "USD" })
      yield* pass(3600)
      assert.deepStrictEqual(
        webhook.received.map(({ body }) => JSON.parse(body).eventType),
        ["_3DS"]
      )
      const { notifications } = yield* sandbox.faults
      assert.deepStrictEqual(
        notifications.map(({ fired, matched }) => [matched, fired]),
        [[1, 1]]
      )
    }).pipe(Effect.provide(world))
  )
})

describe("several faults at once", () => {
  it.scoped("duplicate and reorder: both copies come after the next one", () =>
    Effect.gen(function* () {
      const { buy, pass, webhook } = yield* badDay([
        { fault: "duplicate", times: 1 },
        { fault: "reorder", times: 1 }
      ])
      yield* buy("10.00")
      yield* pass(0)
      assert.deepStrictEqual(webhook.received, [])
      yield* buy("11.00")
      yield* pass(0)
      assert.deepStrictEqual(amounts(webhook.received), ["11.00", "10.00", "10.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped("duplicate and late, duplicate and lost: what befalls one befalls its copy", () =>
    Effect.gen(function* () {
      const { buy, deliveries, pass, webhook } = yield* badDay([
        { fault: "duplicate" },
        { fault: "late", times: 1 },
        { fault: "lost", skip: 1 }
      ])
      yield* buy("10.00")
      yield* buy("11.00")
      yield* pass(4)
      assert.deepStrictEqual(webhook.received, [])
      yield* pass(3600)
      assert.deepStrictEqual(amounts(webhook.received), ["10.00", "10.00"])
      assert.deepStrictEqual(
        (yield* deliveries).map(({ attempts, status }) => [status, attempts.length]),
        [
          ["acknowledged", 1],
          ["acknowledged", 1],
          ["abandoned", 0],
          ["abandoned", 0]
        ]
      )
    }).pipe(Effect.provide(world))
  )

  it.scoped("late and reorder: the next one or the longer wait, whichever is first", () =>
    Effect.gen(function* () {
      const { buy, pass, webhook } = yield* badDay([
        { fault: "late", times: 1, delaySeconds: 30 },
        { fault: "reorder", times: 1, delaySeconds: 60 }
      ])
      yield* buy("10.00")
      yield* pass(59)
      assert.deepStrictEqual(webhook.received, [])
      yield* buy("11.00")
      yield* pass(0)
      assert.deepStrictEqual(amounts(webhook.received), ["11.00", "10.00"])
    }).pipe(Effect.provide(world))
  )

  it.scoped(
    "all of them: every copy of every one is sent ten times at most, verifies, and nothing hangs",
    () =>
      Effect.gen(function* () {
        const all: ReadonlyArray<Fault.NotificationFault> = [
          "duplicate",
          "late",
          "reorder",
          "early",
          "forgetful",
          "freshNonce",
          "contradict",
          "unknownField",
          "nestedValue",
          "keyCollision",
          "unknownEvent"
        ]
        const { buy, deliveries, pass, webhook } = yield* badDay(
          all.map((fault) => ({ fault, events: trade }))
        )
        for (const text of ["10.00", "11.00", "12.00"]) {
          yield* buy(text)
          yield* pass(3)
        }
        yield* pass(7200)
        const told = yield* deliveries
        // The purchase, its copy, its contradiction and the unknown one.
        assert.strictEqual(told.length, 3 * 4)
        for (const { attempts, faults, status } of told) {
          const isForgetful = faults.includes("forgetful")
          assert.deepStrictEqual(
            [status, attempts.length],
            isForgetful ? ["abandoned", 10] : ["acknowledged", 1],
            faults.join()
          )
        }
        assert.strictEqual(webhook.received.length, 3 * (10 + 10 + 1 + 1))
        yield* Effect.forEach(webhook.received, ({ body }) => understand(body))
      }).pipe(Effect.provide(world))
  )
})

describe("a notification is never lost", () => {
  it.scoped("by a receiver that fails in nine ways before it answers", () =>
    Effect.gen(function* () {
      const replies: ReadonlyArray<Reply> = [
        undefined,
        { status: 500, body: "OK" },
        { status: 503, body: "" },
        { status: 404, body: "OK" },
        { status: 302, body: "OK", location: "/elsewhere" },
        { status: 200, body: "x".repeat(1_000_000) },
        { status: 204, body: "" },
        "silence",
        { status: 200, body: '{"code":"OK"}' },
        ok
      ]
      const { buy, deliveries, webhook } = yield* badDay([], (_, nth) => replies[nth])
      const sandbox = yield* Sandbox.Sandbox
      yield* buy("10.00")
      const moving = yield* Effect.fork(sandbox.moveClock({ bySeconds: 3600 }))
      yield* seen(Effect.sync(() => webhook.received[7]))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(moving)
      const [only] = yield* deliveries
      assert.strictEqual(only?.status, "acknowledged")
      assert.deepStrictEqual(
        only?.attempts.map(({ error, status }) => status ?? error),
        [
          "ECONNRESET",
          500,
          503,
          404,
          302,
          "the answer could not be read",
          204,
          "no answer within 5s",
          200,
          200
        ]
      )
      assert.strictEqual(webhook.received.length, 10)
      assert.strictEqual(new Set(webhook.received.map(({ body }) => body)).size, 1)
    }).pipe(Effect.provide(world))
  )

  it.scoped("by receivers that come and go, however many are on their way", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const tries = new Map<string, number>()
      const { buy, deliveries, pass } = yield* badDay([], ({ body }) => {
        const nth = (tries.get(body) ?? 0) + 1
        tries.set(body, nth)
        return nth < 4 ? [undefined, { status: 500, body: "" }, { status: 200, body: "no" }][nth - 1] : ok
      })
      for (let purchase = 0; purchase < 100; purchase++) {
        yield* buy("1.00")
      }
      yield* pass(15)
      // For a while there is nobody at all.
      const gone = yield* receiver(ok)
      gone.close()
      yield* sandbox.setCallback({ url: gone.url })
      yield* pass(15)
      const back = yield* receiver(ok)
      yield* sandbox.setCallback({ url: back.url })
      yield* pass(3600)
      const all = yield* deliveries
      assert.strictEqual(all.length, 100)
      for (const { attempts, body, status } of all) {
        assert.strictEqual(status, "acknowledged")
        assert.deepStrictEqual(
          attempts.map(({ error, status }) => status ?? error),
          ["ECONNRESET", 500, "ECONNREFUSED", "ECONNREFUSED", 200]
        )
        assert.strictEqual(tries.get(body), 2)
      }
      assert.sameMembers(
        back.received.map(({ body }) => body),
        all.map(({ body }) => body)
      )
    }).pipe(Effect.provide(world))
  )

  it.scoped("by a snapshot: what was on its way is sent again, once", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      let open: () => void = () => undefined
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const { buy, deliveries, pass, webhook } = yield* badDay([], async (_, nth) => {
        if (nth !== 0) return { status: 500, body: "" }
        await gate
        return ok
      })
      yield* buy("10.00")
      yield* seen(Effect.sync(() => webhook.received[0]))
      yield* sandbox.takeSnapshot({ name: "on its way" })
      yield* sandbox.restoreSnapshot({ name: "on its way" })
      yield* seen(Effect.sync(() => webhook.received[1]))
      open()
      yield* pass(0)
      // The first send was the other world's, and so is its acknowledgement: this one knows of its own only.
      assert.deepStrictEqual(
        (yield* deliveries)[0]?.attempts.map(({ status }) => status),
        [500]
      )
      yield* pass(3600)
      assert.strictEqual((yield* deliveries)[0]?.attempts.length, 10)
      assert.strictEqual(webhook.received.length, 11)
    }).pipe(Effect.provide(world))
  )
})

describe("on a good day", () => {
  it.scoped("the envelope has the vendor's fields in their forms and no others (VENDOR 6.1, 6.4)", () =>
    Effect.gen(function* () {
      const sandbox = yield* Sandbox.Sandbox
      const { call } = yield* Caller
      const { buy, cardId, pass, webhook } = yield* badDay([])
      yield* buy("10.00")
      yield* sandbox.requestThreeDs({ cardId, amount: Id.amount("20.00"), currency: "USD" })
      const { customerId } = yield* call("createCustomer", { customerCode: Id.code("c-2") })
      yield* call("submitKyc", kycOf(customerId))
      yield* sandbox.reviewKyc({ customerId, result: "passed" })
      yield* pass(0)
      const told = yield* Effect.forEach(webhook.received, ({ body }) => understand(body))
      assert.deepStrictEqual(told.map(({ raw }) => [raw["eventType"], raw["eventName"]]).sort(), [
        ["KYC", "kyc_status"],
        ["TRADE", "trade"],
        ["_3DS", "3ds"]
      ])
      for (const { collision, envelope, nested, raw } of told) {
        assert.deepStrictEqual(Object.keys(raw).sort(), [
          "data",
          "eventName",
          "eventType",
          "merchantNo",
          "nonce",
          "requestTime",
          "sign",
          "version"
        ])
        assert.deepStrictEqual([nested, collision], ["none", "none"])
        assert.strictEqual(raw["requestTime"], Date.parse("2026-03-01T09:30:00Z"))
        assert.strictEqual(raw["version"], "v1.0")
        assert.strictEqual(raw["merchantNo"], merchant.merchantNo)
        assert.match(String(envelope.nonce), /^[A-Za-z0-9]{16}$/)
        assert.match(String(raw["sign"]), /^[0-9a-f]{32}$/)
        // Strings and nulls; but auditState is a number in the vendor's sample.
        for (const [field, value] of Object.entries(raw.data)) {
          assert.isTrue(
            value === null || typeof value === (field === "auditState" ? "number" : "string"),
            `${field}: ${String(value)}`
          )
        }
      }
      const buys = told.find(({ notification }) => notification._tag === "Trade")?.raw.data
      assert.deepStrictEqual(
        [buys?.["fxFee"], buys?.["atmFee"], buys?.["eventType"]],
        ["0.0000", "0.00", null]
      )
      assert.deepStrictEqual(
        webhook.received.map(({ contentType }) => contentType),
        ["application/json", "application/json", "application/json"]
      )
    }).pipe(Effect.provide(world))
  )
})
