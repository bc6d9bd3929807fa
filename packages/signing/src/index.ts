/** What a valid signature leaves open. */
export * as Ambiguity from "./Ambiguity.js"
/** The text that is signed, and the policies for what the vendor leaves open. */
export * as CanonicalText from "./CanonicalText.js"
/** MD5 over text and secret, compared in constant time. */
export * as Digest from "./Digest.js"
/** Why a signature does not match, and what to change. */
export * as Explain from "./Explain.js"
/** The keys of one merchant: one that signs, several that are accepted. */
export * as KeyRing from "./KeyRing.js"
/** The 16 random characters of each message. */
export * as Nonce from "./Nonce.js"
/** The message exactly as it stood on the wire, with the literal text of every field. */
export * as RawMessage from "./RawMessage.js"
/** When the signature of a response is verified. */
export * as ResponseSignature from "./ResponseSignature.js"
/** Signs messages. */
export * as Signer from "./Signer.js"
/** What can go wrong with a signature. */
export * as SigningError from "./SigningError.js"
/** One secret of a merchant, under an id that may be shown. */
export * as SigningKey from "./SigningKey.js"
/** Valid signed messages for tests, in one line each. */
export * as Testing from "./Testing.js"
/** Verifies received messages. */
export * as Verifier from "./Verifier.js"
