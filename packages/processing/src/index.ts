/**
 * What becomes of YUNMO notifications and orders.
 *
 * @since 0.1.0
 */

/** Rows from the inbox to their handlers. */
export * as Dispatcher from "./Dispatcher.js"
/** Once in effect, by business key. */
export * as Effects from "./Effects.js"
/** What a person should look at. */
export * as Findings from "./Findings.js"
/** What is done with each kind. */
export * as Handlers from "./Handlers.js"
/** What can go wrong. */
export * as ProcessingError from "./ProcessingError.js"
/** Customers, cards and transactions as they are known. */
export * as ReadModel from "./ReadModel.js"
/** The client's card journal in SQL. */
export * as SqlCardJournal from "./SqlCardJournal.js"
/** The client's order journal in SQL. */
export * as SqlOrderJournal from "./SqlOrderJournal.js"
/** The client's token store in SQL. */
export * as SqlTokenStore from "./SqlTokenStore.js"
/** Where 3-D Secure requests are answered. */
export * as ThreeDsDesk from "./ThreeDsDesk.js"
/** What the events of an order add up to. */
export * as TransactionFold from "./TransactionFold.js"
