/**
 * Typed client of the YUNMO card-issuing API.
 *
 * @since 0.1.0
 */

/** The address of the API: https outside loopback. */
export * as BaseUrl from "./BaseUrl.js"
/** Decrypts card numbers and PINs. */
export * as CardCipher from "./CardCipher.js"
/** Creations written down before they are sent. */
export * as CardJournal from "./CardJournal.js"
/** What can go wrong besides the vendor's codes. */
export * as ClientError from "./ClientError.js"
/** Keys that are changed while running. */
export * as Credentials from "./Credentials.js"
/** A shorter way that an HttpClient can offer. */
export * as Exchange from "./Exchange.js"
/** Orders written down before they are sent. */
export * as OrderJournal from "./OrderJournal.js"
/** Answers of what may not be repeated blindly. */
export * as Outcome from "./Outcome.js"
/** Identity photos, read as a stream. */
export * as Photo from "./Photo.js"
/** Timeouts and repeats. */
export * as Policy from "./Policy.js"
/** Calls of what the table lacks. */
export * as Raw from "./Raw.js"
/** Recorded answers, for tests. */
export * as Recorded from "./Recorded.js"
/** Writes answers down, for `Recorded`. */
export * as Recorder from "./Recorder.js"
/** Where several processes share a token. */
export * as TokenStore from "./TokenStore.js"
/** The service: all 25 operations. */
export * as Yunmo from "./Yunmo.js"
