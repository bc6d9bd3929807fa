/** Pairs a field of ours that is missing with one of theirs that is extra, where the two are plainly one. */

import type { Shape } from "./shape.js"
import { nearness } from "./words.js"

export interface Missing {
  readonly field: string
  readonly wire: string
  readonly fits: (shape: Shape) => boolean
}

export interface Extra {
  readonly name: string
  readonly shape: Shape
}

export interface Pair {
  readonly missing: Missing
  readonly extra: Extra
}

/** Two names that have nothing in common are two fields to whoever cannot ask. */
const resemblance = 0.25
const enough = 0.6
const lead = 0.1

const neighbours = (names: ReadonlyArray<string>, name: string): readonly [string, string] => {
  const at = names.indexOf(name)
  return [names[at - 1] ?? "^", names[at + 1] ?? "$"]
}

/**
 * The same type is a must, and some resemblance of the names. Then the place counts: the same neighbour before or behind,
 * and that there is nothing else it could be. A pair has to be the best for both, clearly.
 */
export const pairs = (
  missing: ReadonlyArray<Missing>,
  extra: ReadonlyArray<Extra>,
  ours: ReadonlyArray<string>,
  theirs: ReadonlyArray<string>
): ReadonlyArray<Pair> => {
  const isOnly = missing.length === 1 && extra.length === 1
  const points = (one: Missing, other: Extra): number => {
    if (!one.fits(other.shape)) {
      return 0
    }
    const [before, behind] = neighbours(ours, one.wire)
    const [theirBefore, theirBehind] = neighbours(theirs, other.name)
    const isBeside = before === theirBefore || behind === theirBehind
    const place = before === theirBefore && behind === theirBehind ? 0.4 : isBeside ? 0.25 : 0
    const near = nearness(one.wire, other.name)
    return near < resemblance ? 0 : near + place + (isOnly ? 0.1 : 0)
  }
  return missing.flatMap((one) => {
    const ranked = extra
      .map((other) => ({ other, points: points(one, other) }))
      .toSorted((left, right) => right.points - left.points)
    const [best, next] = ranked
    return best !== undefined &&
      best.points >= enough &&
      best.points - (next?.points ?? 0) >= lead &&
      missing.every((rival) => rival === one || best.points - points(rival, best.other) >= lead)
      ? [{ missing: one, extra: best.other }]
      : []
  })
}
