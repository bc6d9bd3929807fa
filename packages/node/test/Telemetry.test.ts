import { assert, describe, it } from "@effect/vitest"
import * as Collector from "@effect-yunmo/test-support/Collector"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as Program from "../src/Program.js"
import * as Telemetry from "../src/Telemetry.js"
import { eventually, logged } from "./support.js"

const read = (variables: Record<string, string>) =>
  Effect.runSyncExit(Effect.withConfigProvider(Telemetry.options, Program.environment(variables)))

const options = (variables: Record<string, string>) => {
  const exit = read(variables)
  return Exit.isSuccess(exit) ? exit.value : assert.fail(Cause.pretty(exit.cause))
}

const complaint = (variables: Record<string, string>) => {
  const exit = read(variables)
  return Exit.isFailure(exit) ? Program.describe("test", exit.cause) : assert.fail("it was taken")
}

describe("options", () => {
  it("are off unless an endpoint is named", () => {
    const { metrics, traces } = options({ OTEL_SERVICE_NAME: "x" })
    assert.deepStrictEqual([traces, metrics], [undefined, undefined])
    assert.strictEqual(Telemetry.layer("test", { traces, metrics }), Layer.empty)
  })

  it("take the common endpoint as a base, and one of a signal's own as it is", () => {
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" }
    const both = options(base)
    assert.deepStrictEqual(
      [both.traces, both.metrics],
      ["http://127.0.0.1:4318/v1/traces", "http://127.0.0.1:4318/v1/metrics"]
    )
    const behindPath = options({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/otlp" })
    assert.strictEqual(behindPath.traces, "https://collector.example/otlp/v1/traces")
    const own = options({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:9999/traces" })
    assert.strictEqual(own.traces, "http://127.0.0.1:9999/traces")
    const tracesAlone = options({ ...base, OTEL_METRICS_EXPORTER: "none" })
    assert.deepStrictEqual([tracesAlone.traces === undefined, tracesAlone.metrics], [false, undefined])
    const off = options({ ...base, OTEL_SDK_DISABLED: "true" })
    assert.deepStrictEqual([off.traces, off.metrics], [undefined, undefined])
  })

  it("hold headers as secrets, decoded", () => {
    const { headers } = options({ OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20CANARY, x-tenant=a=b" })
    assert.deepStrictEqual(headers === undefined ? {} : Redacted.value(headers), {
      authorization: "Bearer CANARY",
      "x-tenant": "a=b"
    })
    assert.notInclude(JSON.stringify(headers), "CANARY")
  })

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "127.0.0.1:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL"],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://u:CANARY@127.0.0.1:4318" },
      "OTEL_EXPORTER_OTLP_ENDPOINT holds a user"
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL"],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "0" }, "OTEL_EXPORTER_OTLP_TIMEOUT is not a number of milliseconds"],
    [{ OTEL_TRACES_EXPORTER: "zipkin" }, "OTEL_TRACES_EXPORTER"],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "CANARY" }, "OTEL_EXPORTER_OTLP_HEADERS is not a list of headers"],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: "a=CANARY%0d%0ab" },
      "OTEL_EXPORTER_OTLP_HEADERS is not a list of headers"
    ],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=CANARY%zz" }, "OTEL_EXPORTER_OTLP_HEADERS is not a list of headers"]
  ])("say what is wrong with %j", (variables, sentence) => {
    const text = complaint(variables)
    assert.include(text, sentence)
    assert.notInclude(text, "CANARY")
  })
})

describe("layer", () => {
  const work = Effect.gen(function* () {
    yield* Metric.increment(Metric.counter("telemetry_test_total"))
    yield* Effect.void.pipe(Effect.withSpan("Test.work", { attributes: { outcome: "kept" } }))
  })

  it.scopedLive.each(["http/json", "http/protobuf"] as const)("sends spans and metrics by %s", (protocol) =>
    Effect.gen(function* () {
      const { received, url } = yield* Collector.start()
      yield* work.pipe(
        Effect.provide(
          Telemetry.layer("webhook-test", {
            traces: `${url}/v1/traces`,
            metrics: `${url}/v1/metrics`,
            headers: Redacted.make({ "x-key": "k" }),
            protocol
          })
        )
      )
      // The end of the layer sends what is left.
      const by = (path: string) => received.filter((one) => one.path === path)
      const [traces] = by("/v1/traces")
      const [metrics] = by("/v1/metrics")
      assert.include(traces?.body.toString("latin1"), "Test.work")
      assert.include(traces?.body.toString("latin1"), "webhook-test")
      assert.include(metrics?.body.toString("latin1"), "telemetry_test_total")
      assert.strictEqual(traces?.headers["x-key"], "k")
      assert.strictEqual(
        traces?.headers["content-type"],
        protocol === "http/json" ? "application/json" : "application/x-protobuf"
      )
    })
  )

  it.scopedLive("waits neither for a collector that hangs nor for one that is gone", () =>
    Effect.gen(function* () {
      const hanging = yield* Collector.start("never")
      for (const url of [hanging.url, "http://127.0.0.1:1"]) {
        const [elapsed] = yield* Effect.timed(
          Effect.forEach(Array.from({ length: 9000 }), () => work, { discard: true }).pipe(
            Effect.zipRight(Effect.sleep("1 second")),
            Effect.provide(Telemetry.layer("test", { traces: `${url}/v1/traces`, timeout: "1 minute" }))
          )
        )
        assert.isBelow(Duration.toSeconds(elapsed), 10)
      }
      // Nine batches of a thousand came to be, and four may be under way.
      assert.isAbove(hanging.received.length, 0)
      assert.isAtMost(hanging.received.length, 4)
    })
  )

  it.scopedLive("says once that the collector refuses it", () =>
    Effect.gen(function* () {
      const { received, url } = yield* Collector.start("refused")
      const { layer, lines } = logged()
      yield* Effect.forEach(Array.from({ length: 2500 }), () => work, { discard: true }).pipe(
        Effect.zipRight(eventually(Effect.sync(() => received.length > 1 && lines.length > 0))),
        Effect.provide(
          Layer.provide(Telemetry.layer("test", { traces: `${url}/v1/traces`, metrics: `${url}/m` }), layer)
        )
      )
      assert.deepStrictEqual(lines, [
        "WARN Telemetry does not reach its collector (it answers 401): check OTEL_EXPORTER_OTLP_*."
      ])
    })
  )
})
