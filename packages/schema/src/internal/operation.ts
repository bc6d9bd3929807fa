import type * as Schema from "effect/Schema"
import type { Name, RequestOf, ResponseOf } from "../Operation.js"
import { operations } from "../Operation.js"

/**
 * Looking a schema up by a type parameter gives TypeScript the union of all of them. The table pairs each name with
 * its own schema, and `RequestOf` and `ResponseOf` are read off that same table, so these casts restate it.
 */
export const requestSchema = <N extends Name>(name: N): Schema.Schema<RequestOf<N>, unknown> =>
  operations[name].request.schema as unknown as Schema.Schema<RequestOf<N>, unknown>

export const responseSchema = <N extends Name>(name: N): Schema.Schema<ResponseOf<N>, unknown> =>
  operations[name].response.schema as unknown as Schema.Schema<ResponseOf<N>, unknown>
