/**
 * Takes waiting rows from the inbox to their handlers: rows of one subject in order of arrival and one at a time,
 * subjects side by side. A row is handled once in effect: its mark, its business key and its writes are one
 * transaction, and a mark that hits no row drops the writes. A row that fails waits with back-off, only its subject
 * waits with it, and after `maxAttempts` it is set aside for a person. 3-D Secure requests have a loop of their own and
 * wait for none of the others.
 *
 * It looks for rows at once when the `Doorbell` rings, and by itself every `pollInterval`: a ring may be lost, and nobody
 * rings for a row whose back-off is over or a 3-D Secure request that has run out.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import * as Defect from "@effect-yunmo/notifications/Defect"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import type { InboxUnavailable } from "@effect-yunmo/notifications/InboxError"
import * as InboxRow from "@effect-yunmo/notifications/InboxRow"
import * as Lane from "@effect-yunmo/notifications/Lane"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { Handlers, type Writes } from "./Handlers.js"
import { feed } from "./internal/feed.js"
import { rowContext } from "./internal/rowContext.js"
import { transaction } from "./internal/store.js"
import { HandlerFailed, type StoreUnavailable } from "./ProcessingError.js"
import { ThreeDsDesk } from "./ThreeDsDesk.js"

/**
 * | option | default | what |
 * |---|---|---|
 * | `batch` | 100 | rows taken at once |
 * | `concurrency` | 16 | subjects side by side; one whose read-back hangs holds one of these places |
 * | `pollInterval` | 500 millis | pause when nothing waits and nothing rings |
 * | `maxAttempts` | 24 | tries before a row is set aside: with the waits below about an hour and a half, so that an outage of the API sets nothing aside |
 * | `backOff` | 1 second | first wait of a failed row, doubled each time, with jitter |
 * | `maxBackOff` | 5 minutes | longest wait |
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly batch?: number
  readonly concurrency?: number
  readonly pollInterval?: Duration.Duration
  readonly maxAttempts?: number
  readonly backOff?: Duration.Duration
  readonly maxBackOff?: Duration.Duration
}

/**
 * What became of the rows of one round.
 *
 * @since 0.1.0
 * @category models
 */
export interface Round {
  readonly handled: number
  readonly failed: number
  readonly setAside: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface DispatcherService {
  /** Takes what is ready now, once, and is done when all of it is. */
  readonly round: (queue: "threeDs" | "others") => Effect.Effect<Round, InboxUnavailable>
  /**
   * Goes on for ever, both queues side by side, woken by the doorbell that was there when the dispatcher was made; a database that
   * fails is waited for.
   */
  readonly run: Effect.Effect<never>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Dispatcher extends Context.Tag("@effect-yunmo/processing/Dispatcher")<
  Dispatcher,
  DispatcherService
>() {}

type Fate = "handled" | "failed" | "setAside" | "skipped"

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<
  DispatcherService,
  never,
  Inbox.Inbox | Handlers | ThreeDsDesk | SqlClient.SqlClient | Yunmo
> =>
  Effect.gen(function* () {
    const inbox = yield* Inbox.Inbox
    const handlers = yield* Handlers
    const desk = yield* ThreeDsDesk
    const client = yield* SqlClient.SqlClient
    const { merchantNo } = yield* Yunmo
    const contract = yield* Contract.Contract
    const doorbell = yield* Doorbell.Doorbell
    const batch = options.batch ?? 100
    const concurrency = options.concurrency ?? 16
    const pollInterval = options.pollInterval ?? Duration.millis(500)
    const maxAttempts = options.maxAttempts ?? 24
    const backOff = Duration.toMillis(options.backOff ?? Duration.seconds(1))
    const maxBackOff = Duration.toMillis(options.maxBackOff ?? Duration.minutes(5))

    const prepare = (row: InboxRow.Row): Effect.Effect<Writes, HandlerFailed | Unhandleable> =>
      Effect.gen(function* () {
        const notification = yield* Effect.mapError(InboxRow.decode(row), (error) =>
          // The message is whole and its key is missing here: it waits for the configuration to be mended.
          error._tag === "MessageSealed"
            ? new HandlerFailed({ reason: error.message })
            : new Unhandleable({ message: error.message })
        )
        if (notification._tag === "Unknown") {
          return yield* new Unhandleable({ message: "no handler knows this kind of notification" })
        }
        const context = rowContext(contract, merchantNo, row, notification)
        switch (notification._tag) {
          case "Kyc":
            return yield* handlers.kyc(notification, context)
          case "Trade":
            return yield* handlers.trade(notification, context)
          case "ThreeDs":
            return yield* handlers.threeDs(notification, context)
        }
      })

    /** A mark that hit no row drops the writes: somebody else has made them. */
    const commit = (row: InboxRow.Row, writes: Writes) =>
      Effect.flatMap(inbox.markHandled(row.id), (marked) =>
        marked ? Effect.as(writes, "handled" as const) : Effect.succeed("skipped" as const)
      ).pipe(transaction("handle"), Effect.provideService(SqlClient.SqlClient, client))

    /** A mark that hit no row: somebody else has handled it meanwhile. */
    const told = (marked: boolean, fate: Fate, message: string): Effect.Effect<Fate> =>
      marked ? Effect.as(Effect.logWarning(message), fate) : Effect.succeed("skipped")

    const setAside = (row: InboxRow.Row, reason: string) =>
      Effect.flatMap(inbox.setAside(row.id, reason), (marked) =>
        told(marked, "setAside", `set aside: ${reason}`)
      )

    const postpone = (row: InboxRow.Row, reason: string) =>
      row.attempts + 1 >= maxAttempts
        ? setAside(row, `failed ${row.attempts + 1} times, at last: ${reason}`)
        : Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            const jitter = yield* Random.nextRange(0.8, 1.2)
            const wait = Math.min(maxBackOff, backOff * 2 ** row.attempts) * jitter
            const marked = yield* inbox.markFailed(row.id, reason, Math.ceil(now + wait))
            return yield* told(marked, "failed", `failed, tried again in ${Math.round(wait)} ms: ${reason}`)
          })

    const handle = (row: InboxRow.Row): Effect.Effect<Fate, InboxUnavailable> =>
      prepare(row).pipe(
        Effect.flatMap((writes) => commit(row, writes)),
        // A handler of the user's own may have a defect: it costs its row an attempt, not the program its life.
        Effect.catchAllDefect(
          (defect) => new HandlerFailed({ reason: `the handler has a defect: ${Defect.describe(defect)}` })
        ),
        Effect.tap((fate) => (fate === "handled" ? Effect.logInfo("handled") : Effect.void)),
        Effect.catchTags({
          HandlerFailed: (error) => postpone(row, error.message),
          // Writes that break a rule of the database fail each time. One that is gone altogether fails here again.
          StoreUnavailable: (error) => postpone(row, error.message),
          Unhandleable: (error) => setAside(row, error.message)
        }),
        Effect.annotateLogs({ event: "notification", kind: row.kind, inboxId: row.id }),
        Effect.withSpan("Dispatcher.handle", {
          attributes: { "yunmo.kind": row.kind, "yunmo.inbox_id": row.id }
        })
      )

    /** Stops at the first row that was not handled: the later ones of this subject wait for it. */
    const inOrder = (rows: ReadonlyArray<InboxRow.Row>) =>
      Effect.gen(function* () {
        const fates: Array<Fate> = []
        for (const row of rows) {
          const fate = yield* handle(row)
          fates.push(fate)
          if (fate === "failed") {
            break
          }
        }
        return fates
      })

    const round: DispatcherService["round"] = (queue) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const rows = yield* inbox.ready(batch, now, { queue, merchantNo })
        const groups =
          queue === "threeDs" ? rows.map((row) => [row]) : Object.values(Arr.groupBy(rows, subjectOf))
        const fates = (yield* Effect.forEach(groups, inOrder, { concurrency })).flat()
        const count = (fate: Fate) => fates.filter((other) => other === fate).length
        return { handled: count("handled"), failed: count("failed"), setAside: count("setAside") }
      })

    const threeDsRound = Effect.zipWith(round("threeDs"), desk.start, ({ handled }, late) => handled + late)

    const others = (rings: Stream.Stream<void>) =>
      feed<InboxRow.Row, InboxUnavailable>({
        concurrency,
        pause: pollInterval,
        rings,
        work: inOrder,
        take: (inHand) =>
          Effect.gen(function* () {
            const now = yield* Clock.currentTimeMillis
            // As it is before the rows are read: a subject let go meanwhile may have old rows among them.
            const subjects = new Set(inHand.keys())
            const held = [...inHand.values()].flat()
            const limit = batch + held.length
            const groupsOf = (rows: ReadonlyArray<InboxRow.Row>) =>
              Object.entries(Arr.groupBy(rows, subjectOf))
                .filter(([subject]) => !subjects.has(subject))
                .map(([subject, items]) => ({ subject, items: Arr.take(items, batch) }))
            const rows = yield* inbox.ready(limit, now, { queue: "others", merchantNo })
            const groups = groupsOf(rows)
            if (groups.length > 0 || rows.length < limit) {
              return groups
            }
            // Subjects in hand have so much waiting that nothing else comes into sight: look beside their lanes.
            const taken = new Set(held.map(({ lane }) => lane))
            const lanes = Arr.makeBy(Lane.count, (lane) => lane).filter((lane) => !taken.has(lane))
            return groupsOf(yield* inbox.ready(batch, now, { queue: "others", merchantNo, lanes }))
          })
      })

    /** Until the next ring, but no longer than the poll. One that came during the work before is not missed. */
    const resting = (rings: Stream.Stream<void>) =>
      Effect.gen(function* () {
        const rung = yield* Queue.sliding<void>(1)
        yield* Effect.forkScoped(Stream.runForEach(rings, () => Queue.offer(rung, undefined)))
        return Effect.timeoutOption(Queue.take(rung), pollInterval)
      })

    const forever = <R>(
      work: Effect.Effect<number, InboxUnavailable | StoreUnavailable, R>,
      rest: Effect.Effect<unknown>
    ) =>
      work.pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            : Effect.as(
                Effect.logError(`the round failed and is tried again: ${Defect.describeCause(cause)}`),
                0
              )
        ),
        Effect.flatMap((moved) => (moved === 0 ? rest : Effect.yieldNow())),
        Effect.forever
      )

    return {
      round,
      run: Effect.gen(function* () {
        // Taken before the first look: what comes after it is heard.
        const [forThreeDs, forOthers] = yield* Effect.all([doorbell.rings, doorbell.rings])
        const rest = yield* resting(forThreeDs)
        yield* Effect.all([forever(threeDsRound, rest), others(forOthers)], {
          concurrency: 2,
          discard: true
        })
        return yield* Effect.never
      }).pipe(Effect.scoped)
    }
  })

/** Another try cannot help: a person has to look. */
class Unhandleable extends Data.TaggedError("Unhandleable")<{ readonly message: string }> {}

const subjectOf = (row: InboxRow.Row): string =>
  JSON.stringify([row.merchantNo, row.subject.kind, row.subject.id])

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}) => Layer.effect(Dispatcher, make(options))

/**
 * Runs the dispatcher as long as the layer lives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRunning = (options: Options = {}) =>
  Layer.scopedDiscard(Effect.flatMap(make(options), (dispatcher) => Effect.forkScoped(dispatcher.run)))
