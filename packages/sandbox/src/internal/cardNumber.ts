import * as DateTime from "effect/DateTime"
import type { Generator } from "./random.js"

/** Issued to nobody: card numbers that begin so are known everywhere as test numbers. */
const testBin = "424242"

const luhnSum = (digits: string): number =>
  Array.from(digits, Number)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9))
    .reduce((sum, digit) => sum + digit, 0)

/** Sixteen digits that pass Luhn's check. */
export const make = (random: Generator): string => {
  const head = testBin + random.digits(9)
  return head + String((10 - (luhnSum(`${head}0`) % 10)) % 10)
}

/** `424242******1234`. */
export const masked = (pan: string): string => `${pan.slice(0, 6)}******${pan.slice(-4)}`

/** `MM/yy`, four years on. */
export const expiryAfter = (now: number): string => {
  const { month, year } = DateTime.toPartsUtc(DateTime.unsafeMake(now))
  return `${String(month).padStart(2, "0")}/${String((year + 4) % 100).padStart(2, "0")}`
}
