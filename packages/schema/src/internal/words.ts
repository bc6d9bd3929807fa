import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** What a schema says of itself: its description, its name, or what its parts say. */
export const wordsOf = (ast: SchemaAST.AST): string =>
  Option.getOrElse(
    Option.orElse(SchemaAST.getDescriptionAnnotation(ast), () => SchemaAST.getIdentifierAnnotation(ast)),
    () =>
      SchemaAST.isTupleType(ast)
        ? `list of ${ast.rest.map(({ type }) => wordsOf(type)).join(" or ")}`
        : SchemaAST.isUnion(ast)
          ? ast.types.map(wordsOf).join(" or ")
          : String(ast)
  )

const secret = Redacted.make("x")
const anything = Symbol("anything")

/** Asked of the schema itself, which cannot be forgotten as a mark can: does it take something redacted for a value? */
export const holdsSecret = (ast: SchemaAST.AST): boolean => {
  const takes = Schema.is(Schema.make(SchemaAST.typeAST(ast)))
  // What takes anything says nothing about secrets.
  return takes(secret) && !takes(anything)
}
