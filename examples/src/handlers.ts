/** Notifications written to tables of our own, each effect once. */

import { SqlClient } from "@effect/sql"
import { Sqlite } from "@effect-yunmo/node"
import { Notifications } from "@effect-yunmo/notifications"
import { Config, Effect, Layer, Redacted } from "effect"
import { merchants } from "./merchants.js"

const handlers = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS effects (
    merchant_no TEXT NOT NULL, kind TEXT NOT NULL, business_key TEXT NOT NULL,
    UNIQUE (merchant_no, kind, business_key))`
  yield* sql`CREATE TABLE IF NOT EXISTS spent (card_id TEXT NOT NULL, amount TEXT, currency TEXT)`
  yield* sql`CREATE TABLE IF NOT EXISTS for_a_person (idempotency_key TEXT PRIMARY KEY, reason TEXT, raw BLOB)`

  /** A handler is called at least once: the key and the effect are in one transaction, so the effect happens once. */
  const once = <E, R>(
    kind: string,
    { businessKey, merchantNo }: Notifications.ReceivedDecoded,
    effect: Effect.Effect<unknown, E, R>
  ) =>
    sql.withTransaction(
      Effect.gen(function* () {
        const row = { merchant_no: merchantNo, kind, business_key: businessKey }
        const fresh = yield* sql`INSERT INTO effects ${sql.insert(row)} ON CONFLICT DO NOTHING RETURNING 1`
        if (fresh.length > 0) {
          yield* effect
        }
      })
    )

  return Notifications.layer({
    // A notification is a hint: before access or money changes, ask the API (`kyc.get`, `cards.detail`).
    kyc: ({ data }) => Effect.log(`customer ${data.customerId}: KYC state ${data.auditState}`),
    threeDs: ({ data }) => Effect.log(`card ${data.cardId} waits for a decision on ${data.authId}`),
    trade: ({ data }, received) => {
      const row = {
        card_id: data.cardId,
        amount: data.amount?.text ?? null,
        currency: data.currency ?? null
      }
      return once("trade", received, sql`INSERT INTO spent ${sql.insert(row)}`).pipe(
        Effect.zipRight(Effect.log(`card ${data.cardId}: ${data.amount?.text} ${data.currency}`))
      )
    },
    // Verified, and nothing here can read it: keep it and look at it. Refused, it would come nine more times and be gone.
    unknown: ({ reason }, { idempotencyKey, raw }) => {
      const row = { idempotency_key: idempotencyKey, reason, raw: Redacted.value(raw) }
      return sql`INSERT INTO for_a_person ${sql.insert(row)} ON CONFLICT DO NOTHING`.pipe(
        Effect.zipRight(Effect.logWarning(`kept for a person: ${reason}`))
      )
    }
  })
})

/** OK is said once a transaction here has committed: this layer lets each commit wait for the disk. */
const database = Layer.unwrapEffect(
  Effect.map(Config.withDefault(Config.string("DATABASE"), "./received.sqlite"), (filename) =>
    Sqlite.layer({ filename })
  )
)

export const receiver = Layer.unwrapEffect(handlers).pipe(Layer.provide(merchants), Layer.provide(database))
