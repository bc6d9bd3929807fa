import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * One sandbox at a time: two would each write over what the other one kept. SQLite's lock on a file beside the database
 * says whose it is. The system takes the lock back when the process ends, however it ends; and on the database itself it
 * would keep out everybody who only looks into it.
 */
export const take: Effect.Effect<void, SqlError, SqlClient.SqlClient | Scope.Scope> = Effect.gen(
  function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const [main] = yield* sql<{ readonly file: string }>`
    SELECT file FROM pragma_database_list WHERE name = 'main'`
    // One in memory has no file, and nobody else can open it.
    if (main === undefined || main.file === "") {
      return
    }
    yield* Effect.acquireRelease(sql`ATTACH DATABASE ${`${main.file}-owner`} AS yunmo_sandbox_owner`, () =>
      Effect.ignore(sql`DETACH DATABASE yunmo_sandbox_owner`)
    )
    // There is nothing to bring back after a crash, so no journal is left beside it.
    yield* sql`PRAGMA yunmo_sandbox_owner.journal_mode = MEMORY`
    yield* sql`PRAGMA yunmo_sandbox_owner.locking_mode = EXCLUSIVE`
    // The first write takes the lock, and in this mode keeps it.
    yield* sql`PRAGMA yunmo_sandbox_owner.user_version = 1`
  }
)
