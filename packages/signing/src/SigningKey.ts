/**
 * One secret of a merchant, under an id that may be shown.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"

/**
 * A secret key from the merchant console. The id is the merchant's own choice: it names the key in results,
 * errors and metrics, so it must tell nothing about the secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface SigningKey {
  readonly id: string
  readonly secret: Redacted.Redacted<string>
}

/**
 * A key from a secret, wrapped already or plain as in a test. The secret is checked where it is used:
 * in a ring, by the signer, by the verifier.
 *
 * @example
 * ```ts
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 *
 * const key = SigningKey.make("2026-11", "1111111111111111")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (id: string, secret: string | Redacted.Redacted<string>): SigningKey => ({
  id,
  secret: typeof secret === "string" ? Redacted.make(secret) : secret
})
