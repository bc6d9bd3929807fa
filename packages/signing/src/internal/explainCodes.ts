/** Every mistake that is looked for, likelier ones first as far as anybody knows. */
export const mistakeCodes = [
  "TokenIncluded",
  "EmptyValuesKept",
  "SecretBlanksHere",
  "SecretBlanksThere",
  "UnknownFieldsDropped",
  "NumbersReformatted",
  "BodyReserialised",
  "EmptyDataHidesEnvelope",
  "DataAsJson",
  "DataPrefixed",
  "DataLeftOut",
  "EnvelopeLeftOut",
  "SecretAsPair",
  "AmpersandBeforeSecret",
  "SecretFirst",
  "SecretMissing",
  "SecretQuoted",
  "SecretCaseChanged",
  "HmacInsteadOfSuffix",
  "KeysSortedWithoutCase",
  "KeysUnsorted",
  "KeysSortedOtherwise",
  "ValuesUrlEncoded",
  "ValuesEscaped",
  "ValuesTrimmed",
  "BooleansReformatted",
  "InputCaseChanged",
  "SignIncluded",
  "RequestTimeUnit",
  "NestedWrittenOtherwise",
  "CollisionSettledOtherwise",
  "NotUtf8",
  "PairsJoinedOtherwise",
  "BodyAsJson",
  "OtherHash",
  "FieldLeftOut",
  "SignHasBlanks",
  "OtherKey",
  "NestedPolicy",
  "CollisionPolicy",
  "DigestUpperCase"
] as const
export type MistakeCode = (typeof mistakeCodes)[number]

export const sentences: Readonly<Record<MistakeCode, string>> = {
  TokenIncluded: "The token was signed; leave `token` out of the text, as `sign` is.",
  EmptyValuesKept:
    "Empty values were signed; leave every field that is null or an empty string out of the text altogether.",
  SecretBlanksHere:
    "The secret given here has blanks or line ends around it and the message was signed without them; remove them from this setting or key file.",
  SecretBlanksThere:
    "The message was signed with blanks or line ends around the secret; remove what stands around it where the signer gets its secret from.",
  UnknownFieldsDropped:
    "Only the fields of a list were signed; make the text from the raw message, fields that the program does not know included.",
  NumbersReformatted:
    "A number was parsed and printed again before it was signed; sign the characters that stand in the message (`20.00` is not `20`).",
  BodyReserialised:
    "The signed text has a number in another form than this message; send and verify the very bytes that were signed, never a body that was parsed and serialised again in between.",
  EmptyDataHidesEnvelope:
    "A field of `data` that is empty hid the field of the same name in the envelope; drop the empty fields before the two are put together.",
  DataAsJson:
    "`data` was signed as one JSON text; take its fields into the text one by one, beside those of the envelope.",
  DataPrefixed:
    "The fields of `data` were signed under longer names; take them into the text under their own keys alone.",
  DataLeftOut: "`data` was not signed; take its fields into the text, beside those of the envelope.",
  EnvelopeLeftOut:
    "Only `data` was signed; take merchantNo, nonce, requestTime and version into the text as well.",
  SecretAsPair:
    "The secret was signed behind a name such as `&key=`; append the bare secret, with nothing between.",
  AmpersandBeforeSecret:
    "There is an `&` between the text and the secret, which a loop leaves behind the last pair; append the bare secret, with nothing between.",
  SecretFirst: "The secret stands before the text; append it to the end, with nothing between.",
  SecretMissing: "No secret was appended; append it to the text, and look where the signer gets it from.",
  SecretQuoted:
    "The secret was used with quotation marks around it; remove them where the signer gets its secret from.",
  SecretCaseChanged:
    "The secret was used in another letter case; use it exactly as the merchant console shows it.",
  HmacInsteadOfSuffix: "HMAC was used; take the plain MD5 of the text with the secret appended.",
  KeysSortedWithoutCase:
    "The keys were sorted as if upper and lower case were the same; sort by ASCII code, upper case before lower case.",
  KeysUnsorted:
    "The keys were not sorted as one list; put all fields together first, then sort them by key, ASCII ascending.",
  KeysSortedOtherwise:
    "The keys were sorted in another order, by the rules of a language, descending or with their values; sort by key alone, ASCII ascending.",
  ValuesUrlEncoded: "Values were URL-encoded; take them into the text as they are.",
  ValuesEscaped: "Values were escaped for HTML or JSON; take them into the text as they are.",
  ValuesTrimmed: "Blanks around values were cut off; sign values exactly as they stand in the message.",
  BooleansReformatted:
    "Booleans were signed in another form; sign `true` and `false` as they stand in the message.",
  InputCaseChanged: "The text was changed to upper or lower case before hashing; hash it as it is.",
  SignIncluded: "`sign` was signed too; leave it out of the text, even while it is empty.",
  RequestTimeUnit:
    "`requestTime` was signed in another unit than it is sent in; sign the very milliseconds that stand in the message.",
  NestedWrittenOtherwise:
    "An object or array was signed in a form that no verifier can guess; send flat fields, or agree with YUNMO on how it is written.",
  CollisionSettledOtherwise:
    "A key that stands in the envelope and in `data` was signed in another order than any verifier tries; rename one of the two.",
  NotUtf8:
    "The text was hashed in another encoding than UTF-8; name UTF-8 where the text is turned into bytes.",
  PairsJoinedOtherwise: "The pairs were joined otherwise; write `key=value` and put an `&` between them.",
  BodyAsJson: "A JSON text was signed; sign the sorted `key=value` pairs instead.",
  OtherHash:
    "Another hash than MD5 in 32 hexadecimal characters was used; take the whole MD5, in hexadecimal.",
  FieldLeftOut: "A field that is not empty was left out of the text; sign every field, known or not.",
  SignHasBlanks: "The received `sign` has blanks around it; send the 32 characters alone.",
  OtherKey:
    "It was signed with another key of the ring than the one that signs here; where that is not meant, as during a rotation, use the signing key.",
  NestedPolicy:
    "It holds only under one of several ways to write an object or array, on which implementations disagree; send flat fields where you can.",
  CollisionPolicy:
    "It holds only under one of several ways to settle a key that stands in the envelope and in `data`; rename one of the two where you can.",
  DigestUpperCase:
    "The digest is in upper case; that is accepted here, but send lower case, as the rules say."
}

/** Findings that do not keep a message from being verified. */
export const acceptedCodes: ReadonlyArray<MistakeCode> = [
  "OtherKey",
  "NestedPolicy",
  "CollisionPolicy",
  "DigestUpperCase"
]
