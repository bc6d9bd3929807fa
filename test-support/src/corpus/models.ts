/** One input of our own, and what the reader of messages has to say to it: `Read`, or the reason of its refusal. */
export interface Hostile {
  readonly name: string
  readonly input: string | Uint8Array
  readonly expected:
    | "Read"
    | "TooLarge"
    | "TooDeep"
    | "TooManyKeys"
    | "InvalidUtf8"
    | "ByteOrderMark"
    | "Syntax"
    | "LoneSurrogate"
    | "DuplicateKey"
    | "ForbiddenKey"
    | "NotAnObject"
}

/** A file of JSONTestSuite: `y_` must be accepted as JSON, `n_` refused, `i_` is left open. */
export interface File {
  readonly name: string
  readonly bytes: Uint8Array
}
