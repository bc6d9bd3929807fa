/**
 * Scalars as they stand on the wire. The vendor's text says every value is a string while its samples also send
 * numbers (VENDOR 6.1), so a scalar is accepted as either and kept as its literal text.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A string or a JSON number, read as text. Written back as a string.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Text = Schema.transform(Schema.Union(Schema.String, Schema.JsonNumber), Schema.String, {
  strict: true,
  decode: (value) => String(value),
  encode: (text) => text
}).annotations({ identifier: "Text", description: "a string, or a number read as its text" })

/**
 * `true` or `false`, also as text. Written back as a JSON boolean.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Flag = Schema.transform(
  Schema.Union(Schema.Boolean, Schema.Literal("true", "false")),
  Schema.Boolean,
  { strict: true, decode: (value) => value === true || value === "true", encode: (flag) => flag }
).annotations({ identifier: "Flag", description: "a boolean" })

/**
 * Epoch milliseconds, as a number or as digits. Written back as a number.
 *
 * @since 0.1.0
 * @category schemas
 */
export const EpochMillis = Schema.transform(
  Schema.Union(Schema.JsonNumber, Schema.NumberFromString.pipe(Schema.filter((n) => Number.isFinite(n)))),
  Schema.Int.pipe(Schema.nonNegative()),
  { strict: true, decode: (value) => value, encode: (millis) => millis }
).annotations({ identifier: "EpochMillis", description: "epoch milliseconds" })

/**
 * Text that must not show: decoded to `Redacted`, so that logs, errors and `util.inspect` print `<redacted>`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Secret = Schema.Redacted(Text).annotations({ identifier: "Secret" })
