import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Ids from "../src/Ids.js"

/** The brands differ; what they have in common is tested for each. */
const ids = Object.entries(Ids) as unknown as ReadonlyArray<
  readonly [string, Schema.brand<Schema.Schema<string, string | number>, "Id">]
>

describe("Ids", () => {
  it("has one for each thing that has a name of its own", () => {
    assert.deepStrictEqual(ids.map(([name]) => name).sort(), [
      "AuthorizationId",
      "CardId",
      "CardSampleId",
      "CustomerCode",
      "CustomerId",
      "LivenessTransactionId",
      "MerchantNo",
      "MerchantOrderNo",
      "OrderNo",
      "SubOrderNo"
    ])
  })

  describe.each(ids)("%s", (_, id) => {
    const decode = Schema.decodeUnknownEither(id)

    it("keeps its text, whatever form the vendor gives it", () => {
      for (const text of ["BU078255558", "CDAU079126648V01", "a b", "客户", "0"]) {
        assert.strictEqual(Either.getOrThrow(decode(text)), text)
        assert.strictEqual(id.make(text), text)
      }
    })

    it("reads a number as its text and writes text", () => {
      const read = Either.getOrThrow(decode(1024))
      assert.strictEqual(read, "1024")
      assert.strictEqual(Schema.encodeSync(id)(read), "1024")
    })

    it.each(["", " ", " a", "a\n", "\u00a0a", null, undefined, true, {}, Number.NaN])(
      "refuses %j",
      (input) => {
        const refused = decode(input)
        assert.isTrue(Either.isLeft(refused))
      }
    )

    it("is a defect when made from blanks in code", () => {
      assert.throws(() => id.make(" a"))
    })

    it.prop("round-trips", [Arbitrary.make(id)], ([text]) => {
      assert.strictEqual(Either.getOrThrow(decode(text)), text)
    })
  })
})
