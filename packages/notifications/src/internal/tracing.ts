import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"

/** The tracer that comes with Effect: it makes spans that nobody gets to see. */
const native = Context.get(DefaultServices.liveServices, Tracer.Tracer)

export const isNative = (tracer: Tracer.Tracer): boolean => tracer === native

/** Whether somebody looks at spans. */
export const isTraced = (fiber: Fiber.RuntimeFiber<unknown, unknown>): boolean =>
  !isNative(fiber.currentTracer)

/** A span, where somebody looks at spans: on a path where one costs as much as the work that it measures. */
export const traced = <A, E>(name: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiberRuntime<A, E>((fiber) => (isTraced(fiber) ? Effect.withSpan(effect, name) : effect))

/** Whether somebody looks at the spans of the fiber that asks. */
export const isTracedHere: Effect.Effect<boolean> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(isTraced(fiber))
)
