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

/** A notification on its way, in the world of its time. */
interface Errand {
  readonly id: number
  readonly era: number
}

export const make = (options: Options): Effect.Effect<Courier, never, HttpClient.HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const { acknowledgement, era, keepDeliveries, mail, now, resend, world, written } = options
    const post = yield* Post.make
    const queue = yield* Effect.acquireRelease(Queue.unbounded<Errand>(), Queue.shutdown)
    const stillness = yield* Effect.makeLatch(true)
    let underWay = 0

    /** Two senders with one notification would each write down the other's attempt as not made. */
    const underHand = new Map<number, Errand>()

    const take = (id: number): Errand | undefined => {
      if (underHand.get(id)?.era === era()) {
        return undefined
      }
      const errand: Errand = { id, era: era() }
      underHand.set(id, errand)
      return errand
    }

    const drop = (errand: Errand): void => {
      if (underHand.get(errand.id) === errand) {
        underHand.delete(errand.id)
      }
    }

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

    /** Writes an attempt down, and that nobody has the notification in hand any more, in one step. */
    const note = (errand: Errand, delivery: Delivery, made: Attempt, at: number): Delivery => {
      drop(errand)
      const attempts = [...delivery.attempts, { ...made, answer: made.answer?.slice(0, Post.keptAnswer) }]
      const sent = { ...delivery, attempts, nextAttemptAt: undefined }
      const wait = waitBefore(attempts.length)
      const noted: Delivery = isHeard(made, delivery)
        ? { ...sent, status: "acknowledged" }
        : wait === undefined
          ? { ...sent, status: "abandoned" }
          : { ...sent, status: "sending", nextAttemptAt: at + wait }
      Indexes.putDelivery(world, noted)
      if (noted.status === "acknowledged") {
        Indexes.forgetDeliveries(world, keepDeliveries)
      }
      return noted
    }

    const send = (errand: Errand, delivery: Delivery, url: string): Effect.Effect<void> =>
      Effect.gen(function* () {
        const made = yield* attempt(delivery, url)
        const at = yield* now
        if (era() !== errand.era) {
          return
        }
        const { attempts, eventType, id, status } = note(errand, delivery, made, at)
        if (status === "abandoned") {
          yield* Effect.logWarning(
            `Notification ${id} (${eventType}) was not acknowledged (sends: ${attempts.length}).`
          )
        }
        yield* release(delivery)
        yield* written
      })

    const run = (errand: Errand): Effect.Effect<void> =>
      Effect.suspend(() => {
        const delivery = world.deliveries.get(errand.id)
        if (errand.era !== era() || delivery?.status !== "sending") {
          return Effect.void
        }
        const url = world.merchants.get(delivery.merchantNo)?.callbackUrl
        if (url !== undefined) {
          return send(errand, delivery, url)
        }
        drop(errand)
        Indexes.putDelivery(world, { ...delivery, status: "waiting", nextAttemptAt: undefined })
        return written
      }).pipe(Effect.ensuring(Effect.sync(() => drop(errand))), Effect.ensuring(ends))

    const offer: Courier["offer"] = (ids) =>
      Effect.suspend(() => {
        const errands = ids.flatMap((id) => {
          const delivery = world.deliveries.get(id)
          const errand = delivery === undefined ? undefined : take(id)
          if (delivery === undefined || errand === undefined) {
            return []
          }
          Indexes.putDelivery(world, { ...delivery, status: "sending", nextAttemptAt: undefined })
          return [errand]
        })
        return Effect.forEach(errands, (errand) => Effect.zipRight(starts, Queue.offer(queue, errand)), {
          discard: true
        })
      })

    yield* Effect.replicateEffect(
      Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(queue), run))),
      sendersAtOnce,
      { discard: true }
    )

    return {
      offer,
      deliver: (id) =>
        Effect.suspend(() => {
          const errand = take(id)
          return errand === undefined ? Effect.void : Effect.zipRight(starts, run(errand))
        }),
      quiet: stillness.await
    }
  })
