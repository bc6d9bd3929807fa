import type { GetTokenVo } from "@effect-yunmo/schema/Auth"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { CallError } from "../ClientError.js"
import { type Account, type Grant, type TokenStoreService, TokenStoreUnavailable } from "../TokenStore.js"

/** For so long a process that died while it logged in keeps the others from it; a living one prolongs it. */
const lease = Duration.seconds(5)
const prolongEvery = Duration.seconds(1)
/** How often a store is looked at while another process logs in. */
const lookEvery = Duration.millis(100)
/** A store that does not answer within this time is down. */
const storeTimeout = Duration.seconds(2)

/** What a token has to be. */
export interface Demand {
  /** Not this one, which the vendor refused, nor an older one. */
  readonly refused: Grant | undefined
  /** Issued later than this, where a login was asked for. */
  readonly after: number | undefined
}

export interface Options {
  readonly store: TokenStoreService
  readonly account: Account
  /** The name of this client among those that share the store. */
  readonly holder: string
  /** How long the login of another process is waited for, beyond the lease of one that died. */
  readonly patience: Duration.Duration
  readonly logIn: Effect.Effect<Pick<GetTokenVo, "token" | "expireTime">, CallError>
}

/**
 * From when a token is not used any more: its expiry, and no moment before. A token that ends while the call travels
 * costs one refusal, one login for all and one repeat; a margin would cost a login sooner, each time.
 *
 * An expiry that has passed when the token arrives is a clock that is wrong or a number that means something else (the
 * field is PROPOSED): believing it would log in before each call. Such a token is used until the vendor refuses it.
 */
export const endOf = ({ expireTime, issuedAt }: Grant): number =>
  expireTime !== undefined && expireTime > issuedAt ? expireTime : Number.POSITIVE_INFINITY

export const isToken = (token: Redacted.Redacted<string>, grant: Grant): boolean =>
  Redacted.value(grant.token) === Redacted.value(token)

/** Two processes whose clocks differ may take a newer token for an older one: that costs a login and mends itself. */
const meets = ({ after, refused }: Demand, grant: Grant, now: number): boolean =>
  endOf(grant) > now &&
  (after === undefined || grant.issuedAt > after) &&
  (refused === undefined || (!isToken(refused.token, grant) && grant.issuedAt >= refused.issuedAt))

/**
 * A new token: the one that another process has come by meanwhile, else that of a login of our own. Whoever logs in holds
 * the store's lease, and the others wait for the token. A store that fails costs the sharing, never the call.
 */
export const make = (options: Options): ((demand: Demand) => Effect.Effect<Grant, CallError>) => {
  const { account, holder, logIn, patience } = options
  const store = guarded(options.store)
  const warn = (sentence: string) =>
    Effect.annotateLogs(Effect.logWarning(sentence), { merchantNo: account.merchantNo })
  const release = Effect.ignore(store.release(account, holder))

  const kept = (demand: Demand) =>
    Effect.zipWith(store.get(account), Clock.currentTimeMillis, (found, now) =>
      Option.filter(found, (grant) => meets(demand, grant, now))
    )

  /** A token that serves; none, once the lease is ours. */
  const settled = (demand: Demand): Effect.Effect<Option.Option<Grant>, TokenStoreUnavailable> =>
    Effect.flatMap(store.claim(account, holder, lease), (mine) =>
      // Looked at after the claim: who had the lease before may have put its token meanwhile.
      Effect.flatMap(kept(demand), (found) =>
        Option.isSome(found)
          ? Effect.as(
              Effect.when(release, () => mine),
              found
            )
          : mine
            ? Effect.succeed(found)
            : Effect.zipRight(Effect.sleep(lookEvery), settled(demand))
      )
    )

  const shared = (demand: Demand) =>
    Effect.flatMap(kept(demand), (found) =>
      Option.isSome(found)
        ? Effect.succeed(found)
        : settled(demand).pipe(
            Effect.timeoutOption(Duration.sum(lease, patience)),
            Effect.flatMap(
              Option.match({
                onSome: Effect.succeed,
                onNone: () =>
                  Effect.as(
                    warn(
                      `Another process has held the right to log in for ${Duration.toMillis(Duration.sum(lease, patience))} ms without a token to show for it, so this one logs in as well. Compare the clocks of the machines that share the token store.`
                    ),
                    Option.none<Grant>()
                  )
              })
            )
          )
    )

  const own = Effect.zipWith(
    logIn,
    // When the answer came.
    Effect.suspend(() => Clock.currentTimeMillis),
    ({ expireTime, token }, issuedAt): Grant => ({ token, issuedAt, expireTime })
  )

  /** Never ends. */
  const holding = Effect.forever(
    Effect.delay(Effect.ignore(store.claim(account, holder, lease)), prolongEvery)
  )

  const kindly = Effect.tap(Effect.raceFirst(own, holding), (grant) =>
    Effect.catchAll(store.put(account, holder, grant), ({ message }) => warn(message))
  )

  return (demand) =>
    Effect.matchEffect(shared(demand), {
      onFailure: ({ message }) => Effect.zipRight(warn(message), own),
      onSuccess: Option.match({ onSome: Effect.succeed, onNone: () => kindly })
    }).pipe(Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : release)))
}

/** A store is other people's code and another machine: whatever it does instead of answering is a failure. */
const guarded = (store: TokenStoreService): TokenStoreService => {
  const guard = <A>(
    effect: Effect.Effect<A, TokenStoreUnavailable>
  ): Effect.Effect<A, TokenStoreUnavailable> =>
    effect.pipe(
      Effect.catchAllDefect(
        () => new TokenStoreUnavailable({ description: "it failed in a way that it does not name" })
      ),
      Effect.timeoutFail({
        duration: storeTimeout,
        onTimeout: () =>
          new TokenStoreUnavailable({
            description: `it did not answer within ${Duration.toMillis(storeTimeout)} ms`
          })
      })
    )
  return {
    get: (account) => guard(store.get(account)),
    claim: (account, holder, forSoLong) => guard(store.claim(account, holder, forSoLong)),
    put: (account, holder, grant) => guard(store.put(account, holder, grant)),
    release: (account, holder) => guard(store.release(account, holder))
  }
}
