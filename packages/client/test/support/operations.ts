import type * as Operation from "@effect-yunmo/schema/Operation"
import type * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { CardJournalUnavailable } from "../../src/CardJournal.js"
import type {
  CallError,
  CreationUnsettled,
  OrderConflict,
  OrderFailed,
  OutcomeUnknown
} from "../../src/ClientError.js"
import type { OrderJournalUnavailable } from "../../src/OrderJournal.js"
import type { YunmoService } from "../../src/Yunmo.js"
import * as Id from "./ids.js"

export type AnyError =
  | CallError
  | OutcomeUnknown
  | OrderConflict
  | OrderFailed
  | OrderJournalUnavailable
  | CreationUnsettled
  | CardJournalUnavailable

export type Call = (yunmo: YunmoService) => Effect.Effect<unknown, AnyError>

const cardId = Id.cardId
const customerId = Id.customerId

/** A call of each operation with an input that fits, as a user would write it. */
export const calls: Readonly<Record<Operation.Name, Call>> = {
  login: (yunmo) => yunmo.auth.login,
  createCustomer: (yunmo) => yunmo.customers.create({ customerCode: Id.customerCode("c-1") }),
  queryCustomer: (yunmo) => yunmo.customers.query({ customerId }),
  submitKyc: (yunmo) => yunmo.kyc.submit(Id.kyc()),
  getLivenessUrl: (yunmo) => yunmo.kyc.livenessUrl({ customerId }),
  getLivenessResult: (yunmo) => yunmo.kyc.livenessResult({ customerId, transactionId: Id.transactionId }),
  getKycStatus: (yunmo) => yunmo.kyc.status({ customerId }),
  listCardSamples: (yunmo) => yunmo.cards.samples,
  createVirtualCard: (yunmo) => yunmo.cards.createVirtual({ customerId, cardSampleId: Id.cardSampleId }),
  listCustomerCards: (yunmo) => yunmo.cards.list({ customerId }),
  adjustBalance: (yunmo) =>
    yunmo.cards.adjustBalance({
      merchantOrderNo: Id.merchantOrderNo("O-1"),
      cardId,
      amount: Id.amount("20.00"),
      direction: "increase"
    }),
  queryTopUpOrder: (yunmo) => yunmo.cards.queryOrder({ merchantOrderNo: Id.merchantOrderNo("O-1") }),
  getCardDetail: (yunmo) => yunmo.cards.detail({ cardId }),
  destroyCard: (yunmo) => yunmo.cards.destroy({ cardId }),
  freezeCard: (yunmo) => yunmo.cards.freeze({ cardId }),
  unfreezeCard: (yunmo) => yunmo.cards.unfreeze({ cardId }),
  getCardPanHtml: (yunmo) => yunmo.cards.panHtml({ cardId }),
  getCardPan: (yunmo) => yunmo.cards.pan({ cardId }),
  getCardPin: (yunmo) => yunmo.cards.pin({ cardId }),
  updateCardPhone: (yunmo) => yunmo.cards.updatePhone({ cardId, dialCode: "63", phoneNumber: "9170000000" }),
  updateCardEmail: (yunmo) => yunmo.cards.updateEmail({ cardId, email: "ada@example.com" }),
  updateCardLimit: (yunmo) => yunmo.cards.updateLimit({ cardId, dailyLimit: Id.amount("500.00") }),
  bindPhysicalCard: (yunmo) =>
    yunmo.cards.bindPhysical({ customerId, sku: "SKU1", activationCode: Redacted.make("00000001") }),
  activatePhysicalCard: (yunmo) =>
    yunmo.cards.activatePhysical({ cardId, activationCode: Redacted.make("00000001") }),
  confirmThreeDs: (yunmo) =>
    yunmo.transactions.confirmThreeDs({ authId: Id.authId, cardId, decision: "approve" })
}
