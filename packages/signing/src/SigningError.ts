/**
 * What can go wrong with a signature. Each error holds data only and prints one sentence; none of them ever
 * holds a secret, a value of the message, or the digest that would have been right.
 *
 * @since 0.1.0
 */

// Apart, so that whoever only verifies does not bundle the errors of signing.
export {
  KeyRingInvalid,
  keyRingInvalidReasons,
  SigningRefused,
  type SigningRefusedReason,
  signingRefusedReasons
} from "./internal/signErrors.js"
export { SignatureInvalid, type SignatureInvalidReason, UnreadableMessage } from "./internal/verifyErrors.js"
