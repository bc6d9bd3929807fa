/**
 * The client's order journal in SQL: the durable one. A row is committed with full sync before the first byte of an order
 * leaves; states only move forward.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import { CardId, MerchantNo, MerchantOrderNo, OrderNo } from "@effect-yunmo/schema/Ids"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AmountText, Whole } from "./internal/columns.js"
import { prepared } from "./internal/migrations.js"
import { guarded, insideTransaction, transaction } from "./internal/store.js"
import type { StoreUnavailable } from "./ProcessingError.js"

const Row = Schema.Struct({
  merchant_no: MerchantNo,
  merchant_order_no: MerchantOrderNo,
  card_id: CardId,
  direction: Schema.Literal("increase", "decrease"),
  amount: AmountText,
  state: OrderJournal.State,
  order_no: Schema.NullOr(OrderNo),
  note: Schema.String,
  created_at: Whole,
  updated_at: Whole
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

const toEntry = (row: typeof Row.Type): OrderJournal.Entry => ({
  merchantNo: row.merchant_no,
  merchantOrderNo: row.merchant_order_no,
  cardId: row.card_id,
  direction: row.direction,
  amount: row.amount,
  state: row.state,
  orderNo: Option.fromNullable(row.order_no),
  note: row.note,
  createdAt: row.created_at,
  updatedAt: row.updated_at
})

const unavailable = (error: { readonly message: string }) =>
  new OrderJournal.OrderJournalUnavailable({ description: error.message })

const entries = (rows: Effect.Effect<ReadonlyArray<unknown>, StoreUnavailable>) =>
  rows.pipe(
    Effect.flatMap(decodeRows),
    Effect.mapBoth({ onFailure: unavailable, onSuccess: (decoded) => decoded.map(toEntry) })
  )

const first = (found: ReadonlyArray<OrderJournal.Entry>) => Option.fromNullable(found[0])

/**
 * A journal in a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<OrderJournal.OrderJournalService, never, SqlClient.SqlClient> = Effect.map(
  SqlClient.SqlClient,
  (client) => {
    const sql = client.withoutTransforms()
    const find: OrderJournal.OrderJournalService["find"] = (merchantNo, merchantOrderNo) =>
      Effect.map(
        entries(
          sql`SELECT * FROM yunmo_orders
            WHERE merchant_no = ${merchantNo} AND merchant_order_no = ${merchantOrderNo}`.pipe(
            guarded("orders.find")
          )
        ),
        first
      )
    return {
      begin: Effect.fn("OrderJournal.begin")(function* (order: OrderJournal.Order) {
        if (yield* insideTransaction) {
          return yield* new OrderJournal.OrderJournalUnavailable({
            description:
              "an order may not be begun inside a transaction, whose rollback would forget it after it was sent"
          })
        }
        const now = yield* Clock.currentTimeMillis
        const entry = OrderJournal.opened(order, now)
        // Either this call wrote the row, or the row was there. In a transaction of its own, whose commit waits for the disk
        // and of which no other statement on this connection is part.
        const written = yield* sql`
          INSERT INTO yunmo_orders ${sql.insert({
            merchant_no: entry.merchantNo,
            merchant_order_no: entry.merchantOrderNo,
            card_id: entry.cardId,
            direction: entry.direction,
            amount: entry.amount.text,
            state: entry.state,
            note: entry.note,
            created_at: now,
            updated_at: now
          })}
          ON CONFLICT (merchant_no, merchant_order_no) DO NOTHING RETURNING merchant_order_no`.pipe(
          transaction("orders.begin"),
          Effect.provideService(SqlClient.SqlClient, client),
          Effect.mapError(unavailable)
        )
        return written.length > 0 ? Option.none() : yield* find(order.merchantNo, order.merchantOrderNo)
      }),
      record: Effect.fn("OrderJournal.record")(function* (merchantNo, merchantOrderNo, finding) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`
          UPDATE yunmo_orders SET
            state = ${finding.state}, note = ${finding.note}, updated_at = ${now},
            order_no = coalesce(${Option.getOrNull(finding.orderNo)}, order_no)
          WHERE merchant_no = ${merchantNo} AND merchant_order_no = ${merchantOrderNo}
            AND state NOT IN ('done', 'failed', 'refused')`.pipe(
          guarded("orders.record"),
          Effect.mapError(unavailable)
        )
        return yield* find(merchantNo, merchantOrderNo)
      }),
      find,
      unsettled: (merchantNo) =>
        entries(
          sql`SELECT * FROM yunmo_orders
            WHERE merchant_no = ${merchantNo} AND state IN ('open', 'pending', 'unknown')
            ORDER BY created_at, merchant_order_no`.pipe(guarded("orders.unsettled"))
        )
    }
  }
)

/**
 * The order journal in the open database, once its tables are made and full sync is ascertained.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(OrderJournal.OrderJournal, Effect.zipRight(prepared, make))
