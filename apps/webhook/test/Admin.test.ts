/** What its operators get from the app, and strangers do not. */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Collector from "@effect-yunmo/test-support/Collector"
import * as Wire from "@effect-yunmo/test-support/Wire"
import * as Effect from "effect/Effect"
import {
  adminAt,
  atRest,
  environment,
  listeningAt,
  notification,
  post,
  running,
  secret,
  start,
  temporaryFolder
} from "./support.js"

const token = "CANARY-admin-credential"

const webhook = (more: Record<string, string>) =>
  Effect.flatMap(temporaryFolder, (folder) => running({ ...environment(join(folder, "yunmo.db")), ...more }))

describe("the admin port", () => {
  it.scopedLive("on loopback answers this machine alone", () =>
    Effect.gen(function* () {
      const { admin, url } = yield* webhook({})
      yield* post(url, yield* notification(1))
      yield* post(url, "hello")
      const { body, status } = yield* Wire.call(`${admin}/metrics`)
      assert.strictEqual(status, 200)
      assert.include(body, 'yunmo_notifications_received_total{kind="trade",outcome="kept"} 1\n')
      assert.include(body, 'yunmo_notifications_received_total{kind="none",outcome="unreadable"} 1\n')
      assert.match(body, /^# TYPE yunmo_notifications_received_total counter$/m)
      const status403 = (headers: Record<string, string>) =>
        Effect.map(Wire.call(`${admin}/metrics`, { headers }), (answer) => answer.status === 403)
      assert.isTrue(yield* status403({ host: "rebound.example" }))
      assert.isTrue(yield* status403({ origin: "https://evil.example" }))
      assert.isTrue(yield* status403({ "sec-fetch-site": "cross-site" }))
      assert.isTrue(yield* status403({ "x-forwarded-for": "203.0.113.7" }))
      assert.strictEqual((yield* Wire.call(`${admin}/metrics`, { method: "POST" })).status, 405)
      // None of it on the port for the world.
      for (const path of ["/metrics", "/readyz"]) {
        assert.strictEqual((yield* Wire.call(`${url}${path}`)).status, 404)
      }
    })
  )

  it.scopedLive("elsewhere wants its credential, for every route", () =>
    Effect.gen(function* () {
      const { admin, child } = yield* webhook({ WEBHOOK_ADMIN_HOST: "0.0.0.0", WEBHOOK_ADMIN_TOKEN: token })
      const here = `http://127.0.0.1:${new URL(admin).port}`
      for (const path of ["/healthz", "/readyz", "/metrics"]) {
        assert.strictEqual((yield* Wire.call(`${here}${path}`)).status, 401)
        const wrong = { authorization: `Bearer ${token}!` }
        assert.strictEqual((yield* Wire.call(`${here}${path}`, { headers: wrong })).status, 401)
        const right = { authorization: `Bearer ${token}` }
        assert.strictEqual((yield* Wire.call(`${here}${path}`, { headers: right })).status, 200)
      }
      assert.notInclude(child.stdout(), "CANARY")
    })
  )

  it.scopedLive("is not there when it is off", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const child = yield* start({ ...environment(join(folder, "yunmo.db")), WEBHOOK_ADMIN_PORT: "off" })
      yield* listeningAt(child)
      assert.notInclude(child.stdout(), "adminListening")
    })
  )

  it.scopedLive("says which of its settings is wrong when its port is taken", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const env = environment(join(folder, "yunmo.db"))
      const child = yield* start(env)
      const { port } = new URL(yield* adminAt(child))
      const { code, stderr } = yield* Effect.flatMap(
        start({ ...env, WEBHOOK_ADMIN_PORT: port }),
        ({ ended }) => ended
      )
      assert.strictEqual(code, 1)
      assert.strictEqual(
        stderr,
        `webhook: Another program listens on 127.0.0.1:${port} already; stop it, or change the port with WEBHOOK_ADMIN_PORT (0 takes a free one).\n`
      )
    })
  )
})

describe("telemetry", () => {
  it.scopedLive("goes to the collector that is configured, without secrets", () =>
    Effect.gen(function* () {
      const { received, url: endpoint } = yield* Collector.start()
      const { child, url } = yield* webhook({
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20CANARYheader",
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_METRIC_EXPORT_INTERVAL: "200",
        OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
        WEBHOOK_ADMIN_TOKEN: token
      })
      const body = (yield* notification(1)).replace("CDAU079126648V01", "4000000000000002")
      assert.strictEqual((yield* post(url, yield* notification(2))).body, "OK")
      assert.strictEqual((yield* post(url, body)).status, 401)
      assert.strictEqual((yield* post(url, '{"pan": "4000000000000002", "sign": "x"')).status, 400)
      assert.strictEqual((yield* child.end("SIGTERM")).code, 0)
      const text = received.map((one) => one.body.toString("utf8")).join("\n")
      assert.include(text, "Receiver.receive")
      assert.include(text, "yunmo_notifications_received_total")
      assert.include(text, "deployment.environment")
      assert.isTrue(received.every(({ headers }) => headers["authorization"] === "Bearer CANARYheader"))
      for (const canary of [
        secret,
        atRest.key,
        token,
        "CANARYheader",
        "4000000000000002",
        "CDAU079126648V01"
      ]) {
        assert.notInclude(text, canary)
        assert.notInclude(child.stdout() + child.stderr(), canary)
      }
    })
  )

  it.scopedLive("costs no answer when the collector is gone", () =>
    Effect.gen(function* () {
      const { child, url } = yield* webhook({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" })
      assert.strictEqual((yield* post(url, yield* notification(1))).body, "OK")
      assert.strictEqual((yield* child.end("SIGTERM")).code, 0)
    })
  )
})
