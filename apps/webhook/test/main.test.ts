/** What the app promises, on each database: OK means kept, and a stop loses nothing. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Postgres from "@effect-yunmo/test-support/Postgres"
import * as Wire from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import {
  adminAt,
  atRest,
  databases,
  environment,
  eventually,
  listeningAt,
  merchantNo,
  notification,
  path,
  post,
  rows,
  running,
  secret,
  start,
  temporaryFolder
} from "./support.js"

const head = (length: number) =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`

/** A request of which half is sent; the other half is sent by `finish`. */
const halfSent = (port: number, body: string) =>
  Effect.gen(function* () {
    const half = Math.floor(body.length / 2)
    const connection = yield* Wire.wire(port, `${head(Buffer.byteLength(body))}${body.slice(0, half)}`)
    return { ...connection, finish: Effect.sync(() => connection.socket.write(body.slice(half))) }
  })

describe.each(databases)("webhook on %s", (_name, fresh) => {
  it.scopedLive("takes a signed notification, and refuses what the vendor would not send", () =>
    Effect.gen(function* () {
      const database = yield* fresh
      const child = yield* start(environment(database))
      const { app, pid, url } = yield* Effect.filterOrDieMessage(
        listeningAt(child),
        (announcement) => announcement.event === "listening",
        "it does not listen"
      )
      assert.strictEqual(app, "webhook")
      assert.strictEqual(pid, child.process.pid)
      const body = yield* notification(1)
      assert.deepInclude(yield* post(url, body), { status: 200, body: "OK" })
      assert.deepInclude(yield* post(url, body), { status: 200, body: "OK" })
      assert.strictEqual((yield* post(url, body.replace("20.00", "2.00"))).status, 401)
      assert.strictEqual((yield* post(url, yield* notification(2, secret, "BU2"))).status, 401)
      assert.strictEqual((yield* post(url, "hello")).status, 400)
      assert.strictEqual((yield* post(url, "x".repeat(100_000))).status, 413)
      assert.strictEqual((yield* post(url, body, { "content-encoding": "gzip" })).status, 415)
      assert.strictEqual((yield* post(url, body, {}, "/elsewhere")).status, 404)
      assert.strictEqual((yield* Wire.call(`${url}/healthz`)).body, `{"status":"ok"}`)
      const [row, ...others] = yield* rows(database)
      assert.deepInclude(row, { merchantNo, kind: "trade", state: "pending", deliveries: 2 })
      assert.lengthOf(others, 0)
      assert.notInclude(child.stdout() + child.stderr(), secret)
      assert.notInclude(child.stdout() + child.stderr(), atRest.key)
      assert.notInclude(child.stdout(), "unencrypted")
    })
  )

  it.scopedLive("has the row of every OK after kill -9, and knows a re-send after the restart", () =>
    Effect.gen(function* () {
      const database = yield* fresh
      const killed = yield* running(environment(database))
      const bodies = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], (n) => notification(n))
      const answers = yield* Effect.forEach(bodies, (body) => post(killed.url, body), { concurrency: 4 })
      assert.strictEqual((yield* killed.child.end("SIGKILL")).signal, "SIGKILL")
      assert.deepStrictEqual(
        answers.map(({ body }) => body),
        bodies.map(() => "OK")
      )
      assert.lengthOf(yield* rows(database), bodies.length)

      const again = yield* running(environment(database))
      assert.strictEqual((yield* post(again.url, bodies[0] ?? "")).body, "OK")
      const kept = yield* rows(database)
      assert.lengthOf(kept, bodies.length)
      assert.strictEqual(kept.filter(({ deliveries }) => deliveries === 2).length, 1)
    })
  )

  it.scopedLive.each(["SIGTERM", "SIGINT"] as const)(
    "on %s is not ready at once, takes no connection, answers what is in flight, and exits with 0",
    (signal) =>
      Effect.gen(function* () {
        const database = yield* fresh
        const { admin, child, port, url } = yield* running(environment(database))
        // Connections that are kept alive must not hold it up.
        assert.strictEqual((yield* post(url, yield* notification(1))).body, "OK")
        const inFlight = yield* halfSent(port, yield* notification(2))
        assert.strictEqual((yield* Wire.call(`${admin}/readyz`)).status, 200)
        child.process.kill(signal)
        yield* eventually(Effect.map(Wire.call(`${admin}/readyz`), ({ status }) => status === 503))
        assert.include((yield* Wire.call(`${admin}/readyz`)).body, "draining")
        assert.strictEqual((yield* Wire.call(`${admin}/healthz`)).status, 200)
        assert.strictEqual((yield* Effect.exit(post(url, yield* notification(3))))._tag, "Failure")
        yield* inFlight.finish
        yield* inFlight.closed
        assert.match(inFlight.received(), /^HTTP\/1\.1 200 .*\r\n\r\nOK$/s)
        const { code, stderr, stdout } = yield* child.ended
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.include(stdout, `"event":"stopping"`)
        assert.lengthOf(yield* rows(database), 2)
      })
  )

  it.scopedLive("stops under load in less than 10 seconds, with a row for every OK", () =>
    Effect.gen(function* () {
      const database = yield* fresh
      const { child, url } = yield* running(environment(database))
      let oks = 0
      const sender = (lane: number) =>
        Effect.gen(function* () {
          for (let n = 0; ; n += 1) {
            const answer = yield* Effect.option(post(url, yield* notification(lane * 100_000 + n)))
            if (answer._tag === "None") return
            oks += answer.value.body === "OK" ? 1 : 0
          }
        })
      const load = yield* Effect.fork(
        Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], sender, { concurrency: "unbounded", discard: true })
      )
      yield* eventually(Effect.sync(() => oks > 100))
      const [elapsed, { code }] = yield* Effect.timed(child.end("SIGTERM"))
      yield* Fiber.join(load)
      assert.strictEqual(code, 0)
      assert.isBelow(Number(elapsed.value._tag === "Millis" ? elapsed.value.millis : 0), 10_000)
      // A row without its OK is one whose answer was cut off: the vendor sends that again.
      assert.isAtLeast((yield* rows(database)).length, oks)
    })
  )

  it.scopedLive("shares its database with another of its kind", () =>
    Effect.gen(function* () {
      const database = yield* fresh
      const both = yield* Effect.all([running(environment(database)), running(environment(database))], {
        concurrency: 2
      })
      const bodies = yield* Effect.forEach(Array.from({ length: 60 }), (_, n) => notification(n))
      // Each of them comes to both.
      const answers = yield* Effect.forEach(
        bodies.flatMap((body) => both.map(({ url }) => post(url, body))),
        (one) => one,
        { concurrency: 16 }
      )
      assert.deepStrictEqual([...new Set(answers.map(({ body }) => body))], ["OK"])
      const kept = yield* rows(database)
      assert.lengthOf(kept, bodies.length)
      assert.isTrue(kept.every(({ deliveries }) => deliveries === 2))
    })
  )
})

describe("webhook", () => {
  it.scopedLive("does not wait for ever for a client that sends nothing more", () =>
    Effect.gen(function* () {
      const { child, port } = yield* running(environment(join(yield* temporaryFolder, "yunmo.db")))
      yield* halfSent(port, yield* notification(1))
      assert.strictEqual((yield* child.end("SIGTERM")).code, 0)
    })
  )

  it.scopedLive("ends at once on a second signal", () =>
    Effect.gen(function* () {
      const { child, port } = yield* running(environment(join(yield* temporaryFolder, "yunmo.db")))
      yield* halfSent(port, yield* notification(1))
      child.process.kill("SIGTERM")
      yield* Effect.sleep("1500 millis")
      const { code, stderr } = yield* child.end("SIGTERM")
      assert.strictEqual(code, 143)
      assert.include(stderr, "A second SIGTERM ended it at once")
    })
  )

  it.scopedLive("answers 503 while PostgreSQL is away, is not ready, and recovers by itself", () =>
    Effect.gen(function* () {
      const server = yield* Postgres.server
      const database = yield* Postgres.freshDatabase(server.urlOf("postgres"))
      const child = yield* start(environment(database))
      const { url } = yield* Effect.filterOrDieMessage(
        listeningAt(child),
        (announcement) => announcement.event === "listening",
        "it does not listen"
      )
      const admin = yield* adminAt(child)
      assert.strictEqual((yield* post(url, yield* notification(1))).body, "OK")
      yield* server.stop
      const refused = yield* post(url, yield* notification(2))
      assert.strictEqual(refused.status, 503)
      yield* eventually(Effect.map(Wire.call(`${admin}/readyz`), ({ status }) => status === 503))
      assert.strictEqual((yield* Wire.call(`${admin}/healthz`)).status, 200)
      yield* server.start
      yield* eventually(Effect.map(Wire.call(`${admin}/readyz`), ({ status }) => status === 200))
      const again = yield* notification(2)
      yield* eventually(Effect.map(post(url, again), ({ body }) => body === "OK"))
      assert.lengthOf(yield* rows(database), 2)
      assert.strictEqual((yield* child.end("SIGTERM")).code, 0)
    })
  )

  it.scopedLive("says so when the database cannot be opened, and exits with 1", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const password = "CANARYpassword"
      const sentences = [
        [join(folder, "missing", "yunmo.db"), "missing/yunmo.db cannot be opened"],
        [`postgres://yunmo:${password}@127.0.0.1:1/yunmo`, "127.0.0.1:1/yunmo"]
      ] as const
      for (const [database, sentence] of sentences) {
        const { code, stderr, stdout } = yield* Effect.flatMap(
          start(environment(database)),
          ({ ended }) => ended
        )
        assert.strictEqual(code, 1)
        assert.include(stderr, sentence)
        assert.include(stderr, "YUNMO_DATABASE")
        assert.lengthOf(stderr.trim().split("\n"), 1)
        assert.notInclude(stderr + stdout, password)
      }
    })
  )

  it.scopedLive("says loudly that messages are unencrypted when no key is given", () =>
    Effect.gen(function* () {
      const { YUNMO_AT_REST_KEYS: _, ...env } = environment(join(yield* temporaryFolder, "yunmo.db"))
      const { child } = yield* running(env)
      assert.match(child.stdout(), /unencrypted[^\n]*"logLevel":"WARN"/)
    })
  )
})
