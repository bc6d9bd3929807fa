import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricKey from "effect/MetricKey"
import type * as MetricKeyType from "effect/MetricKeyType"
import * as Option from "effect/Option"
import type { Limit } from "./limits.js"
import * as Setting from "./setting.js"
import type { Attempt, Endpoint } from "./transport.js"
import { parseUrl } from "./url.js"

/** The boundaries that OpenTelemetry advises for HTTP clients, in seconds. */
const seconds = MetricBoundaries.fromIterable([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
])

const counter = (name: string, description: string) =>
  MetricKey.counter(name, { description, incremental: true })

const calls = counter("yunmo_client_calls_total", "Calls that ended, by operation and outcome")
const unknowns = counter(
  "yunmo_client_unknown_outcomes_total",
  "Calls whose outcome is not known, by operation"
)
const retries = counter("yunmo_client_retries_total", "Attempts after the first one of a call, by operation")
const logins = counter("yunmo_client_logins_total", "Logins that ended, by outcome")
const callDuration = MetricKey.histogram(
  "yunmo_client_call_duration_seconds",
  seconds,
  "Calls from beginning to end, with logins, repeats and waits"
)
const attemptDuration = MetricKey.histogram(
  "yunmo_client_attempt_duration_seconds",
  seconds,
  "Attempts, from the first byte of the request to the last of the answer"
)
const waiting = MetricKey.gauge("yunmo_client_limit_waiting", {
  description: "Calls that wait now for a limit of the client"
})
const waitDuration = MetricKey.histogram(
  "yunmo_client_limit_wait_seconds",
  seconds,
  "How long calls that had to wait for a limit waited"
)

/**
 * A metric for each value of its labels, made once: making one costs more than counting with it. The labels stand in the
 * key: a metric that is tagged afterwards looks its key up in the registry at each update.
 */
const labelled = <K extends string, Type extends MetricKeyType.MetricKeyType.Untyped>(
  metric: MetricKey.MetricKey<Type>,
  ...labels: ReadonlyArray<K>
) => {
  const make = (values: Readonly<Record<K, string>>) =>
    Metric.fromMetricKey(
      labels.reduce((tagged, label) => MetricKey.tagged(tagged, label, values[label]), metric)
    )
  const made = new Map<string, ReturnType<typeof make>>()
  return (values: Readonly<Record<K, string>>): ReturnType<typeof make> => {
    let key = ""
    for (const label of labels) {
      key += `${values[label]}\n`
    }
    const found = made.get(key) ?? make(values)
    made.set(key, found)
    return found
  }
}

const callsBy = labelled(calls, "operation", "outcome")
const unknownsBy = labelled(unknowns, "operation")
const retriesBy = labelled(retries, "operation")
const loginsBy = labelled(logins, "outcome")
const callDurationBy = labelled(callDuration, "operation")
const attemptDurationBy = labelled(attemptDuration, "operation")
const waitingBy = labelled(waiting, "limit")
const waitDurationBy = labelled(waitDuration, "limit")

/** Counts with a metric at once, as `Metric.update` does in a step of its own. */
const update = <Type, In, Out>(
  { fiber }: Setting.Setting,
  metric: Metric.Metric<Type, In, Out>,
  value: In
): void => metric.unsafeUpdate(value, fiber.getFiberRef(FiberRef.currentMetricLabels))

const isTraced = ({ fiber }: Setting.Setting): boolean => fiber.getFiberRef(FiberRef.currentTracerEnabled)

/** Says something of the span that is open, where somebody traces, and goes on with the effect. */
export const annotated = <A, E, R>(
  setting: Setting.Setting,
  key: string,
  value: unknown,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  isTraced(setting) ? Effect.zipRight(Effect.annotateCurrentSpan(key, value), effect) : effect

const since = (start: number, now: number) => Math.max(now - start, 0) / 1000

const tagOf = (value: unknown): string =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"
    ? value._tag
    : "Defect"

/** `Done`, `Unknown`, the error's name, or how else a call can end. */
const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: (value) => (tagOf(value) === "Unknown" ? "Unknown" : "Done"),
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: tagOf,
        onNone: () => (Cause.isInterruptedOnly(cause) ? "Interrupted" : "Defect")
      })
  })

/** What metrics and spans call an operation. A path of the user's own may hold ids, so all of those share one name. */
const labelOf = (operation: string): string => (operation.startsWith("/") ? "call" : operation)

/** A call: its span, and what it came to. */
export const call =
  (operation: string, section: string | undefined, start?: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Setting.use((setting) => {
      const begun = start ?? setting.now
      const counted = Effect.onExit(effect, (exit) => ended(operation, begun, outcomeOf(exit)))
      return isTraced(setting)
        ? Effect.withSpan(counted, `Yunmo.${labelOf(operation)}`, {
            captureStackTrace: false,
            attributes: {
              "yunmo.operation": operation,
              ...(section === undefined ? {} : { "yunmo.section": section })
            }
          })
        : counted
    })

const ended = (operation: string, begun: number, outcome: string): Effect.Effect<void> =>
  Setting.use((setting) => {
    const label = labelOf(operation)
    update(setting, callDurationBy({ operation: label }), since(begun, setting.now))
    update(setting, callsBy({ operation: label, outcome }), 1)
    if (outcome === "Unknown") {
      update(setting, unknownsBy({ operation: label }), 1)
    }
    return isTraced(setting)
      ? Effect.annotateCurrentSpan({
          "yunmo.outcome": outcome,
          ...(outcome === "Done" ? {} : { "error.type": outcome })
        })
      : Effect.void
  })

/** A call that ended before there was anything to send, and so before its span. */
export const notSent =
  (operation: string, start: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.onExit(effect, (exit) =>
      Exit.isSuccess(exit) ? Effect.void : ended(operation, start, outcomeOf(exit))
    )

/** A login, whoever asked for it. */
export const login = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.onExit(effect, (exit) => Metric.increment(loginsBy({ outcome: outcomeOf(exit) })))

/** The error as OpenTelemetry has it: the status where HTTP says it, else the error's name. */
const errorType = (error: unknown): string =>
  typeof error === "object" && error !== null && "status" in error ? String(error.status) : tagOf(error)

/** Where the vendor is, as spans have it. */
const serverOf = (baseUrl: string) => {
  const url = parseUrl(baseUrl)
  return {
    "server.address": url?.hostname,
    "server.port":
      url === undefined || url.port !== "" ? Number(url?.port) : url.protocol === "http:" ? 80 : 443
  }
}

/** An attempt where somebody traces: a client span by OpenTelemetry's conventions for HTTP. */
export const attempt = <T, A, E, R>(
  setting: Setting.Setting,
  { baseUrl }: Endpoint,
  { number, operation, path }: Attempt<T>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  isTraced(setting)
    ? Effect.withSpan(
        Effect.tapError(effect, (error) => Effect.annotateCurrentSpan("error.type", errorType(error))),
        labelOf(operation) === operation ? `POST ${path}` : "POST",
        {
          kind: "client",
          captureStackTrace: false,
          attributes: {
            "http.request.method": "POST",
            "url.full": `${baseUrl}${path}`,
            ...serverOf(baseUrl),
            ...(number > 1 ? { "http.request.resend_count": number - 1 } : {}),
            "yunmo.operation": operation,
            "yunmo.attempt": number
          }
        }
      )
    : effect

/** An attempt that ended at this time. */
export const attempted = <T>(
  setting: Setting.Setting,
  { number, operation }: Attempt<T>,
  start: number
): void => {
  const labels = { operation: labelOf(operation) }
  update(setting, attemptDurationBy(labels), since(start, setting.now))
  if (number > 1) {
    update(setting, retriesBy(labels), 1)
  }
}

/** A wait for a limit. */
export const waitingFor =
  (limit: Limit) =>
  <A, E, R>(wait: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Setting.at((start) =>
      Metric.increment(waitingBy({ limit })).pipe(
        Effect.zipRight(wait),
        Effect.ensuring(
          Effect.zipRight(
            Metric.incrementBy(waitingBy({ limit }), -1),
            Setting.at((now) => Metric.update(waitDurationBy({ limit }), since(start, now)))
          )
        )
      )
    )
