/**
 * Takes notifications to the merchant's callback until they are acknowledged, at most ten times (VENDOR 6.1). Everything
 * about the re-sends but that number is PROPOSED: the schedule, the time an answer may take, that each carries the same
 * text.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Indexes from "./indexes.js"
import type { Mail } from "./mail.js"
import * as Post from "./post.js"
import type { Attempt, Delivery, World } from "./world.js"

/** All sends of one notification together (VENDOR 6.1). */
const maxAttempts = 10

/** A receiver that answers slowly takes one of these for up to five seconds; the others go on. */
const sendersAtOnce = 64

export interface Courier {
  /** Sends these as soon as a sender is free. */
  readonly offer: (ids: ReadonlyArray<number>) => Effect.Effect<void>
  /** Sends this one now; done when it was tried. */
  readonly deliver: (id: number) => Effect.Effect<void>
  /** Waits until nothing is on its way. */
  readonly quiet: Effect.Effect<void>
}

export interface Options {
  readonly world: World
  readonly mail: Mail
  readonly now: Effect.Effect<number>
  /** The waits before the second send, the third and so on; the last repeats. None: sent once. */
  readonly resend: ReadonlyArray<Duration.Duration>
  readonly acknowledgement: string
  readonly keepDeliveries: number
  /** Called after each send: something was written, and something may be due sooner than before. */
  readonly written: Effect.Effect<void>
  /** Changes when the world is replaced: what was on its way then belongs to another world. */
  readonly era: () => number
}

export const make = (options: Options): Effect.Effect<Courier, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { acknowledgement, era, keepDeliveries, mail, now, resend, world, written } = options
    const post = yield* Post.make
    const queue = yield* Effect.acquireRelease(Queue.unbounded<number>(), Queue.shutdown)
    const stillness = yield* Effect.makeLatch(true)
    let underWay = 0

    const starts = Effect.suspend(() => {
      underWay += 1
      return stillness.close
    })
    const ends = Effect.suspend(() => {
      underWay -= 1
      return underWay === 0 ? stillness.open : Effect.void
    })

    const attempt = (delivery: Delivery, url: string): Effect.Effect<Attempt> =>
      Effect.gen(function* () {
        const at = yield* now
        const merchant = world.merchants.get(delivery.merchantNo)
        const isFresh = delivery.faults.includes("freshNonce") && delivery.attempts.length > 0
        const body =
          isFresh && merchant !== undefined ? yield* mail.resign(delivery, merchant, at) : delivery.body
        const made = yield* post(url, body)
        return { at, ...made, body: body === delivery.body ? undefined : body }
      })

    const waitBefore = (sent: number): number | undefined => {
      const wait = sent < maxAttempts ? resend[Math.min(sent, resend.length) - 1] : undefined
      return wait === undefined ? undefined : Duration.toMillis(wait)
    }

    const isHeard = ({ answer, status }: Attempt, { faults }: Delivery): boolean =>
      status === 200 && answer?.trim() === acknowledgement.trim() && !faults.includes("forgetful")

    /** A notification of this merchant was sent: those that waited for it follow. */
    const release = (delivery: Delivery): Effect.Effect<void> =>
      Effect.suspend(() => {
        const ids = Array.from(world.index.reordering.get(delivery.merchantNo) ?? []).filter(
          (id) => id < delivery.id
        )
        return offer(ids)
      })

    const send = (delivery: Delivery, url: string): Effect.Effect<void> =>
      Effect.gen(function* () {
        const began = era()
        const made = yield* attempt(delivery, url)
        if (era() !== began) {
          return
        }
        const attempts = [...delivery.attempts, { ...made, answer: made.answer?.slice(0, Post.keptAnswer) }]
        const sent = { ...delivery, attempts, nextAttemptAt: undefined }
        const wait = waitBefore(attempts.length)
        if (isHeard(made, delivery)) {
          Indexes.putDelivery(world, { ...sent, status: "acknowledged" })
          Indexes.forgetDeliveries(world, keepDeliveries)
        } else if (wait === undefined) {
          Indexes.putDelivery(world, { ...sent, status: "abandoned" })
          yield* Effect.logWarning(
            `Notification ${delivery.id} (${delivery.eventType}) was not acknowledged (sends: ${attempts.length}).`
          )
        } else {
          const nextAttemptAt = (yield* now) + wait
          Indexes.putDelivery(world, { ...sent, status: "sending", nextAttemptAt })
        }
        yield* release(delivery)
        yield* written
      })

    const deliver = (id: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        const delivery = world.deliveries.get(id)
        if (delivery === undefined || delivery.status === "acknowledged" || delivery.status === "abandoned") {
          return Effect.void
        }
        const url = world.merchants.get(delivery.merchantNo)?.callbackUrl
        if (url !== undefined) {
          Indexes.putDelivery(world, { ...delivery, status: "sending", nextAttemptAt: undefined })
          return send(delivery, url)
        }
        Indexes.putDelivery(world, { ...delivery, status: "waiting", nextAttemptAt: undefined })
        return written
      })

    const offer: Courier["offer"] = (ids) =>
      Effect.suspend(() => {
        for (const id of ids) {
          const delivery = world.deliveries.get(id)
          if (delivery !== undefined) {
            Indexes.putDelivery(world, { ...delivery, status: "sending", nextAttemptAt: undefined })
          }
        }
        return Effect.forEach(ids, (id) => Effect.zipRight(starts, Queue.offer(queue, id)), { discard: true })
      })

    yield* Effect.replicateEffect(
      Effect.forkScoped(
        Effect.forever(Effect.flatMap(Queue.take(queue), (id) => Effect.ensuring(deliver(id), ends)))
      ),
      sendersAtOnce,
      { discard: true }
    )

    return {
      offer,
      deliver: (id) => Effect.zipRight(starts, Effect.ensuring(deliver(id), ends)),
      quiet: stillness.await
    }
  })
