import { assert, describe, it } from "@effect/vitest"
import * as Lane from "../src/Lane.js"

describe("Lane", () => {
  it("is the same in every version: it stands in databases", () => {
    assert.deepStrictEqual(
      [
        Lane.of("BU078255558", { kind: "card", id: "CDAU079126648V01" }),
        Lane.of("BU078255558", { kind: "customer", id: "CDAU079126648V01" }),
        Lane.of("BU078255559", { kind: "card", id: "CDAU079126648V01" }),
        Lane.of("BU078255558", { kind: "none", id: "" })
      ],
      [18, 19, 20, 40]
    )
  })

  it("spreads subjects over all lanes", () => {
    const lanes = Array.from({ length: 6400 }, (_, n) =>
      Lane.of("BU078255558", { kind: "card", id: `CD${n}` })
    )
    const sizes = Array.from(
      { length: Lane.count },
      (_, lane) => lanes.filter((other) => other === lane).length
    )
    assert.strictEqual(
      sizes.reduce((sum, size) => sum + size, 0),
      lanes.length
    )
    assert.isAbove(Math.min(...sizes), 50)
    assert.isBelow(Math.max(...sizes), 200)
  })
})
