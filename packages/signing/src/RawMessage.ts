/**
 * The message exactly as it stood on the wire. The signature covers literal text: `20.00` is not `20`, a key
 * given twice is not a key given once. `JSON.parse` keeps neither, so this reader scans the text itself and
 * refuses, with a typed reason and a position, whatever two parsers could read differently.
 *
 * Messages whose keys stand in an order that was verified before are read in a shorter way, to the same
 * result; a message's fields and its value are made when they are first asked for.
 *
 * Imports nothing, so that a verifier can be bundled alone.
 *
 * @since 0.1.0
 */
import { makeMessage } from "./internal/message.js"
import { scan } from "./internal/scanner.js"
import { decodeUtf8, exceedsUtf8Bytes } from "./internal/utf8.js"
import { walk } from "./internal/walk.js"

/**
 * What a message may cost before it is refused. A request that carries photos needs a larger `maxBytes`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** UTF-8 bytes of the whole message. */
  readonly maxBytes: number
  /**
   * Objects and arrays inside each other, the message itself being 1. Never more than 512, whatever is set.
   */
  readonly maxDepth: number
  /** Object members in the whole message, at every depth together. */
  readonly maxKeys: number
}

/**
 * 64 KiB, depth 32, 1,000 keys: sixty times the vendor's largest known notification (VENDOR 6.4).
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultLimits: Limits = { maxBytes: 64 * 1024, maxDepth: 32, maxKeys: 1000 }

/**
 * A value of a parsed message, or of a message to be signed.
 *
 * @since 0.1.0
 * @category models
 */
export type JsonValue = null | boolean | number | string | ReadonlyArray<JsonValue> | JsonObject

/**
 * An object of a parsed message, or of a message to be signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/**
 * The JSON type of a field's value.
 *
 * @since 0.1.0
 * @category models
 */
export type FieldKind = "string" | "number" | "boolean" | "null" | "object" | "array"

/**
 * One field with the text that the signature would cover.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field {
  /** The key with its escapes decoded. */
  readonly key: string
  readonly kind: FieldKind
  /**
   * The decoded content of a string, the literal characters of a number, `true` or `false`, `""` for null;
   * for an object or array the slice of the message as it stands there, blanks included.
   */
  readonly text: string
}

/**
 * A message that was read. Printing or serialising it shows sizes only: it may hold personal data.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawMessage {
  /** The whole message as received. */
  readonly text: string
  /** Every top-level field in order of appearance, except `data` when `data` is an object. */
  readonly envelope: ReadonlyArray<Field>
  /** The fields of `data` in order of appearance; empty when `data` is no object. */
  readonly data: ReadonlyArray<Field>
  /**
   * The parsed message, for decoding after the signature was verified. A number is a JavaScript number when
   * that prints as the same characters, else its literal text as a string: `20.00` stays `"20.00"`, and an
   * identifier of 30 digits loses none.
   */
  readonly value: JsonObject
}

/**
 * Every reason for which a message is not read.
 *
 * @since 0.1.0
 * @category constants
 */
export const unreadableReasons = [
  "TooLarge",
  "ByteOrderMark",
  "InvalidUtf8",
  "LoneSurrogate",
  "Syntax",
  "TooDeep",
  "TooManyKeys",
  "DuplicateKey",
  "ForbiddenKey",
  "NotAnObject"
] as const

/**
 * Why a message was not read. `ForbiddenKey` is `__proto__`, `constructor` or `prototype` at any depth;
 * `LoneSurrogate` counts for escaped (`\ud800`) and plain halves alike.
 *
 * @since 0.1.0
 * @category models
 */
export type UnreadableReason = (typeof unreadableReasons)[number]

/**
 * Why and where a message was not read. `detail` names positions, counts and plain keys, never a value.
 *
 * @since 0.1.0
 * @category models
 */
export interface Unreadable {
  readonly _tag: "Unreadable"
  readonly reason: UnreadableReason
  /**
   * Counted from 0 in UTF-16 code units of the text, as JavaScript strings are; in bytes for `TooLarge` (the
   * first byte beyond the limit) and `InvalidUtf8`.
   */
  readonly position: number
  readonly detail: string
}

/**
 * The answer of {@link read}.
 *
 * @since 0.1.0
 * @category models
 */
export type ReadResult = { readonly _tag: "Read"; readonly message: RawMessage } | Unreadable

/**
 * Reads one JSON object strictly as RFC 8259 has it (no byte order mark, no duplicate keys, no lone
 * surrogates), in time proportional to its length.
 *
 * @example
 * ```ts
 * import { read } from "@effect-yunmo/signing/RawMessage"
 *
 * const result = read(`{"merchantNo":"BU1","data":{"amount":20.00}}`)
 * if (result._tag === "Read") {
 *   result.message.data // [{ key: "amount", kind: "number", text: "20.00" }]
 * }
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const read = (input: Uint8Array | string, limits?: Partial<Limits>): ReadResult => {
  const bounds: Limits = limits === undefined ? defaultLimits : { ...defaultLimits, ...limits }
  const isText = typeof input === "string"
  // Written so that a limit of NaN refuses everything instead of nothing.
  if (isText ? exceedsUtf8Bytes(input, bounds.maxBytes) : !(input.byteLength <= bounds.maxBytes)) {
    return {
      _tag: "Unreadable",
      reason: "TooLarge",
      position: bounds.maxBytes,
      detail: `more than ${bounds.maxBytes} bytes`
    }
  }
  const decoded = isText ? input : decodeUtf8(input)
  if (typeof decoded === "number") {
    return {
      _tag: "Unreadable",
      reason: "InvalidUtf8",
      position: decoded,
      detail: "these bytes are not UTF-8"
    }
  }
  const walked = walk(decoded, bounds)
  if (walked !== undefined) {
    return { _tag: "Read", message: makeMessage(decoded, { walked }) }
  }
  const scanned = scan(decoded, bounds)
  return scanned._tag === "Unreadable"
    ? scanned
    : { _tag: "Read", message: makeMessage(decoded, { parts: scanned }) }
}
