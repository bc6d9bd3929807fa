/** Signed transaction notifications of 977 bytes, the vendor's sample of 40 fields, each different from all others. */
import { notificationWith } from "../signing/samples.js"

/** The merchant of every contestant; the key is that of the signing bench. */
export const merchantNo = "BU078255558"

export const path = "/yunmo/notifications"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** So many cards take part. */
const cards = 1000

/** mulberry32: the same numbers for the same seed. */
const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

const digits = (number: number, length: number): string => String(number).padStart(length, "0")

/** The notifications numbered from `from`; no number gives the same message as another. */
export const notifications = (seed: number, from: number, count: number): ReadonlyArray<string> => {
  const next = random(Math.imul(seed, 0x9e3779b1) ^ from)
  return Array.from({ length: count }, (_, index) => {
    const number = from + index
    const nonce = Array.from({ length: 16 }, () => alphabet[Math.floor(next() * alphabet.length)]).join("")
    return notificationWith(
      { nonce, requestTime: 1_770_712_296_681 + number },
      {
        orderNo: `20260211${digits(number, 9)}`,
        subOrderNo: `20260212${digits(number, 9)}`,
        cardId: `C${digits(Math.floor(next() * cards), 4)}`,
        amount: `${digits(1000 + Math.floor(next() * 9000), 4)}.00`
      }
    ).text
  })
}
