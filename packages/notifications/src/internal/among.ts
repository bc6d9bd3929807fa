import type * as SqlClient from "@effect/sql/SqlClient"

/** The list behind `IN`: one text and one parameter for any number of ids. */
export const among = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>) =>
  sql.onDialectOrElse({
    pg: () => sql`(SELECT unnest(${`{${ids.join(",")}}`}::bigint[]))`,
    orElse: () => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
  })
