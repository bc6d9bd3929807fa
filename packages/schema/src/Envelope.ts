/**
 * What surrounds every call (SPEC 1.1). The request's envelope is written by the signer; this is the answer's.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Wire from "./Wire.js"

/**
 * `code` decides; `msg` is for people; `timestamp` is epoch milliseconds; `data` is decoded only on success. Other
 * fields may appear at any time and are ignored here (a `sign` among them is verified from the raw message).
 *
 * @since 0.1.0
 * @category schemas
 */
export const ResponseEnvelope = Schema.Struct({
  code: Wire.Text,
  msg: Schema.optionalWith(Wire.Text, { nullable: true, default: () => "" }),
  timestamp: Schema.optionalWith(Wire.EpochMillis, { nullable: true }),
  data: Schema.optionalWith(Schema.Unknown, { exact: true })
})
/**
 * @since 0.1.0
 * @category schemas
 */
export type ResponseEnvelope = typeof ResponseEnvelope.Type
