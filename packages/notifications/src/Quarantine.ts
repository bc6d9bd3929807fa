/**
 * Messages that were read and whose signature did not hold, or that name another merchant. They may be forged, and they may be
 * genuine ones met by a wrong key: kept apart from the inbox, and few of them, so that a person or program can verify them again once the
 * configuration is mended.
 *
 * Anybody who reaches the port can fill it. So it is bounded: in rows (the oldest give way), in bytes per message, and in
 * writes per second (what is beyond is not kept), so that forgeries do not slow down what is genuine.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { AtRest } from "./AtRest.js"
import type { InboxUnavailable, InboxUnusable, MessageSealed } from "./InboxError.js"
import { prepare } from "./internal/database.js"
import type { Whole } from "./internal/rows.js"
import { guardedRepeatable } from "./internal/sqlFailure.js"
import { storableKey, storableText } from "./internal/storable.js"

/**
 * A message in quarantine.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly id: number
  /** The number that the message names, as it claims and without proof; `""` where it names none or was not read so far. */
  readonly merchantNo: string
  /** Why it is here: `Mismatch`, `SignMissing` … of `SignatureInvalid`, or `UnknownMerchant`. */
  readonly reason: string
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** How often the same bytes came. */
  readonly deliveries: number
  readonly lastReceivedAt: number
  /** The exact bytes received, from anybody; left where they stand encrypted under a key that is not there. */
  readonly raw: Either.Either<Redacted.Redacted<Uint8Array>, MessageSealed>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface QuarantineService {
  /**
   * Keeps a message, unless a bound says otherwise; says whether it is kept. Give the merchant number that it names, where
   * that is known.
   */
  readonly put: (
    raw: Redacted.Redacted<Uint8Array>,
    reason: string,
    merchantNo?: string
  ) => Effect.Effect<boolean, InboxUnavailable>
  /** Newest first. */
  readonly list: (limit: number) => Effect.Effect<ReadonlyArray<Entry>, InboxUnavailable>
  readonly count: Effect.Effect<number, InboxUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Quarantine extends Context.Tag("@effect-yunmo/notifications/Quarantine")<
  Quarantine,
  QuarantineService
>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** 1,000 when not given. */
  readonly maxRows?: number | undefined
  /** Bytes of one message; 64 KiB when not given, and a larger one is not kept. */
  readonly maxBytes?: number | undefined
  /** 10 when not given. */
  readonly maxPerSecond?: number | undefined
}

interface SqlEntry {
  readonly id: Whole
  readonly merchant_no: string
  readonly digest: Uint8Array
  readonly reason: string
  readonly received_at: Whole
  readonly deliveries: Whole
  readonly last_received_at: Whole
  readonly raw_cipher: string
  readonly raw: Uint8Array
}

/**
 * A quarantine in a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<QuarantineService, never, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const { maxBytes = 64 * 1024, maxPerSecond = 10, maxRows = 1000 } = options
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const atRest = yield* AtRest
    const window = yield* Ref.make({ second: 0, writes: 0 })

    const mayWrite = (now: number) =>
      Ref.modify(window, (current) => {
        const second = Math.floor(now / 1000)
        const writes = current.second === second ? current.writes + 1 : 1
        return [writes <= maxPerSecond, { second, writes }]
      })

    const put = Effect.fn("Quarantine.put")(function* (
      raw: Redacted.Redacted<Uint8Array>,
      reason: string,
      merchantNo = ""
    ) {
      const bytes = Redacted.value(raw)
      const now = yield* Clock.currentTimeMillis
      if (bytes.byteLength > maxBytes || !(yield* mayWrite(now))) {
        return false
      }
      const owner = {
        merchantNo: storableKey(merchantNo),
        fingerprint: createHash("sha256").update(bytes).digest()
      }
      const sealed = atRest.seal(bytes, owner)
      yield* sql`
        INSERT INTO yunmo_quarantine ${sql.insert({
          merchant_no: owner.merchantNo,
          digest: owner.fingerprint,
          reason: storableText(reason),
          received_at: now,
          last_received_at: now,
          raw_cipher: sealed.cipher,
          raw: sealed.bytes
        })}
        ON CONFLICT (merchant_no, digest) DO UPDATE SET
          deliveries = yunmo_quarantine.deliveries + 1,
          last_received_at = excluded.last_received_at,
          reason = excluded.reason`.pipe(guardedRepeatable("quarantine"))
      yield* sql`
        DELETE FROM yunmo_quarantine WHERE id <=
          (SELECT id FROM yunmo_quarantine ORDER BY id DESC LIMIT 1 OFFSET ${maxRows})`.pipe(
        guardedRepeatable("quarantine")
      )
      return true
    })

    const list = Effect.fn("Quarantine.list")(function* (limit: number) {
      const rows = yield* sql<SqlEntry>`
        SELECT id, merchant_no, digest, reason, received_at, deliveries, last_received_at, raw_cipher, raw
        FROM yunmo_quarantine ORDER BY id DESC LIMIT ${limit}`.pipe(guardedRepeatable("quarantine"))
      return rows.map(
        (row): Entry => ({
          id: Number(row.id),
          merchantNo: row.merchant_no,
          reason: row.reason,
          receivedAt: Number(row.received_at),
          deliveries: Number(row.deliveries),
          lastReceivedAt: Number(row.last_received_at),
          raw: Either.map(
            atRest.open(
              { cipher: row.raw_cipher, bytes: row.raw },
              { merchantNo: row.merchant_no, fingerprint: row.digest }
            ),
            Redacted.make
          )
        })
      )
    })

    const count = sql<{ readonly count: number | string }>`
      SELECT count(*) AS count FROM yunmo_quarantine`.pipe(
      guardedRepeatable("quarantine"),
      Effect.map(([row]) => Number(row?.count ?? 0)),
      Effect.withSpan("Quarantine.count")
    )

    return { put, list, count }
  })

/**
 * A quarantine in the open database, once its table is made.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Quarantine, InboxUnusable, SqlClient.SqlClient> =>
  Layer.effect(Quarantine, Effect.zipRight(prepare, make(options)))
