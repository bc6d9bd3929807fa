/**
 * How long a call may take and how often it is tried, as a value that can be changed for a region of a program. Only
 * reads and idempotent operations are ever tried again by themselves; the exceptions are an ended session and, while keys
 * are changed, a refused key, where the vendor says that nothing was executed: any call is then repeated once, after a new
 * login or with the other key.
 *
 * | setting | default | what |
 * |---|---|---|
 * | `attemptTimeout` | 10 seconds | for one attempt, from its first byte to the last byte of the answer |
 * | `deadline` | 30 seconds | for the whole call, logins, repeats and waits for the limits below included |
 * | `retries` | 3 | repeats of reads and idempotent operations, after the first attempt |
 * | `retryBase` | 200 millis | first pause, doubled each time, with jitter of a fifth |
 * | `retrySchedule` | none | a `Schedule` of pauses instead of `retryBase`'s, given each error; `retries` bounds it still |
 * | `concurrency` | 100 | attempts of this client under way at once; the login and 5.1 (3-D Secure) wait for nobody |
 * | `rates.createVirtualCard` | 1 in 5 seconds per `customerId` (SIBLING) | 4.02 |
 * | `rates.getLivenessResult` | 1 in 10 seconds per `customerId` (SIBLING) | 3.3 |
 * | `maxResponseBytes` | 1 MiB | a larger answer is refused |
 * | `responseSignature` | the contract's | verify the `sign` of an answer `always`, `whenPresent` or `never`; `Contract` says `whenPresent` unless corrected |
 *
 * A call over a limit waits for its turn, first come first served, and holds nothing meanwhile; when its deadline comes
 * first it fails with `LimitReached`, and that attempt was never sent. The wait is no part of `attemptTimeout`. An attempt
 * counts until `interval` after its END, so that two can never come closer together at the vendor's than at the client.
 * Each client counts for itself: several processes of a merchant share no limit.
 *
 * A login serves every call that waits for it, so it follows the policy in force where the client was made, not that of
 * the call which happened to begin it; how long a call waits for it is its own `deadline`.
 *
 * @since 0.1.0
 */
import type * as Operation from "@effect-yunmo/schema/Operation"
import type { ResponseSignature } from "@effect-yunmo/signing/ResponseSignature"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type { CallError } from "./ClientError.js"

/**
 * How often an operation may be sent: `limit` attempts in `interval`. `per` names the field of the request by whose value
 * they are counted, `customerId` say; all of them together when it is not given.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rate<Field extends string = string> {
  /** 1 or more. */
  readonly limit: number
  readonly interval: Duration.Duration
  readonly per?: Field | undefined
}

/**
 * The rate limits of operations, by name. An operation that is not named has none.
 *
 * @since 0.1.0
 * @category models
 */
export type Rates = {
  readonly [N in Operation.Name]?: Rate<keyof Operation.RequestOf<N> & string> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface PolicyService {
  readonly attemptTimeout: Duration.Duration
  readonly deadline: Duration.Duration
  readonly retries: number
  readonly retryBase: Duration.Duration
  /** Where it is set, its pauses hold instead, and it may end earlier than `retries`. The pause after a failed login keeps to `retryBase`. */
  readonly retrySchedule: Schedule.Schedule<unknown, CallError> | undefined
  /**
   * How many attempts of this client may be under way when one more begins. It counts those of the whole client, so a
   * region with a smaller number leaves room for the others. 1 or more.
   */
  readonly concurrency: number
  /** `{}` switches all of them off; `{ ...Policy.defaults.rates, getLivenessResult: undefined }` that one. */
  readonly rates: Rates
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
  retrySchedule: undefined,
  concurrency: 100,
  rates: {
    createVirtualCard: { limit: 1, interval: Duration.seconds(5), per: "customerId" },
    getLivenessResult: { limit: 1, interval: Duration.seconds(10), per: "customerId" }
  },
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
