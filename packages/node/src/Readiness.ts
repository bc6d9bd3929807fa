/**
 * Whether a program can do its work now: asked by whoever sends it traffic. It can when its check succeeds within a time, and
 * cannot any more from the moment it drains.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"

/**
 * Not ready: the program stops, or its check failed, or took too long.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotReady extends Data.TaggedError("NotReady")<{
  readonly reason: "draining" | "failed" | "timeout"
  /** What the check said; for the log, not for strangers. */
  readonly detail?: string
}> {
  override get message(): string {
    const sentences = {
      draining: "The program is stopping.",
      timeout: "The readiness check did not end in time.",
      failed: `The readiness check failed: ${this.detail ?? "it did not say why"}`
    }
    return sentences[this.reason]
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReadinessService {
  /** Succeeds while the program is ready. Asked often, it looks once a second. */
  readonly check: Effect.Effect<void, NotReady>
  /** From now on it is not ready. */
  readonly drain: Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Readiness extends Context.Tag("@effect-yunmo/node/Readiness")<Readiness, ReadinessService>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How long the check may take; 2 seconds unless set. */
  readonly timeout?: Duration.DurationInput | undefined
  /** How long its answer is good; 1 second unless set. */
  readonly timeToLive?: Duration.DurationInput | undefined
}

const attempts = (
  check: Effect.Effect<unknown, { readonly message: string }>,
  timeout: Duration.DurationInput
): Effect.Effect<void, NotReady> =>
  Effect.gen(function* () {
    const last = yield* Ref.make(new NotReady({ reason: "timeout" }))
    yield* check.pipe(
      Effect.tapError(({ message }) => Ref.set(last, new NotReady({ reason: "failed", detail: message }))),
      Effect.retry(Schedule.spaced("100 millis")),
      // A driver that hangs need not be interruptible: the answer is due all the same.
      Effect.disconnect,
      Effect.timeoutFail({ duration: timeout, onTimeout: () => undefined }),
      Effect.catchAll(() => Effect.flatMap(Ref.get(last), Effect.fail))
    )
  })

/**
 * Ready while `check` succeeds. A check that fails is tried again until its time is over: another process that holds the lock of
 * a SQLite file for a moment is no reason to send traffic elsewhere.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  check: Effect.Effect<unknown, { readonly message: string }>,
  options: Options = {}
): Effect.Effect<ReadinessService> =>
  Effect.gen(function* () {
    const { timeToLive = "1 second", timeout = "2 seconds" } = options
    const draining = yield* Ref.make(false)
    const looked = yield* Effect.suspend(() => attempts(check, timeout)).pipe(
      Effect.cachedWithTTL(timeToLive)
    )
    return {
      check: Effect.flatMap(Ref.get(draining), (stops) =>
        stops ? Effect.fail(new NotReady({ reason: "draining" })) : looked
      ),
      drain: Ref.set(draining, true)
    }
  })

/** One row, written again and again. */
const write = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* sql`
      INSERT INTO yunmo_readiness (id, checked_at) VALUES (1, ${now})
      ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at`
  })

/**
 * Ready while a write to the database is committed: one that can be read may have a full disk, or be a standby. The row is
 * in a table of its own, `yunmo_readiness`, made when it is not there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeDatabase = (
  options: Options = {}
): Effect.Effect<ReadinessService, never, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const create = sql`
      CREATE TABLE IF NOT EXISTS yunmo_readiness (id INTEGER PRIMARY KEY, checked_at BIGINT NOT NULL)`
    // The driver of SQLite remembers for minutes that a statement could not be prepared: so the table comes first.
    const created = yield* Ref.make(false)
    const check = Effect.unlessEffect(Effect.zipRight(create, Ref.set(created, true)), Ref.get(created)).pipe(
      Effect.zipRight(write(sql)),
      Effect.mapError(({ cause, message }) => ({
        message: cause instanceof Error ? cause.message : message
      })),
      Effect.withSpan("Readiness.write")
    )
    return yield* make(check, options)
  })

/**
 * Ready while a write to the database is committed; see {@link makeDatabase}.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDatabase = (options: Options = {}): Layer.Layer<Readiness, never, SqlClient.SqlClient> =>
  Layer.effect(Readiness, makeDatabase(options))
