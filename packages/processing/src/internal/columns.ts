import { Amount, AmountFromWire } from "@effect-yunmo/schema/Amount"
import type * as BigDecimal from "effect/BigDecimal"
import * as Schema from "effect/Schema"

/** Amounts stand in the database as the text they came with; SQL never adds them up. */
export const AmountText = AmountFromWire

/** A sum has no text of the vendor's: it is written out plainly. */
export const sumText = (value: BigDecimal.BigDecimal): string => Amount.fromDecimal(value).text

export const DecimalText = Schema.transform(AmountText, Schema.BigDecimalFromSelf, {
  strict: true,
  decode: (amount) => amount.value,
  encode: (value) => Amount.fromDecimal(value)
})
