/**
 * The YUNMO wire contract as Effect schemas.
 *
 * @since 0.1.0
 */

/** Money: literal text beside the exact value. */
export * as Amount from "./Amount.js"
/** Section 1.3, login. */
export * as Auth from "./Auth.js"
/** Section 4, cards. */
export * as Card from "./Card.js"
/** Data across the wire under a contract. */
export * as Codec from "./Codec.js"
/** What is believed about the vendor's API, correctable. */
export * as Contract from "./Contract.js"
/** Section 2, customers. */
export * as Customer from "./Customer.js"
/** Data objects with provenance. */
export * as Dto from "./Dto.js"
/** The envelope of a response. */
export * as Envelope from "./Envelope.js"
/** Branded identifiers. */
export * as Ids from "./Ids.js"
/** Section 3, identity checks. */
export * as Kyc from "./Kyc.js"
/** What the vendor sends by itself. */
export * as Notification from "./Notification.js"
/** Corrections of the contract from the vendor's exported documentation. */
export * as OpenApi from "./OpenApi.js"
/** The table of the 25 operations. */
export * as Operation from "./Operation.js"
/** Where a fact comes from. */
export * as Provenance from "./Provenance.js"
/** The vendor's response codes as data. */
export * as ResponseCode from "./ResponseCode.js"
/** One tagged error per response code. */
export * as ResponseError from "./ResponseError.js"
/** Section 5, 3-D Secure confirmation. */
export * as ThreeDs from "./ThreeDs.js"
/** Times without a zone. */
export * as VendorTime from "./VendorTime.js"
/** Scalars as they stand on the wire. */
export * as Wire from "./Wire.js"
