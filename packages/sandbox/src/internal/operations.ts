import * as Dto from "@effect-yunmo/schema/Dto"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { CardKey } from "./cardKey.js"
import * as CardNumber from "./cardNumber.js"
import { cardPage } from "./cardPage.js"
import * as Cards from "./cards.js"
import * as Customers from "./customers.js"
import * as Kyc from "./kyc.js"
import * as Magic from "./magic.js"
import { amountOf, cardCurrency } from "./money.js"
import * as Orders from "./orders.js"
import * as PhysicalCards from "./physicalCards.js"
import { type Refusal, refuse } from "./refusal.js"
import * as Samples from "./samples.js"
import * as Session from "./session.js"
import * as ThreeDs from "./threeDs.js"
import type { Vocabulary } from "./vocabulary.js"
import type { Card, Merchant, Order, Step } from "./world.js"

/** What an operation may use. */
export interface Call {
  readonly step: Step
  readonly merchant: Merchant
  readonly vocabulary: Vocabulary
  readonly cardKey: Effect.Effect<CardKey>
}

type Handlers = {
  readonly [N in Operation.Name]: (
    call: Call,
    input: Operation.RequestOf<N>
  ) => Effect.Effect<Operation.ResponseOf<N>, Refusal>
}

const { noUnknownFields: unknownFields } = Dto

const maskedPan = (card: Card): Redacted.Redacted<string> =>
  Redacted.make(CardNumber.masked(Redacted.value(card.pan)))

const encrypted = ({ cardKey }: Call, text: Redacted.Redacted<string>) =>
  Effect.gen(function* () {
    const { encrypt, publicKey } = yield* cardKey
    return { encryptData: yield* encrypt(text), publicKey, unknownFields }
  })

const orderStatus = (vocabulary: Vocabulary, { odd, status }: Order): string =>
  odd ? Magic.oddStatus : vocabulary.valueOf("orderStatus", status)

/** Each answers from the world in one synchronous step; what is not synchronous (encryption) comes after it. */
const handlers: Handlers = {
  login: ({ merchant, step }, { apiKey }) =>
    Effect.map(Session.login(step, merchant, apiKey), (session) => ({ ...session, unknownFields })),

  createCustomer: ({ merchant, step }, input) =>
    Effect.map(Customers.create(step, merchant.merchantNo, input), ({ customerCode, customerId }) => ({
      customerId,
      customerCode,
      unknownFields
    })),

  queryCustomer: ({ merchant, step, vocabulary }, input) =>
    Effect.map(Customers.query(step, merchant.merchantNo, input), (customer) => ({
      customerId: customer.customerId,
      customerCode: customer.customerCode,
      email: customer.email,
      phone: customer.phone,
      auditState: vocabulary.valueOf("kycState", customer.kyc),
      unknownFields
    })),

  submitKyc: ({ merchant, step }, input) => Kyc.submit(step, merchant.merchantNo, input),

  getLivenessUrl: ({ merchant, step }, { customerId }) =>
    Effect.map(Kyc.livenessLink(step, merchant.merchantNo, customerId), ({ transactionId }) => ({
      customerId,
      transactionId,
      // There is no page behind it: the check ends through the control surface.
      url: Redacted.make(`https://liveness.invalid/${transactionId}`),
      unknownFields
    })),

  getLivenessResult: ({ merchant, step, vocabulary }, input) =>
    Effect.map(Kyc.livenessResult(step, merchant.merchantNo, input), ({ customerId, state }) => ({
      customerId,
      auditStatus: vocabulary.valueOf("livenessState", state),
      unknownFields
    })),

  getKycStatus: ({ merchant, step, vocabulary }, { customerId }) =>
    Effect.map(Customers.find(step, merchant.merchantNo, customerId), (customer) => ({
      customerId,
      auditState: vocabulary.valueOf("kycState", customer.kyc),
      auditRemark: customer.remark,
      unknownFields
    })),

  listCardSamples: ({ vocabulary }) =>
    Effect.succeed(
      Samples.available.map((sample) => ({
        cardSampleId: sample.cardSampleId,
        cardSampleName: sample.name,
        cardForm: vocabulary.valueOf("cardForm", sample.form),
        organization: sample.organization,
        currency: sample.currency,
        benefits: sample.benefits.map(({ description, name }) => ({
          benefitName: name,
          benefitDescription: description,
          unknownFields
        })),
        unknownFields
      }))
    ),

  createVirtualCard: ({ merchant, step }, input) =>
    Effect.map(Cards.createVirtual(step, merchant.merchantNo, input), (created) => ({
      ...created,
      unknownFields
    })),

  listCustomerCards: ({ merchant, step, vocabulary }, { customerId }) =>
    Effect.map(Cards.listOf(step, merchant.merchantNo, customerId), (cards) =>
      cards.map((card) => ({
        cardId: card.cardId,
        cardSampleId: card.cardSampleId,
        cardForm: vocabulary.valueOf("cardForm", card.form),
        status: vocabulary.valueOf("cardStatus", card.status),
        maskedCardNumber: maskedPan(card),
        unknownFields
      }))
    ),

  adjustBalance: ({ merchant, step, vocabulary }, input) =>
    Effect.gen(function* () {
      const direction = yield* Effect.catchTag(
        vocabulary.meaningOf("adjustmentDirection", input.direction),
        "NoSuchElementException",
        () => refuse("BadParameters", "the direction is not one")
      )
      const order = yield* Orders.adjust(step, merchant.merchantNo, { ...input, direction })
      return {
        orderNo: order.orderNo,
        merchantOrderNo: order.merchantOrderNo,
        status: orderStatus(vocabulary, order),
        unknownFields
      }
    }),

  queryTopUpOrder: ({ merchant, step, vocabulary }, { merchantOrderNo }) =>
    Effect.map(Orders.query(step, merchant.merchantNo, merchantOrderNo), (order) => ({
      orderNo: order.orderNo,
      merchantOrderNo,
      cardId: order.cardId,
      direction: vocabulary.valueOf("adjustmentDirection", order.direction),
      amount: amountOf(order.amount),
      status: orderStatus(vocabulary, order),
      unknownFields
    })),

  getCardDetail: ({ merchant, step, vocabulary }, { cardId }) =>
    Effect.map(Cards.find(step, merchant.merchantNo, cardId), (card) => ({
      cardId,
      customerId: card.customerId,
      cardSampleId: card.cardSampleId,
      cardForm: vocabulary.valueOf("cardForm", card.form),
      status: vocabulary.valueOf("cardStatus", card.status),
      balance: amountOf(card.balance),
      currency: cardCurrency,
      maskedCardNumber: maskedPan(card),
      singleLimit: card.limits.single,
      dailyLimit: card.limits.daily,
      monthlyLimit: card.limits.monthly,
      unknownFields
    })),

  destroyCard: ({ merchant, step }, { cardId }) =>
    Cards.changeStatus(step, merchant.merchantNo, cardId, "destroy"),

  freezeCard: ({ merchant, step }, { cardId }) =>
    Cards.changeStatus(step, merchant.merchantNo, cardId, "freeze"),

  unfreezeCard: ({ merchant, step }, { cardId }) =>
    Cards.changeStatus(step, merchant.merchantNo, cardId, "unfreeze"),

  getCardPanHtml: ({ merchant, step }, { cardId }) =>
    Effect.map(Cards.findLiving(step, merchant.merchantNo, cardId), cardPage),

  getCardPan: (call, { cardId }) =>
    Effect.flatMap(Cards.findLiving(call.step, call.merchant.merchantNo, cardId), ({ pan }) =>
      encrypted(call, pan)
    ),

  getCardPin: (call, { cardId }) =>
    Effect.flatMap(Cards.findLiving(call.step, call.merchant.merchantNo, cardId), ({ pin }) =>
      encrypted(call, pin)
    ),

  updateCardPhone: ({ merchant, step }, { cardId, dialCode, phoneNumber }) =>
    Cards.changeContact(step, merchant.merchantNo, cardId, { dialCode, phoneNumber }),

  updateCardEmail: ({ merchant, step }, { cardId, email }) =>
    Cards.changeContact(step, merchant.merchantNo, cardId, { email }),

  updateCardLimit: ({ merchant, step }, input) => Cards.changeLimits(step, merchant.merchantNo, input),

  bindPhysicalCard: ({ merchant, step }, input) =>
    Effect.map(PhysicalCards.bind(step, merchant.merchantNo, input), ({ cardId }) => ({
      cardId,
      unknownFields
    })),

  activatePhysicalCard: ({ merchant, step }, input) =>
    PhysicalCards.activate(step, merchant.merchantNo, input),

  confirmThreeDs: ({ merchant, step, vocabulary }, input) =>
    Effect.gen(function* () {
      const result = yield* Effect.catchTag(
        vocabulary.meaningOf("threeDsResult", input.result),
        "NoSuchElementException",
        () => refuse("BadParameters", "the result is not one")
      )
      return yield* ThreeDs.confirm(step, merchant.merchantNo, { ...input, result })
    })
}

/** Answers an operation. */
export const run = <N extends Operation.Name>(
  name: N,
  call: Call,
  input: Operation.RequestOf<N>
): Effect.Effect<Operation.ResponseOf<N>, Refusal> => handlers[name](call, input)
