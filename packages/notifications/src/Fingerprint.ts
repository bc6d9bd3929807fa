/**
 * What recognises a re-send: the SHA-256 of every field of the message with its position. The vendor gives a notification no
 * id, and the signed text is no substitute: a field can be moved between envelope and `data`, or a value re-split, without
 * changing it. Two messages with one signed text and different fields have different fingerprints, so a crafted message
 * cannot swallow a genuine one.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import type { Field, RawMessage } from "@effect-yunmo/signing/RawMessage"
import { netstring } from "./internal/netstring.js"

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
  const text = `yunmo-1;${part(message.envelope)}${hasData ? part(message.data) : "none;"}`
  return createHash("sha256").update(text, "utf8").digest()
}

const part = (fields: ReadonlyArray<Field>): string =>
  `${fields.length};${[...fields].sort(byKey).map(fieldText).join("")}`

/** A reader refuses a key given twice, so the keys of a part order it completely. */
const byKey = (left: Field, right: Field): number => (left.key < right.key ? -1 : 1)

const fieldText = ({ key, kind, text }: Field): string => netstring(key) + netstring(kind) + netstring(text)
