/**
 * The client's card journal in SQL: the durable one. A row is committed with full sync before the first byte of a creation
 * leaves, and its number keeps other processes from creating a card for the same customer meanwhile.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import { CardId, CardSampleId, CustomerId, MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Whole } from "./internal/columns.js"
import { prepared } from "./internal/migrations.js"
import { guarded, insideTransaction, transaction } from "./internal/store.js"
import type { StoreUnavailable } from "./ProcessingError.js"

const Cards = Schema.parseJson(Schema.Array(CardId))

const Row = Schema.Struct({
  merchant_no: MerchantNo,
  customer_id: CustomerId,
  creation: Whole,
  card_sample_id: CardSampleId,
  cards_before: Cards,
  state: CardJournal.State,
  card_id: Schema.NullOr(CardId),
  note: Schema.String,
  created_at: Whole,
  updated_at: Whole
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

const toEntry = (row: typeof Row.Type): CardJournal.Entry => ({
  merchantNo: row.merchant_no,
  customerId: row.customer_id,
  number: row.creation,
  cardSampleId: row.card_sample_id,
  before: row.cards_before,
  state: row.state,
  cardId: Option.fromNullable(row.card_id),
  note: row.note,
  createdAt: row.created_at,
  updatedAt: row.updated_at
})

const unavailable = (error: { readonly message: string }) =>
  new CardJournal.CardJournalUnavailable({ description: error.message })

const entries = (rows: Effect.Effect<ReadonlyArray<unknown>, StoreUnavailable>) =>
  rows.pipe(
    Effect.flatMap(decodeRows),
    Effect.mapBoth({ onFailure: unavailable, onSuccess: (decoded) => decoded.map(toEntry) })
  )

const first = (found: ReadonlyArray<CardJournal.Entry>) => Option.fromNullable(found[0])

/**
 * A journal in a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<CardJournal.CardJournalService, never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (client) => {
    const sql = client.withoutTransforms()
    return {
      latest: Effect.fn("CardJournal.latest")((merchantNo: MerchantNo, customerId: CustomerId) =>
        Effect.map(
          entries(
            sql`SELECT * FROM yunmo_creations
              WHERE merchant_no = ${merchantNo} AND customer_id = ${customerId}
              ORDER BY creation DESC LIMIT 1`.pipe(guarded("creations.latest"))
          ),
          first
        )
      ),
      begin: Effect.fn("CardJournal.begin")(function* (creation: CardJournal.Creation) {
        if (yield* insideTransaction) {
          return yield* new CardJournal.CardJournalUnavailable({
            description:
              "a creation may not be begun inside a transaction, whose rollback would forget it after it was sent"
          })
        }
        const now = yield* Clock.currentTimeMillis
        const entry = CardJournal.opened(creation, now)
        // Either this call wrote the row, or somebody else is at it. In a transaction of its own, whose commit waits for the
        // disk and of which no other statement on this connection is part.
        const written = yield* sql`
          INSERT INTO yunmo_creations ${sql.insert({
            merchant_no: entry.merchantNo,
            customer_id: entry.customerId,
            creation: entry.number,
            card_sample_id: entry.cardSampleId,
            cards_before: JSON.stringify(entry.before),
            state: entry.state,
            note: entry.note,
            created_at: now,
            updated_at: now
          })}
          ON CONFLICT DO NOTHING RETURNING creation`.pipe(
          transaction("creations.begin"),
          Effect.provideService(SqlClient.SqlClient, client),
          Effect.mapError(unavailable)
        )
        return written.length > 0
      }),
      record: Effect.fn("CardJournal.record")(function* ({ customerId, merchantNo, number }, finding) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`
          UPDATE yunmo_creations SET
            state = ${finding.state}, card_id = ${Option.getOrNull(finding.cardId)}, note = ${finding.note},
            updated_at = ${now}
          WHERE merchant_no = ${merchantNo} AND customer_id = ${customerId} AND creation = ${number}
            AND state IN ('open', 'unknown')`.pipe(guarded("creations.record"), Effect.mapError(unavailable))
        return yield* Effect.map(
          entries(
            sql`SELECT * FROM yunmo_creations
              WHERE merchant_no = ${merchantNo} AND customer_id = ${customerId} AND creation = ${number}`.pipe(
              guarded("creations.find")
            )
          ),
          first
        )
      }),
      unsettled: (merchantNo) =>
        entries(
          sql`SELECT * FROM yunmo_creations
            WHERE merchant_no = ${merchantNo} AND state IN ('open', 'unknown')
            ORDER BY created_at, customer_id`.pipe(guarded("creations.unsettled"))
        )
    }
  }
)

/**
 * The card journal in the open database, once its tables are made and full sync is ascertained.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(CardJournal.CardJournal, Effect.zipRight(prepared, make))
