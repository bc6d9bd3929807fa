/** What the app does to those who come from the open internet. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Wire from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import {
  environment,
  eventually,
  metric,
  notification,
  path,
  post,
  running,
  temporaryFolder
} from "./support.js"

const webhook = (more: Record<string, string>) =>
  Effect.flatMap(temporaryFolder, (folder) => running({ ...environment(join(folder, "yunmo.db")), ...more }))

const unfinished = `POST ${path} HTTP/1.1\r\nhost: x\r\n`

describe("the listener", () => {
  it.scopedLive("answers senders on the list, and refuses others with 403 before their body", () =>
    Effect.gen(function* () {
      const { admin, child, port, url } = yield* webhook({
        WEBHOOK_ALLOW: "203.0.113.7, 127.0.0.2, 2001:db8::/32"
      })
      const body = yield* notification(1)
      assert.strictEqual((yield* post(url, body)).status, 403)
      // No proxy is trusted: what the header claims is a stranger's word.
      assert.strictEqual((yield* post(url, body, { "x-forwarded-for": "203.0.113.7" })).status, 403)
      const waiting = yield* Wire.wire(port, `${unfinished}content-length: 60000\r\n\r\n`)
      yield* waiting.closed
      assert.match(waiting.received(), /^HTTP\/1\.1 403 /)
      const listed = yield* Wire.wire(
        port,
        `${unfinished}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        "127.0.0.2"
      )
      yield* listed.closed
      assert.match(listed.received(), /\r\n\r\nOK$/)
      assert.strictEqual((yield* Wire.call(`${url}/healthz`)).status, 200)
      assert.strictEqual(yield* metric(admin, "yunmo_http_senders_refused_total"), 3)
      yield* eventually(Effect.sync(() => /"reason":"sender","count":3/.test(child.stdout())))
    })
  )

  it.scopedLive("believes trusted proxies, and nobody before them", () =>
    Effect.gen(function* () {
      const { url } = yield* webhook({
        WEBHOOK_ALLOW: "203.0.113.0/24, 2001:db8::/32",
        WEBHOOK_TRUSTED_PROXIES: "127.0.0.1, 10.0.0.0/8"
      })
      const body = yield* notification(1)
      const status = (forwarded: string) =>
        Effect.map(post(url, body, { "x-forwarded-for": forwarded }), (answer) => answer.status)
      assert.strictEqual(yield* status("203.0.113.7"), 200)
      assert.strictEqual(yield* status("::ffff:203.0.113.7"), 200)
      assert.strictEqual(yield* status("2001:db8::7"), 200)
      assert.strictEqual(yield* status("198.51.100.1, 203.0.113.7, 10.1.2.3"), 200)
      assert.strictEqual(yield* status("203.0.113.7, 198.51.100.1"), 403)
      assert.strictEqual(yield* status("203.0.113.7, garbage"), 403)
      assert.strictEqual((yield* post(url, body)).status, 403)
      assert.strictEqual((yield* post(url, body, { forwarded: "for=203.0.113.7" })).status, 403)
    })
  )

  it.scopedLive("closes connections beyond the limit, and ends those that say nothing", () =>
    Effect.gen(function* () {
      const { admin, port, url } = yield* webhook({
        WEBHOOK_MAX_CONNECTIONS: "3",
        WEBHOOK_HEADERS_TIMEOUT: "1 second"
      })
      const held = yield* Effect.forEach([1, 2, 3], () => Wire.wire(port, unfinished))
      const beyond = yield* Wire.wire(port, unfinished)
      yield* beyond.closed
      assert.strictEqual(beyond.received(), "")
      assert.isAtLeast(yield* metric(admin, 'yunmo_http_connections_refused_total{reason="total"}'), 1)
      yield* Effect.forEach(held, ({ closed }) => closed)
      const body = yield* notification(1)
      yield* eventually(Effect.map(post(url, body), (answer) => answer.body === "OK"))
    })
  )

  it.scopedLive("gives up on a body that does not come, with an answer", () =>
    Effect.gen(function* () {
      const { port } = yield* webhook({ WEBHOOK_BODY_TIMEOUT: "300 millis" })
      const slow = yield* Wire.wire(port, `${unfinished}content-length: 100\r\n\r\n{`)
      yield* slow.closed
      assert.match(slow.received(), /^HTTP\/1\.1 408 /)
    })
  )

  it.scopedLive("answers honest senders while a thousand others hold on to their connections", () =>
    Effect.gen(function* () {
      const { admin, port, url } = yield* webhook({})
      const loris = yield* Effect.forEach(
        Array.from({ length: 1000 }),
        (_, n) => Wire.wire(port, n % 2 === 0 ? unfinished : `${unfinished}content-length: 9000\r\n\r\n{`),
        { concurrency: 50 }
      )
      let turn = 0
      const drip = yield* Effect.fork(
        Effect.sync(() => {
          for (const _ of Array.from({ length: 10 })) {
            loris[turn % 1000]?.socket.write(turn % 2 === 0 ? "a: b\r\n" : " ")
            turn += 1
          }
        }).pipe(Effect.delay("5 millis"), Effect.forever)
      )
      // The system connects them before the process has taken them.
      yield* eventually(Effect.map(metric(admin, "yunmo_http_connections_open"), (open) => open >= 1000))
      const took = yield* Effect.forEach(Array.from({ length: 300 }), (_, n) =>
        Effect.gen(function* () {
          const body = yield* notification(n)
          const started = performance.now()
          const answer = yield* Effect.option(post(url, body))
          assert.strictEqual(Option.getOrUndefined(answer)?.body, "OK")
          return performance.now() - started
        })
      )
      const [p50, p99] = [0.5, 0.99].map((share) => took.toSorted((a, b) => a - b)[Math.floor(share * 300)])
      console.log(`1,000 slow connections; honest: p50 ${p50?.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`)
      yield* Fiber.interrupt(drip)
    })
  )
})
