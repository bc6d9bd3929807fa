/** The classic mistake, in each framework: the body was parsed before its signature was verified. And the ways around it. */

import { createServer } from "node:http"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import express from "express"
import * as HttpApp from "../src/HttpApp.js"
import * as Inbox from "../src/Inbox.js"
import * as NodeListener from "../src/NodeListener.js"
import type { Receiver } from "../src/Receiver.js"
import * as WebHandler from "../src/WebHandler.js"
import { listen, path, post, type Served } from "./http.js"
import { bridged, fastify } from "./servers.js"
import { receiver, signed, trade } from "./support.js"

interface Case {
  readonly name: string
  readonly serve: Effect.Effect<Served, never, Receiver | Scope.Scope>
}

const mistakes: ReadonlyArray<Case> = [
  {
    name: "Express, behind express.json()",
    serve: Effect.flatMap(NodeListener.make(), (listener) => {
      const app = express()
      app.use(express.json())
      app.post(path, listener)
      return listen(app)
    })
  },
  {
    name: "Fastify, with its own JSON parser",
    serve: Effect.flatMap(NodeListener.make(), (listener) =>
      fastify((app) => {
        app.post(path, (request, reply) => {
          reply.hijack()
          listener(request.raw, reply.raw)
        })
      })
    )
  },
  {
    name: "web-standard, after request.json()",
    serve: Effect.flatMap(WebHandler.make(), (handler) =>
      listen(bridged(handler, (request) => request.json()))
    )
  },
  {
    name: "web-standard, while somebody else reads",
    serve: Effect.flatMap(WebHandler.make(), (handler) =>
      listen(bridged(handler, async (request) => request.body?.getReader()))
    )
  },
  {
    name: "@effect/platform, after request.json",
    serve: Effect.gen(function* () {
      const app = yield* HttpApp.make()
      const server = yield* NodeHttpServer.make(() => createServer(), { port: 0, host: "127.0.0.1" })
      yield* server.serve(
        HttpServerRequest.HttpServerRequest.pipe(
          Effect.flatMap((request) => request.json),
          Effect.zipRight(app)
        )
      )
      const port = server.address._tag === "TcpAddress" ? server.address.port : assert.fail("no port")
      return { port, url: `http://127.0.0.1:${port}` }
    }).pipe(Effect.orDie)
  }
]

const remedies: ReadonlyArray<Case> = [
  {
    name: "Express, with express.raw() on the route",
    serve: Effect.flatMap(NodeListener.make(), (listener) => {
      const app = express()
      app.post(path, express.raw({ type: () => true }), listener)
      app.use(express.json())
      return listen(app)
    })
  },
  {
    name: "Express, mounted under its path",
    serve: Effect.flatMap(NodeListener.make({ path: false }), (listener) => {
      const app = express()
      app.use(path, listener)
      app.use(express.json())
      return listen(app)
    })
  },
  {
    name: "Express, with the bytes kept by express.json()",
    serve: Effect.flatMap(NodeListener.make(), (listener) => {
      const app = express()
      app.use(
        express.json({
          verify: (request, _response, body) => {
            Object.assign(request, { rawBody: body })
          }
        })
      )
      app.post(path, listener)
      return listen(app)
    })
  },
  {
    name: "Fastify, with a content type parser that keeps the buffer",
    serve: Effect.flatMap(NodeListener.make(), (listener) =>
      fastify((app) => {
        app.removeAllContentTypeParsers()
        app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body))
        app.post(path, (request, reply) => {
          reply.hijack()
          listener(Object.assign(request.raw, { rawBody: request.body }), reply.raw)
        })
      })
    )
  }
]

const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

describe("a body that was parsed already", () => {
  it.scopedLive.each([...mistakes])(
    "$name: is met by a sentence, in the answer and in the log",
    ({ serve }) => {
      const lines: Array<string> = []
      const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
        lines.push(`${logLevel.label} ${String(message)}`)
      })
      return Effect.gen(function* () {
        const { url } = yield* serve
        const answer = yield* post(url, yield* signed(trade()))
        assert.strictEqual(answer.status, 500)
        assert.include(answer.body, "The body was parsed before its signature was verified")
        // Beside it stands the inbox's warning that there is no key at rest.
        assert.deepStrictEqual(
          lines.filter((line) => line.startsWith("ERROR")),
          [`ERROR ${answer.body}`]
        )
        assert.lengthOf(yield* rows, 0)
      }).pipe(Effect.provide(receiver), Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
    }
  )
})

describe("the exact bytes", () => {
  it.scopedLive.each([...remedies])("$name: are what is verified, within bounds", ({ serve }) =>
    Effect.gen(function* () {
      const { url } = yield* serve
      const body = yield* signed(trade({ terminalMerchantName: "店鋪 é 🎴" }))
      assert.strictEqual((yield* post(url, body)).status, 200)
      assert.strictEqual((yield* post(url, body.replace("5700.00", "1.00"))).status, 401)
      const large = yield* post(url, JSON.stringify({ note: "x".repeat(70_000) }))
      assert.strictEqual(large.status, 413)
      assert.lengthOf(yield* rows, 1)
    }).pipe(Effect.provide(Layer.merge(receiver, Logger.minimumLogLevel(LogLevel.None))))
  )
})
