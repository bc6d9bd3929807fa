import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashSet from "effect/HashSet"
import * as LogLevel from "effect/LogLevel"
import type * as MetricLabel from "effect/MetricLabel"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"
import { isNative } from "./tracing.js"

/** What a fiber knows about its surroundings. */
export interface Surroundings {
  readonly now: () => number
  readonly labels: ReadonlyArray<MetricLabel.MetricLabel>
  readonly isLogged: (level: LogLevel.LogLevel) => boolean
}

/** The same for code that runs in no fiber. */
export interface Ambient extends Surroundings {
  /** Runs an effect that does not wait, such as a log line. */
  readonly run: (effect: Effect.Effect<void>) => void
}

const servicesOf = (refs: FiberRefs.FiberRefs) =>
  FiberRefs.getOrDefault(refs, DefaultServices.currentServices)

export const surroundings = (refs: FiberRefs.FiberRefs): Surroundings => {
  const clock = Context.get(servicesOf(refs), Clock.Clock)
  const hasLogger = HashSet.size(FiberRefs.getOrDefault(refs, FiberRef.currentLoggers)) > 0
  const lowest = FiberRefs.getOrDefault(refs, FiberRef.currentMinimumLogLevel)
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    labels: FiberRefs.getOrDefault(refs, FiberRef.currentMetricLabels),
    isLogged: (level) => hasLogger && LogLevel.greaterThanEqual(level, lowest)
  }
}

/** `undefined` where somebody looks at spans, which only fibers have. */
export const ambientOf = (runtime: Runtime.Runtime<never>): Ambient | undefined => {
  const { fiberRefs } = runtime
  return isNative(Context.get(servicesOf(fiberRefs), Tracer.Tracer))
    ? { ...surroundings(fiberRefs), run: Runtime.runSync(runtime) }
    : undefined
}
