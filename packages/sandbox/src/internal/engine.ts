import type * as HttpClient from "@effect/platform/HttpClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Options } from "../Sandbox.js"
import { MoveRefused, type SandboxInvalid, StoreUnusable } from "../SandboxError.js"
import * as Courier from "./courier.js"
import { defaultKeepDeliveries, defaultResend } from "./defaults.js"
import * as Kyc from "./kyc.js"
import * as Mail from "./mail.js"
import * as Orders from "./orders.js"
import type { Generator } from "./random.js"
import { missing, type Wrong } from "./refusal.js"
import { settingsOf } from "./settings.js"
import * as Snapshots from "./snapshots.js"
import type * as Store from "./store.js"
import type * as Time from "./time.js"
import * as Vocabulary from "./vocabulary.js"
import { type Delivery, type Merchant, makeWorld, merchantNoOf, type Step, type World } from "./world.js"

/** A world, and the only ways in which anything happens in it. */
export interface Engine {
  readonly world: World
  readonly random: Generator
  readonly time: Time.Time
  readonly vocabulary: Vocabulary.Vocabulary
  readonly courier: Courier.Courier
  /** The world as the options make it. */
  readonly beginning: Snapshots.Snapshot
  /**
   * Runs one command, with all that was due before it. Uninterruptible: a caller who hangs up must not part what happened from
   * the notification of it.
   */
  readonly command: <A, E>(run: (step: Step) => Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** A command of the control surface. */
  readonly move: <A>(run: (step: Step) => Either.Either<A, Wrong>) => Effect.Effect<A, MoveRefused>
  /** Goes on to its end, though the one who waits for it may stop waiting; not beyond the end of the sandbox. */
  readonly carryOut: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** What is due by now happens, and nothing else. */
  readonly tick: Effect.Effect<void>
  readonly merchantOf: (merchantNo: string | undefined) => Either.Either<Merchant, Wrong>
  /** Sends what waited for this merchant's callback URL. */
  readonly wake: (merchantNo: string) => Effect.Effect<void>
  /** The world was replaced: what is on its way belongs to the one before, and what this one was sending goes on. */
  readonly replaced: Effect.Effect<void>
  /** Returns when all that has happened until now is kept. */
  readonly kept: Effect.Effect<void>
}

/** A command may not be cut in two by the scheduler: what one changes is saved and told as a whole. */
export const inOnePiece = Effect.withMaxOpsBeforeYield(Number.MAX_SAFE_INTEGER)

/** Timers are not made for longer; the loop then looks again. */
const longestSleep = Duration.days(1)

/** Between two tries of a store that fails, where no call comes before. */
const patience = Duration.seconds(1)

export const make = <E, R>(
  options: Options,
  openStore: (parts: Store.Parts) => Effect.Effect<Store.Store, E, R>
): Effect.Effect<Engine, SandboxInvalid | E, HttpClient.HttpClient | Scope.Scope | R> =>
  Effect.gen(function* () {
    const seed = options.seed === undefined ? yield* Random.nextInt : Hash.hash(options.seed)
    const settings = yield* settingsOf(options, seed)
    const { merchants, random, time } = settings
    const contract = yield* Contract.Contract
    const vocabulary = Vocabulary.make(contract)
    const world = makeWorld(settings.world)
    for (const merchant of merchants) {
      world.merchants.set(merchant.merchantNo, merchant)
    }
    const beginning = Snapshots.take(world, random, time.setting(), yield* time.now)
    const store = yield* openStore({ world, random, time })
    const { agenda } = world.index
    const mail = Mail.make({ vocabulary, world })
    const scope = yield* Effect.scope
    const bell = yield* Queue.sliding<void>(1)
    const ring = Queue.offer(bell, undefined)
    let era = 0

    /** What waits for the store to work again. */
    const held: Array<Effect.Effect<void>> = []

    /** Sends, once all that has happened until now is kept. Where it cannot be kept nothing is answered, and `late` is done later. */
    const whenKept = (send: Effect.Effect<void>, late = send): Effect.Effect<void> =>
      Effect.matchCauseEffect(store.save, {
        onFailure: (cause) => {
          held.push(late)
          return Effect.zipRight(ring, Effect.failCause(cause))
        },
        onSuccess: () => Effect.all([...held.splice(0), send], { discard: true })
      })

    /** What nobody waits for goes on when the store fails; the store says so itself. */
    const regardless = (effect: Effect.Effect<void>): Effect.Effect<void> =>
      Effect.catchSomeDefect(effect, (defect) =>
        defect instanceof StoreUnusable ? Option.some(Effect.void) : Option.none()
      )

    const courier = yield* Courier.make({
      world,
      mail,
      now: time.now,
      resend: (options.resend ?? defaultResend).map(Duration.decode),
      acknowledgement: contract.acknowledgement,
      keepDeliveries: options.keepDeliveries ?? defaultKeepDeliveries,
      written: Effect.zipRight(regardless(whenKept(Effect.void)), ring),
      era: () => era
    })

    const stepAt = (now: number, told: Array<Mail.Told>): Step => ({
      world,
      rules: world.settings.rules,
      now,
      random,
      // Number, nonce and time are given inside the step, so that they depend on nothing but the order of commands.
      tell: (news) => {
        const merchant = world.merchants.get(merchantNoOf(news))
        if (merchant !== undefined) {
          const id = world.settings.told + 1
          world.settings = { ...world.settings, told: id }
          told.push({ news, merchant, id, nonce: random.alphanumeric(16), requestTime: now })
        }
      }
    })

    /** All that is due happens, each at its own time; gives the notifications that are to be sent again. */
    const catchUp = (now: number, told: Array<Mail.Told>): Array<number> => {
      const resends: Array<number> = []
      for (let entry = agenda.takeDue(now); entry !== undefined; entry = agenda.takeDue(now)) {
        const { at, due } = entry
        switch (due.kind) {
          case "order":
            Orders.finishDue(stepAt(at, told), due.id)
            break
          case "kyc":
            Kyc.reviewDue(stepAt(at, told), due.id)
            break
          case "delivery":
            resends.push(due.id)
        }
      }
      return resends
    }

    /** Can be interrupted where what waits for it cannot: a send has to be given up when nobody answers. */
    const carryOut: Engine["carryOut"] = (effect) =>
      Effect.flatMap(Effect.forkIn(Effect.interruptible(effect), scope), Fiber.join)

    /** Sends these in the world that they are of, and in no other. */
    const offerIn = (then: number, ids: ReadonlyArray<number>): Effect.Effect<void> =>
      Effect.suspend(() => (era === then ? courier.offer(ids) : Effect.void))

    const idsOf = (deliveries: ReadonlyArray<Delivery>): ReadonlyArray<number> =>
      deliveries.map(({ id }) => id)

    /** What is due by now happens and is told, kept and sent, before anything new does. */
    const settleUp = (now: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        const then = era
        const told: Array<Mail.Told> = []
        const resends = catchUp(now, told)
        if (resends.length === 0 && told.length === 0) {
          return
        }
        const written = yield* Effect.forEach(told, mail.write)
        yield* whenKept(offerIn(then, [...resends, ...idsOf(written.flat())]))
      })

    const command: Engine["command"] = (run) =>
      Effect.gen(function* () {
        const now = yield* time.now
        yield* settleUp(now)
        const began = era
        const told: Array<Mail.Told> = []
        const exit = yield* Effect.exit(run(stepAt(now, told)))
        // A card number was encrypted meanwhile, and the world replaced: nothing of this command is left to tell.
        if (era !== began) {
          return yield* exit
        }
        // What the command made due at once happens with it, so that its notification can be there before its answer.
        const resends = catchUp(now, told)
        const written = (yield* Effect.forEach(told, mail.write)).flat()
        const early = written.filter(({ faults }) => faults.includes("early"))
        const usual = written.filter(({ faults }) => !faults.includes("early"))
        yield* whenKept(
          offerIn(began, [...resends, ...idsOf(usual)]),
          offerIn(began, [...resends, ...idsOf(written)])
        )
        yield* ring
        if (early.length > 0) {
          yield* carryOut(
            Effect.forEach(early, ({ id }) => courier.deliver(id), { concurrency: "unbounded" })
          )
        }
        return yield* exit
      }).pipe(inOnePiece, Effect.uninterruptible)

    const tick = command(() => Effect.void)

    /** Lets happen what is due while nobody calls. */
    const loop = Effect.gen(function* () {
      const next = agenda.next()
      const now = yield* time.now
      if (held.length > 0) {
        yield* Effect.sleep(patience)
        yield* regardless(tick)
      } else if (next === undefined || time.isStill()) {
        yield* Queue.take(bell)
      } else if (next.at <= now) {
        yield* regardless(tick)
      } else {
        yield* Effect.race(
          Effect.sleep(Duration.min(Duration.millis(next.at - now), longestSleep)),
          Queue.take(bell)
        )
      }
    })
    /** A mistake in what happens by itself must not be the end of all that does. */
    const whateverHappens = Effect.catchAllCause(loop, (cause) =>
      Cause.isInterrupted(cause)
        ? Effect.failCause(cause)
        : Effect.zipRight(
            Effect.logError("The sandbox has a defect; please report it.", cause),
            Effect.sleep(patience)
          )
    )
    yield* Effect.forkScoped(Effect.forever(whateverHappens))

    const sendingOn = Effect.suspend(() =>
      courier.offer(
        Array.from(world.deliveries.values())
          .filter(
            ({ merchantNo, nextAttemptAt, status }) =>
              (status === "sending" && nextAttemptAt === undefined) ||
              (status === "waiting" && world.merchants.get(merchantNo)?.callbackUrl !== undefined)
          )
          .map(({ id }) => id)
      )
    )
    // What was on its way when the process before this one ended, or waited for a callback that the options name now.
    yield* sendingOn

    return {
      world,
      random,
      time,
      vocabulary,
      courier,
      beginning,
      command,
      carryOut,
      move: (run) => Effect.mapError(command(run), ({ sentence }) => new MoveRefused({ message: sentence })),
      tick,
      kept: Effect.suspend(() => whenKept(Effect.void)),
      merchantOf: (merchantNo = merchants[0]?.merchantNo) =>
        Either.fromNullable(merchantNo === undefined ? undefined : world.merchants.get(merchantNo), () =>
          missing("merchant", merchantNo)
        ),
      wake: (merchantNo) =>
        Effect.suspend(() =>
          courier.offer(
            Array.from(world.deliveries.values())
              .filter((delivery) => delivery.merchantNo === merchantNo && delivery.status === "waiting")
              .map(({ id }) => id)
          )
        ),
      replaced: Effect.suspend(() => {
        era += 1
        held.length = 0
        return Effect.zipRight(whenKept(sendingOn), ring)
      })
    }
  })
