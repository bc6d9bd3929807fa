import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { CallError } from "../ClientError.js"
import { CredentialsInvalid, type CredentialsService, type Keys } from "../Credentials.js"
import * as Setting from "./setting.js"

/** So long a refused key is not tried before the others. */
const restMillis = Duration.toMillis("1 minute")

const lastUsedGauge = Metric.gauge("yunmo_client_key_last_used_seconds", {
  description: "When the vendor last took this key, or signed with it, epoch seconds."
})

/** A live pair. */
interface Held {
  readonly id: string
  readonly apiKey: Redacted.Redacted<string>
  readonly signing: SigningKey
  /** Shared by all that this pair was or will be; undefined before its first use. The gauge is told less often. */
  readonly lastUsed: { time: number | undefined; told: number | undefined }
  readonly gauge: Metric.Metric.Gauge<number>
  /** Since the vendor refused it; until then others are tried first. */
  readonly restsUntil: number | undefined
}

/** The keys of one attempt, from its first byte to the verification of its answer. */
export interface Picked {
  readonly id: string
  readonly apiKey: Redacted.Redacted<string>
  readonly signing: SigningKey
  /** What an answer may be signed with. */
  readonly accepted: ReadonlyArray<SigningKey>
  /** What no text may show. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
}

/** Sends with these keys at this time. */
type Send<A> = (keys: Picked, now: number) => Effect.Effect<A, CallError>

export interface Ring {
  readonly credentials: CredentialsService
  /**
   * Sends with one pair, and once more with each other live one while the vendor says that it refused the key, which it
   * does before execution. When the last of them had been good until a moment ago, the keys were changed at the vendor
   * meanwhile, and the others get a second try.
   */
  readonly use: <A>(send: Send<A>) => Effect.Effect<A, CallError>
  /** Says that the vendor signed an answer with this key. */
  readonly seen: (id: string) => Effect.Effect<void>
}

export interface Options {
  readonly merchantNo: string
  readonly apiKey: Redacted.Redacted<string>
  readonly secretKey: Redacted.Redacted<string>
  /** Further live pairs. */
  readonly accepted?: ReadonlyArray<Keys> | undefined
}

interface State {
  readonly ring: readonly [Held, ...ReadonlyArray<Held>]
  /** How many ids were made up. */
  readonly made: number
}

const isKeyRefusal = (error: CallError): boolean =>
  (error._tag === "SignatureRejected" || error._tag === "CredentialsRejected") && error.refused

/** What speaks of customers, cards and orders was said after the signature had been checked. */
const isPastSignature = (error: CallError): boolean =>
  "family" in error && (error.family === "customer" || error.family === "card" || error.family === "order")

const samePair = (a: Held, b: Held): boolean =>
  Redacted.value(a.signing.secret) === Redacted.value(b.signing.secret) &&
  Redacted.value(a.apiKey) === Redacted.value(b.apiKey)

export const make = (options: Options): Effect.Effect<Ring> =>
  Effect.sync(() => {
    const { merchantNo } = options
    const hold = (
      id: string,
      apiKey: Redacted.Redacted<string>,
      secret: Redacted.Redacted<string>
    ): Held => ({
      id,
      apiKey,
      signing: { id, secret },
      lastUsed: { time: undefined, told: undefined },
      gauge: lastUsedGauge.pipe(Metric.tagged("merchant_no", merchantNo), Metric.tagged("key", id)),
      restsUntil: undefined
    })

    const first = hold("signing", options.apiKey, options.secretKey)
    const ids = ["signing", ...(options.accepted ?? []).map(({ id }) => id)]
    const given = (options.accepted ?? []).map(({ apiKey, id, secretKey }, index) =>
      // An id names one pair.
      hold(
        id === undefined || ids.indexOf(id) <= index ? `accepted-${index + 1}` : id,
        apiKey ?? options.apiKey,
        secretKey
      )
    )
    const others = given.filter(
      (held, index) => ![first, ...given.slice(0, index)].some((other) => samePair(other, held))
    )
    // Read and replaced within one step only, so that nothing comes between.
    let state: State = { ring: [first, ...others], made: 0 }
    const heldOf = (id: string): Held | undefined => state.ring.find((one) => one.id === id)

    const makeView = (held: Held, ring: ReadonlyArray<Held>): Picked => ({
      id: held.id,
      apiKey: held.apiKey,
      signing: held.signing,
      accepted: [held, ...ring.filter((other) => other !== held)].map(({ signing }) => signing),
      secrets: ring.flatMap(({ apiKey, signing }) => [signing.secret, apiKey])
    })

    // Both are replaced, never changed, when anything about them changes.
    const views = new WeakMap<ReadonlyArray<Held>, Map<Held, Picked>>()
    const view = (held: Held, ring: ReadonlyArray<Held>): Picked => {
      const known = views.get(ring) ?? new Map<Held, Picked>()
      const found = known.get(held) ?? makeView(held, ring)
      views.set(ring, known.set(held, found))
      return found
    }

    const rest = (held: Held, restsUntil: number | undefined): void => {
      const [head, ...tail] = state.ring
      const change = (one: Held): Held => (one.id === held.id ? { ...one, restsUntil } : one)
      state = { ...state, ring: [change(head), ...tail.map(change)] }
    }

    /**
     * The newest that the vendor has not refused lately. Of those whose rest is over one call tries, not all at once. One
     * that was retired a moment ago leaves the newest.
     */
    const pick = (tried: ReadonlyArray<string>, now: number): Picked => {
      const { ring } = state
      const candidates = tried.length === 0 ? ring : ring.filter(({ id }) => !tried.includes(id))
      const chosen =
        candidates.find(({ restsUntil }) => restsUntil === undefined || restsUntil <= now) ??
        candidates[0] ??
        ring[0]
      if (chosen.restsUntil !== undefined) {
        rest(chosen, now + restMillis)
      }
      return view(chosen, ring)
    }

    /** Nothing is left to do where the gauge was told within the last second: nobody retires a key to the second. */
    const noted = ({ gauge, lastUsed }: Held, now: number): Effect.Effect<void> | undefined => {
      lastUsed.time = now
      if (lastUsed.told !== undefined && now - lastUsed.told < 1000 && now >= lastUsed.told) {
        return undefined
      }
      lastUsed.told = now
      return Metric.set(gauge, now / 1000)
    }

    const seen = (id: string): Effect.Effect<void> =>
      Setting.at((now) => {
        const held = heldOf(id)
        return (held === undefined ? undefined : noted(held, now)) ?? Effect.void
      })

    /** Goes on after the vendor took this key. */
    const taken = <A>(id: string, next: Effect.Effect<A, CallError>): Effect.Effect<A, CallError> =>
      Setting.at((now) => {
        const held = heldOf(id)
        const told = held === undefined ? undefined : noted(held, now)
        if (held?.restsUntil === undefined) {
          return told === undefined ? next : Effect.zipRight(told, next)
        }
        rest(held, undefined)
        const sentence = `YUNMO takes the key ${id} of merchant ${merchantNo} now.`
        return Effect.zipRight(Effect.zipRight(told ?? Effect.void, Effect.logInfo(sentence)), next)
      })

    const refused = (id: string): Effect.Effect<void> =>
      Setting.at((now) => {
        const held = heldOf(id)
        if (held === undefined || state.ring.length === 1) {
          return Effect.void
        }
        rest(held, now + restMillis)
        return held.restsUntil === undefined
          ? Effect.logWarning(
              `YUNMO refuses the key ${id} of merchant ${merchantNo}: another live key is used first, and this one is tried again in a minute. Retire it if it was changed in the merchant console.`
            )
          : Effect.void
      })

    /** Whether it was in use a moment ago: then a refusal tells of a change at the vendor's. */
    const usedLately = (id: string, now: number): boolean => {
      const time = heldOf(id)?.lastUsed.time
      return time !== undefined && now - time < restMillis
    }

    const use = <A>(
      send: Send<A>,
      tried: ReadonlyArray<string>,
      secondRound: boolean
    ): Effect.Effect<A, CallError> =>
      Setting.at((now) => {
        const keys = pick(tried, now)
        return Effect.matchEffect(send(keys, now), {
          onSuccess: (value) => taken(keys.id, Effect.succeed(value)),
          onFailure: (error) =>
            isKeyRefusal(error)
              ? Effect.zipRight(refused(keys.id), withAnother(send, [...tried, keys.id], error, secondRound))
              : isPastSignature(error)
                ? taken(keys.id, Effect.fail(error))
                : Effect.fail(error)
        })
      })

    /** With one that was not tried, the last of which the vendor has just refused; else the refusal stands. */
    const withAnother = <A>(
      send: Send<A>,
      tried: ReadonlyArray<string>,
      error: CallError,
      secondRound: boolean
    ): Effect.Effect<A, CallError> =>
      Setting.at((now) => {
        const { ring } = state
        const last = tried[tried.length - 1] ?? ""
        return ring.some(({ id }) => !tried.includes(id))
          ? use(send, tried, secondRound)
          : // The vendor changed keys between the first try and this one: those refused before are good now.
            !secondRound && ring.length > 1 && usedLately(last, now)
            ? use(send, [last], true)
            : Effect.fail(error)
      })

    const rotate: CredentialsService["rotate"] = ({ apiKey, id: named, secretKey }) =>
      Effect.suspend(() => {
        const { made, ring } = state
        const held = hold(named ?? `rotated-${made + 1}`, apiKey ?? ring[0].apiKey, secretKey)
        const present = ring.find((other) => samePair(other, held))
        const next = present === undefined ? held : { ...present, restsUntil: undefined }
        const problem = present === undefined ? problemOf(next, ring) : undefined
        if (problem !== undefined) {
          return new CredentialsInvalid({ keyId: next.id, reason: problem })
        }
        state = {
          made: next.id === named ? made : made + 1,
          ring: [next, ...ring.filter((other) => other.id !== next.id)]
        }
        return Effect.as(
          Effect.logInfo(`Merchant ${merchantNo}: the key ${next.id} is used first from now on.`),
          next.id
        )
      })

    return {
      use: (send) => use(send, [], false),
      seen,
      credentials: {
        live: Effect.sync(() =>
          state.ring.map(({ id, lastUsed, restsUntil }) => ({
            id,
            lastUsed: Option.fromNullable(lastUsed.time),
            resting: restsUntil !== undefined
          }))
        ),
        rotate,
        retire: (id) =>
          Effect.suspend(() => {
            const [head, ...tail] = state.ring.filter((one) => one.id !== id)
            if (heldOf(id) === undefined) {
              return new CredentialsInvalid({ keyId: id, reason: "there are none of this id" })
            }
            if (head === undefined) {
              return new CredentialsInvalid({
                keyId: id,
                reason: "they are the only ones; rotate to others before you retire them"
              })
            }
            state = { ...state, ring: [head, ...tail] }
            return Effect.void
          })
      }
    }
  })

const problemOf = (next: Held, ring: ReadonlyArray<Held>): string | undefined => {
  if (Redacted.value(next.apiKey).trim() === "") {
    return "the API key is empty"
  }
  if (ring.some((one) => one.id === next.id)) {
    return "another live pair has this id; give it one of its own"
  }
  const checked = KeyRing.make({ signing: next.signing })
  return Either.isLeft(checked)
    ? `the secret key does not fit (${checked.left.reason}); copy it again from the merchant console, without blanks or line ends`
    : undefined
}
