/**
 * Section 4, cards. Card numbers, PINs and activation codes are secrets from the moment they enter this package.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { AmountFromWire, NonNegativeAmountFromWire, PositiveAmountFromWire } from "./Amount.js"
import { Email } from "./Customer.js"
import * as Dto from "./Dto.js"
import { CardId, CardSampleId, CustomerId, MerchantOrderNo, OrderNo } from "./Ids.js"
import * as Wire from "./Wire.js"

/**
 * 4.01 sends an empty `data` (NAME: `Object`).
 *
 * @since 0.1.0
 * @category requests
 */
export const CardSampleQuery = Dto.request("Object", {})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardSampleQuery = typeof CardSampleQuery.schema.Type

/**
 * Inside `CardSampleInfoVo` (NAME).
 *
 * @since 0.1.0
 * @category responses
 */
export const CardBenefitVo = Dto.response("CardBenefitVo", {
  benefitName: Dto.optional(Wire.Text, "PROPOSED"),
  benefitDescription: Dto.optional(Wire.Text, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CardBenefitVo = typeof CardBenefitVo.schema.Type

/**
 * A card product the merchant may open.
 *
 * @since 0.1.0
 * @category responses
 */
export const CardSampleInfoVo = Dto.response(
  "CardSampleInfoVo",
  {
    cardSampleId: Dto.required(CardSampleId, "PROPOSED"),
    cardSampleName: Dto.optional(Wire.Text, "PROPOSED"),
    cardForm: Dto.optional(Wire.Text, "PROPOSED", "read through the enum `cardForm`"),
    organization: Dto.optional(Wire.Text, "PROPOSED", "the card scheme, VISA say"),
    currency: Dto.optional(Wire.Text, "PROPOSED", "ISO 4217"),
    benefits: Dto.optional(Schema.Array(CardBenefitVo.schema), "PROPOSED")
  },
  {
    benefits: CardBenefitVo
  }
)
/**
 * @since 0.1.0
 * @category responses
 */
export type CardSampleInfoVo = typeof CardSampleInfoVo.schema.Type

/**
 * Has no key of the merchant: a lost answer can only be settled by looking at the customer's cards. SIBLING asks for
 * no more than one in 5 seconds per customer.
 *
 * @since 0.1.0
 * @category requests
 */
export const CreateCardDto = Dto.request("CreateCardDto", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  cardSampleId: Dto.required(CardSampleId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CreateCardDto = typeof CreateCardDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const CreateCardVo = Dto.response("CreateCardVo", {
  cardId: Dto.required(CardId, "PROPOSED"),
  orderNo: Dto.optional(OrderNo, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CreateCardVo = typeof CreateCardVo.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardQueryDto = Dto.request("CardQueryDto", {
  customerId: Dto.required(CustomerId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardQueryDto = typeof CardQueryDto.schema.Type

/**
 * One of a customer's cards.
 *
 * @since 0.1.0
 * @category responses
 */
export const CardQueryVo = Dto.response("CardQueryVo", {
  cardId: Dto.required(CardId, "PROPOSED"),
  cardSampleId: Dto.optional(CardSampleId, "PROPOSED"),
  cardForm: Dto.optional(Wire.Text, "PROPOSED", "read through the enum `cardForm`"),
  status: Dto.required(Wire.Text, "PROPOSED", "read through the enum `cardStatus`"),
  maskedCardNumber: Dto.optional(Wire.Secret, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CardQueryVo = typeof CardQueryVo.schema.Type

/**
 * Moves money between the merchant and a card. The merchant's own order number is what a lost answer is settled by.
 *
 * @since 0.1.0
 * @category requests
 */
export const CardRechargeDto = Dto.request("CardRechargeDto", {
  cardId: Dto.required(CardId, "PROPOSED"),
  amount: Dto.required(PositiveAmountFromWire, "PROPOSED", "sent as a string"),
  direction: Dto.required(Wire.NonBlankText, "PROPOSED", "written through the enum `adjustmentDirection`"),
  merchantOrderNo: Dto.required(MerchantOrderNo, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardRechargeDto = typeof CardRechargeDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const CardRechargeVo = Dto.response("CardRechargeVo", {
  orderNo: Dto.optional(OrderNo, "PROPOSED"),
  merchantOrderNo: Dto.optional(MerchantOrderNo, "PROPOSED"),
  status: Dto.required(Wire.Text, "PROPOSED", "read through the enum `orderStatus`")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CardRechargeVo = typeof CardRechargeVo.schema.Type

/**
 * 4020001 when there is no such order.
 *
 * @since 0.1.0
 * @category requests
 */
export const RechargeOrderQueryDto = Dto.request("RechargeOrderQueryDto", {
  merchantOrderNo: Dto.required(MerchantOrderNo, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type RechargeOrderQueryDto = typeof RechargeOrderQueryDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const RechargeOrderQueryVo = Dto.response("RechargeOrderQueryVo", {
  orderNo: Dto.optional(OrderNo, "PROPOSED"),
  merchantOrderNo: Dto.optional(MerchantOrderNo, "PROPOSED"),
  cardId: Dto.optional(CardId, "PROPOSED"),
  direction: Dto.optional(Wire.Text, "PROPOSED", "read through the enum `adjustmentDirection`"),
  amount: Dto.optional(AmountFromWire, "PROPOSED"),
  status: Dto.required(Wire.Text, "PROPOSED", "read through the enum `orderStatus`")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type RechargeOrderQueryVo = typeof RechargeOrderQueryVo.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardDetailDto = Dto.request("CardDetailDto", {
  cardId: Dto.required(CardId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardDetailDto = typeof CardDetailDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const CardDetailVo = Dto.response("CardDetailVo", {
  cardId: Dto.required(CardId, "PROPOSED"),
  customerId: Dto.optional(CustomerId, "PROPOSED"),
  cardSampleId: Dto.optional(CardSampleId, "PROPOSED"),
  cardForm: Dto.optional(Wire.Text, "PROPOSED", "read through the enum `cardForm`"),
  status: Dto.required(Wire.Text, "PROPOSED", "read through the enum `cardStatus`"),
  balance: Dto.optional(AmountFromWire, "PROPOSED"),
  currency: Dto.optional(Wire.Text, "PROPOSED", "ISO 4217"),
  maskedCardNumber: Dto.optional(Wire.Secret, "PROPOSED"),
  singleLimit: Dto.optional(AmountFromWire, "PROPOSED"),
  dailyLimit: Dto.optional(AmountFromWire, "PROPOSED"),
  monthlyLimit: Dto.optional(AmountFromWire, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type CardDetailVo = typeof CardDetailVo.schema.Type

/**
 * Shared by destroy, freeze and unfreeze (NAME).
 *
 * @since 0.1.0
 * @category requests
 */
export const CardStatusUpdateDto = Dto.request("CardStatusUpdateDto", {
  cardId: Dto.required(CardId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardStatusUpdateDto = typeof CardStatusUpdateDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardPanHtmlDto = Dto.request("CardPanHtmlDto", {
  cardId: Dto.required(CardId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardPanHtmlDto = typeof CardPanHtmlDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardPanEncryptDto = Dto.request("CardPanEncryptDto", {
  cardId: Dto.required(CardId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardPanEncryptDto = typeof CardPanEncryptDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardQueryPinDto = Dto.request("CardQueryPinDto", {
  cardId: Dto.required(CardId, "SIBLING")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardQueryPinDto = typeof CardQueryPinDto.schema.Type

/**
 * An encrypted card number or PIN. The cipher is not documented.
 *
 * @since 0.1.0
 * @category responses
 */
export const ApiEncryptVo = Dto.response("ApiEncryptVo", {
  encryptData: Dto.required(Wire.Secret, "VENDOR"),
  publicKey: Dto.optional(Wire.Text, "VENDOR")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type ApiEncryptVo = typeof ApiEncryptVo.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardPhoneDto = Dto.request("CardPhoneDto", {
  cardId: Dto.required(CardId, "SIBLING"),
  dialCode: Dto.required(
    Schema.String.pipe(
      Schema.pattern(/^\+?\d{1,4}$/, {
        description: "dial code",
        message: () => "expected a dial code such as 63"
      })
    ),
    "SIBLING"
  ),
  phoneNumber: Dto.required(
    Schema.String.pipe(
      Schema.pattern(/^\d{4,20}$/, {
        description: "telephone number",
        message: () => "expected 4 to 20 digits"
      })
    ),
    "SIBLING"
  )
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardPhoneDto = typeof CardPhoneDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardEmailDto = Dto.request("CardEmailDto", {
  cardId: Dto.required(CardId, "SIBLING"),
  email: Dto.required(Email, "SIBLING")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardEmailDto = typeof CardEmailDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const CardTradeLimitDto = Dto.request("CardTradeLimitDto", {
  cardId: Dto.required(CardId, "PROPOSED"),
  singleLimit: Dto.optional(NonNegativeAmountFromWire, "PROPOSED", "per transaction"),
  dailyLimit: Dto.optional(NonNegativeAmountFromWire, "PROPOSED"),
  monthlyLimit: Dto.optional(NonNegativeAmountFromWire, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type CardTradeLimitDto = typeof CardTradeLimitDto.schema.Type

/**
 * @since 0.1.0
 * @category requests
 */
export const BindCardDto = Dto.request("BindCardDto", {
  customerId: Dto.required(CustomerId, "PROPOSED"),
  sku: Dto.required(Wire.NonBlankText, "PROPOSED", "VENDOR 4010003 names a SKU"),
  activationCode: Dto.required(Wire.NonBlankSecret, "PROPOSED", "VENDOR 4010003 names an activation code")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type BindCardDto = typeof BindCardDto.schema.Type

/**
 * @since 0.1.0
 * @category responses
 */
export const BindCardVo = Dto.response("BindCardVo", {
  cardId: Dto.required(CardId, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category responses
 */
export type BindCardVo = typeof BindCardVo.schema.Type

/**
 * The card must be bound first (VENDOR 4010005, 4010007).
 *
 * @since 0.1.0
 * @category requests
 */
export const ActiveCardDto = Dto.request("ActiveCardDto", {
  cardId: Dto.required(CardId, "PROPOSED"),
  activationCode: Dto.required(Wire.NonBlankSecret, "PROPOSED")
})
/**
 * @since 0.1.0
 * @category requests
 */
export type ActiveCardDto = typeof ActiveCardDto.schema.Type
