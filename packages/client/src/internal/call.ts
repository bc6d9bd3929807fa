import * as Codec from "@effect-yunmo/schema/Codec"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import { type CallError, OutcomeUnknown, RequestTimedOut, requestInvalid } from "../ClientError.js"
import * as Outcome from "../Outcome.js"
import * as Policy from "../Policy.js"
import type { Session } from "./session.js"
import { attempt, type Endpoint } from "./transport.js"

/** How a lost answer is settled, told to whoever meets it. */
export interface Settlement {
  /** The key it can be asked by; empty when there is none. */
  readonly key: string
  readonly advice: string
}

export interface Caller {
  /** Reads and idempotent operations: tried again where another try can help, within the deadline. */
  readonly retried: <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>
  ) => Effect.Effect<Operation.ResponseOf<N>, CallError>
  /**
   * Everything before the first byte of an operation that is sent once: input checked, logged in. What it gives sends it,
   * and fails only where nothing was executed; every other answer that is no success is `Unknown`.
   */
  readonly ready: <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>,
    settlement: Settlement
  ) => Effect.Effect<Effect.Effect<Outcome.Outcome<Operation.ResponseOf<N>>, CallError>, CallError>
  /** Sent once. */
  readonly once: <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>,
    settlement: Settlement
  ) => Effect.Effect<Outcome.Outcome<Operation.ResponseOf<N>>, CallError>
  /** Sent once; what is not known is an error here, because the key makes a repeat harmless. */
  readonly keyed: <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>,
    settlement: Settlement
  ) => Effect.Effect<Operation.ResponseOf<N>, CallError | OutcomeUnknown>
}

/** A call with its input checked; what it gives sends it, counting attempts. */
export const prepare = <N extends Operation.Name>(
  endpoint: Endpoint,
  name: N,
  input: Operation.RequestOf<N>
) =>
  Effect.gen(function* () {
    const data = yield* Effect.mapError(Codec.encodeRequest(endpoint.contract, name, input), (invalid) =>
      requestInvalid(name, invalid)
    )
    const attempts = yield* Ref.make(0)
    return (token: Redacted.Redacted<string> | "") =>
      Effect.flatMap(
        Ref.updateAndGet(attempts, (n) => n + 1),
        (number) => attempt(endpoint, { operation: name, input, data, token, number })
      )
  })

export const make = (endpoint: Endpoint, session: Session): Caller => {
  /** A call that goes out once more when the vendor says that the session had ended. */
  const inSession = <N extends Operation.Name>(name: N, input: Operation.RequestOf<N>) =>
    Effect.map(prepare(endpoint, name, input), (send) => (token: Redacted.Redacted<string>) => {
      const afterLogin = () =>
        session.refused(token).pipe(Effect.zipRight(session.token), Effect.flatMap(send))
      return Effect.catchTags(send(token), { TokenExpired: afterLogin, TokenInvalid: afterLogin })
    })

  const retried: Caller["retried"] = (name, input) =>
    Effect.flatMap(inSession(name, input), (send) =>
      retrying(name, Effect.flatMap(session.token, send))
    ).pipe(span(name))

  const ready: Caller["ready"] = (name, input, settlement) =>
    Effect.zipWith(inSession(name, input), session.token, (send, token) =>
      send(token).pipe(
        Effect.map((value) => new Outcome.Done({ value })),
        Effect.catchAll((error) =>
          nothingExecuted(name, error)
            ? Effect.fail(error)
            : Effect.succeed(new Outcome.Unknown({ error: unknown(name, settlement, error) }))
        ),
        span(name)
      )
    )

  const once: Caller["once"] = (name, input, settlement) => Effect.flatten(ready(name, input, settlement))

  return {
    retried,
    ready,
    once,
    keyed: (name, input, settlement) => Outcome.orFail(once(name, input, settlement))
  }
}

/**
 * Only a listed code that refuses before execution, input that was never sent, or a login that failed say so. The rest
 * (no answer, an answer nobody can read, any other code or HTTP status) says nothing about money.
 */
const nothingExecuted = (name: Operation.Name, error: CallError): boolean =>
  error.operation !== name || error._tag === "RequestInvalid" || ("refused" in error && error.refused)

const unknown = (name: Operation.Name, { advice, key }: Settlement, error: CallError): OutcomeUnknown =>
  new OutcomeUnknown({
    operation: name,
    attempt: "attempt" in error ? error.attempt : 1,
    key,
    settle: advice,
    reason: error.message,
    ...("vendorTime" in error && error.vendorTime !== undefined ? { vendorTime: error.vendorTime } : {})
  })

/** What another try of a harmless call may mend: the network, the vendor's own trouble, a truncated answer. */
const worthRepeating =
  (name: Operation.Name) =>
  (error: CallError): boolean => {
    switch (error._tag) {
      case "TransportFailed":
      case "RequestTimedOut":
      case "VendorInternalError":
      case "ThirdPartyError":
        // A failed login has had its own repeats.
        return error.operation === name
      case "HttpStatusUnexpected":
        return error.operation === name && (error.status >= 500 || error.status === 429)
      case "ResponseInvalid":
        return error.operation === name && error.reason === "Unreadable"
      default:
        return false
    }
  }

/** Repeats what another try can mend, within the policy's deadline. */
export const retrying = <A>(
  name: Operation.Name,
  effect: Effect.Effect<A, CallError>
): Effect.Effect<A, CallError> =>
  Effect.flatMap(Policy.Policy, ({ deadline, retries, retryBase }) =>
    effect.pipe(
      Effect.retry({
        while: worthRepeating(name),
        times: retries,
        schedule: Schedule.jittered(Schedule.exponential(retryBase))
      }),
      Effect.timeoutFail({
        duration: deadline,
        onTimeout: () =>
          new RequestTimedOut({ operation: name, attempt: retries + 1, timeout: Duration.toMillis(deadline) })
      })
    )
  )

const span =
  (name: Operation.Name) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.withSpan(effect, `Yunmo.${name}`, {
      kind: "client",
      captureStackTrace: false,
      attributes: { "yunmo.operation": name, "yunmo.section": Operation.operations[name].section }
    })
