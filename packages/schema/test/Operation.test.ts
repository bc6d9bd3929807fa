import { assert, describe, it } from "@effect/vitest"
import { proposed } from "../src/Contract.js"
import * as Operation from "../src/Operation.js"

/** Sections, titles and names of the data objects, from the vendor's table of contents (NAME), written down by hand. */
const vendor = [
  ["1.3", "Login authorization", "GetTokenDto", "GetTokenVo"],
  ["2.1", "Create customer", "CustomerAddDto", "CustomerAddVo"],
  ["2.2", "Query customer information", "CustomerQueryDto", "CustomerQueryVo"],
  ["3.1", "Submit KYC information", "SubmitKycDto", "Boolean"],
  ["3.2", "Get liveness H5 link", "GetLivenessUrlDto", "LivenessUrlQueryDto"],
  ["3.3", "Query liveness result", "GetLivenessResultDto", "LivenessResultQueryDto"],
  ["3.4", "Query KYC status", "KycDto", "InHouseKycInfoVo"],
  ["4.01", "Query available card samples", "Object", "List<CardSampleInfoVo>"],
  ["4.02", "Create virtual card", "CreateCardDto", "CreateCardVo"],
  ["4.03", "Query customer card", "CardQueryDto", "List<CardQueryVo>"],
  ["4.04", "Customer card balance adjustment", "CardRechargeDto", "CardRechargeVo"],
  ["4.05", "Customer card top-up order query", "RechargeOrderQueryDto", "RechargeOrderQueryVo"],
  ["4.06", "Query customer card detail", "CardDetailDto", "CardDetailVo"],
  ["4.07", "Destroy card", "CardStatusUpdateDto", "Boolean"],
  ["4.08", "Freeze card", "CardStatusUpdateDto", "Boolean"],
  ["4.09", "Unfreeze card", "CardStatusUpdateDto", "Boolean"],
  ["4.10", "Query card PAN as HTML", "CardPanHtmlDto", "String"],
  ["4.11", "Query card PAN", "CardPanEncryptDto", "ApiEncryptVo"],
  ["4.12", "Query card PIN", "CardQueryPinDto", "ApiEncryptVo or String"],
  ["4.13", "Update phone number", "CardPhoneDto", "Boolean"],
  ["4.14", "Update email", "CardEmailDto", "Boolean"],
  ["4.15", "Update card limit", "CardTradeLimitDto", "Boolean"],
  ["4.16", "Bind physical card", "BindCardDto", "BindCardVo"],
  ["4.17", "Activate physical card", "ActiveCardDto", "Boolean"],
  ["5.1", "3DS authorization confirmation", "Confirm3DSDto", "Boolean"]
]

/** Rule 6 of the design, and our reading of it for the operations it does not name. */
const safety: ReadonlyArray<readonly [Operation.Safety, ReadonlyArray<Operation.Name>]> = [
  [
    "read",
    [
      "queryCustomer",
      "getLivenessResult",
      "getKycStatus",
      "listCardSamples",
      "listCustomerCards",
      "queryTopUpOrder",
      "getCardDetail",
      "getCardPanHtml",
      "getCardPan",
      "getCardPin"
    ]
  ],
  [
    "idempotent",
    [
      "login",
      "getLivenessUrl",
      "destroyCard",
      "freezeCard",
      "unfreezeCard",
      "updateCardPhone",
      "updateCardEmail",
      "updateCardLimit"
    ]
  ],
  ["keyed", ["createCustomer", "submitKyc", "bindPhysicalCard", "activatePhysicalCard"]],
  ["creating", ["createVirtualCard"]],
  ["money", ["adjustBalance"]],
  ["decision", ["confirmThreeDs"]]
]

const unique = (values: ReadonlyArray<string>) => assert.strictEqual(new Set(values).size, values.length)

describe("Operation.operations", () => {
  it("are the vendor's 25, in its order, with its titles and data objects", () => {
    assert.strictEqual(vendor.length, 25)
    assert.deepStrictEqual(
      Operation.all.map(({ request, response, section, title }) => [
        section,
        title,
        request.name,
        response.name
      ]),
      vendor
    )
  })

  it("stand under their own names", () => {
    assert.deepStrictEqual(
      Object.keys(Operation.operations),
      Operation.all.map(({ name }) => name)
    )
    unique(Operation.all.map(({ name }) => name))
  })

  it("each have a path of their own, labelled as proposed", () => {
    unique(Operation.all.map(({ path }) => path))
    for (const { name, path } of Operation.all) {
      assert.match(path, /^(?:\/[a-z0-9]+)+$/)
      assert.deepStrictEqual(proposed.paths[name], { path, source: "PROPOSED" })
    }
    assert.strictEqual(Object.keys(proposed.paths).length, 25)
  })

  it("answer with what the vendor names, but for one answer that is a proposal", () => {
    assert.deepStrictEqual(
      Operation.all.filter(({ response }) => response.provenance !== "NAME").map(({ name }) => name),
      ["submitKyc"]
    )
    assert.strictEqual(Operation.operations.submitKyc.response.provenance, "PROPOSED")
  })

  it.each(safety)("are %s: %s", (kind, names) => {
    assert.deepStrictEqual(
      Operation.all.filter((operation) => operation.safety === kind).map(({ name }) => name),
      [...names]
    )
  })

  it("share one data object for destroy, freeze and unfreeze", () => {
    const { destroyCard, freezeCard, unfreezeCard } = Operation.operations
    assert.strictEqual(destroyCard.request, freezeCard.request)
    assert.strictEqual(freezeCard.request, unfreezeCard.request)
  })
})

describe("Operation.isName", () => {
  it("knows the operations and nothing else", () => {
    assert.isTrue(Operation.all.every(({ name }) => Operation.isName(name)))
    for (const name of ["", "Login", "constructor", "toString", "__proto__", "hasOwnProperty"]) {
      assert.isFalse(Operation.isName(name), name)
    }
  })
})
