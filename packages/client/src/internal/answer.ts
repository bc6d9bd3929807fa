import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import * as Wire from "@effect-yunmo/schema/Wire"
import type { JsonValue, RawMessage } from "@effect-yunmo/signing/RawMessage"
import * as ResponseSignature from "@effect-yunmo/signing/ResponseSignature"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type CallError, ResponseInvalid } from "../ClientError.js"
import { scrub } from "./scrub.js"
import type { Setting } from "./setting.js"
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
const textOf = Codec.decoder(Wire.Text)
const millisOf = Codec.decoder(Wire.EpochMillis)

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
  setting: Setting,
  bytes: Uint8Array
): Effect.Effect<A, CallError> => {
  const { contract } = endpoint
  const { policy } = setting
  const wanted = policy.responseSignature ?? contract.signature.responses
  const checked = ResponseSignature.check(wanted, call.keys.accepted, bytes, {
    limits: { maxBytes: policy.maxResponseBytes, maxKeys: 100_000 }
  })
  if (Either.isLeft(checked)) {
    const error = checked.left
    return error._tag === "UnreadableMessage"
      ? invalid(call, "Unreadable", `${error.detail} (at position ${error.position})`)
      : invalid(call, "SignatureInvalid", error.message, "sign")
  }
  const { message, verified } = checked.right
  return verified === undefined
    ? understand(endpoint, call, setting, message)
    : Effect.flatMap(endpoint.keys.seen(verified.keyId), () => understand(endpoint, call, setting, message))
}

const understand = <A>(
  { contract }: Endpoint,
  call: Attempt<A>,
  setting: Setting,
  message: RawMessage
): Effect.Effect<A, CallError> => {
  const { code: sentCode, data, msg, timestamp } = message.value
  const said = textOf(sentCode)
  if (Either.isLeft(said)) {
    return invalid(
      call,
      "Envelope",
      "expected a string, as page 1.1 of the vendor's documentation has it",
      "code"
    )
  }
  const code = said.right
  const time = Either.getOrUndefined(millisOf(timestamp))
  const text = Either.getOrElse(textOf(msg), () => "")
  if (code !== contract.successCode) {
    return Telemetry.annotated(
      setting,
      "yunmo.code",
      scrubbed(call, code),
      Effect.fail(responseError(contract, call, { code, message: text, time }))
    )
  }
  const decoded = call.decode({ code, msg: text, timestamp: time, data: data ?? null, text: message.text })
  return Telemetry.annotated(
    setting,
    "yunmo.code",
    code,
    Either.mapLeft(
      decoded,
      ({ problems }) =>
        new ResponseInvalid({
          operation: call.operation,
          attempt: call.number,
          reason: "Data",
          problems,
          ...(time === undefined ? {} : { vendorTime: time })
        })
    )
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
