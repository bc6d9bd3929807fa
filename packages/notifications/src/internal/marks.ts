import type * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { among } from "./among.js"
import type { Whole } from "./rows.js"
import { guarded } from "./sqlFailure.js"
import { storableText } from "./storable.js"

/** What changes the state of a row. Each hits a pending row or nothing, and says which. */
export const make = (sql: SqlClient.SqlClient) => {
  const markHandledAll = Effect.fn("Inbox.markHandledAll")(function* (ids: ReadonlyArray<number>) {
    const now = yield* Clock.currentTimeMillis
    const marked = yield* sql<{ readonly id: Whole }>`
      UPDATE yunmo_inbox SET state = 'handled', handled_at = ${now}
      WHERE id IN ${among(sql, ids)} AND state = 'pending' RETURNING id`.pipe(guarded("markHandledAll"))
    return marked.map(({ id }) => Number(id))
  })

  const markHandled = Effect.fn("Inbox.markHandled")(function* (id: number) {
    const now = yield* Clock.currentTimeMillis
    const marked = yield* sql`
      UPDATE yunmo_inbox SET state = 'handled', handled_at = ${now}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("markHandled"))
    return marked.length > 0
  })

  const markFailed = Effect.fn("Inbox.markFailed")(function* (
    id: number,
    error: string,
    nextAttemptAt: number
  ) {
    const marked = yield* sql`
      UPDATE yunmo_inbox SET attempts = attempts + 1, behind = 0,
        last_error = ${storableText(error)}, next_attempt_at = ${nextAttemptAt}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("markFailed"))
    return marked.length > 0
  })

  const setAside = Effect.fn("Inbox.setAside")(function* (id: number, reason: string) {
    const marked = yield* sql`
      UPDATE yunmo_inbox SET state = 'set_aside', attempts = attempts + 1, reason = ${storableText(reason)}
      WHERE id = ${id} AND state = 'pending' RETURNING id`.pipe(guarded("setAside"))
    return marked.length > 0
  })

  return { markHandled, markHandledAll, markFailed, setAside }
}
