import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as OrderJournal from "../src/OrderJournal.js"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { merchantNo, withClient } from "./support/client.js"
import * as Id from "./support/ids.js"
import { type Call, calls } from "./support/operations.js"
import { logged, prints, traced } from "./support/shows.js"
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

/** Each secret, told apart by what is looked for: `mark` stands in it at least every 16 characters. */
const mark = "CANARY"
const canary = (name: string) => `${mark}-${name}-${mark}`
const secretKey = canary("secret-key")
const apiKey = canary("api-key")
const token = canary("token")
const idNumber = canary("id-number")
const photo = `${mark}+photo/`.repeat(100)
const activationCode = canary("activation")
const encrypted = canary("encrypted-pan")
const html = `<html><b>${canary("pan-html")}</b> 4111 1111 1111 1111</html>`
const pin = canary("pin")
const pan = "4111111111111111"
const livenessUrl = `https://liveness.example.com/${canary("liveness")}`

const marks = [mark, pan, "4111 1111 1111 1111"]

const silent = (where: string, shown: string): void => {
  for (const one of marks) {
    const at = shown.indexOf(one)
    assert.strictEqual(at, -1, `${where}: ${shown.slice(Math.max(0, at - 200), at + 60)}`)
  }
}

const planted: Readonly<Record<Operation.Name, Call>> = {
  ...calls,
  submitKyc: ({ kyc }) => kyc.submit({ ...Id.kyc({ idNumber, photo }), idBackPhoto: Redacted.make(photo) }),
  bindPhysicalCard: ({ cards }) =>
    cards.bindPhysical({
      customerId: Id.customerId,
      sku: "SKU1",
      activationCode: Redacted.make(activationCode)
    }),
  activatePhysicalCard: ({ cards }) =>
    cards.activatePhysical({ cardId: Id.cardId, activationCode: Redacted.make(activationCode) })
}

/** Everything secret that came with the request, or that the vendor knows, as one line. */
const everything = ({ message }: Received): string =>
  [...Object.values(message.data), message.token, secretKey, apiKey, `card ${pan}`].join(" ")

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

const options = {
  policy: { retries: 0 },
  options: { apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) }
}

/** Runs a call as a careless program would: logs the outcome, the error and the cause, and traces everything. */
const watched = (name: Operation.Name, policy: Partial<Policy.PolicyService> = options.policy) =>
  Effect.gen(function* () {
    const lines = yield* logged
    const spans = yield* traced
    const exit = yield* Effect.flatMap(Yunmo, planted[name]).pipe(
      Effect.tap((outcome) => Effect.logInfo("outcome", outcome)),
      Effect.tapError((error) => Effect.logWarning("error", error, error.message)),
      Effect.tapErrorCause((cause) => Effect.logError("cause", cause)),
      Effect.withSpan("program"),
      Policy.within(policy),
      Effect.exit,
      lines.collect,
      spans.collect
    )
    silent(`${name}, printed`, prints(exit))
    assert.isNotEmpty(lines.all)
    silent(`${name}, logged`, lines.all.join("\n"))
    assert.isNotEmpty(spans.all)
    for (const span of spans.all) {
      silent(`${name}, span ${span.name}`, span.name + span.shown)
    }
    return { exit, spans: spans.all }
  })

const clients = { undici: NodeHttpClient.layerUndici, fetch: FetchHttpClient.layer }

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
            anything: (received) => leak(received)
          })
          yield* Effect.gen(function* () {
            yield* watched(name, policy)
            const journal = yield* OrderJournal.OrderJournal
            silent("the journal", prints(yield* journal.unsettled(merchantNo)))
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
