import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"

/**
 * Commits one statement by itself. PostgreSQL does so anyway. On SQLite a transaction of somebody else's may stand open on the
 * one connection, since a commit that failed was not rolled back, and the statement would become part of it: done, and not
 * committed. So it has a transaction of its own, which such an open one does not let begin; that fails as busy, and the open one
 * is rolled back.
 */
export const alone =
  (sql: SqlClient.SqlClient) =>
  <A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, SqlError> =>
    sql.onDialectOrElse({
      pg: () => statement,
      orElse: () =>
        Effect.flatMap(sql.reserve, (connection) => {
          const run = (text: string) => connection.execute(text, [], undefined)
          return run("BEGIN").pipe(
            Effect.zipRight(
              Effect.provideService(statement, SqlClient.TransactionConnection, [connection, 0] as const)
            ),
            Effect.zipLeft(run("COMMIT")),
            // A full disk has SQLite roll back by itself, and then this finds nothing to do.
            Effect.tapError(() => Effect.ignore(run("ROLLBACK")))
          )
        }).pipe(Effect.scoped, Effect.uninterruptible)
    })
