import type * as Contract from "@effect-yunmo/schema/Contract"
import { read } from "@effect-yunmo/signing/RawMessage"
import type { SignatureInvalid, UnreadableMessage } from "@effect-yunmo/signing/SigningError"
import type { VerifiedMessage, VerifierService } from "@effect-yunmo/signing/Verifier"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Answer } from "../Answer.js"
import * as Defect from "../Defect.js"
import type { MerchantsService } from "../Merchants.js"
import type { Binding, MerchantsOptions, ReceiverService } from "../Receiver.js"
import { account, keyUsed, type Result } from "./accounts.js"
import { type Surroundings, surroundings } from "./ambient.js"
import { textAnswer } from "./answers.js"
import { atOnce } from "./atOnce.js"
import { type Classified, classify, envelopeText } from "./classify.js"
import { offerReceive } from "./direct.js"
import { isTraced, traced } from "./tracing.js"

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

/** The details go to the log. */
export interface Stored {
  readonly outcome: "kept" | "repeated" | "setAside"
  readonly details?: Readonly<Record<string, string | number>>
}

/** Where messages go. */
export interface Sink {
  /** Succeeds once the message is safe. */
  readonly accept: (message: Accepted) => Effect.Effect<Stored, NotKept>
  /** The same without a fiber, if it can be had. Gives what to call when nobody waits any more. */
  readonly acceptDirectly?:
    | ((
        message: Accepted,
        now: number,
        answer: (result: Either.Either<Stored, NotKept>) => void
      ) => () => void)
    | undefined
  /** Takes what was refused with 401, and says for the log what became of it. */
  readonly reject: (raw: Uint8Array, reason: string) => Effect.Effect<string>
}

const unreadable = ({ position, reason }: Pick<UnreadableMessage, "position" | "reason">): Decision => ({
  _tag: "Done",
  result: {
    answer:
      reason === "TooLarge"
        ? textAnswer("tooLarge", 413, `The body is larger than ${position} bytes.`)
        : textAnswer("unreadable", 400, `The body cannot be read: ${reason} at position ${position}.`),
    details: { reason, position }
  }
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
  ): Decision => ({ _tag: "Refuse", raw, answer, reason, details })

  const unknownMerchant = (raw: Uint8Array, details?: Readonly<Record<string, string>>): Decision =>
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
  ): Decision => {
    const { keyId, message } = verified
    const merchantNo = envelopeText(message, "merchantNo")
    // Signed with a key of the merchant that it names, and not just with one that is known here.
    return lookup.find(merchantNo) === verifier && admits(binding, merchantNo)
      ? { _tag: "Keep", merchantNo, keyId, verified, raw }
      : unknownMerchant(raw, { keyId })
  }

  const reject = (
    raw: Uint8Array,
    error: UnreadableMessage | SignatureInvalid,
    verifier: VerifierService,
    binding: Binding | undefined
  ): Decision => {
    if (error._tag === "UnreadableMessage") {
      return unreadable(error)
    }
    const merchantNo = named(raw)
    // Whose keys it was tried with was a guess; a message for somebody else says more about why it does not hold.
    return merchantNo !== undefined && (lookup.find(merchantNo) !== verifier || !admits(binding, merchantNo))
      ? unknownMerchant(raw)
      : refuse(raw, signatureAnswer, error.reason)
  }

  const verify = (raw: Uint8Array, verifier: VerifierService, binding: Binding | undefined): Decided => {
    const verifying = verifier.verify(raw)
    const verified = atOnce(verifying)
    const outcomes = {
      onLeft: (error: UnreadableMessage | SignatureInvalid) => reject(raw, error, verifier, binding),
      onRight: (verified: VerifiedMessage) => accept(raw, verified, verifier, binding)
    }
    // A verifier of our own has answered by now.
    return verified === undefined
      ? Effect.map(Effect.either(verifying), Either.match(outcomes))
      : Either.right(Either.match(verified, outcomes))
  }

  // Verify first, decode after: what is decoded can only be had from a verified message.
  const decide = (raw: Uint8Array, binding: Binding | undefined): Decided => {
    const guess = binding === undefined ? lookup.sole() : lookup.find(binding.merchantNo)
    if (guess !== undefined) {
      return verify(raw, guess, binding)
    }
    const result = read(raw, lookup.limits)
    if (result._tag === "Unreadable") {
      return Either.right(unreadable(result))
    }
    const verifier = lookup.find(envelopeText(result.message, "merchantNo"))
    return verifier === undefined || binding !== undefined
      ? Either.right(unknownMerchant(raw))
      : verify(raw, verifier, binding)
  }

  const taken = ({ keyId, merchantNo, raw, verified }: Keep, around: Surroundings): Accepted => {
    keyUsed(merchantNo, keyId, around)
    return { ...classify(contract, verified, ambiguous), merchantNo, verified, raw }
  }

  const stored = (message: Accepted, { details, outcome }: Stored): Result => ({
    answer: accepted[outcome],
    kind: message.kind,
    details: {
      merchantNo: message.merchantNo,
      keyId: message.verified.keyId,
      ...details,
      ...remarks(message)
    }
  })

  const notStored = ({ reason }: NotKept): Result => ({ answer: notKept, details: { reason } })

  const carryOut = (decision: Decision): Effect.Effect<Result, NotKept> => {
    switch (decision._tag) {
      case "Done":
        return Effect.succeed(decision.result)
      case "Keep":
        return Effect.withFiberRuntime((fiber) => {
          const message = taken(decision, surroundings(fiber.getFiberRefs()))
          return Effect.map(sink.accept(message), (kept) => stored(message, kept))
        })
      case "Refuse": {
        const { answer, details, raw, reason } = decision
        return Effect.map(sink.reject(raw, reason), (quarantine) => ({
          answer,
          details: { reason, quarantine, ...details }
        }))
      }
    }
  }

  const conclude = (raw: Uint8Array, decided: Decided): Effect.Effect<Answer> =>
    Effect.flatMap(decided, carryOut).pipe(
      Effect.catchAll((problem) => Effect.succeed(notStored(problem))),
      // A bug, here or in a driver, must not become an OK, nor a hanging connection.
      Effect.catchAllDefect((defect) =>
        Effect.as(Effect.logError(`The receiver met a defect: ${Defect.describe(defect)}`), aDefect(notKept))
      ),
      Effect.flatMap((result) =>
        Effect.withFiberRuntime((fiber) => {
          const { answer, kind = "none" } = result
          const line = account(raw.byteLength, result, surroundings(fiber.getFiberRefs())) ?? Effect.void
          return Effect.as(
            isTraced(fiber)
              ? Effect.zipRight(Effect.annotateCurrentSpan({ outcome: answer.outcome, kind }), line)
              : line,
            answer
          )
        })
      )
    )

  const receive: ReceiverService["receive"] = (raw, binding) =>
    traced(
      "Receiver.receive",
      Effect.suspend(() => conclude(raw, decide(raw, binding)))
    )

  const { acceptDirectly } = sink
  if (acceptDirectly !== undefined) {
    // What is to be kept goes on at once; everything else is rare, and run as above from where it stands.
    offerReceive(receive, (raw, binding, ambient, answer) => {
      try {
        const deciding = decide(raw, binding)
        const decided = atOnce(deciding)
        if (decided === undefined || Either.isLeft(decided) || decided.right._tag !== "Keep") {
          return conclude(raw, deciding)
        }
        const message = taken(decided.right, ambient)
        return acceptDirectly(message, ambient.now(), (exit) =>
          answer(() => {
            const result = Either.match(exit, {
              onLeft: notStored,
              onRight: (kept) => stored(message, kept)
            })
            const line = account(raw.byteLength, result, ambient)
            if (line !== undefined) {
              ambient.run(line)
            }
            return result.answer
          })
        )
      } catch (defect) {
        return conclude(raw, Effect.die(defect))
      }
    })
  }

  return { receive }
}

/** What is to be done with a message. */
type Decision = Keep | Done | Refuse

interface Keep {
  readonly _tag: "Keep"
  readonly merchantNo: string
  readonly keyId: string
  readonly verified: VerifiedMessage
  readonly raw: Uint8Array
}

interface Done {
  readonly _tag: "Done"
  readonly result: Result
}

interface Refuse {
  readonly _tag: "Refuse"
  readonly raw: Uint8Array
  readonly answer: Answer
  readonly reason: string
  readonly details: Readonly<Record<string, string>>
}

/** An `Either` when it has been decided already. */
type Decided = Effect.Effect<Decision>

const aDefect = (answer: Answer): Result => ({
  answer,
  details: { reason: "a defect, logged beside this line" }
})

const admits = (binding: Binding | undefined, merchantNo: string): boolean =>
  binding === undefined || binding.merchantNo === merchantNo

/** What is out of the ordinary about a message, without its keys and values. */
const remarks = ({ ambiguity, setAside, verified }: Accepted): Readonly<Record<string, string>> => {
  const { collision, nested } = verified
  return {
    ...(nested === "none" ? {} : { nested }),
    ...(collision === "none" ? {} : { collision }),
    ...(ambiguity.length === 0 ? {} : { ambiguity: ambiguity.join(", ") }),
    ...(setAside === undefined ? {} : { reason: setAside })
  }
}
