import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { LimitReached } from "../ClientError.js"
import * as Policy from "../Policy.js"

export type Limit = Exclude<LimitReached["limit"], "journal">

/** Runs a wait, and knows what for. */
export type Waiting = (limit: Limit) => <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

type Wait = <A, E, R>(wait: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

interface Waiter {
  readonly limit: number
  readonly turn: Deferred.Deferred<void>
}

/**
 * Lets in as many at once as whoever asks allows, the others in their order. A semaphore has one number for everybody;
 * here a region of a program may have its own.
 */
interface Gate {
  /**
   * Waits for a place, as `wait` says. Stands in a region that may not be interrupted, so that nothing comes between
   * having the place and knowing how it is left; whoever is interrupted while waiting leaves none behind.
   */
  readonly enter: (limit: number, wait: Wait) => Effect.Effect<void>
  /** Comes in, if that is possible without a wait. */
  readonly tryEnter: (limit: number) => boolean
  readonly leave: () => void
}

const makeGate = (onEmpty: () => void): Gate => {
  let inside = 0
  const line = new Set<Waiter>()

  // One place has become free, so at most one can come in.
  const letIn = () => {
    for (const waiter of line) {
      if (inside < waiter.limit) {
        line.delete(waiter)
        inside += 1
        Deferred.unsafeDone(waiter.turn, Effect.void)
        return
      }
    }
  }
  const tryEnter = (limit: number) => {
    const free = inside < limit
    inside += free ? 1 : 0
    return free
  }
  const leave = () => {
    inside -= 1
    letIn()
    if (inside === 0 && line.size === 0) {
      onEmpty()
    }
  }

  return {
    leave,
    tryEnter,
    enter: (limit, wait) =>
      Effect.suspend(() => {
        if (tryEnter(limit)) {
          return Effect.void
        }
        const waiter: Waiter = { limit, turn: Deferred.unsafeMake<void>(FiberId.none) }
        line.add(waiter)
        return wait(Deferred.await(waiter.turn)).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              // Let in and interrupted in the same moment: the place is given back.
              if (Exit.isFailure(exit) && !line.delete(waiter)) {
                leave()
              }
            })
          )
        )
      })
  }
}

/** A gate for each key, kept only as long as somebody is in it or waits for it. */
const makeGates = () => {
  const gates = new Map<string, Gate>()
  return {
    size: () => gates.size,
    of: (key: string): Gate => {
      const gate =
        gates.get(key) ??
        makeGate(() => {
          gates.delete(key)
        })
      gates.set(key, gate)
      return gate
    }
  }
}

/** What the rate limit counts a call by. */
const keyOf = (operation: string, per: string | undefined, input: unknown): string => {
  const value =
    per !== undefined && typeof input === "object" && input !== null ? Reflect.get(input, per) : undefined
  const plain = Redacted.isRedacted(value) ? Redacted.value(value) : value
  return JSON.stringify([operation, per ?? null, typeof plain === "string" ? plain : null])
}

/** Where an attempt is sent from. */
export interface Place {
  /** Says that the attempt goes out: from its end on it counts for the rate limit. */
  readonly sending: Effect.Effect<void>
}

export interface Limits {
  /** Waits for a place for one attempt; it is kept until the scope closes. */
  readonly place: (
    call: { readonly operation: string; readonly safety: Operation.Safety; readonly input: unknown },
    waiting: Waiting
  ) => Effect.Effect<Place, never, Scope.Scope>
  /**
   * A place without a wait, for an operation that has no rate: gives how it is left, or nothing. Stands in a region that
   * may not be interrupted.
   */
  readonly placeNow: (
    call: { readonly operation: string; readonly safety: Operation.Safety },
    policy: Pick<Policy.PolicyService, "concurrency" | "rates">
  ) => (() => void) | undefined
  /** Waits until nobody else is there with this key. */
  readonly alone: (key: string, waiting: Waiting) => Effect.Effect<void, never, Scope.Scope>
  /** Keys that are remembered now. */
  readonly remembered: () => number
}

/**
 * The limits of one client. They wait; how long, is the caller's to say. The scope is the client's: when it closes, the
 * intervals that are still running end with it.
 */
export const make: Effect.Effect<Limits, never, Scope.Scope> = Effect.map(Effect.scope, (scope) => {
  const underWay = makeGate(() => {})
  const rated = makeGates()
  const lonely = makeGates()

  const enter = (
    gateOf: () => Gate,
    limit: number,
    waiting: Wait,
    leave: (gate: Gate) => Effect.Effect<void> = (gate) => Effect.sync(gate.leave)
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const gate = gateOf()
        return Effect.zipRight(
          gate.enter(limit, (wait) => waiting(restore(wait))),
          Effect.addFinalizer(() => leave(gate))
        )
      })
    )

  return {
    remembered: () => rated.size() + lonely.size(),
    alone: (key, waiting) => enter(() => lonely.of(key), 1, waiting("customer")),
    placeNow: ({ operation, safety }, { concurrency, rates }) =>
      rateOf(rates, operation) !== undefined
        ? undefined
        : safety === "decision"
          ? () => {}
          : underWay.tryEnter(Math.max(concurrency, 1))
            ? underWay.leave
            : undefined,
    place: ({ input, operation, safety }, waiting) =>
      Effect.gen(function* () {
        const { concurrency, rates } = yield* Policy.Policy
        const rate = rateOf(rates, operation)
        let sent = false
        if (rate !== undefined) {
          const key = keyOf(operation, rate.per, input)
          yield* enter(
            () => rated.of(key),
            Math.max(rate.limit, 1),
            waiting("rate"),
            (gate) =>
              sent
                ? Effect.asVoid(
                    Effect.forkIn(
                      Effect.zipRight(
                        Effect.interruptible(Effect.sleep(rate.interval)),
                        Effect.sync(gate.leave)
                      ),
                      scope
                    )
                  )
                : Effect.sync(gate.leave)
          )
        }
        // A decision has a deadline of its own and may not stand behind a backlog.
        if (safety !== "decision") {
          yield* enter(() => underWay, Math.max(concurrency, 1), waiting("concurrency"))
        }
        return {
          sending: Effect.sync(() => {
            sent = true
          })
        }
      })
  }
})

const rateOf = (rates: Readonly<Record<string, Policy.Rate | undefined>>, operation: string) =>
  Object.hasOwn(rates, operation) ? rates[operation] : undefined
