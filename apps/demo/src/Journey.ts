/** One card from login to settlement: all 25 operations, and a notification of each kind. */
import * as Outcome from "@effect-yunmo/client/Outcome"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import * as Inbox from "@effect-yunmo/notifications/Inbox"
import type { Kind } from "@effect-yunmo/notifications/InboxRow"
import { ReadModel } from "@effect-yunmo/processing/ReadModel"
import { Amount } from "@effect-yunmo/schema/Amount"
import * as Contract from "@effect-yunmo/schema/Contract"
import { type CardId, CustomerCode, type CustomerId, type MerchantOrderNo } from "@effect-yunmo/schema/Ids"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { Control } from "./Control.js"
import { Report } from "./Report.js"

class NotYet extends Data.TaggedError("NotYet")<{ readonly message: string }> {}

/** Asks again until it holds, for as long as a demo may wait. */
const eventually = <A, E extends { readonly _tag: string; readonly message: string }>(
  effect: Effect.Effect<A, E | NotYet>
) =>
  Effect.retry(effect, {
    while: (error) => error._tag === "NotYet",
    schedule: Schedule.spaced("50 millis").pipe(Schedule.upTo("20 seconds"))
  })

const text = (amount: Amount | undefined): string => amount?.text ?? "?"

export interface Traveller {
  readonly customerId: CustomerId
  /** The physical card, which is active when the journey ends. */
  readonly cardId: CardId
}

export const journey = (seed: string) =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo
    const inbox = yield* Inbox.Inbox
    const readModel = yield* ReadModel
    const control = yield* Control
    const contract = yield* Contract.Contract
    const { event, step } = yield* Report

    const handled = (kind: Kind, count: number) =>
      eventually(
        Effect.gen(function* () {
          const rows = yield* inbox.list({ kind, state: "handled" })
          return rows.length >= count
            ? rows.length
            : yield* new NotYet({
                message: `${rows.length} of ${count} ${kind} notifications are handled; look at the logs of webhook and worker`
              })
        })
      )

    /** 4.05 until the order is done, through the journal. */
    const settled = (merchantOrderNo: MerchantOrderNo) =>
      step(
        "queryTopUpOrder",
        eventually(
          yunmo.cards.settleOrder(merchantOrderNo).pipe(
            Outcome.orFail,
            Effect.catchTag("OutcomePending", (pending) => new NotYet({ message: pending.message }))
          )
        ),
        ({ orderNo }) => `${orderNo} done`
      )

    const adjust = (cardId: CardId, direction: "increase" | "decrease", amount: string) =>
      Effect.gen(function* () {
        const merchantOrderNo = yield* yunmo.cards.newOrderNo
        yield* step(
          "adjustBalance",
          yunmo.cards
            .adjustBalance({ merchantOrderNo, cardId, direction, amount: Amount.unsafeFromText(amount) })
            .pipe(
              Effect.flatMap((answer) =>
                answer._tag === "Unknown" ? Effect.fail(answer.error) : Effect.succeed(answer)
              )
            ),
          (answer) => `${direction} by ${amount}: ${answer._tag.toLowerCase()}`
        )
        return yield* settled(merchantOrderNo)
      })

    yield* step("login", yunmo.auth.login)
    const customer = yield* step(
      "createCustomer",
      yunmo.customers.create({ customerCode: CustomerCode.make(`demo-${seed}`), email: "ada@example.com" }),
      ({ customerId }) => customerId
    )
    const { customerId } = customer
    yield* step(
      "queryCustomer",
      yunmo.customers.query({ customerId }),
      ({ customerCode }) => `${customerCode}`
    )

    yield* step(
      "submitKyc",
      yunmo.kyc.submit({
        customerId,
        firstName: "Ada",
        lastName: "Lovelace",
        birthday: "1990-12-10",
        nationality: "GB",
        idType: "PASSPORT",
        idNumber: Redacted.make("P01234567"),
        idFrontPhoto: Redacted.make(Buffer.from("a photo of the front").toString("base64")),
        idBackPhoto: Redacted.make(Buffer.from("a photo of the back").toString("base64"))
      })
    )
    const liveness = yield* step(
      "getLivenessUrl",
      yunmo.kyc.livenessUrl({ customerId }),
      ({ url }) => `${url}`
    )
    yield* control.triggers.finishLiveness({ payload: { customerId, result: "passed" } })
    yield* step(
      "getLivenessResult",
      yunmo.kyc.livenessResult({ customerId, transactionId: liveness.transactionId }),
      ({ auditStatus }) =>
        Option.getOrElse(Contract.meaningOf(contract, "livenessState", auditStatus), () => auditStatus)
    )
    yield* control.triggers.reviewKyc({ payload: { customerId, result: "passed" } })
    yield* event("6.2", "KYC notification", handled("kyc", 1))
    yield* step("getKycStatus", yunmo.kyc.status({ customerId }), ({ auditState }) =>
      Option.getOrElse(Contract.meaningOf(contract, "kycState", auditState), () => auditState)
    )

    const samples = yield* step("listCardSamples", yunmo.cards.samples, (list) => `${list.length} samples`)
    const sample = yield* Option.match(
      Option.fromNullable(
        samples.find(({ cardForm }) =>
          Option.contains(Contract.meaningOf(contract, "cardForm", cardForm), "virtual" as const)
        )
      ),
      {
        onNone: () => new NotYet({ message: "the sandbox offers no virtual card" }),
        onSome: Effect.succeed
      }
    )
    const { cardId } = yield* step(
      "createVirtualCard",
      yunmo.cards.createVirtual({ customerId, cardSampleId: sample.cardSampleId }).pipe(Outcome.orFail),
      (card) => card.cardId
    )
    yield* step("listCustomerCards", yunmo.cards.list({ customerId }), (cards) => `${cards.length} card`)
    yield* adjust(cardId, "increase", "100.00")
    yield* step(
      "getCardDetail",
      yunmo.cards.detail({ cardId }),
      ({ balance, currency }) => `balance ${text(balance)} ${currency ?? ""}`
    )

    const threeDs = yield* control.triggers.requestThreeDs({
      payload: { cardId, amount: Amount.unsafeFromText("20.00"), currency: "USD", merchantName: "H&M" }
    })
    yield* event("6.3", "3DS notification", handled("threeDs", 1))
    yield* step(
      "confirmThreeDs",
      eventually(
        Effect.gen(function* () {
          const { threeDs: requests } = yield* control.views.state({ urlParams: {} })
          const decision = requests.find(({ authId }) => authId === threeDs.authId)?.decision
          return decision === "approved"
            ? decision
            : yield* new NotYet({ message: `the 3-D Secure request is ${decision ?? "gone"}` })
        })
      ),
      (decision) => `${decision} by the worker's policy`
    )

    const purchase = yield* control.triggers.authorize({
      payload: { cardId, amount: Amount.unsafeFromText("20.00"), currency: "USD", merchantName: "H&M" }
    })
    yield* event(
      "6.4",
      "Transaction notification: authorization",
      handled("trade", 1),
      () => purchase.orderNo
    )
    yield* control.triggers.settle({ payload: { orderNo: purchase.orderNo } })
    yield* event(
      "6.4",
      "Transaction notification: settlement",
      eventually(
        Effect.gen(function* () {
          yield* handled("trade", 2)
          const [transaction] = yield* readModel.transactions(yunmo.merchantNo, cardId)
          return transaction?.state === "settled"
            ? Amount.fromDecimal(transaction.settled).text
            : yield* new NotYet({
                message: `the read model says ${transaction?.state ?? "nothing"} of ${purchase.orderNo}`
              })
        })
      ),
      (amount) => `${purchase.orderNo} settled, ${amount} USD`
    )

    yield* adjust(cardId, "decrease", "30.00")
    yield* step("getCardPanHtml", yunmo.cards.panHtml({ cardId }), (html) => `${html}`)
    yield* step("getCardPan", yunmo.cards.pan({ cardId }), ({ encryptData }) => `${encryptData}`)
    yield* step(
      "getCardPin",
      yunmo.cards.pin({ cardId }),
      (pin) => `${Redacted.isRedacted(pin) ? pin : pin.encryptData}`
    )
    yield* step(
      "updateCardPhone",
      yunmo.cards.updatePhone({ cardId, dialCode: "44", phoneNumber: "7700900123" })
    )
    yield* step("updateCardEmail", yunmo.cards.updateEmail({ cardId, email: "ada@example.org" }))
    yield* step(
      "updateCardLimit",
      yunmo.cards.updateLimit({ cardId, dailyLimit: Amount.unsafeFromText("500.00") })
    )
    yield* step("freezeCard", yunmo.cards.freeze({ cardId }))
    yield* step("unfreezeCard", yunmo.cards.unfreeze({ cardId }))

    const letter = yield* control.triggers.makePhysicalCard({ payload: {} })
    const physical = yield* step(
      "bindPhysicalCard",
      yunmo.cards.bindPhysical({ customerId, sku: letter.sku, activationCode: letter.activationCode }),
      (card) => card.cardId
    )
    yield* step(
      "activatePhysicalCard",
      yunmo.cards.activatePhysical({ cardId: physical.cardId, activationCode: letter.activationCode })
    )

    const detail = yield* yunmo.cards.detail({ cardId })
    if (detail.balance?.text !== "50.00") {
      return yield* new NotYet({
        message: `the card should have 50.00 after 100.00 in, 20.00 spent and 30.00 out, and has ${text(detail.balance)}`
      })
    }
    yield* step("destroyCard", yunmo.cards.destroy({ cardId }))
    return { customerId, cardId: physical.cardId }
  })
