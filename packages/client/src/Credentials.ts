/**
 * The keys of a client, which can be changed while it runs. During a rotation two pairs are live: the newest is used
 * first, and when the vendor refuses it (2000003, or 2000006) the call is repeated once with the other. Both codes refuse
 * before execution, so this holds for money too, and it makes either order of a rotation seamless: keys given to the
 * client before the vendor knows them, and keys changed at the vendor while the client has both. A call that meets the very
 * moment of the change, refused under each key in turn, is repeated once more.
 *
 * A key that was refused rests for a minute, then one call tries it again. The token stays in use: whether the vendor ties
 * it to a key is not known, and when it does, its refusal is answered by one login as ever. Answers are verified under all
 * live keys. Each attempt ends with the keys it began with.
 *
 * The gauge `yunmo_client_key_last_used_seconds` (epoch seconds, tags `merchant_no` and `key`) tells when the vendor last
 * took a key: retire the old one when its value stands still.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * A pair from the merchant console.
 *
 * @since 0.1.0
 * @category models
 */
export interface Keys {
  /** Names the pair in logs and metrics, so it must tell nothing about the secret: `2026-11` say. Made up unless given. */
  readonly id?: string | undefined
  /** The API key in use unless given: the secret key can be changed alone. */
  readonly apiKey?: Redacted.Redacted<string> | undefined
  readonly secretKey: Redacted.Redacted<string>
}

/**
 * What is known of a live pair.
 *
 * @since 0.1.0
 * @category models
 */
export interface LiveKeys {
  readonly id: string
  /** When the vendor last took it, or signed with it, epoch milliseconds. */
  readonly lastUsed: Option.Option<number>
  /** Whether the vendor refused it last, so that another is used first. */
  readonly resting: boolean
}

/**
 * Keys that cannot be used, or must not be taken away. Nothing was changed.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsInvalid extends Schema.TaggedError<CredentialsInvalid>()("CredentialsInvalid", {
  keyId: Schema.String,
  /** What is wrong and what to do, as the end of a sentence. */
  reason: Schema.String
}) {
  override get message(): string {
    return `The keys ${this.keyId} were left as they are: ${this.reason}.`
  }
}

/**
 * The keys of one client.
 *
 * @example
 * ```ts
 * import { Yunmo } from "@effect-yunmo/client/Yunmo"
 * import * as Effect from "effect/Effect"
 * import type * as Redacted from "effect/Redacted"
 *
 * const rotate = (secretKey: Redacted.Redacted<string>) =>
 *   Effect.flatMap(Yunmo, ({ credentials }) => credentials.rotate({ id: "2026-11", secretKey }))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface CredentialsService {
  /** In the order in which they are tried: the newest first. */
  readonly live: Effect.Effect<ReadonlyArray<LiveKeys>>
  /**
   * Uses these keys from the next attempt on; those there were stay live behind them until they are retired. Answers the
   * id. Pairs that are live already move to the front.
   */
  readonly rotate: (keys: Keys) => Effect.Effect<string, CredentialsInvalid>
  /** Takes a pair out of use. The last one cannot be. */
  readonly retire: (id: string) => Effect.Effect<void, CredentialsInvalid>
}
