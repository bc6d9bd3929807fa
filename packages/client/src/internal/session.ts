import type { GetTokenVo } from "@effect-yunmo/schema/Auth"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { CallError } from "../ClientError.js"

type Token = Redacted.Redacted<string>

/** A token, and the time from which it is not used any more. */
interface Grant {
  readonly grant: GetTokenVo
  readonly until: number
}

type State =
  | { readonly _tag: "LoggedOut" }
  | {
      readonly _tag: "LoggingIn"
      readonly result: Deferred.Deferred<GetTokenVo, CallError>
      readonly before: Grant | undefined
    }
  | ({ readonly _tag: "LoggedIn" } & Grant)

const loggedOut: State = { _tag: "LoggedOut" }

/**
 * An expiry that has passed when the token arrives is a clock that is wrong or a number that means something else (the
 * field is PROPOSED): believing it would log in before each call. Such a token is used until the vendor refuses it.
 */
const loggedIn = (grant: GetTokenVo, now: number): State => ({
  _tag: "LoggedIn",
  grant,
  until:
    grant.expireTime !== undefined && grant.expireTime > now ? grant.expireTime : Number.POSITIVE_INFINITY
})

export interface Session {
  /** The token; logs in when there is none. */
  readonly token: Effect.Effect<Token, CallError>
  /** Logs in now, or joins the login that is under way. */
  readonly logIn: Effect.Effect<GetTokenVo, CallError>
  /** Says that the vendor refused this token; a newer one is left alone. */
  readonly refused: (token: Token) => Effect.Effect<void>
}

/**
 * One login at a time, however many wait for it. It runs in the client's scope, so it outlives the call that began it,
 * and when it fails everybody who waited fails with it, once.
 */
export const make = (
  logIn: Effect.Effect<GetTokenVo, CallError>
): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const state = yield* Ref.make<State>(loggedOut)

    const finish = (
      result: Deferred.Deferred<GetTokenVo, CallError>,
      exit: Exit.Exit<GetTokenVo, CallError>
    ) =>
      Effect.zipRight(
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Ref.update(state, (current): State => {
            if (Exit.isSuccess(exit)) {
              return loggedIn(exit.value, now)
            }
            // A login that was asked for and failed does not take away the token that there was.
            const before = current._tag === "LoggingIn" ? current.before : undefined
            return before === undefined ? loggedOut : { _tag: "LoggedIn", ...before }
          })
        ),
        Deferred.done(result, exit)
      )

    const start = (result: Deferred.Deferred<GetTokenVo, CallError>) =>
      Effect.interruptible(logIn).pipe(
        Effect.onExit((exit) => finish(result, exit)),
        Effect.forkIn(scope)
      )

    const begin = (reuse: (current: State) => Effect.Effect<GetTokenVo, CallError> | undefined) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(Deferred.make<GetTokenVo, CallError>(), (result) =>
          Effect.flatten(
            Ref.modify(state, (current): [Effect.Effect<GetTokenVo, CallError>, State] => {
              const found = reuse(current)
              return found === undefined
                ? [
                    Effect.zipRight(start(result), restore(Deferred.await(result))),
                    {
                      _tag: "LoggingIn",
                      result,
                      before: current._tag === "LoggedIn" ? current : undefined
                    }
                  ]
                : [restore(found), current]
            })
          )
        )
      )

    const joinable = (current: State) =>
      current._tag === "LoggingIn" ? Deferred.await(current.result) : undefined

    const isThis = (token: Token, grant: GetTokenVo) => Redacted.value(grant.token) === Redacted.value(token)

    return {
      token: Effect.flatMap(Clock.currentTimeMillis, (now) =>
        begin((current) =>
          current._tag === "LoggedIn" && current.until > now
            ? Effect.succeed(current.grant)
            : joinable(current)
        )
      ).pipe(Effect.map((grant) => grant.token)),
      logIn: begin(joinable),
      refused: (token) =>
        Ref.update(state, (current): State => {
          switch (current._tag) {
            case "LoggedOut":
              return current
            case "LoggedIn":
              return isThis(token, current.grant) ? loggedOut : current
            case "LoggingIn":
              return current.before !== undefined && isThis(token, current.before.grant)
                ? { ...current, before: undefined }
                : current
          }
        })
    }
  })
