import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as CardJournal from "../src/CardJournal.js"
import * as OrderJournal from "../src/OrderJournal.js"
import { Yunmo } from "../src/Yunmo.js"
import {
  activationCode,
  apiKey,
  canary,
  encrypted,
  everything,
  html,
  idNumber,
  livenessUrl,
  mark,
  options,
  pan,
  photo,
  pin,
  planted,
  secretKey,
  silent,
  token,
  watched
} from "./support/canary.js"
import { merchantNo, withClient } from "./support/client.js"
import * as Exchanging from "./support/exchange.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { prints, traced } from "./support/shows.js"
import {
  code,
  envelope,
  later,
  never,
  ok,
  type Received,
  type Reply,
  reset,
  status,
  text,
  vendor
} from "./support/vendor.js"

/** Answers that repeat what was secret, in every place that has room for it. */
const leaks: ReadonlyArray<readonly [string, (received: Received) => Reply]> = [
  ["msg of a refusal", (received) => code("1000000", everything(received))],
  ["msg of an unknown outcome", (received) => code("4000000", `failed: ${everything(received)}`)],
  [
    "msg with the beginning of each field",
    ({ message }) =>
      code(
        "1000001",
        Object.values(message.data)
          .map((value) => `${value}`.slice(0, 12))
          .join(" ")
      )
  ],
  ["msg with the request", ({ body }) => code("1000000", body)],
  ["code", (received) => code(everything(received))],
  ["code and msg of the secret key alone", () => code(secretKey, secretKey)],
  ["a page with HTTP 500", ({ body }) => status(500, { "x-request": mark }, body)],
  ["a page with HTTP 200", ({ body }) => text(`<html>${body}</html>`)],
  ["the request itself", ({ body }) => text(body)],
  ["a request cut off", ({ body }) => text(body.slice(0, -3))],
  ["keys given twice", () => text(`{"${pan}":1,"${mark}":1,"${pan}":2,"${mark}":2}`)],
  ["a redirect", () => status(302, { location: `/elsewhere?token=${token}` })],
  ["headers", () => status(503, { "set-cookie": `session=${token}`, "x-token": token, server: mark })],
  ["data of another shape", () => ok({ [pan]: pan, status: { pin }, token: [token], cardId: { pan } })],
  ["data that is a secret", () => ok(pan)],
  ["a list of secrets", () => ok([{ cardId: [pan], status: [mark] }])],
  ["timestamp and msg of another shape", () => envelope({ code: "-1", msg: { pan }, timestamp: mark })],
  [
    "a wrong signature",
    (received) => envelope({ code: "200", msg: everything(received), sign: "0".repeat(32) })
  ],
  ["a signature that is a secret", () => envelope({ code: "200", data: true, sign: token })],
  ["a reset", () => reset],
  ["silence", () => never]
]

/** What succeeds, with secrets in the fields that hold them. */
const successes: Partial<Record<Operation.Name, unknown>> = {
  getCardPanHtml: html,
  getCardPan: { encryptData: encrypted, publicKey: "key", cvv: canary("cvv") },
  getCardPin: pin,
  getLivenessUrl: { customerId: Id.customerId, transactionId: Id.transactionId, url: livenessUrl },
  listCustomerCards: [{ cardId: Id.cardId, status: "ACTIVE", maskedCardNumber: pan, pan }],
  getCardDetail: { cardId: Id.cardId, status: "ACTIVE", maskedCardNumber: pan, pan },
  createVirtualCard: { cardId: Id.cardId, pan },
  createCustomer: { customerId: Id.customerId, secret: canary("new field") }
}

const clients = {
  undici: NodeHttpClient.layerUndici,
  fetch: FetchHttpClient.layer,
  "an exchange": Exchanging.layer
}

describe.each(Object.entries(clients))("no secret shows, through %s", (_, http) => {
  it.scopedLive.each(leaks)(
    "in any of the 25 operations, when the vendor repeats it in %s",
    ([where, leak]) =>
      Effect.gen(function* () {
        const hasty = { ...options.policy, attemptTimeout: Duration.millis(40) }
        const policy = where === "silence" ? hasty : options.policy
        for (const { name } of Operation.all) {
          const server = yield* vendor({
            login: (received) => (name === "login" ? leak(received) : ok({ token })),
            // What a creation is compared with.
            ...(name === "createVirtualCard" ? { listCustomerCards: ok([]) } : {}),
            anything: (received) => leak(received)
          })
          yield* Effect.gen(function* () {
            yield* watched(name, policy)
            const journal = yield* OrderJournal.OrderJournal
            silent("the journal", prints(yield* journal.unsettled(merchantNo)))
            const creations = yield* CardJournal.CardJournal
            silent("the card journal", prints(yield* creations.unsettled(merchantNo)))
            silent("the service", prints(yield* Yunmo))
          }).pipe(withClient(server.url, { ...options, http, ...(name === "login" ? { policy } : {}) }))
          // Where nobody answers, a busy machine may give up before the request is through.
          assert.isTrue(where === "silence" || server.of(name).length > 0, name)
        }
      })
  )

  it.scopedLive("in any success", () =>
    Effect.gen(function* () {
      const names = Object.keys(successes) as ReadonlyArray<keyof typeof successes>
      for (const name of names) {
        const server = yield* vendor({ login: ok({ token }), [name]: ok(successes[name]) })
        const { exit } = yield* watched(name).pipe(withClient(server.url, { ...options, http }))
        assert.strictEqual(exit._tag, "Success", name)
        assert.include(prints(exit), "<redacted>", name)
      }
    })
  )

  it.scopedLive("when nobody listens, and when a call is interrupted", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(vendor())
      yield* watched("submitKyc").pipe(withClient(gone.url, { ...options, http }))
      const slow = yield* vendor({ login: ok({ token }), anything: later(500, ok(true)) })
      const spans = yield* traced
      const exit = yield* Effect.flatMap(Yunmo, planted.submitKyc).pipe(
        Effect.timeout("100 millis"),
        Effect.exit,
        spans.collect,
        withClient(slow.url, { ...options, http })
      )
      silent("an interrupted call", prints(exit))
      silent("its spans", spans.all.map(({ shown }) => shown).join("\n"))
    })
  )
})

describe("the canaries are there to be found", () => {
  it.scopedLive("the requests carry all but the secret key, and the answers the rest", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ login: ok({ token }), anything: ok(html) })
      yield* Effect.gen(function* () {
        const yunmo = yield* Yunmo
        yield* Effect.exit(planted.submitKyc(yunmo))
        yield* Effect.exit(planted.bindPhysicalCard(yunmo))
        const page = yield* yunmo.cards.panHtml({ cardId: Id.cardId })
        assert.strictEqual(Redacted.value(page), html)
      }).pipe(withClient(server.url, options))
      const bodies = server.received.map(({ body }) => body).join("\n")
      for (const one of [apiKey, token, idNumber, photo, activationCode]) {
        assert.include(bodies, one)
      }
      assert.notInclude(bodies, secretKey)
    })
  )

  it("and the checks see them", () => {
    assert.throws(() => silent("here", prints({ deep: [new Map([["a", new Error(token)]])] })))
    assert.throws(() => silent("here", prints(new Error("x", { cause: { html } }))))
  })
})

describe("spans", () => {
  it.scopedLive("say operation, attempt, status and code", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [code("2000001"), ok(true)] })
      const spans = yield* traced
      yield* Effect.flatMap(Yunmo, calls.freezeCard).pipe(spans.collect, withClient(server.url))
      const told = spans.all.map(({ attributes, kind, name }) => [
        name,
        kind,
        attributes.get("yunmo.attempt"),
        attributes.get("http.response.status_code"),
        attributes.get("yunmo.code")
      ])
      assert.deepStrictEqual(told, [
        ["POST /auth/login", "client", 1, 200, "200"],
        ["POST /card/freeze", "client", 1, 200, "2000001"],
        ["POST /auth/login", "client", 1, 200, "200"],
        ["POST /card/freeze", "client", 2, 200, "200"],
        ["Yunmo.freezeCard", "internal", undefined, undefined, undefined]
      ])
      const [, first] = spans.all
      assert.strictEqual(first?.attributes.get("url.full"), `${server.url}/card/freeze`)
      assert.strictEqual(first?.attributes.get("yunmo.operation"), "freezeCard")
    })
  )
})
