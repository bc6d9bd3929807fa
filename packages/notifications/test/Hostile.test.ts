/** What anybody may send to the port, through the real receiver over HTTP: refused, early, and without a crash. */
import { Agent, request } from "node:http"
import { connect, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { files, hostile } from "@effect-yunmo/test-support/Corpus"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Inbox from "../src/Inbox.js"
import * as NodeListener from "../src/NodeListener.js"
import { call, head, listen, path, post, raw, type Served } from "./http.js"
import { receiver, signed, trade } from "./support.js"

const services = Layer.merge(receiver, Logger.minimumLogLevel(LogLevel.None))
const serve = Effect.flatMap(NodeListener.make(), listen)
const rows = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list({ limit: 1000 }))

/** The status of each body, over a few connections that stay open. */
const statusesOf = ({ port }: Served, bodies: ReadonlyArray<Uint8Array>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Agent({ keepAlive: true, maxSockets: 8 })),
    (agent) =>
      Effect.forEach(
        bodies,
        (body) =>
          Effect.async<number, Error>((resume) => {
            request(
              {
                agent,
                port,
                host: "127.0.0.1",
                path,
                method: "POST",
                headers: { "Content-Length": body.byteLength }
              },
              (response) => {
                response.resume().on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
              }
            )
              .on("error", (error) => resume(Effect.fail(error)))
              .end(body)
          }),
        { concurrency: 8 }
      ),
    (agent) => Effect.sync(() => agent.destroy())
  )

const tally = (statuses: ReadonlyArray<number>): Readonly<Record<number, number>> => {
  const counts: Record<number, number> = {}
  for (const status of statuses) {
    counts[status] = (counts[status] ?? 0) + 1
  }
  return counts
}

const of = (input: string | Uint8Array): Uint8Array =>
  typeof input === "string" ? Buffer.from(input) : input
const around = (before: string, bytes: Uint8Array, after: string): Uint8Array =>
  Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)])

describe("malformed bodies (S2)", () => {
  it.scopedLive(
    "JSONTestSuite as bodies, as fields, and as fields of a signed message: no crash, no 5xx, no OK",
    () =>
      Effect.gen(function* () {
        const served = yield* serve
        const genuine = yield* signed(trade({ terminalMerchantName: "H&M" }))
        const at = genuine.indexOf('"data":{') + '"data":{'.length
        const inside = files.map(({ bytes }) => around('{"data":{"v":', bytes, "}}"))
        // Objects and arrays may be left out of the signed text, so these signatures hold as far as the text is JSON.
        const inSigned = files.map(({ bytes }) =>
          around(`${genuine.slice(0, at)}"v":`, bytes, `,${genuine.slice(at)}`)
        )
        const bare = yield* statusesOf(
          served,
          files.map(({ bytes }) => bytes)
        )
        const asField = yield* statusesOf(served, inside)
        const signedOnes = yield* statusesOf(served, inSigned)
        assert.lengthOf(files, 318)
        assert.isTrue([...bare, ...asField].every((status) => [400, 401, 413].includes(status)))
        for (const [index, status] of signedOnes.entries()) {
          const { bytes, name } = files[index] ?? assert.fail()
          assert.include([200, 400, 401, 413], status, name)
          if (name.startsWith("n_")) {
            assert.notStrictEqual(status, 200, name)
          }
          const text = Buffer.from(bytes).toString("utf8").trim()
          if (name.startsWith("y_") && /^[[{]/.test(text) && !name.includes("duplicated_key")) {
            assert.strictEqual(status, 200, name)
          }
        }
        console.info("S2, JSONTestSuite:", {
          bare: tally(bare),
          asField: tally(asField),
          inSigned: tally(signedOnes)
        })
        // The process lives, and what was answered with OK is there.
        const kept = (yield* rows).reduce((sum, { deliveries }) => sum + deliveries, 0)
        assert.strictEqual(kept, signedOnes.filter((status) => status === 200).length)
        assert.strictEqual((yield* post(served.url, genuine)).status, 200)
      }).pipe(Effect.provide(services))
  )

  it.scopedLive("inputs of our own: no crash, no 5xx, no OK", () =>
    Effect.gen(function* () {
      const served = yield* serve
      const statuses = yield* statusesOf(
        served,
        hostile.map(({ input }) => of(input))
      )
      assert.isAtLeast(hostile.length, 200)
      for (const [index, status] of statuses.entries()) {
        const { expected, input, name } = hostile[index] ?? assert.fail()
        // Half a pair of a JavaScript string cannot be sent: it becomes a character of its own.
        const isSentAsIs = typeof input !== "string" || Buffer.from(input).toString() === input
        // What reads well is not signed; all the rest is told why it was not read.
        const refusal = expected === "Read" ? 401 : expected === "TooLarge" ? 413 : 400
        assert.include(isSentAsIs ? [refusal] : [400, 401], status, name)
      }
      console.info("S2, inputs of our own:", tally(statuses))
      assert.lengthOf(yield* rows, 0)
    }).pipe(Effect.provide(services))
  )
})

describe("costly bodies (S3)", () => {
  it.scopedLive("too deep, too many keys, too large, compressed: refused, whatever the length says", () =>
    Effect.gen(function* () {
      const { port, url } = yield* serve
      const deep = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`
      const wide = (keys: number) => `{${Array.from({ length: keys }, (_, n) => `"k${n}":1`).join(",")}}`
      const said = (answer: { readonly status: number; readonly body: string }) =>
        `${answer.status} ${answer.body.replace(/ at position.*/, "")}`
      assert.strictEqual(
        said(yield* post(url, deep(32))),
        "401 The message is not for a merchant known here."
      )
      assert.strictEqual(said(yield* post(url, deep(33))), "400 The body cannot be read: TooDeep")
      assert.strictEqual(said(yield* post(url, "[".repeat(60_000))), "400 The body cannot be read: TooDeep")
      assert.strictEqual(
        said(yield* post(url, wide(1000))),
        "401 The message is not for a merchant known here."
      )
      assert.strictEqual(said(yield* post(url, wide(1001))), "400 The body cannot be read: TooManyKeys")

      const limit = 64 * 1024
      const padded = (length: number) => `{"a":"${"x".repeat(length - 8)}"}`
      assert.strictEqual((yield* post(url, padded(limit))).status, 401)
      assert.strictEqual((yield* post(url, padded(limit + 1))).status, 413)
      const chunked = (text: string) =>
        call(`${url}${path}`, { method: "POST", body: new Blob([text]).stream(), duplex: "half" })
      assert.strictEqual((yield* chunked(padded(limit))).status, 401)
      assert.strictEqual((yield* chunked(padded(limit + 1))).status, 413)
      // Announced, and refused before a byte of it came.
      assert.match(yield* raw(port, head("Content-Length: 10000000000")), /^HTTP\/1\.1 413 /)
      assert.match(yield* raw(port, head("Content-Length: -1")), /^HTTP\/1\.1 400 /)
      assert.match(yield* raw(port, head("Content-Length: 1, 2")), /^HTTP\/1\.1 400 /)

      const bomb = gzipSync(Buffer.alloc(50_000_000, " "))
      for (const encoding of ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "x"]) {
        const answer = yield* post(url, bomb, { "Content-Encoding": encoding })
        assert.strictEqual(answer.status, 415, encoding)
      }
      assert.lengthOf(yield* rows, 0)
    }).pipe(Effect.provide(services))
  )

  const senders = 1000

  it.scopedLive(
    "1,000 senders of endless bodies: each is refused, and memory stays flat",
    () =>
      Effect.gen(function* () {
        const { port, url } = yield* serve
        const piece = `1000\r\n${"x".repeat(4096)}\r\n`
        const sendsForEver = Effect.async<string>((resume) => {
          let received = ""
          let timer: NodeJS.Timeout | undefined
          const socket = connect(port, "127.0.0.1", () => {
            socket.write(head("Transfer-Encoding: chunked"))
            timer = setInterval(() => socket.writable && !socket.writableNeedDrain && socket.write(piece), 50)
          })
          socket.on("data", (chunk) => {
            received += chunk
          })
          socket.on("error", () => undefined)
          socket.on("close", () => {
            clearInterval(timer)
            resume(Effect.succeed(received.slice(0, 12)))
          })
        })
        const round = Effect.all(
          Array.from({ length: senders }, () => sendsForEver),
          { concurrency: "unbounded" }
        )
        // Once to fill the buffers that the process keeps, then to see whether it grows.
        yield* round
        const before = process.memoryUsage().rss
        const answers = yield* round
        const after = process.memoryUsage().rss
        const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024)
        console.info(
          `S3, ${senders} senders of endless bodies: ${megabytes(before)} MB before, ${megabytes(after)} MB after`
        )
        assert.deepStrictEqual([...new Set(answers)], ["HTTP/1.1 413"])
        assert.isBelow(after - before, 100 * 1024 * 1024)
        assert.strictEqual((yield* post(url, yield* signed(trade()))).status, 200)
      }).pipe(Effect.provide(services)),
    120_000
  )
})

describe("slow connections (S4)", () => {
  const slow = 1000
  const honest = 300

  it.scopedLive(
    "1,000 connections that drip: every honest request is answered meanwhile",
    () =>
      Effect.gen(function* () {
        const { port, url } = yield* serve
        const beginnings = [
          `POST ${path} HTTP/1.1\r\nHost: localhost\r\nX-`,
          `${head("Content-Length: 60000")}{"`
        ]
        const sockets = yield* Effect.acquireRelease(
          Effect.forEach(
            Array.from({ length: slow }, (_, n) => beginnings[n % 2] ?? ""),
            (beginning) =>
              Effect.async<Socket>((resume) => {
                const socket = connect(port, "127.0.0.1", () => {
                  socket.write(beginning)
                  resume(Effect.succeed(socket))
                })
                socket.on("error", () => undefined)
              }),
            { concurrency: 50 }
          ),
          (sockets) =>
            Effect.sync(() => {
              for (const socket of sockets) socket.destroy()
            })
        )
        let next = 0
        yield* Effect.fork(
          Effect.forever(
            Effect.delay(
              Effect.sync(() => {
                for (let n = 0; n < 20; n++) {
                  const socket = sockets[next++ % slow]
                  if (socket?.writable === true && !socket.writableNeedDrain) socket.write("x")
                }
              }),
              "5 millis"
            )
          )
        )
        const times = yield* Effect.forEach(
          Array.from({ length: honest }, (_, n) => n),
          (n) =>
            Effect.gen(function* () {
              const body = yield* signed(trade({ orderNo: `OR${n}` }))
              const start = performance.now()
              const { status } = yield* post(url, body)
              assert.strictEqual(status, 200)
              return performance.now() - start
            }),
          { concurrency: 4 }
        )
        const sorted = times.sort((left, right) => left - right)
        const p = (share: number) => sorted[Math.ceil(honest * share) - 1]?.toFixed(1)
        console.info(
          `S4, ${slow} slow connections: ${honest} of ${honest} honest requests answered, p50 ${p(0.5)} ms, p99 ${p(0.99)} ms`
        )
        assert.strictEqual(sockets.filter(({ destroyed }) => !destroyed).length, slow)
        assert.lengthOf(yield* rows, honest)
      }).pipe(Effect.provide(services)),
    120_000
  )
})
