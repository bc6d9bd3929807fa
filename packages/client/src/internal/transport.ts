import { isHttpClientError } from "@effect/platform/HttpClientError"
import type { DataInvalid } from "@effect-yunmo/schema/Codec"
import type * as Contract from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import type { SigningRefused } from "@effect-yunmo/signing/SigningError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as Redacted from "effect/Redacted"
import type { BaseUrl } from "../BaseUrl.js"
import {
  type CallError,
  HttpStatusUnexpected,
  RequestInvalid,
  RequestTimedOut,
  TransportFailed
} from "../ClientError.js"
import { type Answer, invalid, read } from "./answer.js"
import type { Carried, Carrier } from "./carrier.js"
import type { Picked, Ring } from "./keys.js"
import * as Setting from "./setting.js"
import * as Telemetry from "./telemetry.js"

export interface Endpoint {
  readonly baseUrl: BaseUrl
  readonly merchantNo: Ids.MerchantNo
  readonly keys: Ring
  readonly contract: Contract.ContractService
  readonly carrier: Carrier
}

/** What is called: an operation of the table, or one of the user's own. */
export interface Target<A> {
  /** Its name; the path where it has none. */
  readonly operation: string
  readonly safety: Operation.Safety
  readonly path: string
  readonly pathSource: string
  /** Fields of `data` that are not signed. */
  readonly exempt: ReadonlyArray<string>
  /** Whatever is secret here is taken out of what the vendor says. */
  readonly input: unknown
  readonly data: JsonObject
  /** Reads a success. */
  readonly decode: (answer: Answer) => Either.Either<A, DataInvalid>
}

/** One attempt of a call. */
export interface Attempt<A> extends Target<A> {
  readonly token: Redacted.Redacted<string> | ""
  /** Those it was begun with, whatever is changed meanwhile. */
  readonly keys: Picked
  readonly number: number
}

/**
 * One attempt: a nonce, a time and a signature of its own, one POST, and the answer read from its raw bytes.
 */
export const attempt = <A>(endpoint: Endpoint, call: Attempt<A>): Effect.Effect<A, CallError> =>
  Setting.use((begun) =>
    Telemetry.attempt(
      begun,
      endpoint,
      call,
      Effect.flatMap(Nonce.next, (nonce) => {
        const signed = sign(endpoint, call, nonce, begun.now)
        if (Either.isLeft(signed)) {
          return Either.left(signed.left)
        }
        const ended = <B, E>(next: (setting: Setting.Setting) => Effect.Effect<B, E>) =>
          Setting.use((setting) => {
            Telemetry.attempted(setting, call, begun.now)
            return next(setting)
          })
        // The slowest have no answer: the deadline ends them, or whoever interrupts.
        const reply = Effect.onError(carried(endpoint, call, signed.right, begun), () =>
          ended(() => Effect.void)
        )
        return Effect.flatMap(reply, (given) => ended((setting) => judge(endpoint, call, setting, given)))
      })
    )
  )

const sign = <A>(
  { contract, merchantNo }: Endpoint,
  call: Attempt<A>,
  nonce: string,
  now: number
): Either.Either<Signer.SignedMessage, RequestInvalid> =>
  Either.mapLeft(
    Signer.signAt(call.keys.signing, {
      // A clock that has slept for a jittered pause, as a test's does, stands between two milliseconds.
      envelope: { merchantNo, version: contract.version, nonce, requestTime: Math.floor(now) },
      token: call.token,
      data: call.data,
      nested: contract.signature.nested,
      exempt: call.exempt
    }),
    (refused) => new RequestInvalid({ operation: call.operation, problems: [problemOf(refused)] })
  )

/** Field and rule of what is not signed, as those of input that does not fit. */
const problemOf = ({ field, message, reason }: SigningRefused) => {
  const rule = message.replace(/\.$/, "")
  const [, said] = rule.split(`the field ${field} `)
  return reason === "UnusableSecret" || said === undefined
    ? { path: "", problem: rule }
    : { path: field.replace(/^data\./, ""), problem: said }
}

/** A defect may hold the request. That of a recording holds none, and says what a test asked in vain. */
const carried = <A>(
  { baseUrl, carrier }: Endpoint,
  call: Attempt<A>,
  signed: Signer.SignedMessage,
  { policy }: Setting.Setting
): Effect.Effect<Carried> =>
  Effect.catchAllDefect(
    carrier(
      { url: `${baseUrl}${call.path}`, body: Signer.textOf(signed), maxBytes: policy.maxResponseBytes },
      policy.attemptTimeout
    ),
    (defect) =>
      Predicate.isTagged(defect, "UnexpectedCall")
        ? Effect.die(defect)
        : Effect.dieMessage(
            `The HttpClient died (${kindOf(defect)}) while it sent ${call.operation}. What it died of is not shown, since that may hold the request: catch it inside the HttpClient to see it.`
          )
  )

const kindOf = (defect: unknown): string =>
  defect instanceof Error && /^[A-Z]\w{1,63}$/i.test(defect.name) ? defect.name : "no error"

const statusCode = "http.response.status_code"

const judge = <A>(
  endpoint: Endpoint,
  call: Attempt<A>,
  setting: Setting.Setting,
  reply: Carried
): Effect.Effect<A, CallError> => {
  const { policy } = setting
  const { number: attempt, operation, path, pathSource } = call
  switch (reply._tag) {
    case "Answered":
      return Telemetry.annotated(setting, statusCode, 200, read(endpoint, call, setting, reply.body))
    case "Refused": {
      const { status } = reply
      return Telemetry.annotated(
        setting,
        statusCode,
        status,
        new HttpStatusUnexpected({ operation, attempt, status, path, pathSource })
      )
    }
    case "TooLarge":
      return Telemetry.annotated(
        setting,
        statusCode,
        200,
        invalid(call, "TooLarge", `the body is larger than ${policy.maxResponseBytes} bytes`)
      )
    case "TimedOut":
      return new RequestTimedOut({
        operation,
        attempt,
        limit: "attemptTimeout",
        timeout: Duration.toMillis(policy.attemptTimeout)
      })
    case "Lost":
      return new TransportFailed({ operation, attempt, description: describe(reply.cause) })
  }
}

/** An error of the HttpClient says which part of it failed. */
const describe = (cause: unknown): string => {
  const reason = isHttpClientError(cause) ? cause.reason : "Transport"
  const code = systemCode(cause)
  return code === undefined ? reason : `${reason} (${code})`
}

/** `ECONNRESET` and its like; fetch puts it one cause deeper. */
const systemCode = (cause: unknown, depth = 0): string | undefined => {
  if (typeof cause !== "object" || cause === null || depth > 4) {
    return undefined
  }
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : ""
  return /^[A-Z][A-Z0-9_]{1,63}$/.test(code)
    ? code
    : "cause" in cause
      ? systemCode(cause.cause, depth + 1)
      : undefined
}
