/**
 * Scalars as they stand on the wire. The vendor's text says every value is a string while its samples also send
 * numbers (VENDOR 6.1), so a scalar is accepted as either and kept as its literal text.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A string or a JSON number, read as text. Written back as a string. A number keeps its digits only when the message
 * was read with them, as `RawMessage` of the signing package does: `JSON.parse` rounds long ones before they come here.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Text = Schema.transform(Schema.Union(Schema.String, Schema.JsonNumber), Schema.String, {
  strict: true,
  decode: (value) => String(value),
  encode: (text) => text
}).annotations({
  identifier: "Text",
  description: "text",
  message: () => "expected a string or a number"
})

/**
 * An integer that names one of several values, kept as its text. Written back as the JSON number that the vendor's samples have
 * (VENDOR 3.3, 6.1); a value that is no integer, as text.
 *
 * @since 0.1.0
 * @category schemas
 */
export const IntegerText = Schema.transform(Schema.Union(Schema.String, Schema.JsonNumber), Schema.String, {
  strict: true,
  decode: (value) => String(value),
  encode: (text) => (/^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text)
}).annotations({
  identifier: "IntegerText",
  description: "an integer, or its text",
  message: () => "expected an integer or its text"
})

/**
 * Text of a request that has to say something. The signature scheme leaves empty values out and agrees on nothing about
 * blanks (SPEC), so neither is sent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NonBlankText = Schema.NonEmptyTrimmedString.annotations({
  identifier: "NonBlankText",
  description: "text, not blank",
  message: () => "expected text that is not empty and has no blanks around it"
})

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
).annotations({ identifier: "Flag", description: "true or false", message: () => "expected true or false" })

const NumberText = Schema.String.pipe(
  Schema.pattern(/^\d{1,20}(?:\.\d{1,20})?(?:[eE]\+?\d{1,2})?$/),
  Schema.compose(Schema.NumberFromString)
)

/**
 * Epoch milliseconds, as a number or as its text (`1.77e12` too, which is how some servers print a large one). Written
 * back as a number.
 *
 * @since 0.1.0
 * @category schemas
 */
export const EpochMillis = Schema.transform(
  Schema.Union(Schema.JsonNumber, NumberText),
  Schema.Int.pipe(Schema.nonNegative()),
  { strict: true, decode: (value) => value, encode: (millis) => millis }
).annotations({
  identifier: "EpochMillis",
  description: "epoch milliseconds",
  message: () => "expected epoch milliseconds"
})

/**
 * Text that must not show: decoded to `Redacted`, so that logs, errors and `util.inspect` print `<redacted>`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Secret = Schema.Redacted(Text).annotations({ identifier: "Secret", description: "secret text" })

/**
 * A secret that has to say something: sent empty, it would not even be signed (SPEC).
 *
 * @since 0.1.0
 * @category schemas
 */
export const NonBlankSecret = Schema.Redacted(
  Text.pipe(Schema.filter((text) => text.trim() !== "" || "expected text that is not blank"))
).annotations({ identifier: "NonBlankSecret", description: "secret text, not blank" })
