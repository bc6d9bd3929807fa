import type { GetTokenVo } from "@effect-yunmo/schema/Auth"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Operation from "@effect-yunmo/schema/Operation"
import type { ResponseError } from "@effect-yunmo/schema/ResponseError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
  /** Logs in now, or joins the login that is under way. */
  readonly login: Effect.Effect<GetTokenVo, CallError>
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

/** A call with its input checked. */
interface Prepared<A> {
  /** Sends it, counting attempts. */
  readonly send: (token: Redacted.Redacted<string> | "") => Effect.Effect<A, CallError>
  /** The number of the attempt that was begun last, from 1. */
  readonly attempts: Effect.Effect<number>
}

const prepare = <N extends Operation.Name>(
  endpoint: Endpoint,
  name: N,
  input: Operation.RequestOf<N>
): Effect.Effect<Prepared<Operation.ResponseOf<N>>, CallError> =>
  Effect.gen(function* () {
    const data = yield* Effect.mapError(Codec.encodeRequest(endpoint.contract, name, input), (invalid) =>
      requestInvalid(name, invalid)
    )
    const count = yield* Ref.make(0)
    return {
      send: (token) =>
        Effect.flatMap(
          Ref.updateAndGet(count, (n) => n + 1),
          (number) => attempt(endpoint, { operation: name, input, data, token, number })
        ),
      attempts: Effect.map(Ref.get(count), (n) => Math.max(n, 1))
    }
  })

/** The login has no token yet: `""` is sent (PROPOSED). A repeat of it harms nothing. */
export const logIn = (endpoint: Endpoint): Effect.Effect<GetTokenVo, CallError> =>
  Effect.flatMap(prepare(endpoint, "login", { apiKey: endpoint.apiKey }), ({ attempts, send }) =>
    retrying("login", attempts, send(""))
  )

export const make = (endpoint: Endpoint, session: Session): Caller => {
  /**
   * A call that goes out once more, and not oftener, when the vendor says that the session had ended. `repeatable` says
   * of which of these answers it may.
   */
  const inSession = <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>,
    repeatable: (error: ResponseError) => boolean
  ): Effect.Effect<Prepared<Operation.ResponseOf<N>>, CallError> =>
    Effect.gen(function* () {
      const { attempts, send } = yield* prepare(endpoint, name, input)
      const renewed = yield* Ref.make(false)
      const again = (token: Redacted.Redacted<string>, error: CallError) =>
        Effect.flatMap(Ref.getAndSet(renewed, true), (already) =>
          already
            ? Effect.fail(error)
            : session.refused(token).pipe(Effect.zipRight(session.token), Effect.flatMap(send))
        )
      return {
        attempts,
        send: (token) =>
          Effect.catchAll(send(token), (error) =>
            token !== "" && "advice" in error && error.advice === "logInAgain" && repeatable(error)
              ? again(token, error)
              : Effect.fail(error)
          )
      }
    })

  const retried: Caller["retried"] = (name, input) =>
    Effect.flatMap(
      inSession(name, input, () => true),
      ({ attempts, send }) => retrying(name, attempts, Effect.flatMap(session.token, send))
    ).pipe(span(name))

  const ready: Caller["ready"] = (name, input, settlement) =>
    Effect.gen(function* () {
      // Sent once: a second time only where the code says that the first was refused before execution.
      const { attempts, send } = yield* inSession(name, input, ({ refused }) => refused)
      const remaining = yield* countdown
      const token = yield* remaining("login", Effect.succeed(1), session.token)
      return remaining(name, attempts, send(token)).pipe(
        Effect.map((value) => new Outcome.Done({ value })),
        Effect.catchAll((error) =>
          nothingExecuted(name, error)
            ? Effect.fail(error)
            : Effect.succeed(new Outcome.Unknown({ error: unknown(name, settlement, error) }))
        ),
        span(name)
      )
    })

  const once: Caller["once"] = (name, input, settlement) => Effect.flatten(ready(name, input, settlement))

  return {
    login: Effect.flatMap(countdown, (remaining) => remaining("login", Effect.succeed(1), session.logIn)),
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
    // A failed login has had its own repeats.
    if (error.operation !== name) {
      return false
    }
    switch (error._tag) {
      case "TransportFailed":
      case "RequestTimedOut":
        return true
      case "HttpStatusUnexpected":
        return error.status >= 500 || error.status === 429
      case "ResponseInvalid":
        return error.reason === "Unreadable"
      case "RequestInvalid":
        return false
      default:
        return error.advice === "tryLater" && !error.refused
    }
  }

/** Repeats what another try can mend, within the policy's deadline. */
const retrying = <A>(
  name: Operation.Name,
  attempts: Effect.Effect<number>,
  effect: Effect.Effect<A, CallError>
): Effect.Effect<A, CallError> =>
  Effect.gen(function* () {
    const { retries, retryBase } = yield* Policy.Policy
    const remaining = yield* countdown
    return yield* remaining(
      name,
      attempts,
      Effect.retry(effect, {
        while: worthRepeating(name),
        times: retries,
        schedule: Schedule.jittered(Schedule.exponential(retryBase))
      })
    )
  })

/** The policy's deadline, from now on: what is left of it for each part of a call. */
const countdown = Effect.gen(function* () {
  const { deadline } = yield* Policy.Policy
  const allowed = Duration.toMillis(deadline)
  const end = (yield* Clock.currentTimeMillis) + allowed
  return <A>(
    operation: Operation.Name,
    attempts: Effect.Effect<number>,
    effect: Effect.Effect<A, CallError>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      effect.pipe(
        // A caller who may not be interrupted still gets an answer in time, of an attempt and of the whole.
        Effect.interruptible,
        Effect.timeoutOption(Duration.millis(Math.max(end - now, 0))),
        Effect.flatMap(
          Option.match({
            onSome: Effect.succeed,
            onNone: () =>
              Effect.flatMap(
                attempts,
                (number) =>
                  new RequestTimedOut({ operation, attempt: number, limit: "deadline", timeout: allowed })
              )
          })
        )
      )
    )
})

const span =
  (name: Operation.Name) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.withSpan(effect, `Yunmo.${name}`, {
      captureStackTrace: false,
      attributes: { "yunmo.operation": name, "yunmo.section": Operation.operations[name].section }
    })
