import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { DataInvalid } from "@effect-yunmo/schema/Codec"
import type * as Contract from "@effect-yunmo/schema/Contract"
import type * as Ids from "@effect-yunmo/schema/Ids"
import type * as Operation from "@effect-yunmo/schema/Operation"
import type { JsonObject } from "@effect-yunmo/signing/RawMessage"
import * as Signer from "@effect-yunmo/signing/Signer"
import type { SigningRefused } from "@effect-yunmo/signing/SigningError"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
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
import { type Answer, invalid, read } from "./answer.js"
import type { Picked, Ring } from "./keys.js"
import * as Telemetry from "./telemetry.js"

export interface Endpoint {
  readonly baseUrl: BaseUrl
  readonly merchantNo: Ids.MerchantNo
  readonly keys: Ring
  readonly contract: Contract.ContractService
  readonly http: Http
}

/** Ends with its scope, whether its answer was read or not. */
type Http = Pick<HttpClient.HttpClient.With<HttpClientError, Scope.Scope>, "execute">

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
  readonly decode: (answer: Answer) => Effect.Effect<A, DataInvalid>
}

/** One attempt of a call. */
export interface Attempt<A> extends Target<A> {
  readonly token: Redacted.Redacted<string> | ""
  /** Those it was begun with, whatever is changed meanwhile. */
  readonly keys: Picked
  readonly number: number
}

/**
 * The client as it is used here. An answer nobody reads (a 503, say) must not keep its connection. The span that
 * platform would make holds the whole request when it fails, token included, and tells the vendor the trace: here are
 * spans of our own.
 */
export const httpOf = (client: HttpClient.HttpClient): Http => {
  const scoped = HttpClient.withScope(client)
  const silent = HttpClient.withTracerDisabledWhen(scoped, () => true)
  return {
    execute: (request) =>
      Effect.withFiberRuntime((fiber) =>
        // Where nobody traces anyway, nothing has to be said about it.
        (fiber.getFiberRef(FiberRef.currentTracerEnabled) ? silent : scoped).execute(request)
      )
  }
}

/**
 * One attempt: a nonce, a time and a signature of its own, one POST, and the answer read from its raw bytes.
 */
export const attempt = <A>(endpoint: Endpoint, call: Attempt<A>): Effect.Effect<A, CallError> =>
  Effect.flatMap(Policy.Policy, (policy) =>
    Effect.flatMap(sign(endpoint, call), (signed) =>
      Effect.flatMap(
        Effect.timeoutFail(
          // A caller who may not be interrupted still gets an answer in time.
          Effect.interruptible(post(endpoint, call, signed, policy.maxResponseBytes)),
          {
            duration: policy.attemptTimeout,
            onTimeout: () =>
              new RequestTimedOut({
                operation: call.operation,
                attempt: call.number,
                limit: "attemptTimeout",
                timeout: Duration.toMillis(policy.attemptTimeout)
              })
          }
        ),
        (bytes) => read(endpoint, call, policy, bytes)
      )
    )
  ).pipe(Telemetry.attempt(endpoint, call))

const sign = <A>({ contract, merchantNo }: Endpoint, call: Attempt<A>) =>
  // A clock that has slept for a jittered pause, as a test's does, stands between two milliseconds.
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Signer.signWith(call.keys.signing, {
      envelope: { merchantNo, version: contract.version, requestTime: Math.floor(now) },
      token: call.token,
      data: call.data,
      nested: contract.signature.nested,
      exempt: call.exempt
    })
  ).pipe(
    Effect.mapError(
      (refused) => new RequestInvalid({ operation: call.operation, problems: [problemOf(refused)] })
    )
  )

/** Field and rule of what is not signed, as those of input that does not fit. */
const problemOf = ({ field, message, reason }: SigningRefused) => {
  const rule = message.replace(/\.$/, "")
  const [, said] = rule.split(`the field ${field} `)
  return reason === "UnusableSecret" || said === undefined
    ? { path: "", problem: rule }
    : { path: field.replace(/^data\./, ""), problem: said }
}

const post = <A>(
  { baseUrl, http }: Endpoint,
  call: Attempt<A>,
  signed: Signer.SignedMessage,
  maxBytes: number
): Effect.Effect<Uint8Array, NetworkError> => {
  const { path, pathSource } = call
  const request = HttpClientRequest.post(`${baseUrl}${path}`).pipe(
    HttpClientRequest.bodyText(Redacted.value(signed.body), "application/json")
  )
  const failed = (description: string) =>
    new TransportFailed({ operation: call.operation, attempt: call.number, description })
  return sent(http, request, (response) =>
    Effect.flatMap(
      Telemetry.annotate("http.response.status_code", response.status),
      (): Effect.Effect<Uint8Array, NetworkError | HttpClientError | BodyTooLarge> =>
        response.status === 200
          ? body(response, maxBytes)
          : Effect.fail(
              new HttpStatusUnexpected({
                operation: call.operation,
                attempt: call.number,
                status: response.status,
                path,
                pathSource
              })
            )
    )
  ).pipe(
    Effect.mapError((error) => {
      switch (error._tag) {
        case "BodyTooLarge":
          return invalid(call, "TooLarge", `the body is larger than ${maxBytes} bytes`)
        // The error itself holds the request, and the request the token: only its kind goes on.
        case "RequestError":
        case "ResponseError":
          return failed(describeHttpError(error))
        default:
          return error
      }
    }),
    // A defect may hold the request as well. That of a recording holds none, and says what a test asked in vain.
    Effect.catchAllDefect((defect) =>
      Predicate.isTagged(defect, "UnexpectedCall")
        ? Effect.die(defect)
        : Effect.dieMessage(
            `The HttpClient died (${kindOf(defect)}) while it sent ${call.operation}. What it died of is not shown, since that may hold the request: catch it inside the HttpClient to see it.`
          )
    )
  )
}

const kindOf = (defect: unknown): string =>
  defect instanceof Error && /^[A-Z]\w{1,63}$/i.test(defect.name) ? defect.name : "no error"

/**
 * Sends it, and reads the answer. What was read to its end has nothing left to close; everything else, an answer nobody
 * reads among them, ends with the scope.
 *
 * A redirect would carry a signed request to an address nobody configured. Only fetch follows them by itself.
 */
const sent = <A, E>(
  http: Http,
  request: HttpClientRequest.HttpClientRequest,
  use: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, E>
): Effect.Effect<A, E | HttpClientError> =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.flatMap(http.execute(request), use).pipe(
      Effect.mapInputContext((context: Context.Context<never>) =>
        context.pipe(
          Context.add(Scope.Scope, scope),
          Context.add(FetchHttpClient.RequestInit, {
            ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
            redirect: "manual"
          })
        )
      ),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
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
