/**
 * The scheme once more, written apart from the package and without regard to speed or safety: what a text a message is
 * signed with under each policy, and what two messages with one text differ in.
 */

/** A number with its characters. */
export class Literal {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

export type Value = null | boolean | string | Literal | Array<Value> | { [key: string]: Value }

export interface Pair {
  readonly part: "envelope" | "data"
  readonly key: string
  readonly value: Value
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown

// The declarations for ES2023 do not know the reviver's third parameter, which has a number's characters (Node 22).
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown

const isValue = (value: unknown): value is Value => value !== undefined

export const parse = (text: string): { [key: string]: Value } => {
  const parsed = parseWith(text, (_, value, { source }) =>
    typeof value === "number" ? new Literal(source ?? String(value)) : value
  )
  if (!isValue(parsed) || !isObject(parsed)) {
    throw new Error("no JSON object")
  }
  return parsed
}

const isObject = (value: Value): value is { [key: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Literal)

const isNested = (value: Value): boolean => isObject(value) || Array.isArray(value)

const pairsOf = (message: { readonly [key: string]: Value }): ReadonlyArray<Pair> =>
  Object.entries(message).flatMap(
    ([key, value]): ReadonlyArray<Pair> =>
      key === "data" && isObject(value)
        ? Object.entries(value).map(([key, value]) => ({ part: "data", key, value }))
        : [{ part: "envelope", key, value }]
  )

const compact = (value: Value): string => {
  if (value instanceof Literal) return value.source
  if (Array.isArray(value)) return `[${value.map(compact).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}:${compact(inner)}`)
    .join(",")}}`
}

const java = (value: Value): string => {
  if (Array.isArray(value)) return `[${value.map(java).join(", ")}]`
  if (!isObject(value)) return plain(value, "null")
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}=${java(inner)}`)
    .join(", ")}}`
}

const comma = (value: Value): string => {
  if (Array.isArray(value)) return value.map(comma).join(",")
  return isObject(value) ? compact(value) : plain(value, "")
}

const plain = (value: Value, ofNull: string): string =>
  value === null ? ofNull : value instanceof Literal ? value.source : String(value)

const textOf = (value: Value): string => (isNested(value) ? compact(value) : plain(value, ""))

const byKey = (a: Pair, b: Pair): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : a.part === "envelope" ? -1 : 1

const covered = (pairs: ReadonlyArray<Pair>): ReadonlyArray<Pair> =>
  pairs.filter(({ key, value }) => key !== "sign" && key !== "token" && value !== null && value !== "")

/** Every text that the message could have been signed with. */
export const textsOf = (message: { readonly [key: string]: Value }): ReadonlySet<string> => {
  const pairs = covered(pairsOf(message)).toSorted(byKey)
  const keysOf = (part: Pair["part"]) =>
    new Set(pairs.filter((pair) => pair.part === part).map(({ key }) => key))
  const inData = keysOf("data")
  const inEnvelope = keysOf("envelope")
  const collisions: ReadonlyArray<(pair: Pair) => boolean> = [
    ({ key, part }) => part === "data" || !inData.has(key),
    ({ key, part }) => part === "envelope" || !inEnvelope.has(key),
    () => true
  ]
  const writers: ReadonlyArray<((value: Value) => string) | undefined> = [undefined, compact, java, comma]
  return new Set(
    collisions.flatMap((isTaken) =>
      writers.map((write) =>
        pairs
          .filter(isTaken)
          .filter(({ value }) => write !== undefined || !isNested(value))
          .map(({ key, value }) => `${key}=${isNested(value) ? write?.(value) : plain(value, "")}`)
          .join("&")
      )
    )
  )
}

/** How a message with another's signature differs from it; the first that fits. */
export const differences = [
  "nothing: other blanks, escapes, order of keys, or case of the digest",
  "the token, or fields that are empty or null",
  'the JSON type of a value: 1, "1", true, "true"',
  "fields moved between envelope and data",
  "an object or array that the text leaves out",
  "a key in both parts, of which the text has one",
  "an object or array in place of its text, or back",
  "pairs split or joined at & and ="
] as const
export type Difference = (typeof differences)[number]

const bag = (pairs: ReadonlyArray<Pair>, show: (pair: Pair) => string): string =>
  JSON.stringify(pairs.map(show).toSorted())

export const differenceOf = (
  original: { readonly [key: string]: Value },
  other: { readonly [key: string]: Value }
): Difference => {
  const [nothing, uncovered, type, moved, nested, collision, written, split] = differences
  const [a, b] = [pairsOf(original), pairsOf(other)]
  const whole = ({ key, part, value }: Pair) =>
    [
      part,
      key,
      typeof value,
      value instanceof Literal,
      key === "sign" ? textOf(value).toLowerCase() : textOf(value)
    ].join("\0")
  if (bag(a, whole) === bag(b, whole)) return nothing
  const [c, d] = [covered(a), covered(b)]
  if (bag(c, whole) === bag(d, whole)) return uncovered
  const text = ({ key, part, value }: Pair) => [part, key, textOf(value)].join("\0")
  const flat = (pairs: ReadonlyArray<Pair>) => pairs.filter(({ value }) => !isNested(value))
  if (flat(c).length === c.length && flat(d).length === d.length && bag(c, text) === bag(d, text)) return type
  const anywhere = ({ key, value }: Pair) => [key, textOf(value)].join("\0")
  const hasCollision =
    new Set(d.map(({ key }) => key)).size < d.length || new Set(c.map(({ key }) => key)).size < c.length
  if (!hasCollision && bag(c, anywhere) === bag(d, anywhere)) return moved
  if (!hasCollision && bag(flat(c), anywhere) === bag(flat(d), anywhere)) return nested
  if (hasCollision) return collision
  return c.some(({ value }) => isNested(value)) || d.some(({ value }) => isNested(value)) ? written : split
}
