import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type { AtRestService } from "../AtRest.js"
import type { NewRow } from "../InboxRow.js"
import * as Lane from "../Lane.js"
import { syncCommit } from "./durability.js"
import { rawOf } from "./newRow.js"
import type { Whole } from "./rows.js"
import { storable, storableKey, storableText } from "./storable.js"

/** The columns that `keep` fills, with their types in PostgreSQL. */
const columns = [
  ["merchant_no", "text"],
  ["fingerprint", "bytea"],
  ["event_type", "text"],
  ["kind", "text"],
  ["subject_kind", "text"],
  ["subject_id", "text"],
  ["lane", "bigint"],
  ["key_id", "text"],
  ["nested", "text"],
  ["collision", "text"],
  ["ambiguity", "text"],
  ["state", "text"],
  ["reason", "text"],
  ["received_at", "bigint"],
  ["raw_cipher", "text"],
  ["raw", "bytea"]
] as const

/** A row to be inserted: what recognises it, its values in the order of the columns, and its size. */
export interface Candidate {
  readonly key: string
  readonly values: ReadonlyArray<string | number | Uint8Array | null>
  readonly bytes: number
}

const keyOf = (merchantNo: string, fingerprint: string): string => `${merchantNo} ${fingerprint}`

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")

export const candidate = (row: NewRow, atRest: AtRestService, now: number): Candidate => {
  const { fingerprint } = row
  const merchantNo = storableKey(row.merchantNo)
  const raw = rawOf(row)
  const sealed = atRest.seal(raw, { merchantNo, fingerprint })
  return {
    key: keyOf(merchantNo, hexOf(fingerprint)),
    values: [
      merchantNo,
      fingerprint,
      storable(row.eventType),
      row.kind,
      row.subject.kind,
      storableKey(row.subject.id),
      Lane.of(row.merchantNo, row.subject),
      row.keyId,
      row.nested,
      row.collision,
      storable(JSON.stringify(row.ambiguity)),
      row.setAside === undefined ? "pending" : "set_aside",
      row.setAside === undefined ? null : storableText(row.setAside),
      now,
      sealed.cipher,
      sealed.bytes
    ],
    bytes: sealed.bytes.byteLength
  }
}

/** How a row came out: its id, and whether it is new. */
export interface Inserted {
  readonly id: number
  readonly isNew: boolean
}

interface Returned {
  readonly id: Whole
  readonly merchant_no: string
  /** In hex: a text is cheaper to bring over than a buffer. */
  readonly print: string
  readonly deliveries: Whole
}

const names = columns.map(([name]) => name).join(", ")

/**
 * PostgreSQL refuses to touch a row twice in one statement, so the rows of a group are told apart before, and each comes
 * with how often it was delivered. A row that has more deliveries afterwards than it came with was there already.
 */
const onConflict = `ON CONFLICT (merchant_no, fingerprint) DO UPDATE SET
  deliveries = yunmo_inbox.deliveries + excluded.deliveries, last_received_at = excluded.last_received_at`

/** One text for each number of rows, so that the driver's prepared statements are used again. */
const sqliteText = (() => {
  const texts = new Map<number, string>()
  const one = `(${columns.map(() => "?").join(",")},?,?)`
  return (rows: number): string => {
    const known = texts.get(rows)
    if (known !== undefined) {
      return known
    }
    const text = `INSERT INTO yunmo_inbox (${names}, last_received_at, deliveries)
      VALUES ${Array.from({ length: rows }, () => one).join(",")} ${onConflict}
      RETURNING id, merchant_no, lower(hex(fingerprint)) AS print, deliveries`
    texts.set(rows, text)
    return text
  }
})()

/** One text for any number of rows: each column is one array. Arrays keep their order, so ids are given in order of arrival. */
const postgresText = `INSERT INTO yunmo_inbox (${names}, last_received_at, deliveries)
  SELECT * FROM unnest(${[...columns.map(([, type]) => type), "bigint", "bigint"]
    .map((type, at) => `$${at + 1}::${type}[]`)
    .join(", ")}) ${onConflict}
  RETURNING id, merchant_no, encode(fingerprint, 'hex') AS print, deliveries, ${syncCommit}`

/** The most rows of one statement: more per commit gains nothing, and each number of rows is a prepared statement in SQLite. */
export const maxRows = (sql: SqlClient.SqlClient): number =>
  sql.onDialectOrElse({ pg: () => 512, orElse: () => 64 })

const receivedAt = columns.findIndex(([name]) => name === "received_at")

/**
 * Inserts all or none, by one statement: no lock is held between a read and a write. Gives what became of each row, in the
 * order given; `undefined` for one of which the database says nothing (a trigger of somebody's swallowed it).
 */
export const insert = (
  sql: SqlClient.SqlClient,
  rows: ReadonlyArray<Candidate>
): Effect.Effect<ReadonlyArray<Inserted | undefined>, SqlError> => {
  const distinct = new Map<string, { readonly candidate: Candidate; deliveries: number }>()
  for (const row of rows) {
    const same = distinct.get(row.key)
    if (same === undefined) {
      distinct.set(row.key, { candidate: row, deliveries: 1 })
    } else {
      same.deliveries += 1
    }
  }
  const lines = Array.from(distinct.values(), ({ candidate: { values }, deliveries }) => [
    ...values,
    values[receivedAt],
    deliveries
  ])
  const statement = sql.onDialectOrElse({
    pg: () =>
      sql.unsafe<Returned>(
        postgresText,
        Array.from({ length: columns.length + 2 }, (_, at) => lines.map((line) => line[at]))
      ),
    orElse: () => sql.unsafe<Returned>(sqliteText(lines.length), lines.flat())
  })
  return Effect.map(statement, (returned) => {
    const found = new Map(returned.map((row) => [keyOf(row.merchant_no, row.print), row]))
    const answered = new Set<string>()
    return rows.map(({ key }) => {
      const row = found.get(key)
      const isFirst = !answered.has(key)
      answered.add(key)
      return row === undefined
        ? undefined
        : {
            id: Number(row.id),
            isNew: isFirst && Number(row.deliveries) === distinct.get(key)?.deliveries
          }
    })
  })
}
