import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Exchange from "../Exchange.js"

/** What a request came to; `TimedOut` when that was not known within the limit. */
export type Carried = Exchange.Reply | { readonly _tag: "TimedOut" }

/** Sends a request and waits for what it comes to, no longer than the limit. Whoever is interrupted gives it up. */
export type Carrier = (request: Exchange.Request, limit: Duration.Duration) => Effect.Effect<Carried>

const timedOut: Carried = { _tag: "TimedOut" }

/** By the exchange that the client offers, else through the client itself. */
export const make = (client: HttpClient.HttpClient): Carrier =>
  Option.match(Exchange.of(client), { onNone: () => throughClient(client), onSome: byExchange })

/** The clock that everybody has unless it was replaced, as tests do: a timer of the runtime tells the same time. */
const liveClock = Context.get(DefaultServices.liveServices, Clock.Clock)

/** What `setTimeout` can wait for; Effect's own clock takes more for for ever, too. */
const longestTimer = 2 ** 31 - 1

const byExchange =
  (exchange: Exchange.Exchange): Carrier =>
  (request, limit) =>
    Clock.clockWith((clock) =>
      clock === liveClock
        ? withTimer(exchange, request, Duration.toMillis(limit))
        : limited(withTimer(exchange, request, Number.POSITIVE_INFINITY), limit)
    )

/** `Effect.timeout` needs two fibers to be able to interrupt anything whatever; an exchange can be told to stop. */
const withTimer = (exchange: Exchange.Exchange, request: Exchange.Request, millis: number) =>
  Effect.async<Carried>((resume) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let over = false
    const giveUp = exchange(request, (reply) => {
      over = true
      clearTimeout(timer)
      resume(Effect.succeed(reply))
    })
    // Once, and not what has ended. It is other people's code: what it throws has to be thrown in a fiber, and what it
    // says meanwhile comes too late.
    const stopped = Effect.sync(() => {
      clearTimeout(timer)
      if (!over) {
        over = true
        giveUp()
      }
    })
    if (!over && millis <= longestTimer) {
      timer = setTimeout(() => resume(Effect.as(stopped, timedOut)), millis)
    }
    return Effect.catchAllDefect(stopped, () => Effect.dieMessage(threw))
  })

/** To whoever interrupted, since nobody else hears of it. What it threw may hold the request. */
const threw = "The exchange of the HttpClient threw when it was given up. What it threw is not shown."

const limited = (carried: Effect.Effect<Carried>, duration: Duration.Duration): Effect.Effect<Carried> =>
  Effect.timeoutTo(
    // A caller who may not be interrupted still gets an answer in time.
    Effect.interruptible(carried),
    { duration, onSuccess: (reply) => reply, onTimeout: () => timedOut }
  )

/**
 * Any client. An answer nobody reads (a 503, say) must not keep its connection. The span that platform would make holds the
 * whole request when it fails, token included, and tells the vendor the trace: here are spans of our own.
 */
const throughClient = (client: HttpClient.HttpClient): Carrier => {
  const scoped = HttpClient.withScope(client)
  const silent = HttpClient.withTracerDisabledWhen(scoped, () => true)
  return ({ body, maxBytes, url }, limit) =>
    limited(
      Effect.withFiberRuntime((fiber) =>
        sent(
          // Where nobody traces anyway, nothing has to be said about it.
          fiber.getFiberRef(FiberRef.currentTracerEnabled) ? silent : scoped,
          HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText(body, "application/json")),
          maxBytes
        )
      ),
      limit
    )
}

/**
 * Sends it, and reads the answer. What was read to its end has nothing left to close; everything else, an answer nobody
 * reads among them, ends with the scope.
 *
 * A redirect would carry a signed request to an address nobody configured. Only fetch follows them by itself.
 */
const sent = (
  http: HttpClient.HttpClient.With<HttpClientError, Scope.Scope>,
  request: HttpClientRequest.HttpClientRequest,
  maxBytes: number
): Effect.Effect<Exchange.Reply> =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.flatMap(http.execute(request), (response) => read(response, maxBytes)).pipe(
      Effect.mapInputContext((context: Context.Context<never>) =>
        context.pipe(
          Context.add(Scope.Scope, scope),
          Context.add(FetchHttpClient.RequestInit, {
            ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
            redirect: "manual"
          })
        )
      ),
      Effect.map((body): Exchange.Reply => ({ _tag: "Answered", body })),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
      Effect.catchAll((error) => Effect.succeed(replyOf(error)))
    )
  )

type Unread = Extract<Exchange.Reply, { readonly _tag: "Refused" | "TooLarge" }>

const tooLarge: Unread = { _tag: "TooLarge" }

/** The error itself holds the request, and the request the token: only what it was caused by goes on. */
const replyOf = (error: Unread | HttpClientError): Exchange.Reply =>
  error._tag === "Refused" || error._tag === "TooLarge" ? error : { _tag: "Lost", cause: error }

const read = (
  response: HttpClientResponse.HttpClientResponse,
  maxBytes: number
): Effect.Effect<Uint8Array, Unread | HttpClientError> => {
  if (response.status !== 200) {
    return Effect.fail({ _tag: "Refused", status: response.status })
  }
  const { "content-encoding": encoding, "content-length": length } = response.headers
  const declared = length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
  if (declared !== undefined && declared > maxBytes) {
    return Effect.fail(tooLarge)
  }
  // A declared length is kept to by HTTP itself, but says nothing of what comes out of a compressed body; without one,
  // or with compression, the bytes are counted as they come.
  return declared !== undefined && encoding === undefined
    ? Effect.map(response.arrayBuffer, (buffer) => new Uint8Array(buffer))
    : response.stream.pipe(
        Stream.mapAccum(0, (total, chunk) => [total + chunk.length, { chunk, total: total + chunk.length }]),
        Stream.mapEffect(({ chunk, total }) =>
          total > maxBytes ? Effect.fail(tooLarge) : Effect.succeed(chunk)
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
