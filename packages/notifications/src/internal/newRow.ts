import * as Redacted from "effect/Redacted"
import * as Fingerprint from "../Fingerprint.js"
import type { NewRow } from "../InboxRow.js"
import { subjectOf } from "./classify.js"
import type { Accepted } from "./receiving.js"

/** The row in which a verified message is kept, whichever way it came in. */
export const newRow = (message: Accepted): NewRow => {
  const { ambiguity, eventType, kind, merchantNo, raw, setAside, verified } = message
  return {
    merchantNo,
    fingerprint: Fingerprint.make(verified.message),
    eventType,
    kind,
    subject: subjectOf(message),
    raw: Redacted.make(raw),
    keyId: verified.keyId,
    nested: verified.nested,
    collision: verified.collision,
    ambiguity,
    setAside
  }
}
