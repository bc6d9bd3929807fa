/**
 * Calls of what the table of operations lacks, through `Yunmo.call`: what goes in and what comes out.
 *
 * @since 0.1.0
 */
import type { JsonValue } from "@effect-yunmo/signing/RawMessage"
import type * as Redacted from "effect/Redacted"

/**
 * A value of a request that goes through `call`. What is secret in it is given Redacted: it is then taken out of whatever
 * the vendor says.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = null | boolean | number | string | Redacted.Redacted<string> | ReadonlyArray<Value> | Data

/**
 * The `data` of a request that goes through `call`, by the vendor's names. It is signed and sent as it stands.
 *
 * @since 0.1.0
 * @category models
 */
export interface Data {
  readonly [field: string]: Value
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * How safe a repeat is, for a path of your own: `once` is never sent again, and a lost answer is `Unknown`; `read` is tried
   * again. `once` when not given. An operation of the table has its own and takes none.
   */
  readonly safety?: "read" | "once" | undefined
}

/**
 * A success as the vendor sent it. A number keeps its digits: one that JavaScript would print otherwise (`20.00`) is text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly code: string
  readonly msg: string
  /** Epoch milliseconds. */
  readonly timestamp: number | undefined
  /** May hold card numbers and tokens, so it does not print. */
  readonly data: Redacted.Redacted<JsonValue>
  /** The whole envelope to the byte, as text. */
  readonly text: Redacted.Redacted<string>
}
