import { assert, describe, it } from "@effect/vitest"
import * as Contract from "../src/Contract.js"
import * as ResponseCode from "../src/ResponseCode.js"

/**
 * VENDOR 1.2, written down here a second time and by hand: the code and what the vendor says of it. The last column is
 * rule 5 of the design: `true` only where the code says that the request was refused before it was executed.
 */
const vendor: ReadonlyArray<readonly [code: string, meaning: string, refused: boolean]> = [
  ["-1", "failed, no detail", false],
  ["1000000", "bad parameters", true],
  ["1000001", "identity-card photo abnormal", true],
  ["2000001", "token expired", true],
  ["2000002", "token error", true],
  ["2000003", "signature error", true],
  ["2000004", "merchant does not exist", true],
  ["2000005", "merchant disabled", true],
  ["2000006", "API key or secret key wrong", true],
  ["2000007", "IP address not allowed", true],
  ["3000000", "server internal error", false],
  ["3000001", "third-party error", false],
  ["4000000", "business anomaly", false],
  ["4000001", "customer not found", true],
  ["4000002", "customer already passed KYC", true],
  ["4000003", "customer has not submitted KYC", true],
  ["4000004", "customer code already exists", true],
  ["4000005", "liveness check in progress", true],
  ["4000006", "liveness already completed", true],
  ["4000007", "unknown liveness record", true],
  ["4010001", "card sample missing or not authorised", true],
  ["4010002", "card sample disabled", true],
  ["4010003", "SKU or activation code wrong", true],
  ["4010004", "physical card already bound", true],
  ["4010005", "physical card not bound yet (bind first)", true],
  ["4010006", "card not found", true],
  ["4010007", "card is not in the bound state, cannot be activated", true],
  ["4010008", "card does not support resubmission", true],
  // "Not found" right after sending is not yet an answer.
  ["4020001", "fee order not found", false]
]

const families: ReadonlyArray<readonly [RegExp, ResponseCode.Family]> = [
  [/^-1$/, "unspecified"],
  [/^1\d{6}$/, "parameters"],
  [/^2\d{6}$/, "authentication"],
  [/^3\d{6}$/, "server"],
  [/^400\d{4}$/, "customer"],
  [/^401\d{4}$/, "card"],
  [/^402\d{4}$/, "order"]
]

describe("ResponseCode.rows", () => {
  it("are the 29 failure codes of VENDOR 1.2, in its order, and which of them refuse before execution", () => {
    assert.strictEqual(vendor.length, 29)
    assert.deepStrictEqual(
      ResponseCode.rows.map(({ code, meaning, refused }) => [code, meaning, refused]),
      vendor.map((row) => [...row])
    )
  })

  it("gives each code a name of its own", () => {
    assert.strictEqual(new Set(ResponseCode.rows.map(({ name }) => name)).size, 29)
  })

  it.each(ResponseCode.rows.map((row) => [row.code, row] as const))(
    "puts %s into one family",
    (code, row) => {
      assert.deepStrictEqual(
        families.filter(([pattern]) => pattern.test(code)).map(([, family]) => family),
        [row.family]
      )
    }
  )

  it("says whether a repeat can help, and never that an unknown outcome is to be sent again", () => {
    const advised = (advice: ResponseCode.Advice) =>
      ResponseCode.rows.filter((row) => row.advice === advice).map(({ code }) => code)
    assert.deepStrictEqual(advised("logInAgain"), ["2000001", "2000002"])
    assert.deepStrictEqual(advised("tryLater"), ["3000000", "3000001", "4000005"])
    assert.deepStrictEqual(advised("settleByQuery"), ["-1", "4000000", "4020001"])
    assert.deepStrictEqual(advised("askCardholder"), ["1000001", "4010003"])
  })

  it("stand in the proposed contract with the vendor's label", () => {
    assert.strictEqual(Object.keys(Contract.proposed.codes).length, 29)
    for (const { advice, code, family, meaning, name, refused } of ResponseCode.rows) {
      assert.deepStrictEqual(Contract.proposed.codes[code], {
        name,
        meaning,
        family,
        advice,
        refused,
        source: "VENDOR"
      })
    }
  })
})
