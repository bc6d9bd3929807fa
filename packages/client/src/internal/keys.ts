import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type { CallError } from "../ClientError.js"
import { CredentialsInvalid, type CredentialsService, type Keys } from "../Credentials.js"

/** So long a refused key is not tried before the others. */
const rest = Duration.toMillis("1 minute")

const lastUsedGauge = Metric.gauge("yunmo_client_key_last_used_seconds", {
  description: "When the vendor last took this key, or signed with it, epoch seconds."
})

/** A live pair. */
interface Held {
  readonly id: string
  readonly apiKey: Redacted.Redacted<string>
  readonly signing: SigningKey
  readonly lastUsed: Ref.Ref<number | undefined>
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

export interface Ring {
  readonly credentials: CredentialsService
  /**
   * Sends with one pair, and once more with each other live one while the vendor says that it refused the key, which it
   * does before execution. When the last of them had been good until a moment ago, the keys were changed at the vendor
   * meanwhile, and the others get a second try.
   */
  readonly use: <A>(send: (keys: Picked) => Effect.Effect<A, CallError>) => Effect.Effect<A, CallError>
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
  Effect.gen(function* () {
    const { merchantNo } = options
    const hold = (id: string, apiKey: Redacted.Redacted<string>, secret: Redacted.Redacted<string>) =>
      Effect.map(
        Ref.make<number | undefined>(undefined),
        (lastUsed): Held => ({
          id,
          apiKey,
          signing: { id, secret },
          lastUsed,
          gauge: lastUsedGauge.pipe(Metric.tagged("merchant_no", merchantNo), Metric.tagged("key", id)),
          restsUntil: undefined
        })
      )

    const first = yield* hold("signing", options.apiKey, options.secretKey)
    const ids = ["signing", ...(options.accepted ?? []).map(({ id }) => id)]
    const given = yield* Effect.forEach(options.accepted ?? [], ({ apiKey, id, secretKey }, index) =>
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
    const state = yield* Ref.make<State>({ ring: [first, ...others], made: 0 })

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

    const rested = (held: Held, restsUntil: number | undefined, { made, ring }: State): State => {
      const [head, ...tail] = ring
      const change = (one: Held): Held => (one.id === held.id ? { ...one, restsUntil } : one)
      return { made, ring: [change(head), ...tail.map(change)] }
    }

    /**
     * The newest that the vendor has not refused lately. Of those whose rest is over one call tries, not all at once. One
     * that was retired a moment ago leaves the newest.
     */
    const pick = (tried: ReadonlyArray<string>): Effect.Effect<Picked> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Ref.modify(state, (current): [Picked, State] => {
          const { ring } = current
          const candidates = ring.filter(({ id }) => !tried.includes(id))
          const chosen =
            candidates.find(({ restsUntil }) => restsUntil === undefined || restsUntil <= now) ??
            candidates[0] ??
            ring[0]
          return [
            view(chosen, ring),
            chosen.restsUntil === undefined ? current : rested(chosen, now + rest, current)
          ]
        })
      )

    const seen = (id: string) =>
      Effect.flatMap(Ref.get(state), ({ ring }) => {
        const held = ring.find((one) => one.id === id)
        return held === undefined
          ? Effect.void
          : Effect.flatMap(Clock.currentTimeMillis, (now) =>
              Effect.flatMap(Ref.getAndSet(held.lastUsed, now), (before) =>
                // Updating a metric costs more than all the rest; nobody retires a key to the second.
                before === undefined || now - before >= 1000 || now < before
                  ? Metric.set(held.gauge, now / 1000)
                  : Effect.void
              )
            )
      })

    const taken = (id: string) =>
      Effect.zipRight(
        seen(id),
        Effect.flatten(
          Ref.modify(state, (current): [Effect.Effect<void>, State] => {
            const held = current.ring.find((one) => one.id === id)
            return held?.restsUntil === undefined
              ? [Effect.void, current]
              : [
                  Effect.logInfo(`YUNMO takes the key ${id} of merchant ${merchantNo} now.`),
                  rested(held, undefined, current)
                ]
          })
        )
      )

    const refused = (id: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatten(
          Ref.modify(state, (current): [Effect.Effect<void>, State] => {
            const held = current.ring.find((one) => one.id === id)
            return held === undefined || current.ring.length === 1
              ? [Effect.void, current]
              : [
                  Effect.when(
                    Effect.logWarning(
                      `YUNMO refuses the key ${id} of merchant ${merchantNo}: another live key is used first, and this one is tried again in a minute. Retire it if it was changed in the merchant console.`
                    ),
                    () => held.restsUntil === undefined
                  ),
                  rested(held, now + rest, current)
                ]
          })
        )
      )

    /** Whether it was in use a moment ago: then a refusal tells of a change at the vendor's. */
    const usedLately = (id: string) =>
      Effect.gen(function* () {
        const held = (yield* Ref.get(state)).ring.find((one) => one.id === id)
        const time = held === undefined ? undefined : yield* Ref.get(held.lastUsed)
        return time !== undefined && (yield* Clock.currentTimeMillis) - time < rest
      })

    const use = <A>(
      send: (keys: Picked) => Effect.Effect<A, CallError>,
      tried: ReadonlyArray<string>,
      secondRound: boolean
    ): Effect.Effect<A, CallError> =>
      Effect.flatMap(pick(tried), (keys) =>
        Effect.matchEffect(send(keys), {
          onSuccess: (value) => Effect.as(taken(keys.id), value),
          onFailure: (error) => {
            if (!isKeyRefusal(error)) {
              return isPastSignature(error)
                ? Effect.zipRight(taken(keys.id), Effect.fail(error))
                : Effect.fail(error)
            }
            return Effect.gen(function* () {
              yield* refused(keys.id)
              const { ring } = yield* Ref.get(state)
              const now = [...tried, keys.id]
              if (ring.some(({ id }) => !now.includes(id))) {
                return yield* use(send, now, secondRound)
              }
              // The vendor changed keys between the first try and this one: those refused before are good now.
              return !secondRound && ring.length > 1 && (yield* usedLately(keys.id))
                ? yield* use(send, [keys.id], true)
                : yield* Effect.fail(error)
            })
          }
        })
      )

    const one = yield* Effect.makeSemaphore(1)
    const rotate: CredentialsService["rotate"] = ({ apiKey, id: named, secretKey }) =>
      Effect.gen(function* () {
        const { made, ring } = yield* Ref.get(state)
        const held = yield* hold(named ?? `rotated-${made + 1}`, apiKey ?? ring[0].apiKey, secretKey)
        const present = ring.find((other) => samePair(other, held))
        const next = present === undefined ? held : { ...present, restsUntil: undefined }
        const problem = present === undefined ? problemOf(next, ring) : undefined
        if (problem !== undefined) {
          return yield* new CredentialsInvalid({ keyId: next.id, reason: problem })
        }
        yield* Ref.update(state, (current) => ({
          made: next.id === named ? current.made : current.made + 1,
          ring: [next, ...current.ring.filter((other) => other.id !== next.id)] as const
        }))
        yield* Effect.logInfo(`Merchant ${merchantNo}: the key ${next.id} is used first from now on.`)
        return next.id
      }).pipe(one.withPermits(1))

    return {
      use: (send) => use(send, [], false),
      seen,
      credentials: {
        live: Effect.flatMap(Ref.get(state), ({ ring }) =>
          Effect.forEach(ring, ({ id, lastUsed, restsUntil }) =>
            Effect.map(Ref.get(lastUsed), (time) => ({
              id,
              lastUsed: Option.fromNullable(time),
              resting: restsUntil !== undefined
            }))
          )
        ),
        rotate,
        retire: (id) =>
          Effect.flatten(
            Ref.modify(state, (current): [Effect.Effect<void, CredentialsInvalid>, State] => {
              const [head, ...tail] = current.ring.filter((one) => one.id !== id)
              return current.ring.every((one) => one.id !== id)
                ? [new CredentialsInvalid({ keyId: id, reason: "there are none of this id" }), current]
                : head === undefined
                  ? [
                      new CredentialsInvalid({
                        keyId: id,
                        reason: "they are the only ones; rotate to others before you retire them"
                      }),
                      current
                    ]
                  : [Effect.void, { ...current, ring: [head, ...tail] }]
            })
          )
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
