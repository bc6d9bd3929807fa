import type { GetTokenVo } from "@effect-yunmo/schema/Auth"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import type { ResponseError } from "@effect-yunmo/schema/ResponseError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Record from "effect/Record"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import {
  type CallError,
  LimitReached,
  type OutcomeUnknown,
  type RequestInvalid,
  RequestTimedOut,
  requestInvalid
} from "../ClientError.js"
import * as Outcome from "../Outcome.js"
import * as Policy from "../Policy.js"
import { nothingExecuted, type Settlement, unknown, worthRepeating } from "./judgement.js"
import type { Limit, Limits, Place } from "./limits.js"
import type { Session } from "./session.js"
import * as Setting from "./setting.js"
import * as Telemetry from "./telemetry.js"
import { attempt, type Endpoint, type Target } from "./transport.js"

/** A call that has not been looked at yet. */
export interface Request<A> {
  readonly operation: string
  readonly section?: string
  /** Checks its input. */
  readonly target: () => Either.Either<Target<A>, RequestInvalid>
}

export interface Caller {
  /** Logs in now, or joins the login that is under way. */
  readonly login: Effect.Effect<Pick<GetTokenVo, "expireTime">, CallError>
  /** Reads and idempotent operations: tried again where another try can help, within the deadline. */
  readonly retried: <A>(request: Request<A>) => Effect.Effect<A, CallError>
  /**
   * Everything before the first byte of an operation that is sent once: input checked, logged in, a place under the
   * limits, which is kept until the scope closes. What it gives sends it, and fails only where nothing was executed; every
   * other answer that is no success is `Unknown`.
   */
  readonly ready: <A>(
    request: Request<A>,
    settlement: Settlement
  ) => Effect.Effect<Effect.Effect<Outcome.Outcome<A>, CallError>, CallError, Scope.Scope>
  /** Sent once. */
  readonly once: <A>(
    request: Request<A>,
    settlement: Settlement
  ) => Effect.Effect<Outcome.Outcome<A>, CallError>
  /** Sent once; what is not known is an error here, because the key makes a repeat harmless. */
  readonly keyed: <A>(
    request: Request<A>,
    settlement: Settlement
  ) => Effect.Effect<A, CallError | OutcomeUnknown>
  /** Waits until no other creation with this key is under way in this client. */
  readonly alone: (operation: string, key: string) => Effect.Effect<void, LimitReached, Scope.Scope>
}

/** An operation of the table. */
export const request = (contract: Contract.ContractService) => {
  const exempt = Record.map(Operation.operations, ({ name }) => Contract.exemptOf(contract, name))
  return <N extends Operation.Name>(
    name: N,
    input: Operation.RequestOf<N>
  ): Request<Operation.ResponseOf<N>> => {
    const { path, source } = contract.paths[name]
    const { safety, section } = Operation.operations[name]
    return {
      operation: name,
      section,
      target: () =>
        Either.mapBoth(Codec.encodeRequest(contract, name, input), {
          onLeft: (invalid) => requestInvalid(name, invalid),
          onRight: (data) => ({
            operation: name,
            safety,
            path,
            pathSource: source,
            exempt: exempt[name],
            input,
            data,
            decode: (answer) => Codec.decodeResponse(contract, name, answer.data)
          })
        })
    }
  }
}

/** What a call that ran out of its deadline fails with. */
type Overdue = (allowed: number) => CallError

const timedOut =
  (operation: string, attempts: () => number = () => 1): Overdue =>
  (timeout) =>
    new RequestTimedOut({ operation, attempt: Math.max(attempts(), 1), limit: "deadline", timeout })

/** A call with its input checked. */
interface Prepared<A> {
  readonly target: Target<A>
  /** Waits for a place for one attempt. */
  readonly place: () => Effect.Effect<Place, never, Scope.Scope>
  /** Sends it, counting attempts; each waits no longer than the deadline. */
  readonly send: (token: Redacted.Redacted<string> | "") => Effect.Effect<A, CallError>
  readonly overdue: Overdue
}

const prepare = <A>(
  endpoint: Endpoint,
  limits: Limits,
  operation: string,
  call: Target<A>,
  left: Countdown
): Prepared<A> => {
  let attempts = 0
  let waiting: Limit | undefined
  const overdue: Overdue = (timeout) =>
    waiting === undefined
      ? timedOut(operation, () => attempts)(timeout)
      : new LimitReached({ operation, attempt: attempts + 1, limit: waiting, timeout })
  return {
    target: call,
    place: () =>
      limits.place(
        call,
        (limit) => (wait) =>
          // When the deadline ends the wait, what it was for stays.
          Effect.suspend(() => {
            waiting = limit
            return Effect.map(Telemetry.waitingFor(limit)(wait), (value) => {
              waiting = undefined
              return value
            })
          })
      ),
    send: (token) =>
      endpoint.keys.use((keys, now) =>
        left.forAttempt(overdue, now, () => {
          attempts += 1
          return attempt(endpoint, { ...call, token, keys, number: attempts })
        })
      ),
    overdue
  }
}

/** The login has no token yet: `""` is sent (PROPOSED). A repeat of it harms nothing, and it waits for no limit. */
export const logIn = (endpoint: Endpoint): Effect.Effect<GetTokenVo, CallError> =>
  counting((left) => {
    let attempts = 0
    const overdue = timedOut("login", () => attempts)
    return retrying(
      "login",
      overdue,
      // What is sent depends on the keys: the API key is one of them.
      endpoint.keys.use((keys, now) =>
        Effect.flatMap(request(endpoint.contract)("login", { apiKey: keys.apiKey }).target(), (target) =>
          left.forAttempt(overdue, now, () => {
            attempts += 1
            return attempt(endpoint, { ...target, token: "", keys, number: attempts })
          })
        )
      ),
      left
    )
  }).pipe(Telemetry.login)

export const make = (endpoint: Endpoint, session: Session, limits: Limits): Caller => {
  /**
   * A call that goes out once more, and not oftener, when the vendor says that the session had ended. `repeatable` says
   * of which of these answers it may. The repeat goes out from the same place.
   */
  const inSession = <A>(
    { operation, target }: Request<A>,
    repeatable: (error: ResponseError) => boolean,
    left: Countdown
  ): Either.Either<Prepared<A>, RequestInvalid> =>
    Either.map(target(), (checked) => {
      const prepared = prepare(endpoint, limits, operation, checked, left)
      const { overdue, send } = prepared
      let renewed = false
      const again = (token: Redacted.Redacted<string>) => {
        renewed = true
        return session
          .refused(token)
          .pipe(Effect.zipRight(left.token(overdue, session)), Effect.flatMap(send))
      }
      return {
        ...prepared,
        send: (token) =>
          Effect.catchAll(send(token), (error) =>
            !renewed &&
            token !== "" &&
            "advice" in error &&
            error.advice === "logInAgain" &&
            repeatable(error)
              ? again(token)
              : Effect.fail(error)
          )
      }
    })

  const retried: Caller["retried"] = (call) =>
    counting((left, { policy }) =>
      Effect.flatMap(
        inSession(call, () => true, left),
        ({ overdue, place, send, target }) => {
          // However many wait for a place, they wait for the login first, all of them for the same one; and the token is
          // taken where the wait is over, since it may have been renewed meanwhile.
          const waiting = () => {
            const token = left.token(overdue, session)
            const placed = Effect.flatMap(left.remaining(overdue, place()), ({ sending }) =>
              Effect.flatMap(token, (taken) => Effect.zipRight(sending, send(taken)))
            )
            return Effect.zipRight(token, Effect.scoped(placed))
          }
          // Mostly there is a token, and a free place: then nothing is waited for.
          const sent = Effect.uninterruptibleMask((restore) =>
            Setting.at((now) => {
              const token = session.present(now)
              const leave = token === undefined ? undefined : limits.placeNow(target, policy)
              return token === undefined || leave === undefined
                ? restore(waiting())
                : Effect.flatMap(Effect.exit(restore(send(token))), (exit) => {
                    leave()
                    return exit
                  })
            })
          )
          return retrying(call.operation, overdue, sent, left)
        }
      )
    ).pipe(Telemetry.call(call.operation, call.section))

  const ready: Caller["ready"] = (call, settlement) =>
    counting((left, { now }) =>
      Effect.gen(function* () {
        // Sent once: a second time only where the code says that the first was refused before execution.
        const { overdue, place, send } = yield* inSession(call, ({ refused }) => refused, left)
        const token = left.token(timedOut("login"), session)
        // A login that fails takes no place.
        yield* token
        const { sending } = yield* left.remaining(overdue, place())
        const taken = yield* token
        // Whoever was ready may have waited for a journal since. An attempt without time left would be sent and given up.
        const inTime = left.ifOver(
          (timeout) => new LimitReached({ operation: call.operation, attempt: 1, limit: "journal", timeout }),
          Effect.zipRight(sending, send(taken))
        )
        return inTime.pipe(
          Effect.map((value) => new Outcome.Done({ value })),
          Effect.catchAll((error) =>
            nothingExecuted(call.operation, error)
              ? Effect.fail(error)
              : Effect.succeed(new Outcome.Unknown({ error: unknown(call.operation, settlement, error) }))
          ),
          Telemetry.call(call.operation, call.section, now)
        )
      }).pipe(Telemetry.notSent(call.operation, now))
    )

  const once: Caller["once"] = (call, settlement) => Effect.scoped(Effect.flatten(ready(call, settlement)))

  return {
    login: counting(({ remaining }) => remaining(timedOut("login"), session.logIn)),
    retried,
    ready,
    once,
    keyed: (call, settlement) => Outcome.orFail(once(call, settlement)),
    alone: (operation, key) =>
      Effect.flatMap(Policy.Policy, ({ deadline }) =>
        limits.alone(key, Telemetry.waitingFor).pipe(
          Effect.interruptible,
          Effect.timeoutFail({
            duration: deadline,
            onTimeout: () =>
              new LimitReached({
                operation,
                attempt: 1,
                limit: "customer",
                timeout: Duration.toMillis(deadline)
              })
          })
        )
      )
  }
}

/**
 * Repeats what another try can mend, within the policy's deadline. `effect` keeps to the deadline where it waits: most
 * calls succeed at once, and need neither a schedule nor a second timer.
 */
const retrying = <A>(
  name: string,
  overdue: Overdue,
  effect: Effect.Effect<A, CallError>,
  left: Countdown
): Effect.Effect<A, CallError> => {
  const repeated = worthRepeating(name)
  return Effect.catchAll(effect, (failed) =>
    repeated(failed)
      ? Effect.flatMap(Policy.Policy, ({ retries, retryBase, retrySchedule }) => {
          let first = true
          // The schedule is told of the first failure as of those that follow.
          const next = Effect.suspend(() => {
            const isFirst = first
            first = false
            return isFirst ? Effect.fail(failed) : effect
          })
          return left.remaining(
            overdue,
            Effect.retry(next, {
              while: repeated,
              times: retries,
              schedule: retrySchedule ?? Schedule.jittered(Schedule.exponential(retryBase))
            })
          )
        })
      : Effect.fail(failed)
  )
}

/** The policy's deadline, from the moment the call began. */
interface Countdown {
  /** What is left of it for one part of the call. */
  readonly remaining: <A, R>(
    overdue: Overdue,
    effect: Effect.Effect<A, CallError, R>
  ) => Effect.Effect<A, CallError, R>
  /** The same for an attempt: while more is left than that may take, its own limit is enough. */
  readonly forAttempt: <A>(
    overdue: Overdue,
    now: number,
    attempt: () => Effect.Effect<A, CallError>
  ) => Effect.Effect<A, CallError>
  /** Fails without a try when nothing is left. */
  readonly ifOver: <A>(overdue: Overdue, effect: Effect.Effect<A, CallError>) => Effect.Effect<A, CallError>
  /** The same as `remaining` for the token, which needs no limit while it is there. */
  readonly token: (overdue: Overdue, session: Session) => Effect.Effect<Redacted.Redacted<string>, CallError>
}

const counting = <A, E, R>(
  call: (left: Countdown, begun: Setting.Setting) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Setting.use((begun) => {
    const allowed = Duration.toMillis(begun.policy.deadline)
    const longest = Duration.toMillis(begun.policy.attemptTimeout)
    const end = begun.now + allowed
    const remaining: Countdown["remaining"] = (overdue, effect) =>
      Setting.at((now) =>
        // A caller who may not be interrupted still gets an answer in time, of an attempt and of the whole.
        Effect.timeoutFail(Effect.interruptible(effect), {
          duration: Duration.millis(Math.max(end - now, 0)),
          onTimeout: () => overdue(allowed)
        })
      )
    return call(
      {
        remaining,
        ifOver: (overdue, effect) =>
          Setting.at((now) => (now < end ? effect : Effect.fail(overdue(allowed)))),
        forAttempt: (overdue, now, attempt) =>
          end - now > longest ? attempt() : remaining(overdue, Effect.suspend(attempt)),
        token: (overdue, session) =>
          Setting.at((now) => {
            const token = session.present(now)
            return token === undefined ? remaining(overdue, session.token) : Effect.succeed(token)
          })
      },
      begun
    )
  })
