/**
 * Holds the inbox against what the senders know. What can be said strictly, whatever was killed and cut:
 *
 * - a message that was ever answered OK has a row with its exact bytes, of the right kind and state;
 * - no bytes have two rows, and no row has bytes that nobody sent in whole;
 * - `deliveries` is at least the number of OKs, since each stood for a commit, and at most the number of deliveries that
 *   may have arrived in whole;
 * - nothing genuine is in the quarantine, and the database itself finds no fault in its file.
 *
 * Rows are read by SQL of our own and not by the service under test, except for what is encrypted.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as AtRest from "@effect-yunmo/notifications/AtRest"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type { Database } from "./Database.js"
import * as Message from "./Message.js"
import type { Sent, Tally } from "./Tally.js"

export interface Comparison {
  readonly rows: number
  /** Deliveries counted by the inbox, of all rows. */
  readonly deliveries: number
  /** Messages that were answered OK at least once. */
  readonly acknowledged: number
  /** Messages that were kept although no sender ever heard so. */
  readonly keptUnheard: number
  /** A sentence each; none is how it has to be. */
  readonly differences: ReadonlyArray<string>
}

interface Row {
  readonly id: number | string
  readonly kind: string
  readonly state: string
  readonly deliveries: number | string
  readonly raw_cipher: string
  readonly raw: Uint8Array
}

const page = 2_000

const differencesOf = (sent: Sent, row: Row, rowsBefore: number, worked: boolean): ReadonlyArray<string> => {
  const { index, kind, oks, state, whole } = sent
  const deliveries = Number(row.deliveries)
  return [
    ...(rowsBefore > 0 ? [`Message ${index} has more than one row (${row.id} is another).`] : []),
    ...(row.kind === kind ? [] : [`Message ${index} is of kind ${kind}, its row of ${row.kind}.`]),
    // A worker may have taken a pending one on from there; what is set aside waits for a person.
    ...(row.state === state || (worked && state === "pending")
      ? []
      : [`Message ${index} had to be ${state}, and its row is ${row.state}.`]),
    ...(whole === 0 ? [`Message ${index} has a row although it never left the sender in whole.`] : []),
    ...(deliveries >= oks
      ? []
      : [`Message ${index} was answered OK ${oks} times, and its row counts ${deliveries} deliveries.`]),
    ...(deliveries <= Math.max(whole, 1)
      ? []
      : [`Message ${index} left the sender ${whole} times, and its row counts ${deliveries} deliveries.`])
  ]
}

const integrity = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  return yield* sql.onDialectOrElse({
    sqlite: () =>
      Effect.map(sql<{ readonly integrity_check: string }>`PRAGMA integrity_check`, (lines) =>
        lines
          .filter(({ integrity_check }) => integrity_check !== "ok")
          .map(({ integrity_check }) => `SQLite finds its file damaged: ${integrity_check}.`)
      ),
    orElse: () => Effect.succeed([])
  })
})

const compareWith = (tally: Tally, worked: boolean, encrypted: boolean) =>
  Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const inbox = yield* Inbox.Inbox
    const found = new Map<string, number>()
    const differences: Array<string> = [...tally.wrong]
    let last = 0
    let rows = 0
    let deliveries = 0
    let keptUnheard = 0

    const digestOf = (row: Row) =>
      row.raw_cipher === "none"
        ? Effect.succeed(Message.digestOf(row.raw))
        : inbox.get(Number(row.id)).pipe(
            Effect.flatten,
            Effect.flatMap(({ raw }) => raw),
            Effect.map((raw) => Message.digestOf(Redacted.value(raw)))
          )

    for (;;) {
      const some = yield* sql<Row>`
        SELECT id, kind, state, deliveries, raw_cipher, raw FROM yunmo_inbox
        WHERE id > ${last} ORDER BY id LIMIT ${page}`
      for (const row of some) {
        const digest = yield* digestOf(row)
        const sent = tally.sent.get(digest)
        rows += 1
        if (encrypted && row.raw_cipher === "none") {
          differences.push(`Row ${row.id} stands unencrypted although there is a key.`)
        }
        deliveries += Number(row.deliveries)
        if (sent === undefined) {
          differences.push(`Row ${row.id} has bytes that nobody sent.`)
        } else {
          differences.push(...differencesOf(sent, row, found.get(digest) ?? 0, worked))
          keptUnheard += sent.oks === 0 ? 1 : 0
        }
        found.set(digest, (found.get(digest) ?? 0) + 1)
        last = Number(row.id)
      }
      if (some.length < page) {
        break
      }
    }

    let acknowledged = 0
    for (const [digest, { index, oks }] of tally.sent) {
      acknowledged += oks > 0 ? 1 : 0
      if (oks > 0 && !found.has(digest)) {
        differences.push(`LOST: message ${index} was answered OK ${oks} times and has no row.`)
      }
    }
    const quarantined = yield* sql<{ readonly reason: string; readonly n: number | string }>`
      SELECT reason, count(*) AS n FROM yunmo_quarantine GROUP BY reason`
    differences.push(
      ...quarantined.map(({ n, reason }) => `${n} genuine messages are in the quarantine (${reason}).`),
      ...(yield* integrity)
    )
    const comparison: Comparison = { rows, deliveries, acknowledged, keptUnheard, differences }
    return comparison
  })

export interface Options {
  /** Whether a worker was at the rows, too. */
  readonly worked?: boolean
  /** What the apps had as YUNMO_AT_REST_KEYS: then no row may stand unencrypted. */
  readonly atRestKeys?: string | undefined
}

/** Looks into the database, over a connection of its own. */
export const compare = (
  database: Database,
  tally: Tally,
  { atRestKeys, worked = false }: Options = {}
): Effect.Effect<Comparison> =>
  compareWith(tally, worked, atRestKeys !== undefined).pipe(
    // It warns of what is known here, that messages stand unencrypted.
    Effect.provide(
      Inbox.layer.pipe(
        Layer.provide(Logger.remove(Logger.defaultLogger)),
        Layer.provide(
          atRestKeys === undefined
            ? Layer.empty
            : AtRest.layerConfig(Config.succeed(Redacted.make(atRestKeys)))
        )
      )
    ),
    Effect.provide(database.look),
    Effect.orDie
  )
