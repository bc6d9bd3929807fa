import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { AuthorizationId, CardId, type MerchantNo } from "@effect-yunmo/schema/Ids"
import * as Notification from "@effect-yunmo/schema/Notification"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Findings from "../Findings.js"
import { StoreUnavailable } from "../ProcessingError.js"
import type { Request } from "../ThreeDsDesk.js"
import { freeText, Whole } from "./columns.js"
import { guarded, transaction } from "./store.js"

export const State = Schema.Literal(
  "waiting",
  "deciding",
  "approved",
  "declined",
  "refused",
  "unknown",
  "expired"
)
type State = typeof State.Type

const Row = Schema.Struct({
  auth_id: AuthorizationId,
  card_id: CardId,
  amount: Schema.NullOr(Schema.String),
  currency: Schema.NullOr(Schema.String),
  merchant_name: Schema.NullOr(Schema.String),
  deadline: Whole,
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

/** What became of a request, as a line of the log. */
const tell = ({ authId, note, state }: Request) => {
  const message = `3-D Secure request ${authId} is ${state}${note === null ? "" : `: ${note}`}`
  return (state === "approved" || state === "declined" ? Effect.logInfo : Effect.logWarning)(message).pipe(
    Effect.annotateLogs({ event: "threeDs", state })
  )
}

/** The requests of one merchant, as they stand in the database. */
export const make = (merchantNo: MerchantNo, defaultTimeout: Duration.Duration) =>
  Effect.gen(function* () {
    const client = yield* SqlClient.SqlClient
    const sql = client.withoutTransforms()
    const findings = yield* Findings.Findings
    const inTransaction = <A>(operation: string, effect: Effect.Effect<A, SqlError | StoreUnavailable>) =>
      Effect.provideService(transaction(operation)(effect), SqlClient.SqlClient, client)

    const select = (authId: AuthorizationId) =>
      sql`SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND auth_id = ${authId}`

    const open = Effect.fn("ThreeDsDesk.open")(function* (
      data: Notification.Of<"ThreeDs">["data"],
      { inboxId, receivedAt }: { readonly inboxId: number; readonly receivedAt: number }
    ) {
      yield* sql`INSERT INTO yunmo_three_ds ${sql.insert({
        merchant_no: merchantNo,
        auth_id: data.authId,
        card_id: data.cardId,
        amount: data.txnAmount?.text ?? null,
        currency: data.txnCurrency === undefined ? null : freeText(data.txnCurrency),
        merchant_name:
          data.cardAcceptorLocationName === undefined ? null : freeText(data.cardAcceptorLocationName),
        deadline: Option.getOrElse(
          Notification.threeDsDeadline(data),
          () => receivedAt + Duration.toMillis(defaultTimeout)
        ),
        state: "waiting",
        inbox_id: inboxId,
        received_at: receivedAt,
        updated_at: yield* Clock.currentTimeMillis
      })}`
    })

    const find = (authId: AuthorizationId) =>
      select(authId).pipe(
        guarded("threeDs.find"),
        Effect.flatMap(decodeRows),
        Effect.map(([request]) => Option.fromNullable(request))
      )

    /** The mark: from here on nobody else sends an answer to this request, which the disk knows before it is sent. */
    const claim = (
      authId: AuthorizationId,
      decision: "approve" | "decline",
      decidedBy: string,
      now: number
    ) =>
      inTransaction(
        "threeDs.claim",
        sql`
        UPDATE yunmo_three_ds SET state = 'deciding', decision = ${decision}, decided_by = ${decidedBy},
          decided_at = ${now}, updated_at = ${now}
        WHERE merchant_no = ${merchantNo} AND auth_id = ${authId} AND state = 'waiting' AND deadline > ${now}
        RETURNING *`.pipe(Effect.flatMap(decodeRows))
      )

    /** Moves a request on from the state it was seen in, and answers it as it stands: somebody else may have been quicker. */
    const finish = (request: Request, state: State, note: string | null, finding?: Findings.Kind) =>
      inTransaction(
        "threeDs.finish",
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          // What waits again is undecided.
          const undecided =
            state === "waiting"
              ? sql`, decision = NULL, decided_by = NULL, decided_at = NULL`
              : sql.literal("")
          const moved = yield* sql`
            UPDATE yunmo_three_ds SET state = ${state}, note = ${note}, updated_at = ${now}${undecided}
            WHERE merchant_no = ${merchantNo} AND auth_id = ${request.authId} AND state = ${request.state}
            RETURNING *`
          if (moved.length > 0 && finding !== undefined) {
            yield* findings.add({
              merchantNo,
              kind: finding,
              subject: `3DS ${request.authId}`,
              detail: note ?? state
            })
          }
          const [current] = yield* decodeRows(moved.length > 0 ? moved : yield* select(request.authId))
          return current ?? request
        })
      ).pipe(Effect.tap(tell))

    const waiting = sql`
      SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND state = 'waiting' ORDER BY deadline`.pipe(
      guarded("threeDs.waiting"),
      Effect.flatMap(decodeRows)
    )

    /** Ran out, or were decided by somebody who died. */
    const overdue = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      sql`SELECT * FROM yunmo_three_ds WHERE merchant_no = ${merchantNo} AND (
          (state = 'waiting' AND deadline <= ${now}) OR
          (state = 'deciding' AND deadline <= ${now - Duration.toMillis(abandonedAfter)}))
        ORDER BY deadline`.pipe(guarded("threeDs.overdue"), Effect.flatMap(decodeRows))
    )

    return { open, find, claim, finish, waiting, overdue }
  })
