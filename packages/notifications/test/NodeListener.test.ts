import type { IncomingMessage, RequestListener } from "node:http"
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import * as Inbox from "../src/Inbox.js"
import { textAnswer } from "../src/internal/answers.js"
import * as NodeListener from "../src/NodeListener.js"
import * as Receiver from "../src/Receiver.js"
import { call, head, listen, path, post, raw } from "./http.js"
import { query, receiver, signed, trade } from "./support.js"

const serve = (options?: NodeListener.Options) => Effect.flatMap(NodeListener.make(options), listen)

const services = Layer.merge(receiver, Logger.minimumLogLevel(LogLevel.None))

const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

describe("NodeListener", () => {
  it.scopedLive("answers OK only with a row", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const body = yield* signed(trade())
      const answer = yield* post(url, body)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.body, "OK")
      assert.strictEqual(answer.headers.get("content-type"), "text/plain; charset=utf-8")
      assert.lengthOf(yield* rows, 1)

      yield* query("PRAGMA query_only = ON")
      const refused = yield* post(url, yield* signed(trade()))
      assert.strictEqual(refused.status, 503)
      assert.strictEqual(refused.headers.get("retry-after"), "5")
      assert.notInclude(refused.body, "OK")
      assert.lengthOf(yield* rows, 1)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("answers each of many at once for itself", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const answers = yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        (n) =>
          Effect.gen(function* () {
            const body = yield* signed(trade({ orderNo: `OR${n}` }))
            return yield* post(url, n % 3 === 0 ? body.replace("PHP", "USD") : body)
          }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        answers.map((_, n) => (n % 3 === 0 ? 401 : 200))
      )
      assert.lengthOf(yield* rows, 40)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("hands on the exact bytes, whatever their type is called and however they are cut", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve()
      const body = yield* signed(trade({ terminalMerchantName: "店鋪 é 🎴" }))
      assert.strictEqual((yield* post(url, body, { "Content-Type": "text/plain" })).status, 200)
      const bytes = Buffer.from(yield* signed(trade({ terminalMerchantName: "店鋪 é 🎴" })))
      const chunks = Array.from(bytes, (byte) => `1\r\n${String.fromCharCode(byte)}\r\n`)
      const answer = yield* Effect.async<string>((resume) => {
        const socket = connect(port, "127.0.0.1", () => {
          socket.write(head("Transfer-Encoding: chunked", "Connection: close"))
          for (const chunk of chunks) socket.write(chunk, "latin1")
          socket.write("0\r\n\r\n")
        })
        let text = ""
        socket.on("data", (chunk) => {
          text += chunk
        })
        socket.on("close", () => resume(Effect.succeed(text)))
      })
      assert.match(answer, /^HTTP\/1\.1 200 /)
      assert.lengthOf(yield* rows, 2)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("refuses a tampered message, and what is not JSON", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const body = yield* signed(trade())
      assert.strictEqual((yield* post(url, body.replace("5700.00", "1.00"))).status, 401)
      const unreadable = yield* post(url, "not JSON")
      assert.strictEqual(unreadable.status, 400)
      assert.strictEqual(unreadable.body, "The body cannot be read: Syntax at position 0.")
      assert.strictEqual((yield* post(url, "")).status, 400)
      assert.lengthOf(yield* rows, 0)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("refuses another path, another method and a compressed body", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const body = yield* signed(trade())
      assert.strictEqual((yield* call(`${url}/`, { method: "POST", body })).status, 404)
      assert.strictEqual((yield* call(`${url}${path}/`, { method: "POST", body })).status, 404)
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const answer = yield* call(`${url}${path}`, { method, ...(method === "PUT" ? { body } : {}) })
        assert.strictEqual(answer.status, 405)
        assert.strictEqual(answer.headers.get("allow"), "POST")
      }
      const compressed = yield* post(url, gzipSync(body), { "Content-Encoding": "gzip" })
      assert.strictEqual(compressed.status, 415)
      assert.strictEqual(compressed.headers.get("accept-encoding"), "identity")
      assert.strictEqual((yield* post(url, body, { "Content-Encoding": "identity" })).status, 200)
      assert.strictEqual((yield* call(`${url}${path}?from=vendor`, { method: "POST", body })).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("tells that it lives", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const answer = yield* call(`${url}/healthz`)
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(JSON.parse(answer.body), { status: "ok" })
      assert.strictEqual((yield* call(`${url}/healthz`, { method: "HEAD" })).status, 200)
      assert.strictEqual((yield* call(`${url}/healthz`, { method: "POST" })).status, 405)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("refuses a body that says it is too large, and the client reads why", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve({ maxBytes: 1000 })
      const answer = yield* post(url, "x".repeat(300_000))
      assert.strictEqual(answer.status, 413)
      assert.strictEqual(answer.headers.get("connection"), "close")
      // Not a byte of the body is waited for.
      assert.match(yield* raw(port, head("Content-Length: 1001")), /^HTTP\/1\.1 413 /)
      assert.strictEqual((yield* post(url, yield* signed(trade()))).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("refuses a body that grows too large without saying so, and closes the connection", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve({ maxBytes: 1000 })
      const chunk = `190\r\n${"x".repeat(400)}\r\n`
      const endless = Effect.delay(Effect.succeed(chunk), "1 millis")
      const answer = yield* raw(port, head("Transfer-Encoding: chunked"), endless).pipe(
        Effect.timeout("5 seconds")
      )
      assert.match(answer, /^HTTP\/1\.1 413 /)
      const streamed = yield* call(`${url}${path}`, {
        method: "POST",
        body: new Blob(["y".repeat(200_000)]).stream(),
        duplex: "half"
      })
      assert.strictEqual(streamed.status, 413)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("does not let a body lie about its length", () =>
    Effect.gen(function* () {
      const { port } = yield* serve({ maxBytes: 1000 })
      const body = yield* signed(trade())
      // Says less than it sends: what is counted does not verify, and the rest is no request.
      const less = yield* raw(port, `${head("Content-Length: 10", "Connection: close")}${body}`)
      assert.match(less, /^HTTP\/1\.1 400 /)
      // Both lengths: the way requests are smuggled past a proxy.
      const both = yield* raw(port, `${head("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`)
      assert.match(both, /^HTTP\/1\.1 400 /)
      assert.lengthOf(yield* rows, 0)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("does not wait for ever for a body", () =>
    Effect.gen(function* () {
      const { port } = yield* serve({ bodyTimeout: "200 millis" })
      const answer = yield* raw(port, `${head("Content-Length: 500")}{"sign"`).pipe(
        Effect.timeout("5 seconds")
      )
      assert.match(answer, /^HTTP\/1\.1 408 /)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("lives on when a client goes away in the middle", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve()
      const body = yield* signed(trade())
      yield* raw(port, `${head(`Content-Length: ${body.length}`)}${body.slice(0, 100)}`).pipe(
        Effect.timeoutOption("100 millis")
      )
      assert.lengthOf(yield* rows, 0)
      assert.strictEqual((yield* post(url, body)).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("names the mistake when something in front has parsed the body", () =>
    Effect.gen(function* () {
      const listener = yield* NodeListener.make()
      // What express.json() does: reads the stream and puts an object on the request.
      const { url } = yield* listen((request, response) => {
        let text = ""
        request.setEncoding("utf8")
        request.on("data", (chunk) => {
          text += chunk
        })
        request.on("end", () => listener(Object.assign(request, { body: JSON.parse(text) }), response))
      })
      const answer = yield* post(url, yield* signed(trade()))
      assert.strictEqual(answer.status, 500)
      assert.include(answer.body, "in Express before express.json()")
      assert.lengthOf(yield* rows, 0)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("takes raw bytes that something in front has kept, and streams left alone", () =>
    Effect.gen(function* () {
      const listener = yield* NodeListener.make()
      const buffered =
        (put: (request: IncomingMessage, body: Buffer) => IncomingMessage): RequestListener =>
        (request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk) => chunks.push(chunk))
          request.on("end", () => listener(put(request, Buffer.concat(chunks)), response))
        }
      const inFront: ReadonlyArray<RequestListener> = [
        buffered((request, body) => Object.assign(request, { body })),
        buffered((request, rawBody) => Object.assign(request, { body: {}, rawBody })),
        // body-parser in Express 4, when the content type is not its own.
        (request, response) => listener(Object.assign(request, { body: {} }), response)
      ]
      for (const listener of inFront) {
        const { url } = yield* listen(listener)
        assert.strictEqual((yield* post(url, yield* signed(trade()))).status, 200)
      }
      assert.lengthOf(yield* rows, 3)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("answers what is in flight when it stops, and nothing after", () =>
    Effect.gen(function* () {
      const began = yield* Deferred.make<void>()
      const goOn = yield* Deferred.make<void>()
      const slow = Layer.succeed(Receiver.Receiver, {
        receive: () =>
          Deferred.succeed(began, undefined).pipe(
            Effect.zipRight(Deferred.await(goOn)),
            Effect.as(textAnswer("kept", 200, "OK"))
          )
      })
      const scope = yield* Scope.make()
      const listener = yield* NodeListener.make().pipe(Scope.extend(scope), Effect.provide(slow))
      const { url } = yield* listen(listener)
      const inFlight = yield* Effect.fork(post(url, "{}"))
      yield* Deferred.await(began)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* Effect.sleep("50 millis")
      const late = yield* post(url, "{}")
      assert.strictEqual(late.status, 503)
      assert.strictEqual(late.headers.get("retry-after"), "5")
      yield* Deferred.succeed(goOn, undefined)
      assert.strictEqual((yield* inFlight).body, "OK")
      yield* closing
      assert.strictEqual((yield* post(url, "{}")).status, 503)
    })
  )

  it.scopedLive("gives up on what does not end, and says so to the client", () =>
    Effect.gen(function* () {
      const stuck = Layer.succeed(Receiver.Receiver, { receive: () => Effect.never })
      const scope = yield* Scope.make()
      const listener = yield* NodeListener.make({ drainTimeout: "50 millis" }).pipe(
        Scope.extend(scope),
        Effect.provide(stuck)
      )
      const { url } = yield* listen(listener)
      const inFlight = yield* Effect.fork(post(url, "{}"))
      yield* Effect.sleep("100 millis")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* inFlight).status, 503)
    })
  )
})
