import type { Ambiguity, Placement } from "../Ambiguity.js"
import type { NestedPolicy } from "../CanonicalText.js"
import type { Field } from "../RawMessage.js"
import { type Collected, isCovered, isEmpty } from "./canonical.js"

/** The envelope of requests (SPEC 1.1) and notifications (VENDOR 6.1). */
export const envelopeKeys: ReadonlyArray<string> = [
  "merchantNo",
  "token",
  "requestTime",
  "version",
  "nonce",
  "sign",
  "eventType",
  "eventName"
]

const defaultKeys: ReadonlySet<string> = new Set(envelopeKeys)

export interface Subject {
  readonly envelope: ReadonlyArray<Field>
  readonly data: ReadonlyArray<Field>
  readonly exempt: ReadonlyArray<string> | undefined
  readonly collected: Collected
  /** The policy under which nested values entered the text. */
  readonly nested: NestedPolicy | "none"
  readonly placement: Placement
}

export const findAmbiguities = (subject: Subject): ReadonlyArray<Ambiguity> => {
  const { collected, data, envelope, placement } = subject
  const found: Array<Ambiguity> = []
  const colliding = new Set<string>()
  const { nested: policy } = subject
  const style = policy === "omit" || policy === "refuse" || policy === "none" ? undefined : policy
  for (const { first, second } of collected.entries) {
    if (second !== undefined) {
      colliding.add(first.key)
      found.push({ reason: "KeyCollision", part: "data", key: first.key })
    }
  }
  for (const part of ["envelope", "data"] as const) {
    const misplaced =
      part === "data" && placement.envelope === undefined
        ? defaultKeys
        : new Set(part === "envelope" ? placement.data : placement.envelope)
    for (const field of part === "envelope" ? envelope : data) {
      const { key } = field
      if (isEmpty(field)) {
        continue
      }
      if (misplaced.has(key) && !colliding.has(key)) {
        found.push({ reason: "MisplacedField", part, key })
      }
      if (!isCovered(field, subject.exempt ?? [])) {
        continue
      }
      if (separator.test(key)) {
        found.push({ reason: "SeparatorInKey", part, key })
      }
      const nested = collected.nested.get(field)
      if (nested !== undefined && style === undefined) {
        found.push({ reason: "NestedOmitted", part, key })
      } else if (readsAsPair(nested === undefined || style === undefined ? field.text : nested(style))) {
        found.push({ reason: "PairInValue", part, key })
      }
    }
  }
  return found
}

const separator = /[&=]/

/** An `&` with an `=` somewhere behind it: split at the `&`, the rest would be a pair of its own. */
const readsAsPair = (text: string): boolean => {
  const at = text.indexOf("&")
  return at !== -1 && text.indexOf("=", at) !== -1
}
