import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Contract from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BaseUrl } from "../BaseUrl.js"
import {
  type CallError,
  HttpStatusUnexpected,
  type NetworkError,
  RequestInvalid,
  RequestTimedOut,
  TransportFailed
} from "../ClientError.js"
import * as Policy from "../Policy.js"
import { invalid, read } from "./answer.js"

export interface Endpoint {
  readonly baseUrl: BaseUrl
  readonly merchantNo: Ids.MerchantNo
  readonly key: SigningKey
  readonly apiKey: Redacted.Redacted<string>
  readonly contract: Contract.ContractService
  readonly http: Http
}

/** Ends with its scope, whether its answer was read or not. */
type Http = HttpClient.HttpClient.With<HttpClientError, Scope.Scope>

export interface Attempt<N extends Operation.Name> {
  readonly operation: N
  readonly input: Operation.RequestOf<N>
  readonly data: JsonObject
  readonly token: Redacted.Redacted<string> | ""
  readonly number: number
}

/**
 * The client as it is used here. An answer nobody reads (a 503, say) must not keep its connection. The span that
 * platform would make holds the whole request when it fails, token included, and tells the vendor the trace: here are
 * spans of our own.
 */
export const httpOf = (client: HttpClient.HttpClient): Http =>
  client.pipe(
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withScope
  )

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
            limit: "attemptTimeout",
            timeout: Duration.toMillis(policy.attemptTimeout)
          })
      })
    )
    return yield* read(endpoint, call, bytes)
  }).pipe(
    Effect.withSpan(`POST ${endpoint.contract.paths[call.operation].path}`, {
      kind: "client",
      captureStackTrace: false,
      attributes: {
        "http.request.method": "POST",
        "url.full": `${endpoint.baseUrl}${endpoint.contract.paths[call.operation].path}`,
        "yunmo.operation": call.operation,
        "yunmo.attempt": call.number
      }
    })
  )

const sign = <N extends Operation.Name>({ contract, key, merchantNo }: Endpoint, call: Attempt<N>) =>
  // A clock that has slept for a jittered pause, as a test's does, stands between two milliseconds.
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Signer.signWith(key, {
      envelope: { merchantNo, version: contract.version, requestTime: Math.floor(now) },
      token: call.token,
      data: call.data,
      nested: contract.signature.nested,
      exempt: Contract.exemptOf(contract, call.operation)
    })
  ).pipe(
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
    const response = yield* Effect.mapError(withoutRedirects(http.execute(request)), (error) =>
      failed(describeHttpError(error))
    )
    yield* Effect.annotateCurrentSpan("http.response.status_code", response.status)
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
  }).pipe(Effect.scoped)
}

/** A redirect would carry a signed request to an address nobody configured. Only fetch follows them by itself. */
const withoutRedirects = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.serviceOption(FetchHttpClient.RequestInit), (init) =>
    Effect.provideService(effect, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(init),
      redirect: "manual"
    })
  )

const describeHttpError = (error: { readonly reason: string; readonly cause?: unknown }): string => {
  const code = systemCode(error.cause)
  return code === undefined ? error.reason : `${error.reason} (${code})`
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

interface BodyTooLarge {
  readonly _tag: "BodyTooLarge"
}
const bodyTooLarge: BodyTooLarge = { _tag: "BodyTooLarge" }

const body = (response: HttpClientResponse.HttpClientResponse, maxBytes: number) => {
  const { "content-encoding": encoding, "content-length": length } = response.headers
  const declared = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
  if (declared !== undefined && declared > maxBytes) {
    return Effect.fail(bodyTooLarge)
  }
  // A declared length is kept to by HTTP itself, but says nothing of what comes out of a compressed body; without one,
  // or with compression, the bytes are counted as they come.
  return declared !== undefined && encoding === undefined
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
