import { connect } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  environment,
  listeningAt,
  merchantNo,
  notification,
  post,
  secret,
  start,
  temporaryFolder
} from "./support.js"

/** The inbox as another process sees it. */
const rows = (folder: string) =>
  Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list()).pipe(
    Effect.provide(Inbox.layer.pipe(Layer.provide(Sqlite.layer({ filename: join(folder, "yunmo.db") }))))
  )

describe("webhook", () => {
  it.scopedLive("takes a signed notification, and refuses what the vendor would not send", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const running = yield* start(environment(folder))
      const { app, pid, url } = yield* listeningAt(running)
      assert.strictEqual(app, "webhook")
      assert.strictEqual(pid, running.child.pid)
      const body = yield* notification(1)
      assert.deepInclude(yield* post(url, body), { status: 200, body: "OK" })
      assert.deepInclude(yield* post(url, body), { status: 200, body: "OK" })
      assert.strictEqual((yield* post(url, body.replace("20.00", "2.00"))).status, 401)
      assert.strictEqual((yield* post(url, "hello")).status, 400)
      assert.strictEqual((yield* post(url, "x".repeat(100_000))).status, 413)
      const health = yield* Effect.promise(() => fetch(`${url}/healthz`))
      assert.deepStrictEqual(yield* Effect.promise(() => health.json()), { status: "ok" })
      const [row, ...others] = yield* rows(folder)
      assert.deepInclude(row, { merchantNo, kind: "trade", state: "pending", deliveries: 2 })
      assert.lengthOf(others, 0)
      assert.notInclude(running.stdout(), secret)
    })
  )

  it.scopedLive("has the row of every OK after kill -9, and knows a re-send after the restart", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const killed = yield* start(environment(folder))
      const { url } = yield* listeningAt(killed)
      const bodies = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8], notification)
      const answers = yield* Effect.forEach(bodies, (body) => post(url, body), { concurrency: 4 })
      killed.child.kill("SIGKILL")
      assert.strictEqual((yield* killed.ended).signal, "SIGKILL")
      assert.deepStrictEqual(
        answers.map(({ body }) => body),
        bodies.map(() => "OK")
      )
      assert.lengthOf(yield* rows(folder), bodies.length)

      const again = yield* listeningAt(yield* start(environment(folder)))
      assert.strictEqual((yield* post(again.url, bodies[0] ?? "")).body, "OK")
      const kept = yield* rows(folder)
      assert.lengthOf(kept, bodies.length)
      assert.strictEqual(kept.filter(({ deliveries }) => deliveries === 2).length, 1)
    })
  )

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it.scopedLive(`stops on ${signal} with what is in flight answered, and exits with 0`, () =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const running = yield* start(environment(folder))
        const { url } = yield* listeningAt(running)
        // Connections that are kept alive must not hold it up.
        assert.strictEqual((yield* post(url, yield* notification(1))).body, "OK")

        const body = yield* notification(2)
        const inFlight = yield* Effect.fork(halfSent(Number(new URL(url).port), body, "300 millis"))
        yield* Effect.sleep("100 millis")
        running.child.kill(signal)
        yield* Effect.sleep("50 millis")
        const late = yield* Effect.exit(post(url, body))
        assert.strictEqual(late._tag, "Failure")
        assert.match(yield* inFlight, /^HTTP\/1\.1 200 .*\r\n\r\nOK$/s)
        const { code, stderr, stdout } = yield* running.ended
        assert.strictEqual(code, 0)
        assert.strictEqual(stderr, "")
        assert.include(stdout, `"event":"stopping"`)
        assert.lengthOf(yield* rows(folder), 2)
      })
    )
  }

  it.scopedLive("does not wait for ever for a client that sends nothing more", () =>
    Effect.gen(function* () {
      const running = yield* start(environment(yield* temporaryFolder))
      const { url } = yield* listeningAt(running)
      yield* Effect.fork(halfSent(Number(new URL(url).port), yield* notification(1), "1 minute"))
      yield* Effect.sleep("100 millis")
      running.child.kill("SIGTERM")
      const { code } = yield* running.ended
      assert.strictEqual(code, 0)
    })
  )

  it.scopedLive("names every setting that is missing or wrong, once, and exits with 1", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* Effect.flatMap(
        start({
          YUNMO_SECRET_KEY: ` ${secret}`,
          YUNMO_DATABASE: "",
          WEBHOOK_PORT: "70000",
          WEBHOOK_PATH: "notifications"
        }),
        ({ ended }) => ended
      )
      assert.strictEqual(code, 1)
      const wrong = [
        "YUNMO_MERCHANT_NO",
        "YUNMO_SECRET_KEY",
        "YUNMO_DATABASE",
        "WEBHOOK_PORT",
        "WEBHOOK_PATH"
      ]
      for (const name of wrong) {
        assert.lengthOf(
          stderr.split("\n").filter((line) => line.trim().startsWith(name)),
          1,
          name
        )
      }
      assert.include(stderr, "5 settings are missing or wrong")
      assert.notInclude(stderr, "    at ")
      assert.notInclude(stderr + stdout, secret)
    })
  )

  it.scopedLive("says which port is taken and how to change it, and exits with 1", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { url } = yield* listeningAt(yield* start(environment(folder)))
      const { port } = new URL(url)
      const { code, stderr } = yield* Effect.flatMap(
        start({ ...environment(folder), WEBHOOK_PORT: port }),
        ({ ended }) => ended
      )
      assert.strictEqual(code, 1)
      assert.strictEqual(
        stderr,
        `webhook: Another program listens on 127.0.0.1:${port} already; stop it, or change the port with WEBHOOK_PORT (0 takes a free one).\n`
      )
    })
  )

  it.scopedLive("says so when the database cannot be opened, and exits with 1", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { code, stderr } = yield* Effect.flatMap(
        start({ ...environment(folder), YUNMO_DATABASE: join(folder, "missing", "yunmo.db") }),
        ({ ended }) => ended
      )
      assert.strictEqual(code, 1)
      assert.include(stderr, "YUNMO_DATABASE")
      assert.notInclude(stderr, "    at ")
    })
  )
})

/** A request whose body comes in two halves with a pause between; gives the answer. */
const halfSent = (port: number, body: string, pause: "300 millis" | "1 minute") =>
  Effect.async<string>((resume) => {
    let received = ""
    const half = Math.floor(body.length / 2)
    const socket = connect(port, "127.0.0.1", () => {
      const length = Buffer.byteLength(body)
      socket.write(
        `POST /yunmo/notifications HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${body.slice(0, half)}`
      )
      setTimeout(() => socket.write(body.slice(half)), pause === "1 minute" ? 60_000 : 300).unref()
    })
    socket.on("data", (chunk) => {
      received += chunk
    })
    socket.on("error", () => undefined)
    socket.on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })
