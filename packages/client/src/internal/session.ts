import type { GetTokenVo } from "@effect-yunmo/schema/Auth"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { CallError } from "../ClientError.js"

type Token = Redacted.Redacted<string>

type State =
  | { readonly _tag: "LoggedOut" }
  | { readonly _tag: "LoggingIn"; readonly result: Deferred.Deferred<GetTokenVo, CallError> }
  | { readonly _tag: "LoggedIn"; readonly grant: GetTokenVo }

const loggedOut: State = { _tag: "LoggedOut" }

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

    const start = (result: Deferred.Deferred<GetTokenVo, CallError>) =>
      Effect.interruptible(logIn).pipe(
        Effect.onExit((exit) =>
          Effect.zipRight(
            Ref.set(state, exit._tag === "Success" ? { _tag: "LoggedIn", grant: exit.value } : loggedOut),
            Deferred.done(result, exit)
          )
        ),
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
                    { _tag: "LoggingIn", result }
                  ]
                : [restore(found), current]
            })
          )
        )
      )

    const joinable = (current: State) =>
      current._tag === "LoggingIn" ? Deferred.await(current.result) : undefined

    return {
      token: Effect.flatMap(Clock.currentTimeMillis, (now) =>
        begin((current) =>
          current._tag === "LoggedIn" && (current.grant.expireTime ?? Number.POSITIVE_INFINITY) > now
            ? Effect.succeed(current.grant)
            : joinable(current)
        )
      ).pipe(Effect.map((grant) => grant.token)),
      logIn: begin(joinable),
      refused: (token) =>
        Ref.update(state, (current) =>
          current._tag === "LoggedIn" && Redacted.value(current.grant.token) === Redacted.value(token)
            ? loggedOut
            : current
        )
    }
  })
