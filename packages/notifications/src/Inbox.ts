/**
 * The inbox: one durable row per notification, which is waiting work, audit record and history in one. A row that `keep`
 * answered for is on the disk; only then may the vendor get its `OK`.
 *
 * Rows that come in one turn of the event loop are committed in one transaction. What waits for its commit is bounded, in number,
 * bytes and time: beyond a bound `keep` fails at once, which is a 503 to the vendor, before memory grows.
 *
 * Every operation fails with `InboxUnavailable` when the database does not do it. The layer makes the tables, sets and checks
 * full sync, and fails with `InboxUnusable` when that cannot be had.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as AtRest from "./AtRest.js"
import * as Defect from "./Defect.js"
import { Doorbell } from "./Doorbell.js"
import { InboxUnavailable, type InboxUnusable } from "./InboxError.js"
import type { Kind, NewRow, Row, State, Summary } from "./InboxRow.js"
import { alone } from "./internal/alone.js"
import { prepare } from "./internal/database.js"
import { type KeepDirectly, offerKeep } from "./internal/direct.js"
import * as GroupCommit from "./internal/groupCommit.js"
import * as Insert from "./internal/insert.js"
import * as Marks from "./internal/marks.js"
import * as Prune from "./internal/prune.js"
import * as Reads from "./internal/reads.js"
import * as Ready from "./internal/ready.js"
import { toRow } from "./internal/rows.js"
import { guardedRepeatable, isOfRow, retryRepeatable, unavailable } from "./internal/sqlFailure.js"
import { traced } from "./internal/tracing.js"
import { FileCheck } from "./Storage.js"

/**
 * The answer of `keep`: a new row, or the row of which this is a re-send.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kept {
  readonly _tag: "Kept" | "Repeated"
  readonly id: number
}

/**
 * Which waiting rows to take.
 *
 * @since 0.1.0
 * @category options
 */
export interface ReadyOptions {
  /**
   * 3-D Secure requests have a deadline and wait for nothing: take them by themselves (`threeDs`), and the rest in another
   * loop (`others`). Both together, oldest first, when not given.
   */
  readonly queue?: "threeDs" | "others" | undefined
  /** Only rows of this merchant; of all when not given. */
  readonly merchantNo?: string | undefined
  /** Only rows of these lanes; of all when not given. */
  readonly lanes?: ReadonlyArray<number> | undefined
}

/**
 * Which rows to list, newest first.
 *
 * @since 0.1.0
 * @category options
 */
export interface ListOptions {
  readonly state?: State | undefined
  readonly kind?: Kind | undefined
  /** Rows with a smaller id: the last id of one page gives the next. */
  readonly before?: number | undefined
  /** 50 when not given. */
  readonly limit?: number | undefined
}

/**
 * Which handled rows to put away.
 *
 * @since 0.1.0
 * @category options
 */
export interface PruneOptions {
  /** Rows that were handled before this time, in epoch milliseconds. */
  readonly handledBefore: number
  readonly limit: number
  /** Whether they go to the table `yunmo_inbox_archive`, as they are, or are deleted. */
  readonly archive: boolean
}

/**
 * | option | default | what |
 * |---|---|---|
 * | `maxWaiting` | 4,096 | notifications that wait for their commit; one more fails at once |
 * | `maxWaitingBytes` | 32 MiB | of their messages |
 * | `keepTimeout` | 5 seconds | how long `keep` waits for a database that does not answer |
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly maxWaiting?: number | undefined
  readonly maxWaitingBytes?: number | undefined
  readonly keepTimeout?: Duration.DurationInput | undefined
}

/**
 * How many rows are in a state, by kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface Count {
  readonly state: State
  readonly kind: Kind
  readonly count: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface InboxService {
  /**
   * Commits a row, or counts a re-send of one that is there or was pruned. Refuses inside a transaction: it would answer
   * before the commit. Interrupted, its row is committed or not, never half.
   *
   * A failure means: not known to be kept. After a lost connection the row is handed to the database again, which
   * recognises it; then even a new row may be answered with `Repeated`.
   */
  readonly keep: (row: NewRow) => Effect.Effect<Kept, InboxUnavailable>
  /**
   * Rows to be handled at `now` (epoch milliseconds), oldest first, chosen by their state. Rows of one subject come in order of
   * arrival. A row that has failed comes alone: the later ones of its subject wait until it is handled or set aside.
   * 3-D Secure requests wait for nothing and hold nothing up. When a row fails, leave the later rows of its subject in the
   * batch alone. Costs the same however many rows were handled, and however many wait behind a failed one.
   */
  readonly ready: (
    limit: number,
    now: number,
    options?: ReadyOptions
  ) => Effect.Effect<ReadonlyArray<Row>, InboxUnavailable>
  /**
   * Marks a pending row as handled and says whether there was one. Call it in the transaction that writes the effect; on
   * `false` somebody else has handled the row or taken it out: drop the effect.
   */
  readonly markHandled: (id: number) => Effect.Effect<boolean, InboxUnavailable>
  /**
   * The same for many rows by one statement. Gives the ids that it hit, in no order: drop the effects of the others, or roll back.
   */
  readonly markHandledAll: (
    ids: ReadonlyArray<number>
  ) => Effect.Effect<ReadonlyArray<number>, InboxUnavailable>
  /**
   * Counts a failed attempt of a pending row and says when to try again. The text is kept (its first 2,000 characters) and
   * shown to people: no secrets in it.
   */
  readonly markFailed: (
    id: number,
    error: string,
    nextAttemptAt: number
  ) => Effect.Effect<boolean, InboxUnavailable>
  /** Counts the last attempt of a pending row and leaves the row to a person, who is shown the reason. */
  readonly setAside: (id: number, reason: string) => Effect.Effect<boolean, InboxUnavailable>
  readonly get: (id: number) => Effect.Effect<Option.Option<Row>, InboxUnavailable>
  readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Summary>, InboxUnavailable>
  /** Reads the whole table: for people, not for polling. */
  readonly counts: Effect.Effect<ReadonlyArray<Count>, InboxUnavailable>
  /**
   * One step of putting away what was handled: takes at most `limit` rows, oldest first, in one short transaction, and gives
   * how many it took; call it until that is less than `limit`. A row that is being written just then is left to a later
   * step. What recognises and counts a re-send stays.
   */
  readonly prune: (options: PruneOptions) => Effect.Effect<number, InboxUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Inbox extends Context.Tag("@effect-yunmo/notifications/Inbox")<Inbox, InboxService>() {}

/**
 * How many notifications were kept in each transaction.
 *
 * @since 0.1.0
 * @category metrics
 */
export const commitRows = GroupCommit.committedRows

/**
 * How long each transaction took, in seconds.
 *
 * @since 0.1.0
 * @category metrics
 */
export const commitSeconds = GroupCommit.commitSeconds

/**
 * How many notifications waited when the last transaction began; 0 when none is under way.
 *
 * @since 0.1.0
 * @category metrics
 */
export const waiting = GroupCommit.waitingRows

/**
 * An inbox in a database whose tables are there; {@link layer} makes them. When the scope closes, what waits is committed, or
 * fails after `keepTimeout`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<InboxService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* SqlClient.SqlClient
    // Names are written out below; a client set up to translate them must not.
    const sql = client.withoutTransforms()
    const atRest = yield* AtRest.AtRest
    const doorbell = yield* Doorbell
    const fileCheck = yield* FileCheck
    const select = yield* Ready.make(sql)
    const committedAlone = alone(sql)

    /** After the commit, as the file may go at any time before it. */
    const inPlace = Effect.flatMap(fileCheck, (problem) =>
      problem === undefined
        ? Effect.void
        : Effect.fail(new InboxUnavailable({ operation: "keep", reason: problem }))
    )

    /** The rows are kept by then: a doorbell that is broken makes them late, and nothing else. */
    const ring = Effect.catchAllCause(doorbell.ring, (cause) =>
      Effect.logWarning(`The doorbell could not be rung: ${Defect.describeCause(cause)}`)
    )

    const commit = yield* GroupCommit.make<Insert.Candidate, Insert.Inserted>({
      commit: (rows) => Effect.zipLeft(retryRepeatable(committedAlone(Insert.insert(sql, rows))), inPlace),
      committed: ring,
      sizeOf: ({ bytes }) => bytes,
      isOfOne: isOfRow,
      toUnavailable: (error) => (error instanceof InboxUnavailable ? error : unavailable("keep")(error)),
      maxGroup: Insert.maxRows(sql),
      maxWaiting: options.maxWaiting ?? 4096,
      maxWaitingBytes: options.maxWaitingBytes ?? 32 * 1024 * 1024,
      timeout: Duration.decode(options.keepTimeout ?? "5 seconds")
    })

    const insideTransaction = new InboxUnavailable({
      operation: "keep",
      reason: "it was called inside a transaction, which could be rolled back after the answer"
    })
    const isNotInside = Effect.contextWithEffect((context: Context.Context<never>) =>
      Option.isSome(Context.getOption(context, SqlClient.TransactionConnection))
        ? Effect.fail(insideTransaction)
        : Clock.currentTimeMillis
    )

    const keepNow: KeepDirectly = (row, now, answer) =>
      commit(Insert.candidate(row, atRest, now), now, (result) =>
        answer(Either.map(result, ({ id, isNew }): Kept => ({ _tag: isNew ? "Kept" : "Repeated", id })))
      )

    const keep = (row: NewRow) =>
      traced(
        "Inbox.keep",
        Effect.flatMap(isNotInside, (now) =>
          Effect.async<Kept, InboxUnavailable>((resume) => {
            const forget = keepNow(row, now, resume)
            return Effect.sync(forget)
          })
        )
      )
    offerKeep(keep, keepNow)

    const ready = Effect.fn("Inbox.ready")(function* (
      limit: number,
      now: number,
      options: ReadyOptions = {}
    ) {
      const rows = yield* guardedRepeatable("ready")(select(limit, now, options))
      return rows.map(toRow(atRest))
    })

    const prune = Effect.fn("Inbox.prune")(function* (options: PruneOptions) {
      const now = yield* Clock.currentTimeMillis
      return yield* Prune.prune(sql, now, options).pipe(
        Effect.provideService(SqlClient.SqlClient, client),
        Effect.mapError(unavailable("prune"))
      )
    })

    return { keep, ready, ...Marks.make(sql), ...Reads.make(sql, atRest), prune }
  })

/** Loudly, once: whoever can read the database can read the messages. */
const warnWithoutKey = Effect.flatMap(AtRest.AtRest, ({ keyId }) =>
  keyId === undefined
    ? Effect.logWarning(
        "The inbox keeps messages unencrypted: no key is configured, so whoever can read the database or a copy of it can read them."
      )
    : Effect.void
)

/**
 * An inbox in the open database, once its tables are made and full sync is ascertained.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerOptions = (options: Options): Layer.Layer<Inbox, InboxUnusable, SqlClient.SqlClient> =>
  Layer.scoped(Inbox, Effect.zipRight(Effect.zipRight(prepare, warnWithoutKey), make(options)))

/**
 * {@link layerOptions} with the default bounds.
 *
 * @example
 * ```ts
 * import * as Inbox from "@effect-yunmo/notifications/Inbox"
 * import * as Effect from "effect/Effect"
 *
 * const waiting = Effect.gen(function* () {
 *   const inbox = yield* Inbox.Inbox
 *   return yield* inbox.list({ state: "set_aside" })
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Inbox, InboxUnusable, SqlClient.SqlClient> = layerOptions({})
