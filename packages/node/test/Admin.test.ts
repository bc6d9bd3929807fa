import { assert, describe, it } from "@effect/vitest"
import { call } from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Admin from "../src/Admin.js"
import * as Readiness from "../src/Readiness.js"

const settings = { host: "ADMIN_HOST", port: "ADMIN_PORT" }
const token = "0123456789abcdef-canary"

const listen = (options: Partial<Admin.Options> = {}, check: Effect.Effect<void, Error> = Effect.void) =>
  Effect.gen(function* () {
    const readiness = yield* Readiness.make(check, { timeout: "50 millis", timeToLive: 0 })
    const url = yield* Admin.listen({ host: "127.0.0.1", port: 0, settings, ...options }).pipe(
      Effect.provideService(Readiness.Readiness, readiness)
    )
    return { url, readiness }
  })

const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

describe("Admin", () => {
  it.scopedLive("answers who runs it: health, readiness, metrics, and nothing else", () =>
    Effect.gen(function* () {
      const { readiness, url } = yield* listen()
      const health = yield* call(`${url}/healthz`)
      assert.deepStrictEqual([health.status, health.body], [200, `{"status":"ok"}`])
      assert.strictEqual(health.headers["cache-control"], "no-store")
      assert.strictEqual((yield* call(`${url}/readyz?verbose`)).body, `{"status":"ready"}`)
      const metrics = yield* call(`${url}/metrics`)
      assert.strictEqual(metrics.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
      assert.match(metrics.body, /^process_resident_memory_bytes \d{7,}$/m)
      assert.match(metrics.body, /^process_cpu_seconds_total [\d.]+$/m)
      assert.strictEqual((yield* call(`${url}/`)).status, 404)
      const head = yield* call(`${url}/healthz`, { method: "HEAD" })
      assert.deepStrictEqual([head.status, head.body], [200, ""])

      yield* readiness.drain
      const drained = yield* call(`${url}/readyz`)
      assert.deepStrictEqual(
        [drained.status, drained.body],
        [503, `{"status":"not ready","reason":"draining"}`]
      )
      assert.strictEqual((yield* call(`${url}/healthz`)).status, 200)
    })
  )

  it.scopedLive("tells strangers that it is not ready, and the log alone why", () =>
    Effect.gen(function* () {
      const { url } = yield* listen({}, Effect.fail(new Error("disk full at /var/lib")))
      const { body, status } = yield* call(`${url}/readyz`)
      assert.deepStrictEqual([status, body], [503, `{"status":"not ready","reason":"failed"}`])
    })
  )

  it.scopedLive("brings gauges up to date, but waits for no gauge for ever", () =>
    Effect.gen(function* () {
      const size = Metric.gauge("admin_test_size")
      const { url } = yield* listen({ collect: Metric.set(size, 7) })
      assert.include((yield* call(`${url}/metrics`)).body, "\nadmin_test_size 7\n")
      const stuck = yield* listen({ collect: Effect.never, collectTimeout: "20 millis" })
      assert.strictEqual((yield* call(`${stuck.url}/metrics`)).status, 200)
      const dying = yield* listen({ collect: Effect.dieMessage("a bug") })
      assert.strictEqual((yield* call(`${dying.url}/metrics`)).status, 200)
    })
  )

  it.scopedLive("without a credential answers this machine alone, by its own names and directly", () =>
    Effect.gen(function* () {
      const { url } = yield* listen()
      const { port } = new URL(url)
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, "localhost", "[::1]:80"]) {
        assert.strictEqual((yield* call(`${url}/healthz`, { headers: { host } })).status, 200, host)
      }
      for (const host of ["evil.example", `evil.example:${port}`, "localhost.evil.example"]) {
        assert.strictEqual((yield* call(`${url}/healthz`, { headers: { host } })).status, 403, host)
      }
      for (const name of ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"]) {
        const { status } = yield* call(`${url}/metrics`, { headers: { [name]: "203.0.113.7" } })
        assert.strictEqual(status, 403, name)
      }
    })
  )

  it.scopedLive("answers no page of another site, credential or not", () =>
    Effect.gen(function* () {
      const open = yield* listen()
      const guarded = yield* listen({ token: Redacted.make(token) })
      for (const { url } of [open, guarded]) {
        const get = (headers: Record<string, string>) =>
          Effect.map(
            call(`${url}/metrics`, { headers: { ...bearer(token), ...headers } }),
            ({ status }) => status
          )
        assert.strictEqual(yield* get({ origin: "https://evil.example" }), 403)
        assert.strictEqual(yield* get({ origin: "null" }), 403)
        assert.strictEqual(yield* get({ "sec-fetch-site": "cross-site" }), 403)
        assert.strictEqual(yield* get({ "sec-fetch-site": "same-site" }), 403)
        assert.strictEqual(yield* get({ origin: url, "sec-fetch-site": "same-origin" }), 200)
        assert.strictEqual(yield* get({ "sec-fetch-site": "none" }), 200)
      }
    })
  )

  it.scopedLive("with a credential answers nothing without it", () =>
    Effect.gen(function* () {
      const { url } = yield* listen({ token: Redacted.make(token) })
      for (const path of ["/healthz", "/readyz", "/metrics", "/nothing"]) {
        const wrong: ReadonlyArray<Record<string, string>> = [
          {},
          bearer(""),
          bearer(`${token}x`),
          bearer(token.slice(0, -1)),
          bearer(token.toUpperCase()),
          { authorization: token },
          { authorization: `Basic ${Buffer.from(`admin:${token}`).toString("base64")}` }
        ]
        for (const headers of wrong) {
          const answer = yield* call(`${url}${path}?token=${token}`, { headers })
          assert.strictEqual(answer.status, 401, JSON.stringify(headers))
          assert.strictEqual(answer.headers["www-authenticate"], "Bearer")
          assert.notInclude(answer.body, token)
        }
      }
      assert.strictEqual((yield* call(`${url}/healthz`, { headers: bearer(token) })).status, 200)
      // The credential says who asks: it may be called by another name, and through a proxy.
      const headers = { ...bearer(token), host: "webhook.internal", "x-forwarded-for": "10.0.0.1" }
      const { body, status } = yield* call(`${url}/metrics`, { headers })
      assert.strictEqual(status, 200)
      assert.match(body, /^yunmo_admin_refused_total\{reason="credential"\} \d+$/m)
    })
  )

  it.scopedLive("answers GET alone", () =>
    Effect.gen(function* () {
      const { url } = yield* listen()
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
        const { headers, status } = yield* call(`${url}/metrics`, { method, body: "x" })
        assert.deepStrictEqual([status, headers["allow"]], [405, "GET, HEAD"], method)
      }
    })
  )

  it.scopedLive("does not start where others reach it without a credential", () =>
    Effect.gen(function* () {
      for (const host of ["0.0.0.0", "::", "192.0.2.1", "webhook.internal"]) {
        const failure = yield* Effect.flip(listen({ host }))
        assert.strictEqual(failure._tag, "AdminUnprotected", host)
        assert.include(failure.message, "without a credential")
      }
      const { url } = yield* listen({ host: "0.0.0.0", token: Redacted.make(token) })
      const here = `http://127.0.0.1:${new URL(url).port}/healthz`
      assert.strictEqual((yield* call(here)).status, 401)
      assert.strictEqual((yield* call(here, { headers: bearer(token) })).status, 200)
    })
  )
})
