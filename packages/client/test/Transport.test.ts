import { gzipSync } from "node:zlib"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Signer from "@effect-yunmo/signing/Signer"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Policy from "../src/Policy.js"
import { Yunmo } from "../src/Yunmo.js"
import { merchantNo, pause, secretKey, until, withClient } from "./support/client.js"
import * as Exchanging from "./support/exchange.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import {
  endless,
  envelope,
  later,
  never,
  ok,
  type Reply,
  reset,
  resetInBody,
  type Script,
  stalled,
  status,
  text,
  vendor
} from "./support/vendor.js"

const clients = {
  undici: NodeHttpClient.layerUndici,
  "node:http": NodeHttpClient.layer,
  fetch: FetchHttpClient.layer,
  "an exchange": Exchanging.layer
} as const
const client = Object.keys(clients) as ReadonlyArray<keyof typeof clients>

const freeze = Effect.flatMap(Yunmo, (yunmo) => yunmo.cards.freeze({ cardId: Id.cardId }))
const once = Policy.within({ retries: 0 })
const impatiently = Policy.within({ retries: 0, attemptTimeout: Duration.millis(300) })

/** What `cards.freeze` makes of this answer, tried once. */
const told = (script: Script, http: keyof typeof clients = "undici", policy = once) =>
  Effect.gen(function* () {
    const server = yield* vendor({ freezeCard: script })
    return yield* Effect.flip(freeze).pipe(policy, withClient(server.url, { http: clients[http] }))
  })

const megabyte = 1024 * 1024
const huge = `{"code":"200","msg":"${"x".repeat(megabyte)}","data":true}`
const bomb = gzipSync(huge)

describe.each(client)("an answer that is none, through %s", (http) => {
  const cases: ReadonlyArray<readonly [string, Reply, Record<string, unknown>]> = [
    [
      "HTML",
      text("<html><body>Bad gateway</body></html>"),
      { _tag: "ResponseInvalid", reason: "Unreadable" }
    ],
    ["nothing", text(""), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["JSON cut off", text(`{"code":"200","data":tr`), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["JSON twice", text(`{"code":"200","data":true}{}`), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["JSON of no object", text(`["200"]`), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["a key twice", text(`{"code":"200","code":"-1"}`), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    [
      "bytes of no text",
      text(Buffer.from([0x7b, 0xff, 0x7d])),
      { _tag: "ResponseInvalid", reason: "Unreadable" }
    ],
    ["a byte order mark", text(`\uFEFF{"code":"200"}`), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["no code", envelope({ msg: "ok", data: true }), { _tag: "ResponseInvalid", reason: "Envelope" }],
    [
      "a code that is an object",
      envelope({ code: { a: 1 } }),
      { _tag: "ResponseInvalid", reason: "Envelope" }
    ],
    ["no data", envelope({ code: "200" }), { _tag: "ResponseInvalid", reason: "Data" }],
    ["null data", ok(null), { _tag: "ResponseInvalid", reason: "Data" }],
    ["other data", ok({ done: "yes" }), { _tag: "ResponseInvalid", reason: "Data" }],
    ["too much, with its length", text(huge), { _tag: "ResponseInvalid", reason: "TooLarge" }],
    [
      "too much, without its length",
      {
        send: (response) => {
          response.writeHead(200, { "content-type": "application/json" })
          response.write(huge.slice(0, 100))
          response.end(huge.slice(100))
        }
      },
      { _tag: "ResponseInvalid", reason: "TooLarge" }
    ],
    ["HTTP 500", status(500), { _tag: "HttpStatusUnexpected", status: 500 }],
    ["HTTP 404", status(404), { _tag: "HttpStatusUnexpected", status: 404 }],
    [
      "HTTP 204",
      { send: (response) => response.writeHead(204).end() },
      { _tag: "HttpStatusUnexpected", status: 204 }
    ],
    ["HTTP 429", status(429), { _tag: "HttpStatusUnexpected", status: 429 }],
    ["a connection reset before", reset, { _tag: "TransportFailed" }],
    ["a connection reset within", resetInBody, { _tag: "TransportFailed" }]
  ]
  it.scopedLive.each(cases)("%s", ([, reply, expected]) =>
    Effect.gen(function* () {
      const error = yield* told(reply, http)
      hasFields(error, { operation: "freezeCard", attempt: 1, ...expected })
      assert.notInclude(error.message, "Bad gateway")
    })
  )

  it.scopedLive.each([
    ["silence", never],
    ["silence after a beginning", stalled]
  ] as const)("%s", ([, reply]) =>
    Effect.gen(function* () {
      const error = yield* told(reply, http, impatiently)
      hasFields(error, { _tag: "RequestTimedOut", attempt: 1, limit: "attemptTimeout", timeout: 300 })
    })
  )

  it.scopedLive("a redirect is not followed: the request carries secrets", () =>
    Effect.gen(function* () {
      const elsewhere = yield* vendor({ anything: ok(true) })
      for (const value of [301, 302, 303, 307, 308]) {
        const error = yield* told(status(value, { location: `${elsewhere.url}/card/freeze` }), http)
        hasFields(error, { _tag: "HttpStatusUnexpected", status: value })
        assert.include(error.message, "Redirects are not followed")
      }
      assert.deepStrictEqual(elsewhere.received, [])
    })
  )

  it.scopedLive("nobody there: the system's own name of it", () =>
    Effect.gen(function* () {
      const server = yield* Effect.scoped(vendor())
      const error = yield* Effect.flip(freeze).pipe(
        withClient(server.url, { http: clients[http], policy: { retries: 0 } })
      )
      hasFields(error, { _tag: "TransportFailed", operation: "login" })
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.scopedLive("calls one after the other share one connection", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      yield* Effect.repeatN(freeze, 19).pipe(withClient(server.url, { http: clients[http] }))
      assert.strictEqual(server.received.length, 21)
      // The agent of node:http as platform makes it keeps none.
      assert.isAtMost(server.connections(), http === "node:http" ? 21 : 2)
    })
  )

  it.scopedLive("answers that nobody reads keep no connection", () =>
    Effect.gen(function* () {
      const big = status(503, {}, "x".repeat(500_000))
      const server = yield* vendor({ freezeCard: big })
      yield* Effect.gen(function* () {
        yield* Effect.replicateEffect(Effect.flip(freeze), 25).pipe(once)
        yield* until(
          Effect.sync(() => server.open() <= 2),
          `connections are given back (${server.open()} are open)`,
          200
        )
      }).pipe(withClient(server.url, { http: clients[http] }))
    })
  )
})

describe("sizes", () => {
  it.scopedLive("an endless answer is given up where it becomes too large", () =>
    Effect.gen(function* () {
      const sent = { bytes: 0 }
      const error = yield* told(endless(sent))
      hasFields(error, { _tag: "ResponseInvalid", reason: "TooLarge" })
      yield* pause(50)
      const { bytes } = sent
      yield* pause(50)
      assert.strictEqual(sent.bytes, bytes, "and the connection is closed")
    })
  )

  it.scopedLive("a small compressed answer that becomes a large one is given up too", () =>
    Effect.gen(function* () {
      assert.isBelow(bomb.length, 10_000)
      const reply = text(bomb, { "content-encoding": "gzip", "content-length": String(bomb.length) })
      hasFields(yield* told(reply, "fetch"), { _tag: "ResponseInvalid", reason: "TooLarge" })
    })
  )

  it.scopedLive("a compressed answer of an ordinary size is read where the client decompresses", () =>
    Effect.gen(function* () {
      const body = gzipSync(JSON.stringify({ code: "200", data: true }))
      const server = yield* vendor({
        freezeCard: text(body, { "content-encoding": "gzip", "content-length": String(body.length) })
      })
      assert.isTrue(yield* freeze.pipe(withClient(server.url, { http: FetchHttpClient.layer })))
    })
  )

  it.scopedLive("the limit is the policy's", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: text(huge) })
      const larger = Policy.within({ maxResponseBytes: 2 * megabyte })
      assert.isTrue(yield* freeze.pipe(larger, withClient(server.url)))
    })
  )
})

describe("signatures of answers", () => {
  const signed = (secret: string, data: Record<string, string | number | boolean>) =>
    Effect.map(
      Signer.signWith(SigningKey.make("vendor", secret), {
        envelope: { code: "200", msg: "success", timestamp: 1_770_712_296_681, newField: "20.00" },
        data
      }),
      ({ body }) => Redacted.value(body)
    )
  const detail = { cardId: Id.cardId, status: "ACTIVE" }
  const ask = Effect.flatMap(Yunmo, (yunmo) => yunmo.cards.detail({ cardId: Id.cardId }))

  it.scopedLive("are verified where there is one, over unknown fields too", () =>
    Effect.gen(function* () {
      const body = yield* signed(secretKey, detail)
      const server = yield* vendor({ getCardDetail: text(body) })
      assert.strictEqual((yield* ask.pipe(withClient(server.url))).status, "ACTIVE")
    })
  )

  const sign = /"sign":"[0-9a-f]+"/
  const wrong: ReadonlyArray<readonly [about: string, secret: string, of: string | RegExp, to: string]> = [
    ["of another secret", "another-secret", "", ""],
    ["of other data", secretKey, "ACTIVE", "FROZEN"],
    ["of another number", secretKey, `"20.00"`, "20.0"],
    ["that is a number", secretKey, sign, `"sign":1`],
    ["that is none", secretKey, sign, `"sign":"no"`]
  ]
  it.scopedLive.each(wrong)("one %s makes the answer worth nothing", ([, secret, of, to]) =>
    Effect.gen(function* () {
      const body = yield* signed(secret, detail)
      const server = yield* vendor({ getCardDetail: text(body.replace(of, to)) })
      const error = yield* Effect.flip(ask).pipe(withClient(server.url))
      hasFields(error, { _tag: "ResponseInvalid", reason: "SignatureInvalid" })
      assert.strictEqual(server.of("getCardDetail").length, 1, "it is not asked for again")
    })
  )

  it.scopedLive("are asked for, or not looked at, where the policy says so", () =>
    Effect.gen(function* () {
      const right = yield* signed(secretKey, detail)
      const unsigned = envelope({ code: "200", data: detail })
      const wrong = right.replace(sign, `"sign":"${"0".repeat(32)}"`)
      const server = yield* vendor({ getCardDetail: [text(right), unsigned, text(wrong)] })
      const asked = (responseSignature: "always" | "never") =>
        Effect.flatMap(Yunmo, ({ cards }) => cards.detail({ cardId: Id.cardId })).pipe(
          Policy.within({ responseSignature })
        )
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* asked("always")).cardId, Id.cardId)
        const error = yield* Effect.flip(asked("always"))
        hasFields(error, { _tag: "ResponseInvalid", reason: "SignatureInvalid" })
        assert.strictEqual((yield* asked("never")).cardId, Id.cardId)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive(
    "are asked for, or not looked at, where the contract says so; the policy has the last word",
    () =>
      Effect.gen(function* () {
        const right = yield* signed(secretKey, detail)
        const unsigned = envelope({ code: "200", data: detail })
        const wrong = right.replace(sign, `"sign":"${"0".repeat(32)}"`)
        const login = text(yield* signed(secretKey, { token: "a-token" }))
        const server = yield* vendor({ login, getCardDetail: [text(right), unsigned, unsigned, text(wrong)] })
        yield* Effect.gen(function* () {
          assert.strictEqual((yield* ask).cardId, Id.cardId)
          hasFields(yield* Effect.flip(ask), { _tag: "ResponseInvalid", reason: "SignatureInvalid" })
          const lenient = Policy.within({ responseSignature: "whenPresent" })
          assert.strictEqual((yield* ask.pipe(lenient)).cardId, Id.cardId)
        }).pipe(withClient(server.url, { contract: { signature: { responses: "always" } } }))
        yield* Effect.gen(function* () {
          assert.strictEqual((yield* ask).cardId, Id.cardId)
          const strict = Policy.within({ responseSignature: "always" })
          hasFields(yield* Effect.flip(ask.pipe(strict)), {
            _tag: "ResponseInvalid",
            reason: "SignatureInvalid"
          })
        }).pipe(withClient(server.url, { contract: { signature: { responses: "never" } } }))
      })
  )

  it.scopedLive("an unsigned login is refused where the contract asks for signatures", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ getCardDetail: envelope({ code: "200", data: detail }) })
      const error = yield* Effect.flip(ask).pipe(
        withClient(server.url, { contract: { signature: { responses: "always" } } })
      )
      hasFields(error, { _tag: "ResponseInvalid", operation: "login", reason: "SignatureInvalid" })
    })
  )

  it.scopedLive.each([[""], [null]])("%j is none", ([sign]) =>
    Effect.gen(function* () {
      const server = yield* vendor({ getCardDetail: envelope({ code: "200", data: detail, sign }) })
      assert.strictEqual((yield* ask.pipe(withClient(server.url))).status, "ACTIVE")
    })
  )

  it.scopedLive("a refusal with a wrong signature refuses nothing: money stays unknown", () =>
    Effect.gen(function* () {
      const server = yield* vendor({
        adjustBalance: envelope({ code: "4010006", msg: "", sign: "0".repeat(32) })
      })
      const outcome = yield* Effect.flatMap(Yunmo, ({ cards }) =>
        cards.adjustBalance({
          merchantOrderNo: Id.merchantOrderNo("O-1"),
          cardId: Id.cardId,
          amount: Id.amount("1"),
          direction: "increase"
        })
      ).pipe(withClient(server.url))
      assert.strictEqual(outcome._tag, "Unknown")
    })
  )
})

describe("signatures of requests", () => {
  it.scopedLive(
    "leave out what the operation's page exempts, by its name on the wire, and nothing else",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ submitKyc: ok(true), freezeCard: ok(true) })
        const contract = {
          fields: { SubmitKycDto: { idFrontPhoto: "front" } },
          signature: { exempt: { submitKyc: ["idFrontPhoto"] } }
        }
        yield* Effect.gen(function* () {
          const { kyc } = yield* Yunmo
          yield* kyc.submit(Id.kyc())
          yield* freeze
        }).pipe(withClient(server.url, { contract }))
        const holds = (body: string, exempt: ReadonlyArray<string>) =>
          Either.isRight(Verifier.verifyWith([SigningKey.make("test", secretKey)], body, { exempt }))
        const [submitted] = server.of("submitKyc")
        assert.property(submitted?.message.data, "front")
        assert.isTrue(holds(submitted?.body ?? "", ["front"]))
        assert.isFalse(holds(submitted?.body ?? "", []))
        assert.isTrue(holds(server.of("freezeCard")[0]?.body ?? "", []))
      })
  )

  // No request of today has one: it would be the merchant's contract that adds it.
  it.scopedLive(
    "take nested values as the contract says: refused before anything is sent, left out, or as JSON",
    () =>
      Effect.gen(function* () {
        const server = yield* vendor({ anything: ok(true) })
        const send = (nested: "refuse" | "omit" | "compactJson") =>
          Effect.flatMap(Yunmo, (yunmo) =>
            yunmo.call("/card/label", { cardId: Id.cardId, reasons: ["lost"] })
          ).pipe(withClient(server.url, { contract: { signature: { nested } } }))
        const refused = yield* Effect.flip(send("refuse"))
        hasFields(refused, { _tag: "RequestInvalid", operation: "/card/label" })
        assert.include(refused.message, "reasons")
        assert.deepStrictEqual(
          server.received.map(({ operation }) => operation),
          ["login"]
        )
        for (const nested of ["omit", "compactJson"] as const) {
          assert.strictEqual((yield* send(nested))._tag, "Done")
          const body = server.received.at(-1)?.body ?? ""
          const verified = Verifier.verifyWith([SigningKey.make("test", secretKey)], body, {
            nested: [nested]
          })
          assert.strictEqual(Either.isRight(verified) && verified.right.nested, nested)
        }
      })
  )
})

describe("waiting", () => {
  it.scopedLive("ends in a region that may not be interrupted too", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: never })
      const error = yield* Effect.uninterruptible(Effect.flip(freeze).pipe(impatiently)).pipe(
        withClient(server.url)
      )
      assert.strictEqual(error._tag, "RequestTimedOut")
    })
  )

  it.scopedLive("is given up when the call is interrupted, and the connection with it", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: [stalled, ok(true)] })
      yield* Effect.gen(function* () {
        yield* Effect.timeoutOption(freeze, "100 millis")
        yield* until(
          Effect.sync(() => server.cutOff() === 1),
          "the answer is cut off"
        )
        assert.isTrue(yield* freeze)
      }).pipe(withClient(server.url))
    })
  )

  it.scopedLive("a slow answer within the time is an answer", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: later(150, ok(true)) })
      assert.isTrue(yield* freeze.pipe(once, withClient(server.url)))
    })
  )
})

describe("the HttpClient given", () => {
  it.scopedLive("keeps its own fetch options", () =>
    Effect.gen(function* () {
      const server = yield* vendor({ freezeCard: ok(true) })
      const http = FetchHttpClient.layer.pipe(
        Layer.provideMerge(Layer.succeed(FetchHttpClient.RequestInit, { headers: { "x-egress": "proxy-1" } }))
      )
      yield* freeze.pipe(withClient(server.url, { http }), Effect.provide(http))
      assert.strictEqual(server.of("freezeCard")[0]?.headers["x-egress"], "proxy-1")
      assert.strictEqual(server.of("freezeCard")[0]?.message.merchantNo, merchantNo)
    })
  )
})
