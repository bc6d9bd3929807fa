import { createHash } from "node:crypto"

/** PostgreSQL has no NUL in a text, and a message may: the raw bytes have it, a column shows a replacement character. */
export const storable = (text: string): string =>
  text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text

const maxTextLength = 2000

/** What people read beside a row. */
export const storableText = (text: string): string => storable(text.slice(0, maxTextLength))

const maxKeyLength = 200

/**
 * A text that stands in an index, of which PostgreSQL takes no more than about 2,700 bytes. What is longer keeps its
 * beginning and a hash, so that different ones stay different.
 */
export const storableKey = (text: string): string =>
  text.length <= maxKeyLength
    ? storable(text)
    : `${storable(text.slice(0, 100))}…${createHash("sha256").update(text, "utf8").digest("hex")}`
