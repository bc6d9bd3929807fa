/**
 * What can go wrong with a call besides the vendor's own codes. Each error holds data only and prints one sentence;
 * none of them holds a secret, a request or an answer.
 *
 * @since 0.1.0
 */
import type { DataInvalid } from "@effect-yunmo/schema/Codec"
import type { ResponseError } from "@effect-yunmo/schema/ResponseError"
import * as Schema from "effect/Schema"

/** The vendor's time of the answer, epoch milliseconds, when there was an answer that said it. */
const vendorTime = Schema.optionalWith(Schema.Number, { exact: true })

const call = {
  /** The operation that was called, `createCustomer` say. */
  operation: Schema.String,
  /** Which attempt of the call, from 1. */
  attempt: Schema.Number
}

/**
 * The input does not fit, or cannot be signed as the vendor's rules have it. Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class RequestInvalid extends Schema.TaggedError<RequestInvalid>()("RequestInvalid", {
  operation: Schema.String,
  problems: Schema.Array(Schema.Struct({ path: Schema.String, problem: Schema.String }))
}) {
  override get message(): string {
    const list = this.problems.map(({ path, problem }) => (path === "" ? problem : `${path} ${problem}`))
    return `${this.operation} was not sent: ${list.join("; ")}. Correct the input.`
  }
}

/**
 * The connection failed, before or after the request was sent: nobody can tell which.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  ...call,
  description: Schema.String
}) {
  override get message(): string {
    return `${this.operation} got no answer (attempt ${this.attempt}): ${this.description}. Check the network and the base URL.`
  }
}

/**
 * No answer within the time of one attempt, or of the whole call.
 *
 * @since 0.1.0
 * @category errors
 */
export class RequestTimedOut extends Schema.TaggedError<RequestTimedOut>()("RequestTimedOut", {
  ...call,
  /** The setting of `Policy` that ran out. */
  limit: Schema.Literal("attemptTimeout", "deadline"),
  /** Milliseconds of that setting. */
  timeout: Schema.Number
}) {
  override get message(): string {
    return `${this.operation} got no answer within ${this.timeout} ms (attempt ${this.attempt}). Raise ${this.limit} in the policy if the vendor is known to be slow.`
  }
}

const waitedFor = {
  concurrency: "a place among the calls under way (concurrency)",
  rate: "its turn under the rate limit (rates)",
  customer: "the end of the creation before it for the same customer",
  journal: "the answer of the journal that it has to stand in first"
} as const

/**
 * The call waited for its turn under a limit of this client, or for its journal, until its deadline had passed: this attempt
 * was never sent. Of an operation that is sent once, nothing was executed.
 *
 * @since 0.1.0
 * @category errors
 */
export class LimitReached extends Schema.TaggedError<LimitReached>()("LimitReached", {
  /** The operation that was called, `createVirtualCard` say. */
  operation: Schema.String,
  /** The attempt that was not sent, from 1. */
  attempt: Schema.Number,
  /** What it waited for: `concurrency` and `rate` are settings of `Policy`, `customer` is one creation at a time, `journal` the order or card journal. */
  limit: Schema.Literal("concurrency", "rate", "customer", "journal"),
  /** Milliseconds of the policy's `deadline`. */
  timeout: Schema.Number
}) {
  override get message(): string {
    return `${this.operation} was not sent (attempt ${this.attempt}): within ${this.timeout} ms it did not get ${waitedFor[this.limit]}. Call again later, or change the policy.`
  }
}

/**
 * An HTTP status other than 200. The vendor answers every call with 200 and a code, so this came from something else.
 *
 * @since 0.1.0
 * @category errors
 */
export class HttpStatusUnexpected extends Schema.TaggedError<HttpStatusUnexpected>()("HttpStatusUnexpected", {
  ...call,
  status: Schema.Number,
  path: Schema.String,
  /** Where the path comes from; PROPOSED paths have to be corrected from the vendor's documentation. */
  pathSource: Schema.String
}) {
  override get message(): string {
    const hint =
      this.pathSource === "PROPOSED" && (this.status === 404 || this.status === 405)
        ? `The path ${this.path} is a proposal of this toolkit: correct it in the contract from the vendor's documentation.`
        : this.status >= 300 && this.status < 400
          ? "Redirects are not followed, because the request carries secrets: give the final address as base URL."
          : "Check the base URL, and any proxy in between."
    return `${this.operation} was answered with HTTP ${this.status} (attempt ${this.attempt}). ${hint}`
  }
}

/**
 * An answer with HTTP 200 that cannot be read: no JSON, too large, not the envelope, a wrong signature, or `data` of
 * another shape.
 *
 * @since 0.1.0
 * @category errors
 */
export class ResponseInvalid extends Schema.TaggedError<ResponseInvalid>()("ResponseInvalid", {
  ...call,
  reason: Schema.Literal("TooLarge", "Unreadable", "SignatureInvalid", "Envelope", "Data"),
  /** Where it went wrong and what was expected there; never what was found. */
  problems: Schema.Array(Schema.Struct({ path: Schema.String, problem: Schema.String })),
  vendorTime
}) {
  override get message(): string {
    const list = this.problems.map(({ path, problem }) => (path === "" ? problem : `${path} ${problem}`))
    return `The answer to ${this.operation} cannot be read (${this.reason}, attempt ${this.attempt}): ${list.join("; ")}. If the vendor's documentation says otherwise, correct the contract.`
  }
}

/**
 * What may have failed on the way.
 *
 * @since 0.1.0
 * @category models
 */
export type NetworkError = TransportFailed | RequestTimedOut | HttpStatusUnexpected | ResponseInvalid

/**
 * Everything a call can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type CallError = RequestInvalid | LimitReached | NetworkError | ResponseError

/**
 * Whether the request was executed is not known: the answer was lost, or said nothing that could be relied on. Do not
 * send it again; ask by the query named in `settle`.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutcomeUnknown extends Schema.TaggedError<OutcomeUnknown>()("OutcomeUnknown", {
  ...call,
  /** The key by which it can be settled: the merchant's order number, a customer code; empty when there is none. */
  key: Schema.String,
  /** What a person or program does next. */
  settle: Schema.String,
  /** What happened, one sentence. */
  reason: Schema.String,
  /** The vendor's code, when a code made it unknown: -1, 3000000, 3000001, 4000000, or one that nobody names. */
  code: Schema.optionalWith(Schema.String, { exact: true }),
  vendorTime
}) {
  override get message(): string {
    return `Whether ${this.operation}${this.key === "" ? "" : ` ${this.key}`} was executed is not known: ${this.reason} ${this.settle}`
  }
}

/**
 * The order was accepted and has not been executed yet.
 *
 * @since 0.1.0
 * @category errors
 */
export class OutcomePending extends Schema.TaggedError<OutcomePending>()("OutcomePending", {
  operation: Schema.String,
  key: Schema.String
}) {
  override get message(): string {
    return `${this.operation} ${this.key} was accepted and is still pending. Settle it again later.`
  }
}

/**
 * No money moved, and none will under this order number: the vendor accepted the order and then failed it, or refused
 * it before execution when it was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class OrderFailed extends Schema.TaggedError<OrderFailed>()("OrderFailed", {
  operation: Schema.String,
  key: Schema.String,
  state: Schema.Literal("failed", "refused"),
  /** What the vendor said of it, its raw order status included; one sentence. */
  reason: Schema.String
}) {
  override get message(): string {
    const what =
      this.state === "failed"
        ? `The vendor failed order ${this.key}`
        : `Order ${this.key} was refused before execution`
    return `${what}; no money moved. ${this.reason} A new attempt needs a new order number.`
  }
}

/**
 * The same merchant order number was used for another adjustment.
 *
 * @since 0.1.0
 * @category errors
 */
export class OrderConflict extends Schema.TaggedError<OrderConflict>()("OrderConflict", {
  merchantOrderNo: Schema.String
}) {
  override get message(): string {
    return `Order number ${this.merchantOrderNo} is already in the journal with another card, amount or direction. Use a new number for a new adjustment.`
  }
}

/**
 * An earlier creation for this customer is not settled, so no other may be sent: the two could not be told apart.
 * Nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class CreationUnsettled extends Schema.TaggedError<CreationUnsettled>()("CreationUnsettled", {
  operation: Schema.String,
  customerId: Schema.String,
  /** Which creation for this customer stands in the way, from 1. */
  creation: Schema.Number,
  /** What the journal knows of it. */
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.operation} was not sent: creation ${this.creation} for customer ${this.customerId} is not settled (${this.reason}). Settle that one with cards.settleCreation, then call again if another card is wanted.`
  }
}

/**
 * No card was made, and none will be by this creation: the vendor refused it before execution, or a person decided so.
 *
 * @since 0.1.0
 * @category errors
 */
export class CreationRefused extends Schema.TaggedError<CreationRefused>()("CreationRefused", {
  operation: Schema.String,
  customerId: Schema.String,
  /** Which creation for this customer, from 1. */
  creation: Schema.Number,
  /** One sentence. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Creation ${this.creation} for customer ${this.customerId} made no card. ${this.reason} Call cards.createVirtual for a new one.`
  }
}

/** A problem list from data that does not fit. */
export const requestInvalid = (operation: string, invalid: DataInvalid): RequestInvalid =>
  new RequestInvalid({ operation, problems: invalid.problems })
