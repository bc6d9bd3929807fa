import * as Redacted from "effect/Redacted"
import type { Comparison } from "../Explain.js"
import { describeKey } from "./key.js"

/** One line of two texts laid side by side. */
export interface Row {
  readonly left: string | undefined
  readonly right: string | undefined
}

export const keyOf = (pair: string): string => {
  const at = pair.indexOf("=")
  return at === -1 ? pair : pair.slice(0, at)
}

/** Where two texts stop being the same, counted in UTF-16 code units; undefined when they never do. */
export const firstDifference = (left: string, right: string): number | undefined => {
  if (left === right) {
    return undefined
  }
  let at = 0
  while (at < left.length && at < right.length && left.charCodeAt(at) === right.charCodeAt(at)) {
    at++
  }
  return at
}

/** Beyond so many comparisons the pairs are laid side by side as they come. */
const alignmentBound = 1_000_000

/** The pairs of both, with those in one line that are the same, or that have the same key between two that are. */
const align = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<Row> => {
  const matches = left.length * right.length > alignmentBound ? [] : commonPairs(left, right)
  const rows: Array<Row> = []
  let [i, j] = [0, 0]
  for (const [toLeft, toRight] of [...matches, [left.length, right.length] as const]) {
    rows.push(...between(left.slice(i, toLeft), right.slice(j, toRight)))
    if (toLeft < left.length) {
      rows.push({ left: left[toLeft], right: right[toRight] })
    }
    ;[i, j] = [toLeft + 1, toRight + 1]
  }
  return rows
}

const between = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<Row> => {
  const rest = [...right]
  const rows = left.map((pair): Row => {
    const at = rest.findIndex((other) => keyOf(other) === keyOf(pair))
    return { left: pair, right: at === -1 ? undefined : rest.splice(at, 1)[0] }
  })
  return [...rows, ...rest.map((pair): Row => ({ left: undefined, right: pair }))]
}

/** The longest run of pairs that both have in the same order, as places in both. */
const commonPairs = (
  left: ReadonlyArray<string>,
  right: ReadonlyArray<string>
): ReadonlyArray<readonly [left: number, right: number]> => {
  const width = right.length + 1
  const lengths = new Uint32Array((left.length + 1) * width)
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i] === right[j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0)
    }
  }
  const pairs: Array<readonly [number, number]> = []
  let [i, j] = [0, 0]
  while (i < left.length && j < right.length) {
    if (left[i] === right[j]) {
      pairs.push([i++, j++])
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) {
      i++
    } else {
      j++
    }
  }
  return pairs
}

export const compare = (left: string, right: string): Comparison => {
  const pairs = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split("&"))
  const [ours, theirs] = [pairs(left), pairs(right)]
  const position = firstDifference(left, right)
  const index = ours.findIndex((pair, at) => pair !== theirs[at])
  const at = index === -1 ? ours.length : index
  const key = (pair: string | undefined): string | undefined =>
    pair === undefined || position === undefined ? undefined : describeKey(keyOf(pair))
  return {
    equal: position === undefined,
    position,
    keys: [key(ours[at]), key(theirs[at])],
    rows: Redacted.make(align(ours, theirs))
  }
}
