/**
 * The vendor's data objects: a name from the vendor's table of contents, and fields that each carry a schema and the
 * provenance of that field. One definition gives the Effect schema, the TypeScript type, and the data that documents
 * show and `Contract` corrects.
 *
 * @since 0.1.0
 */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { type FieldTypes, redactedJson, type StructOf, splitUnknown, structOf } from "./internal/dto.js"
import { holdsSecret, wordsOf } from "./internal/words.js"
import type { Provenance } from "./Provenance.js"

/**
 * One field of a data object.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field<S extends Schema.Struct.Field = Schema.Struct.Field> {
  readonly signature: S
  /** The schema of what stands in the field when it is there. */
  readonly ast: SchemaAST.AST
  readonly optional: boolean
  readonly provenance: Provenance
  readonly note: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type Fields = Readonly<Record<string, Field>>

/**
 * A field that has to be there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const required = <S extends Schema.Schema.Any>(
  schema: S,
  provenance: Provenance,
  note = ""
): Field<S> => ({ signature: schema, ast: schema.ast, optional: false, provenance, note })

/**
 * A field that may be absent; `null` reads as absent, and in a response the empty text too.
 *
 * @since 0.1.0
 * @category constructors
 */
export const optional = <A, I>(schema: Schema.Schema<A, I>, provenance: Provenance, note = "") => ({
  signature: Schema.optionalWith(schema, { nullable: true }),
  ast: schema.ast,
  optional: true,
  provenance,
  note
})

/**
 * A data object as documents and `Contract` see it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Dto {
  /** The vendor's name of it (NAME). */
  readonly name: string
  readonly fields: Fields
  /** The fields that hold other data objects, alone or in a list. */
  readonly nested: Readonly<Record<string, Dto>>
}

/**
 * A request's `data`: what a caller passes and what is sent.
 *
 * @since 0.1.0
 * @category models
 */
export interface RequestDto<Name extends string, F extends Fields> extends Dto {
  readonly name: Name
  readonly fields: F
  readonly schema: StructOf<F>
}

/**
 * A response's or notification's `data`. Fields that this package does not know are kept under `unknownFields`,
 * redacted because nobody can say what stands in them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ResponseDto<Name extends string, F extends Fields> extends Dto {
  readonly name: Name
  readonly fields: F
  readonly schema: Schema.Schema<WithUnknownFields<FieldTypes<F>>, Readonly<Record<string, unknown>>>
}

/**
 * What a response decodes to.
 *
 * @since 0.1.0
 * @category models
 */
export type WithUnknownFields<A> = A & {
  /** Fields the vendor added since; `Redacted.value` gives them. Empty when there are none. */
  readonly unknownFields: Redacted.Redacted<Readonly<Record<string, unknown>>>
}

/**
 * Defines a request's `data`. `nested` names the fields that hold other data objects, so that `Contract` can rename
 * inside them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const request = <const Name extends string, const F extends Fields>(
  name: Name,
  fields: F,
  nested: Readonly<Record<string, Dto>> = {}
): RequestDto<Name, F> => ({
  name,
  fields,
  nested,
  schema: structOf(fields)
})

/**
 * Defines a response's or notification's `data`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const response = <const Name extends string, const F extends Fields>(
  name: Name,
  fields: F,
  nested: Readonly<Record<string, Dto>> = {}
): ResponseDto<Name, F> => ({
  name,
  fields,
  nested,
  schema: splitUnknown(name, fields)
})

/**
 * No unknown fields: for building a response by hand, as tests and the sandbox do.
 *
 * @since 0.1.0
 * @category constructors
 */
export const noUnknownFields: Redacted.Redacted<Readonly<Record<string, unknown>>> = redactedJson({})

/**
 * What stands in a field, or is taken by a schema, in the words of the schema: `amount`, `card id`, `secret text`,
 * `list of CardBenefitVo`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const typeOf = ({ ast }: { readonly ast: SchemaAST.AST }): string => wordsOf(ast)

/**
 * True for a field, or a schema, that decodes to `Redacted`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const isSecret = ({ ast }: { readonly ast: SchemaAST.AST }): boolean => holdsSecret(ast)
