import type { ContractService } from "../Contract.js"
import type * as Dto from "../Dto.js"
import { KycData, ThreeDsData, TradeData } from "../Notification.js"
import * as Operation from "../Operation.js"
import * as ResponseCode from "../ResponseCode.js"
import { mapOperations } from "./record.js"

/** The contract without anybody's corrections: what SPEC, VENDOR and SIBLING say, and proposals for the rest. */
export const proposed: ContractService = {
  version: "v1.0",
  successCode: "200",
  acknowledgement: "OK",
  sandboxUrl: "https://sandbox-api.yunmo.io",
  paths: mapOperations((operation) => ({ path: operation.path, source: "PROPOSED" as const })),
  codes: Object.fromEntries(
    ResponseCode.rows.map(({ advice, code, family, meaning, name, refused }) => [
      code,
      { name, meaning, family, advice, refused, source: "VENDOR" as const }
    ])
  ),
  fields: {},
  enums: {
    kycState: { "0": "pending", "1": "passed", "2": "rejected", "-1": "notSubmitted" },
    livenessState: { "0": "pending", "1": "passed", "2": "failed" },
    cardForm: { VIRTUAL: "virtual", PHYSICAL: "physical" },
    cardStatus: {
      IN_PRODUCTION: "inProduction",
      BOUND: "bound",
      ACTIVE: "active",
      FROZEN: "frozen",
      DESTROYED: "destroyed"
    },
    orderStatus: { PENDING: "pending", SUCCESS: "done", FAILED: "failed" },
    adjustmentDirection: { INCREASE: "increase", DECREASE: "decrease" },
    threeDsResult: { APPROVE: "approve", DECLINE: "decline" },
    tradeKind: {
      AUTHORIZATION: "authorization",
      ADDITIONAL_AUTHORIZATION: "additionalAuthorization",
      SETTLEMENT: "settlement",
      CANCELLATION: "cancellation",
      REFUND: "refund",
      TRANSACTION: "transaction"
    },
    tradeStatus: { PENDING: "pending", SUCCESS: "succeeded", FAILED: "failed" },
    eventType: { KYC: "kyc", _3DS: "threeDs", TRADE: "trade" }
  },
  enumSources: {
    kycState: "SIBLING",
    livenessState: "PROPOSED",
    cardForm: "PROPOSED",
    cardStatus: "PROPOSED",
    orderStatus: "PROPOSED",
    adjustmentDirection: "PROPOSED",
    threeDsResult: "PROPOSED",
    tradeKind: "PROPOSED",
    tradeStatus: "PROPOSED",
    eventType: "VENDOR"
  },
  // The sample of VENDOR 6.1 shows 2 with the remark of a failure; 1 is SIBLING; the others are guesses.
  valueSources: { kycState: { "0": "PROPOSED", "1": "SIBLING", "2": "VENDOR", "-1": "PROPOSED" } },
  tradeKindField: "subType",
  signature: { nested: "refuse", responses: "whenPresent", exempt: {} },
  sources: {
    version: "SPEC",
    successCode: "VENDOR",
    acknowledgement: "VENDOR",
    sandboxUrl: "SPEC",
    tradeKindField: "PROPOSED",
    "signature.nested": "PROPOSED",
    "signature.responses": "PROPOSED"
  }
}

const nestedOf = (dto: Dto.Dto): ReadonlyArray<Dto.Dto> => [
  dto,
  ...Object.values(dto.nested).flatMap(nestedOf)
]

/** Every data object by the vendor's name, for checking what a merchant renames. */
export const dtoByName: Readonly<Record<string, Dto.Dto>> = Object.fromEntries(
  [
    ...Operation.all.flatMap(
      ({ request, response }): ReadonlyArray<Dto.Dto> =>
        response.dto === undefined ? [request] : [request, response.dto]
    ),
    KycData,
    ThreeDsData,
    TradeData
  ]
    .flatMap(nestedOf)
    .map((dto) => [dto.name, dto])
)
