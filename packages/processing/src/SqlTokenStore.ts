/**
 * The client's token store in SQL, so that the processes of one merchant share one token: one logs in while the others
 * wait, and a process that dies meanwhile keeps them waiting for 5 seconds at most.
 *
 * The token stands in the database encrypted (AES-256-GCM), bound to merchant and address, under a key that all these
 * processes are given and the database is not. Without a key there is no store: whoever reads a copy of the database
 * could otherwise call the API until the token ends. A token sealed under another key counts as none, so the key can be changed at
 * the price of a login.
 *
 * A database that fails stops no call: the client then logs in for itself and says so. The right to log in is measured by the clocks of the
 * processes: machines whose clocks are seconds apart may both log in, which costs a login and no more.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as TokenStore from "@effect-yunmo/client/TokenStore"
import type { InboxUnusable } from "@effect-yunmo/notifications/InboxError"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Whole } from "./internal/columns.js"
import { prepared } from "./internal/migrations.js"
import * as Seal from "./internal/seal.js"
import { guarded, insideTransaction } from "./internal/store.js"

const Row = Schema.Struct({
  token: Schema.String,
  issued_at: Whole,
  expire_time: Schema.NullOr(Whole)
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/**
 * The key is none.
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenKeyInvalid extends Schema.TaggedError<TokenKeyInvalid>()("TokenKeyInvalid", {}) {
  override get message(): string {
    return "The key of the token store is not 32 bytes as 64 hexadecimal digits or as Base64; make one with `openssl rand -hex 32` and give the same to each process of the merchant."
  }
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** 32 random bytes as 64 hexadecimal digits or as Base64, the same in each process: `openssl rand -hex 32`. */
  readonly key: Redacted.Redacted<string>
}

const unavailable = (error: { readonly message: string }) =>
  new TokenStore.TokenStoreUnavailable({ description: error.message.replace(/\.$/, "") })

/**
 * A store in a database whose tables are there; {@link layer} makes them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<TokenStore.TokenStoreService, TokenKeyInvalid, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const seal = yield* Seal.make(options.key)
    if (seal === undefined) {
      return yield* new TokenKeyInvalid()
    }
    const aboutOf = ({ baseUrl, merchantNo }: TokenStore.Account) => JSON.stringify([merchantNo, baseUrl])

    const run = <A>(name: string, effect: Effect.Effect<A, SqlError>) =>
      Effect.flatMap(insideTransaction, (inside) =>
        inside
          ? new TokenStore.TokenStoreUnavailable({
              description: "a call was made inside a transaction, whose rollback would forget its token"
            })
          : Effect.mapError(guarded(name)(effect), unavailable)
      )

    return {
      get: (account) =>
        run(
          "tokens.get",
          sql`SELECT token, issued_at, expire_time FROM yunmo_tokens
            WHERE merchant_no = ${account.merchantNo} AND base_url = ${account.baseUrl} AND token IS NOT NULL`
        ).pipe(
          Effect.flatMap((rows) => Effect.mapError(decodeRows(rows), unavailable)),
          Effect.flatMap(([row]) =>
            row === undefined
              ? Effect.succeedNone
              : Effect.map(
                  seal.open(row.token, aboutOf(account)),
                  Option.map((token) => ({
                    token,
                    issuedAt: row.issued_at,
                    expireTime: row.expire_time ?? undefined
                  }))
                ).pipe(
                  Effect.tap((opened) =>
                    Effect.when(
                      Effect.logWarning(
                        `The token of merchant ${account.merchantNo} in the token store was sealed under another key and is not used; give the same key to each process of the merchant.`
                      ),
                      () => Option.isNone(opened)
                    )
                  )
                )
          )
        ),
      claim: (account, holder, lease) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          run(
            "tokens.claim",
            sql`INSERT INTO yunmo_tokens ${sql.insert({
              merchant_no: account.merchantNo,
              base_url: account.baseUrl,
              holder,
              lease_until: now + Duration.toMillis(lease)
            })}
            ON CONFLICT (merchant_no, base_url) DO UPDATE SET
              holder = excluded.holder, lease_until = excluded.lease_until
            WHERE yunmo_tokens.holder IS NULL OR yunmo_tokens.holder = excluded.holder
              OR yunmo_tokens.lease_until <= ${now}
            RETURNING holder`
          )
        ).pipe(Effect.map((rows) => rows.length > 0)),
      put: (account, holder, grant) =>
        Effect.flatMap(seal.close(grant.token, aboutOf(account)), (token) =>
          run(
            "tokens.put",
            sql`INSERT INTO yunmo_tokens ${sql.insert({
              merchant_no: account.merchantNo,
              base_url: account.baseUrl,
              token,
              issued_at: grant.issuedAt,
              expire_time: grant.expireTime ?? null
            })}
            ON CONFLICT (merchant_no, base_url) DO UPDATE SET
              token = excluded.token, issued_at = excluded.issued_at, expire_time = excluded.expire_time,
              lease_until = CASE WHEN yunmo_tokens.holder = ${holder} THEN NULL ELSE yunmo_tokens.lease_until END,
              holder = CASE WHEN yunmo_tokens.holder = ${holder} THEN NULL ELSE yunmo_tokens.holder END
            WHERE yunmo_tokens.holder = ${holder} OR yunmo_tokens.issued_at IS NULL
              OR yunmo_tokens.issued_at <= excluded.issued_at`
          )
        ),
      release: (account, holder) =>
        run(
          "tokens.release",
          sql`UPDATE yunmo_tokens SET holder = NULL, lease_until = NULL
            WHERE merchant_no = ${account.merchantNo} AND base_url = ${account.baseUrl} AND holder = ${holder}`
        )
    }
  })

/**
 * The token store in the open database, once its table is made.
 *
 * @example
 * ```ts
 * import * as SqlTokenStore from "@effect-yunmo/processing/SqlTokenStore"
 * import * as Redacted from "effect/Redacted"
 *
 * // Beside SqlOrderJournal.layer, provided to Yunmo.layer.
 * const tokens = SqlTokenStore.layer({ key: Redacted.make("…") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<TokenStore.TokenStore, TokenKeyInvalid | InboxUnusable, SqlClient.SqlClient> =>
  Layer.effect(TokenStore.TokenStore, Effect.zipRight(prepared, make(options)))

/**
 * The token store with its key from config.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>
): Layer.Layer<TokenStore.TokenStore, TokenKeyInvalid | InboxUnusable | ConfigError, SqlClient.SqlClient> =>
  Layer.effect(
    TokenStore.TokenStore,
    Effect.flatMap(Config.unwrap(config), (options) => Effect.zipRight(prepared, make(options)))
  )
