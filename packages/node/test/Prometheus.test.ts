import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import * as MetricLabel from "effect/MetricLabel"
import * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Prometheus from "../src/Prometheus.js"

/** The families of a page whose names begin like this. */
const families = (page: string, prefix: string) =>
  page
    .split(/^(?=# (?:HELP|TYPE) )/m)
    .filter((part) => part.split(" ")[2]?.startsWith(prefix))
    .join("")

const counter = (name: string, tags: Record<string, string>, count: number, incremental = true) =>
  MetricPair.unsafeMake(
    MetricKey.taggedWithLabels(
      MetricKey.counter(name, { incremental, description: "Counts" }),
      Object.entries(tags).map(([key, value]) => MetricLabel.make(key, value))
    ),
    MetricState.counter(count)
  )

describe("Prometheus", () => {
  it.effect("writes what the registry holds, every kind", () =>
    Effect.gen(function* () {
      const requests = Metric.counter("t1_requests_total", { description: "All of them", incremental: true })
      yield* Metric.incrementBy(Metric.tagged(requests, "outcome", "kept"), 3)
      yield* Metric.increment(Metric.tagged(requests, "outcome", "refused"))
      yield* Metric.incrementBy(Metric.counter("t1_drift"), -2)
      yield* Metric.set(Metric.gauge("t1_size", { bigint: true }), 12345678901234567890n)
      yield* Metric.update(Metric.frequency("t1_words"), "hello")
      const seconds = Metric.histogram("t1_seconds", MetricBoundaries.fromIterable([0.1, 1]), "How long")
      for (const value of [0.05, 0.5, 0.5, 7]) {
        yield* Metric.update(seconds, value)
      }
      yield* Metric.update(
        Metric.summary({ name: "t1_bytes", maxAge: "1 minute", maxSize: 10, error: 0, quantiles: [0.5] }),
        8
      )
      assert.strictEqual(
        families(yield* Prometheus.snapshot, "t1_"),
        `# TYPE t1_bytes summary
t1_bytes{quantile="0.5"} 8
t1_bytes_sum 8
t1_bytes_count 1
# TYPE t1_drift gauge
t1_drift -2
# HELP t1_requests_total All of them
# TYPE t1_requests_total counter
t1_requests_total{outcome="kept"} 3
t1_requests_total{outcome="refused"} 1
# HELP t1_seconds How long
# TYPE t1_seconds histogram
t1_seconds_bucket{le="0.1"} 1
t1_seconds_bucket{le="1"} 3
t1_seconds_bucket{le="+Inf"} 4
t1_seconds_sum 8.05
t1_seconds_count 4
# TYPE t1_size gauge
t1_size 12345678901234567890
# TYPE t1_words counter
t1_words{value="hello"} 1
`
      )
    })
  )

  it("has one bucket without an upper bound, also where the boundaries end with one", () => {
    const key = MetricKey.histogram("h", MetricBoundaries.linear({ start: 0, width: 1, count: 3 }))
    const state = MetricState.histogram({
      buckets: key.keyType.boundaries.values.map((bound) => [bound, 2] as const),
      count: 2,
      min: 0,
      max: 0,
      sum: 0
    })
    const page = Prometheus.render([MetricPair.unsafeMake(key, state)])
    assert.lengthOf(page.match(/le="\+Inf"/g) ?? [], 1)
    assert.include(page, 'h_bucket{le="+Inf"} 2\n')
  })

  it("writes values that are no ordinary numbers as Prometheus reads them", () => {
    const gauge = (name: string, value: number) =>
      MetricPair.unsafeMake(MetricKey.gauge(name), MetricState.gauge(value))
    const page = Prometheus.render([
      gauge("a", Number.POSITIVE_INFINITY),
      gauge("b", Number.NEGATIVE_INFINITY),
      gauge("c", Number.NaN),
      gauge("d", 1e21)
    ])
    assert.deepStrictEqual(
      page.split("\n").filter((line) => !line.startsWith("#")),
      ["a +Inf", "b -Inf", "c NaN", "d 1e+21", ""]
    )
    const empty = MetricState.summary({
      error: 0,
      quantiles: [[0.9, Option.none()]],
      count: 0,
      min: 0,
      max: 0,
      sum: 0
    })
    const key = MetricKey.summary({ name: "s", maxAge: "1 minute", maxSize: 1, error: 0, quantiles: [0.9] })
    assert.include(Prometheus.render([MetricPair.unsafeMake(key, empty)]), 's{quantile="0.9"} NaN\n')
  })

  it("escapes labels and help, and mends names", () => {
    const key = MetricKey.taggedWithLabels(
      MetricKey.gauge("9 lives.of\na cat", { description: "line\nand \\ slash" }),
      [MetricLabel.make("a-b", 'q"u\\o\nte'), MetricLabel.make("__own", "x"), MetricLabel.make("1st", "y")]
    )
    assert.strictEqual(
      Prometheus.render([MetricPair.unsafeMake(key, MetricState.gauge(1))]),
      `# HELP _9_lives_of_a_cat line\\nand \\\\ slash
# TYPE _9_lives_of_a_cat gauge
_9_lives_of_a_cat{_1st="y",_own="x",a_b="q\\"u\\\\o\\nte"} 1
`
    )
  })

  it("keeps a label of the user's apart from one of the format's", () => {
    const key = MetricKey.taggedWithLabels(MetricKey.frequency("f"), [MetricLabel.make("value", "mine")])
    assert.include(
      Prometheus.render([MetricPair.unsafeMake(key, MetricState.frequency(new Map([["word", 1]])))]),
      'f{exported_value="mine",value="word"} 1\n'
    )
  })

  it("gives a name one kind and a series one line", () => {
    const page = Prometheus.render([
      counter("x", {}, 1),
      counter("x", {}, 5, false),
      counter("y.z", {}, 1),
      counter("y_z", {}, 2)
    ])
    assert.strictEqual(
      page,
      `# HELP x Counts
# TYPE x counter
x 1
# HELP x_gauge Counts
# TYPE x_gauge gauge
x_gauge 5
# HELP y_z Counts
# TYPE y_z counter
y_z 1
`
    )
  })

  const sample =
    /^[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*\})? \S+$/

  it.prop(
    "is readable line by line, whatever names and labels are",
    [FastCheck.string(), FastCheck.dictionary(FastCheck.string(), FastCheck.string()), FastCheck.nat()],
    ([name, tags, count]) => {
      const [help = "", type = "", line = "", ...rest] = Prometheus.render([
        counter(name, tags, count)
      ]).split("\n")
      assert.match(help, /^# HELP [a-zA-Z_:][a-zA-Z0-9_:]* Counts$/)
      assert.match(type, /^# TYPE [a-zA-Z_:][a-zA-Z0-9_:]* counter$/)
      assert.match(line, sample)
      assert.deepStrictEqual(rest, [""])
    }
  )

  it("is nothing for nothing", () => {
    assert.strictEqual(Prometheus.render([]), "")
  })
})
