/** One receiver behind servers of every kind, each a real one on loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import express from "express"
import Fastify, { type FastifyInstance } from "fastify"
import * as HttpApp from "../src/HttpApp.js"
import * as NodeListener from "../src/NodeListener.js"
import type { Receiver } from "../src/Receiver.js"
import * as WebHandler from "../src/WebHandler.js"
import { listen, path, type Served, servedAt } from "./http.js"

export type Serve = (options?: NodeListener.Options) => Effect.Effect<Served, never, Receiver | Scope.Scope>

/** What all servers are told here; the adapters differ in what they do unless told. */
const told = (options: NodeListener.Options = {}): NodeListener.Options => ({
  path,
  healthPath: "/healthz",
  ...options
})

const nodeHttp: Serve = (options) => Effect.flatMap(NodeListener.make(told(options)), listen)

const expressInFront: Serve = (options) =>
  Effect.flatMap(NodeListener.make(told(options)), (listener) => {
    const app = express()
    app.use(listener)
    app.use(express.json())
    return listen(app)
  })

/** A Fastify app while the scope is open. */
export const fastify = (
  configure: (app: FastifyInstance) => void
): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const app = Fastify({ forceCloseConnections: true })
      configure(app)
      await app.listen({ port: 0, host: "127.0.0.1" })
      return app
    }),
    (app) => Effect.promise(() => app.close())
  ).pipe(Effect.map((app) => servedAt(app.server.address())))

const fastifyLeftAlone: Serve = (options) =>
  Effect.flatMap(NodeListener.make(told(options)), (listener) =>
    fastify((app) => {
      app.removeAllContentTypeParsers()
      app.addContentTypeParser("*", (_request, _payload, done) => done(null))
      app.all("*", (request, reply) => {
        reply.hijack()
        listener(request.raw, reply.raw)
      })
    })
  )

/** The bytes of a request as they come; told to stop, it lets the rest pass, as the servers of the runtimes do. */
const bodyOf = (request: IncomingMessage): ReadableStream<Uint8Array> => {
  let isOpen = true
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const fail = () => {
        if (isOpen) {
          isOpen = false
          controller.error(new Error("aborted"))
        }
      }
      request.pause()
      request.on("data", (chunk: Buffer) => {
        if (isOpen) {
          controller.enqueue(new Uint8Array(chunk))
          request.pause()
        }
      })
      request.on("end", () => {
        if (isOpen) {
          isOpen = false
          controller.close()
        }
      })
      request.on("error", fail).on("close", fail)
    },
    pull() {
      request.resume()
    },
    cancel() {
      isOpen = false
      request.resume()
    }
  })
}

/** A web-standard handler behind `node:http`, as frameworks put it there. */
export const bridged =
  (handler: WebHandler.WebHandler, prepare: (request: Request) => Promise<unknown> = async () => undefined) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const { headers, method = "GET", url = "/" } = request
    const aborted = new AbortController()
    response.on("close", () => aborted.abort())
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0
    const web = new Request(`http://127.0.0.1${url}`, {
      method,
      headers: Object.entries(headers).flatMap(
        ([name, value]): Array<[string, string]> => (value === undefined ? [] : [[name, String(value)]])
      ),
      signal: aborted.signal,
      ...(hasBody && method !== "GET" && method !== "HEAD" ? { body: bodyOf(request), duplex: "half" } : {})
    })
    void prepare(web)
      .then(() => handler(web))
      .then(async (answer) => {
        const bytes = Buffer.from(await answer.arrayBuffer())
        response.writeHead(answer.status, {
          ...Object.fromEntries(answer.headers),
          "content-length": bytes.byteLength,
          ...(request.complete ? {} : { connection: "close" })
        })
        response.write(bytes)
        request.resume()
        if (request.complete) {
          response.end()
        } else {
          request.on("end", () => response.end())
          setTimeout(() => response.end(() => request.destroy()), 300)
        }
      })
  }

const web: Serve = (options) =>
  Effect.flatMap(WebHandler.make(told(options)), (handler) => listen(bridged(handler)))

const platform: Serve = (options) =>
  Effect.gen(function* () {
    const app = yield* HttpApp.make(told(options))
    const server = yield* NodeHttpServer.make(() => createServer(), { port: 0, host: "127.0.0.1" })
    yield* server.serve(app)
    return server.address._tag === "TcpAddress"
      ? { port: server.address.port, url: `http://127.0.0.1:${server.address.port}` }
      : assert.fail("no port")
  }).pipe(Effect.orDie)

/** Every adapter, in a server of its kind, with the body unread in front of it. */
export const servers: ReadonlyArray<{ readonly name: string; readonly serve: Serve }> = [
  { name: "node:http", serve: nodeHttp },
  { name: "Express", serve: expressInFront },
  { name: "Fastify", serve: fastifyLeftAlone },
  { name: "web-standard", serve: web },
  { name: "@effect/platform", serve: platform }
]
