import type { CanonicalText, CollisionPolicy, NestedPolicy } from "../CanonicalText.js"
import type { Field, RawMessage } from "../RawMessage.js"
import { type NestedStyle, nestedRenderer } from "./nested.js"
import type { Walked } from "./walk.js"

/** A key's fields. The second is there when the key stands in both places; the first is then the envelope's. */
interface Entry {
  readonly first: Field
  readonly second: Field | undefined
}

/** The fields that the signature may cover, before any policy. */
export interface Collected {
  /** Sorted by key. */
  readonly entries: ReadonlyArray<Entry>
  /** How to write each nested field; shared by all policies, so that a hostile message is not walked for each anew. */
  readonly nested: ReadonlyMap<Field, (style: NestedStyle) => string>
  readonly collision: boolean
}

/** Keys that are never signed, in either place (SPEC 1.1). */
export const isUnsignedKey = (key: string): boolean => key === "sign" || key === "token"

const isNested = (field: Field): boolean => field.kind === "object" || field.kind === "array"

/** Null is `""` already; a nested value, even an empty one, never is. */
export const isEmpty = (field: Field): boolean => field.text === ""

export const collect = (message: RawMessage, exempt: ReadonlyArray<string> = []): Collected => {
  const covered: Array<Field> = []
  let hasNested = false
  for (const fields of [message.envelope, message.data]) {
    for (const field of fields) {
      if (isCovered(field, exempt)) {
        covered.push(field)
        hasNested ||= isNested(field)
      }
    }
  }
  // Sorting is stable: of two fields with one key, the envelope's stays first.
  covered.sort(byCodeUnits)
  const entries: Array<Entry> = []
  let collision = false
  for (let index = 0; index < covered.length; index++) {
    const first = covered[index]
    const next = covered[index + 1]
    if (first !== undefined) {
      const second = next?.key === first.key ? next : undefined
      entries.push({ first, second })
      if (second !== undefined) {
        collision = true
        index++
      }
    }
  }
  const nested = new Map<Field, (style: NestedStyle) => string>()
  for (const field of hasNested ? covered : []) {
    if (isNested(field)) {
      nested.set(field, nestedRenderer(field.text))
    }
  }
  return { entries, nested, collision }
}

export const isCovered = (field: Field, exempt: ReadonlyArray<string>): boolean =>
  !isEmpty(field) && !isUnsignedKey(field.key) && !exempt.includes(field.key)

const byCodeUnits = (a: Field, b: Field): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/**
 * A collision is settled before nested values are: under `dataWins` and `omit`, a nested value in `data`
 * hides the envelope's plain one, as it does for whoever merges first and drops afterwards. `none` stands for a policy where
 * there is nothing to settle.
 */
export const render = (
  collected: Collected,
  nested: NestedPolicy | "none",
  collision: CollisionPolicy | "none"
): CanonicalText => {
  let text = ""
  for (const { first, second } of collected.entries) {
    if (second !== undefined && collision === "refuse") {
      return { _tag: "Refused", reason: "KeyCollision", key: first.key }
    }
    for (const field of second === undefined ? [first] : chosen(first, second, collision)) {
      const value = collected.nested.get(field)
      if (value === undefined) {
        text += `${text === "" ? "" : "&"}${field.key}=${field.text}`
      } else if (nested === "refuse" || nested === "none") {
        return { _tag: "Refused", reason: "NestedValue", key: field.key }
      } else if (nested !== "omit") {
        text += `${text === "" ? "" : "&"}${field.key}=${value(nested)}`
      }
    }
  }
  return { _tag: "Text", text }
}

const chosen = (envelope: Field, data: Field, collision: CollisionPolicy | "none"): ReadonlyArray<Field> =>
  collision === "dataWins" ? [data] : collision === "envelopeWins" ? [envelope] : [envelope, data]

/** The text of a walked message, whose values are all plain; undefined when a key stands, not empty, in both parts. */
export const walkedText = ({ plan, values }: Walked): string | undefined => {
  const { heads, order, pairs } = plan
  for (let index = 0; index < pairs.length; index += 2) {
    if (!isEmptyAt(values, pairs[index]) && !isEmptyAt(values, pairs[index + 1])) {
      return undefined
    }
  }
  let text = ""
  for (let index = 0; index < order.length; index++) {
    const source = order[index] ?? -1
    const value = source === -1 ? "" : values[source]
    if (source === -1 || value !== "") {
      const head = heads[index] ?? ""
      text += (text === "" ? head.slice(1) : head) + (value ?? "")
    }
  }
  return text
}

/** Whether a value of a walked message is empty; -1 stands for a constant, which is not. */
export const isEmptyAt = (values: ReadonlyArray<string>, source: number | undefined): boolean =>
  source !== undefined && source !== -1 && values[source] === ""
