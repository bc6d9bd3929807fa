/**
 * The table of the vendor's 25 operations: name, section, path, request, response, how safe a repeat is, and where
 * each of these facts comes from. Titles and the names of the data objects are the vendor's (NAME); no path is known,
 * so every path is PROPOSED and corrected through `Contract`.
 *
 * @since 0.1.0
 */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Auth from "./Auth.js"
import * as Card from "./Card.js"
import * as Customer from "./Customer.js"
import type * as Dto from "./Dto.js"
import { arrayFromUnknown, fromUnknown } from "./internal/body.js"
import * as Kyc from "./Kyc.js"
import type { Provenance } from "./Provenance.js"
import * as ThreeDs from "./ThreeDs.js"
import * as Wire from "./Wire.js"

/**
 * What a repeat of the call can do.
 *
 * - `read`: nothing; retry freely.
 * - `idempotent`: the same as the first; retry freely.
 * - `keyed`: be refused by its key; a lost answer is settled by a query on that key.
 * - `creating`: create a second one; no key tells them apart.
 * - `money`: pay twice; settled by the order query alone.
 * - `decision`: decide twice; a lost answer is never sent again.
 *
 * @since 0.1.0
 * @category models
 */
export type Safety = "read" | "idempotent" | "keyed" | "creating" | "money" | "decision"

/**
 * What stands in a response's `data`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Body<A = unknown> {
  /** The vendor's name of it: `CardDetailVo`, `List<CardQueryVo>`, `Boolean`. */
  readonly name: string
  readonly schema: Schema.Schema<A, unknown>
  /** Where it is known from that this is what answers. */
  readonly provenance: Provenance
  /** The object that stands in it, alone or in a list; absent for scalars. */
  readonly dto?: Dto.Dto
}

/**
 * One operation of the vendor's API.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<
  Name extends string = string,
  Request extends Dto.Dto = Dto.Dto,
  Response = unknown,
  S extends Safety = Safety
> {
  readonly name: Name
  /** The section of the vendor's documentation, `4.02`. */
  readonly section: string
  /** The vendor's title (NAME). */
  readonly title: string
  /** PROPOSED, always. */
  readonly path: string
  readonly safety: S
  readonly request: Request
  readonly response: Body<Response>
  /** What else is known, or not known, with its source; mostly empty. */
  readonly note: string
}

const object = <A, I>(dto: Dto.Dto & { readonly schema: Schema.Schema<A, I> }): Body<A> => ({
  name: dto.name,
  provenance: "NAME",
  schema: fromUnknown(dto.schema),
  dto
})

const list = <A, I>(dto: Dto.Dto & { readonly schema: Schema.Schema<A, I> }): Body<ReadonlyArray<A>> => ({
  name: `List<${dto.name}>`,
  provenance: "NAME",
  schema: arrayFromUnknown(dto.schema),
  dto
})

const flag: Body<boolean> = { name: "Boolean", provenance: "NAME", schema: fromUnknown(Wire.Flag) }

const proposedFlag: Body<boolean> = { ...flag, provenance: "PROPOSED" }

const secretText: Body<Redacted.Redacted<string>> = {
  name: "String",
  provenance: "NAME",
  schema: fromUnknown(Wire.Secret)
}

const encryptedOrText: Body<Card.ApiEncryptVo | Redacted.Redacted<string>> = {
  name: "ApiEncryptVo or String",
  provenance: "NAME",
  schema: fromUnknown(Schema.Union(Card.ApiEncryptVo.schema, Wire.Secret)),
  dto: Card.ApiEncryptVo
}

const operation = <const Name extends string, Request extends Dto.Dto, Response, const S extends Safety>(
  name: Name,
  section: string,
  title: string,
  path: string,
  safety: S,
  request: Request,
  response: Body<Response>,
  note = ""
): Operation<Name, Request, Response, S> => ({
  name,
  section,
  title,
  path,
  safety,
  request,
  response,
  note
})

/**
 * All 25 operations.
 *
 * @since 0.1.0
 * @category data
 */
export const operations = {
  login: operation(
    "login",
    "1.3",
    "Login authorization",
    "/auth/login",
    "idempotent",
    Auth.GetTokenDto,
    object(Auth.GetTokenVo),
    "that the API key is sent, and `token` as an empty text, is PROPOSED; SPEC forbids the secret key in a request"
  ),
  createCustomer: operation(
    "createCustomer",
    "2.1",
    "Create customer",
    "/customer/create",
    "keyed",
    Customer.CustomerAddDto,
    object(Customer.CustomerAddVo)
  ),
  queryCustomer: operation(
    "queryCustomer",
    "2.2",
    "Query customer information",
    "/customer/query",
    "read",
    Customer.CustomerQueryDto,
    object(Customer.CustomerQueryVo)
  ),
  submitKyc: operation(
    "submitKyc",
    "3.1",
    "Submit KYC information",
    "/kyc/submit",
    "keyed",
    Kyc.SubmitKycDto,
    proposedFlag
  ),
  getLivenessUrl: operation(
    "getLivenessUrl",
    "3.2",
    "Get liveness H5 link",
    "/kyc/liveness/url",
    "idempotent",
    Kyc.GetLivenessUrlDto,
    object(Kyc.LivenessUrlQueryDto)
  ),
  getLivenessResult: operation(
    "getLivenessResult",
    "3.3",
    "Query liveness result",
    "/kyc/liveness/result",
    "read",
    Kyc.GetLivenessResultDto,
    object(Kyc.LivenessResultQueryDto),
    "SIBLING asks for no more than one poll in 10 seconds"
  ),
  getKycStatus: operation(
    "getKycStatus",
    "3.4",
    "Query KYC status",
    "/kyc/status",
    "read",
    Kyc.KycDto,
    object(Kyc.InHouseKycInfoVo)
  ),
  listCardSamples: operation(
    "listCardSamples",
    "4.01",
    "Query available card samples",
    "/card/samples",
    "read",
    Card.CardSampleQuery,
    list(Card.CardSampleInfoVo)
  ),
  createVirtualCard: operation(
    "createVirtualCard",
    "4.02",
    "Create virtual card",
    "/card/create",
    "creating",
    Card.CreateCardDto,
    object(Card.CreateCardVo),
    "no key of the merchant is known; SIBLING asks for no more than one in 5 seconds per customer"
  ),
  listCustomerCards: operation(
    "listCustomerCards",
    "4.03",
    "Query customer card",
    "/card/list",
    "read",
    Card.CardQueryDto,
    list(Card.CardQueryVo)
  ),
  adjustBalance: operation(
    "adjustBalance",
    "4.04",
    "Customer card balance adjustment",
    "/card/balance/adjust",
    "money",
    Card.CardRechargeDto,
    object(Card.CardRechargeVo),
    "that it takes an order number of the merchant's own is PROPOSED, and whether the same one twice is refused is not known"
  ),
  queryTopUpOrder: operation(
    "queryTopUpOrder",
    "4.05",
    "Customer card top-up order query",
    "/card/balance/order",
    "read",
    Card.RechargeOrderQueryDto,
    object(Card.RechargeOrderQueryVo),
    "named for top-ups; that it answers for a decrease too is PROPOSED"
  ),
  getCardDetail: operation(
    "getCardDetail",
    "4.06",
    "Query customer card detail",
    "/card/detail",
    "read",
    Card.CardDetailDto,
    object(Card.CardDetailVo)
  ),
  destroyCard: operation(
    "destroyCard",
    "4.07",
    "Destroy card",
    "/card/destroy",
    "idempotent",
    Card.CardStatusUpdateDto,
    flag
  ),
  freezeCard: operation(
    "freezeCard",
    "4.08",
    "Freeze card",
    "/card/freeze",
    "idempotent",
    Card.CardStatusUpdateDto,
    flag
  ),
  unfreezeCard: operation(
    "unfreezeCard",
    "4.09",
    "Unfreeze card",
    "/card/unfreeze",
    "idempotent",
    Card.CardStatusUpdateDto,
    flag
  ),
  getCardPanHtml: operation(
    "getCardPanHtml",
    "4.10",
    "Query card PAN as HTML",
    "/card/pan/html",
    "read",
    Card.CardPanHtmlDto,
    secretText,
    "HTML, or a URL to it: which of the two is not known"
  ),
  getCardPan: operation(
    "getCardPan",
    "4.11",
    "Query card PAN",
    "/card/pan",
    "read",
    Card.CardPanEncryptDto,
    object(Card.ApiEncryptVo),
    "the cipher is not documented"
  ),
  getCardPin: operation(
    "getCardPin",
    "4.12",
    "Query card PIN",
    "/card/pin",
    "read",
    Card.CardQueryPinDto,
    encryptedOrText,
    "the cipher is not documented"
  ),
  updateCardPhone: operation(
    "updateCardPhone",
    "4.13",
    "Update phone number",
    "/card/phone/update",
    "idempotent",
    Card.CardPhoneDto,
    flag
  ),
  updateCardEmail: operation(
    "updateCardEmail",
    "4.14",
    "Update email",
    "/card/email/update",
    "idempotent",
    Card.CardEmailDto,
    flag
  ),
  updateCardLimit: operation(
    "updateCardLimit",
    "4.15",
    "Update card limit",
    "/card/limit/update",
    "idempotent",
    Card.CardTradeLimitDto,
    flag
  ),
  bindPhysicalCard: operation(
    "bindPhysicalCard",
    "4.16",
    "Bind physical card",
    "/card/physical/bind",
    "keyed",
    Card.BindCardDto,
    object(Card.BindCardVo)
  ),
  activatePhysicalCard: operation(
    "activatePhysicalCard",
    "4.17",
    "Activate physical card",
    "/card/physical/activate",
    "keyed",
    Card.ActiveCardDto,
    flag,
    "the card has to be bound first (VENDOR 4010005, 4010007)"
  ),
  confirmThreeDs: operation(
    "confirmThreeDs",
    "5.1",
    "3DS authorization confirmation",
    "/3ds/confirm",
    "decision",
    ThreeDs.Confirm3DSDto,
    flag
  )
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof operations

/**
 * What a caller passes to an operation.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestOf<N extends Name> = Schema.Schema.Type<(typeof operations)[N]["request"]["schema"]>

/**
 * What an operation answers with.
 *
 * @since 0.1.0
 * @category models
 */
export type ResponseOf<N extends Name> = Schema.Schema.Type<(typeof operations)[N]["response"]["schema"]>

/**
 * The operations as a list, in the vendor's order.
 *
 * @since 0.1.0
 * @category data
 */
export const all: ReadonlyArray<(typeof operations)[Name]> = Object.values(operations)

/**
 * True for the name of an operation in the table.
 *
 * @since 0.1.0
 * @category guards
 */
export const isName = (name: string): name is Name => Object.hasOwn(operations, name)
