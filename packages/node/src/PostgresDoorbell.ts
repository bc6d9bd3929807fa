/**
 * The doorbell between the programs on one PostgreSQL database: `NOTIFY` after a commit, and `LISTEN` on a connection of its
 * own, which is made again when the server was away. It needs a direct connection or a pooler in session mode: through one in
 * transaction mode nothing is heard, and the next look finds what is new.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Doorbell from "@effect-yunmo/notifications/Doorbell"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { make as makeDoorbell } from "./internal/doorbell.js"
import { describeFailure } from "./internal/pgFailure.js"
import { listen } from "./internal/pgListen.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Of the same database as the `SqlClient`. */
  readonly url: Redacted.Redacted<string>
  /** The channel of `NOTIFY`, the same for all programs. `yunmo_inbox` when not given. */
  readonly channel?: string | undefined
  /** What `pg_stat_activity` shows of the connection that listens. `yunmo doorbell` when not given. */
  readonly applicationName?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Doorbell.DoorbellService, never, Scope.Scope | SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const channel = options.channel ?? "yunmo_inbox"
    let told = true
    return yield* makeDoorbell({
      tell: sql`SELECT pg_notify(${channel}, '')`.pipe(
        Effect.matchEffect({
          onSuccess: () =>
            Effect.sync(() => {
              told = true
            }),
          onFailure: (error) =>
            Effect.suspend(() => {
              const first = told
              told = false
              return first
                ? Effect.logWarning(
                    `The doorbell cannot be rung (${describeFailure(error).reason}): new rows are found at the next look.`
                  )
                : Effect.void
            })
        })
      ),
      hear: (rung) =>
        listen(
          { url: options.url, applicationName: options.applicationName ?? "yunmo doorbell" },
          channel,
          rung
        )
    })
  })

/**
 * Rings between the programs on this database.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<never, never, SqlClient.SqlClient> =>
  Layer.scoped(Doorbell.Doorbell, make(options))
