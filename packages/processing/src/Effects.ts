/**
 * Once in effect: an effect is recognised by its business key, which is written in the same transaction as the effect
 * itself. The same key told again changes nothing; told with other content it is a finding for a person.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Findings from "./Findings.js"
import * as Content from "./internal/content.js"
import { prepared } from "./internal/migrations.js"

/**
 * What an effect is recognised by, and what it says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  readonly merchantNo: string
  readonly kind: "kyc" | "threeDs" | "trade"
  /** `RowContext.businessKey`. */
  readonly businessKey: string
  /** Everything the event says besides its key, as text that can be compared; without secrets. See {@link contentOf}. */
  readonly content: string
  /** For people: `order OR…`. */
  readonly subject: string
  readonly inboxId: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface EffectsService {
  /**
   * Runs the effect unless its key is there already, and says whether it ran. Key and effect are committed together or not
   * at all; inside the transaction that marks the notification handled, with the mark.
   */
  readonly once: <E, R>(
    key: Key,
    effect: Effect.Effect<void, E, R>
  ) => Effect.Effect<boolean, E | SqlError, R>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Effects extends Context.Tag("@effect-yunmo/processing/Effects")<Effects, EffectsService>() {}

/**
 * The content of a notification's `data`: its fields in order of their names. What is redacted (the masked card number,
 * fields nobody knows) takes no part, since this text stands in the database.
 *
 * @since 0.1.0
 * @category content
 */
export const contentOf = (data: object): string => Content.contentOf(data)

/**
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<EffectsService, never, SqlClient.SqlClient | Findings.Findings> = Effect.gen(
  function* () {
    const client = yield* SqlClient.SqlClient
    const sql = client.withoutTransforms()
    const findings = yield* Findings.Findings

    const differs = (key: Key, content: string) =>
      content === key.content
        ? Effect.void
        : findings.add({
            merchantNo: key.merchantNo,
            kind: "contentDiffers",
            subject: key.subject,
            detail: `The event ${key.businessKey} took effect as ${content} and was told again as ${key.content}; the second was not applied. Compare with the merchant console.`,
            inboxId: key.inboxId
          })

    return {
      // Inside a transaction this is a savepoint of it.
      once: (key, effect) =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const written = yield* sql`
            INSERT INTO yunmo_effects ${sql.insert({
              merchant_no: key.merchantNo,
              kind: key.kind,
              business_key: key.businessKey,
              content: key.content,
              inbox_id: key.inboxId,
              applied_at: now
            })}
            ON CONFLICT (merchant_no, kind, business_key) DO NOTHING RETURNING inbox_id`
          if (written.length > 0) {
            yield* effect
            return true
          }
          const [present] = yield* sql<{ readonly content: string }>`
            SELECT content FROM yunmo_effects
            WHERE merchant_no = ${key.merchantNo} AND kind = ${key.kind} AND business_key = ${key.businessKey}`
          yield* differs(key, present?.content ?? "")
          return false
        }).pipe(client.withTransaction)
    }
  }
)

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = Layer.effect(Effects, Effect.zipRight(prepared, make))
