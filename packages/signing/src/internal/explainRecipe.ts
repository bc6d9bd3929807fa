import type { Field, RawMessage } from "../RawMessage.js"
import { type Algorithm, type Encoding, encode, hash } from "./explainBytes.js"
import { fromField, fromFields, type Json, leaves, type Writing, write } from "./explainJson.js"
import { type NestedStyle, nestedRenderer } from "./nested.js"

export type Part = "envelope" | "data"

/** A field on its way into the text. */
export interface Pair {
  readonly part: Part
  readonly key: string
  readonly text: string
}

/** What a value goes through on its way into the text. */
export type Rewrite = (text: string, field: Field, part: Part) => string

/** What a null or an empty string stands as in the text; undefined when it is left out. */
export interface Empties {
  readonly null: string | undefined
  readonly blank: string | undefined
}

export type Collision = "dataWins" | "envelopeWins" | "both" | "bothDataFirst" | "dataHides" | "envelopeHides"

/** How `data` enters the text. */
export type DataWriting =
  | { readonly _tag: "Flat" }
  | { readonly _tag: "Prefixed"; readonly name: (key: string) => string }
  | { readonly _tag: "Json"; readonly writing: Writing }
  /** The JSON text alone, or that of the whole message without `sign`, in place of all pairs. */
  | {
      readonly _tag: "JsonAlone"
      readonly writing: Writing
      readonly of: "data" | "message" | "messageWithoutToken"
    }

export type Order =
  | "ascii"
  | "stands"
  | "envelopeFirst"
  | "dataFirst"
  | "parts"
  | "partsDataFirst"
  | Comparison
type Comparison = (a: Pair, b: Pair) => number

/**
 * Everything by which two implementations of the scheme may differ, one dimension each. {@link standard} is the vendor's
 * rules; a mistake is another value in one or two of them.
 */
export interface Recipe {
  readonly secret: (secret: string) => string
  readonly place: (text: string, secret: string) => string
  readonly inputCase: (input: string) => string
  readonly encoding: Encoding
  readonly algorithm: Algorithm
  readonly token: boolean
  /** What the envelope's `sign` stands as in the text. */
  readonly sign: string | undefined
  /** Whether a `sign` and `token` in `data` are fields like any other. */
  readonly dataUnsigned: boolean
  readonly empties: Empties
  readonly number: Rewrite
  readonly time: Rewrite
  readonly boolean: Rewrite
  readonly value: Rewrite
  readonly escape: (text: string) => string
  readonly escapeKey: (key: string) => string
  readonly data: DataWriting
  /** The parts that take part, and the fields of them. */
  readonly takes: (part: Part, key: string) => boolean
  readonly collision: Collision
  readonly nested: NestedStyle | "omit" | "slice" | "leaves" | "leavesUnprefixed" | Writing
  readonly order: Order
  readonly join: (pairs: ReadonlyArray<Pair>) => string
  /** What happens to the joined text. */
  readonly text: (text: string) => string
}

const same = (text: string): string => text

export const standard: Recipe = {
  secret: same,
  place: (text, secret) => text + secret,
  inputCase: same,
  encoding: "utf8",
  algorithm: "md5",
  token: false,
  sign: undefined,
  dataUnsigned: false,
  empties: { null: undefined, blank: undefined },
  number: same,
  time: same,
  boolean: same,
  value: same,
  escape: same,
  escapeKey: same,
  data: { _tag: "Flat" },
  takes: () => true,
  collision: "dataWins",
  nested: "omit",
  order: "ascii",
  join: (pairs) => pairs.map(({ key, text }) => `${key}=${text}`).join("&"),
  text: same
}

interface Item {
  readonly part: Part
  readonly field: Field
}

const isNested = ({ kind }: Field): boolean => kind === "object" || kind === "array"

/** The pairs in their order. */
export const pairsOf = (
  message: RawMessage,
  exempt: ReadonlyArray<string>,
  recipe: Recipe
): ReadonlyArray<Pair> => {
  const items = settled(
    itemsOf(message, recipe).filter(
      ({ field, part }) => !exempt.includes(field.key) && recipe.takes(part, field.key)
    ),
    recipe
  )
  return ordered(
    items.flatMap((item) => written(item, recipe)),
    message,
    recipe.order
  )
}

const itemsOf = (message: RawMessage, recipe: Recipe): ReadonlyArray<Item> => {
  const items: Array<Item> = []
  for (const field of message.envelope) {
    if (field.key === "sign") {
      if (recipe.sign !== undefined) {
        items.push({ part: "envelope", field: { ...field, kind: "string", text: recipe.sign } })
      }
    } else if (field.key !== "token" || recipe.token) {
      items.push({ part: "envelope", field })
    }
  }
  const { data } = recipe
  if (data._tag === "Json" && hasData(message)) {
    const text = write(fromFields(message.data), data.writing)
    items.push({ part: "envelope", field: { key: "data", kind: "string", text } })
  }
  if (data._tag === "Flat" || data._tag === "Prefixed") {
    for (const field of message.data) {
      const { key } = field
      if ((key === "sign" || key === "token") && !recipe.dataUnsigned && !(key === "token" && recipe.token)) {
        continue
      }
      items.push({
        part: "data",
        field: data._tag === "Flat" ? field : { ...field, key: data.name(key) }
      })
    }
  }
  return items
}

/** Whether `data` is an object, even an empty one. */
const hasData = (message: RawMessage): boolean =>
  Object.hasOwn(message.value, "data") && message.envelope.every(({ key }) => key !== "data")

const valueIfEmpty = (field: Field, { empties }: Recipe): string | undefined =>
  field.kind === "null" ? empties.null : empties.blank

/** Without what is empty, and with keys that stand in both parts settled; a mistaken order of the two is a policy as well. */
const settled = (items: ReadonlyArray<Item>, recipe: Recipe): ReadonlyArray<Item> => {
  const { collision } = recipe
  const early = collision === "dataHides" || collision === "envelopeHides"
  const kept = early ? items : items.filter((item) => isKept(item, recipe))
  const inData = new Set<string>()
  const inEnvelope = new Set<string>()
  for (const { field, part } of kept) {
    ;(part === "data" ? inData : inEnvelope).add(field.key)
  }
  const hides: Part | undefined =
    collision === "dataWins" || collision === "dataHides"
      ? "data"
      : collision === "both" || collision === "bothDataFirst"
        ? undefined
        : "envelope"
  const one = kept.filter(
    ({ field, part }) =>
      hides === undefined || part === hides || !(hides === "data" ? inData : inEnvelope).has(field.key)
  )
  const left = early ? one.filter((item) => isKept(item, recipe)) : one
  return collision === "bothDataFirst" ? inParts(left, "data") : left
}

const isKept = ({ field }: Item, recipe: Recipe): boolean =>
  field.text !== "" ||
  (field.key === "sign" && recipe.sign === "") ||
  valueIfEmpty(field, recipe) !== undefined

const inParts = <A extends { readonly part: Part }>(all: ReadonlyArray<A>, first: Part): ReadonlyArray<A> => [
  ...all.filter(({ part }) => part === first),
  ...all.filter(({ part }) => part !== first)
]

const written = ({ field, part }: Item, recipe: Recipe): ReadonlyArray<Pair> => {
  const pair = (key: string, text: string): Pair => ({
    part,
    key: recipe.escapeKey(key),
    text: recipe.escape(text)
  })
  if (field.text === "") {
    return [pair(field.key, valueIfEmpty(field, recipe) ?? "")]
  }
  if (isNested(field)) {
    return nestedPairs(field, recipe).map(([key, text]) => pair(key, text))
  }
  const { boolean, number, time, value } = recipe
  let { text } = field
  for (const rewrite of [time, number, boolean, value]) {
    text = rewrite(text, field, part)
  }
  return text === "" ? [] : [pair(field.key, text)]
}

const nestedPairs = (
  field: Field,
  { nested }: Recipe
): ReadonlyArray<readonly [key: string, text: string]> => {
  switch (nested) {
    case "omit":
      return []
    case "slice":
      return [[field.key, field.text]]
    case "leaves":
      return leaves(field.key, fromField(field)).filter(([, text]) => text !== "")
    case "leavesUnprefixed":
      return leaves("", fromField(field))
        .filter(([, text]) => text !== "")
        .map(([key, text]) => [key.replace(/^.*\./, ""), text] as const)
    case "compactJson":
    case "javaToString":
    case "commaJoin":
      return [[field.key, rendererOf(field)(nested)]]
    default:
      return [[field.key, write(fromField(field), nested)]]
  }
}

/** Kept, so that each nested value is parsed once and written once in each style. */
const renderers = new WeakMap<Field, (style: NestedStyle) => string>()

const rendererOf = (field: Field): ((style: NestedStyle) => string) => {
  const renderer = renderers.get(field) ?? nestedRenderer(field.text)
  renderers.set(field, renderer)
  return renderer
}

export const byCodeUnits = (a: Pair, b: Pair): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

const ordered = (pairs: ReadonlyArray<Pair>, message: RawMessage, order: Order): ReadonlyArray<Pair> => {
  switch (order) {
    case "ascii":
      return [...pairs].sort(byCodeUnits)
    case "envelopeFirst":
      return inParts(pairs, "envelope")
    case "dataFirst":
      return inParts(pairs, "data")
    case "parts":
      return inParts([...pairs].sort(byCodeUnits), "envelope")
    case "partsDataFirst":
      return inParts([...pairs].sort(byCodeUnits), "data")
    case "stands": {
      const places = new Map(Object.keys(message.value).map((key, index) => [key, index]))
      const place = ({ key, part }: Pair): number => places.get(part === "data" ? "data" : key) ?? places.size
      return [...pairs].sort((a, b) => place(a) - place(b))
    }
    default:
      return [...pairs].sort(order)
  }
}

/** What the signer of this recipe would have put before the secret. */
export const textOf = (message: RawMessage, exempt: ReadonlyArray<string>, recipe: Recipe): string => {
  const { data } = recipe
  return recipe.text(
    data._tag === "JsonAlone"
      ? write(
          data.of === "data" ? fromFields(message.data) : whole(message, data.of === "message"),
          data.writing
        )
      : recipe.join(pairsOf(message, exempt, recipe))
  )
}

/** The message as one value, without `sign`. */
const whole = (message: RawMessage, token: boolean): Json => {
  const data = new Map(hasData(message) ? [["data", fromFields(message.data)]] : [])
  const fields = new Map(
    message.envelope
      .filter(({ key }) => key !== "sign" && (token || key !== "token"))
      .map((field) => [field.key, fromField(field)])
  )
  const members = Object.keys(message.value).flatMap((key): ReadonlyArray<readonly [string, Json]> => {
    const value = fields.get(key) ?? data.get(key)
    return value === undefined ? [] : [[key, value]]
  })
  return { _tag: "Object", members }
}

/** The signature that the signer of this recipe would have made of the text. */
export const digestOf = (text: string, secret: string, recipe: Recipe): string => {
  const used = recipe.secret(secret)
  const input = recipe.inputCase(recipe.place(text, used))
  return hash(encode(input, recipe.encoding), used, recipe.algorithm)
}
