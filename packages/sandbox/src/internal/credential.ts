import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const digest = (text: Redacted.Redacted<string>): Effect.Effect<Uint8Array> =>
  Effect.map(
    Effect.promise(() =>
      globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(Redacted.value(text)))
    ),
    (bytes) => new Uint8Array(bytes)
  )

/** Digests have one length and tell nothing about what they are of, so every byte of them can be compared. */
export const make = (
  expected: Redacted.Redacted<string>
): Effect.Effect<(given: Redacted.Redacted<string>) => Effect.Effect<boolean>> =>
  Effect.map(
    digest(expected),
    (wanted) => (given) =>
      Effect.map(
        digest(given),
        (got) => wanted.reduce((difference, byte, index) => difference | (byte ^ (got[index] ?? 0)), 0) === 0
      )
  )
