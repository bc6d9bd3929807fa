/**
 * What the control surface takes and gives: it makes happen what a cardholder, a shop, a bank or the vendor's staff
 * would. The `Sandbox` service takes the same values that `ControlApi` reads from JSON.
 *
 * @since 0.1.0
 */
import { PositiveAmountFromWire } from "@effect-yunmo/schema/Amount"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { described } from "./internal/described.js"
import * as InstantText from "./internal/instant.js"
import { DeliveryStatus } from "./State.js"

/** A misspelt field is refused: passed over, it would make something else happen than was asked for. */
const strict = { parseOptions: { errors: "all", onExcessProperty: "error" } } as const

/** Goes into a signed notification, so it has to be text that every reader reads the same. */
const Words = Schema.NonEmptyTrimmedString.pipe(
  Schema.maxLength(200),
  Schema.filter((text) => !/\p{Surrogate}/u.test(text) || "expected text without halves of surrogate pairs")
)

const Currency = Schema.String.pipe(
  Schema.pattern(/^[A-Z]{3}$/, { message: () => "expected an ISO 4217 code such as USD" })
)

/** The only merchant, or the first, when it is not given. */
const merchantNo = Schema.optional(Ids.MerchantNo)

/**
 * @since 0.1.0
 * @category inputs
 */
export const SetCallback = Schema.Struct({ url: Schema.String, merchantNo }).annotations({
  ...strict,
  identifier: "SetCallback",
  description: "Where a merchant's notifications go."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type SetCallback = typeof SetCallback.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const SetMerchantEnabled = Schema.Struct({ enabled: Schema.Boolean, merchantNo }).annotations({
  ...strict,
  identifier: "SetMerchantEnabled",
  description: "Whether a merchant is on."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type SetMerchantEnabled = typeof SetMerchantEnabled.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const ReviewKyc = Schema.Struct({
  customerId: Ids.CustomerId,
  result: Schema.Literal("passed", "rejected"),
  remark: Schema.optional(Words)
}).annotations({
  ...strict,
  identifier: "ReviewKyc",
  description: "The end of a KYC review; `remark` is what the merchant is told with it."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type ReviewKyc = typeof ReviewKyc.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const FinishLiveness = Schema.Struct({
  customerId: Ids.CustomerId,
  result: Schema.Literal("passed", "failed")
}).annotations({ ...strict, identifier: "FinishLiveness", description: "The end of a liveness check." })
/**
 * @since 0.1.0
 * @category inputs
 */
export type FinishLiveness = typeof FinishLiveness.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const MakePhysicalCard = Schema.Struct({ merchantNo }).annotations({
  ...strict,
  identifier: "MakePhysicalCard",
  description: "Whose physical card it will be."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type MakePhysicalCard = typeof MakePhysicalCard.Type

/**
 * @since 0.1.0
 * @category outputs
 */
export const PhysicalCard = Schema.Struct({
  cardId: Ids.CardId,
  sku: Schema.String,
  activationCode: Schema.Redacted(Schema.String)
}).annotations({
  identifier: "PhysicalCard",
  description:
    "What stands on the letter of a manufactured card; `cardId` is what it answers to from then on."
})
/**
 * @since 0.1.0
 * @category outputs
 */
export type PhysicalCard = typeof PhysicalCard.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const Purchase = Schema.Struct({
  cardId: Ids.CardId,
  amount: PositiveAmountFromWire,
  currency: Currency,
  principal: Schema.optional(PositiveAmountFromWire),
  merchantName: Schema.optional(Words)
}).annotations({
  ...strict,
  identifier: "Purchase",
  description:
    "A purchase at a shop. `amount` is in the shop's `currency`; `principal`, in the card's, is made by a fixed rate when it is not given."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type Purchase = typeof Purchase.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const AdditionalAuthorization = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: PositiveAmountFromWire,
  principal: Schema.optional(PositiveAmountFromWire)
}).annotations({
  ...strict,
  identifier: "AdditionalAuthorization",
  description: "More on an open authorization, in its currency."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type AdditionalAuthorization = typeof AdditionalAuthorization.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const Settlement = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: Schema.optional(PositiveAmountFromWire),
  principal: Schema.optional(PositiveAmountFromWire),
  final: Schema.optional(Schema.Boolean)
}).annotations({
  ...strict,
  identifier: "Settlement",
  description:
    "A settlement: of all that is authorized when no amount is given. One that is not `final` leaves the rest authorized, as of a shop that sends a purchase in parts; a final one, as it is unless said otherwise, releases it."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type Settlement = typeof Settlement.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const Refund = Schema.Struct({
  orderNo: Ids.OrderNo,
  amount: Schema.optional(PositiveAmountFromWire),
  principal: Schema.optional(PositiveAmountFromWire)
}).annotations({
  ...strict,
  identifier: "Refund",
  description: "A refund: of all there is when no amount is given."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type Refund = typeof Refund.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const Cancellation = Schema.Struct({ orderNo: Ids.OrderNo }).annotations({
  ...strict,
  identifier: "Cancellation",
  description: "Which authorization is given up."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type Cancellation = typeof Cancellation.Type

/**
 * @since 0.1.0
 * @category outputs
 */
export const ShopAnswer = Schema.Struct({
  orderNo: Ids.OrderNo,
  subOrderNo: Ids.SubOrderNo,
  status: Schema.Literal("succeeded", "failed"),
  declineReason: Schema.optional(Schema.String)
}).annotations({
  identifier: "ShopAnswer",
  description: "What a shop is told: `failed` when the card declined, with the reason."
})
/**
 * @since 0.1.0
 * @category outputs
 */
export type ShopAnswer = typeof ShopAnswer.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const ThreeDsRequest = Schema.Struct({
  cardId: Ids.CardId,
  amount: PositiveAmountFromWire,
  currency: Currency,
  merchantName: Schema.optional(Words),
  expiresInSeconds: Schema.optional(Schema.Number.pipe(Schema.between(0, 86_400)))
}).annotations({
  ...strict,
  identifier: "ThreeDsRequest",
  description: "A 3-D Secure request, open for 300 seconds unless set."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type ThreeDsRequest = typeof ThreeDsRequest.Type

/**
 * @since 0.1.0
 * @category outputs
 */
export const ThreeDsRequested = Schema.Struct({
  authId: Ids.AuthorizationId,
  expiresAt: Schema.Number
}).annotations({
  identifier: "ThreeDsRequested",
  description: "The request that the merchant was told of, and until when it can answer."
})
/**
 * @since 0.1.0
 * @category outputs
 */
export type ThreeDsRequested = typeof ThreeDsRequested.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const FinishOrder = Schema.Struct({
  merchantOrderNo: Ids.MerchantOrderNo,
  result: Schema.Literal("done", "failed"),
  merchantNo
}).annotations({
  ...strict,
  identifier: "FinishOrder",
  description: "How a pending balance adjustment ends."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type FinishOrder = typeof FinishOrder.Type

/**
 * @since 0.1.0
 * @category outputs
 */
export const CardKey = Schema.Struct({
  publicKey: described(Schema.String, "SubjectPublicKeyInfo, as it stands in the answers."),
  privateKey: described(Schema.Redacted(Schema.String), "PKCS #8.")
}).annotations({
  identifier: "CardKey",
  description:
    "What decrypts the answers of 4.11 and 4.12: RSA-OAEP with SHA-256 (PROPOSED), keys and data in base64."
})
/**
 * @since 0.1.0
 * @category outputs
 */
export type CardKey = typeof CardKey.Type

/**
 * An instant as text: ISO 8601 with a zone, such as `2026-03-01T09:30:00Z`, or a day alone in UTC. A day that there is not, February 30
 * say, is refused.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Instant: Schema.Schema<DateTime.Utc, string> = Schema.transformOrFail(
  Schema.String,
  Schema.DateTimeUtcFromSelf,
  {
    strict: true,
    decode: (text, _options, ast) =>
      Either.fromOption(InstantText.read(text), () => new ParseResult.Type(ast, text)),
    encode: (instant) => Either.right(DateTime.formatIso(instant))
  }
).annotations({
  identifier: "Instant",
  message: () => "expected an instant with its zone such as 2026-03-01T09:30:00Z",
  // Here it is complete, and OpenAPI adds nothing to it.
  jsonSchema: {
    type: "string",
    format: "date-time",
    description: "An instant as text: ISO 8601 with a zone, such as `2026-03-01T09:30:00Z`."
  }
})

/**
 * @since 0.1.0
 * @category inputs
 */
export const MoveClock = Schema.Struct({
  bySeconds: Schema.optional(
    Schema.Number.pipe(Schema.finite(), Schema.between(0, 3_153_600_000))
  ).annotations({ description: "How far forward, in seconds; either this or `to`." }),
  to: Schema.optional(Instant).annotations({
    description: "ISO 8601 with a zone: `2026-03-01T09:30:00Z`."
  })
})
  // Here and not after the filter: OpenAPI has no word for that, and takes no description from it.
  .annotations({
    identifier: "MoveClock",
    description:
      "Moves the sandbox's clock forward: by seconds, or to an instant. Reviews, orders, deadlines, tokens and re-sends follow it."
  })
  .pipe(
    Schema.filter(
      ({ bySeconds, to }) => (bySeconds === undefined) !== (to === undefined) || "give either bySeconds or to"
    )
  )
  .annotations(strict)
/**
 * @since 0.1.0
 * @category inputs
 */
export type MoveClock = typeof MoveClock.Type

/**
 * @since 0.1.0
 * @category inputs
 */
export const SnapshotName = Schema.Struct({
  name: Schema.String.pipe(
    Schema.pattern(/^[\w.-]{1,64}$/, {
      message: () => "expected 1 to 64 letters, digits, dots, dashes or underscores"
    })
  )
}).annotations({
  ...strict,
  identifier: "SnapshotName",
  description: "The name of a snapshot: to take it, or to go back to it."
})
/**
 * @since 0.1.0
 * @category inputs
 */
export type SnapshotName = typeof SnapshotName.Type

// The queries have no identifier: behind a reference OpenAPI would not see their fields.
const Last = Schema.NumberFromString.pipe(Schema.int(), Schema.positive()).annotations({
  jsonSchema: { type: "integer", minimum: 1 }
})

/**
 * How much of the state to show: the `last` ones of each list, oldest first; all of them when it is not given.
 *
 * @since 0.1.0
 * @category inputs
 */
export const StateQuery = Schema.Struct({
  last: Schema.optional(Last).annotations({
    description: "Only so many of each list, the newest ones; oldest first all the same."
  })
}).annotations(strict)
/**
 * @since 0.1.0
 * @category inputs
 */
export type StateQuery = typeof StateQuery.Type

/**
 * How many of the latest calls to show; a thousand when it is not given.
 *
 * @since 0.1.0
 * @category inputs
 */
export const CallsQuery = Schema.Struct({
  last: Schema.optional(Last).annotations({
    description: "Only so many of the latest calls, a thousand at most; oldest first."
  })
}).annotations(strict)
/**
 * @since 0.1.0
 * @category inputs
 */
export type CallsQuery = typeof CallsQuery.Type

/**
 * Which notifications to show, oldest first: those with a greater id than `after`, `limit` of them at most; or the `last` ones.
 *
 * @since 0.1.0
 * @category inputs
 */
export const DeliveriesQuery = Schema.Struct({
  after: Schema.optional(
    Schema.NumberFromString.pipe(Schema.int(), Schema.nonNegative()).annotations({
      jsonSchema: { type: "integer", minimum: 0 }
    })
  ).annotations({ description: "Only those with a greater id." }),
  limit: Schema.optional(Last).annotations({
    description: "So many at most, the oldest ones: for paging with `after`."
  }),
  last: Schema.optional(Last).annotations({ description: "So many at most, the newest ones; oldest first." }),
  status: Schema.optional(DeliveryStatus).annotations({ description: "Only those that are this far." })
}).annotations(strict)
/**
 * @since 0.1.0
 * @category inputs
 */
export type DeliveriesQuery = typeof DeliveriesQuery.Type
