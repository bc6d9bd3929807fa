/**
 * Receive, verify and durably keep YUNMO notifications.
 *
 * @since 0.1.0
 */

/** What is said to the vendor. */
export * as Answer from "./Answer.js"
/** Encryption of messages in the database. */
export * as AtRest from "./AtRest.js"
/** Defects for logs, without what they quote. */
export * as Defect from "./Defect.js"
/** Tells whoever handles notifications that new ones were kept. */
export * as Doorbell from "./Doorbell.js"
/** What recognises a re-send. */
export * as Fingerprint from "./Fingerprint.js"
/** The receiver for @effect/platform. */
export * as HttpApp from "./HttpApp.js"
/** One durable row per notification. */
export * as Inbox from "./Inbox.js"
/** What can go wrong with the tables. */
export * as InboxError from "./InboxError.js"
/** A row of the inbox, and its decoded message. */
export * as InboxRow from "./InboxRow.js"
/** The inbox in figures. */
export * as InboxStats from "./InboxStats.js"
/** The queues over which subjects are spread. */
export * as Lane from "./Lane.js"
/** The merchants whose notifications are taken, each with its keys. */
export * as Merchants from "./Merchants.js"
/** The receiver for a plain `node:http` server. */
export * as NodeListener from "./NodeListener.js"
/** Handlers of your own, in place of our inbox. */
export * as Notifications from "./Notifications.js"
/** Messages whose signature did not hold, a bounded number of them. */
export * as Quarantine from "./Quarantine.js"
/** From bytes to an answer. */
export * as Receiver from "./Receiver.js"
/** The quarantine, verified once more. */
export * as Recheck from "./Recheck.js"
/** What was set aside, taken up again. */
export * as Replay from "./Replay.js"
/** How long handled rows stay. */
export * as Retention from "./Retention.js"
/** What our tables need of a database. */
export * as Storage from "./Storage.js"
/** The receiver for web-standard servers. */
export * as WebHandler from "./WebHandler.js"
