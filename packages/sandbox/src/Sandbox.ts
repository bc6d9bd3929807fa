/**
 * The vendor on your machine: customers, KYC, cards, balances, orders, 3-D Secure and purchases as one state that all
 * 25 operations answer from, and signed notifications about it. It is not YUNMO: what the vendor has not documented is
 * PROPOSED here as it is in the contract, and follows the `Contract` when a merchant corrects it.
 *
 * A wrong call gets the vendor's code as its answer; a wrong move at the control surface fails with `MoveRefused`;
 * options that do not fit fail with `SandboxInvalid` when the layer is built. State lives in memory.
 *
 * @since 0.1.0
 */

import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Codec from "@effect-yunmo/schema/Codec"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Control from "./Control.js"
import * as Callback from "./internal/callback.js"
import { defaultResend as defaults } from "./internal/defaults.js"
import * as Engine from "./internal/engine.js"
import * as Kyc from "./internal/kyc.js"
import * as Orders from "./internal/orders.js"
import * as PhysicalCards from "./internal/physicalCards.js"
import * as Purchases from "./internal/purchases.js"
import { missing } from "./internal/refusal.js"
import * as ThreeDs from "./internal/threeDs.js"
import * as Views from "./internal/views.js"
import type { MoveRefused, SandboxInvalid } from "./SandboxError.js"
import type * as State from "./State.js"

/**
 * What the vendor answers with, HTTP 200 always.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly code: string
  readonly msg: string
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly data: Codec.JsonValue
}

/**
 * @since 0.1.0
 * @category models
 */
export interface SandboxService {
  /** Answers a request to the vendor's API, given as the raw bytes of its body. */
  readonly answer: (operation: Operation.Name, body: Uint8Array) => Effect.Effect<Answer>
  /** Whether this is the control credential, in a time that does not depend on how much of it is right. */
  readonly admits: (credential: Redacted.Redacted<string>) => Effect.Effect<boolean>

  /** Where notifications go from now on; those that waited go there at once. */
  readonly setCallback: (input: Control.SetCallback) => Effect.Effect<void, MoveRefused>
  readonly setMerchantEnabled: (input: Control.SetMerchantEnabled) => Effect.Effect<void, MoveRefused>
  /** Passes or rejects the KYC under review; the merchant is told. */
  readonly reviewKyc: (input: Control.ReviewKyc) => Effect.Effect<void, MoveRefused>
  /** The cardholder takes the liveness check. */
  readonly finishLiveness: (input: Control.FinishLiveness) => Effect.Effect<void, MoveRefused>
  /** A manufactured card that nobody has bound. */
  readonly makePhysicalCard: (
    input?: Control.MakePhysicalCard
  ) => Effect.Effect<Control.PhysicalCard, MoveRefused>
  /** A shop asks for money: kept back, or declined. The merchant is told, as of everything a shop does. */
  readonly authorize: (input: Control.Purchase) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  readonly additionalAuthorize: (
    input: Control.AdditionalAuthorization
  ) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** The shop takes the money of an authorization; what it does not take is released. */
  readonly settle: (input: Control.Posting) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** The shop gives an authorization up. */
  readonly cancel: (input: Control.Cancellation) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** The shop gives money back, after a settlement or a transaction. */
  readonly refund: (input: Control.Posting) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** A shop takes money at once, without an authorization. */
  readonly transaction: (input: Control.Purchase) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** A shop's bank asks for 3-D Secure; the merchant is told and answers by 5.1. */
  readonly requestThreeDs: (
    input: Control.ThreeDsRequest
  ) => Effect.Effect<Control.ThreeDsRequested, MoveRefused>
  /** Ends a pending order now. */
  readonly finishOrder: (input: Control.FinishOrder) => Effect.Effect<void, MoveRefused>

  readonly state: Effect.Effect<State.State>
  readonly ledger: (cardId: Ids.CardId) => Effect.Effect<ReadonlyArray<State.LedgerEntry>, MoveRefused>
  /** Every notification, oldest first. */
  readonly deliveries: Effect.Effect<ReadonlyArray<State.Delivery>>
  /** What decrypts the card numbers and PINs of a merchant, the first one unless named. */
  readonly cardKey: (merchantNo?: Ids.MerchantNo) => Effect.Effect<Control.CardKey, MoveRefused>
}

/**
 * The vendor on your machine.
 *
 * @since 0.1.0
 * @category services
 */
export class Sandbox extends Context.Tag("@effect-yunmo/sandbox/Sandbox")<Sandbox, SandboxService>() {}

/**
 * A merchant of the sandbox, with the keys it shows in the console.
 *
 * @since 0.1.0
 * @category options
 */
export interface MerchantOptions {
  readonly merchantNo: string
  readonly apiKey: Redacted.Redacted<string>
  readonly secretKey: Redacted.Redacted<string>
  /** Notifications wait while there is none. */
  readonly callbackUrl?: string | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly merchants: ReadonlyArray<MerchantOptions>
  /** The credential of the control surface. */
  readonly control: Redacted.Redacted<string>
  /** The same seed gives the same ids, card numbers, tokens and nonces. By chance when not given. */
  readonly seed?: string | number | undefined
  /** 2 hours unless set; the vendor's is not documented. */
  readonly tokenLifetime?: Duration.DurationInput | undefined
  /** How long a balance adjustment is pending: 250 milliseconds unless set. `Infinity`: until `finishOrder`. */
  readonly settleAfter?: Duration.DurationInput | undefined
  /** The waits before the second send of a notification, the third and so on; {@link defaultResend} unless set. */
  readonly resend?: ReadonlyArray<Duration.DurationInput> | undefined
  /** What a merchant order number given twice does; the vendor does not say. `refuse` (4000000) unless set. */
  readonly duplicateOrders?: "refuse" | "execute" | undefined
  /** Lets notifications leave this machine. They are signed, and other people may be listening. */
  readonly allowRemoteCallbacks?: boolean | undefined
}

/**
 * The waits before re-sends: 1, 2, 4, 8, 15 and 30 seconds (PROPOSED). The last one repeats, up to ten sends in all (VENDOR 6.1).
 *
 * @since 0.1.0
 * @category options
 */
export const defaultResend: ReadonlyArray<Duration.DurationInput> = defaults

/**
 * One merchant with keys that everybody may know, for tests and first steps.
 *
 * @since 0.1.0
 * @category options
 */
export const development: Options & { readonly merchants: readonly [MerchantOptions] } = {
  merchants: [
    {
      merchantNo: "BU000000001",
      apiKey: Redacted.make("sandbox-api-key"),
      secretKey: Redacted.make("sandbox-secret-key")
    }
  ],
  control: Redacted.make("sandbox-control")
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<SandboxService, SandboxInvalid, HttpClient.HttpClient | Scope.Scope> =>
  Effect.map(Engine.make(options), (engine) => {
    const { cardKeys, command, merchantOf, move, shop, world } = engine
    return {
      answer: Effect.fn("Sandbox.answer")(engine.answer),
      admits: engine.admits,

      setCallback: Effect.fn("Sandbox.setCallback")(function* ({ merchantNo, url }: Control.SetCallback) {
        const merchant = yield* move(() =>
          Either.gen(function* () {
            const merchant = yield* merchantOf(merchantNo)
            const callbackUrl = yield* Callback.check(url, options.allowRemoteCallbacks ?? false)
            world.merchants.set(merchant.merchantNo, { ...merchant, callbackUrl })
            return merchant
          })
        )
        yield* engine.wake(merchant.merchantNo)
      }, Effect.uninterruptible),
      setMerchantEnabled: Effect.fn("Sandbox.setMerchantEnabled")((input: Control.SetMerchantEnabled) =>
        move(() =>
          Either.map(merchantOf(input.merchantNo), (merchant) => {
            world.merchants.set(merchant.merchantNo, { ...merchant, enabled: input.enabled })
          })
        )
      ),
      reviewKyc: Effect.fn("Sandbox.reviewKyc")((input: Control.ReviewKyc) =>
        move((step) => Kyc.review(step, input.customerId, input.result, input.remark))
      ),
      finishLiveness: Effect.fn("Sandbox.finishLiveness")((input: Control.FinishLiveness) =>
        move((step) => Kyc.finishLiveness(step, input.customerId, input.result))
      ),
      makePhysicalCard: Effect.fn("Sandbox.makePhysicalCard")((input: Control.MakePhysicalCard = {}) =>
        move((step) =>
          Either.map(merchantOf(input.merchantNo), ({ merchantNo }) =>
            PhysicalCards.manufacture(step, merchantNo)
          )
        )
      ),
      authorize: Effect.fn("Sandbox.authorize")((input: Control.Purchase) =>
        shop((step) => Purchases.authorize(step, input))
      ),
      additionalAuthorize: Effect.fn("Sandbox.additionalAuthorize")(
        (input: Control.AdditionalAuthorization) => shop((step) => Purchases.authorizeMore(step, input))
      ),
      settle: Effect.fn("Sandbox.settle")((input: Control.Posting) =>
        shop((step) => Purchases.settle(step, input))
      ),
      cancel: Effect.fn("Sandbox.cancel")((input: Control.Cancellation) =>
        shop((step) => Purchases.cancel(step, input.orderNo))
      ),
      refund: Effect.fn("Sandbox.refund")((input: Control.Posting) =>
        shop((step) => Purchases.refund(step, input))
      ),
      transaction: Effect.fn("Sandbox.transaction")((input: Control.Purchase) =>
        shop((step) => Purchases.transact(step, input))
      ),
      requestThreeDs: Effect.fn("Sandbox.requestThreeDs")(
        ({ expiresInSeconds = 300, ...input }: Control.ThreeDsRequest) =>
          Effect.map(
            move((step) =>
              ThreeDs.request(step, { ...input, expiresIn: Math.round(expiresInSeconds * 1000) })
            ),
            ({ authId, expiresAt }) => ({ authId, expiresAt })
          )
      ),
      finishOrder: Effect.fn("Sandbox.finishOrder")((input: Control.FinishOrder) =>
        move((step) =>
          Either.flatMap(merchantOf(input.merchantNo), ({ merchantNo }) =>
            Orders.finish(step, merchantNo, input.merchantOrderNo, input.result)
          )
        )
      ),

      state: Effect.withSpan(
        command((step) => Effect.sync(() => Views.state(world, step.now))),
        "Sandbox.state"
      ),
      ledger: Effect.fn("Sandbox.ledger")((cardId: Ids.CardId) =>
        move(() =>
          world.cards.has(cardId)
            ? Either.right((world.ledger.get(cardId) ?? []).map(Views.ledgerEntry))
            : Either.left(missing("card", cardId))
        )
      ),
      deliveries: Effect.withSpan(
        Effect.sync(() => Array.from(world.deliveries.values()).sort((left, right) => left.id - right.id)),
        "Sandbox.deliveries"
      ),
      cardKey: Effect.fn("Sandbox.cardKey")(function* (merchantNo?: Ids.MerchantNo) {
        const merchant = yield* move(() => merchantOf(merchantNo))
        const { privateKey, publicKey } = yield* cardKeys(merchant.merchantNo)
        return { publicKey, privateKey }
      })
    }
  })

/**
 * A sandbox with these options. Notifications go out through the `HttpClient` in the context.
 *
 * @example
 * ```ts
 * import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
 * import * as Redacted from "effect/Redacted"
 *
 * const sandbox = Sandbox.layer({
 *   merchants: [
 *     {
 *       merchantNo: "BU000000001",
 *       apiKey: Redacted.make("an API key"),
 *       secretKey: Redacted.make("a-secret-key"),
 *       callbackUrl: "http://127.0.0.1:8787/yunmo/notifications"
 *     }
 *   ],
 *   control: Redacted.make("a credential")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Sandbox, SandboxInvalid, HttpClient.HttpClient> =>
  Layer.scoped(Sandbox, make(options))

/**
 * A sandbox for tests: {@link development}, changed by what is given.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = (
  options: Partial<Options> = {}
): Layer.Layer<Sandbox, SandboxInvalid, HttpClient.HttpClient> => layer({ ...development, ...options })
