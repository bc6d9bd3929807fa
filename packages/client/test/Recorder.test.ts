import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import * as Recorded from "../src/Recorded.js"
import * as Recorder from "../src/Recorder.js"
import * as Yunmo from "../src/Yunmo.js"
import { until } from "./support/client.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { credentials, sandboxUrl, virtualCard, withSandbox } from "./support/sandbox.js"
import { prints } from "./support/shows.js"
import { code, ok, reset, status, text, timestamp, vendor } from "./support/vendor.js"

/** A client that is recorded. */
const recorded = (baseUrl: string, contract: Contract.Overrides = {}) =>
  Yunmo.layer({ ...credentials, baseUrl }).pipe(
    Layer.provideMerge(Layer.merge(OrderJournal.layerMemory, CardJournal.layerMemory)),
    Layer.provideMerge(Recorder.layer.pipe(Layer.provide(NodeHttpClient.layerUndici))),
    Layer.provide(Contract.layer(contract)),
    Layer.orDie
  )

const recording = Effect.flatMap(Recorder.Recorder, ({ recording }) => recording)

const once = Policy.within({ retries: 0 })

describe("records", () => {
  it.scopedLive("a real run, which then gives the same answers again without the vendor", () =>
    Effect.gen(function* () {
      const url = yield* sandboxUrl
      const { cardId, customerId } = yield* virtualCard("c-0")
      const run = Effect.gen(function* () {
        const { cards, customers, kyc } = yield* Yunmo.Yunmo
        const customer = yield* customers.create({ customerCode: Id.customerCode("c-1") })
        const taken = yield* Effect.flip(customers.create({ customerCode: Id.customerCode("c-1") }))
        const samples = yield* cards.samples
        const outcome = yield* cards.adjustBalance({
          merchantOrderNo: Id.merchantOrderNo("INV-1"),
          cardId,
          amount: Id.amount("20.00"),
          direction: "increase"
        })
        const { auditState } = yield* kyc.status({ customerId })
        const card = yield* cards.detail({ cardId })
        return [
          customer.customerId,
          taken.message,
          samples.map((sample) => sample.cardSampleId),
          outcome,
          auditState,
          card.balance?.text,
          card.status
        ]
      })
      const [first, tape] = yield* Effect.zip(run, recording).pipe(Effect.provide(recorded(url)))
      const again = yield* Effect.provide(run, Recorded.layer(tape))
      assert.deepStrictEqual(again, first)
      assert.deepStrictEqual(Object.keys(tape).sort(), [
        "adjustBalance",
        "createCustomer",
        "getCardDetail",
        "getKycStatus",
        "listCardSamples"
      ])
      assert.deepStrictEqual(JSON.parse(JSON.stringify(tape)), tape)
    }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive(
    "no token, card number, PIN, link or unknown field, and nothing secret in what the vendor says",
    () =>
      Effect.gen(function* () {
        const url = yield* sandboxUrl
        const { cardId, customerId } = yield* virtualCard("c-0")
        const secrets: Array<string> = []
        yield* Effect.gen(function* () {
          const { auth, cards, customers, kyc } = yield* Yunmo.Yunmo
          yield* auth.login
          const html = yield* cards.panHtml({ cardId })
          const pan = yield* cards.pan({ cardId })
          const pin = yield* cards.pin({ cardId })
          const fresh = yield* customers.create({ customerCode: Id.customerCode("c-1") })
          yield* kyc.submit({ ...Id.kyc(), customerId: fresh.customerId })
          const { url: link } = yield* kyc.livenessUrl({ customerId: fresh.customerId })
          const [card] = yield* cards.list({ customerId })
          for (const secret of [html, pan.encryptData, link, card?.maskedCardNumber]) {
            secrets.push(secret === undefined ? assert.fail("is there") : Redacted.value(secret))
          }
          secrets.push(Redacted.isRedacted(pin) ? Redacted.value(pin) : Redacted.value(pin.encryptData))
          const tape = yield* recording
          const shown = prints(tape)
          for (const secret of [...secrets, ...secrets.map((one) => JSON.stringify(one).slice(1, -1))]) {
            assert.notInclude(shown, secret)
          }
          assert.include(shown, "recorded-secret")
          const again = yield* Effect.flatMap(Yunmo.Yunmo, (yunmo) => yunmo.cards.pan({ cardId })).pipe(
            Effect.provide(Recorded.layer(tape))
          )
          assert.strictEqual(Redacted.value(again.encryptData), "recorded-secret")
        }).pipe(Effect.provide(recorded(url)))
      }).pipe(Effect.provide(withSandbox()))
  )

  it.scopedLive("refusals, other statuses, and lost answers, in the order of the requests", () =>
    Effect.gen(function* () {
      let answer = () => {}
      const slow = new Promise<void>((resolve) => {
        answer = resolve
      })
      const echo = `Mr CANARY-photo ${"/9j/4AAQSkZJRg=="} 4111 1111 1111 1111`
      const server = yield* vendor({
        getCardDetail: async (_, nth) => {
          if (nth === 0) {
            await slow
            return ok({ cardId: "CD1", status: "ACTIVE", pan: "4111111111111111" })
          }
          return nth === 1 ? status(503) : reset
        },
        submitKyc: code("1000001", echo)
      })
      yield* Effect.gen(function* () {
        const { cards, kyc } = yield* Yunmo.Yunmo
        const detail = Effect.exit(once(cards.detail({ cardId: Id.cardId })))
        const first = yield* Effect.fork(detail)
        yield* until(
          Effect.sync(() => server.of("getCardDetail").length === 1),
          "the first one is asked"
        )
        yield* Effect.zipRight(detail, detail)
        answer()
        yield* Fiber.join(first)
        yield* Effect.exit(kyc.submit(Id.kyc({ photo: "/9j/4AAQSkZJRg==" })))
        const tape = yield* recording
        assert.deepStrictEqual(tape.getCardDetail?.slice(1), [{ status: 503 }, "lost"])
        assert.deepStrictEqual(tape.getCardDetail?.[0], {
          code: "200",
          msg: "success",
          timestamp,
          data: { cardId: "CD1", status: "ACTIVE" }
        })
        assert.notInclude(prints(tape), "/9j/4AAQ")
        assert.notInclude(prints(tape), "4111")
        assert.include(prints(tape), "1000001")
      }).pipe(Effect.provide(recorded(server.url)))
    })
  )

  it.scopedLive("under the names of the contract", () =>
    Effect.gen(function* () {
      const contract = { fields: { CustomerAddVo: { customerId: "userId" } } }
      const server = yield* vendor({ createCustomer: ok({ userId: "AU1" }) })
      const tape = yield* Effect.flatMap(Yunmo.Yunmo, ({ customers }) =>
        customers.create({ customerCode: Id.customerCode("c-1") })
      ).pipe(Effect.zipRight(recording), Effect.provide(recorded(server.url, contract)))
      hasFields(Object(tape.createCustomer?.[0]), { code: "200", data: { userId: "AU1" } })
    })
  )
})

describe("says what it could not record", () => {
  it.scopedLive("answers that are none, and calls of the user's own", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        getCardDetail: ok({ status: ["4111111111111111"] }),
        freezeCard: text("<html>"),
        unfreezeCard: text(`{"msg":"hi"}`),
        anything: ok(true)
      })
      yield* Effect.gen(function* () {
        const { call, cards } = yield* Yunmo.Yunmo
        const { cardId } = Id
        yield* Effect.exit(cards.detail({ cardId }))
        yield* Effect.exit(once(cards.freeze({ cardId })))
        yield* Effect.exit(once(cards.unfreeze({ cardId })))
        yield* Effect.exit(call("/card/new", {}))
        const error = yield* Effect.flip(recording)
        hasFields(error, { _tag: "NotRecorded" })
        assert.deepStrictEqual(
          error.problems.map(({ operation }) => operation),
          ["getCardDetail", "freezeCard", "unfreezeCard", "/card/new"]
        )
        assert.include(error.message, "freezeCard was answered with something else than JSON")
        assert.include(error.message, "cardId is missing")
        assert.notInclude(prints(error), "4111")
      }).pipe(Effect.provide(recorded(server.url)))
    })
  )
})
