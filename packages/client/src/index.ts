/**
 * Typed client of the YUNMO card-issuing API.
 *
 * @since 0.1.0
 */

/** The address of the API: https outside loopback. */
export * as BaseUrl from "./BaseUrl.js"
/** What can go wrong besides the vendor's codes. */
export * as ClientError from "./ClientError.js"
/** Orders written down before they are sent. */
export * as OrderJournal from "./OrderJournal.js"
/** Answers of what may not be repeated blindly. */
export * as Outcome from "./Outcome.js"
/** Timeouts and repeats. */
export * as Policy from "./Policy.js"
/** The service: all 25 operations. */
export * as Yunmo from "./Yunmo.js"
