import type { CanonicalText, CollisionPolicy, NestedPolicy } from "../CanonicalText.js"
import type { Field, RawMessage } from "../RawMessage.js"
import { type NestedStyle, nestedRenderer } from "./nested.js"

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
const isEmpty = (field: Field): boolean => field.text === ""

export const collect = (message: RawMessage, exempt: ReadonlyArray<string> = []): Collected => {
  const nested = new Map<Field, (style: NestedStyle) => string>()
  const byKey = new Map<string, Entry>()
  let collision = false
  for (const field of message.envelope) {
    if (isCovered(field, exempt)) {
      byKey.set(field.key, { first: field, second: undefined })
    }
  }
  for (const field of message.data) {
    if (isCovered(field, exempt)) {
      const envelope = byKey.get(field.key)
      collision ||= envelope !== undefined
      byKey.set(
        field.key,
        envelope === undefined
          ? { first: field, second: undefined }
          : { first: envelope.first, second: field }
      )
    }
  }
  const entries = [...byKey.values()].sort(byCodeUnits)
  for (const { first, second } of entries) {
    for (const field of second === undefined ? [first] : [first, second]) {
      if (isNested(field)) {
        nested.set(field, nestedRenderer(field.text))
      }
    }
  }
  return { entries, nested, collision }
}

const isCovered = (field: Field, exempt: ReadonlyArray<string>): boolean =>
  !isEmpty(field) && !isUnsignedKey(field.key) && !exempt.includes(field.key)

const byCodeUnits = (a: Entry, b: Entry): number => (a.first.key < b.first.key ? -1 : 1)

/**
 * A collision is settled before nested values are: under `dataWins` and `omit`, a nested value in `data`
 * hides the envelope's plain one, as it does for whoever merges first and drops afterwards.
 */
export const render = (
  collected: Collected,
  nested: NestedPolicy,
  collision: CollisionPolicy
): CanonicalText => {
  let text = ""
  for (const { first, second } of collected.entries) {
    if (second !== undefined && collision === "refuse") {
      return { _tag: "Refused", reason: "KeyCollision", key: first.key }
    }
    const takesFirst = second === undefined || collision !== "dataWins"
    const takesSecond = second !== undefined && collision !== "envelopeWins"
    for (const field of [takesFirst ? first : undefined, takesSecond ? second : undefined]) {
      if (field === undefined) {
        continue
      }
      const value = collected.nested.get(field)
      if (value === undefined) {
        text += `${separator(text)}${field.key}=${field.text}`
      } else if (nested === "refuse") {
        return { _tag: "Refused", reason: "NestedValue", key: field.key }
      } else if (nested !== "omit") {
        text += `${separator(text)}${field.key}=${value(nested)}`
      }
    }
  }
  return { _tag: "Text", text }
}

const separator = (text: string): string => (text === "" ? "" : "&")
