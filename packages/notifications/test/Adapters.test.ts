/** What a vendor sees, whichever server is in front: the same answers from each. */
import { connect } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Inbox from "../src/Inbox.js"
import { call, head, path, post, raw, type Served } from "./http.js"
import { servers } from "./servers.js"
import { merchantNo, otherKey, otherMerchantNo, query, receiverOfTwo, signed, trade } from "./support.js"

const services = Layer.merge(receiverOfTwo, Logger.minimumLogLevel(LogLevel.None))
const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())
const timely = Effect.timeout("8 seconds")

/** Sends the head, waits for `100 Continue`, then sends the body. */
const expecting = ({ port }: Served, body: string) =>
  Effect.async<string>((resume) => {
    let received = ""
    let sent = false
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(
        head(`Content-Length: ${Buffer.byteLength(body)}`, "Expect: 100-continue", "Connection: close")
      )
    })
    socket.on("data", (chunk) => {
      received += chunk
      if (!sent && received.startsWith("HTTP/1.1 100 Continue\r\n\r\n")) {
        sent = true
        socket.write(body)
      }
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })

/** Sends the beginning of a body and goes away. */
const dropping = ({ port }: Served, text: string) =>
  Effect.async<void>((resume) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, () => {
        setTimeout(() => socket.destroy(), 30)
      })
    })
    socket.on("close", () => resume(Effect.void))
    socket.on("error", () => undefined)
  })

describe.each(servers)("$name", ({ serve }) => {
  it.scopedLive("answers for what came", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const body = yield* signed(trade({ terminalMerchantName: "店鋪 é 🎴" }))
      const ok = yield* post(url, body)
      assert.deepStrictEqual([ok.status, ok.body], [200, "OK"])
      assert.strictEqual(ok.headers.get("content-type"), "text/plain; charset=utf-8")
      // Text of another type is the same bytes; a query is no other path.
      assert.strictEqual((yield* post(url, body, { "Content-Type": "text/plain" })).status, 200)
      assert.strictEqual((yield* post(url, body, {}, `${path}?from=vendor`)).status, 200)
      const [row, ...others] = yield* rows
      assert.strictEqual(row?.deliveries, 3)
      assert.lengthOf(others, 0)

      assert.strictEqual((yield* post(url, body.replace("5700.00", "1.00"))).status, 401)
      const unreadable = yield* post(url, "not JSON")
      assert.deepStrictEqual(
        [unreadable.status, unreadable.body],
        [400, "The body cannot be read: Syntax at position 0."]
      )
      assert.strictEqual((yield* post(url, "")).status, 400)
      assert.lengthOf(yield* rows, 1)

      yield* query("PRAGMA query_only = ON")
      const unavailable = yield* post(url, yield* signed(trade()))
      assert.strictEqual(unavailable.status, 503)
      assert.strictEqual(unavailable.headers.get("retry-after"), "5")
      assert.notInclude(unavailable.body, "OK")
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("takes at a merchant's path only what names that merchant", () =>
    Effect.gen(function* () {
      const { url } = yield* serve({ path: "/any", merchantPaths: { [path]: merchantNo } })
      const other = yield* signed(trade(), { merchantNo: otherMerchantNo, signedWith: otherKey })
      const refused = yield* post(url, other)
      assert.deepStrictEqual(
        [refused.status, refused.body],
        [401, "The message is not for a merchant known here."]
      )
      assert.strictEqual((yield* post(url, other, {}, "/any")).status, 200)
      assert.strictEqual((yield* post(url, yield* signed(trade()))).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("refuses other paths, other methods and compressed bodies, and tells that it lives", () =>
    Effect.gen(function* () {
      const { url } = yield* serve()
      const body = yield* signed(trade())
      assert.strictEqual((yield* post(url, body, {}, "/")).status, 404)
      assert.strictEqual((yield* post(url, body, {}, `${path}/`)).status, 404)
      for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
        const answer = yield* call(`${url}${path}`, { method, ...(method === "PUT" ? { body } : {}) })
        assert.strictEqual(answer.status, 405, method)
        assert.strictEqual(answer.headers.get("allow"), "POST")
      }
      const compressed = yield* post(url, gzipSync(body), { "Content-Encoding": "gzip" })
      assert.strictEqual(compressed.status, 415)
      assert.strictEqual(compressed.headers.get("accept-encoding"), "identity")
      assert.strictEqual((yield* post(url, body, { "Content-Encoding": "identity" })).status, 200)

      const health = yield* call(`${url}/healthz`)
      assert.deepStrictEqual([health.status, JSON.parse(health.body)], [200, { status: "ok" }])
      assert.strictEqual((yield* call(`${url}/healthz`, { method: "HEAD" })).status, 200)
      assert.strictEqual((yield* post(url, body, {}, "/healthz")).status, 405)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("bounds what it reads, whatever a body says of its length", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve({ maxBytes: 1000 })
      // Not a byte of the body is waited for.
      assert.match(yield* timely(raw(port, head("Content-Length: 1001"))), /^HTTP\/1\.1 413 /)
      const large = yield* post(url, "x".repeat(300_000))
      assert.deepStrictEqual([large.status, large.body], [413, "The body is too large."])
      const chunk = `190\r\n${"x".repeat(400)}\r\n`
      const endless = Effect.delay(Effect.succeed(chunk), "1 millis")
      assert.match(yield* timely(raw(port, head("Transfer-Encoding: chunked"), endless)), /^HTTP\/1\.1 413 /)
      // Says less than it sends: what is counted does not verify, and the rest is no request.
      const body = yield* signed(trade())
      const less = yield* timely(raw(port, `${head("Content-Length: 10", "Connection: close")}${body}`))
      assert.match(less, /^HTTP\/1\.1 400 /)
      // Both lengths: the way requests are smuggled past a proxy.
      const both = yield* timely(
        raw(port, `${head("Content-Length: 5", "Transfer-Encoding: chunked")}0\r\n\r\n`)
      )
      assert.match(both, /^HTTP\/1\.1 400 /)
      assert.lengthOf(yield* rows, 0)
      assert.strictEqual((yield* post(url, body)).status, 200)
    }).pipe(Effect.provide(services))
  )

  it.scopedLive("waits neither for ever for a body, nor for one whose sender is gone", () =>
    Effect.gen(function* () {
      const served = yield* serve({ bodyTimeout: "200 millis" })
      const slow = yield* timely(raw(served.port, `${head("Content-Length: 500")}{"sign"`))
      assert.match(slow, /^HTTP\/1\.1 408 /)
      yield* dropping(served, `${head("Content-Length: 500")}{"sign"`)
      yield* dropping(served, `${head("Transfer-Encoding: chunked")}5\r\n{"sig\r\n`)
      const body = yield* signed(trade())
      const expected = yield* timely(expecting(served, body))
      assert.match(expected, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /)
      assert.lengthOf(yield* rows, 1)
    }).pipe(Effect.provide(services))
  )
})
