/** What OpenTelemetry's own exporters get to see, through `@effect/opentelemetry`, of a client of the sandbox. */
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import type * as Fault from "@effect-yunmo/sandbox/Fault"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import { CardId } from "@effect-yunmo/schema/Ids"
import * as Operation from "@effect-yunmo/schema/Operation"
import { SpanKind, SpanStatusCode } from "@opentelemetry/api"
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  type MetricData,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Policy from "../src/Policy.js"
import * as TokenStore from "../src/TokenStore.js"
import { Yunmo } from "../src/Yunmo.js"
import { exported } from "./readme/7-telemetry.js"
import { apiKey, mark, secretKey, silent } from "./support/canary.js"
import { hasFields } from "./support/expect.js"
import * as Id from "./support/ids.js"
import { calls } from "./support/operations.js"
import { sandboxUrl, virtualCard, withSandbox } from "./support/sandbox.js"
import { cardNumbers, redactedIn, tokensKept } from "./support/secrets.js"
import { rows } from "./support/table.js"

/** Exporters that keep what they are given, and a program's layer of them. */
const exporters = Effect.sync(() => {
  const spans = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const processor = new SimpleSpanProcessor(spans)
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 })
  return {
    layer: exported(processor, reader),
    spans: Effect.as(
      Effect.promise(() => processor.forceFlush()),
      spans
    ).pipe(Effect.map((exporter) => exporter.getFinishedSpans())),
    /** Every metric as it stands now. */
    metrics: Effect.map(
      Effect.promise(() => reader.forceFlush()),
      () => (metrics.getMetrics().at(-1)?.scopeMetrics ?? []).flatMap((scope) => scope.metrics)
    ),
    resources: Effect.sync(() => metrics.getMetrics().map(({ resource }) => resource.attributes))
  }
})

const briefly = Policy.within({ retries: 2, retryBase: Duration.millis(1), rates: {} })

const faulty = (rule: Fault.CallRule) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => sandbox.setFaults({ calls: [rule] }))

const nobodys = CardId.make("CDAU000000000V09")

/** The spans of one run of this, by name and in the order in which they ended, and where the sandbox listens. */
const spansOf = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const seen = yield* exporters
    return yield* Effect.gen(function* () {
      yield* Effect.exit(Effect.withSpan(effect, "program"))
      const { hostname, port } = new URL(yield* sandboxUrl)
      const spans = yield* seen.spans
      const named = (name: string) => spans.filter((span) => span.name === name)
      return { named, server: { "server.address": hostname, "server.port": Number(port) } }
    }).pipe(Effect.provide(seen.layer))
  })

const isChild = (child: ReadableSpan | undefined, parent: ReadableSpan | undefined) => {
  assert.isDefined(child)
  assert.isDefined(parent)
  assert.strictEqual(child.parentSpanContext?.spanId, parent.spanContext().spanId)
  assert.strictEqual(child.spanContext().traceId, parent.spanContext().traceId)
}

describe("spans, as OpenTelemetry exports them", () => {
  it.scopedLive(
    "of a call that was tried again: the call under the program, each attempt under the call",
    () =>
      Effect.gen(function* () {
        const { cardId } = yield* virtualCard("c-1")
        yield* faulty({ fault: "status", status: 503, operations: ["freezeCard"], times: 1 })
        const { named, server } = yield* spansOf(
          Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId }))
        )
        const [program] = named("program")
        const [call, ...otherCalls] = named("Yunmo.freezeCard")
        const [first, second, ...others] = named("POST /card/freeze")
        assert.isEmpty([...otherCalls, ...others])
        isChild(call, program)
        isChild(first, call)
        isChild(second, call)
        hasFields(call ?? {}, {
          kind: SpanKind.INTERNAL,
          status: { code: SpanStatusCode.OK },
          attributes: { "yunmo.operation": "freezeCard", "yunmo.section": "4.08", "yunmo.outcome": "Done" }
        })
        const attempt = {
          "http.request.method": "POST",
          "url.full": `http://${server["server.address"]}:${server["server.port"]}/card/freeze`,
          ...server,
          "yunmo.operation": "freezeCard"
        }
        hasFields(first ?? {}, {
          kind: SpanKind.CLIENT,
          attributes: {
            ...attempt,
            "yunmo.attempt": 1,
            "http.response.status_code": 503,
            "error.type": "503"
          }
        })
        assert.strictEqual(first?.status.code, SpanStatusCode.ERROR)
        hasFields(second ?? {}, {
          kind: SpanKind.CLIENT,
          status: { code: SpanStatusCode.OK },
          attributes: {
            ...attempt,
            "yunmo.attempt": 2,
            "http.request.resend_count": 1,
            "http.response.status_code": 200,
            "yunmo.code": "200"
          }
        })
      }).pipe(briefly, Effect.provide(withSandbox()))
  )

  it.scopedLive(
    "of a call that was refused: code and error's name, and the error's sentence as its status",
    () =>
      Effect.gen(function* () {
        const { named } = yield* spansOf(
          Effect.flatMap(Yunmo, ({ cards }) => cards.freeze({ cardId: nobodys }))
        )
        const [call] = named("Yunmo.freezeCard")
        const [attempt, ...others] = named("POST /card/freeze")
        assert.isEmpty(others)
        isChild(attempt, call)
        hasFields(attempt?.attributes ?? {}, {
          "http.response.status_code": 200,
          "yunmo.code": "4010006",
          "error.type": "CardNotFound"
        })
        hasFields(call?.attributes ?? {}, { "yunmo.outcome": "CardNotFound", "error.type": "CardNotFound" })
        for (const span of [call, attempt]) {
          assert.strictEqual(span?.status.code, SpanStatusCode.ERROR)
          assert.include(span?.status.message, "freezeCard")
          hasFields(span?.events[0] ?? {}, { name: "exception" })
        }
      }).pipe(briefly, Effect.provide(withSandbox()))
  )

  it.scopedLive(
    "of money whose answer was lost: the attempt failed, the call is Unknown and no failure",
    () =>
      Effect.gen(function* () {
        const { cardId } = yield* virtualCard("c-1")
        yield* faulty({ fault: "reset", operations: ["adjustBalance"], executed: true })
        const { named } = yield* spansOf(
          Effect.flatMap(Yunmo, ({ cards }) =>
            cards.adjustBalance({
              merchantOrderNo: Id.merchantOrderNo("O-1"),
              cardId,
              amount: Id.amount("20.00"),
              direction: "increase"
            })
          )
        )
        const [call] = named("Yunmo.adjustBalance")
        const [attempt, ...others] = named("POST /card/balance/adjust")
        assert.isEmpty(others)
        isChild(attempt, call)
        hasFields(attempt?.attributes ?? {}, {
          "error.type": "TransportFailed",
          "http.response.status_code": undefined,
          "yunmo.code": undefined
        })
        assert.strictEqual(attempt?.status.code, SpanStatusCode.ERROR)
        hasFields(call?.attributes ?? {}, { "yunmo.outcome": "Unknown", "error.type": "Unknown" })
        assert.strictEqual(call?.status.code, SpanStatusCode.OK)
      }).pipe(briefly, Effect.provide(withSandbox()))
  )

  it.scopedLive("of a login: under the call that began it", () =>
    Effect.gen(function* () {
      const { named } = yield* spansOf(Effect.flatMap(Yunmo, calls.listCardSamples))
      const [login, ...others] = named("POST /auth/login")
      assert.isEmpty(others)
      isChild(login, named("Yunmo.listCardSamples")[0])
      hasFields(login ?? {}, { kind: SpanKind.CLIENT })
      hasFields(login?.attributes ?? {}, { "yunmo.operation": "login", "yunmo.code": "200" })
    }).pipe(briefly, Effect.provide(withSandbox()))
  )
})

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")

/** Kind and labels of each metric in the README's table. */
const kinds = { counter: DataPointType.SUM, histogram: DataPointType.HISTOGRAM, gauge: DataPointType.GAUGE }
const listed = [...readme.matchAll(/^\| `(yunmo_\w+)` \| (counter|histogram|gauge) \| (.*) \|$/gm)].map(
  ([, name = "", kind = "", labels = ""]) => ({
    name,
    kind: kinds[kind === "counter" || kind === "histogram" ? kind : "gauge"],
    labels: ["operation", "outcome", "limit"].filter((label) => labels.includes(`\`${label}\``))
  })
)

type Labels = Readonly<Record<string, string>>

/** What a metric stands at: the number, or how many observations. 0 when nothing was told yet. */
const valueOf = (metrics: ReadonlyArray<MetricData>, name: string, labels: Labels): number => {
  const points = metrics
    .filter(({ descriptor }) => descriptor.name === name)
    .flatMap((metric) => [...metric.dataPoints])
  const found = points.find(
    ({ attributes }) =>
      Object.keys(attributes).length === Object.keys(labels).length &&
      Object.entries(labels).every(([key, value]) => attributes[key] === value)
  )?.value
  return typeof found === "number" ? found : typeof found === "object" ? Number(found.count) : 0
}

describe("metrics, as OpenTelemetry exports them", () => {
  it.scopedLive("are those of the README's table, by kind and labels, and count what happened", () =>
    Effect.gen(function* () {
      const seen = yield* exporters
      const { cardId } = yield* virtualCard("c-1")
      const { auth, cards } = yield* Yunmo
      yield* Effect.gen(function* () {
        const before = yield* seen.metrics
        yield* faulty({ fault: "status", operations: ["freezeCard"], times: 1 })
        yield* cards.freeze({ cardId })
        yield* Effect.flip(cards.freeze({ cardId: nobodys }))
        yield* faulty({ fault: "lost", operations: ["adjustBalance"] })
        yield* cards.adjustBalance({
          merchantOrderNo: Id.merchantOrderNo("O-1"),
          cardId,
          amount: Id.amount("20.00"),
          direction: "increase"
        })
        yield* auth.login
        // The one place is taken while the first is under way.
        yield* Effect.all([cards.detail({ cardId }), cards.detail({ cardId })], {
          concurrency: "unbounded"
        }).pipe(Policy.within({ concurrency: 1 }))
        const now = yield* seen.metrics
        const grown = (name: string, labels: Labels) =>
          valueOf(now, `yunmo_client_${name}`, labels) - valueOf(before, `yunmo_client_${name}`, labels)

        assert.strictEqual(grown("calls_total", { operation: "freezeCard", outcome: "Done" }), 1)
        assert.strictEqual(grown("calls_total", { operation: "freezeCard", outcome: "CardNotFound" }), 1)
        assert.strictEqual(grown("calls_total", { operation: "adjustBalance", outcome: "Unknown" }), 1)
        assert.strictEqual(grown("calls_total", { operation: "getCardDetail", outcome: "Done" }), 2)
        assert.strictEqual(grown("retries_total", { operation: "freezeCard" }), 1)
        assert.strictEqual(grown("unknown_outcomes_total", { operation: "adjustBalance" }), 1)
        assert.strictEqual(grown("logins_total", { outcome: "Done" }), 1)
        assert.strictEqual(grown("call_duration_seconds", { operation: "freezeCard" }), 2)
        assert.strictEqual(grown("attempt_duration_seconds", { operation: "freezeCard" }), 3)
        assert.strictEqual(grown("limit_wait_seconds", { limit: "concurrency" }), 1)
        assert.strictEqual(valueOf(now, "yunmo_client_limit_waiting", { limit: "concurrency" }), 0)

        assert.strictEqual(listed.length, 8)
        assert.deepStrictEqual(
          now
            .filter(({ descriptor }) => descriptor.name.startsWith("yunmo_client_"))
            .map(({ descriptor }) => descriptor.name)
            .sort(),
          // The gauge of the keys stands in the README's section about those.
          [...listed.map(({ name }) => name), "yunmo_client_key_last_used_seconds"].sort()
        )
        for (const { kind, labels, name } of listed) {
          const metric = now.find(({ descriptor }) => descriptor.name === name)
          assert.isDefined(metric)
          assert.strictEqual(metric.dataPointType, kind, name)
          assert.isNotEmpty(metric.descriptor.description, name)
          assert.isTrue(metric.dataPointType !== DataPointType.SUM || metric.isMonotonic, name)
          for (const { attributes } of metric.dataPoints) {
            assert.deepStrictEqual(Object.keys(attributes).sort(), [...labels].sort(), name)
          }
        }
        hasFields((yield* seen.resources)[0] ?? {}, { "service.name": "card-desk" })
      }).pipe(Effect.provide(seen.layer))
    }).pipe(briefly, Effect.provide(withSandbox()))
  )
})

const keys = { apiKey: Redacted.make(apiKey), secretKey: Redacted.make(secretKey) }
const [development] = Sandbox.development.merchants

/** Every field that an exporter sends. */
const shownOf = ({ attributes, events, links, name, resource, status }: ReadableSpan) =>
  inspect(
    { name, attributes, events, links, status, resource: resource.attributes },
    { depth: null, maxStringLength: null, maxArrayLength: null }
  )

describe("no secret is exported", () => {
  const days: ReadonlyArray<readonly [string, Fault.CallRule | undefined]> = [
    ["is answered by a proxy's page", { fault: "html", executed: true }],
    ["goes well", undefined]
  ]
  for (const [day, rule] of days) {
    it.scopedLive(`whichever of the ${Operation.all.length} operations ${day}`, () =>
      Effect.gen(function* () {
        const seen = yield* exporters
        const { keeping, tokens } = yield* tokensKept
        const secrets = new Set([mark])
        const live = (name: Operation.Name) =>
          Effect.gen(function* () {
            const { call, secrets: made = [] } = yield* rows[name].prepare
            const numbers = yield* cardNumbers
            yield* rule === undefined ? Effect.void : faulty({ ...rule, operations: [name] })
            const exit = yield* Effect.exit(Effect.withSpan(call, "program"))
            assert.strictEqual(
              Exit.isSuccess(exit),
              rule === undefined || rows[name].lost === "Unknown",
              `${name} ${day}`
            )
            const answered = Exit.isSuccess(exit) ? redactedIn(exit.value) : []
            for (const secret of [...numbers, ...made.map(Redacted.value), ...answered]) {
              secrets.add(secret)
            }
          }).pipe(
            Effect.provide(
              withSandbox({ sandbox: { seed: name, merchants: [{ ...development, ...keys }] }, client: keys })
            )
          )
        yield* Effect.gen(function* () {
          yield* Effect.forEach(Operation.all, ({ name }) => live(name), { discard: true }).pipe(
            briefly,
            Effect.provideService(TokenStore.TokenStore, keeping)
          )
          const looked = [...secrets, ...tokens]
          assert.isNotEmpty([...tokens])
          assert.isAtLeast(looked.length, 20)
          const spans = yield* seen.spans
          for (const { name } of Operation.all) {
            assert.isTrue(
              spans.some(({ attributes }) => attributes["yunmo.operation"] === name),
              name
            )
          }
          for (const span of spans) {
            silent(span.name, shownOf(span), looked)
          }
          silent("metrics", inspect(yield* seen.metrics, { depth: null, maxArrayLength: null }), looked)
          silent("resources", inspect(yield* seen.resources, { depth: null }), looked)
        }).pipe(Effect.provide(seen.layer))
      })
    )
  }

  it.scopedLive("though one would be found, in an attribute or in an error", () =>
    Effect.gen(function* () {
      const seen = yield* exporters
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Effect.withSpan("attribute", { attributes: { held: apiKey } }))
        yield* Effect.exit(Effect.fail(new Error(secretKey)).pipe(Effect.withSpan("error")))
        const spans = yield* seen.spans
        assert.deepStrictEqual(
          spans.map((span) => [span.name, shownOf(span).includes(mark)]),
          [
            ["attribute", true],
            ["error", true]
          ]
        )
      }).pipe(Effect.provide(seen.layer))
    })
  )
})
