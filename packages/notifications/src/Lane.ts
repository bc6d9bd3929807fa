/**
 * A lane is one of 64 queues over which the notifications are spread by what they are about. All notifications of one
 * card or customer are in the same lane, so a dispatcher that owns a lane sees each subject's rows in order.
 *
 * @since 0.1.0
 */
import type { Subject } from "@effect-yunmo/schema/Notification"
import { netstring } from "./internal/netstring.js"
import { sha256 } from "./internal/sha256.js"

/**
 * How many lanes there are. The lane stands in each row, so this number does not change.
 *
 * @since 0.1.0
 * @category constants
 */
export const count = 64

/**
 * The lane of a subject, from 0 to 63. The same for the same merchant and subject on every machine and in every version.
 *
 * @since 0.1.0
 * @category constructors
 */
export const of = (merchantNo: string, subject: Subject): number =>
  sha256(netstring(merchantNo) + netstring(subject.kind) + netstring(subject.id)).readUInt32BE(0) % count
