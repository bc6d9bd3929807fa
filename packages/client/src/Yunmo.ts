/**
 * The YUNMO API as one service: all 25 operations, grouped by section of the vendor's documentation, over one session
 * of one merchant.
 *
 * Reads and idempotent operations are tried again by themselves (see `Policy`). What may not be repeated blindly
 * answers with an `Outcome`, in which "not known" is a value. Every response code of the vendor is an error of its own
 * name.
 *
 * @since 0.1.0
 */

import * as HttpClient from "@effect/platform/HttpClient"
import type { Amount } from "@effect-yunmo/schema/Amount"
import type * as Card from "@effect-yunmo/schema/Card"
import * as Contract from "@effect-yunmo/schema/Contract"
import type {
  CustomerAddDto,
  CustomerAddVo,
  CustomerQueryDto,
  CustomerQueryVo
} from "@effect-yunmo/schema/Customer"
import type { AuthorizationId, CardId, MerchantNo, MerchantOrderNo, OrderNo } from "@effect-yunmo/schema/Ids"
import type * as Kyc from "@effect-yunmo/schema/Kyc"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as BaseUrl from "./BaseUrl.js"
import {
  type CallError,
  type OrderConflict,
  type OrderFailed,
  type OutcomeUnknown,
  RequestInvalid
} from "./ClientError.js"
import * as Call from "./internal/call.js"
import * as Money from "./internal/money.js"
import * as Session from "./internal/session.js"
import { type Endpoint, httpOf } from "./internal/transport.js"
import { OrderJournal, type OrderJournalUnavailable } from "./OrderJournal.js"
import type { MoneyOutcome, Outcome } from "./Outcome.js"
import * as Policy from "./Policy.js"

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
  /** 4.02. Has no key: what is not known is settled by looking at the customer's cards. */
  readonly createVirtual: (input: Card.CreateCardDto) => Effect.Effect<Outcome<Card.CreateCardVo>, CallError>
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

/**
 * @since 0.1.0
 * @category models
 */
export interface YunmoService {
  readonly merchantNo: MerchantNo
  readonly auth: Auth
  readonly customers: Customers
  readonly kyc: KycChecks
  readonly cards: Cards
  readonly transactions: Transactions
}

/**
 * The YUNMO API for one merchant.
 *
 * @example
 * ```ts
 * import { Yunmo } from "@effect-yunmo/client/Yunmo"
 * import { CustomerCode } from "@effect-yunmo/schema/Ids"
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.gen(function* () {
 *   const yunmo = yield* Yunmo
 *   return yield* yunmo.customers.create({ customerCode: CustomerCode.make("test0001") })
 * }).pipe(Effect.catchTag("CustomerCodeExists", () => Effect.logInfo("is a customer already")))
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class Yunmo extends Context.Tag("@effect-yunmo/client/Yunmo")<Yunmo, YunmoService>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly merchantNo: MerchantNo
  readonly apiKey: Redacted.Redacted<string>
  readonly secretKey: Redacted.Redacted<string>
  /** The vendor's sandbox when not given; production has to be given. */
  readonly baseUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<YunmoService, BaseUrl.BaseUrlInvalid, HttpClient.HttpClient | OrderJournal | Scope.Scope> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const journal = yield* OrderJournal
    const contract = yield* Contract.Contract
    const policy = yield* Policy.Policy
    const { merchantNo } = options
    const endpoint: Endpoint = {
      baseUrl: yield* BaseUrl.fromText(options.baseUrl ?? contract.sandboxUrl),
      merchantNo,
      key: SigningKey.make("signing", options.secretKey),
      apiKey: options.apiKey,
      contract,
      http: httpOf(http)
    }
    const session = yield* Session.make(Effect.provideService(Call.logIn(endpoint), Policy.Policy, policy))
    const caller = Call.make(endpoint, session)
    const { keyed, once, retried } = caller
    const money = Money.make(endpoint, caller, journal)

    return {
      merchantNo,
      auth: {
        login: Effect.map(caller.login, ({ expireTime }) => ({ expireTime }))
      },
      customers: {
        create: (input) =>
          keyed("createCustomer", input, {
            key: input.customerCode,
            advice: "Ask with customers.query by the customer code."
          }),
        query: (input) =>
          (input.customerCode === undefined) === (input.customerId === undefined)
            ? new RequestInvalid({
                operation: "queryCustomer",
                problems: [{ path: "", problem: "give either customerCode or customerId" }]
              })
            : retried("queryCustomer", input)
      },
      kyc: {
        submit: (input) =>
          keyed("submitKyc", input, { key: input.customerId, advice: "Ask with kyc.status." }),
        livenessUrl: (input) => retried("getLivenessUrl", input),
        livenessResult: (input) => retried("getLivenessResult", input),
        status: (input) => retried("getKycStatus", input)
      },
      cards: {
        samples: retried("listCardSamples", {}),
        createVirtual: (input) =>
          once("createVirtualCard", input, {
            key: "",
            advice:
              "Do not send it again: compare the customer's cards (cards.list) with those known before, and let a person decide when more than one is new."
          }),
        list: (input) => retried("listCustomerCards", input),
        newOrderNo: money.mint,
        adjustBalance: money.adjust,
        settleOrder: money.settle,
        queryOrder: (input) => retried("queryTopUpOrder", input),
        detail: (input) => retried("getCardDetail", input),
        destroy: (input) => retried("destroyCard", input),
        freeze: (input) => retried("freezeCard", input),
        unfreeze: (input) => retried("unfreezeCard", input),
        panHtml: (input) => retried("getCardPanHtml", input),
        pan: (input) => retried("getCardPan", input),
        pin: (input) => retried("getCardPin", input),
        updatePhone: (input) => retried("updateCardPhone", input),
        updateEmail: (input) => retried("updateCardEmail", input),
        updateLimit: (input) => retried("updateCardLimit", input),
        bindPhysical: (input) =>
          keyed("bindPhysicalCard", input, {
            key: input.sku,
            advice: "Ask with cards.list for the customer."
          }),
        activatePhysical: (input) =>
          keyed("activatePhysicalCard", input, { key: input.cardId, advice: "Ask with cards.detail." })
      },
      transactions: {
        confirmThreeDs: ({ authId, cardId, decision }) =>
          Option.match(Contract.wireValueOf(contract, "threeDsResult", decision), {
            onNone: () =>
              new RequestInvalid({
                operation: "confirmThreeDs",
                problems: [{ path: "decision", problem: `the contract has no value for ${decision}` }]
              }),
            onSome: (result) =>
              once(
                "confirmThreeDs",
                { authId, cardId, result },
                {
                  key: authId,
                  advice: "Do not send it again: the transaction that follows shows what was decided."
                }
              )
          })
      }
    }
  })

/**
 * The API for one merchant, with options given as values. Takes the `Contract` from the context, the proposed one when
 * there is none.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Yunmo, BaseUrl.BaseUrlInvalid, HttpClient.HttpClient | OrderJournal> =>
  Layer.scoped(Yunmo, make(options))

/**
 * The API for one merchant, with options from config.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<Yunmo, BaseUrl.BaseUrlInvalid | ConfigError, HttpClient.HttpClient | OrderJournal> =>
  Layer.scoped(Yunmo, Effect.flatMap(Config.unwrap(options), make))
