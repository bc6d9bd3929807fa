import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { Attempt } from "./world.js"

const answerWithin = Duration.seconds(5)

const maxAnswerBytes = 64 * 1024

/** Characters of an answer that are kept. */
export const keptAnswer = 200

/** One send: what came back, or why nothing did. */
export const make: Effect.Effect<
  (url: string, body: string) => Effect.Effect<Pick<Attempt, "status" | "answer" | "error">>,
  never,
  HttpClient.HttpClient
> = Effect.map(HttpClient.HttpClient, (given) => {
  // The vendor sends no trace headers.
  const client = HttpClient.withTracerPropagation(given, false)
  return (url, body) =>
    send(client, url, body).pipe(
      Effect.timeout(answerWithin),
      Effect.match({
        onSuccess: ({ answer, status }) => ({ status, answer, error: undefined }),
        onFailure: (error) => ({ status: undefined, answer: undefined, error: describe(error) })
      })
    )
})

/** A redirect is not followed: it could lead off this machine. It counts as any answer that is no acknowledgement. */
const send = (client: HttpClient.HttpClient, url: string, body: string) =>
  client
    .execute(
      HttpClientRequest.post(url, { body: HttpBody.text(body, "application/json"), acceptJson: false })
    )
    .pipe(
      Effect.flatMap((response) =>
        Effect.map(response.text, (answer) => ({ status: response.status, answer }))
      ),
      HttpIncomingMessage.withMaxBodySize(Option.some(maxAnswerBytes)),
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" })
    )

/**
 * Says what happened and not where: addresses and ports differ from run to run, and the same seed has to give the same deliveries
 * to the byte. A system's or a client's own code for it (ECONNREFUSED) is preferred to its words, which name them.
 */
const describe = (error: HttpClientError.HttpClientError | { readonly _tag: "TimeoutException" }): string => {
  if (error._tag === "TimeoutException") {
    return `no answer within ${Duration.format(answerWithin)}`
  }
  return (
    codeOf(error.cause) ??
    (error._tag === "RequestError" ? "the request failed" : "the answer could not be read")
  )
}

/** As Node's errors have it; those of `fetch` have it one level down. */
const codeOf = (cause: unknown): string | undefined =>
  Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code)
    ? cause.code
    : Predicate.hasProperty(cause, "cause")
      ? codeOf(cause.cause)
      : undefined
