import { PCGRandom, type PCGRandomState } from "effect/Utils"

/**
 * The world's own source of chance: the generator behind Effect's `Random`, taken synchronously, so that a whole
 * command is one step that nothing can interleave. The same seed gives the same ids, numbers and nonces.
 */
export interface Generator {
  readonly digits: (length: number) => string
  readonly alphanumeric: (length: number) => string
  readonly state: () => PCGRandomState
  readonly resume: (state: PCGRandomState) => void
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export const makeGenerator = (seed: number): Generator => {
  const source = new PCGRandom(seed)
  const draw = (symbols: string, length: number): string =>
    Array.from({ length }, () => symbols.charAt(source.integer(symbols.length))).join("")
  return {
    digits: (length) => draw("0123456789", length),
    alphanumeric: (length) => draw(alphabet, length),
    state: () => source.getState(),
    resume: (state) => source.setState(state)
  }
}

/** Draws until the result is not taken: a sandbox that runs for long must not give one id twice. */
export const fresh = <A>(draw: () => A, taken: (candidate: A) => boolean): A => {
  let candidate = draw()
  while (taken(candidate)) {
    candidate = draw()
  }
  return candidate
}
