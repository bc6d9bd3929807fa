import { Amount, AmountFromWire } from "@effect-yunmo/schema/Amount"
import type * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"

/** Whole numbers come as numbers from SQLite, and as text from PostgreSQL, where they could be larger than a number holds. */
export const Whole = Schema.Union(Schema.Int, Schema.NumberFromString.pipe(Schema.int()))

/** PostgreSQL holds no NUL in a text, and what somebody wrote freely may have one. */
export const freeText = (text: string): string => text.replaceAll("\u0000", "\uFFFD")

/** Amounts stand in the database as the text they came with; SQL never adds them up. */
export const AmountText = AmountFromWire

/** A sum has no text of the vendor's: it is written out plainly. */
export const sumText = (value: BigDecimal.BigDecimal): string => Amount.fromDecimal(value).text

export const DecimalText = Schema.transform(AmountText, Schema.BigDecimalFromSelf, {
  strict: true,
  decode: (amount) => amount.value,
  encode: (value) => Amount.fromDecimal(value)
})
