/**
 * What was set aside, taken up again: rows that a person has to look at, because they could not be decoded, are of an unknown
 * kind, failed too often, or are ambiguous where the merchant is strict. Once the cause is mended (the contract
 * corrected, the API well again), they are replayed: classified anew by the contract in force, and made pending.
 *
 * A row that would be set aside at once stays as it is. A row is made pending at most once per replay, whoever else is at
 * it, and one that is not set aside any more is not touched. Who did it and when is kept in the table `yunmo_inbox_replay`.
 *
 * **Order.** A replayed row keeps its id, so it comes before every later row of its subject that still waits. Later rows that
 * were handled meanwhile are not undone or repeated: the replayed one is handled after them. That ends in the same state where
 * state is a fold that ends the same for any order of arrival, as that of `@effect-yunmo/processing` is; handlers of
 * your own have to be like it.
 *
 * Everything here fails with `InboxUnavailable` when the database does not do it; what was replayed until then stays so.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { AtRest } from "./AtRest.js"
import { Doorbell } from "./Doorbell.js"
import type { InboxUnavailable, InboxUnusable } from "./InboxError.js"
import type { Kind, Summary } from "./InboxRow.js"
import { prepare } from "./internal/database.js"
import { forecast } from "./internal/forecast.js"
import * as Replays from "./internal/replays.js"
import { toRow } from "./internal/rows.js"
import { guardedRepeatable, unavailable } from "./internal/sqlFailure.js"

/**
 * Which rows, of those that are set aside: the ones for which everything given holds. All of them when nothing is given.
 *
 * @since 0.1.0
 * @category options
 */
export interface Selection {
  readonly ids?: ReadonlyArray<number> | undefined
  readonly kind?: Kind | undefined
  readonly merchantNo?: string | undefined
  /** A part of the reason for which they were set aside, in capital or small letters. */
  readonly reason?: string | undefined
  /** Epoch milliseconds. */
  readonly receivedFrom?: number | undefined
  /** Epoch milliseconds. */
  readonly receivedBefore?: number | undefined
}

/**
 * What would become of a row: `Replayable` is handed to the handler of its kind; the others stay set aside. `Sealed` is
 * encrypted under a key that is not configured.
 *
 * @since 0.1.0
 * @category models
 */
export type Forecast =
  | {
      readonly _tag: "Replayable"
      readonly kind: Exclude<Kind, "unknown">
      readonly subject: Notification.Subject
      readonly lane: number
      /** A 3-D Secure request whose deadline is over: it will be recorded as too late, and is not answered. */
      readonly isLate: boolean
    }
  | { readonly _tag: "Unreadable"; readonly problem: string }
  | { readonly _tag: "UnknownKind"; readonly eventType: string }
  | { readonly _tag: "Sealed"; readonly problem: string }

/**
 * @since 0.1.0
 * @category models
 */
export interface Planned {
  /** As it is now. */
  readonly row: Summary
  readonly forecast: Forecast
}

/**
 * @since 0.1.0
 * @category options
 */
export interface RunOptions {
  /** Who does it, for the record: a person's name or a program's. */
  readonly by: string
  /** Rows of one transaction; 100 when not given. */
  readonly step?: number | undefined
  /** Between two transactions, so that others get their turn; 20 milliseconds when not given. */
  readonly pause?: Duration.DurationInput | undefined
}

/**
 * What became of the rows that were found.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  readonly found: number
  readonly replayed: number
  readonly unreadable: number
  readonly unknownKind: number
  readonly sealed: number
  /** Somebody else took them up in between. */
  readonly gone: number
}

/**
 * A row that was made pending again, as it had been.
 *
 * @since 0.1.0
 * @category models
 */
export interface Replayed {
  readonly inboxId: number
  readonly merchantNo: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly by: string
  readonly kind: Kind
  readonly attempts: number
  readonly reason: string | undefined
  readonly lastError: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplayService {
  /** What {@link ReplayService.run} would do with each row, in order of arrival. Changes nothing. */
  readonly plan: (selection: Selection) => Stream.Stream<Planned, InboxUnavailable>
  /** Makes the rows pending that a handler can take, in order of arrival and in short transactions, and rings the doorbell. */
  readonly run: (selection: Selection, options: RunOptions) => Effect.Effect<Counts, InboxUnavailable>
  /** When a row was replayed and by whom, oldest first. */
  readonly history: (inboxId: number) => Effect.Effect<ReadonlyArray<Replayed>, InboxUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Replay extends Context.Tag("@effect-yunmo/notifications/Replay")<Replay, ReplayService>() {}

const defaultStep = 100

const nothing: Counts = { found: 0, replayed: 0, unreadable: 0, unknownKind: 0, sealed: 0, gone: 0 }

/**
 * In a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<ReplayService, never, SqlClient.SqlClient> = Effect.gen(function* () {
  const client = yield* SqlClient.SqlClient
  const sql = client.withoutTransforms()
  const atRest = yield* AtRest
  const contract = yield* Contract.Contract
  const doorbell = yield* Doorbell
  const open = toRow(atRest)

  /** A page of what is set aside, behind an id, with what would become of each. */
  const page = (selection: Selection, after: number, limit: number) =>
    Effect.gen(function* () {
      const rows = yield* guardedRepeatable("replay")(Replays.select(sql, selection, after, limit))
      const now = yield* Clock.currentTimeMillis
      return yield* Effect.forEach(rows, (found) => {
        const { raw, ...row } = open(found)
        return Effect.map(forecast(contract, raw, now), (forecast): Planned => ({ row, forecast }))
      })
    })

  const pages = (selection: Selection, limit: number) =>
    Stream.paginateChunkEffect(0, (after) =>
      Effect.map(page(selection, after, limit), (planned) => [
        Chunk.unsafeFromArray(planned),
        planned.length < limit ? Option.none() : Option.fromNullable(planned.at(-1)?.row.id)
      ])
    )

  const plan = (selection: Selection) => Stream.withSpan(pages(selection, defaultStep), "Replay.plan")

  const step = (planned: Chunk.Chunk<Planned>, by: string) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const taken = Chunk.toReadonlyArray(planned).flatMap(({ forecast, row }) =>
        forecast._tag === "Replayable" ? [{ row, forecast }] : []
      )
      const replayed =
        taken.length === 0
          ? 0
          : yield* Replays.makePending(sql, taken, by, now).pipe(
              Effect.provideService(SqlClient.SqlClient, client),
              Effect.mapError(unavailable("replay"))
            )
      if (replayed > 0) {
        yield* doorbell.ring
      }
      const count = (tag: Forecast["_tag"]) =>
        Chunk.reduce(planned, 0, (sum, { forecast }) => (forecast._tag === tag ? sum + 1 : sum))
      return (counts: Counts): Counts => ({
        found: counts.found + planned.length,
        replayed: counts.replayed + replayed,
        unreadable: counts.unreadable + count("Unreadable"),
        unknownKind: counts.unknownKind + count("UnknownKind"),
        sealed: counts.sealed + count("Sealed"),
        gone: counts.gone + taken.length - replayed
      })
    })

  const run = Effect.fn("Replay.run")(function* (selection: Selection, options: RunOptions) {
    const { by, pause = "20 millis", step: size = defaultStep } = options
    const counts = yield* Ref.make(nothing)
    yield* pages(selection, Math.max(1, size)).pipe(
      Stream.chunks,
      Stream.runForEach((planned) =>
        Effect.flatMap(step(planned, by), (add) =>
          Effect.zipRight(Ref.update(counts, add), planned.length < size ? Effect.void : Effect.sleep(pause))
        )
      )
    )
    const all = yield* Ref.get(counts)
    yield* Effect.annotateLogs(
      Effect.logInfo(`Replay: ${all.replayed} of ${all.found} rows are pending again`),
      {
        event: "replay",
        by,
        ...all
      }
    )
    return all
  })

  const history = Effect.fn("Replay.history")((inboxId: number) =>
    guardedRepeatable("replay")(Replays.history(sql, inboxId))
  )

  return { plan, run, history }
})

/**
 * In the open database, once its tables are made.
 *
 * @example
 * ```ts
 * import * as Replay from "@effect-yunmo/notifications/Replay"
 * import * as Effect from "effect/Effect"
 *
 * // After the contract was corrected: what could not be read, by those who may.
 * const replayed = Effect.flatMap(Replay.Replay, (replay) =>
 *   replay.run({ reason: "does not fit its schema" }, { by: "maria" })
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Replay, InboxUnusable, SqlClient.SqlClient> = Layer.effect(
  Replay,
  Effect.zipRight(prepare, make)
)
