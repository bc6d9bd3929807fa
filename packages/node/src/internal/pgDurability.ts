import { constVoid } from "effect/Function"
import type { PoolClient } from "pg"
import { NotDurable } from "./pgFailure.js"

interface Row {
  readonly fsync: string
  readonly synchronous_commit: string
}

const refusal = (row: Row | undefined): Error | undefined =>
  row?.fsync !== "on"
    ? new NotDurable("fsync")
    : row.synchronous_commit === "off"
      ? new NotDurable("synchronous_commit")
      : undefined

/**
 * The pool calls it for each new connection before anybody gets it: a server may come back with another configuration.
 * While it runs, nobody else listens for errors of the connection, and one that nobody listens for would end the process.
 */
export const verify = (client: PoolClient, done: (error?: Error) => void): void => {
  client.on("error", constVoid)
  client.query<Row>(
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit",
    (error, result) => {
      done(error ?? refusal(result?.rows[0]))
      client.off("error", constVoid)
    }
  )
}
