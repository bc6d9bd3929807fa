/**
 * The vendor on your machine: customers, KYC, cards, balances, orders, 3-D Secure and purchases as one state that all
 * 25 operations answer from, and signed notifications about it. It is not YUNMO: what the vendor has not documented is
 * PROPOSED here as it is in the contract, and follows the `Contract` when a merchant corrects it.
 *
 * A wrong call gets the vendor's code as its answer; a wrong move at the control surface fails with `MoveRefused`;
 * options that do not fit fail with `SandboxInvalid` when the layer is built. State lives in memory (`layer`) or in a SQLite
 * database (`layerSql`), which fails with `StoreUnusable`.
 *
 * @since 0.1.0
 */

import type * as HttpClient from "@effect/platform/HttpClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type * as Control from "./Control.js"
import type * as Fault from "./Fault.js"
import { defaultResend as defaults } from "./internal/defaults.js"
import * as Engine from "./internal/engine.js"
import * as Fit from "./internal/fit.js"
import * as Service from "./internal/service.js"
import * as SqlStore from "./internal/sqlStore.js"
import * as Store from "./internal/store.js"
import type * as Rules from "./Rules.js"
import { type MoveRefused, SandboxInvalid, type StoreUnusable } from "./SandboxError.js"
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
 * What a caller gets back: the vendor's answer, unless it is a bad day.
 *
 * @since 0.1.0
 * @category models
 */
export type Reply =
  /** An answer, with HTTP 200. */
  | { readonly _tag: "Answered"; readonly answer: Answer }
  /** Something that no vendor should send. */
  | { readonly _tag: "Text"; readonly status: number; readonly contentType: string; readonly text: string }
  /** The connection is closed without an answer, or reset. */
  | { readonly _tag: "Closed"; readonly reset: boolean }

/**
 * @since 0.1.0
 * @category models
 */
export interface SandboxService {
  /** What comes back for a request to the vendor's API, given as the raw bytes of its body; `from` is the caller's address. */
  readonly reply: (operation: Operation.Name, body: Uint8Array, from?: string) => Effect.Effect<Reply>
  /** Whether this is the control credential, in a time that does not depend on how much of it is right. */
  readonly admits: (credential: Redacted.Redacted<string>) => Effect.Effect<boolean>
  /** Whether the control surface answers other machines too: {@link Options.allowRemoteControl}. */
  readonly allowsRemoteControl: boolean

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
  /** The shop takes the money of an authorization; what it does not take is released, unless it is not final. */
  readonly settle: (input: Control.Settlement) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** The shop gives an authorization up. */
  readonly cancel: (input: Control.Cancellation) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** The shop gives money back, after a settlement or a transaction. */
  readonly refund: (input: Control.Refund) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** A shop takes money at once, without an authorization. */
  readonly transaction: (input: Control.Purchase) => Effect.Effect<Control.ShopAnswer, MoveRefused>
  /** A shop's bank asks for 3-D Secure; the merchant is told and answers by 5.1. */
  readonly requestThreeDs: (
    input: Control.ThreeDsRequest
  ) => Effect.Effect<Control.ThreeDsRequested, MoveRefused>
  /** Ends a pending order now. */
  readonly finishOrder: (input: Control.FinishOrder) => Effect.Effect<void, MoveRefused>

  /** Changes how strict the sandbox is and how long things take; gives all rules as they are then. */
  readonly setRules: (changes: Rules.Changes) => Effect.Effect<Rules.Rules>
  readonly rules: Effect.Effect<Rules.Rules>
  /**
   * Makes it a bad day of this kind from now on; an empty plan, a good one. Refuses a code that is the contract's of success.
   */
  readonly setFaults: (plan: Fault.Plan) => Effect.Effect<Fault.Report, MoveRefused>
  /** The plan in force, with how often each of its rules has fired. */
  readonly faults: Effect.Effect<Fault.Report>
  /**
   * Moves the clock forward. What is due until then happens one after the other, each at its own time, with its notifications
   * sent before the next; returns when all of it has happened.
   */
  readonly moveClock: (input: Control.MoveClock) => Effect.Effect<State.Clock, MoveRefused>
  readonly clock: Effect.Effect<State.Clock>
  /** Remembers everything under a name, which may have been used before, until the process ends. */
  readonly takeSnapshot: (input: Control.SnapshotName) => Effect.Effect<State.Snapshot>
  /** Makes everything as it was, a frozen clock and the source of chance too. */
  readonly restoreSnapshot: (input: Control.SnapshotName) => Effect.Effect<void, MoveRefused>
  readonly snapshots: Effect.Effect<ReadonlyArray<State.Snapshot>>
  /** Makes everything as the options say, as at the first start. Snapshots stay. */
  readonly reset: Effect.Effect<void>
  /** Waits until no notification is on its way; those that wait for a time or a callback URL do not count. */
  readonly quiet: Effect.Effect<void>

  readonly state: Effect.Effect<State.State>
  /** The newest of each list alone: quick however much there is. */
  readonly findState: (query: Control.StateQuery) => Effect.Effect<State.State>
  /** The state in figures. */
  readonly summary: Effect.Effect<State.Summary>
  /** The calls to the vendor's API. */
  readonly calls: Effect.Effect<State.Calls>
  readonly ledger: (cardId: Ids.CardId) => Effect.Effect<ReadonlyArray<State.LedgerEntry>, MoveRefused>
  /** Every notification, oldest first. */
  readonly deliveries: Effect.Effect<ReadonlyArray<State.Delivery>>
  /** Some of them, oldest first. */
  readonly findDeliveries: (query: Control.DeliveriesQuery) => Effect.Effect<ReadonlyArray<State.Delivery>>
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
  /** The waits before the second send of a notification, the third and so on; {@link defaultResend} unless set. */
  readonly resend?: ReadonlyArray<Duration.DurationInput> | undefined
  /** Other than {@link Rules.defaults}. */
  readonly rules?: Rules.Changes | undefined
  /** The bad day that it starts with; a good one unless set. */
  readonly faults?: Fault.Plan | undefined
  /** When the sandbox's clock starts, now unless set, and whether it stands still until it is moved. */
  readonly clock?: { readonly startAt?: DateTime.DateTime.Input; readonly frozen?: boolean } | undefined
  /** How many acknowledged notifications are kept to be looked at: 100,000 unless set. All others are kept. */
  readonly keepDeliveries?: number | undefined
  /** Lets notifications leave this machine. They are signed, and other people may be listening. */
  readonly allowRemoteCallbacks?: boolean | undefined
  /** Lets other machines reach the control surface over HTTP; nothing but the credential keeps them out then. */
  readonly allowRemoteControl?: boolean | undefined
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
  serviceOf(options, () => Effect.succeed(Store.none))

const serviceOf = <E, R>(
  options: Options,
  openStore: (parts: Store.Parts) => Effect.Effect<Store.Store, E, R>
): Effect.Effect<SandboxService, SandboxInvalid | E, HttpClient.HttpClient | Scope.Scope | R> =>
  Effect.gen(function* () {
    const problems = Fit.problemsOf(yield* Contract.Contract, options)
    if (problems.length > 0) {
      return yield* new SandboxInvalid({ problems })
    }
    return yield* Service.make(yield* Engine.make(options, openStore), options)
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
 * A sandbox that is kept in the SQLite database of the `SqlClient` in the context, and goes on from there when it is built
 * again. A call is answered, and a notification sent, when what it did is committed: the end of the process, however it comes,
 * loses nothing that anybody was told.
 *
 * - A new database begins as the options say. One that was used before goes on: of the options then only the merchants, their
 *   keys and those callbacks that are given count, besides what is no state (`control`, `resend`, `keepDeliveries`,
 *   `allowRemoteCallbacks`, `allowRemoteControl`). Rules, faults, seed and clock are as they were; `reset` makes them as the options say.
 * - Snapshots, the log of calls and the used nonces are in memory only.
 * - Notifications that were under way are sent on, those that wait for their time at that time.
 * - Where the database cannot be written, calls die with `StoreUnusable` until it can.
 * - One sandbox at a time: a second one on the same file fails with `StoreUnusable`. A file beside it, its name ending in
 *   `-owner`, is for that.
 * - It holds the sandbox's made-up card numbers, tokens and card keys readable: test data. The merchants' keys are not in it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerSql = (
  options: Options
): Layer.Layer<Sandbox, SandboxInvalid | StoreUnusable, HttpClient.HttpClient | SqlClient.SqlClient> =>
  Layer.scoped(Sandbox, serviceOf(options, SqlStore.open(options)))

/**
 * A sandbox for tests: {@link development}, changed by what is given.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTest = (
  options: Partial<Options> = {}
): Layer.Layer<Sandbox, SandboxInvalid, HttpClient.HttpClient> => layer({ ...development, ...options })
