import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as MerchantsChoice from "../src/MerchantsChoice.js"
import * as Program from "../src/Program.js"

const read = (variables: Record<string, string>) =>
  Effect.runSyncExit(Effect.withConfigProvider(MerchantsChoice.config, Program.environment(variables)))

const complaints = (variables: Record<string, string>) => {
  const exit = read(variables)
  const text = Exit.isFailure(exit) ? Program.describe("test", exit.cause) : ""
  assert.notInclude(text, "CANARY")
  return [...text.matchAll(/^ {2}([A-Z_]+)/gm)].map(([, name]) => name)
}

describe("MerchantsChoice", () => {
  it("is one merchant, from settings", () => {
    const exit = read({
      YUNMO_MERCHANT_NO: "BU1",
      YUNMO_SECRET_KEY: "new",
      YUNMO_ACCEPTED_SECRET_KEYS: "old"
    })
    const choice = Exit.isSuccess(exit) ? exit.value : assert.fail("it was refused")
    assert.deepInclude(choice, { _tag: "One", merchantNo: "BU1" })
    assert.deepStrictEqual(choice._tag === "One" ? choice.keyRing.accepted.map(({ id }) => id) : [], [
      "signing",
      "accepted-1"
    ])
  })

  it("is a file, whatever stands in the settings of one merchant", () => {
    for (const more of [{}, { YUNMO_MERCHANT_NO: "BU1", YUNMO_SECRET_KEY: " CANARY" }]) {
      assert.deepStrictEqual(
        read({ YUNMO_MERCHANTS_FILE: "m.json", ...more }),
        Exit.succeed({ _tag: "File", path: "m.json" } as const)
      )
    }
  })

  it("names all that is missing or wrong at once", () => {
    assert.deepStrictEqual(complaints({}), ["YUNMO_MERCHANT_NO", "YUNMO_SECRET_KEY"])
    assert.deepStrictEqual(complaints({ YUNMO_SECRET_KEY: " CANARY" }), [
      "YUNMO_MERCHANT_NO",
      "YUNMO_SECRET_KEY"
    ])
    assert.deepStrictEqual(
      complaints({
        YUNMO_MERCHANT_NO: "BU1 ",
        YUNMO_SECRET_KEY: "x",
        YUNMO_ACCEPTED_SECRET_KEYS: "CANARY, b"
      }),
      ["YUNMO_MERCHANT_NO", "YUNMO_ACCEPTED_SECRET_KEYS"]
    )
  })
})
