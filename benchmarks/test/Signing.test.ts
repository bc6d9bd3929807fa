import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { type Contestant, measure } from "../src/measure.js"
import { bundleOf } from "../src/signing/bundle.js"
import { contestants, unknownLayouts } from "../src/signing/contestants.js"
import { compact, samples, secret, shuffled } from "../src/signing/samples.js"

describe("the bench of the signature", () => {
  it("measures the notification of P1: 977 bytes and 40 fields besides its sign", () => {
    const { data, sign, ...envelope } = JSON.parse(compact.text)
    assert.strictEqual(compact.bytes.length, 977)
    assert.strictEqual(Object.keys(envelope).length + Object.keys(data).length, 40)
    assert.strictEqual(sign, createHash("md5").update(compact.prepared).digest("hex"))
    assert.isTrue(compact.prepared.endsWith(secret))
    assert.strictEqual(samples[0], compact)
  })

  it.each(samples)("every contestant does its work on: $name", (sample) => {
    assert.isAbove(measure(contestants(sample), { rounds: 1, turnMilliseconds: 0.1 }).length, 2)
  })

  it("shuffles keys, not values", () => {
    const [first = "", second = ""] = shuffled(2)
    assert.notStrictEqual(first, second)
    assert.deepStrictEqual(JSON.parse(first), JSON.parse(second))
    assert.isTrue(unknownLayouts(compact).every(({ run }) => run(0) > 0))
  })

  it("takes the floor's time over each one's", () => {
    const busy =
      (times: number): Contestant["run"] =>
      () => {
        let sum = 0
        for (let at = 0; at < times; at++) {
          sum += Math.sqrt(at)
        }
        return sum
      }
    const [floor, slow] = measure(
      [
        { name: "floor", run: busy(1000) },
        { name: "slow", run: busy(20_000) }
      ],
      { rounds: 3, turnMilliseconds: 1 }
    )
    assert.strictEqual(floor?.ofFloor, 1)
    assert.isBelow(slow?.ofFloor ?? 1, 1)
  })

  it("finds no HTTP client in the verifier alone, at most 8 KB of it (P6)", async () => {
    const { external, gzip } = await bundleOf("@effect-yunmo/signing/Verifier")
    assert.isAtMost(gzip, 8192)
    assert.isTrue(
      external.every((name) => name === "node:crypto" || name.startsWith("effect/")),
      external.join()
    )
  })
})
