import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { CallError } from "../ClientError.js"
import type { Grant } from "../TokenStore.js"
import { type Demand, endOf, isToken } from "./renewal.js"
import * as Setting from "./setting.js"

type Token = Redacted.Redacted<string>
type Login = Deferred.Deferred<Grant, CallError>

/** A login that failed, and when the next one may begin. */
interface Failure {
  readonly error: CallError
  /** Failures in a row. */
  readonly times: number
  readonly until: number
}

interface State {
  /** The token in use; it may have ended. */
  readonly grant: Grant | undefined
  /** The token that the vendor refused last. */
  readonly refused: Grant | undefined
  /** The login under way. */
  readonly login: Login | undefined
  readonly failure: Failure | undefined
}

const initial: State = { grant: undefined, refused: undefined, login: undefined, failure: undefined }

/** Keys that are refused stay refused, and a vendor may lock out who insists; a network comes back. */
const longestPause = (error: CallError) => Duration.seconds("refused" in error && error.refused ? 30 : 5)

export interface Session {
  /** The token; logs in when there is none. */
  readonly token: Effect.Effect<Token, CallError>
  /** The token at this time, where it is there without a wait. */
  readonly present: (now: number) => Token | undefined
  /** Logs in now, or joins the login that is under way. */
  readonly logIn: Effect.Effect<Grant, CallError>
  /** Says that the vendor refused this token; a newer one is left alone. */
  readonly refused: (token: Token) => Effect.Effect<void>
  /** Forgets that the last login failed: there is a reason to try again. */
  readonly forgive: Effect.Effect<void>
}

/**
 * One login at a time, however many wait for it. It runs in the client's scope, so it outlives the call that began it,
 * and when it fails everybody who waited fails with it, once. Whoever comes right after fails with the same error at once:
 * the next login begins `pause` later at the earliest, twice as long after each further failure, up to 5 seconds, or 30
 * when the vendor refused it. So a thousand callers, each with a schedule of its own, are no storm. A login that is asked
 * for by name does not wait.
 */
export const make = (options: {
  readonly renew: (demand: Demand) => Effect.Effect<Grant, CallError>
  readonly pause: Duration.Duration
}): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    // Read and replaced within one step only, so that nothing comes between.
    let state = initial

    // A policy without pauses is for the repeats of one call; here it would be the storm.
    const first = Duration.max(options.pause, "1 millis")
    const failed = (error: CallError, before: Failure | undefined, now: number): Failure => {
      const times = (before?.times ?? 0) + 1
      const pause = Duration.min(Duration.times(first, 2 ** Math.min(times - 1, 30)), longestPause(error))
      return { error, times, until: now + Duration.toMillis(pause) }
    }

    /** A login that fails does not take away the token that there was, and one that is cut off says nothing. */
    const finish = (login: Login, exit: Exit.Exit<Grant, CallError>) =>
      Setting.at((now) => {
        if (Exit.isSuccess(exit)) {
          state = { ...state, grant: exit.value, login: undefined, failure: undefined }
        } else {
          const { failure } = state
          state = {
            ...state,
            login: undefined,
            failure: Option.match(Cause.failureOption(exit.cause), {
              onNone: () => failure,
              onSome: (known) => failed(known, failure, now)
            })
          }
        }
        return Deferred.done(login, exit)
      })

    const start = (login: Login, demand: Demand) =>
      Effect.interruptible(options.renew(demand)).pipe(
        Effect.onExit((exit) => finish(login, exit)),
        Effect.forkIn(scope)
      )

    const begin = (
      demandOf: (current: State) => Demand,
      reuse: (current: State) => Effect.Effect<Grant, CallError> | undefined
    ) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Deferred.make<Grant, CallError>(), (login) => {
          const found = state.login === undefined ? reuse(state) : Deferred.await(state.login)
          if (found !== undefined) {
            return restore(found)
          }
          const demand = demandOf(state)
          state = { ...state, login }
          return Effect.zipRight(start(login, demand), restore(Deferred.await(login)))
        })
      )

    const renewed = Setting.at((now) =>
      begin(
        ({ refused }) => ({ refused, after: undefined }),
        ({ failure, grant }) =>
          grant !== undefined && endOf(grant) > now
            ? Effect.succeed(grant)
            : failure !== undefined && failure.until > now
              ? Effect.fail(failure.error)
              : undefined
      )
    )

    // Almost every call finds a token that is good, and nobody who logs in: one look is enough then.
    const present = (now: number): Token | undefined => {
      const { grant, login } = state
      return login === undefined && grant !== undefined && endOf(grant) > now ? grant.token : undefined
    }

    return {
      token: Setting.at((now) => {
        const token = present(now)
        return token === undefined ? Effect.map(renewed, ({ token }) => token) : Effect.succeed(token)
      }),
      present,
      logIn: Setting.at((now) =>
        begin(
          ({ refused }) => ({ refused, after: now }),
          () => undefined
        )
      ),
      refused: (token) =>
        Effect.sync(() => {
          const { grant } = state
          if (grant !== undefined && isToken(token, grant)) {
            state = { ...state, grant: undefined, refused: grant }
          }
        }),
      forgive: Effect.sync(() => {
        state = { ...state, failure: undefined }
      })
    }
  })
