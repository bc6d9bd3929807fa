/**
 * The desk at which 3-D Secure requests are answered: by a policy from config, or by a person. A decision is written
 * down before it is sent, is sent at most once and never after its deadline; an answer that is lost stays unknown and
 * is reported, since no operation can be asked.
 *
 * @since 0.1.0
 */

import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { CallError } from "@effect-yunmo/client/ClientError"
import * as Policy from "@effect-yunmo/client/Policy"
import { Yunmo } from "@effect-yunmo/client/Yunmo"
import { AuthorizationId, CardId } from "@effect-yunmo/schema/Ids"
import type * as Notification from "@effect-yunmo/schema/Notification"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Findings from "./Findings.js"
import { prepared } from "./internal/migrations.js"
import { guarded, transaction } from "./internal/store.js"
import { StoreUnavailable } from "./ProcessingError.js"

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
export const State = Schema.Literal(
  "waiting",
  "deciding",
  "approved",
  "declined",
  "refused",
  "unknown",
  "expired"
)
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
   * back to `waiting`, since nothing was sent.
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
}

/**
 * @since 0.1.0
 * @category services
 */
export class ThreeDsDesk extends Context.Tag("@effect-yunmo/processing/ThreeDsDesk")<
  ThreeDsDesk,
  ThreeDsDeskService
>() {}

const Row = Schema.Struct({
  auth_id: AuthorizationId,
  card_id: CardId,
  amount: Schema.NullOr(Schema.String),
  currency: Schema.NullOr(Schema.String),
  merchant_name: Schema.NullOr(Schema.String),
  deadline: Schema.Number,
  state: State,
  decision: Schema.NullOr(Schema.Literal("approve", "decline")),
  decided_by: Schema.NullOr(Schema.String),
  note: Schema.NullOr(Schema.String)
})

const toRequest = (row: typeof Row.Type): Request => ({
  authId: row.auth_id,
  cardId: row.card_id,
  amount: row.amount,
  currency: row.currency,
  merchantName: row.merchant_name,
  deadline: row.deadline,
  state: row.state,
  decision: row.decision,
  decidedBy: row.decided_by,
  note: row.note
})

const decodeRows = (rows: ReadonlyArray<unknown>) =>
  Schema.decodeUnknown(Schema.Array(Row))(rows).pipe(
    Effect.mapBoth({
      onFailure: (error) =>
        new StoreUnavailable({ operation: "threeDs", reason: `a row does not fit: ${error.message}` }),
      onSuccess: (decoded) => decoded.map(toRequest)
    })
  )

/** A sender that died is noticed this long after the deadline. */
const abandonedAfter = Duration.seconds(30)

/** The vendor is waited for no longer than this, and never past the deadline. */
const longestConfirmation = Duration.seconds(5)

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<ThreeDsDeskService, never, SqlClient.SqlClient | Findings.Findings | Yunmo> =>
  Effect.gen(function* () {
    const client = yield* SqlClient.SqlClient
    const sql = client.withoutTransforms()
    const yunmo = yield* Yunmo
    const findings = yield* Findings.Findings
    const { merchantNo } = yunmo
    const defaultTimeout = Duration.toMillis(options.defaultTimeout ?? Duration.minutes(2))
    const inTransaction = <A>(operation: string, effect: Effect.Effect<A, SqlError>) =>
      Effect.provideService(transaction(operation)(effect), SqlClient.SqlClient, client)

    const select = (where: ReturnType<typeof sql.literal>) =>
      sql`SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND ${where}`

    const find = (authId: AuthorizationId) =>
      sql`SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND auth_id = ${authId}`.pipe(
        guarded("threeDs.find"),
        Effect.flatMap(decodeRows),
        Effect.flatMap(([request]) =>
          request === undefined ? Effect.fail(new ThreeDsNotFound({ authId })) : Effect.succeed(request)
        )
      )

    /** The mark: from here on nobody else sends an answer to this request. */
    const claim = (
      authId: AuthorizationId,
      decision: "approve" | "decline",
      decidedBy: string,
      now: number
    ) =>
      sql`
        UPDATE yunmo_three_ds SET state = 'deciding', decision = ${decision}, decided_by = ${decidedBy},
          decided_at = ${now}, updated_at = ${now}
        WHERE merchant_no = ${merchantNo} AND auth_id = ${authId} AND state = 'waiting' AND deadline > ${now}
        RETURNING *`.pipe(guarded("threeDs.claim"), Effect.flatMap(decodeRows))

    const finish = (request: Request, state: State, note: string | null, finding?: Findings.Kind) =>
      inTransaction(
        "threeDs.finish",
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE yunmo_three_ds SET state = ${state}, note = ${note}, updated_at = ${now}
          WHERE merchant_no = ${merchantNo} AND auth_id = ${request.authId} AND state = ${request.state}`
          if (finding !== undefined) {
            yield* findings.add({
              merchantNo,
              kind: finding,
              subject: `3DS ${request.authId}`,
              detail: note ?? state
            })
          }
          return { ...request, state, note }
        })
      )

    /** Nothing left this process: the request may wait for another try. */
    const neverSent = (error: CallError): boolean =>
      error.operation === "login" || error._tag === "RequestInvalid"

    const send = (request: Request, decision: "approve" | "decline", now: number) => {
      const left = Duration.millis(request.deadline - now)
      return yunmo.transactions
        .confirmThreeDs({ authId: request.authId, cardId: request.cardId, decision })
        .pipe(
          Policy.within({ attemptTimeout: Duration.min(longestConfirmation, left) }),
          Effect.timeoutOption(left),
          Effect.matchEffect({
            onFailure: (error) =>
              neverSent(error)
                ? finish(request, "waiting", error.message)
                : finish(request, "refused", error.message),
            onSuccess: Option.match({
              onNone: () =>
                finish(request, "unknown", "The deadline came before the vendor's answer.", "threeDsUnknown"),
              onSome: (outcome) =>
                outcome._tag === "Unknown"
                  ? finish(request, "unknown", outcome.error.message, "threeDsUnknown")
                  : outcome.value
                    ? finish(request, decision === "approve" ? "approved" : "declined", null)
                    : finish(request, "refused", "The vendor answered false.")
            })
          })
        )
    }

    const expire = (request: Request) =>
      finish(
        request,
        "expired",
        "The request ran out without a decision; nothing was sent, and the payment was most likely declined.",
        "threeDsExpired"
      )

    // Once claimed, it is sent and its result written down even when the program is being stopped. The fiber of its own
    // keeps the time-outs inside able to interrupt.
    const decide: ThreeDsDeskService["decide"] = (authId, decision, decidedBy) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const [claimed] = yield* claim(authId, decision, decidedBy, now)
        if (claimed !== undefined) {
          const sending = yield* Effect.forkDaemon(Effect.interruptible(send(claimed, decision, now)))
          return yield* Fiber.join(sending)
        }
        const request = yield* find(authId)
        const late = request.state === "waiting" ? yield* expire(request) : request
        return yield* new ThreeDsNotWaiting({ authId, state: late.state })
      }).pipe(Effect.uninterruptible, Effect.withSpan("ThreeDsDesk.decide"))

    const waiting = select(sql.literal("state = 'waiting' ORDER BY deadline")).pipe(
      guarded("threeDs.waiting"),
      Effect.flatMap(decodeRows)
    )

    const overdue = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      sql`SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND (
          (state = 'waiting' AND deadline <= ${now}) OR
          (state = 'deciding' AND deadline <= ${now - Duration.toMillis(abandonedAfter)}))
        ORDER BY deadline`.pipe(guarded("threeDs.overdue"), Effect.flatMap(decodeRows))
    )

    const report = (request: Request) =>
      request.state === "waiting"
        ? expire(request)
        : finish(
            request,
            "unknown",
            "The program stopped between sending the decision and its answer; it is not sent again.",
            "threeDsUnknown"
          )

    const answerAll = (decision: "approve" | "decline") =>
      Effect.flatMap(waiting, (requests) =>
        Effect.forEach(
          requests,
          ({ authId }) =>
            decide(authId, decision, "policy").pipe(
              Effect.map(({ state }) => state !== "waiting"),
              Effect.catchTags({
                // Another process or a person was quicker.
                ThreeDsNotFound: () => Effect.succeed(true),
                ThreeDsNotWaiting: () => Effect.succeed(true)
              })
            ),
          { concurrency: 8 }
        )
      ).pipe(Effect.map((moved) => moved.filter((one) => one).length))

    return {
      open: Effect.fn("ThreeDsDesk.open")(function* (data, { inboxId, receivedAt }) {
        yield* sql`INSERT INTO yunmo_three_ds ${sql.insert({
          merchant_no: merchantNo,
          auth_id: data.authId,
          card_id: data.cardId,
          amount: data.txnAmount?.text ?? null,
          currency: data.txnCurrency ?? null,
          merchant_name: data.cardAcceptorLocationName ?? null,
          deadline: data.expireTimeStamp ?? receivedAt + defaultTimeout,
          state: "waiting",
          inbox_id: inboxId,
          received_at: receivedAt,
          updated_at: yield* Clock.currentTimeMillis
        })}`
      }),
      waiting,
      decide,
      sweep: Effect.gen(function* () {
        const late = yield* overdue
        yield* Effect.forEach(late, report, { discard: true })
        const answered = options.policy === "ask" ? 0 : yield* answerAll(options.policy)
        return late.length + answered
      }).pipe(Effect.withSpan("ThreeDsDesk.sweep"))
    }
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options) => Layer.effect(ThreeDsDesk, Effect.zipRight(prepared, make(options)))
