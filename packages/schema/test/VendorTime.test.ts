import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as VendorTime from "../src/VendorTime.js"

const time = (text: string) => VendorTime.VendorTime.make(text)
const iso = (text: string, offsetMinutes?: number) =>
  Option.getOrUndefined(Option.map(VendorTime.toUtc(time(text), offsetMinutes), DateTime.formatIso))

describe("VendorTime", () => {
  it("keeps any text, and the digits of a number: a notification is not lost over a date", () => {
    const decode = Schema.decodeUnknownSync(VendorTime.VendorTime)
    assert.strictEqual(decode("2026-02-10 16:38:16"), time("2026-02-10 16:38:16"))
    assert.strictEqual(decode("yesterday"), time("yesterday"))
    assert.strictEqual(decode(1770712296681), time("1770712296681"))
  })

  it("reads the vendor's form as UTC when nobody names an offset", () => {
    assert.strictEqual(iso("2026-02-10 16:38:16"), "2026-02-10T16:38:16.000Z")
  })

  it.each([
    [480, "2026-02-10T08:38:16.000Z"],
    [-300, "2026-02-10T21:38:16.000Z"],
    [330, "2026-02-10T11:08:16.000Z"],
    [1020, "2026-02-09T23:38:16.000Z"]
  ])("reads it %s minutes east of UTC", (offset, expected) => {
    assert.strictEqual(iso("2026-02-10 16:38:16", offset), expected)
  })

  it.each([
    "",
    "2026-02-10",
    "2026-02-10T16:38:16",
    "2026-02-10 16:38:16Z",
    "2026-02-10 16:38:16.5",
    " 2026-02-10 16:38:16",
    "2026-2-10 16:38:16",
    "2026-02-30 10:00:00",
    "2026-02-29 10:00:00",
    "2026-13-01 10:00:00",
    "2026-00-01 10:00:00",
    "2026-04-31 10:00:00",
    "2026-02-10 24:00:00",
    "2026-02-10 23:60:00",
    "2026-02-10 23:59:60"
  ])("does not guess at %j", (text) => {
    assert.isUndefined(iso(text))
  })

  it("knows leap years", () => {
    assert.strictEqual(iso("2028-02-29 00:00:00"), "2028-02-29T00:00:00.000Z")
  })

  it.prop(
    "reads back what it writes, to the second",
    [FastCheck.integer({ min: 0, max: 253_402_300_799 })],
    ([second]) => {
      const instant = DateTime.unsafeMake(second * 1000)
      assert.deepStrictEqual(VendorTime.toUtc(VendorTime.fromUtc(instant)), Option.some(instant))
    }
  )
})
