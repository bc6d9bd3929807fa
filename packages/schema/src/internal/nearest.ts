/** What is left of two texts without their common beginning and end. */
const difference = (a: string, b: string): readonly [string, string] => {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) {
    start++
  }
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) {
    end++
  }
  return [a.slice(start, a.length - end), b.slice(start, b.length - end)]
}

/** One letter more, less, or another, or two that changed places. */
const isOneEdit = (a: string, b: string): boolean => {
  const [left, right] = difference(a, b)
  return (
    (left.length <= 1 && right.length <= 1) ||
    (left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0])
  )
}

/** The candidate that was probably meant: the same in other letter case, or one edit away. */
export const nearest = (name: string, candidates: ReadonlyArray<string>): string | undefined =>
  candidates.find((candidate) => candidate.toLowerCase() === name.toLowerCase()) ??
  candidates.find((candidate) => isOneEdit(candidate, name))
