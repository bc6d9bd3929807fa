import * as Redacted from "effect/Redacted"

const secretsIn = (value: unknown): ReadonlyArray<string> => {
  if (Redacted.isRedacted(value)) {
    const inner = Redacted.value(value)
    return typeof inner === "string" && inner.length >= 3 ? [inner] : []
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretsIn) : []
}

/**
 * The vendor's `msg` is free text and may repeat what was sent. Whatever was secret in the input is taken out of it, and
 * it is kept to a length that a log can hold.
 */
export const scrub = (text: string, ...inputs: ReadonlyArray<unknown>): string =>
  secretsIn(inputs)
    .reduce((scrubbed, secret) => scrubbed.replaceAll(secret, "<redacted>"), text)
    .slice(0, 300)
