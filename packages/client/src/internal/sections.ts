/** The five sections of the vendor's API as interfaces, and what they take and answer. `Yunmo` exports all of them. */

import type { Amount } from "@effect-yunmo/schema/Amount"
import type * as Card from "@effect-yunmo/schema/Card"
import type {
  CustomerAddDto,
  CustomerAddVo,
  CustomerQueryDto,
  CustomerQueryVo
} from "@effect-yunmo/schema/Customer"
import type { AuthorizationId, CardId, CustomerId, MerchantOrderNo, OrderNo } from "@effect-yunmo/schema/Ids"
import type * as Kyc from "@effect-yunmo/schema/Kyc"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { CardJournalUnavailable } from "../CardJournal.js"
import type {
  CallError,
  CreationRefused,
  CreationUnsettled,
  OrderConflict,
  OrderFailed,
  OutcomeUnknown
} from "../ClientError.js"
import type { OrderJournalUnavailable } from "../OrderJournal.js"
import type { MoneyOutcome, Outcome } from "../Outcome.js"

/**
 * Money to move between the merchant and a card. `merchantOrderNo` is the order's name for good: the same number is sent once,
 * however often the effect is run, timed out or retried. Take the number of your own invoice or transfer, or one of
 * `cards.newOrderNo`, and keep it before you call.
 *
 * @since 0.1.0
 * @category models
 */
export interface BalanceAdjustment {
  readonly cardId: CardId
  /** Above zero; in the card's currency. */
  readonly amount: Amount
  readonly direction: "increase" | "decrease"
  readonly merchantOrderNo: MerchantOrderNo
}

/**
 * An adjustment that was executed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Adjustment {
  readonly merchantOrderNo: MerchantOrderNo
  readonly orderNo: OrderNo | undefined
}

/**
 * Nothing was executed.
 *
 * @since 0.1.0
 * @category models
 */
export type AdjustmentError = CallError | OrderFailed | OrderConflict | OrderJournalUnavailable

/**
 * A creation that made a card.
 *
 * @since 0.1.0
 * @category models
 */
export interface Creation {
  /** Which creation for this customer, from 1. */
  readonly number: number
  readonly cardId: CardId
}

/**
 * What a person has found out about a creation.
 *
 * @since 0.1.0
 * @category models
 */
export interface CreationDecision {
  /** Who decided; kept in the journal. */
  readonly by: string
  /** The card it made; not given when it made none. */
  readonly cardId?: CardId | undefined
}

/**
 * Nothing was executed.
 *
 * @since 0.1.0
 * @category models
 */
export type CreationError = CallError | CreationUnsettled | CardJournalUnavailable

/**
 * @since 0.1.0
 * @category models
 */
export type SettleCreationError = CallError | CreationRefused | CardJournalUnavailable

/**
 * @since 0.1.0
 * @category models
 */
export type SettleError = CallError | OrderFailed | OrderJournalUnavailable

/**
 * Section 1.3.
 *
 * @since 0.1.0
 * @category models
 */
export interface Auth {
  /**
   * Logs in now; every other call does so by itself when it has to. Answers when the token ends (epoch milliseconds), if
   * the vendor says it.
   */
  readonly login: Effect.Effect<{ readonly expireTime: number | undefined }, CallError>
}

/**
 * Section 2.
 *
 * @since 0.1.0
 * @category models
 */
export interface Customers {
  /** 2.1. `CustomerCodeExists` when the code is taken. A lost answer is settled by `query`. */
  readonly create: (input: CustomerAddDto) => Effect.Effect<CustomerAddVo, CallError | OutcomeUnknown>
  /** 2.2. By customer code or customer id: one of the two. */
  readonly query: (input: CustomerQueryDto) => Effect.Effect<CustomerQueryVo, CallError>
}

/**
 * Section 3.
 *
 * @since 0.1.0
 * @category models
 */
export interface KycChecks {
  /** 3.1. A lost answer is settled by `status`. */
  readonly submit: (input: Kyc.SubmitKycDto) => Effect.Effect<boolean, CallError | OutcomeUnknown>
  /** 3.2. The link is a secret: whoever has it can take the check. */
  readonly livenessUrl: (input: Kyc.GetLivenessUrlDto) => Effect.Effect<Kyc.LivenessUrlQueryDto, CallError>
  /** 3.3. SIBLING asks for no more than one in 10 seconds. */
  readonly livenessResult: (
    input: Kyc.GetLivenessResultDto
  ) => Effect.Effect<Kyc.LivenessResultQueryDto, CallError>
  /** 3.4. */
  readonly status: (input: Kyc.KycDto) => Effect.Effect<Kyc.InHouseKycInfoVo, CallError>
}

/**
 * Section 4.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cards {
  /** 4.01. The card products this merchant may open. */
  readonly samples: Effect.Effect<ReadonlyArray<Card.CardSampleInfoVo>, CallError>
  /**
   * 4.02. Has no key, so it goes one at a time per customer: the customer's cards are read (4.03) and journalled before it
   * is sent, once. While an earlier one is not settled it is `CreationUnsettled`, in every process of the merchant.
   * SIBLING asks for no more than one in 5 seconds per customer; `Policy` waits.
   */
  readonly createVirtual: (
    input: Card.CreateCardDto
  ) => Effect.Effect<Outcome<Card.CreateCardVo>, CreationError>
  /**
   * What became of the customer's latest creation, through the journal: what is not known is compared with 4.03, and is done
   * when exactly one new card of the sample is listed. None yet: ask again later. Several, or none for good: a person
   * decides. May be repeated.
   */
  readonly settleCreation: (customerId: CustomerId) => Effect.Effect<Outcome<Creation>, SettleCreationError>
  /** A person's word on a creation that `settleCreation` leaves unknown. A settled one keeps what it is. */
  readonly decideCreation: (
    customerId: CustomerId,
    decision: CreationDecision
  ) => Effect.Effect<Outcome<Creation>, SettleCreationError>
  /** 4.03. */
  readonly list: (input: Card.CardQueryDto) => Effect.Effect<ReadonlyArray<Card.CardQueryVo>, CallError>
  /** An order number that nobody else makes, for an order that has none of its own. Each run makes another. */
  readonly newOrderNo: Effect.Effect<MerchantOrderNo>
  /** 4.04. Journalled before it is sent; fails only where no money moved. */
  readonly adjustBalance: (
    adjustment: BalanceAdjustment
  ) => Effect.Effect<MoneyOutcome<Adjustment>, AdjustmentError>
  /** 4.05, through the journal: what became of an adjustment, written down. */
  readonly settleOrder: (
    merchantOrderNo: MerchantOrderNo
  ) => Effect.Effect<MoneyOutcome<Adjustment>, SettleError>
  /** 4.05 as it is. */
  readonly queryOrder: (
    input: Card.RechargeOrderQueryDto
  ) => Effect.Effect<Card.RechargeOrderQueryVo, CallError>
  /** 4.06. */
  readonly detail: (input: Card.CardDetailDto) => Effect.Effect<Card.CardDetailVo, CallError>
  /** 4.07. */
  readonly destroy: (input: Card.CardStatusUpdateDto) => Effect.Effect<boolean, CallError>
  /** 4.08. */
  readonly freeze: (input: Card.CardStatusUpdateDto) => Effect.Effect<boolean, CallError>
  /** 4.09. */
  readonly unfreeze: (input: Card.CardStatusUpdateDto) => Effect.Effect<boolean, CallError>
  /** 4.10. HTML that shows the card number: never log it. */
  readonly panHtml: (input: Card.CardPanHtmlDto) => Effect.Effect<Redacted.Redacted<string>, CallError>
  /** 4.11. The encrypted card number; the cipher is not documented. */
  readonly pan: (input: Card.CardPanEncryptDto) => Effect.Effect<Card.ApiEncryptVo, CallError>
  /** 4.12. */
  readonly pin: (
    input: Card.CardQueryPinDto
  ) => Effect.Effect<Card.ApiEncryptVo | Redacted.Redacted<string>, CallError>
  /** 4.13. */
  readonly updatePhone: (input: Card.CardPhoneDto) => Effect.Effect<boolean, CallError>
  /** 4.14. */
  readonly updateEmail: (input: Card.CardEmailDto) => Effect.Effect<boolean, CallError>
  /** 4.15. */
  readonly updateLimit: (input: Card.CardTradeLimitDto) => Effect.Effect<boolean, CallError>
  /** 4.16. A lost answer is settled by `list`. */
  readonly bindPhysical: (
    input: Card.BindCardDto
  ) => Effect.Effect<Card.BindCardVo, CallError | OutcomeUnknown>
  /** 4.17. The card must be bound first. A lost answer is settled by `detail`. */
  readonly activatePhysical: (input: Card.ActiveCardDto) => Effect.Effect<boolean, CallError | OutcomeUnknown>
}

/**
 * The answer to a 3-D Secure request.
 *
 * @since 0.1.0
 * @category models
 */
export interface ThreeDsDecision {
  readonly authId: AuthorizationId
  readonly cardId: CardId
  readonly decision: "approve" | "decline"
}

/**
 * Section 5.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transactions {
  /** 5.1. Sent once; a lost answer is never sent again. Write the decision down before calling this. */
  readonly confirmThreeDs: (decision: ThreeDsDecision) => Effect.Effect<Outcome<boolean>, CallError>
}
