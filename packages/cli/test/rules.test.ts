import { assert, describe, it } from "@effect/vitest"
import * as Rules from "@effect-yunmo/sandbox/Rules"
import * as Either from "effect/Either"
import * as Words from "../src/internal/rules.js"

describe("rules as words", () => {
  it("are all of the sandbox's", () => {
    assert.deepStrictEqual([...Words.names].sort(), Object.keys(Rules.defaults).sort())
  })

  it("mean what each rule takes of what the word may stand for", () => {
    const entries: ReadonlyArray<readonly [string, Rules.Changes]> = [
      ["checkSignature=off", { checkSignature: false }],
      ["checkToken=true", { checkToken: true }],
      ["loginEndsOldTokens=on", { loginEndsOldTokens: true }],
      ["tokenLifetimeSeconds=off", { tokenLifetimeSeconds: null }],
      ["tokenLifetimeSeconds=null", { tokenLifetimeSeconds: null }],
      ["tokenLifetimeSeconds=90", { tokenLifetimeSeconds: 90 }],
      ["clockSkewSeconds=1.5", { clockSkewSeconds: 1.5 }],
      ["settleAfterSeconds= 250 millis ", { settleAfterSeconds: 0.25 }],
      ["kycReviewAfterSeconds=2 hours", { kycReviewAfterSeconds: 7200 }],
      ["allowedAddresses=off", { allowedAddresses: null }],
      ["allowedAddresses=127.0.0.1", { allowedAddresses: ["127.0.0.1"] }],
      ["allowedAddresses=127.0.0.1, ::1", { allowedAddresses: ["127.0.0.1", "::1"] }],
      [`allowedAddresses=["10.0.0.1"]`, { allowedAddresses: ["10.0.0.1"] }],
      ["nonceReuse=refuse", { nonceReuse: "refuse" }],
      ["version=exact", { version: "exact" }],
      ["duplicateOrders=execute", { duplicateOrders: "execute" }]
    ]
    for (const [entry, changes] of entries) {
      assert.deepStrictEqual(Words.read([entry]), Either.right(changes), entry)
    }
    assert.deepStrictEqual(
      Words.read(["magic=off", "version=any"]),
      Either.right({ magic: false, version: "any" })
    )
    assert.deepStrictEqual(Words.read([]), Either.right({}))
  })

  it("are named when they take something else", () => {
    const wrong: ReadonlyArray<readonly [string, string]> = [
      ["checkSignature=1", "The rule checkSignature takes on or off"],
      ["checkSignature=", "The rule checkSignature takes on or off"],
      ["nonceReuse=off", "The rule nonceReuse takes allow or refuse"],
      ["tokenLifetimeSeconds=-1", "The rule tokenLifetimeSeconds takes seconds, a duration"],
      ["tokenLifetimeSeconds=on", "The rule tokenLifetimeSeconds takes seconds"],
      ["settleAfterSeconds=Infinity", "The rule settleAfterSeconds takes seconds"],
      ["settleAfterSeconds=-5 seconds", "The rule settleAfterSeconds takes seconds"],
      ["allowedAddresses=10.0.0.0/8", "The rule allowedAddresses takes addresses"],
      ["allowedAddresses=localhost", "The rule allowedAddresses takes addresses"],
      ["allowedAddresses=a,,b", "The rule allowedAddresses takes addresses"],
      ["toString=on", "There is no rule toString; the rules are checkSignature, "],
      ["=on", "There is no rule ; the rules are"],
      ["\u001b[31mred=on", "There is no rule \u{fffd}[31mred; "]
    ]
    for (const [entry, sentence] of wrong) {
      const failed = Either.flip(Words.read([entry]))
      assert.include(Either.getOrThrow(failed).message, sentence, entry)
    }
  })
})
