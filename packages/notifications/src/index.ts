/**
 * Receive, verify and durably keep YUNMO notifications.
 *
 * @since 0.1.0
 */

/** What is said to the vendor. */
export * as Answer from "./Answer.js"
/** Defects for logs, without what they quote. */
export * as Defect from "./Defect.js"
/** Tells whoever handles notifications that new ones were kept. */
export * as Doorbell from "./Doorbell.js"
/** What recognises a re-send. */
export * as Fingerprint from "./Fingerprint.js"
/** One durable row per notification. */
export * as Inbox from "./Inbox.js"
/** What can go wrong with the tables. */
export * as InboxError from "./InboxError.js"
/** A row of the inbox, and its decoded message. */
export * as InboxRow from "./InboxRow.js"
/** The queues over which subjects are spread. */
export * as Lane from "./Lane.js"
/** The receiver for a plain `node:http` server. */
export * as NodeListener from "./NodeListener.js"
/** Messages whose signature did not hold, a bounded number of them. */
export * as Quarantine from "./Quarantine.js"
/** From bytes to an answer. */
export * as Receiver from "./Receiver.js"
/** What our tables need of a database. */
export * as Storage from "./Storage.js"
