import * as Schema from "effect/Schema"

/** What the values of the vendor's enums can mean. */
export const meanings = {
  kycState: Schema.Literal("notSubmitted", "pending", "passed", "rejected"),
  livenessState: Schema.Literal("pending", "passed", "failed"),
  cardForm: Schema.Literal("virtual", "physical"),
  cardStatus: Schema.Literal("inProduction", "bound", "active", "frozen", "destroyed"),
  orderStatus: Schema.Literal("pending", "done", "failed"),
  adjustmentDirection: Schema.Literal("increase", "decrease"),
  threeDsResult: Schema.Literal("approve", "decline"),
  tradeKind: Schema.Literal(
    "authorization",
    "additionalAuthorization",
    "settlement",
    "cancellation",
    "refund",
    "transaction"
  ),
  tradeStatus: Schema.Literal("pending", "succeeded", "failed"),
  eventType: Schema.Literal("kyc", "threeDs", "trade")
} as const
