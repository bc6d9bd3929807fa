/**
 * What the sandbox shows of itself: every customer, card, order, transaction and 3-D Secure request, each card's
 * ledger, and each notification with every attempt to deliver it. Card numbers are masked. Amounts are exact; over HTTP
 * they are strings. Times are epoch milliseconds.
 *
 * @since 0.1.0
 */
import { AmountFromWire } from "@effect-yunmo/schema/Amount"
import { Meanings } from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Schema from "effect/Schema"
import { CallFault, NotificationFault } from "./Fault.js"
import { described } from "./internal/described.js"

/**
 * One of the sandbox's merchants. Its keys are not shown.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Merchant = Schema.Struct({
  merchantNo: Ids.MerchantNo,
  enabled: Schema.Boolean,
  callbackUrl: Schema.optional(Schema.String)
}).annotations({
  identifier: "Merchant",
  description: "One of the sandbox's merchants. Its keys are not shown."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Merchant = typeof Merchant.Type

/**
 * A customer; `liveness` is the state of the check that counts, absent when there is none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Customer = Schema.Struct({
  customerId: Ids.CustomerId,
  merchantNo: Ids.MerchantNo,
  customerCode: Ids.CustomerCode,
  kyc: Meanings.kycState,
  remark: Schema.optional(Schema.String),
  liveness: Schema.optional(Meanings.livenessState),
  createdAt: Schema.Number
}).annotations({
  identifier: "Customer",
  description: "A customer; `liveness` is the state of the check that counts, absent when there is none."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Customer = typeof Customer.Type

/**
 * A card and its money in US dollars: `balance` is booked and always the sum of the card's ledger, `held` is kept back
 * for open authorizations and pending decreases, `available` is the difference. 4.06 answers with `balance`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Card = Schema.Struct({
  cardId: Ids.CardId,
  merchantNo: Ids.MerchantNo,
  customerId: Schema.optional(Ids.CustomerId),
  cardSampleId: Ids.CardSampleId,
  form: Meanings.cardForm,
  status: Meanings.cardStatus,
  maskedCardNumber: Schema.String,
  currency: Schema.String,
  balance: AmountFromWire,
  held: AmountFromWire,
  available: AmountFromWire,
  singleLimit: Schema.optional(AmountFromWire),
  dailyLimit: Schema.optional(AmountFromWire),
  monthlyLimit: Schema.optional(AmountFromWire),
  email: Schema.optional(Schema.String),
  dialCode: Schema.optional(Schema.String),
  phoneNumber: Schema.optional(Schema.String),
  createdAt: Schema.Number
}).annotations({
  identifier: "Card",
  description:
    "A card and its money in US dollars: `balance` is booked and always the sum of the card's ledger, `held` is kept back for open authorizations and pending decreases, `available` is the difference. 4.06 answers with `balance`."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Card = typeof Card.Type

/**
 * Money that moved on a card: above zero onto it, below zero off it. `reference` is the order or sub-order number.
 *
 * @since 0.1.0
 * @category schemas
 */
export const LedgerEntry = Schema.Struct({
  at: Schema.Number,
  cause: Schema.Literal("increase", "decrease", "settlement", "refund", "transaction"),
  reference: Schema.String,
  amount: AmountFromWire
}).annotations({
  identifier: "LedgerEntry",
  description:
    "Money that moved on a card: above zero onto it, below zero off it. `reference` is the order or sub-order number."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type LedgerEntry = typeof LedgerEntry.Type

/**
 * A balance adjustment (4.04).
 *
 * @since 0.1.0
 * @category schemas
 */
export const Order = Schema.Struct({
  orderNo: Ids.OrderNo,
  merchantNo: Ids.MerchantNo,
  merchantOrderNo: Ids.MerchantOrderNo,
  cardId: Ids.CardId,
  direction: Meanings.adjustmentDirection,
  amount: AmountFromWire,
  status: Meanings.orderStatus,
  createdAt: Schema.Number
}).annotations({ identifier: "Order", description: "A balance adjustment (4.04)." })
/**
 * @since 0.1.0
 * @category schemas
 */
export type Order = typeof Order.Type

/**
 * One event of a purchase, as `TRADE` told it: `amount` in the shop's currency, `principal` in the card's. A declined
 * one is `failed` and says why.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Transaction = Schema.Struct({
  subOrderNo: Ids.SubOrderNo,
  orderNo: Ids.OrderNo,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  kind: Meanings.tradeKind,
  status: Meanings.tradeStatus,
  amount: AmountFromWire,
  currency: Schema.String,
  principal: AmountFromWire,
  merchantName: Schema.optional(Schema.String),
  declineReason: Schema.optional(Schema.String),
  at: Schema.Number
}).annotations({
  identifier: "Transaction",
  description:
    "One event of a purchase, as `TRADE` told it: `amount` in the shop's currency, `principal` in the card's. A declined one is `failed` and says why."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Transaction = typeof Transaction.Type

/**
 * A 3-D Secure request and what became of it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ThreeDs = Schema.Struct({
  authId: Ids.AuthorizationId,
  merchantNo: Ids.MerchantNo,
  cardId: Ids.CardId,
  amount: AmountFromWire,
  currency: Schema.String,
  merchantName: Schema.optional(Schema.String),
  createdAt: Schema.Number,
  expiresAt: Schema.Number,
  decision: Schema.Literal("pending", "approved", "declined", "expired"),
  decidedAt: Schema.optional(Schema.Number)
}).annotations({ identifier: "ThreeDs", description: "A 3-D Secure request and what became of it." })
/**
 * @since 0.1.0
 * @category schemas
 */
export type ThreeDs = typeof ThreeDs.Type

/**
 * One send of a notification: the HTTP status and the first 200 characters of the answer, or why there was none.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Attempt = Schema.Struct({
  at: Schema.Number,
  status: Schema.optional(Schema.Number),
  answer: Schema.optional(Schema.String),
  error: Schema.optional(Schema.String),
  /** What was sent, where it differs from the delivery's `body`. */
  body: Schema.optional(Schema.String).annotations({
    description: "What was sent, where it differs from the delivery's `body`."
  })
}).annotations({
  identifier: "Attempt",
  description:
    "One send of a notification: the HTTP status and the first 200 characters of the answer, or why there was none."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Attempt = typeof Attempt.Type

/**
 * How far a notification is. `waiting` is for a callback URL, `held` back by a fault, `sending` until it is acknowledged;
 * `abandoned` was sent for the last time without an acknowledgement, or was never to be sent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const DeliveryStatus = Schema.Literal("waiting", "held", "sending", "acknowledged", "abandoned")
/**
 * @since 0.1.0
 * @category schemas
 */
export type DeliveryStatus = typeof DeliveryStatus.Type

/**
 * A notification. `body` is the very text that is sent, the same each time unless a fault says otherwise.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Delivery = Schema.Struct({
  id: Schema.Number,
  merchantNo: Ids.MerchantNo,
  eventType: Schema.String,
  eventName: Schema.String,
  /** The card or customer it is about. */
  subject: Schema.optional(Schema.String).annotations({ description: "The card or customer it is about." }),
  body: Schema.String,
  createdAt: Schema.Number,
  status: DeliveryStatus,
  /** The faults that made it what it is. */
  faults: described(Schema.Array(NotificationFault), "The faults that made it what it is."),
  /** The id of the notification that it contradicts or duplicates. */
  echoOf: Schema.optional(Schema.Number).annotations({
    description: "The id of the notification that it contradicts or duplicates."
  }),
  /** When it is sent next, if it is. */
  nextAttemptAt: Schema.optional(Schema.Number).annotations({
    description: "When it is sent next, if it is."
  }),
  attempts: Schema.Array(Attempt)
}).annotations({
  identifier: "Delivery",
  description:
    "A notification. `body` is the very text that is sent, the same each time unless a fault says otherwise."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Delivery = typeof Delivery.Type

/**
 * @since 0.1.0
 * @category schemas
 */
export const State = Schema.Struct({
  merchants: Schema.Array(Merchant),
  customers: Schema.Array(Customer),
  cards: Schema.Array(Card),
  orders: Schema.Array(Order),
  transactions: Schema.Array(Transaction),
  threeDs: Schema.Array(ThreeDs)
}).annotations({ identifier: "State", description: "Everything that there is, or the newest of each list." })
/**
 * @since 0.1.0
 * @category schemas
 */
export type State = typeof State.Type

/**
 * The sandbox's clock. `ahead` is how much later than the machine's it is, in milliseconds; a frozen one stands still between moves.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Clock = Schema.Struct({
  now: Schema.Number,
  iso: Schema.String,
  frozen: Schema.Boolean,
  ahead: Schema.Number,
  /** When the next thing happens by itself, if anything does. */
  nextAt: Schema.optional(Schema.Number).annotations({
    description: "When the next thing happens by itself, if anything does."
  })
}).annotations({
  identifier: "Clock",
  description:
    "The sandbox's clock. `ahead` is how much later than the machine's it is, in milliseconds; a frozen one stands still between moves."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Clock = typeof Clock.Type

/**
 * A call to the vendor's API. `code` is absent where the fault left no answer with one.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Call = Schema.Struct({
  at: Schema.Number,
  operation: Schema.String,
  merchantNo: Schema.optional(Schema.String),
  /** What the sandbox decided, `200` say, though a fault may have kept the caller from learning it. Absent: it was not executed. */
  code: Schema.optional(Schema.String).annotations({
    description:
      "What the sandbox decided, `200` say, though a fault may have kept the caller from learning it. Absent: it was not executed."
  }),
  fault: Schema.optional(CallFault)
}).annotations({
  identifier: "Call",
  description: "A call to the vendor's API. `code` is absent where the fault left no answer with one."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Call = typeof Call.Type

/**
 * The calls since the start or the last reset: how many of each kind, and the last thousand, oldest first.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Calls = Schema.Struct({
  counts: Schema.Array(
    Schema.Struct({
      operation: Schema.String,
      code: Schema.optional(Schema.String),
      fault: Schema.optional(CallFault),
      count: Schema.Number
    })
  ),
  latest: Schema.Array(Call)
}).annotations({
  identifier: "Calls",
  description:
    "The calls since the start or the last reset: how many of each kind, and the last thousand, oldest first."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Calls = typeof Calls.Type

/**
 * The sandbox in figures. `booked` is what all ledgers sum up to, and always what all balances do.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Summary = Schema.Struct({
  clock: Clock,
  merchants: Schema.Array(Merchant),
  customers: Schema.Number,
  cards: Schema.Number,
  orders: Schema.Number,
  ordersPending: Schema.Number,
  transactions: Schema.Number,
  threeDs: Schema.Number,
  threeDsPending: Schema.Number,
  balances: AmountFromWire,
  booked: AmountFromWire,
  calls: Schema.Number,
  deliveries: Schema.Record({ key: DeliveryStatus, value: Schema.Number }),
  /** Acknowledged notifications that are no longer kept. */
  deliveriesForgotten: described(Schema.Number, "Acknowledged notifications that are no longer kept.")
}).annotations({
  identifier: "Summary",
  description:
    "The sandbox in figures. `booked` is what all ledgers sum up to, and always what all balances do."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Summary = typeof Summary.Type

/**
 * A snapshot that the sandbox can go back to.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Snapshot = Schema.Struct({ name: Schema.String, at: Schema.Number }).annotations({
  identifier: "Snapshot",
  description: "A snapshot that the sandbox can go back to."
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type Snapshot = typeof Snapshot.Type
