import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import { read } from "../src/RawMessage.js"
import * as Verifier from "../src/Verifier.js"
import { campaign, print, type Report, type Verify } from "./forgery/campaign.ts"
import { kinds } from "./forgery/mutations.ts"
import { differences } from "./forgery/reference.ts"
import { key, secret } from "./support.js"

const verify =
  (options?: Verifier.Options): Verify =>
  (raw) =>
    Either.match(Verifier.verifyWith([key], raw, options), {
      onLeft: ({ _tag }) => ({ accepted: false, unreadable: _tag === "UnreadableMessage" }),
      onRight: ({ ambiguity }) => ({ accepted: true, flags: ambiguity.map(({ reason }) => reason) })
    })

const changed = ({ byKind }: Report): number =>
  Object.values(byKind).reduce((sum, { mutants, unchanged }) => sum + mutants - unchanged, 0)

describe("forged messages", () => {
  it("none is accepted of 20,000, but those that the scheme itself signs alike", () => {
    const report = campaign(22_000, 20_260_211, secret, verify())
    assert.isAtLeast(changed(report), 20_000)
    assert.deepStrictEqual(report.forged, [], print(report))
    assert.strictEqual(report.genuineRefused, 0, print(report))
    for (const kind of kinds) {
      const { alike, invalid, unreadable } = report.byKind[kind] ?? assert.fail(kind)
      assert.isAbove(alike + invalid + unreadable, 100, kind)
    }
    // Each kind of likeness that the README tells of does come up.
    for (const difference of differences) {
      assert.isAbove(report.byDifference[difference].count, 0, difference)
    }
  })

  it("of those, a strict verifier accepts none that shows it", () => {
    const report = campaign(5000, 7, secret, verify({ ambiguity: "refuse" }))
    assert.deepStrictEqual(report.forged, [], print(report))
    for (const difference of differences) {
      assert.strictEqual(report.byDifference[difference].flagged, 0, difference)
    }
    const lenient = campaign(5000, 7, secret, verify())
    for (const difference of differences) {
      const { count, flagged } = lenient.byDifference[difference]
      assert.strictEqual(report.byDifference[difference].count, count - flagged, difference)
    }
  })

  it("would be found if the verifier let any pass", () => {
    const careless = campaign(500, 7, secret, (raw) => {
      const isObject = read(raw)._tag === "Read"
      return isObject ? { accepted: true, flags: [] } : { accepted: false, unreadable: true }
    })
    assert.isNotEmpty(careless.forged)
  })
})
