/**
 * Traces and metrics by OpenTelemetry's protocol (OTLP over HTTP), when the standard variables of OpenTelemetry ask for them; nothing is
 * loaded and nothing costs when they do not. No OpenTelemetry package is needed: the exporter is Effect's own, in
 * `@effect/opentelemetry`, which only has to be installed.
 *
 * A collector that is slow or gone costs spans, never a request: exports that do not end in time are given up, few run at once, and
 * after a failure there is a pause.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"

/**
 * Where what is sent, and how.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The whole URL for traces; none are sent when it is not given. */
  readonly traces?: string | undefined
  /** The whole URL for metrics; none are sent when it is not given. */
  readonly metrics?: string | undefined
  /** Sent with every export: the credential of the collector, say. */
  readonly headers?: Redacted.Redacted<Readonly<Record<string, string>>> | undefined
  readonly protocol?: "http/protobuf" | "http/json" | undefined
  /** How long one export may take; 10 seconds unless set. */
  readonly timeout?: Duration.DurationInput | undefined
  /** How often metrics are sent; every 60 seconds unless set. */
  readonly metricsInterval?: Duration.DurationInput | undefined
  /** How often spans are sent; every 5 seconds unless set. */
  readonly tracesInterval?: Duration.DurationInput | undefined
}

/**
 * Telemetry is asked for, and what sends it is not there.
 *
 * @since 0.1.0
 * @category errors
 */
export class TelemetryUnavailable extends Data.TaggedError("TelemetryUnavailable")<{
  readonly reason: string
}> {
  override get message(): string {
    return `OTEL_EXPORTER_OTLP_ENDPOINT asks for telemetry, and @effect/opentelemetry cannot be loaded: ${this.reason}. Install it, or unset the variable.`
  }
}

const url = (name: string): Config.Config<Option.Option<URL>> =>
  Config.string(name).pipe(
    Config.mapOrFail((text) => {
      if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
        return Either.left(ConfigError.InvalidData([], "is not a URL that begins with http:// or https://"))
      }
      const url = new URL(text)
      // It would be sent to nobody, and stand where an address may be shown.
      return url.username === "" && url.password === ""
        ? Either.right(url)
        : Either.left(
            ConfigError.InvalidData(
              [],
              "holds a user or a password, which are not sent; give OTEL_EXPORTER_OTLP_HEADERS the credential"
            )
          )
    }),
    Config.option
  )

/** `a=1,b=2` with percent-encoding, as the specification has it. */
const headers = (name: string): Config.Config<Option.Option<Redacted.Redacted<Record<string, string>>>> =>
  Config.redacted(name).pipe(
    Config.mapOrFail((secret) => {
      const pairs = Redacted.value(secret)
        .split(",")
        .filter((pair) => pair.trim() !== "")
        .map((pair) => /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=(.*)$/.exec(pair))
      const wrong = Either.left(
        ConfigError.InvalidData([name], "is not a list of headers like name=value,other=value")
      )
      const read: Record<string, string> = {}
      for (const pair of pairs) {
        const [, key, value] = pair ?? []
        const decoded = value === undefined ? Option.none() : decode(value.trim())
        if (key === undefined || Option.isNone(decoded)) {
          return wrong
        }
        read[key.toLowerCase()] = decoded.value
      }
      return Either.right(Redacted.make(read))
    }),
    Config.option
  )

const decode = (text: string): Option.Option<string> =>
  Option.filter(Option.liftThrowable(decodeURIComponent)(text), (decoded) => !/[\r\n\0]/.test(decoded))

const millis = (name: string, otherwise: number): Config.Config<Duration.Duration> =>
  Config.integer(name).pipe(
    Config.validate({ message: "is not a number of milliseconds above 0", validation: (value) => value > 0 }),
    Config.withDefault(otherwise),
    Config.map(Duration.millis)
  )

const exporter = (name: string): Config.Config<"otlp" | "none"> =>
  Config.literal("otlp", "none")(name).pipe(Config.withDefault("otlp" as const))

/** The common endpoint is a base to which the signal's path is appended; one of a signal's own is taken as it is. */
const endpoint = (
  signal: "traces" | "metrics",
  own: Option.Option<URL>,
  base: Option.Option<URL>
): string | undefined =>
  Option.match(own, {
    onSome: ({ href }) => href,
    onNone: () =>
      Option.getOrUndefined(
        Option.map(base, ({ href }) => new URL(`v1/${signal}`, href.endsWith("/") ? href : `${href}/`).href)
      )
  })

/**
 * The standard variables: `OTEL_EXPORTER_OTLP_ENDPOINT` switches it on, or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and
 * `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` for one of the two; `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_PROTOCOL` (`http/protobuf`
 * or `http/json`; there is no gRPC), `OTEL_EXPORTER_OTLP_TIMEOUT`, `OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_BSP_SCHEDULE_DELAY`,
 * `OTEL_TRACES_EXPORTER` and `OTEL_METRICS_EXPORTER` (`otlp` or `none`), `OTEL_SDK_DISABLED`. `OTEL_SERVICE_NAME` and
 * `OTEL_RESOURCE_ATTRIBUTES` are read as well.
 *
 * @since 0.1.0
 * @category config
 */
export const options: Config.Config<Options> = Config.all({
  disabled: Config.withDefault(Config.boolean("OTEL_SDK_DISABLED"), false),
  base: url("OTEL_EXPORTER_OTLP_ENDPOINT"),
  traces: url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
  metrics: url("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
  tracesExporter: exporter("OTEL_TRACES_EXPORTER"),
  metricsExporter: exporter("OTEL_METRICS_EXPORTER"),
  headers: headers("OTEL_EXPORTER_OTLP_HEADERS"),
  protocol: Config.literal(
    "http/protobuf",
    "http/json"
  )("OTEL_EXPORTER_OTLP_PROTOCOL").pipe(Config.withDefault("http/protobuf" as const)),
  timeout: millis("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000),
  metricsInterval: millis("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
  tracesInterval: millis("OTEL_BSP_SCHEDULE_DELAY", 5000)
}).pipe(
  Config.map(
    ({ base, disabled, headers, metrics, metricsExporter, traces, tracesExporter, ...rest }): Options => ({
      ...rest,
      headers: Option.getOrUndefined(headers),
      traces: disabled || tracesExporter === "none" ? undefined : endpoint("traces", traces, base),
      metrics: disabled || metricsExporter === "none" ? undefined : endpoint("metrics", metrics, base)
    })
  )
)

/** Exports at once; more would pile up behind a collector that hangs. */
const maxExports = 4

class ExportRefused extends Data.TaggedError("ExportRefused")<{ readonly reason: string }> {}

const load = Effect.tryPromise({
  try: async () => {
    const [tracer, metrics, serialization, client, clients, errors] = await Promise.all([
      import("@effect/opentelemetry/OtlpTracer"),
      import("@effect/opentelemetry/OtlpMetrics"),
      import("@effect/opentelemetry/OtlpSerialization"),
      import("@effect/platform-node/NodeHttpClient"),
      import("@effect/platform/HttpClient"),
      import("@effect/platform/HttpClientError")
    ])
    return { tracer, metrics, serialization, client, clients, errors }
  },
  catch: (error) =>
    new TelemetryUnavailable({ reason: error instanceof Error ? error.message : String(error) })
})

type Loaded = Effect.Effect.Success<typeof load>

/** Says once that exports do not arrive, and once that they do again: the exporter itself keeps that for debugging. */
const makeTelling = Effect.map(Ref.make(false), (lost) => ({
  arrived: Effect.logInfo("The collector of telemetry takes what it is sent again.").pipe(
    Effect.whenEffect(Ref.getAndSet(lost, false))
  ),
  failed: (reason: string) =>
    Effect.logWarning(`Telemetry does not reach its collector (${reason}): check OTEL_EXPORTER_OTLP_*.`).pipe(
      Effect.unlessEffect(Ref.getAndSet(lost, true))
    )
}))

/** Gives up what takes too long, and refuses what is too much at once. */
const bounded = (
  { client, clients, errors }: Loaded,
  timeout: Duration.DurationInput
): Layer.Layer<HttpClient.HttpClient> =>
  Layer.effect(
    clients.HttpClient,
    Effect.gen(function* () {
      const permits = yield* Effect.makeSemaphore(maxExports)
      const http = yield* clients.HttpClient
      const telling = yield* makeTelling
      return clients.transform(http, (response, request) => {
        const failed = (reason: string) =>
          new errors.RequestError({ request, reason: "Transport", cause: new ExportRefused({ reason }) })
        return response.pipe(
          Effect.timeoutFail({ duration: timeout, onTimeout: () => failed("it took too long") }),
          Effect.tapBoth({
            onFailure: ({ cause }) =>
              telling.failed(cause instanceof ExportRefused ? cause.reason : "no connection"),
            onSuccess: ({ status }) =>
              status < 400 ? telling.arrived : telling.failed(`it answers ${status}`)
          }),
          permits.withPermitsIfAvailable(1),
          Effect.flatMap(
            Option.match({
              onNone: () => Effect.fail(failed("too many exports are under way")),
              onSome: Effect.succeed
            })
          )
        )
      })
    })
  ).pipe(Layer.provide(client.layerUndici))

/**
 * Sends traces and metrics as the options say; an empty layer when they name no URL.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (serviceName: string, options: Options): Layer.Layer<never, TelemetryUnavailable> => {
  const { metrics, protocol = "http/protobuf", timeout = "10 seconds", traces } = options
  if (traces === undefined && metrics === undefined) {
    return Layer.empty
  }
  return Layer.unwrapEffect(
    Effect.gen(function* () {
      const loaded = yield* load
      const name = yield* Config.string("OTEL_SERVICE_NAME").pipe(
        Config.withDefault(serviceName),
        Effect.orDie
      )
      const common = {
        resource: { serviceName: name },
        headers: options.headers === undefined ? undefined : Redacted.value(options.headers),
        shutdownTimeout: "1 second"
      } as const
      const { serialization } = loaded
      return Layer.mergeAll(
        traces === undefined
          ? Layer.empty
          : loaded.tracer.layer({ ...common, url: traces, exportInterval: options.tracesInterval }),
        metrics === undefined
          ? Layer.empty
          : loaded.metrics.layer({ ...common, url: metrics, exportInterval: options.metricsInterval })
      ).pipe(
        Layer.provide(protocol === "http/json" ? serialization.layerJson : serialization.layerProtobuf),
        Layer.provide(bounded(loaded, timeout))
      )
    })
  )
}
