import * as Redacted from "effect/Redacted"

/** So much of the vendor's text is looked at, and so much of it is kept: what a line of a log can hold. */
const looked = 400
const kept = 300
/** So many characters in a row that also stand in a secret are a piece of it. */
const piece = 8

const hidden = "<redacted>"

/** An input may hold itself: an exact decimal refers to its own normal form. */
const secretsIn = (value: unknown, seen = new Set<unknown>()): ReadonlyArray<string> => {
  if (Redacted.isRedacted(value)) {
    const inner = Redacted.value(value)
    return typeof inner === "string" && inner.length >= 3 ? [inner] : []
  }
  if (typeof value !== "object" || value === null || seen.has(value)) {
    return []
  }
  seen.add(value)
  return Object.values(value).flatMap((member) => secretsIn(member, seen))
}

/** Takes out the secret, and every longer piece of it: a vendor may quote the beginning of a photo only. */
const without = (text: string, secret: string): string => {
  if (secret.length <= piece) {
    return text.replaceAll(secret, hidden)
  }
  let scrubbed = ""
  let at = 0
  while (at < text.length) {
    let end = at + piece
    if (end > text.length || !secret.includes(text.slice(at, end))) {
      scrubbed += text.charAt(at)
      at += 1
      continue
    }
    while (end < text.length && secret.includes(text.slice(at, end + 1))) {
      end += 1
    }
    scrubbed += hidden
    at = end
  }
  return scrubbed
}

const cardNumbers = /(?<![A-Za-z0-9])\d(?:[ -]?\d){12,18}(?![A-Za-z0-9])/g

/** The check digit of ISO/IEC 7812, which every card number has. */
export const passesLuhn = (digits: string): boolean =>
  Array.from(digits)
    .reverse()
    .map((digit, index) => (index % 2 === 0 ? Number(digit) : (Number(digit) * 2) % 9 || Number(digit)))
    .reduce((sum, digit) => sum + digit, 0) %
    10 ===
  0

/**
 * The vendor's `msg` is free text and may repeat what was sent. Whatever was secret in the input is taken out of it, and
 * whatever reads as a card number, and it is kept to a length that a log can hold.
 */
export const scrub = (text: string, ...inputs: ReadonlyArray<unknown>): string => {
  const scrubbed = secretsIn(inputs)
    .reduce(without, text.slice(0, looked))
    .replaceAll(cardNumbers, (found) => (passesLuhn(found.replaceAll(/\D/g, "")) ? hidden : found))
  // Where the text was cut, a piece too short to be known as one may have been left.
  return scrubbed.slice(0, text.length > looked ? Math.min(kept, scrubbed.length - piece) : kept)
}
