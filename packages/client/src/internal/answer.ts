import * as Contract from "@effect-yunmo/schema/Contract"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import * as Wire from "@effect-yunmo/schema/Wire"
import type { JsonValue, RawMessage } from "@effect-yunmo/signing/RawMessage"
import * as ResponseSignature from "@effect-yunmo/signing/ResponseSignature"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type CallError, ResponseInvalid } from "../ClientError.js"
import type * as Policy from "../Policy.js"
import { scrub } from "./scrub.js"
import * as Telemetry from "./telemetry.js"
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

/** A success as it stands on the wire. */
export interface Answer {
  readonly code: string
  readonly msg: string
  /** Epoch milliseconds. */
  readonly timestamp: number | undefined
  readonly data: JsonValue
  /** The whole text. */
  readonly text: string
}

/** The answer in its raw bytes: a signature if there is one, the code, and then either the data or the code's error. */
export const read = <A>(
  endpoint: Endpoint,
  call: Attempt<A>,
  policy: Policy.PolicyService,
  bytes: Uint8Array
): Effect.Effect<A, CallError> => {
  const { contract } = endpoint
  const setting = policy.responseSignature ?? contract.signature.responses
  const limits = { maxBytes: policy.maxResponseBytes, maxKeys: 100_000 }
  const checked = Either.mapLeft(
    ResponseSignature.check(setting, call.keys.accepted, bytes, { limits }),
    (error) =>
      error._tag === "UnreadableMessage"
        ? invalid(call, "Unreadable", `${error.detail} (at position ${error.position})`)
        : invalid(call, "SignatureInvalid", error.message, "sign")
  )
  if (Either.isLeft(checked)) {
    return Either.left(checked.left)
  }
  const { message, verified } = checked.right
  const understood = Effect.suspend(() => understand(endpoint, call, message))
  return verified === undefined ? understood : Effect.zipRight(endpoint.keys.seen(verified.keyId), understood)
}

const understand = <A>(
  { contract }: Endpoint,
  call: Attempt<A>,
  message: RawMessage
): Effect.Effect<A, CallError> => {
  const { code: sentCode, data, msg, timestamp } = message.value
  const said = Either.mapLeft(codeOf(sentCode), () =>
    invalid(call, "Envelope", "expected a string, as page 1.1 of the vendor's documentation has it", "code")
  )
  if (Either.isLeft(said)) {
    return Either.left(said.left)
  }
  const code = said.right
  const success = code === contract.successCode
  const time = Option.getOrUndefined(millisOf(timestamp))
  const text = Option.getOrElse(textOf(msg), () => "")
  return Effect.flatMap(
    Telemetry.annotate("yunmo.code", success ? code : scrubbed(call, code)),
    (): Effect.Effect<A, CallError> =>
      success
        ? Effect.mapError(
            call.decode({ code, msg: text, timestamp: time, data: data ?? null, text: message.text }),
            ({ problems }) =>
              new ResponseInvalid({
                operation: call.operation,
                attempt: call.number,
                reason: "Data",
                problems,
                ...(time === undefined ? {} : { vendorTime: time })
              })
          )
        : Effect.fail(responseError(contract, call, { code, message: text, time }))
  )
}

const scrubbed = <A>(call: Attempt<A>, text: string): string =>
  scrub(text, call.input, call.token, call.keys.secrets)

const responseError = <A>(
  contract: Contract.ContractService,
  call: Attempt<A>,
  answer: { readonly code: string; readonly message: string; readonly time: number | undefined }
): ResponseError.ResponseError => {
  const row = Option.getOrElse(Contract.codeOf(contract, answer.code), () => ({
    name: "UnknownResponseCode",
    meaning: "a code that neither the vendor's appendix nor this contract names",
    family: "unspecified" as const,
    advice: "settleByQuery" as const,
    refused: false
  }))
  return ResponseError.make(row.name, {
    operation: call.operation,
    code: scrubbed(call, answer.code),
    vendorMessage: scrubbed(call, answer.message),
    attempt: call.number,
    meaning: row.meaning,
    family: row.family,
    advice: row.advice,
    refused: row.refused,
    ...(answer.time === undefined ? {} : { vendorTime: answer.time })
  })
}
