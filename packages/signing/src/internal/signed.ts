import * as Redacted from "effect/Redacted"
import type { SignedMessage } from "../Signer.js"

/** The text of a message that was made here. */
export let signedText: (message: SignedMessage) => string | undefined

/** A class, so that nobody prints the text, and so that the wrapper is made only for who asks for it. */
class Signed implements SignedMessage {
  readonly sign: string
  readonly nonce: string
  readonly requestTime: number
  readonly #text: string
  #body: Redacted.Redacted<string> | undefined = undefined

  constructor(text: string, { nonce, requestTime, sign }: Omit<SignedMessage, "body">) {
    this.sign = sign
    this.nonce = nonce
    this.requestTime = requestTime
    this.#text = text
  }

  static {
    signedText = (message) => (#text in message ? message.#text : undefined)
  }

  get body(): Redacted.Redacted<string> {
    this.#body ??= Redacted.make(this.#text)
    return this.#body
  }
}

export const makeSigned = (text: string, facts: Omit<SignedMessage, "body">): SignedMessage =>
  new Signed(text, facts)
