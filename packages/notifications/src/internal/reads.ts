import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AtRestService } from "../AtRest.js"
import type { ListOptions } from "../Inbox.js"
import type { Kind, State } from "../InboxRow.js"
import { rowColumns, type SqlRow, type SqlSummary, summaryColumns, toRow, toSummary } from "./rows.js"
import { guardedRepeatable } from "./sqlFailure.js"

/** What people look at. Pruned rows are not shown. */
export const make = (sql: SqlClient.SqlClient, atRest: AtRestService) => {
  const get = Effect.fn("Inbox.get")(function* (id: number) {
    const [row] = yield* sql<SqlRow>`
      SELECT ${sql.literal(rowColumns)} FROM yunmo_inbox WHERE id = ${id} AND state <> 'past'`.pipe(
      guardedRepeatable("get")
    )
    return Option.map(Option.fromNullable(row), toRow(atRest))
  })

  const list = Effect.fn("Inbox.list")(function* (options: ListOptions = {}) {
    const conditions = sql.and([
      sql.literal(options.state === undefined ? "state <> 'past'" : `state = '${options.state}'`),
      ...(options.kind === undefined ? [] : [sql`kind = ${options.kind}`]),
      ...(options.before === undefined ? [] : [sql`id < ${options.before}`])
    ])
    const rows = yield* sql<SqlSummary>`
      SELECT ${sql.literal(summaryColumns)} FROM yunmo_inbox WHERE ${conditions}
      ORDER BY id DESC LIMIT ${options.limit ?? 50}`.pipe(guardedRepeatable("list"))
    return rows.map(toSummary)
  })

  const counts = sql<{ readonly state: State; readonly kind: Kind; readonly count: number | string }>`
    SELECT state, kind, count(*) AS count FROM yunmo_inbox WHERE state <> 'past'
    GROUP BY state, kind ORDER BY state, kind`.pipe(
    guardedRepeatable("counts"),
    Effect.map((rows) => rows.map((row) => ({ ...row, count: Number(row.count) }))),
    Effect.withSpan("Inbox.counts")
  )

  return { get, list, counts }
}
