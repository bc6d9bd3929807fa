import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Defect from "../Defect.js"
import { InboxUnavailable } from "../InboxError.js"
import { nextTurn } from "./turn.js"

export interface Options<In, Out> {
  /** Commits all of them or none, and answers in their order. */
  readonly commit: (items: ReadonlyArray<In>) => Effect.Effect<ReadonlyArray<Out>, unknown>
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
  answer: (result: Exit.Exit<Out, InboxUnavailable>) => void
}

const unanswered = (): void => {}

const unavailable = (reason: string) => Exit.fail(new InboxUnavailable({ operation: "keep", reason }))

/**
 * Hands items to one fiber that commits all those of a turn of the event loop together. Bounded in number, bytes and time:
 * an item is answered after its commit, or fails, and nothing hangs. Whoever is interrupted while it waits is forgotten.
 */
export const make = <In, Out>(
  options: Options<In, Out>
): Effect.Effect<(item: In) => Effect.Effect<Out, InboxUnavailable>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { commit, committed, isOfOne, maxGroup, maxWaiting, maxWaitingBytes, sizeOf, toUnavailable } =
      options
    const timeout = Duration.toMillis(options.timeout)
    // In order of arrival. What is being committed is not in here, but counts in `held` until it is answered.
    let waiting = new Set<Waiting<In, Out>>()
    const held = { items: 0, bytes: 0 }
    let inFlight: ReadonlyArray<Waiting<In, Out>> = []
    let closed = false
    let wake = unanswered

    const settle = (one: Waiting<In, Out>, result: Exit.Exit<Out, InboxUnavailable>) => {
      held.items -= 1
      held.bytes -= sizeOf(one.item)
      one.answer(result)
    }

    const late = unavailable(`the database has not answered for ${timeout} ms`)

    /** A defect, in here or in a driver, is told by its place: what it says may quote a message. */
    const failed = (cause: Cause.Cause<unknown>) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => unavailable(`a defect: ${Defect.describe(Cause.squash(cause))}`),
        onSome: (error) => Exit.fail(toUnavailable(error))
      })

    const keep = (item: In): Effect.Effect<Out, InboxUnavailable> =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.async<Out, InboxUnavailable>((resume) => {
          if (closed) {
            return resume(unavailable("it is being closed"))
          }
          const size = sizeOf(item)
          if (held.items >= maxWaiting || (held.items > 0 && held.bytes + size > maxWaitingBytes)) {
            return resume(
              unavailable(
                `the database does not keep up: ${held.items} notifications of ${held.bytes} bytes wait already`
              )
            )
          }
          const one: Waiting<In, Out> = { item, deadline: now + timeout, answer: resume }
          waiting.add(one)
          held.items += 1
          held.bytes += size
          wake()
          return Effect.sync(() => {
            one.answer = unanswered
            if (waiting.delete(one)) {
              settle(one, unavailable("nobody waits for it any more"))
            }
          })
        })
      )

    const woken = Effect.async<void>((resume) => {
      if (waiting.size > 0 || closed) {
        return resume(Effect.void)
      }
      wake = () => {
        wake = unanswered
        resume(Effect.void)
      }
    })

    const take = (now: number): ReadonlyArray<Waiting<In, Out>> => {
      const group: Array<Waiting<In, Out>> = []
      let bytes = 0
      for (const one of waiting) {
        if (one.deadline <= now) {
          waiting.delete(one)
          settle(one, late)
          continue
        }
        bytes += sizeOf(one.item)
        if (group.length === maxGroup || (group.length > 0 && bytes > maxGroupBytes)) {
          break
        }
        waiting.delete(one)
        group.push(one)
      }
      return group
    }

    /** A database that hangs is left to itself after the time of the oldest; what has time left goes back in front. */
    const inTime = (group: ReadonlyArray<Waiting<In, Out>>, left: number) =>
      commit(group.map(({ item }) => item)).pipe(
        Effect.map((answers) => answers.map((answer) => Exit.succeed(answer))),
        Effect.disconnect,
        Effect.timeoutOption(left)
      )

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
              : (exit.value.value[0] ?? unavailable("the database gave no row back"))
        )
      })

    const commitGroup = Effect.fnUntraced(function* () {
      const now = yield* Clock.currentTimeMillis
      const depth = waiting.size
      const group = take(now)
      const [oldest] = group
      if (oldest === undefined) {
        return
      }
      inFlight = group
      yield* Metric.set(waitingRows, depth)
      const exit = yield* Effect.exit(inTime(group, oldest.deadline - now))
      const done = yield* Clock.currentTimeMillis
      yield* Metric.update(commitSeconds, Math.max(0, done - now) / 1000)
      if (Exit.isSuccess(exit) && exit.value._tag === "Some") {
        yield* Metric.update(committedRows, group.length)
        yield* committed
        const answers = exit.value.value
        group.forEach((one, at) => {
          settle(one, answers[at] ?? unavailable("the database gave no row back"))
        })
      } else if (Exit.isSuccess(exit)) {
        waiting = new Set([...group, ...waiting])
      } else {
        const ofOne = Option.match(Cause.failureOption(exit.cause), { onNone: () => true, onSome: isOfOne })
        if (group.length > 1 && ofOne) {
          yield* Effect.forEach(group, alone, { discard: true })
          yield* committed
        } else {
          const failure = failed(exit.cause)
          for (const one of group) {
            settle(one, failure)
          }
        }
      }
      inFlight = []
      if (waiting.size === 0) {
        yield* Metric.set(waitingRows, 0)
      }
    })

    const loop = Effect.zipRight(Effect.zipRight(woken, nextTurn), Effect.suspend(commitGroup)).pipe(
      Effect.repeat({ until: () => closed && waiting.size === 0 })
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
        waiting.clear()
      })
    )
    return keep
  })

const maxGroupBytes = 4 * 1024 * 1024
