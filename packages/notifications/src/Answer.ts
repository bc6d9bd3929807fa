/**
 * What is said to the vendor, in the terms of HTTP: any server can send it.
 *
 * @since 0.1.0
 */

/**
 * What became of a message.
 *
 * - `kept`, `repeated` and `setAside` are answered with 200 and `OK` (VENDOR 6.1)
 * - `unreadable` 400: not JSON, a key given twice, and the like
 * - `tooLarge` 413
 * - `signatureInvalid` and `unknownMerchant` 401, and not in the inbox
 * - `unavailable` 503: the database did not keep it
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  | "kept"
  | "repeated"
  | "setAside"
  | "unreadable"
  | "tooLarge"
  | "signatureInvalid"
  | "unknownMerchant"
  | "unavailable"

/**
 * An answer to send. `body` is plain text; `headers` has its type and whatever else belongs to the status.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly outcome: Outcome
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
