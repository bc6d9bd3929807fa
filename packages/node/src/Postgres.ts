/**
 * PostgreSQL as our durability promise needs it: each connection is asked, when it is made, whether a commit waits for the
 * disk, and is refused where it does not. A server that was stopped and started again is connected to anew by the
 * next statement; what was under way fails and is tried again by whoever asked.
 *
 * TLS is what the `sslmode` of the URL says. `disable`, or none: no TLS. `prefer`, `require`, `verify-ca`, `verify-full`: TLS
 * always, with the server's certificate and name verified, by the authorities of the system or the file in `sslrootcert`
 * (stricter than libpq for the first three). `no-verify`: TLS, and nothing is verified. `sslcert` and `sslkey` are the
 * client's own. The files are read once.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Pool, type PoolConfig } from "pg"
import { DatabaseUnavailable } from "./DatabaseError.js"
import { clientConfig } from "./internal/pgConfig.js"
import { verify } from "./internal/pgDurability.js"
import { describeFailure } from "./internal/pgFailure.js"

/**
 * | option | default | what |
 * |---|---|---|
 * | `maxConnections` | 10 | connections of the pool |
 * | `applicationName` | `yunmo` | what `pg_stat_activity` shows |
 * | `connectTimeout` | 5 seconds | longest wait for a connection, a new one or one of the pool |
 * | `idleTimeout` | 30 seconds | an unused connection is closed after this |
 * | `statementTimeout` | 30 seconds | the server ends a statement that takes longer |
 *
 * What the URL says of the same (`application_name`, `statement_timeout`) comes first.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  readonly url: Redacted.Redacted<string>
  readonly maxConnections?: number | undefined
  readonly applicationName?: string | undefined
  readonly connectTimeout?: Duration.DurationInput | undefined
  readonly idleTimeout?: Duration.DurationInput | undefined
  readonly statementTimeout?: Duration.DurationInput | undefined
}

/** A transaction whose program hangs holds its locks no longer than this. */
const longestIdleInTransaction = Duration.minutes(1)

const pool = (options: Options) =>
  Effect.gen(function* () {
    const { shown, ...config } = yield* clientConfig(options)
    const settings: PoolConfig & { readonly verify: typeof verify } = {
      ...config,
      max: options.maxConnections ?? 10,
      idleTimeoutMillis: Duration.toMillis(options.idleTimeout ?? "30 seconds"),
      statement_timeout: Duration.toMillis(options.statementTimeout ?? "30 seconds"),
      idle_in_transaction_session_timeout: Duration.toMillis(longestIdleInTransaction),
      verify
    }
    return yield* Effect.acquireRelease(
      Effect.sync(() => {
        const pool = new Pool(settings)
        // Without a listener, an idle connection that the server closes would end the process. The pool drops it by itself.
        pool.on("error", constVoid)
        return { pool, shown }
      }),
      ({ pool }) =>
        Effect.promise(() => pool.end()).pipe(Effect.interruptible, Effect.timeoutOption("1 second"))
    )
  })

/** A server that is just starting is waited for. */
const whileStarting = Schedule.spaced("200 millis").pipe(Schedule.upTo("10 seconds"))

const isStarting = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "57P03"

/**
 * A `SqlClient` on a PostgreSQL database. Rows come as the driver gives them: `bigint` columns as text.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, DatabaseUnavailable> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const opened = yield* pool(options)
      yield* Effect.tryPromise({ try: () => opened.pool.query("SELECT 1"), catch: (cause) => cause }).pipe(
        Effect.retry({ schedule: whileStarting, while: isStarting }),
        Effect.mapError(
          (cause) => new DatabaseUnavailable({ database: opened.shown, ...describeFailure(cause) })
        )
      )
      return PgClient.layerFromPool({ acquire: Effect.succeed(opened.pool) }).pipe(
        Layer.mapError(
          ({ cause }: SqlError) =>
            new DatabaseUnavailable({ database: opened.shown, ...describeFailure(cause) })
        )
      )
    })
  )
