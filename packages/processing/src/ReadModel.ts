/**
 * What the toolkit holds of customers, cards and transactions, in the same database as the inbox. Customers and cards
 * are what the API said when it was asked; transactions are what the vendor reported, added up. `Handlers` write it,
 * inside the transaction that marks a notification handled; programs read it here.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Amount } from "@effect-yunmo/schema/Amount"
import type * as Card from "@effect-yunmo/schema/Card"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { CardId, CustomerId, MerchantNo, OrderNo } from "@effect-yunmo/schema/Ids"
import type * as Kyc from "@effect-yunmo/schema/Kyc"
import type * as Notification from "@effect-yunmo/schema/Notification"
import type * as BigDecimal from "effect/BigDecimal"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { freeText } from "./internal/columns.js"
import { prepared } from "./internal/migrations.js"
import * as Rows from "./internal/readModelRows.js"
import { alone, guarded } from "./internal/store.js"
import { StoreUnavailable } from "./ProcessingError.js"
import * as TransactionFold from "./TransactionFold.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Customer {
  readonly customerId: CustomerId
  /** The vendor's raw value. */
  readonly kycState: string
  /** What the contract said it means when it was read. */
  readonly kycMeaning: Option.Option<Contract.Meaning<"kycState">>
  readonly kycRemark: Option.Option<string>
  /** When the API was asked, epoch milliseconds. */
  readonly readAt: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface CardState {
  readonly cardId: CardId
  readonly customerId: Option.Option<CustomerId>
  readonly status: string
  readonly statusMeaning: Option.Option<Contract.Meaning<"cardStatus">>
  readonly balance: Option.Option<Amount>
  readonly currency: Option.Option<string>
  /** When the API was asked, epoch milliseconds. */
  readonly readAt: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Transaction {
  readonly orderNo: OrderNo
  readonly cardId: CardId
  readonly state: TransactionFold.State
  readonly currency: string
  readonly authorized: BigDecimal.BigDecimal
  readonly settled: BigDecimal.BigDecimal
  readonly reversed: BigDecimal.BigDecimal
  readonly refunded: BigDecimal.BigDecimal
  readonly lastEventTime: string
  readonly events: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReadModelService {
  readonly customer: (
    merchantNo: MerchantNo,
    customerId: CustomerId
  ) => Effect.Effect<Option.Option<Customer>, StoreUnavailable>
  readonly card: (
    merchantNo: MerchantNo,
    cardId: CardId
  ) => Effect.Effect<Option.Option<CardState>, StoreUnavailable>
  /** Of one card, by order number. */
  readonly transactions: (
    merchantNo: MerchantNo,
    cardId: CardId
  ) => Effect.Effect<ReadonlyArray<Transaction>, StoreUnavailable>
  /**
   * Writes what the API said of a customer when it was asked at `readAt`, unless something later stands there already. For use
   * inside a handler's transaction.
   */
  readonly putCustomer: (
    merchantNo: MerchantNo,
    status: Kyc.InHouseKycInfoVo,
    readAt: number
  ) => Effect.Effect<void, SqlError>
  /** Writes what the API said of a card, as `putCustomer` does. */
  readonly putCard: (
    merchantNo: MerchantNo,
    detail: Card.CardDetailVo,
    readAt: number
  ) => Effect.Effect<void, SqlError>
  /** Adds an event and adds its order up anew. For use inside a handler's transaction. */
  readonly addEvent: (
    merchantNo: MerchantNo,
    businessKey: string,
    data: Notification.Of<"Trade">["data"],
    inboxId: number
  ) => Effect.Effect<void, SqlError | StoreUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class ReadModel extends Context.Tag("@effect-yunmo/processing/ReadModel")<
  ReadModel,
  ReadModelService
>() {}

const decode =
  <A, I>(schema: Schema.Schema<A, I>, operation: string) =>
  (rows: ReadonlyArray<unknown>) =>
    Effect.mapError(
      Schema.decodeUnknown(Schema.Array(schema))(rows),
      (error) => new StoreUnavailable({ operation, reason: `a row does not fit: ${error.message}` })
    )

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<ReadModelService, never, SqlClient.SqlClient> = Effect.gen(function* () {
  const client = yield* SqlClient.SqlClient
  const sql = client.withoutTransforms()
  const contract = yield* Contract.Contract

  const eventsOf = (merchantNo: MerchantNo, orderNo: OrderNo) =>
    Effect.flatMap(
      sql`SELECT * FROM yunmo_transaction_events WHERE merchant_no = ${merchantNo} AND order_no = ${orderNo}`,
      decode(Rows.Event, "readModel.events")
    )

  return {
    customer: (merchantNo, customerId) =>
      sql`SELECT * FROM yunmo_customers WHERE merchant_no = ${merchantNo} AND customer_id = ${customerId}`.pipe(
        guarded("readModel.customer"),
        Effect.flatMap(decode(Rows.Customer, "readModel.customer")),
        Effect.map(([row]) => Option.map(Option.fromNullable(row), Rows.toCustomer))
      ),
    card: (merchantNo, cardId) =>
      sql`SELECT * FROM yunmo_cards WHERE merchant_no = ${merchantNo} AND card_id = ${cardId}`.pipe(
        guarded("readModel.card"),
        Effect.flatMap(decode(Rows.Card, "readModel.card")),
        Effect.map(([row]) => Option.map(Option.fromNullable(row), Rows.toCard))
      ),
    transactions: (merchantNo, cardId) =>
      sql`SELECT * FROM yunmo_transactions
        WHERE merchant_no = ${merchantNo} AND card_id = ${cardId} ORDER BY order_no`.pipe(
        guarded("readModel.transactions"),
        Effect.flatMap(decode(Rows.Transaction, "readModel.transactions")),
        Effect.map((rows) => rows.map(Rows.toTransaction))
      ),
    putCustomer: Effect.fn("ReadModel.putCustomer")(function* (merchantNo, status, readAt) {
      const row = {
        kyc_state: status.auditState,
        kyc_meaning: Option.getOrNull(Contract.meaningOf(contract, "kycState", status.auditState)),
        kyc_remark: status.auditRemark === undefined ? null : freeText(status.auditRemark),
        read_at: readAt
      }
      yield* sql`
        INSERT INTO yunmo_customers ${sql.insert({ merchant_no: merchantNo, customer_id: status.customerId, ...row })}
        ON CONFLICT (merchant_no, customer_id) DO UPDATE SET ${sql.update(row)}
        WHERE excluded.read_at >= yunmo_customers.read_at`
    }),
    putCard: Effect.fn("ReadModel.putCard")(function* (merchantNo, detail, readAt) {
      const row = {
        customer_id: detail.customerId ?? null,
        status: detail.status,
        status_meaning: Option.getOrNull(Contract.meaningOf(contract, "cardStatus", detail.status)),
        balance: detail.balance?.text ?? null,
        currency: detail.currency ?? null,
        read_at: readAt
      }
      yield* sql`
        INSERT INTO yunmo_cards ${sql.insert({ merchant_no: merchantNo, card_id: detail.cardId, ...row })}
        ON CONFLICT (merchant_no, card_id) DO UPDATE SET ${sql.update(row)}
        WHERE excluded.read_at >= yunmo_cards.read_at`
    }),
    addEvent: Effect.fn("ReadModel.addEvent")(function* (merchantNo, businessKey, data, inboxId) {
      const now = yield* Clock.currentTimeMillis
      yield* Effect.provideService(alone("order", merchantNo, data.orderNo), SqlClient.SqlClient, client)
      yield* sql`INSERT INTO yunmo_transaction_events ${sql.insert({
        ...Rows.eventRow(contract, businessKey, data),
        merchant_no: merchantNo,
        inbox_id: inboxId,
        recorded_at: now
      })}`
      const events = yield* eventsOf(merchantNo, data.orderNo)
      const row = Rows.transactionRow(
        Rows.cardOf(events),
        TransactionFold.fold(events.map(Rows.toEvent)),
        now
      )
      yield* sql`
        INSERT INTO yunmo_transactions ${sql.insert({ merchant_no: merchantNo, order_no: data.orderNo, ...row })}
        ON CONFLICT (merchant_no, order_no) DO UPDATE SET ${sql.update(row)}`
    })
  }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(ReadModel, Effect.zipRight(prepared, make))
