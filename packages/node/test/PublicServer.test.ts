import type { RequestListener } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { call, wire } from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as AddressList from "../src/AddressList.js"
import * as PublicServer from "../src/PublicServer.js"
import { eventually } from "./support.js"

const list = (text: string) => Either.getOrThrow(AddressList.fromText(text))

const hello: RequestListener = (request, response) => {
  request.resume().on("end", () => response.end("hello"))
}

const listen = (options: Partial<PublicServer.Options> = {}, listener = hello) =>
  Effect.map(
    PublicServer.listen(listener, {
      host: "127.0.0.1",
      port: 0,
      settings: { host: "HOST", port: "PORT" },
      ...options
    }),
    (url) => ({ url, port: Number(new URL(url).port) })
  )

const count = (metric: Metric.Metric.Counter<number>) =>
  Effect.map(Metric.value(metric), (state) => state.count)

const silent = "POST / HTTP/1.1\r\nhost: x\r\n"

describe("PublicServer", () => {
  it.scopedLive("ends a connection that says nothing, and one whose headers do not come to their end", () =>
    Effect.gen(function* () {
      const { port } = yield* listen({ headersTimeout: "200 millis" })
      const mute = yield* wire(port, "")
      const slow = yield* wire(port, silent)
      yield* mute.closed
      yield* slow.closed
      assert.match(slow.received(), /^HTTP\/1\.1 408 /)
    })
  )

  it.scopedLive("ends a request whose body does not come to its end", () =>
    Effect.gen(function* () {
      const { port } = yield* listen({ headersTimeout: "200 millis", requestTimeout: "300 millis" })
      const slow = yield* wire(port, `${silent}content-length: 9\r\n\r\n{`)
      yield* slow.closed
      assert.match(slow.received(), /^HTTP\/1\.1 408 /)
    })
  )

  it.scopedLive("ends a connection that is idle after an answer", () =>
    Effect.gen(function* () {
      const { port } = yield* listen({ idleTimeout: "200 millis" })
      const kept = yield* wire(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n")
      yield* kept.closed
      assert.match(kept.received(), /^HTTP\/1\.1 200 /)
    })
  )

  it.scopedLive(
    "closes connections beyond the limit at once, counts them, and takes new ones when there is room",
    () =>
      Effect.gen(function* () {
        const refused = Metric.tagged(PublicServer.connectionsRefused, "reason", "total")
        const before = yield* count(refused)
        const { port, url } = yield* listen({ maxConnections: 2 })
        const first = yield* wire(port, silent)
        const second = yield* wire(port, silent)
        const third = yield* wire(port, silent)
        yield* third.closed
        assert.strictEqual(third.received(), "")
        assert.isFalse(first.socket.destroyed || second.socket.destroyed)
        assert.strictEqual((yield* count(refused)) - before, 1)
        assert.strictEqual((yield* Metric.value(PublicServer.connectionsOpen)).value, 2)
        first.socket.destroy()
        yield* eventually(Effect.map(Effect.either(call(url)), Either.isRight))
      })
  )

  it.scopedLive("gives one address its share, and others theirs", () =>
    Effect.gen(function* () {
      const refused = Metric.tagged(PublicServer.connectionsRefused, "reason", "address")
      const before = yield* count(refused)
      const { port } = yield* listen({
        maxConnectionsPerAddress: 1,
        uncounted: AddressList.empty,
        trustedProxies: list("127.0.0.4")
      })
      const first = yield* wire(port, silent, "127.0.0.2")
      const second = yield* wire(port, silent, "127.0.0.2")
      yield* second.closed
      assert.strictEqual(second.received(), "")
      assert.strictEqual((yield* count(refused)) - before, 1)
      const ask = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
      const other = yield* wire(port, ask, "127.0.0.3")
      yield* other.closed
      assert.match(other.received(), /^HTTP\/1\.1 200 /)
      yield* wire(port, silent, "127.0.0.4")
      const proxied = yield* wire(port, ask, "127.0.0.4")
      yield* proxied.closed
      assert.match(proxied.received(), /^HTTP\/1\.1 200 /)
      // Room again once the first is gone.
      first.socket.destroy()
      yield* eventually(
        Effect.scoped(
          Effect.gen(function* () {
            const again = yield* wire(port, ask, "127.0.0.2")
            yield* again.closed
            return again.received() !== ""
          }).pipe(Effect.orElseSucceed(() => false))
        )
      )
    })
  )

  it.scopedLive("does not count this machine's own connections by address", () =>
    Effect.gen(function* () {
      const { port, url } = yield* listen({ maxConnectionsPerAddress: 1 })
      yield* wire(port, silent)
      yield* wire(port, silent)
      assert.strictEqual((yield* call(url)).body, "hello")
    })
  )

  it.scopedLive("answers a sender that is not on the list with 403, before its body is read", () =>
    Effect.gen(function* () {
      const before = yield* count(PublicServer.sendersRefused)
      let asked = 0
      const { port, url } = yield* listen(
        { allow: list("127.0.0.2, 203.0.113.0/24"), openPaths: ["/healthz"] },
        (request, response) => {
          asked += 1
          hello(request, response)
        }
      )
      const refused = yield* call(url, { method: "POST", body: "x".repeat(100_000) })
      assert.deepStrictEqual([refused.status, refused.headers["connection"]], [403, "close"])
      // A body that never comes is not waited for.
      const waiting = yield* wire(port, `${silent}content-length: 9\r\n\r\n`)
      yield* waiting.closed
      assert.match(waiting.received(), /^HTTP\/1\.1 403 /)
      // Nobody is trusted: the header is not believed.
      const claimed = yield* call(url, { headers: { "x-forwarded-for": "203.0.113.7" } })
      assert.strictEqual(claimed.status, 403)
      assert.strictEqual(asked, 0)
      assert.strictEqual((yield* count(PublicServer.sendersRefused)) - before, 3)
      assert.strictEqual((yield* call(`${url}/healthz?x=1`)).status, 200)
      const listed = yield* wire(port, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "127.0.0.2")
      yield* listed.closed
      assert.match(listed.received(), /^HTTP\/1\.1 200 /)
    })
  )

  it.scopedLive("takes the sender from trusted proxies, and from the right", () =>
    Effect.gen(function* () {
      const { url } = yield* listen({
        allow: list("203.0.113.0/24"),
        trustedProxies: list("127.0.0.1, 10.0.0.0/8")
      })
      const status = (header: string) =>
        Effect.map(call(url, { headers: { "x-forwarded-for": header } }), (answer) => answer.status)
      assert.strictEqual(yield* status("203.0.113.7"), 200)
      assert.strictEqual(yield* status("203.0.113.7, 10.1.2.3"), 200)
      assert.strictEqual(yield* status("203.0.113.7, 198.51.100.1"), 403)
      assert.strictEqual(yield* status("203.0.113.7, nonsense"), 403)
      assert.strictEqual((yield* call(url)).status, 403)
      assert.strictEqual((yield* call(url, { headers: { forwarded: "for=203.0.113.7" } })).status, 403)
    })
  )

  it.scopedLive("answers what is in flight when it stops, and asks its clients not to come back", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      let respond = (): void => undefined
      const { port } = yield* listen({}, (_request, response) => {
        respond = () => void response.end("late")
      }).pipe(Scope.extend(scope))
      const inFlight = yield* wire(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n")
      yield* Effect.sleep("50 millis")
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* eventually(Effect.map(Effect.either(Effect.scoped(wire(port, ""))), Either.isLeft))
      respond()
      yield* Fiber.join(closing)
      yield* inFlight.closed
      assert.match(inFlight.received(), /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*\r\n\r\nlate$/s)
    })
  )

  it.scopedLive("answers a request that was under way on a kept connection when it stopped", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { port } = yield* listen().pipe(Scope.extend(scope))
      const ask = "GET / HTTP/1.1\r\nhost: x\r\n\r\n"
      const kept = yield* wire(port, ask)
      yield* eventually(Effect.sync(() => kept.received().endsWith("hello")))
      const stopped = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* eventually(Effect.map(Effect.either(Effect.scoped(wire(port, ""))), Either.isLeft))
      kept.socket.write(ask)
      yield* kept.closed
      const [, first = "", second = ""] = kept.received().split("HTTP/1.1 200 OK")
      assert.match(first, /\r\nConnection: keep-alive\r\n/)
      assert.match(second, /\r\nConnection: close\r\n.*hello$/s)
      yield* Fiber.join(stopped)
    })
  )

  it.scopedLive("reads what a proxy wrote behind a thousand headers", () =>
    Effect.gen(function* () {
      const { port } = yield* listen({ allow: list("203.0.113.7"), trustedProxies: list("127.0.0.1") })
      const claimed = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-forwarded-for: 203.0.113.7\r\n"
      const sent = yield* wire(
        port,
        `${claimed}${"a:\r\n".repeat(1000)}x-forwarded-for: 198.51.100.1\r\n\r\n`
      )
      yield* sent.closed
      // Without the last header the sender would be whom it claims to be.
      assert.match(sent.received(), /^HTTP\/1\.1 403 /)
    })
  )
})
