/**
 * Chance that a seed repeats. Every decision draws from a stream of its own name, so what one part draws does not shift what
 * another draws, in whatever order they run.
 */
import * as Hash from "effect/Hash"
import { PCGRandom } from "effect/Utils"

export interface Seeded {
  /** From 0 up to, not including, 1. */
  readonly next: () => number
  readonly chance: (probability: number) => boolean
  /** A whole number from `least` up to, not including, `below`. */
  readonly between: (least: number, below: number) => number
  readonly pick: <A>(first: A, ...others: ReadonlyArray<A>) => A
  readonly text: (length: number) => string
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export const stream = (seed: number, name: string, index = 0): Seeded => {
  const random = new PCGRandom(seed, Hash.combine(Hash.number(index))(Hash.string(name)))
  const next = () => random.number()
  const between = (least: number, below: number) => least + Math.floor(next() * (below - least))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick: (first, ...others) => others[between(0, others.length + 1) - 1] ?? first,
    text: (length) => Array.from({ length }, () => alphabet.charAt(between(0, alphabet.length))).join("")
  }
}
