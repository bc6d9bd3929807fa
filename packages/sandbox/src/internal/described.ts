import * as Schema from "effect/Schema"

/** A field with its description; on the field and not on its schema, where it would stand in error messages instead of the type. */
export const described = <S extends Schema.Schema.All>(
  schema: S,
  description: string
): Schema.propertySignature<S> => Schema.propertySignature(schema).annotations({ description })
