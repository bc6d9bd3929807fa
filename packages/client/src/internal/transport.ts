import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Codec from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import { ResponseEnvelope } from "@effect-yunmo/schema/Envelope"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import * as ResponseCode from "@effect-yunmo/schema/ResponseCode"
import * as ResponseError from "@effect-yunmo/schema/ResponseError"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { BaseUrl } from "../BaseUrl.js"
import {
  type CallError,
  HttpStatusUnexpected,
  type NetworkError,
  RequestInvalid,
  RequestTimedOut,
  ResponseInvalid,
  TransportFailed
} from "../ClientError.js"
import * as Policy from "../Policy.js"
import { scrub } from "./scrub.js"

export interface Endpoint {
  readonly baseUrl: BaseUrl
  readonly merchantNo: Ids.MerchantNo
  readonly key: SigningKey
  readonly contract: Contract.ContractService
  readonly http: HttpClient.HttpClient
}

export interface Attempt<N extends Operation.Name> {
  readonly operation: N
  readonly input: Operation.RequestOf<N>
  readonly data: JsonObject
  readonly token: Redacted.Redacted<string> | ""
  readonly number: number
}

/** Redirects would carry a signed request to an address nobody configured. */
const noRedirects: RequestInit = { redirect: "manual" }

/**
 * One attempt: a nonce, a time and a signature of its own, one POST, and the answer read from its raw bytes.
 */
export const attempt = <N extends Operation.Name>(
  endpoint: Endpoint,
  call: Attempt<N>
): Effect.Effect<Operation.ResponseOf<N>, CallError> =>
  Effect.gen(function* () {
    const policy = yield* Policy.Policy
    const signed = yield* sign(endpoint, call)
    const bytes = yield* post(endpoint, call, signed, policy.maxResponseBytes).pipe(
      Effect.timeoutFail({
        duration: policy.attemptTimeout,
        onTimeout: () =>
          new RequestTimedOut({
            operation: call.operation,
            attempt: call.number,
            timeout: Duration.toMillis(policy.attemptTimeout)
          })
      })
    )
    return yield* read(endpoint, call, bytes)
  })

const sign = <N extends Operation.Name>({ contract, key, merchantNo }: Endpoint, call: Attempt<N>) =>
  Signer.signWith(key, {
    envelope: { merchantNo, version: contract.version },
    token: call.token,
    data: call.data
  }).pipe(
    Effect.mapError(
      (refused) =>
        new RequestInvalid({ operation: call.operation, problems: [{ path: "", problem: refused.message }] })
    )
  )

const post = <N extends Operation.Name>(
  { baseUrl, contract, http }: Endpoint,
  call: Attempt<N>,
  signed: Signer.SignedMessage,
  maxBytes: number
): Effect.Effect<Uint8Array, NetworkError> => {
  const { path, source } = contract.paths[call.operation]
  const request = HttpClientRequest.post(`${baseUrl}${path}`).pipe(
    HttpClientRequest.bodyText(Redacted.value(signed.body), "application/json")
  )
  const failed = (description: string) =>
    new TransportFailed({ operation: call.operation, attempt: call.number, description })
  return Effect.gen(function* () {
    // The error itself holds the request, and the request the token: only its kind goes on.
    const response = yield* Effect.mapError(http.execute(request), (error) =>
      failed(describeHttpError(error))
    )
    if (response.status !== 200) {
      return yield* new HttpStatusUnexpected({
        operation: call.operation,
        attempt: call.number,
        status: response.status,
        path,
        pathSource: source
      })
    }
    return yield* Effect.mapError(body(response, maxBytes), (error) =>
      error._tag === "BodyTooLarge"
        ? invalid(call, "TooLarge", `the body is larger than ${maxBytes} bytes`)
        : failed(describeHttpError(error))
    )
  }).pipe(Effect.provideService(FetchHttpClient.RequestInit, noRedirects))
}

const describeHttpError = (error: { readonly reason: string; readonly cause?: unknown }): string => {
  const cause = error.cause
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  return typeof code === "string" ? `${error.reason} (${code})` : error.reason
}

interface BodyTooLarge {
  readonly _tag: "BodyTooLarge"
}
const bodyTooLarge: BodyTooLarge = { _tag: "BodyTooLarge" }

const body = (response: HttpClientResponse.HttpClientResponse, maxBytes: number) => {
  const declared = Number(response.headers["content-length"])
  if (declared > maxBytes) {
    return Effect.fail(bodyTooLarge)
  }
  // A declared length is kept to by HTTP itself; without one the bytes are counted as they come.
  return Number.isInteger(declared)
    ? Effect.map(response.arrayBuffer, (buffer) => new Uint8Array(buffer))
    : response.stream.pipe(
        Stream.mapAccum(0, (total, chunk) => [total + chunk.length, { chunk, total: total + chunk.length }]),
        Stream.mapEffect(({ chunk, total }) =>
          total > maxBytes ? Effect.fail(bodyTooLarge) : Effect.succeed(chunk)
        ),
        Stream.runCollect,
        Effect.map((chunks) => concat(Chunk.toReadonlyArray(chunks)))
      )
}

const concat = (chunks: ReadonlyArray<Uint8Array>): Uint8Array => {
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0))
  chunks.reduce((offset, chunk) => {
    bytes.set(chunk, offset)
    return offset + chunk.length
  }, 0)
  return bytes
}

const invalid = (
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

const decodeEnvelope = Schema.decodeUnknownEither(ResponseEnvelope)

const read = <N extends Operation.Name>(
  endpoint: Endpoint,
  call: Attempt<N>,
  bytes: Uint8Array
): Effect.Effect<Operation.ResponseOf<N>, CallError> =>
  Effect.gen(function* () {
    const { contract } = endpoint
    const policy = yield* Policy.Policy
    const limits = { maxBytes: policy.maxResponseBytes, maxKeys: 100_000 }
    const result = RawMessage.read(bytes, limits)
    if (result._tag === "Unreadable") {
      return yield* invalid(call, "Unreadable", `${result.detail} (byte ${result.position})`)
    }
    const message = result.message.value
    if (message["sign"] !== undefined && message["sign"] !== null) {
      yield* Either.mapLeft(Verifier.verifyWith([endpoint.key], bytes, { limits }), (error) =>
        invalid(call, "SignatureInvalid", error.message, "sign")
      )
    }
    const envelope = yield* Either.mapLeft(decodeEnvelope(message), () =>
      invalid(
        call,
        "Envelope",
        "expected an object with a code, as page 1.1 of the vendor's documentation has it"
      )
    )
    if (envelope.code !== contract.successCode) {
      return yield* responseError(contract, call, envelope)
    }
    return yield* Codec.decodeResponse(contract, call.operation, message["data"] ?? null).pipe(
      Effect.mapError(
        ({ problems }) =>
          new ResponseInvalid({ operation: call.operation, attempt: call.number, reason: "Data", problems })
      )
    )
  })

const families = new Map(ResponseCode.rows.map((row) => [row.code as string, row.family]))

const responseError = <N extends Operation.Name>(
  contract: Contract.ContractService,
  call: Attempt<N>,
  envelope: ResponseEnvelope
): ResponseError.ResponseError => {
  const row = Option.getOrElse(Contract.codeOf(contract, envelope.code), () => ({
    name: "UnknownResponseCode",
    meaning: "a code that neither the vendor's appendix nor this contract names",
    advice: "settleByQuery" as const,
    refused: false
  }))
  return ResponseError.make(row.name, {
    operation: call.operation,
    code: scrub(envelope.code),
    vendorMessage: scrub(envelope.msg, call.input, call.token),
    attempt: call.number,
    meaning: row.meaning,
    family: families.get(envelope.code) ?? "unspecified",
    advice: row.advice,
    refused: row.refused,
    ...(envelope.timestamp === undefined ? {} : { vendorTime: envelope.timestamp })
  })
}
