/**
 * Money as the vendor writes it: the literal text beside its exact decimal value. Scales vary on the wire (`0.0000`
 * beside `0.00`, VENDOR 6.4) and the text is what is signed, so neither is ever rebuilt from the other, and no
 * amount passes through a floating-point number.
 *
 * @since 0.1.0
 */
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const pattern = /^-?(?:0|[1-9]\d{0,29})(?:\.\d{1,18})?$/

/**
 * An exact amount. Two amounts are equal (`Equal.equals`) when they have the same value, whatever their scale.
 *
 * @since 0.1.0
 * @category models
 */
export class Amount implements Equal.Equal {
  /** The literal text, `20.00`. */
  readonly text: string
  #value: BigDecimal.BigDecimal | undefined

  private constructor(text: string, value?: BigDecimal.BigDecimal) {
    this.text = text
    this.#value = value
  }

  /** The exact value, read from the text when it is first asked for. */
  get value(): BigDecimal.BigDecimal {
    this.#value ??= BigDecimal.unsafeFromString(this.text)
    return this.#value
  }

  /**
   * Reads plain decimal text: an optional minus, no leading zeros, at most 30 digits and 18 decimals, no exponent.
   *
   * @example
   * ```ts
   * import * as Option from "effect/Option"
   * import { Amount } from "@effect-yunmo/schema/Amount"
   *
   * Option.map(Amount.fromText("20.00"), (amount) => amount.text) // Option.some("20.00")
   * Amount.fromText("1e3") // Option.none()
   * ```
   */
  static fromText(text: string): Option.Option<Amount> {
    return pattern.test(text) ? Option.some(new Amount(text)) : Option.none()
  }

  /** As `fromText`, for amounts written in code: text that is no amount is a defect. */
  static unsafeFromText(text: string): Amount {
    return Option.getOrThrowWith(
      Amount.fromText(text),
      () => new RangeError(`"${text}" is not an amount: write plain decimals such as "20.00"`)
    )
  }

  /**
   * The amount of an exact decimal, with the scale it has (0 for a negative one). A decimal beyond 30 digits or 18
   * decimals is a defect: its text could not be read again.
   */
  static fromDecimal(value: BigDecimal.BigDecimal): Amount {
    return Option.getOrThrowWith(
      Option.map(textOf(value), (text) => new Amount(text, value)),
      () => new RangeError("the decimal is not an amount: round it to at most 30 digits and 18 decimals")
    )
  }

  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof Amount && BigDecimal.equals(this.value, that.value)
  }

  [Hash.symbol](): number {
    return Hash.string(toPlainText(BigDecimal.normalize(this.value)))
  }

  toJSON(): string {
    return this.text
  }

  toString(): string {
    return this.text
  }
}

/** `BigDecimal.format` turns to exponents for large scales; the wire never does. */
const toPlainText = (value: BigDecimal.BigDecimal): string => {
  const whole = value.scale < 0 ? BigDecimal.scale(value, 0) : value
  const digits = (whole.value < 0n ? -whole.value : whole.value).toString().padStart(whole.scale + 1, "0")
  const sign = whole.value < 0n ? "-" : ""
  const point = digits.length - whole.scale
  return whole.scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** A scale that is far out would make a text, or a number, that fits no memory: it is not even tried. */
const textOf = (value: BigDecimal.BigDecimal): Option.Option<string> =>
  value.scale < -30 || value.scale > 18
    ? Option.none()
    : Option.liftPredicate(toPlainText(value), (text) => pattern.test(text))

const AmountFromSelf = Schema.declare((input: unknown): input is Amount => input instanceof Amount, {
  identifier: "Amount",
  description: "an exact amount",
  arbitrary: () => (fc) =>
    fc
      .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 6 }))
      .map(([value, scale]) => Amount.fromDecimal(BigDecimal.make(value, scale)))
})

/**
 * An amount on the wire: a string (what the vendor documents and what is sent), or a JSON number as its samples have
 * them (VENDOR 6.1). Give this schema values read with the literal text of numbers kept.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AmountFromWire = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.JsonNumber),
  AmountFromSelf,
  {
    strict: true,
    decode: (input, _options, ast) =>
      Either.fromOption(
        Amount.fromText(String(input)),
        () => new ParseResult.Type(ast, input, "expected plain decimal text such as 20.00")
      ),
    encode: (amount) => Either.right(amount.text)
  }
).annotations({
  identifier: "AmountFromWire",
  description: "amount",
  message: () => "expected plain decimal text such as 20.00"
})

/**
 * An amount that is not negative, as a limit needs it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const NonNegativeAmountFromWire = AmountFromWire.pipe(
  Schema.filter(
    (amount) => !BigDecimal.isNegative(amount.value) || "expected an amount that is not negative",
    {
      description: "amount, not negative"
    }
  )
)

/**
 * An amount above zero, as a balance adjustment needs it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PositiveAmountFromWire = AmountFromWire.pipe(
  Schema.filter((amount) => BigDecimal.isPositive(amount.value) || "expected an amount above zero", {
    description: "amount above zero"
  })
)
