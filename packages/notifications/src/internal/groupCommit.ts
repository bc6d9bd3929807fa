import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import * as Defect from "../Defect.js"
import { InboxUnavailable } from "../InboxError.js"
import * as Tracing from "./tracing.js"
import { nextTurn } from "./turn.js"

export interface Options<In, Out> {
  /** Commits all of them or none, and answers in their order; `undefined` for one of which the database says nothing. */
  readonly commit: (items: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out | undefined>, unknown>
  /** Runs after each commit. */
  readonly committed: Effect.Effect<void>
  readonly sizeOf: (item: In) => number
  /** Whether one item can be at fault, so that the others would be taken without it. */
  readonly isOfOne: (error: unknown) => boolean
  readonly toUnavailable: (error: unknown) => InboxUnavailable
  readonly maxGroup: number
  readonly maxWaiting: number
  readonly maxWaitingBytes: number
  readonly timeout: Duration.Duration
}

export const committedRows = Metric.histogram(
  "yunmo_inbox_commit_rows",
  MetricBoundaries.exponential({ start: 1, factor: 2, count: 11 }),
  "Notifications kept in one transaction"
)

export const commitSeconds = Metric.histogram(
  "yunmo_inbox_commit_seconds",
  MetricBoundaries.exponential({ start: 0.0005, factor: 2, count: 15 }),
  "How long a transaction that keeps notifications took, failed ones included"
)

export const waitingRows = Metric.gauge("yunmo_inbox_waiting", {
  description: "Notifications that wait for their commit"
})

interface Waiting<In, Out> {
  readonly item: In
  readonly deadline: number
  answer: (result: Either.Either<Out, InboxUnavailable>) => void
}

const unanswered = (): void => {}

/**
 * Hands an item over at a time in epoch milliseconds, and is called back once: at once when it is refused, else after the
 * commit. Gives what to call when nobody waits for the answer any more. Plain callbacks, because a fiber that waits
 * costs as much as all the rest.
 */
export type Keep<In, Out> = (
  item: In,
  now: number,
  answer: (result: Either.Either<Out, InboxUnavailable>) => void
) => () => void

const unavailable = (reason: string) => Either.left(new InboxUnavailable({ operation: "keep", reason }))

/**
 * Hands items to one fiber that commits all those of a turn of the event loop together. Bounded in number, bytes and time:
 * an item is answered after its commit, or fails, and nothing hangs. Whoever is interrupted while it waits is forgotten.
 */
export const make = <In, Out>(options: Options<In, Out>): Effect.Effect<Keep<In, Out>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { commit, committed, isOfOne, maxGroup, maxWaiting, maxWaitingBytes, sizeOf, toUnavailable } =
      options
    const timeout = Duration.toMillis(options.timeout)
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const isTraced = yield* Tracing.isTracedHere
    // In order of arrival. What is being committed is not in here, but counts in `held` until it is answered. An array and
    // no set: the tables that a set leaves behind hold on to each other, and each row outlives the young generation.
    let waiting: Array<Waiting<In, Out>> = []
    const held = { items: 0, bytes: 0 }
    let inFlight: ReadonlyArray<Waiting<In, Out>> = []
    let closed = false
    let wake = unanswered

    const settle = (one: Waiting<In, Out>, result: Either.Either<Out, InboxUnavailable>) => {
      held.items -= 1
      held.bytes -= sizeOf(one.item)
      one.answer(result)
    }

    const late = unavailable(`the database has not answered for ${timeout} ms`)

    /** A defect, in here or in a driver, is told by its place: what it says may quote a message. */
    const failed = (cause: Cause.Cause<unknown>) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => unavailable(`a defect: ${Defect.describe(Cause.squash(cause))}`),
        onSome: (error) => Either.left(toUnavailable(error))
      })

    const keep: Keep<In, Out> = (item, now, answer) => {
      if (closed) {
        answer(unavailable("it is being closed"))
        return unanswered
      }
      const size = sizeOf(item)
      if (held.items >= maxWaiting || (held.items > 0 && held.bytes + size > maxWaitingBytes)) {
        answer(
          unavailable(
            `the database does not keep up: ${held.items} notifications of ${held.bytes} bytes wait already`
          )
        )
        return unanswered
      }
      const one: Waiting<In, Out> = { item, deadline: now + timeout, answer }
      waiting.push(one)
      held.items += 1
      held.bytes += size
      wake()
      return () => {
        one.answer = unanswered
        const at = waiting.indexOf(one)
        if (at !== -1) {
          waiting.splice(at, 1)
          settle(one, unavailable("nobody waits for it any more"))
        }
      }
    }

    const woken = Effect.async<void>((resume) => {
      if (waiting.length > 0 || closed) {
        return resume(Effect.void)
      }
      wake = () => {
        wake = unanswered
        resume(Effect.void)
      }
    })

    const take = (now: number): ReadonlyArray<Waiting<In, Out>> => {
      const group: Array<Waiting<In, Out>> = []
      const tooLate: Array<Waiting<In, Out>> = []
      let bytes = 0
      for (const one of waiting) {
        if (one.deadline > now) {
          bytes += sizeOf(one.item)
          if (group.length === maxGroup || (group.length > 0 && bytes > maxGroupBytes)) {
            break
          }
          group.push(one)
        } else {
          tooLate.push(one)
        }
      }
      waiting = waiting.slice(group.length + tooLate.length)
      for (const one of tooLate) {
        settle(one, late)
      }
      return group
    }

    /**
     * Runs as far as it goes without waiting, as `Effect.runSync` does, which with SQLite is to its end; only what waits needs a
     * clock. A database that hangs is left to itself after the time of the oldest.
     */
    const inTime = (group: ReadonlyArray<Waiting<In, Out>>, left: number) =>
      Effect.suspend(() => {
        const scheduler = new Scheduler.SyncScheduler()
        const committing = commit(group.map(({ item }) => item))
        const fiber = run(isTraced ? committing : Effect.withTracerEnabled(committing, false), { scheduler })
        scheduler.flush()
        const exit = fiber.unsafePoll()
        return exit === null
          ? Fiber.join(fiber).pipe(
              Effect.timeoutOption(left),
              Effect.ensuring(Effect.sync(() => fiber.unsafeInterruptAsFork(FiberId.none)))
            )
          : Effect.map(exit, Option.some)
      })

    const alone = (one: Waiting<In, Out>) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const exit = yield* Effect.exit(inTime([one], Math.max(0, one.deadline - now)))
        settle(
          one,
          Exit.isFailure(exit)
            ? failed(exit.cause)
            : exit.value._tag === "None"
              ? late
              : answerOf(exit.value.value[0])
        )
      })

    const answerOf = (answer: Out | undefined) =>
      answer === undefined ? unavailable("the database gave no row back") : Either.right(answer)

    const settleGroup = (
      group: ReadonlyArray<Waiting<In, Out>>,
      exit: Exit.Exit<Option.Option<ReadonlyArray<Out | undefined>>, unknown>
    ): Effect.Effect<void> => {
      if (Exit.isSuccess(exit)) {
        if (Option.isNone(exit.value)) {
          // What has time left goes back in front.
          waiting = [...group, ...waiting]
          return Effect.void
        }
        const answers = exit.value.value
        committedRows.unsafeUpdate(group.length, [])
        group.forEach((one, at) => {
          settle(one, answerOf(answers[at]))
        })
        return committed
      }
      const ofOne = Option.match(Cause.failureOption(exit.cause), { onNone: () => true, onSome: isOfOne })
      if (group.length > 1 && ofOne) {
        return Effect.zipRight(Effect.forEach(group, alone, { discard: true }), committed)
      }
      const failure = failed(exit.cause)
      for (const one of group) {
        settle(one, failure)
      }
      return Effect.void
    }

    const commitGroup = Effect.clockWith((clock) => {
      const now = clock.unsafeCurrentTimeMillis()
      const depth = waiting.length
      const group = take(now)
      const [oldest] = group
      if (oldest === undefined) {
        return Effect.void
      }
      inFlight = group
      waitingRows.unsafeUpdate(depth, [])
      return Effect.flatMap(Effect.exit(inTime(group, oldest.deadline - now)), (exit) => {
        commitSeconds.unsafeUpdate(Math.max(0, clock.unsafeCurrentTimeMillis() - now) / 1000, [])
        return Effect.map(settleGroup(group, exit), () => {
          inFlight = []
          if (waiting.length === 0) {
            waitingRows.unsafeUpdate(0, [])
          }
        })
      })
    })

    const loop = Effect.zipRight(Effect.zipRight(woken, nextTurn), commitGroup).pipe(
      Effect.repeat({ until: () => closed && waiting.length === 0 })
    )
    const committer = yield* Effect.forkDaemon(Effect.interruptible(loop))

    // What waits is committed; a database that does not do it in time does not keep the program from ending.
    yield* Effect.addFinalizer(() =>
      Effect.gen(function* () {
        closed = true
        wake()
        yield* Fiber.await(committer).pipe(
          Effect.disconnect,
          Effect.interruptible,
          Effect.timeoutOption(options.timeout)
        )
        yield* Fiber.interruptFork(committer)
        for (const one of [...inFlight, ...waiting]) {
          settle(one, unavailable("it was closed before the database took it"))
        }
        waiting = []
      })
    )
    return keep
  })

const maxGroupBytes = 4 * 1024 * 1024
