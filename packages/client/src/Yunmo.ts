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

import type * as HttpClient from "@effect/platform/HttpClient"
import type { MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as BaseUrl from "./BaseUrl.js"
import type { CardJournal } from "./CardJournal.js"
import type { CallError } from "./ClientError.js"
import type { CredentialsService, Keys } from "./Credentials.js"
import type { Auth, Cards, Customers, KycChecks, Transactions } from "./internal/sections.js"
import * as Service from "./internal/service.js"
import type { OrderJournal } from "./OrderJournal.js"
import type { Outcome } from "./Outcome.js"
import type * as Raw from "./Raw.js"

export type {
  Adjustment,
  AdjustmentError,
  Auth,
  BalanceAdjustment,
  Cards,
  Creation,
  CreationDecision,
  CreationError,
  Customers,
  KycChecks,
  SettleCreationError,
  SettleError,
  ThreeDsDecision,
  Transactions
} from "./internal/sections.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface YunmoService {
  readonly merchantNo: MerchantNo
  /** The keys, which can be changed while running. */
  readonly credentials: CredentialsService
  readonly auth: Auth
  readonly customers: Customers
  readonly kyc: KycChecks
  readonly cards: Cards
  readonly transactions: Transactions
  /**
   * What the table lacks: an operation by its name, or a path, with `data` by the vendor's names. Same signing, session,
   * limits and errors; the answer as it is. Whether it may be repeated is yours to say (`options.safety`): when nothing is
   * said, it is sent once and a lost answer is `Unknown`. Moving money and creating cards are refused here, since their
   * journals would not know.
   *
   * @example
   * ```ts
   * import * as Outcome from "@effect-yunmo/client/Outcome"
   * import { Yunmo } from "@effect-yunmo/client/Yunmo"
   * import * as Effect from "effect/Effect"
   *
   * const label = Effect.flatMap(Yunmo, (yunmo) =>
   *   yunmo.call("/card/label", { cardId: "CD1", label: "travel" }).pipe(Outcome.orFail)
   * )
   * ```
   */
  readonly call: (
    operation: string,
    data: Raw.Data,
    options?: Raw.Options
  ) => Effect.Effect<Outcome<Raw.Answer>, CallError>
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
  /** Further live keys, while some are being changed: tried when the vendor refuses those above. See `Credentials`. */
  readonly accepted?: ReadonlyArray<Keys> | undefined
  /** The vendor's sandbox when not given; production has to be given. */
  readonly baseUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: (
  options: Options
) => Effect.Effect<
  YunmoService,
  BaseUrl.BaseUrlInvalid,
  HttpClient.HttpClient | OrderJournal | CardJournal | Scope.Scope
> = Service.make

/**
 * The API for one merchant, with options given as values. Takes the `Contract` from the context, the proposed one when
 * there is none.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<Yunmo, BaseUrl.BaseUrlInvalid, HttpClient.HttpClient | OrderJournal | CardJournal> =>
  Layer.scoped(Yunmo, make(options))

/**
 * The API for one merchant, with options from config.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<
  Yunmo,
  BaseUrl.BaseUrlInvalid | ConfigError,
  HttpClient.HttpClient | OrderJournal | CardJournal
> => Layer.scoped(Yunmo, Effect.flatMap(Config.unwrap(options), make))
