/** The database of the webhook and the worker, opened beside them: by their settings, and only if it is one of theirs. */

import { stat } from "node:fs/promises"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import * as Database from "@effect-yunmo/node/Database"
import * as DatabaseChoice from "@effect-yunmo/node/DatabaseChoice"
import * as Program from "@effect-yunmo/node/Program"
import * as Settings from "@effect-yunmo/node/Settings"
import type { InboxUnavailable, InboxUnusable } from "@effect-yunmo/notifications/InboxError"
import * as Storage from "@effect-yunmo/notifications/Storage"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { CommandFailed } from "./failure.js"

const failed = (code: string, sentence: string, exitCode = 2): CommandFailed =>
  new CommandFailed({ code, sentence, exitCode })

/** It may have been done in part; everything here may be asked again. */
const interrupted = 3

const settings = Config.all({
  database: Settings.database,
  atRestKeys: Settings.atRestKeys,
  contractFile: Settings.contractFile
}).pipe(
  Effect.mapError((error) =>
    failed("SettingInvalid", Program.describe("The inbox", Cause.fail(error)).trimEnd())
  )
)

/** The migrator's table: whatever database has it is ours. */
const table = "yunmo_notifications_migrations"

const notOurs = (database: string): CommandFailed =>
  failed(
    "NotAnInbox",
    `The database ${database} holds no inbox; set YUNMO_DATABASE to the one of the webhook and the worker.`
  )

const cannotOpen = (database: string, reason: string): CommandFailed =>
  failed("DatabaseUnavailable", `The database ${database} cannot be opened: ${reason}.`, interrupted)

/** Looked at before it is opened: to open a file that is not there makes it, and to open one of somebody else's changes it. */
const looked = (filename: string): Effect.Effect<void, CommandFailed> =>
  Effect.gen(function* () {
    const found = yield* Effect.promise(() =>
      stat(filename).then(
        (stats) => (stats.isFile() ? undefined : "it is no regular file"),
        (cause: unknown) =>
          cause instanceof Error && "code" in cause && cause.code === "ENOENT"
            ? "there is no such file"
            : "it cannot be looked at"
      )
    )
    if (found !== undefined) {
      return yield* failed(
        "NoDatabase",
        `The database ${filename} cannot be opened: ${found}; set YUNMO_DATABASE to the file of the webhook and the worker.`
      )
    }
    const tables = yield* Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${table}`
    ).pipe(
      Storage.retryBusy,
      Effect.provide(SqliteClient.layer({ filename, readonly: true, disableWAL: true })),
      // The driver throws when it cannot open the file.
      Effect.catchAllCause((cause) => {
        const reason = Storage.reasonOf(Cause.squash(cause))
        return /not a database|malformed/.test(reason) ? notOurs(filename) : cannotOpen(filename, reason)
      })
    )
    if (tables.length === 0) {
      return yield* notOurs(filename)
    }
  })

/** The same for PostgreSQL, where opening it changes nothing. */
const hasTables = (database: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql<{ readonly found: string | null }>`SELECT to_regclass(${table})::text AS found`
  ).pipe(
    Effect.mapError((error) => cannotOpen(database, Storage.reasonOf(error))),
    Effect.filterOrFail(
      ([row]) => row !== undefined && row.found !== null,
      () => notOurs(database)
    )
  )

const contractOf = (named: string | undefined, set: Option.Option<string>) =>
  Settings.contractLayer(named === undefined ? set : Option.some(named)).pipe(
    Layer.mapError(({ message, path, reason }) =>
      failed(
        "ContractInvalid",
        named === undefined ? message : `The contract file ${path} (--contract) cannot be used: ${reason}.`
      )
    )
  )

/** What the database does not do, as the sentence of a command. */
const told = <A, R>(
  effect: Effect.Effect<A, CommandFailed | InboxUnavailable | InboxUnusable, R>
): Effect.Effect<A, CommandFailed, R> =>
  Effect.catchTags(effect, {
    InboxUnavailable: ({ busy, message, reason }) =>
      failed(
        busy ? "DatabaseBusy" : "DatabaseUnavailable",
        busy
          ? `The database is busy (${reason}): another process holds it. Ask again; what was done until now is kept.`
          : message,
        interrupted
      ),
    InboxUnusable: ({ message }) => failed("InboxUnusable", message, interrupted)
  })

/** Runs it on the database of the settings, with the keys at rest and the contract. Nothing is logged but errors. */
export const within = <A>(
  contractFile: string | undefined,
  effect: Effect.Effect<A, CommandFailed | InboxUnavailable | InboxUnusable, SqlClient.SqlClient | FileSystem>
): Effect.Effect<A, CommandFailed, FileSystem> =>
  Effect.gen(function* () {
    const { atRestKeys, contractFile: set, database } = yield* settings
    const contract = yield* Effect.provide(Contract.Contract, contractOf(contractFile, set))
    const shown = DatabaseChoice.show(database)
    if (database._tag === "SqliteFile") {
      yield* looked(database.filename)
    }
    return yield* (database._tag === "Postgres" ? Effect.zipRight(hasTables(shown), effect) : effect).pipe(
      told,
      Effect.provide(
        Layer.mergeAll(
          Layer.mapError(Settings.atRestLayer(atRestKeys), ({ message }) =>
            failed("SettingInvalid", message)
          ),
          Layer.mapError(
            Database.layer(database, { postgres: { applicationName: "yunmo inbox" } }),
            ({ message }) => failed("DatabaseUnavailable", message, interrupted)
          ),
          Layer.succeed(Contract.Contract, contract)
        )
      )
    )
  }).pipe(
    Effect.provide(
      Layer.merge(
        Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)),
        Logger.minimumLogLevel(LogLevel.Error)
      )
    )
  )
