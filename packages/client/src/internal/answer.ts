import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import * as Wire from "@effect-yunmo/schema/Wire"
import * as ResponseSignature from "@effect-yunmo/signing/ResponseSignature"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type CallError, ResponseInvalid } from "../ClientError.js"
import * as Policy from "../Policy.js"
import { scrub } from "./scrub.js"
import type { Attempt, Endpoint } from "./transport.js"

/** An answer that cannot be relied on, with what is wrong with it. */
export const invalid = (
  call: { readonly operation: string; readonly number: number },
  reason: ResponseInvalid["reason"],
  problem: string,
  path = ""
) =>
  new ResponseInvalid({
    operation: call.operation,
    attempt: call.number,
    reason,
    problems: [{ path, problem }]
  })

/** `code` decides. The other two are for people: a form nobody expected there must not cost the answer. */
const codeOf = Schema.decodeUnknownEither(Wire.Text)
const textOf = Schema.decodeUnknownOption(Wire.Text)
const millisOf = Schema.decodeUnknownOption(Wire.EpochMillis)

/** The answer in its raw bytes: a signature if there is one, the code, and then either the data or the code's error. */
export const read = <N extends Operation.Name>(
  endpoint: Endpoint,
  call: Attempt<N>,
  bytes: Uint8Array
): Effect.Effect<Operation.ResponseOf<N>, CallError> =>
  Effect.gen(function* () {
    const { contract } = endpoint
    const policy = yield* Policy.Policy
    const setting = policy.responseSignature ?? contract.signature.responses
    const limits = { maxBytes: policy.maxResponseBytes, maxKeys: 100_000 }
    const { message } = yield* Either.mapLeft(
      ResponseSignature.check(setting, [endpoint.key], bytes, { limits }),
      (error) =>
        error._tag === "UnreadableMessage"
          ? invalid(call, "Unreadable", `${error.detail} (at position ${error.position})`)
          : invalid(call, "SignatureInvalid", error.message, "sign")
    )
    const { code: sentCode, data, msg, timestamp } = message.value
    const code = yield* Either.mapLeft(codeOf(sentCode), () =>
      invalid(call, "Envelope", "expected a string, as page 1.1 of the vendor's documentation has it", "code")
    )
    const shown = code === contract.successCode ? code : scrubbed(endpoint, call, code)
    yield* Effect.annotateCurrentSpan("yunmo.code", shown)
    if (code !== contract.successCode) {
      return yield* responseError(endpoint, call, {
        code,
        message: Option.getOrElse(textOf(msg), () => ""),
        time: Option.getOrUndefined(millisOf(timestamp))
      })
    }
    return yield* Codec.decodeResponse(contract, call.operation, data ?? null).pipe(
      Effect.mapError(
        ({ problems }) =>
          new ResponseInvalid({ operation: call.operation, attempt: call.number, reason: "Data", problems })
      )
    )
  })

const scrubbed = <N extends Operation.Name>(
  { apiKey, key }: Endpoint,
  call: Attempt<N>,
  text: string
): string => scrub(text, call.input, call.token, key.secret, apiKey)

const responseError = <N extends Operation.Name>(
  endpoint: Endpoint,
  call: Attempt<N>,
  answer: { readonly code: string; readonly message: string; readonly time: number | undefined }
): ResponseError.ResponseError => {
  const row = Option.getOrElse(Contract.codeOf(endpoint.contract, answer.code), () => ({
    name: "UnknownResponseCode",
    meaning: "a code that neither the vendor's appendix nor this contract names",
    family: "unspecified" as const,
    advice: "settleByQuery" as const,
    refused: false
  }))
  return ResponseError.make(row.name, {
    operation: call.operation,
    code: scrubbed(endpoint, call, answer.code),
    vendorMessage: scrubbed(endpoint, call, answer.message),
    attempt: call.number,
    meaning: row.meaning,
    family: row.family,
    advice: row.advice,
    refused: row.refused,
    ...(answer.time === undefined ? {} : { vendorTime: answer.time })
  })
}
