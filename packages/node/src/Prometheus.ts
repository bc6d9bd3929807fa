/**
 * The metrics of Effect's registry in the text format of Prometheus, version 0.0.4. Names and labels that Prometheus would
 * not read are written with `_` in place of what it refuses; one broken metric must not hide all others.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type * as MetricKey from "effect/MetricKey"
import * as MetricKeyType from "effect/MetricKeyType"
import type * as MetricPair from "effect/MetricPair"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"

/**
 * The value of `Content-Type` that belongs to the text.
 *
 * @since 0.1.0
 * @category constants
 */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

type Kind = "counter" | "gauge" | "histogram" | "summary"
type Labels = ReadonlyArray<readonly [name: string, value: string]>

interface Sample {
  readonly suffix: string
  readonly labels: Labels
  readonly value: number | bigint
}

interface Family {
  readonly kind: Kind
  readonly help: string | undefined
  /** By name and labels: two that print alike would make Prometheus refuse the whole page. */
  readonly lines: Map<string, string>
}

const metricName = (name: string): string => name.replace(/[^a-zA-Z0-9_:]/g, "_").replace(/^(?=\d|$)/, "_")

/** Names that begin with two underscores are Prometheus's own. */
const labelName = (name: string): string =>
  name
    .replace(/[^a-zA-Z0-9_]/g, "_")
    .replace(/^__+/, "_")
    .replace(/^(?=\d|$)/, "_")

const labelValue = (value: string): string =>
  value.replace(/[\\"\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`))

const helpText = (text: string): string => text.replace(/[\\\n]/g, (char) => (char === "\n" ? "\\n" : "\\\\"))

const number = (value: number | bigint): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value)

const written = (labels: Labels): string =>
  labels.length === 0 ? "" : `{${labels.map(([name, value]) => `${name}="${labelValue(value)}"`).join(",")}}`

/** The tags as labels; `reserved` is the label that samples of this kind have of their own. */
const labelsOf = (key: MetricKey.MetricKey.Untyped, reserved: string | undefined): Labels => {
  const labels = new Map<string, string>()
  for (const { key: tag, value } of key.tags) {
    const name = labelName(tag)
    labels.set(name === reserved ? `exported_${name}` : name, value)
  }
  return [...labels].sort(([left], [right]) => (left < right ? -1 : 1))
}

const totals = (labels: Labels, state: { readonly count: number; readonly sum: number }) => [
  { suffix: "_sum", labels, value: state.sum },
  { suffix: "_count", labels, value: state.count }
]

const samplesOf = ({
  metricKey,
  metricState
}: MetricPair.MetricPair.Untyped): readonly [Kind, ReadonlyArray<Sample>] | undefined => {
  if (MetricState.isCounterState(metricState)) {
    // One that may go down is no counter to Prometheus, which takes a fall for a restart.
    const { keyType } = metricKey
    const kind = MetricKeyType.isCounterKey(keyType) && keyType.incremental ? "counter" : "gauge"
    return [kind, [{ suffix: "", labels: labelsOf(metricKey, undefined), value: metricState.count }]]
  }
  if (MetricState.isGaugeState(metricState)) {
    return ["gauge", [{ suffix: "", labels: labelsOf(metricKey, undefined), value: metricState.value }]]
  }
  if (MetricState.isFrequencyState(metricState)) {
    const labels = labelsOf(metricKey, "value")
    const samples = [...metricState.occurrences].map(([word, count]) => ({
      suffix: "",
      labels: [...labels, ["value", word] as const],
      value: count
    }))
    return ["counter", samples]
  }
  if (MetricState.isHistogramState(metricState)) {
    const labels = labelsOf(metricKey, "le")
    // The states count cumulatively, as Prometheus does; some end with an infinite bound and some do not.
    const bounds = metricState.buckets.filter(([bound]) => Number.isFinite(bound))
    const buckets = [...bounds, [Number.POSITIVE_INFINITY, metricState.count] as const].map(
      ([bound, count]) => ({
        suffix: "_bucket",
        labels: [...labels, ["le", number(bound)] as const],
        value: count
      })
    )
    return ["histogram", [...buckets, ...totals(labels, metricState)]]
  }
  if (MetricState.isSummaryState(metricState)) {
    const labels = labelsOf(metricKey, "quantile")
    const quantiles = metricState.quantiles.map(([quantile, value]) => ({
      suffix: "",
      labels: [...labels, ["quantile", number(quantile)] as const],
      value: Option.getOrElse(value, () => Number.NaN)
    }))
    return ["summary", [...quantiles, ...totals(labels, metricState)]]
  }
  return undefined
}

/** Two metrics may share a name here and differ in kind; there a name has one kind. */
const familyName = (families: ReadonlyMap<string, Family>, name: string, kind: Kind): string => {
  const known = families.get(name)
  return known === undefined || known.kind === kind ? name : familyName(families, `${name}_${kind}`, kind)
}

/**
 * The text for a snapshot of metrics: families by name, each with its `HELP` and `TYPE` before its samples.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (pairs: Iterable<MetricPair.MetricPair.Untyped>): string => {
  const families = new Map<string, Family>()
  for (const pair of pairs) {
    const [kind, samples] = samplesOf(pair) ?? []
    if (kind === undefined || samples === undefined) {
      continue
    }
    const name = familyName(families, metricName(pair.metricKey.name), kind)
    const family = families.get(name) ?? {
      kind,
      help: Option.getOrUndefined(pair.metricKey.description),
      lines: new Map()
    }
    families.set(name, family)
    for (const { labels, suffix, value } of samples) {
      const series = `${name}${suffix}${written(labels)}`
      if (!family.lines.has(series)) {
        family.lines.set(series, `${series} ${number(value)}\n`)
      }
    }
  }
  return [...families]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { help, kind, lines }]) => {
      const head = help === undefined ? "" : `# HELP ${name} ${helpText(help)}\n`
      return `${head}# TYPE ${name} ${kind}\n${[...lines.values()].join("")}`
    })
    .join("")
}

/**
 * The text for all metrics of this process as they are now.
 *
 * @since 0.1.0
 * @category rendering
 */
export const snapshot: Effect.Effect<string> = Effect.map(Metric.snapshot, render)
