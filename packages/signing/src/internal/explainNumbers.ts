/** How a number's literal looks once a program has parsed it and printed it again; unchanged where it would not be. */
export type NumberFormat = (literal: string) => string

export const javaScriptNumber: NumberFormat = (literal) => String(Number(literal))

/** `Double.toString`: always a decimal point, and an exponent from ten million on. */
export const javaDouble: NumberFormat = (literal) => {
  const value = Number(literal)
  if (!Number.isFinite(value)) {
    return literal
  }
  const size = Math.abs(value)
  if (size === 0) {
    return literal.startsWith("-") ? "-0.0" : "0.0"
  }
  if (size >= 1e-3 && size < 1e7) {
    return withPoint(String(value))
  }
  const [digits = "", exponent = ""] = value.toExponential().split("e")
  return `${withPoint(digits)}E${exponent.replace("+", "")}`
}

/** A whole number stays one, anything else is a float as `repr` prints it. */
export const pythonNumber: NumberFormat = (literal) =>
  /^-?\d+$/.test(literal) ? literal : pythonFloat(literal)

export const pythonFloat: NumberFormat = (literal) => {
  const value = Number(literal)
  if (!Number.isFinite(value)) {
    return literal
  }
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits = "", exponent = ""] = value.toExponential().split("e")
    return `${digits}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, "0")}`
  }
  return withPoint(plainDecimal(String(value)))
}

const withPoint = (digits: string): string => (digits.includes(".") ? digits : `${digits}.0`)

/** `BigDecimal.stripTrailingZeros().toPlainString()`: every digit, no exponent, no zeros behind the last digit. */
export const plainDecimal: NumberFormat = (literal) => {
  const written = expanded(literal)
  return written?.includes(".") === true ? written.replace(/\.?0+$/, "") : (written ?? literal)
}

/** Without its exponent; undefined for an exponent that nobody would write out. */
const expanded = (literal: string): string | undefined => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)
  if (parts === null) {
    return undefined
  }
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts
  const shift = Number(exponent)
  if (Math.abs(shift) > 400) {
    return undefined
  }
  const digits = whole + fraction
  const point = whole.length + shift
  const left =
    point <= 0
      ? "0"
      : digits
          .slice(0, point)
          .padEnd(point, "0")
          .replace(/^0+(?=\d)/, "")
  const right = point <= 0 ? "0".repeat(-point) + digits : digits.slice(point)
  return `${sign}${left}${right === "" ? "" : `.${right}`}`
}

/** At least so many decimals: what `20` may have been before somebody parsed it. */
export const padded =
  (decimals: number): NumberFormat =>
  (literal) => {
    if (!/^-?\d+(?:\.\d+)?$/.test(literal)) {
      return literal
    }
    const [whole = "", fraction = ""] = literal.split(".")
    return `${whole}.${fraction.padEnd(decimals, "0")}`
  }

/** `1000` as `1e3`, in the ways it is written. */
export const exponentials: ReadonlyArray<NumberFormat> = [
  (literal) => Number(literal).toExponential().replace("+", ""),
  (literal) => Number(literal).toExponential().replace("+", "").toUpperCase(),
  (literal) => Number(literal).toExponential(),
  (literal) => Number(literal).toExponential().toUpperCase()
]

export const looksLikeNumber = (text: string): boolean =>
  /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)
