import * as Schema from "effect/Schema"

/**
 * A body is decoded from whatever stood in `data`, so its encoded side is `unknown` for callers. The cast only forgets
 * the encoded type: decoding checks the value itself.
 */
export const fromUnknown = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, unknown> =>
  schema as unknown as Schema.Schema<A, unknown>

export const arrayFromUnknown = <A, I>(
  schema: Schema.Schema<A, I>
): Schema.Schema<ReadonlyArray<A>, unknown> => fromUnknown(Schema.Array(schema))
