import * as Contract from "@effect-yunmo/schema/Contract"
import { CardId, CustomerId, OrderNo } from "@effect-yunmo/schema/Ids"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as ReadModel from "../ReadModel.js"
import type * as TransactionFold from "../TransactionFold.js"
import { AmountText, DecimalText, freeText, sumText, Whole } from "./columns.js"

export const Customer = Schema.Struct({
  customer_id: CustomerId,
  kyc_state: Schema.String,
  kyc_meaning: Schema.NullOr(Contract.Meanings.kycState),
  kyc_remark: Schema.NullOr(Schema.String),
  read_at: Whole
})

export const toCustomer = (row: typeof Customer.Type): ReadModel.Customer => ({
  customerId: row.customer_id,
  kycState: row.kyc_state,
  kycMeaning: Option.fromNullable(row.kyc_meaning),
  kycRemark: Option.fromNullable(row.kyc_remark),
  readAt: row.read_at
})

export const Card = Schema.Struct({
  card_id: CardId,
  customer_id: Schema.NullOr(CustomerId),
  status: Schema.String,
  status_meaning: Schema.NullOr(Contract.Meanings.cardStatus),
  balance: Schema.NullOr(AmountText),
  currency: Schema.NullOr(Schema.String),
  read_at: Whole
})

export const toCard = (row: typeof Card.Type): ReadModel.CardState => ({
  cardId: row.card_id,
  customerId: Option.fromNullable(row.customer_id),
  status: row.status,
  statusMeaning: Option.fromNullable(row.status_meaning),
  balance: Option.fromNullable(row.balance),
  currency: Option.fromNullable(row.currency),
  readAt: row.read_at
})

export const Event = Schema.Struct({
  business_key: Schema.String,
  sub_order_no: Schema.String,
  card_id: Schema.String,
  kind: Schema.NullOr(Contract.Meanings.tradeKind),
  status: Schema.NullOr(Contract.Meanings.tradeStatus),
  status_raw: Schema.NullOr(Schema.String),
  amount: Schema.NullOr(AmountText),
  currency: Schema.String,
  event_time: Schema.String
})

export const toEvent = (row: typeof Event.Type): TransactionFold.Event => ({
  businessKey: row.business_key,
  subOrderNo: row.sub_order_no,
  kind: row.kind ?? undefined,
  status: row.status ?? (row.status_raw === null ? undefined : "unknown"),
  amount: row.amount ?? undefined,
  currency: row.currency,
  eventTime: row.event_time
})

/**
 * The card of an order: that of its latest event. All events of an order should name one card; when they do not, the
 * answer still does not depend on which arrived first.
 */
export const cardOf = (events: ReadonlyArray<typeof Event.Type>): string =>
  events.reduce(
    (last, event) =>
      event.event_time > last.event_time ||
      (event.event_time === last.event_time && event.business_key > last.business_key)
        ? event
        : last,
    { event_time: "", business_key: "", card_id: "" }
  ).card_id

export const eventRow = (
  contract: Contract.ContractService,
  businessKey: string,
  data: Notification.Of<"Trade">["data"]
) => {
  const kind = data[contract.tradeKindField]
  return {
    business_key: businessKey,
    order_no: data.orderNo,
    sub_order_no: data.subOrderNo ?? "",
    card_id: data.cardId,
    kind: Option.getOrNull(Contract.meaningOf(contract, "tradeKind", kind)),
    kind_raw: kind === undefined ? null : freeText(kind),
    status: Option.getOrNull(Contract.meaningOf(contract, "tradeStatus", data.status)),
    status_raw: data.status === undefined ? null : freeText(data.status),
    amount: data.amount?.text ?? null,
    currency: freeText(data.currency ?? ""),
    event_time: freeText(data.eventTime ?? ""),
    merchant_name: data.terminalMerchantName === undefined ? null : freeText(data.terminalMerchantName)
  }
}

export const Transaction = Schema.Struct({
  order_no: OrderNo,
  card_id: CardId,
  state: Schema.Literal(
    "unknown",
    "declined",
    "pending",
    "authorized",
    "partlySettled",
    "settled",
    "reversed",
    "partlyRefunded",
    "refunded"
  ),
  currency: Schema.String,
  authorized: DecimalText,
  settled: DecimalText,
  reversed: DecimalText,
  refunded: DecimalText,
  last_event_time: Schema.String,
  events: Whole
})

export const toTransaction = (row: typeof Transaction.Type): ReadModel.Transaction => ({
  orderNo: row.order_no,
  cardId: row.card_id,
  state: row.state,
  currency: row.currency,
  authorized: row.authorized,
  settled: row.settled,
  reversed: row.reversed,
  refunded: row.refunded,
  lastEventTime: row.last_event_time,
  events: row.events
})

export const transactionRow = (cardId: string, folded: TransactionFold.Transaction, now: number) => ({
  card_id: cardId,
  state: folded.state,
  currency: folded.currency,
  authorized: sumText(folded.authorized),
  settled: sumText(folded.settled),
  reversed: sumText(folded.reversed),
  refunded: sumText(folded.refunded),
  last_event_time: folded.lastEventTime,
  events: folded.events,
  updated_at: now
})
