/**
 * The desk at which 3-D Secure requests are answered: by a policy from config, or by a person. A decision is written
 * down before it is sent, is sent at most once and never after its deadline; an answer that is lost stays unknown and
 * is reported, since no operation can be asked.
 *
 * @since 0.1.0
 */

import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { CallError } from "@effect-yunmo/client/ClientError"
import * as Policy from "@effect-yunmo/client/Policy"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import * as Defect from "@effect-yunmo/notifications/Defect"
import type { AuthorizationId, CardId } from "@effect-yunmo/schema/Ids"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Findings from "./Findings.js"
import { prepared } from "./internal/migrations.js"
import { insideTransaction } from "./internal/store.js"
import * as Table from "./internal/threeDsTable.js"
import type { StoreUnavailable } from "./ProcessingError.js"

/**
 * - `waiting`: for a decision.
 * - `deciding`: decided, and perhaps sent; never sent again.
 * - `approved`, `declined`: sent, and the vendor took it.
 * - `refused`: the vendor refused the answer.
 * - `unknown`: sent, and the answer was lost.
 * - `expired`: ran out before a decision; nothing was sent.
 *
 * @since 0.1.0
 * @category models
 */
export const State = Table.State
/**
 * @since 0.1.0
 * @category models
 */
export type State = typeof State.Type

/**
 * What answers a request: always the same, or a person.
 *
 * @since 0.1.0
 * @category models
 */
export const DecisionPolicy = Schema.Literal("approve", "decline", "ask")
/**
 * @since 0.1.0
 * @category models
 */
export type DecisionPolicy = typeof DecisionPolicy.Type

/**
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly authId: AuthorizationId
  readonly cardId: CardId
  /** As the vendor wrote them; `null` when it did not. */
  readonly amount: string | null
  readonly currency: string | null
  readonly merchantName: string | null
  /** Epoch milliseconds. */
  readonly deadline: number
  readonly state: State
  readonly decision: "approve" | "decline" | null
  /** `policy`, or who decided. */
  readonly decidedBy: string | null
  readonly note: string | null
}

/**
 * There is no such request.
 *
 * @since 0.1.0
 * @category errors
 */
export class ThreeDsNotFound extends Schema.TaggedError<ThreeDsNotFound>()("ThreeDsNotFound", {
  authId: Schema.String
}) {
  override get message(): string {
    return `There is no 3-D Secure request ${this.authId}. List those that wait.`
  }
}

/**
 * The request was decided before, or ran out. Nothing was sent for this decision.
 *
 * @since 0.1.0
 * @category errors
 */
export class ThreeDsNotWaiting extends Schema.TaggedError<ThreeDsNotWaiting>()("ThreeDsNotWaiting", {
  authId: Schema.String,
  state: State
}) {
  override get message(): string {
    return this.state === "expired"
      ? `3-D Secure request ${this.authId} has run out: it is too late to decide, and nothing was sent.`
      : `3-D Secure request ${this.authId} is ${this.state} already: a decision is sent once.`
  }
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly policy: DecisionPolicy
  /** The deadline of a request that names none, from its receipt. 2 minutes when not given (PROPOSED). */
  readonly defaultTimeout?: Duration.Duration
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ThreeDsDeskService {
  /** Puts a request on the desk. For use inside a handler's transaction. */
  readonly open: (
    request: Notification.Of<"ThreeDs">["data"],
    from: { readonly inboxId: number; readonly receivedAt: number }
  ) => Effect.Effect<void, SqlError>
  /** Requests that wait for a decision, the most urgent first. */
  readonly waiting: Effect.Effect<ReadonlyArray<Request>, StoreUnavailable>
  /**
   * Decides a request, writes that down, sends it once, and answers what became of it. A login that fails puts the request
   * back to `waiting`, since nothing was sent. Inside a transaction it is a defect.
   */
  readonly decide: (
    authId: AuthorizationId,
    decision: "approve" | "decline",
    decidedBy: string
  ) => Effect.Effect<Request, ThreeDsNotFound | ThreeDsNotWaiting | StoreUnavailable>
  /**
   * What is due now: reports requests that ran out or whose sender died, and answers the waiting ones by policy. Answers
   * how many requests it moved.
   */
  readonly sweep: Effect.Effect<number, StoreUnavailable>
  /**
   * As `sweep`, without waiting for the vendor: each answer goes out in a fiber of its own in the scope, so that no request
   * waits for another's. Answers how many requests it reported.
   */
  readonly start: Effect.Effect<number, StoreUnavailable, Scope.Scope>
}

/**
 * @since 0.1.0
 * @category services
 */
export class ThreeDsDesk extends Context.Tag("@effect-yunmo/processing/ThreeDsDesk")<
  ThreeDsDesk,
  ThreeDsDeskService
>() {}

/** The vendor is waited for no longer than this, at login and at the confirmation, and never past the deadline. */
const longestConfirmation = Duration.seconds(5)

/** So many policy answers are on their way at once; what comes on top waits for a place. */
const answersAtOnce = 64

const tooLate = "nothing was sent, and the payment was most likely declined"

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<ThreeDsDeskService, never, SqlClient.SqlClient | Findings.Findings | Yunmo> =>
  Effect.gen(function* () {
    const yunmo = yield* Yunmo
    const table = yield* Table.make(yunmo.merchantNo, options.defaultTimeout ?? Duration.minutes(2))
    const { finish } = table

    /** Nothing left this process: the request may wait for another try. */
    const neverSent = (error: CallError): boolean =>
      error.operation === "login" || error._tag === "RequestInvalid"

    const confirm = (request: Request, decision: "approve" | "decline", left: Duration.Duration) => {
      const patience = Duration.min(longestConfirmation, left)
      return yunmo.transactions
        .confirmThreeDs({ authId: request.authId, cardId: request.cardId, decision })
        .pipe(
          Policy.within({ attemptTimeout: patience, deadline: patience }),
          Effect.timeoutOption(left),
          Effect.matchEffect({
            onFailure: (error) =>
              neverSent(error)
                ? finish(request, "waiting", error.message)
                : finish(request, "refused", error.message, "threeDsRefused"),
            onSuccess: Option.match({
              onNone: () =>
                finish(request, "unknown", "The deadline came before the vendor's answer.", "threeDsUnknown"),
              onSome: (outcome) =>
                outcome._tag === "Unknown"
                  ? finish(request, "unknown", outcome.error.message, "threeDsUnknown")
                  : outcome.value
                    ? finish(request, decision === "approve" ? "approved" : "declined", null)
                    : finish(request, "refused", "The vendor answered false.", "threeDsRefused")
            })
          })
        )
    }

    /** Writing the mark may have had to wait for the database, so the time is looked at again. */
    const send = (request: Request, decision: "approve" | "decline") =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        now < request.deadline
          ? confirm(request, decision, Duration.millis(request.deadline - now))
          : finish(
              request,
              "expired",
              `The decision to ${decision} came too late; ${tooLate}.`,
              "threeDsExpired"
            )
      )

    const expire = (request: Request) =>
      finish(request, "expired", `The request ran out without a decision; ${tooLate}.`, "threeDsExpired")

    // Once claimed, it is sent and its result written down even when the program is being stopped. The fiber of its own
    // keeps the time-outs inside able to interrupt.
    const decide: ThreeDsDeskService["decide"] = (authId, decision, decidedBy) =>
      Effect.gen(function* () {
        if (yield* insideTransaction) {
          return yield* Effect.dieMessage(
            "ThreeDsDesk.decide was called inside a transaction, whose rollback would forget what was sent: call it outside."
          )
        }
        const now = yield* Clock.currentTimeMillis
        const [claimed] = yield* table.claim(authId, decision, decidedBy, now)
        if (claimed !== undefined) {
          const sending = yield* Effect.forkDaemon(Effect.interruptible(send(claimed, decision)))
          return yield* Fiber.join(sending)
        }
        const found = yield* table.find(authId)
        if (Option.isNone(found)) {
          return yield* new ThreeDsNotFound({ authId })
        }
        const request = found.value
        if (request.state === "waiting" && request.deadline > now) {
          // Another's decision went back to waiting between the two statements.
          return yield* decide(authId, decision, decidedBy)
        }
        const late = request.state === "waiting" ? yield* expire(request) : request
        return yield* new ThreeDsNotWaiting({ authId, state: late.state })
      }).pipe(Effect.uninterruptible, Effect.withSpan("ThreeDsDesk.decide"))

    const report = (request: Request) =>
      request.state === "waiting"
        ? expire(request)
        : finish(
            request,
            "unknown",
            "The program stopped between sending the decision and its answer; it is not sent again.",
            "threeDsUnknown"
          )

    const { policy } = options
    const places = yield* Effect.makeSemaphore(answersAtOnce)
    /** Those that this process is answering. */
    const inHand = new Set<AuthorizationId>()

    const reported = Effect.flatMap(table.overdue, (late) =>
      Effect.as(Effect.forEach(late, report, { discard: true }), late.length)
    )

    const unanswered = Effect.map(
      policy === "ask" ? Effect.succeed([]) : table.waiting,
      (requests: ReadonlyArray<Request>) =>
        requests.map(({ authId }) => authId).filter((authId) => !inHand.has(authId))
    )

    /** Says whether the request was moved on. */
    const answer = (authId: AuthorizationId): Effect.Effect<boolean, StoreUnavailable> =>
      policy === "ask"
        ? Effect.succeed(false)
        : decide(authId, policy, "policy").pipe(
            Effect.map(({ state }) => state !== "waiting"),
            Effect.catchTags({
              // Another process or a person was quicker.
              ThreeDsNotFound: () => Effect.succeed(true),
              ThreeDsNotWaiting: () => Effect.succeed(true)
            }),
            places.withPermits(1)
          )

    const answerSoon = (authId: AuthorizationId) => {
      inHand.add(authId)
      return answer(authId).pipe(
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.interrupt
            : Effect.logError(`3-D Secure request ${authId} is tried again: ${Defect.describeCause(cause)}`)
        ),
        Effect.ensuring(Effect.sync(() => inHand.delete(authId))),
        Effect.forkScoped
      )
    }

    return {
      open: table.open,
      waiting: table.waiting,
      decide,
      sweep: Effect.gen(function* () {
        const late = yield* reported
        const moved = yield* Effect.forEach(yield* unanswered, answer, { concurrency: "unbounded" })
        return late + moved.filter((one) => one).length
      }).pipe(Effect.withSpan("ThreeDsDesk.sweep")),
      start: Effect.gen(function* () {
        const late = yield* reported
        yield* Effect.forEach(yield* unanswered, answerSoon, { discard: true })
        return late
      }).pipe(Effect.withSpan("ThreeDsDesk.start"))
    }
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options) => Layer.effect(ThreeDsDesk, Effect.zipRight(prepared, make(options)))
