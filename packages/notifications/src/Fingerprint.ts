/**
 * What recognises a re-send: the SHA-256 of every field of the message with its position. The vendor gives a notification no
 * id, and the signed text is no substitute: a field can be moved between envelope and `data`, or a value re-split, without
 * changing it. Two messages with one signed text and different fields have different fingerprints, so a crafted message
 * cannot swallow a genuine one.
 *
 * @since 0.1.0
 */
import type { Field, RawMessage } from "@effect-yunmo/signing/RawMessage"
import { netstring } from "./internal/netstring.js"
import { sha256 } from "./internal/sha256.js"

/**
 * 32 bytes over all fields of envelope and `data`: where each stands, its key, its JSON type and its literal text, `sign`,
 * `nonce`, empty and unknown fields included. The order of keys and the blanks between them do not matter; those inside a
 * nested value do.
 *
 * @example
 * ```ts
 * import * as Fingerprint from "@effect-yunmo/notifications/Fingerprint"
 * import { read } from "@effect-yunmo/signing/RawMessage"
 *
 * const result = read(`{"merchantNo":"BU1","data":{"customerId":"C1"}}`)
 * if (result._tag === "Read") {
 *   Fingerprint.make(result.message).length // 32
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (message: RawMessage): Uint8Array => {
  // `data` as an empty object gives no fields, like no `data` at all; any other `data` is a field of the envelope.
  const hasData =
    Object.hasOwn(message.value, "data") && !message.envelope.some((field) => field.key === "data")
  return sha256(`yunmo-1;${part(message.envelope)}${hasData ? part(message.data) : "none;"}`)
}

const part = (fields: ReadonlyArray<Field>): string => {
  const { heads, order } = layoutOf(fields)
  let text = `${fields.length};`
  for (let index = 0; index < order.length; index++) {
    const field = fields[order[index] ?? 0]
    text += (heads[index] ?? "") + netstring(field?.text ?? "")
  }
  return text
}

/** What is the same for all parts with these keys and kinds in this order. Holds no value. */
interface Layout {
  readonly keys: ReadonlyArray<string>
  readonly kinds: ReadonlyArray<string>
  /** Which field comes next in the text: they are sorted by their keys. */
  readonly order: ReadonlyArray<number>
  /** In that order, what stands before each field's value. */
  readonly heads: ReadonlyArray<string>
}

/** The vendor writes few layouts and many messages. */
let layouts: Array<Layout> = []
const maxLayouts = 64

const layoutOf = (fields: ReadonlyArray<Field>): Layout => {
  for (const layout of layouts) {
    if (isOf(fields, layout)) {
      return layout
    }
  }
  const layout = makeLayout(fields)
  // Beginning anew is the simplest way to make room.
  layouts = layouts.length < maxLayouts ? [...layouts, layout] : [layout]
  return layout
}

const isOf = (fields: ReadonlyArray<Field>, { keys, kinds }: Layout): boolean => {
  if (fields.length !== keys.length) {
    return false
  }
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index]
    if (field?.key !== keys[index] || field?.kind !== kinds[index]) {
      return false
    }
  }
  return true
}

const makeLayout = (fields: ReadonlyArray<Field>): Layout => {
  // By way of JSON: a key that is a slice of its message would keep all of it in memory.
  const keys: ReadonlyArray<string> = JSON.parse(JSON.stringify(fields.map(({ key }) => key)))
  const kinds = fields.map(({ kind }) => kind)
  const keyAt = (index: number): string => keys[index] ?? ""
  // A reader refuses a key given twice, so the keys of a part order it completely.
  const order = [...fields.keys()].sort((left, right) => (keyAt(left) < keyAt(right) ? -1 : 1))
  const heads = order.map((index) => netstring(keyAt(index)) + netstring(kinds[index] ?? ""))
  return { keys, kinds, order, heads }
}
