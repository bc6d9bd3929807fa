import type { Field } from "../RawMessage.js"
import { envelopeKeys } from "./ambiguity.js"
import { isUnsignedKey } from "./canonical.js"
import { isPlainName } from "./key.js"
import type { Parts } from "./message.js"

/**
 * What stands between the values of messages that were verified or signed before: keys, punctuation, blanks, nulls, `true` and
 * `false`. The vendor writes few such layouts and many messages, so what follows from them alone (that it is JSON, that no
 * key stands twice, which parts there are, how the keys sort) is worked out once for each.
 *
 * Learned only from messages whose signature held and from those signed here: whoever does not know a secret can neither
 * fill this memory nor push the vendor's own layouts out of it. It holds names of fields, never a value.
 */
export class Step {
  /** What stands before a value, its opening quote included if it has one; or what stands behind the last. */
  readonly segment: string
  readonly kind: "string" | "number" | "end"
  readonly next: Array<Step> = []
  plan: Plan | undefined = undefined

  constructor(segment: string, kind: Step["kind"]) {
    this.segment = segment
    this.kind = kind
  }
}

interface Slot {
  readonly key: string
  readonly kind: Field["kind"]
  /** The number of its value; or the text of null, `true` or `false`, the same in every message of the layout. */
  readonly source: number | string
  readonly isData: boolean
}

/** What a layout says about its messages. The values that differ are counted in order of appearance. */
export interface Plan {
  /** All fields in order of appearance. */
  readonly slots: ReadonlyArray<Slot>
  /** The slots of `data` are those from `dataFrom` to before `dataTo`; without `data` both are the number of slots. */
  readonly dataFrom: number
  readonly dataTo: number
  readonly hasData: boolean
  /** The value that is the envelope's `sign`; -1 when it has none, or null, or another constant. */
  readonly sign: number
  /** The values that are signed, in the order of the canonical text; -1 for a constant. */
  readonly order: ReadonlyArray<number>
  /** For each of `order` what stands before the value, `&key=`; for a constant with it. */
  readonly heads: ReadonlyArray<string>
  /** Two numbers for each key in both parts, where one value is empty or there is a collision; -1 is never empty. */
  readonly pairs: ReadonlyArray<number>
  /** The values in `data` whose keys belong into the envelope, as far as that is known by default; -1 for a constant. */
  readonly misplaced: ReadonlyArray<number>
}

/** Some hundred layouts of a transaction notification. */
const maxUnits = 500_000
const maxBranches = 32
const maxSlots = 256

let first: Array<Step> = []
let units = 0

export const firstSteps = (): ReadonlyArray<Step> => first

/** Forgets everything. */
export const forget = (): void => {
  first = []
  units = 0
}

/** How much is remembered, in code units and an estimate for each step. */
export const remembered = (): number => units

/** Remembers the layout of a message, verified or signed here, that has plain fields only. */
export const learn = (text: string, parts: Parts): void => {
  const fields = inOrder(parts)
  if (fields.length > maxSlots || !fields.every(isPlain)) {
    return
  }
  // Beginning anew is the simplest way to make room, and what still comes is learned again at once.
  if (units + text.length + 64 * fields.length > maxUnits) {
    forget()
  }
  let steps = first
  let from = 0
  for (const [index, { kind }] of fields.entries()) {
    if (kind === "string" || kind === "number") {
      const quote = kind === "string" ? 1 : 0
      const start = (parts.spans[2 * index] ?? 0) + quote
      steps = follow(steps, text.slice(from, start), kind).next
      from = (parts.spans[2 * index + 1] ?? 0) - quote
    }
  }
  follow(steps, text.slice(from), "end").plan ??= planOf(fields, parts)
}

const inOrder = ({ data, dataAt, envelope }: Parts): ReadonlyArray<Field> =>
  dataAt === undefined ? envelope : [...envelope.slice(0, dataAt), ...data, ...envelope.slice(dataAt)]

const isPlain = ({ key, kind }: Field): boolean => kind !== "object" && kind !== "array" && isPlainName(key)

const follow = (steps: Array<Step>, segment: string, kind: Step["kind"]): Step => {
  const known = steps.find((step) => step.segment === segment && step.kind === kind)
  if (known !== undefined) {
    return known
  }
  if (steps.length >= maxBranches) {
    steps.length = 0
  }
  // A slice would keep the whole message in memory.
  const made = new Step(copy(segment), kind)
  steps.push(made)
  units += segment.length + 64
  return made
}

const copy = (text: string): string => JSON.parse(JSON.stringify(text))

const planOf = (fields: ReadonlyArray<Field>, { data, dataAt }: Parts): Plan => {
  const dataFrom = dataAt ?? fields.length
  const dataTo = dataFrom + (dataAt === undefined ? 0 : data.length)
  let values = 0
  const slots = fields.map(
    ({ key, kind, text }, slot): Slot => ({
      key,
      kind,
      source: kind === "string" || kind === "number" ? values++ : text,
      isData: slot >= dataFrom && slot < dataTo
    })
  )
  const covered = slots
    .filter(({ key, source }) => source !== "" && !isUnsignedKey(key))
    // The same key stands at most once in each part; the envelope's comes first.
    .sort((a, b) => (a.key === b.key ? (a.isData ? 1 : -1) : a.key < b.key ? -1 : 1))
  const sign = slots.find(({ isData, key }) => key === "sign" && !isData)
  return {
    slots,
    dataFrom,
    dataTo,
    hasData: dataAt !== undefined,
    sign: sign?.kind === "string" ? numberOf(sign.source) : -1,
    order: covered.map(({ source }) => numberOf(source)),
    heads: covered.map(({ key, source }) => `&${key}=${typeof source === "number" ? "" : source}`),
    pairs: covered.flatMap((slot, index) => {
      const other = covered[index + 1]
      return other?.key === slot.key ? [numberOf(slot.source), numberOf(other.source)] : []
    }),
    misplaced: slots.flatMap(({ isData, key, source }) =>
      isData && source !== "" && envelopeKeys.includes(key) ? [numberOf(source)] : []
    )
  }
}

const numberOf = (source: number | string): number => (typeof source === "number" ? source : -1)
