/** The client of `@effect-yunmo/client` over `UndiciClient`, against servers of `node:http`, good ones and others. */
import { createServer, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import { assert, describe, it } from "@effect/vitest"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as Exchange from "@effect-yunmo/client/Exchange"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import * as Policy from "@effect-yunmo/client/Policy"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import { Amount } from "@effect-yunmo/schema/Amount"
import { CardId, MerchantNo, MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as UndiciClient from "../src/UndiciClient.js"

type Answer = (response: ServerResponse, socket: Socket) => void

const json = { "content-type": "application/json" }
const ok = (data: unknown) =>
  JSON.stringify({ code: "200", msg: "success", timestamp: 1_770_712_296_681, data })

const text =
  (body: string, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(200, { ...json, ...headers }).end(body)
const status =
  (code: number, body = "somebody else", headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end(body)
const never: Answer = () => {}
const stalled: Answer = (response) => {
  response.writeHead(200, json).write(`{"code":"200",`)
}

interface Serving {
  readonly url: string
  readonly server: Server
  readonly bodies: ReadonlyArray<string>
  readonly sockets: ReadonlySet<Socket>
  readonly connections: () => number
  readonly cutOff: () => number
}

/** Logs everybody in, and answers a freeze as told. */
const serving = (answers: Answer | ReadonlyArray<Answer>) =>
  Effect.acquireRelease(
    Effect.async<Serving>((resume) => {
      const bodies: Array<string> = []
      const sockets = new Set<Socket>()
      let asked = 0
      let connections = 0
      let cutOff = 0
      const server = createServer((request, response) => {
        let body = ""
        response.on("close", () => {
          cutOff += response.writableFinished ? 0 : 1
        })
        request.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk
        })
        request.on("end", () => {
          if (request.url === "/auth/login") {
            return text(ok({ token: "token-1" }))(response, request.socket)
          }
          bodies.push(body)
          const list = typeof answers === "function" ? [answers] : answers
          const answer = list[Math.min(asked, list.length - 1)] ?? never
          asked += 1
          return answer(response, request.socket)
        })
      }).on("connection", (socket) => {
        connections += 1
        sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)))
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const url = `http://127.0.0.1:${port}`
        resume(
          Effect.succeed({
            url,
            server,
            bodies,
            sockets,
            connections: () => connections,
            cutOff: () => cutOff
          })
        )
      })
    }),
    ({ server }) =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )

const through =
  (url: string, http: Layer.Layer<HttpClient.HttpClient> = UndiciClient.layer) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provide(
      effect,
      Yunmo.layer({
        merchantNo: MerchantNo.make("BU078255558"),
        apiKey: Redacted.make("an-api-key-of-2026"),
        secretKey: Redacted.make("1111111111111111"),
        baseUrl: url
      }).pipe(Layer.provide([http, OrderJournal.layerMemory, CardJournal.layerMemory]), Layer.orDie)
    )

const freeze = Effect.flatMap(Yunmo.Yunmo, ({ cards }) => cards.freeze({ cardId: CardId.make("CD1") }))
const once = Policy.within({ retries: 0, attemptTimeout: Duration.seconds(5) })

const told = (answer: Answer, policy = once) =>
  Effect.flatMap(serving(answer), ({ url }) => Effect.flip(freeze).pipe(policy, through(url)))

const until = (holds: () => boolean, tries = 400): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds()
      ? Effect.void
      : tries === 0
        ? Effect.dieMessage("waited in vain")
        : Effect.zipRight(pause(10), until(holds, tries - 1))
  )

/** Real time, whatever the clock of the test says. */
const pause = (milliseconds: number) =>
  Effect.promise(() => new Promise((resolve) => setTimeout(resolve, milliseconds)))

const megabyte = 1024 * 1024

describe("what an answer comes to", () => {
  const cases: ReadonlyArray<readonly [string, Answer, object]> = [
    ["HTTP 500", status(500), { _tag: "HttpStatusUnexpected", status: 500 }],
    ["HTTP 204", status(204, ""), { _tag: "HttpStatusUnexpected", status: 204 }],
    [
      "a head without an end of its body",
      (response) => response.writeHead(503).write("wait"),
      { _tag: "HttpStatusUnexpected", status: 503 }
    ],
    ["nothing", text(""), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    ["HTML", text("<html/>"), { _tag: "ResponseInvalid", reason: "Unreadable" }],
    [
      "too much, with its length",
      text("x".repeat(megabyte + 1)),
      { _tag: "ResponseInvalid", reason: "TooLarge" }
    ],
    [
      "too much, in pieces",
      (response) => {
        response.writeHead(200).write("x".repeat(megabyte))
        response.end("x")
      },
      { _tag: "ResponseInvalid", reason: "TooLarge" }
    ],
    ["a reset before", (_, socket) => socket.resetAndDestroy(), { _tag: "TransportFailed" }],
    [
      "a reset within",
      (response, socket) => {
        response.writeHead(200, { "content-length": "100" }).write("half")
        setTimeout(() => socket.resetAndDestroy(), 20)
      },
      { _tag: "TransportFailed" }
    ],
    ["no HTTP at all", (_, socket) => socket.end("hello\r\n\r\n"), { _tag: "TransportFailed" }]
  ]
  it.scopedLive.each(cases)("%s", ([, answer, expected]) =>
    Effect.map(told(answer), (error) => {
      assert.deepInclude({ ...error, _tag: error._tag }, { operation: "freezeCard", attempt: 1, ...expected })
    })
  )

  it.scopedLive("in pieces, cut through a character, it is still the same", () =>
    Effect.gen(function* () {
      const body = Buffer.from(`{"code":"200","msg":"成功","data":true}`)
      const at = body.indexOf(0xe6) + 1
      const { url } = yield* serving((response) => {
        response.writeHead(200, json).write(body.subarray(0, at))
        setTimeout(() => response.end(body.subarray(at)), 20)
      })
      assert.isTrue(yield* freeze.pipe(through(url)))
    })
  )

  it.scopedLive("nobody there: the system's own name of it", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(serving(never))
      const error = yield* Effect.flip(freeze).pipe(once, through(url))
      assert.include(error.message, "ECONNREFUSED")
    })
  )

  it.scopedLive("a hint before the answer is no answer", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((response) => {
        response.writeEarlyHints({ link: "</a>; rel=preload" })
        response.writeHead(200, json).end(ok(true))
      })
      assert.isTrue(yield* freeze.pipe(through(url)))
    })
  )
})

describe("redirects", () => {
  it.scopedLive.each([301, 302, 303, 307, 308])("HTTP %d is not followed", (code) =>
    Effect.gen(function* () {
      const elsewhere = yield* serving(text(ok(true)))
      const error = yield* told(status(code, "", { location: `${elsewhere.url}/card/freeze` }))
      assert.strictEqual("status" in error ? error.status : 200, code)
      assert.strictEqual(elsewhere.connections(), 0)
    })
  )
})

describe("connections", () => {
  it.scopedLive("are used again, also after answers that nobody reads", () =>
    Effect.gen(function* () {
      const answers = yield* serving([status(503), status(404), text(ok(true))])
      yield* Effect.gen(function* () {
        yield* Effect.flip(freeze)
        yield* Effect.flip(freeze)
        yield* Effect.repeatN(freeze, 17)
      }).pipe(once, through(answers.url))
      assert.strictEqual(answers.bodies.length, 20)
      assert.isAtMost(answers.connections(), 3)
    })
  )

  it.scopedLive("are given back where an answer that nobody reads is long, or does not end", () =>
    Effect.gen(function* () {
      const long = status(503, "x".repeat(500_000))
      const endless: Answer = (response) => response.writeHead(503).write("wait")
      const answers = yield* serving([long, endless, long, endless, text(ok(true))])
      yield* Effect.gen(function* () {
        yield* Effect.repeatN(Effect.flip(freeze), 3)
        yield* until(() => answers.sockets.size <= 1)
        assert.isTrue(yield* freeze)
      }).pipe(once, through(answers.url))
    })
  )

  it.scopedLive("that the server closed while nobody used them cost no call", () =>
    Effect.gen(function* () {
      const answers = yield* serving(text(ok(true)))
      yield* Effect.gen(function* () {
        assert.isTrue(yield* freeze)
        for (const socket of answers.sockets) {
          socket.resetAndDestroy()
        }
        yield* until(() => answers.sockets.size === 0)
        yield* pause(50)
        assert.isTrue(yield* freeze)
      }).pipe(once, through(answers.url))
    })
  )
})

describe("money", () => {
  const settled = text(ok({ status: "SUCCESS" }))
  const losses: ReadonlyArray<readonly [string, Answer]> = [
    ["reset", (_, socket) => socket.resetAndDestroy()],
    ["closed", (_, socket) => socket.end()],
    [
      "closed within the answer",
      (response, socket) => {
        response.writeHead(200, { ...json, "content-length": "100" }).write("{")
        setTimeout(() => socket.destroy(), 20)
      }
    ],
    ["used for something else", (_, socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
  ]
  const agents = { "as ever": {}, "that may pipeline": { connections: 1, pipelining: 10 } }
  const cases = Object.entries(agents).flatMap(([agent, options]) =>
    losses.map(([loss, answer]) => [loss, agent, answer, options] as const)
  )

  it.scopedLive.each(cases)("is sent once over a connection %s, by an agent %s", ([, , answer, options]) =>
    Effect.gen(function* () {
      const answers = yield* serving([settled, answer, settled])
      const agent = yield* Effect.acquireRelease(
        Effect.sync(() => new Undici.Agent(options)),
        (made) => Effect.promise(() => made.destroy())
      )
      const http = Layer.sync(HttpClient.HttpClient, () => UndiciClient.make(agent))
      const topUp = (order: string) =>
        Effect.flatMap(Yunmo.Yunmo, ({ cards }) =>
          cards.adjustBalance({
            cardId: CardId.make("CD1"),
            direction: "increase",
            amount: Amount.unsafeFromText("1.00"),
            merchantOrderNo: MerchantOrderNo.make(order)
          })
        )
      const outcomes = yield* Effect.gen(function* () {
        const first = yield* topUp("ORDER-0")
        const lost = yield* topUp("ORDER-1")
        const others = yield* Effect.forEach(["ORDER-2", "ORDER-3", "ORDER-4"], topUp, {
          concurrency: "unbounded"
        })
        return [first, lost, ...others].map(({ _tag }) => _tag)
      }).pipe(through(answers.url, http))
      assert.deepStrictEqual(outcomes, ["Done", "Unknown", "Done", "Done", "Done"])
      assert.deepStrictEqual(answers.bodies.map((body) => JSON.parse(body).data.merchantOrderNo).sort(), [
        "ORDER-0",
        "ORDER-1",
        "ORDER-2",
        "ORDER-3",
        "ORDER-4"
      ])
    })
  )
})

describe("time", () => {
  const impatiently = Policy.within({ retries: 0, attemptTimeout: Duration.millis(200) })

  it.scopedLive.each([
    ["silence", never],
    ["a beginning without an end", stalled]
  ] as const)("%s ends after the attempt's time, connection included", ([, answer]) =>
    Effect.gen(function* () {
      const answers = yield* serving(answer)
      const error = yield* Effect.uninterruptible(Effect.flip(freeze)).pipe(impatiently, through(answers.url))
      assert.deepInclude({ ...error }, { limit: "attemptTimeout", timeout: 200, attempt: 1 })
      yield* until(() => answers.cutOff() === 1)
    })
  )

  it.scopedLive("for ever is a time", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((response) =>
        setTimeout(() => response.writeHead(200, json).end(ok(true)), 100)
      )
      const patient = Policy.within({ attemptTimeout: Duration.infinity, deadline: Duration.infinity })
      assert.isTrue(yield* freeze.pipe(patient, through(url)))
    })
  )

  it.scoped("is the clock's, where a test has replaced it", () =>
    Effect.gen(function* () {
      const answers = yield* serving(never)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(Effect.flip(freeze))
        yield* until(() => answers.bodies.length === 1)
        yield* TestClock.adjust("4999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust("1 millis")
        const error = yield* Fiber.join(fiber)
        assert.deepInclude({ ...error }, { limit: "attemptTimeout", timeout: 5000 })
        yield* until(() => answers.cutOff() === 1)
      }).pipe(once, through(answers.url))
    })
  )
})

describe("a call that is interrupted", () => {
  it.scopedLive.each([
    ["before its answer", never],
    ["within it", stalled]
  ] as const)("%s ends its connection", ([, answer]) =>
    Effect.gen(function* () {
      const answers = yield* serving([answer, text(ok(true))])
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(freeze)
        yield* until(() => answers.bodies.length === 1)
        yield* pause(20)
        yield* Fiber.interrupt(fiber)
        yield* until(() => answers.cutOff() === 1)
        assert.isTrue(yield* freeze)
      }).pipe(once, through(answers.url))
    })
  )

  it.scopedLive("while it waits for a connection is never sent", () =>
    Effect.gen(function* () {
      const answers = yield* serving([never, text(ok(true))])
      const one = Layer.scoped(
        NodeHttpClient.Dispatcher,
        Effect.acquireRelease(
          Effect.sync(() => new Undici.Agent({ connections: 1 })),
          (agent) => Effect.promise(() => agent.destroy())
        )
      )
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(freeze)
        yield* until(() => answers.bodies.length === 1)
        const second = yield* Effect.fork(freeze)
        yield* pause(50)
        yield* Fiber.interrupt(second)
        yield* Fiber.interrupt(first)
        assert.isTrue(yield* freeze)
        assert.strictEqual(answers.bodies.length, 2)
      }).pipe(once, through(answers.url, Layer.provide(UndiciClient.layerWithoutDispatcher, one)))
    })
  )
})

describe("a request", () => {
  it.scopedLive("is sent to the byte, as UTF-8", () =>
    Effect.gen(function* () {
      const answers = yield* serving(text(ok(true)))
      yield* Effect.flatMap(Yunmo.Yunmo, (yunmo) => yunmo.call("/card/label", { label: "客户 & ü" })).pipe(
        through(answers.url)
      )
      assert.strictEqual(JSON.parse(answers.bodies[0] ?? "").data.label, "客户 & ü")
    })
  )

  it.scopedLive("that undici does not send is lost, not thrown", () =>
    Effect.gen(function* () {
      const exchange = Option.getOrThrow(Exchange.of(UndiciClient.make(new Undici.Agent())))
      const replies: Array<Exchange.Reply> = []
      const giveUp = exchange({ url: "no url", body: "{}", maxBytes: 10 }, (reply) => replies.push(reply))
      giveUp()
      assert.deepStrictEqual(
        replies.map(({ _tag }) => _tag),
        ["Lost"]
      )
    })
  )
})

describe("as an HttpClient", () => {
  it.scopedLive("is the platform's own", () =>
    Effect.gen(function* () {
      const { url } = yield* serving(text(`{"a":1}`))
      const response = yield* HttpClientRequest.post(`${url}/anything`).pipe(
        HttpClientRequest.bodyText("{}", "application/json"),
        HttpClient.execute
      )
      assert.deepStrictEqual(yield* response.json, { a: 1 })
    }).pipe(Effect.provide(UndiciClient.layer))
  )

  it.scopedLive("that a combinator changed is used with the change", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const { url } = yield* serving(text(ok(true)))
      const http = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(
          HttpClient.HttpClient,
          HttpClient.mapRequest((request) => {
            seen.push(new URL(request.url).pathname)
            return request
          })
        )
      ).pipe(Layer.provide(UndiciClient.layer))
      assert.isTrue(yield* freeze.pipe(through(url, http)))
      assert.deepStrictEqual(seen, ["/auth/login", "/card/freeze"])
    })
  )
})
