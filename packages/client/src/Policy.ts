/**
 * How long a call may take and how often it is tried, as a value that can be changed for a region of a program. Only
 * reads and idempotent operations are ever tried again by themselves; the one exception is an ended session, where the
 * vendor says that nothing was executed: any call is then repeated once, after a new login.
 *
 * | setting | default | what |
 * |---|---|---|
 * | `attemptTimeout` | 10 seconds | for one attempt, from its first byte to the last byte of the answer |
 * | `deadline` | 30 seconds | for the whole call, logins and repeats included |
 * | `retries` | 3 | repeats of reads and idempotent operations, after the first attempt |
 * | `retryBase` | 200 millis | first pause, doubled each time, with jitter of a fifth |
 * | `maxResponseBytes` | 1 MiB | a larger answer is refused |
 * | `responseSignature` | the contract's | verify the `sign` of an answer `always`, `whenPresent` or `never`; `Contract` says `whenPresent` unless corrected |
 *
 * A login serves every call that waits for it, so it follows the policy in force where the client was made, not that of
 * the call which happened to begin it; how long a call waits for it is its own `deadline`.
 *
 * @since 0.1.0
 */
import type { ResponseSignature } from "@effect-yunmo/signing/ResponseSignature"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * @since 0.1.0
 * @category models
 */
export interface PolicyService {
  readonly attemptTimeout: Duration.Duration
  readonly deadline: Duration.Duration
  readonly retries: number
  readonly retryBase: Duration.Duration
  readonly maxResponseBytes: number
  /** Where it is set, it holds instead of the contract's `signature.responses`. */
  readonly responseSignature: ResponseSignature | undefined
}

/**
 * The defaults of the table above.
 *
 * @since 0.1.0
 * @category data
 */
export const defaults: PolicyService = {
  attemptTimeout: Duration.seconds(10),
  deadline: Duration.seconds(30),
  retries: 3,
  retryBase: Duration.millis(200),
  maxResponseBytes: 1024 * 1024,
  responseSignature: undefined
}

/**
 * @since 0.1.0
 * @category services
 */
export class Policy extends Context.Reference<Policy>()("@effect-yunmo/client/Policy", {
  defaultValue: (): PolicyService => defaults
}) {}

/**
 * Changes the policy for the calls inside an effect.
 *
 * @example
 * ```ts
 * import * as Policy from "@effect-yunmo/client/Policy"
 * import * as Duration from "effect/Duration"
 *
 * const patient = Policy.within({ attemptTimeout: Duration.seconds(60), deadline: Duration.minutes(2) })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const within =
  (changes: Partial<PolicyService>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Policy, (current) => Effect.provideService(effect, Policy, { ...current, ...changes }))
