/**
 * The vendor's `yyyy-MM-dd HH:mm:ss` times, which carry no zone (VENDOR 6.4). Their text is kept; a reading as an
 * instant is made only where a caller asks for it and names the offset.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Wire from "./Wire.js"

const pattern = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/**
 * The literal text of a vendor time. Any text is kept, since a notification must not be lost over a date.
 *
 * @since 0.1.0
 * @category models
 */
export const VendorTime = Wire.Text.pipe(Schema.brand("VendorTime", { description: "time without a zone" }))
/**
 * @since 0.1.0
 * @category models
 */
export type VendorTime = typeof VendorTime.Type

/**
 * Reads the text as an instant at `offsetMinutes` east of UTC (0 when not given: PROPOSED, the vendor names no
 * zone). `None` when the text has another form or names a time that does not exist. One-second resolution.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toUtc = (time: VendorTime, offsetMinutes = 0): Option.Option<DateTime.Utc> =>
  pattern.test(time)
    ? DateTime.make(`${time.replace(" ", "T")}Z`).pipe(
        // JavaScript reads February 30 as March 2.
        Option.filter((utc) => fromUtc(utc) === time),
        Option.map((utc) => DateTime.subtract(utc, { minutes: offsetMinutes }))
      )
    : Option.none()

/**
 * Writes an instant the way the vendor does, in UTC.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromUtc = (instant: DateTime.Utc): VendorTime =>
  VendorTime.make(DateTime.formatIso(instant).slice(0, 19).replace("T", " "))
