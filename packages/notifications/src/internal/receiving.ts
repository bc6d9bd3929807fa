import type * as Contract from "@effect-yunmo/schema/Contract"
import { read } from "@effect-yunmo/signing/RawMessage"
import type { SignatureInvalid, UnreadableMessage } from "@effect-yunmo/signing/SigningError"
import type { VerifiedMessage, VerifierService } from "@effect-yunmo/signing/Verifier"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Answer } from "../Answer.js"
import * as Defect from "../Defect.js"
import type { MerchantsService } from "../Merchants.js"
import type { Binding, MerchantsOptions, ReceiverService } from "../Receiver.js"
import { account, keyUsed, type Result } from "./accounts.js"
import { textAnswer } from "./answers.js"
import { type Classified, classify, envelopeText } from "./classify.js"
import { traced } from "./tracing.js"

/** Which merchants are known, and what verifies their messages. */
export type Lookup = Pick<MerchantsService, "find" | "sole" | "limits">

/** Merchants that are verified by one and the same verifier. */
export const sharing = (merchantNos: ReadonlyArray<string>, verifier: VerifierService): Lookup => {
  const known = new Set(merchantNos)
  return {
    find: (merchantNo) => (known.has(merchantNo) ? verifier : undefined),
    sole: () => verifier,
    limits: undefined
  }
}

/** A message of a merchant known here, whose signature holds. */
export interface Accepted extends Classified {
  readonly merchantNo: string
  readonly verified: VerifiedMessage
  readonly raw: Uint8Array
}

/** It was not kept; the reason is logged. */
export interface NotKept {
  readonly _tag: string
  readonly reason: string
}

/** Where messages go. */
export interface Sink {
  /** Succeeds once the message is safe. The details go to the log. */
  readonly accept: (message: Accepted) => Effect.Effect<
    {
      readonly outcome: "kept" | "repeated" | "setAside"
      readonly details?: Readonly<Record<string, string | number>>
    },
    NotKept
  >
  /** Takes what was refused with 401, and says for the log what became of it. */
  readonly reject: (raw: Uint8Array, reason: string) => Effect.Effect<string>
}

const unreadable = ({ position, reason }: Pick<UnreadableMessage, "position" | "reason">): Result => ({
  answer:
    reason === "TooLarge"
      ? textAnswer("tooLarge", 413, `The body is larger than ${position} bytes.`)
      : textAnswer("unreadable", 400, `The body cannot be read: ${reason} at position ${position}.`),
  details: { reason, position }
})

const signatureAnswer = textAnswer("signatureInvalid", 401, "The signature does not hold.")
const merchantAnswer = textAnswer("unknownMerchant", 401, "The message is not for a merchant known here.")

/** From bytes to an answer: limits, merchant, signature, decoding, sink. Everything that happens is an answer. */
export const receiving = (
  lookup: Lookup,
  sink: Sink,
  contract: Contract.ContractService,
  options: MerchantsOptions
): ReceiverService => {
  const { ambiguous = "accept", retryAfter = "5 seconds" } = options
  const seconds = Math.max(1, Math.ceil(Duration.toSeconds(retryAfter)))
  const notKept = textAnswer("unavailable", 503, "The notification could not be kept; send it again.", {
    "Retry-After": String(seconds)
  })
  const accepted = {
    kept: textAnswer("kept", 200, contract.acknowledgement),
    repeated: textAnswer("repeated", 200, contract.acknowledgement),
    setAside: textAnswer("setAside", 200, contract.acknowledgement)
  }

  const refuse = (
    raw: Uint8Array,
    answer: Answer,
    reason: string,
    details: Readonly<Record<string, string>> = {}
  ): Effect.Effect<Result> =>
    Effect.map(sink.reject(raw, reason), (quarantine) => ({
      answer,
      details: { reason, quarantine, ...details }
    }))

  const unknownMerchant = (raw: Uint8Array, details?: Readonly<Record<string, string>>) =>
    refuse(raw, merchantAnswer, "UnknownMerchant", details)

  /** Whom a message is for, that somebody may have written; `undefined` where it can't be read. */
  const named = (raw: Uint8Array): string | undefined => {
    const result = read(raw, lookup.limits)
    return result._tag === "Read" ? envelopeText(result.message, "merchantNo") : undefined
  }

  const accept = (
    raw: Uint8Array,
    verified: VerifiedMessage,
    verifier: VerifierService,
    binding: Binding | undefined
  ): Effect.Effect<Result, NotKept> => {
    const { keyId, message } = verified
    const merchantNo = envelopeText(message, "merchantNo")
    // Signed with a key of the merchant that it names, and not just with one that is known here.
    if (lookup.find(merchantNo) !== verifier || !admits(binding, merchantNo)) {
      return unknownMerchant(raw, { keyId })
    }
    return Effect.zipRight(
      keyUsed(merchantNo, keyId),
      Effect.flatMap(classify(contract, verified, ambiguous), (classified) =>
        Effect.map(
          sink.accept({ ...classified, merchantNo, verified, raw }),
          ({ details, outcome }): Result => ({
            answer: accepted[outcome],
            kind: classified.kind,
            details: { merchantNo, keyId, ...details, ...remarks(verified, classified) }
          })
        )
      )
    )
  }

  const verify = (
    raw: Uint8Array,
    verifier: VerifierService,
    binding: Binding | undefined
  ): Effect.Effect<Result, NotKept> =>
    Effect.matchEffect(verifier.verify(raw), {
      onSuccess: (verified) => accept(raw, verified, verifier, binding),
      onFailure: (error: UnreadableMessage | SignatureInvalid) => {
        if (error._tag === "UnreadableMessage") {
          return Effect.succeed(unreadable(error))
        }
        const merchantNo = named(raw)
        // Whose keys it was tried with was a guess; a message for somebody else says more about why it does not hold.
        return merchantNo !== undefined &&
          (lookup.find(merchantNo) !== verifier || !admits(binding, merchantNo))
          ? unknownMerchant(raw)
          : refuse(raw, signatureAnswer, error.reason)
      }
    })

  // Verify first, decode after: what is decoded can only be had from a verified message.
  const decide = (raw: Uint8Array, binding: Binding | undefined): Effect.Effect<Result, NotKept> => {
    const guess = binding === undefined ? lookup.sole() : lookup.find(binding.merchantNo)
    if (guess !== undefined) {
      return verify(raw, guess, binding)
    }
    const result = read(raw, lookup.limits)
    if (result._tag === "Unreadable") {
      return Effect.succeed(unreadable(result))
    }
    const verifier = lookup.find(envelopeText(result.message, "merchantNo"))
    return verifier === undefined || binding !== undefined
      ? unknownMerchant(raw)
      : verify(raw, verifier, binding)
  }

  const answered = (raw: Uint8Array, binding: Binding | undefined): Effect.Effect<Answer> =>
    Effect.suspend(() => decide(raw, binding)).pipe(
      Effect.catchAll(({ reason }) => Effect.succeed<Result>({ answer: notKept, details: { reason } })),
      // A bug, here or in a driver, must not become an OK, nor a hanging connection.
      Effect.catchAllDefect((defect) =>
        Effect.as(Effect.logError(`The receiver met a defect: ${Defect.describe(defect)}`), {
          answer: notKept,
          details: { reason: "a defect, logged beside this line" }
        } satisfies Result)
      ),
      Effect.flatMap((result: Result) => account(raw.byteLength, result))
    )

  return { receive: (raw, binding) => traced("Receiver.receive", answered(raw, binding)) }
}

const admits = (binding: Binding | undefined, merchantNo: string): boolean =>
  binding === undefined || binding.merchantNo === merchantNo

/** What is out of the ordinary about a message, without its keys and values. */
const remarks = (
  { collision, nested }: VerifiedMessage,
  { ambiguity, setAside }: Classified
): Readonly<Record<string, string>> => ({
  ...(nested === "none" ? {} : { nested }),
  ...(collision === "none" ? {} : { collision }),
  ...(ambiguity.length === 0 ? {} : { ambiguity: ambiguity.join(", ") }),
  ...(setAside === undefined ? {} : { reason: setAside })
})
