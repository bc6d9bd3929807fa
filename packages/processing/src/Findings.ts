/**
 * What a person should look at: something the toolkit noticed and may not decide by itself, such as the same event told
 * with another amount, or a 3-D Secure request that ran out. The same finding is kept once and counted.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { freeText } from "./internal/columns.js"
import { prepared, words } from "./internal/migrations.js"
import { guarded } from "./internal/store.js"
import type { StoreUnavailable } from "./ProcessingError.js"

/**
 * - `contentDiffers`: an event that took effect was told again with other content.
 * - `stateDiffers`: a notification says otherwise than the API when asked.
 * - `cardUnknown`: a transaction of a card that the API does not know.
 * - `meaningUnknown`: a value to which the contract gives no meaning.
 * - `threeDsExpired`: a 3-D Secure request ran out without an answer.
 * - `threeDsRefused`: the vendor refused a 3-D Secure answer.
 * - `threeDsUnknown`: whether a 3-D Secure answer arrived is not known.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind =
  | "contentDiffers"
  | "stateDiffers"
  | "cardUnknown"
  | "meaningUnknown"
  | "threeDsExpired"
  | "threeDsRefused"
  | "threeDsUnknown"

/**
 * @since 0.1.0
 * @category models
 */
export interface NewFinding {
  readonly merchantNo: string
  readonly kind: Kind
  /** `card CD…`, `order OR…`. */
  readonly subject: string
  /** One sentence, without secrets. */
  readonly detail: string
  readonly inboxId?: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Finding extends NewFinding {
  readonly id: number
  readonly times: number
  /** Epoch milliseconds, as all times here. */
  readonly foundAt: number
  readonly lastFoundAt: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FindingsService {
  /** Keeps a finding. May be used inside a transaction, as part of it. */
  readonly add: (finding: NewFinding) => Effect.Effect<void, SqlError>
  /** Findings nobody has resolved, oldest first. */
  readonly open: (merchantNo: string) => Effect.Effect<ReadonlyArray<Finding>, StoreUnavailable>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Findings extends Context.Tag("@effect-yunmo/processing/Findings")<Findings, FindingsService>() {}

/** Whole numbers come as numbers from SQLite, as text from PostgreSQL. */
type Whole = number | string

interface SqlFinding {
  readonly id: Whole
  readonly merchant_no: string
  readonly kind: Kind
  readonly subject: string
  readonly detail: string
  readonly inbox_id: Whole | null
  readonly times: Whole
  readonly found_at: Whole
  readonly last_found_at: Whole
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<FindingsService, never, SqlClient.SqlClient> = Effect.zipWith(
  SqlClient.SqlClient,
  words,
  (client, { detail }) => {
    const sql = client.withoutTransforms()
    return {
      add: Effect.fn("Findings.add")(function* (finding: NewFinding) {
        const now = yield* Clock.currentTimeMillis
        yield* sql`
          INSERT INTO yunmo_findings ${sql.insert({
            merchant_no: finding.merchantNo,
            kind: finding.kind,
            subject: freeText(finding.subject),
            detail: freeText(finding.detail),
            inbox_id: finding.inboxId ?? null,
            found_at: now,
            last_found_at: now
          })}
          ON CONFLICT (merchant_no, kind, subject, ${sql.literal(detail)}) DO UPDATE SET
            times = yunmo_findings.times + 1, last_found_at = excluded.last_found_at, resolved_at = NULL`
      }),
      open: (merchantNo) =>
        sql<SqlFinding>`
          SELECT * FROM yunmo_findings WHERE merchant_no = ${merchantNo} AND resolved_at IS NULL ORDER BY id`.pipe(
          guarded("Findings.open"),
          Effect.map((rows) =>
            rows.map((row) => ({
              id: Number(row.id),
              merchantNo: row.merchant_no,
              kind: row.kind,
              subject: row.subject,
              detail: row.detail,
              ...(row.inbox_id === null ? {} : { inboxId: Number(row.inbox_id) }),
              times: Number(row.times),
              foundAt: Number(row.found_at),
              lastFoundAt: Number(row.last_found_at)
            }))
          )
        )
    }
  }
)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(Findings, Effect.zipRight(prepared, make))
