/**
 * Takes notifications to the merchant's callback until they are acknowledged, at most ten times (VENDOR 6.1). Everything
 * about the re-sends but that number is PROPOSED: the schedule, the time an answer may take, that each carries the same
 * text.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Attempt, Delivery, World } from "./world.js"

/** All sends of one notification together (VENDOR 6.1). */
const maxAttempts = 10

const answerWithin = Duration.seconds(5)

/** A receiver that answers slowly takes one of these for up to five seconds; the others go on. */
const sendersAtOnce = 64

const maxAnswerBytes = 64 * 1024

const keptAnswer = 200

export interface Courier {
  /** Keeps a new notification, and sends it as soon as there is somewhere to send it to. */
  readonly post: (delivery: Omit<Delivery, "status" | "nextAttemptAt" | "attempts">) => Effect.Effect<void>
  /** Sends what waited for this merchant's callback URL. */
  readonly wake: (merchantNo: string) => Effect.Effect<void>
}

export interface Options {
  readonly world: World
  /** The waits before the second send, the third and so on; the last repeats. None: sent once. */
  readonly resend: ReadonlyArray<Duration.Duration>
  readonly acknowledgement: string
}

export const make = ({
  acknowledgement,
  resend,
  world
}: Options): Effect.Effect<Courier, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    // The vendor sends no trace headers.
    const client = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
    const queue = yield* Effect.acquireRelease(Queue.unbounded<number>(), Queue.shutdown)

    const attempt = (delivery: Delivery, url: string): Effect.Effect<Attempt> =>
      Effect.gen(function* () {
        const at = yield* Clock.currentTimeMillis
        return yield* send(client, url, delivery.body).pipe(
          Effect.timeout(answerWithin),
          Effect.match({
            onSuccess: ({ answer, status }): Attempt => ({ at, status, answer, error: undefined }),
            onFailure: (error): Attempt => ({
              at,
              status: undefined,
              answer: undefined,
              error: describe(error)
            })
          })
        )
      })

    const waitBefore = (sent: number): Option.Option<Duration.Duration> =>
      sent < maxAttempts ? Option.fromNullable(resend[Math.min(sent, resend.length) - 1]) : Option.none()

    const deliver = (id: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        const delivery = world.deliveries.get(id)
        if (delivery === undefined) {
          return
        }
        const url = world.merchants.get(delivery.merchantNo)?.callbackUrl
        if (url === undefined) {
          world.deliveries.set(id, { ...delivery, status: "waiting", nextAttemptAt: undefined })
          return
        }
        const made = yield* attempt(delivery, url)
        const attempts = [
          ...delivery.attempts,
          { ...made, answer: made.answer === undefined ? undefined : made.answer.slice(0, keptAnswer) }
        ]
        if (made.status === 200 && made.answer?.trim() === acknowledgement.trim()) {
          world.deliveries.set(id, {
            ...delivery,
            attempts,
            status: "acknowledged",
            nextAttemptAt: undefined
          })
          return
        }
        const wait = Option.getOrUndefined(waitBefore(attempts.length))
        if (wait === undefined) {
          world.deliveries.set(id, { ...delivery, attempts, status: "abandoned", nextAttemptAt: undefined })
          yield* Effect.logWarning(
            `Notification ${id} (${delivery.eventType}) was not acknowledged (sends: ${attempts.length}).`
          )
          return
        }
        const now = yield* Clock.currentTimeMillis
        world.deliveries.set(id, {
          ...delivery,
          attempts,
          status: "sending",
          nextAttemptAt: now + Duration.toMillis(wait)
        })
        yield* Effect.forkIn(Effect.delay(Queue.offer(queue, id), wait), scope)
      })

    yield* Effect.replicateEffect(
      Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(queue), deliver))),
      sendersAtOnce,
      { discard: true }
    )

    const offer = (delivery: Delivery): Effect.Effect<void> =>
      Effect.suspend(() => {
        world.deliveries.set(delivery.id, { ...delivery, status: "sending" })
        return Queue.offer(queue, delivery.id)
      })

    return {
      post: (fields) =>
        Effect.suspend(() => {
          const delivery: Delivery = { ...fields, status: "waiting", nextAttemptAt: undefined, attempts: [] }
          if (world.merchants.get(delivery.merchantNo)?.callbackUrl !== undefined) {
            return offer(delivery)
          }
          world.deliveries.set(delivery.id, delivery)
          return Effect.void
        }),
      wake: (merchantNo) =>
        Effect.suspend(() =>
          Effect.forEach(
            Array.from(world.deliveries.values()).filter(
              (delivery) => delivery.merchantNo === merchantNo && delivery.status === "waiting"
            ),
            offer,
            { discard: true }
          )
        )
    }
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

const describe = (error: HttpClientError.HttpClientError | { readonly _tag: "TimeoutException" }): string => {
  if (error._tag === "TimeoutException") {
    return `no answer within ${Duration.format(answerWithin)}`
  }
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message
}
