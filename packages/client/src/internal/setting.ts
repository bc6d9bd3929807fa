import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Policy from "../Policy.js"

/** What a step of a call goes by. */
export interface Setting {
  /** Epoch milliseconds. */
  readonly now: number
  readonly policy: Policy.PolicyService
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
}

/** The time and the policy where this runs: a call asks for them several times, and for each in a step of its own it takes longer. */
export const use = <A, E, R>(step: (setting: Setting) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) =>
    step({ now: nowOf(fiber), policy: Context.get(fiber.currentContext, Policy.Policy), fiber })
  )

/** The time where this runs. */
export const at = <A, E, R>(step: (now: number) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => step(nowOf(fiber)))

const nowOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): number =>
  Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
