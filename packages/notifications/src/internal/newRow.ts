import * as Redacted from "effect/Redacted"
import * as Fingerprint from "../Fingerprint.js"
import type { Kind, NewRow } from "../InboxRow.js"
import { subjectOf } from "./classify.js"
import type { Accepted } from "./receiving.js"

/** The bytes of a row, without its wrapper. */
export let rawOf: (row: NewRow) => Uint8Array

/** A class, so that nobody prints the bytes, and so that the wrapper is made only for who asks for it. */
class Made implements NewRow {
  readonly merchantNo: string
  readonly fingerprint: Uint8Array
  readonly eventType: string
  readonly kind: Kind
  readonly subject: NewRow["subject"]
  readonly keyId: string
  readonly nested: NewRow["nested"]
  readonly collision: NewRow["collision"]
  readonly ambiguity: ReadonlyArray<string>
  readonly setAside: string | undefined
  readonly #raw: Uint8Array
  #wrapped: Redacted.Redacted<Uint8Array> | undefined = undefined

  constructor(message: Accepted) {
    const { ambiguity, eventType, kind, merchantNo, raw, setAside, verified } = message
    this.merchantNo = merchantNo
    this.fingerprint = Fingerprint.make(verified.message)
    this.eventType = eventType
    this.kind = kind
    this.subject = subjectOf(message)
    this.keyId = verified.keyId
    this.nested = verified.nested
    this.collision = verified.collision
    this.ambiguity = ambiguity
    this.setAside = setAside
    this.#raw = raw
  }

  static {
    rawOf = (row) => (#raw in row ? row.#raw : Redacted.value(row.raw))
  }

  get raw(): Redacted.Redacted<Uint8Array> {
    this.#wrapped ??= Redacted.make(this.#raw)
    return this.#wrapped
  }
}

/** The row in which a verified message is kept, whichever way it came in. */
export const newRow = (message: Accepted): NewRow => new Made(message)
