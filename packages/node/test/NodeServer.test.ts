import { createServer, request, type Server } from "node:http"
import { type AddressInfo, connect } from "node:net"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as NodeServer from "../src/NodeServer.js"

const settings = { host: "--host", port: "--port" }
const anywhere: NodeServer.Address = { host: "127.0.0.1", port: 0, settings }

/** A server that answers when it is told to, and is gone after the test. */
const listening = (address: NodeServer.Address = anywhere) =>
  Effect.gen(function* () {
    const asked = yield* Deferred.make<() => void>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createServer((_, response) => {
          Deferred.unsafeDone(
            asked,
            Effect.succeed(() => response.end("hello"))
          )
        })
      ),
      (server) => NodeServer.close(server, 0)
    )
    return { server, asked, url: yield* NodeServer.listen(server, address) }
  })

const get = (url: string) =>
  Effect.async<string, Error>((resume) => {
    request(url, { agent: false, headers: { connection: "keep-alive" } }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk
      })
      response.on("end", () => resume(Effect.succeed(text)))
    })
      .on("error", (error) => resume(Effect.fail(error)))
      .end()
  })

const portOf = (server: Server) =>
  Effect.sync(() => {
    const address = server.address()
    assert(address !== null && typeof address === "object")
    return address.port
  })

/** The same table as in the sandbox's test of its addresses, which decides alike. */
const hosts: ReadonlyArray<readonly [host: string, isLoopback: boolean]> = [
  ["localhost", true],
  ["LOCALHOST", true],
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["[::1]", true],
  ["::1%lo", true],
  ["0:0:0:0:0:0:0:1", true],
  ["::ffff:127.0.0.1", true],
  ["::FFFF:127.0.0.1", true],
  ["[::ffff:7f00:1]", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["::ffff:10.0.0.1", false],
  ["::ffff:0:127.0.0.1", false],
  ["127.1", false],
  ["127.0.0.256", false],
  ["127.0.0.1:80", false],
  ["127.0.0.1.example", false],
  ["localhost.example", false],
  ["[localhost]", false],
  ["[::1", false],
  ["", false]
]

describe("NodeServer", () => {
  it.scopedLive("takes a free port and says which", () =>
    Effect.gen(function* () {
      const { server, url } = yield* listening()
      assert.strictEqual(url, `http://127.0.0.1:${yield* portOf(server)}`)
    })
  )

  it.scopedLive("says which port is taken and how to change it", () =>
    Effect.gen(function* () {
      const { server } = yield* listening()
      const port = yield* portOf(server)
      const refused = yield* Effect.flip(listening({ ...anywhere, port }))
      assert.strictEqual(refused.code, "EADDRINUSE")
      assert.strictEqual(
        refused.message,
        `Another program listens on 127.0.0.1:${port} already; stop it, or change the port with --port (0 takes a free one).`
      )
      const layer = yield* Effect.flip(Layer.build(NodeServer.layer({ ...anywhere, port })))
      assert.strictEqual(layer.message, refused.message)
    })
  )

  it.scopedLive("says that an address is of another machine", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(listening({ ...anywhere, host: "192.0.2.1" }))
      assert.match(
        refused.message,
        /^It is not possible to listen on 192\.0\.2\.1:0 \(E\w+\); give an address of this machine with --host\.$/
      )
    })
  )

  it("names the setting for a port that is not for everybody, and writes IPv6 addresses so that they are read", () => {
    assert.strictEqual(
      new NodeServer.CannotListen({
        host: "::1",
        port: 80,
        settings: { host: "WEBHOOK_HOST", port: "WEBHOOK_PORT" },
        code: "EACCES"
      }).message,
      "This user may not listen on [::1]:80; give a port above 1023 with WEBHOOK_PORT."
    )
    const bound: AddressInfo = { address: "::1", family: "IPv6", port: 8788 }
    assert.deepStrictEqual(
      [
        NodeServer.urlOf(bound),
        NodeServer.urlOf({ _tag: "TcpAddress", hostname: "127.0.0.1", port: 1 }),
        NodeServer.urlOf({ _tag: "UnixAddress", path: "/run/x" })
      ],
      ["http://[::1]:8788", "http://127.0.0.1:1", "unix:/run/x"]
    )
  })

  it("knows this machine by its own names alone", () => {
    for (const [host, expected] of hosts) {
      assert.strictEqual(NodeServer.isLoopback(host), expected, host)
    }
  })

  it.scopedLive("stops with what is in flight answered, though its client would keep the connection", () =>
    Effect.gen(function* () {
      const { asked, server, url } = yield* listening()
      const answer = yield* Effect.fork(get(url))
      const respond = yield* Deferred.await(asked)
      const closing = yield* Effect.fork(NodeServer.close(server, "1 minute"))
      while (server.listening) {
        yield* Effect.yieldNow()
      }
      assert.strictEqual((yield* Effect.either(get(url)))._tag, "Left")
      respond()
      assert.strictEqual(yield* Fiber.join(answer), "hello")
      yield* Fiber.join(closing)
    })
  )

  it.scopedLive("waits no longer than it was told to for a client that says nothing more", () =>
    Effect.gen(function* () {
      const { asked, server, url } = yield* listening()
      const answer = yield* Effect.fork(Effect.either(get(url)))
      yield* Deferred.await(asked)
      yield* NodeServer.close(server, "50 millis")
      assert.strictEqual((yield* Fiber.join(answer))._tag, "Left")
      yield* NodeServer.close(server, "1 minute")
    })
  )

  it.scopedLive("as a layer serves, and ends with its scope though a client holds on", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        NodeServer.layer({ ...anywhere, drainTimeout: "50 millis" }),
        scope
      )
      yield* HttpServer.serveEffect(HttpServerResponse.text("hello")).pipe(
        Effect.provide(context),
        Scope.extend(scope)
      )
      const url = yield* Effect.provide(
        HttpServer.addressWith((address) => Effect.succeed(NodeServer.urlOf(address))),
        context
      )
      assert.strictEqual(yield* get(url), "hello")
      const silent = yield* Effect.async<ReturnType<typeof connect>>((resume) => {
        const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
          socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
          resume(Effect.succeed(socket))
        })
      })
      const gone = yield* Effect.fork(
        Effect.async<void>((resume) => {
          silent.on("error", () => undefined).on("close", () => resume(Effect.void))
        })
      )
      yield* Scope.close(scope, Exit.void)
      yield* Fiber.join(gone)
      assert.strictEqual((yield* Effect.either(get(url)))._tag, "Left")
    })
  )
})
