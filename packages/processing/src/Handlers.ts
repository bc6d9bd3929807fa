/**
 * What is done with each kind of notification. A handler works in two steps: outside any transaction it may ask the API
 * (which can happen more than once, so it must only read, or pass `idempotencyKey` on); what it answers is run inside the
 * transaction that marks the notification handled, and so takes effect exactly once.
 *
 * `layer` keeps the read model: a notification is a hint, so customers and cards are read back from the API; transactions
 * cannot be asked for and are recorded as the vendor reported them.
 *
 * @since 0.1.0
 */

import type { SqlError } from "@effect/sql/SqlError"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import * as Contract from "@effect-yunmo/schema/Contract"
import type { MerchantNo } from "@effect-yunmo/schema/Ids"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Effects from "./Effects.js"
import * as Findings from "./Findings.js"
import { HandlerFailed, type StoreUnavailable } from "./ProcessingError.js"
import { ReadModel } from "./ReadModel.js"
import { ThreeDsDesk } from "./ThreeDsDesk.js"

/**
 * What a handler knows of the row besides the notification.
 *
 * @since 0.1.0
 * @category models
 */
export interface RowContext {
  readonly merchantNo: MerchantNo
  readonly inboxId: number
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** What recognises the event, for {@link "Effects".Key}; unique within merchant and kind. */
  readonly businessKey: string
  /**
   * The same each time this row is tried: pass it on to whatever is called outside. Rows that tell the same transaction event
   * or 3-D Secure request share it; each KYC notification has its own, since a state can be reached twice.
   */
  readonly idempotencyKey: string
}

/**
 * Writes to be made in the transaction that marks the row handled. It must do nothing else: no network, no waiting.
 *
 * @since 0.1.0
 * @category models
 */
export type Writes = Effect.Effect<void, SqlError | StoreUnavailable>

/**
 * A handler of one kind. Fails with `HandlerFailed` to be tried again later.
 *
 * @since 0.1.0
 * @category models
 */
export type Handler<K extends Notification.Kind> = (
  notification: Notification.Of<K>,
  row: RowContext
) => Effect.Effect<Writes, HandlerFailed>

/**
 * @since 0.1.0
 * @category models
 */
export interface HandlersService {
  readonly kyc: Handler<"Kyc">
  readonly trade: Handler<"Trade">
  readonly threeDs: Handler<"ThreeDs">
}

/**
 * @since 0.1.0
 * @category services
 */
export class Handlers extends Context.Tag("@effect-yunmo/processing/Handlers")<Handlers, HandlersService>() {}

const failed = (error: { readonly message: string }) => new HandlerFailed({ reason: error.message })

/**
 * The handlers that keep the read model.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<
  HandlersService,
  never,
  Yunmo | ReadModel | Effects.Effects | Findings.Findings | ThreeDsDesk
> = Effect.gen(function* () {
  const yunmo = yield* Yunmo
  const readModel = yield* ReadModel
  const effects = yield* Effects.Effects
  const findings = yield* Findings.Findings
  const desk = yield* ThreeDsDesk
  const contract = yield* Contract.Contract

  const kyc: Handler<"Kyc"> = ({ data }, { inboxId, merchantNo }) =>
    Effect.zip(Clock.currentTimeMillis, yunmo.kyc.status({ customerId: data.customerId })).pipe(
      Effect.mapError(failed),
      Effect.map(([readAt, status]) =>
        Effect.zipRight(
          readModel.putCustomer(merchantNo, status, readAt),
          Effect.when(
            findings.add({
              merchantNo,
              kind: "stateDiffers",
              subject: `customer ${data.customerId}`,
              detail: `A notification said KYC state ${data.auditState}, the API says ${status.auditState}; the API's is kept.`,
              inboxId
            }),
            () => status.auditState !== data.auditState
          )
        )
      )
    )

  /** `None` when the API does not know the card; the transaction is recorded all the same. */
  const cardOf = (notification: Notification.Of<"Trade">) =>
    yunmo.cards.detail({ cardId: notification.data.cardId }).pipe(
      Effect.map(Option.some),
      Effect.catchTag("CardNotFound", () => Effect.succeed(Option.none())),
      Effect.mapError(failed)
    )

  const trade: Handler<"Trade"> = (notification, { businessKey, inboxId, merchantNo }) =>
    Effect.map(Effect.zip(Clock.currentTimeMillis, cardOf(notification)), ([readAt, card]) => {
      const { data } = notification
      const kind = data[contract.tradeKindField]
      const note = (kind: Findings.Kind, subject: string, detail: string) =>
        findings.add({ merchantNo, kind, subject, detail, inboxId })
      const noteMeaningless = (field: string, raw: string | undefined) =>
        note(
          "meaningUnknown",
          `transaction ${field} ${raw ?? "(none)"}`,
          "The contract gives this value no meaning, so these transactions are kept and not added up. Say what it means in the contract."
        )
      const record = Effect.gen(function* () {
        yield* readModel.addEvent(merchantNo, businessKey, data, inboxId)
        if (Option.isNone(Contract.meaningOf(contract, "tradeKind", kind))) {
          yield* noteMeaningless(contract.tradeKindField, kind)
        }
        if (
          data.status !== undefined &&
          Option.isNone(Contract.meaningOf(contract, "tradeStatus", data.status))
        ) {
          yield* noteMeaningless("status", data.status)
        }
      })
      return Effect.gen(function* () {
        yield* effects.once(
          {
            merchantNo,
            kind: "trade",
            businessKey,
            content: Effects.contentOf(data),
            subject: `order ${data.orderNo}`,
            inboxId
          },
          record
        )
        yield* Option.match(card, {
          onNone: () =>
            note(
              "cardUnknown",
              `card ${data.cardId}`,
              "The vendor reported a transaction of a card that its API does not know."
            ),
          onSome: (detail) => readModel.putCard(merchantNo, detail, readAt)
        })
      })
    })

  const threeDs: Handler<"ThreeDs"> = ({ data }, { businessKey, inboxId, merchantNo, receivedAt }) =>
    Effect.succeed(
      effects.once(
        {
          merchantNo,
          kind: "threeDs",
          businessKey,
          content: Effects.contentOf(data),
          subject: `3DS ${data.authId}`,
          inboxId
        },
        desk.open(data, { inboxId, receivedAt })
      )
    )

  return { kyc, trade, threeDs }
})

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(Handlers, make)
