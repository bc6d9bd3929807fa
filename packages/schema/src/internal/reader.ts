import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** No verdict: whoever meets it asks Schema, which reads the same value from the start and says what is wrong. */
export const unfit: unique symbol = Symbol("unfit")

/** What the value decodes to, or `unfit`. */
type Read = (value: unknown) => unknown

const options: SchemaAST.ParseOptions = { errors: "all" }

/**
 * A reader of the ordinary case of a schema: what decodes without a fault and without waiting. It does the same as Schema
 * does with the same transformations and filters, and no book-keeping for errors, of which there are none here; that is
 * most of what decoding costs. Whatever it does not know stays Schema's to read.
 */
const readerOf = (ast: SchemaAST.AST): Read => {
  const known = readers.get(ast)
  if (known !== undefined) {
    return known
  }
  const reader = hasOptions(ast) ? bySchema(ast) : make(ast)
  readers.set(ast, reader)
  return reader
}

/** A reader gives the type of its schema, which the compiler cannot follow through the tree. */
export const readOf = <A, I>(schema: Schema.Schema<A, I>): ((value: unknown) => A | typeof unfit) =>
  readerOf(schema.ast) as (value: unknown) => A | typeof unfit

const readers = new WeakMap<SchemaAST.AST, Read>()

/** A fallback is Schema's as well: it decides where a choice would go on to its next member. */
const hasOptions = (ast: SchemaAST.AST): boolean =>
  Option.isSome(SchemaAST.getParseOptionsAnnotation(ast)) ||
  Option.isSome(SchemaAST.getDecodingFallbackAnnotation(ast))

const when =
  (fits: (value: unknown) => boolean): Read =>
  (value) =>
    fits(value) ? value : unfit

const make = (ast: SchemaAST.AST): Read => {
  switch (ast._tag) {
    case "StringKeyword":
      return when(Predicate.isString)
    case "NumberKeyword":
      return when(Predicate.isNumber)
    case "BooleanKeyword":
      return when(Predicate.isBoolean)
    case "UndefinedKeyword":
      return when(Predicate.isUndefined)
    case "UnknownKeyword":
      return (value) => value
    case "Literal":
      return when((value) => value === ast.literal)
    case "Refinement":
      return refined(ast)
    case "Transformation":
      return transformed(ast)
    case "Declaration":
      return isRedacted(ast) ? redacted(ast) : declared(ast)
    case "Union":
      // Objects and lists are told apart by their literals, which is Schema's affair.
      return ast.types.every(isScalar) ? firstOf(ast.types.map(readerOf)) : bySchema(ast)
    case "TupleType":
      return ast.elements.length === 0 && ast.rest.length === 1 ? list(ast.rest) : bySchema(ast)
    case "TypeLiteral":
      return ast.indexSignatures.length === 0 && ast.propertySignatures.length > 0
        ? struct(ast.propertySignatures)
        : bySchema(ast)
    default:
      return bySchema(ast)
  }
}

/** Whether it is read from one value, whatever is made of that. */
const isScalar = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Refinement":
    case "Transformation":
      return isScalar(ast.from)
    case "Declaration":
      return Option.isNone(SchemaAST.getSurrogateAnnotation(ast))
    case "TypeLiteral":
    case "TupleType":
    case "Suspend":
      return false
    default:
      return true
  }
}

/** What is there at once and is no failure. No schema of this package waits. */
const atOnce = (result: unknown): unknown =>
  Either.isEither(result) && Either.isRight(result) ? result.right : unfit

const bySchema = (ast: SchemaAST.AST): Read => {
  const decode = ParseResult.decodeUnknownEither(Schema.make<unknown>(ast), options)
  return (value) => atOnce(decode(value))
}

const refined = (ast: SchemaAST.Refinement): Read => {
  const from = readerOf(ast.from)
  return (value) => {
    const read = from(value)
    return read !== unfit && Option.isNone(ast.filter(read, options, ast)) ? read : unfit
  }
}

const transformed = (ast: SchemaAST.Transformation): Read => {
  const from = readerOf(ast.from)
  const to = readerOf(ast.to)
  const between = betweenOf(ast)
  return (value) => {
    const read = from(value)
    const changed = read === unfit ? unfit : between(read, value)
    return changed === unfit ? unfit : to(changed)
  }
}

const betweenOf = (ast: SchemaAST.Transformation): ((read: unknown, value: unknown) => unknown) => {
  const { transformation } = ast
  switch (transformation._tag) {
    case "ComposeTransformation":
      return (read) => read
    case "FinalTransformation":
      return (read, value) => atOnce(transformation.decode(read, options, ast, value))
    case "TypeLiteralTransformation":
      return (read) => withFields(transformation.propertySignatureTransformations, read)
  }
}

/** What was read is a struct of our own making, so that it may be changed. */
const withFields = (
  changes: ReadonlyArray<SchemaAST.PropertySignatureTransformation>,
  read: unknown
): unknown => {
  if (!Predicate.isRecord(read)) {
    return unfit
  }
  for (const { decode, from, to } of changes) {
    const given = Object.hasOwn(read, from) ? Option.some(read[from]) : Option.none()
    const changed = decode(given)
    if (from !== to || (Option.isSome(given) && Option.isNone(changed))) {
      delete read[from]
    }
    if (Option.isSome(changed)) {
      read[to] = changed.value
    }
  }
  return read
}

const declared = (ast: SchemaAST.Declaration): Read => {
  const decode = ast.decodeUnknown(...ast.typeParameters)
  return (value) => atOnce(decode(value, options, ast))
}

const isRedacted = (ast: SchemaAST.Declaration): boolean =>
  Option.exists(SchemaAST.getTypeConstructorAnnotation(ast), ({ _tag }) => _tag === "effect/Redacted") &&
  ast.typeParameters.length === 1

/** A secret that is as it should be need not be wrapped once more. */
const redacted = ({ typeParameters }: SchemaAST.Declaration): Read => {
  const inside = firstOf(typeParameters.map(readerOf))
  return (value) => {
    if (!Redacted.isRedacted(value)) {
      return unfit
    }
    const given = Redacted.value(value)
    const read = inside(given)
    return read === unfit ? unfit : read === given ? value : Redacted.make(read)
  }
}

const firstOf =
  (members: ReadonlyArray<Read>): Read =>
  (value) => {
    for (const member of members) {
      const read = member(value)
      if (read !== unfit) {
        return read
      }
    }
    return unfit
  }

const list = (rest: ReadonlyArray<SchemaAST.Type>): Read => {
  const item = firstOf(rest.map(({ type }) => readerOf(type)))
  return (value) => {
    if (!Array.isArray(value)) {
      return unfit
    }
    const items = value.map((element: unknown) => item(element))
    return items.includes(unfit) ? unfit : items
  }
}

const struct = (signatures: ReadonlyArray<SchemaAST.PropertySignature>): Read => {
  const fields = signatures.map(({ isOptional, name, type }) => ({ isOptional, name, read: readerOf(type) }))
  return (value) => {
    if (!Predicate.isRecord(value)) {
      return unfit
    }
    const output: Record<PropertyKey, unknown> = {}
    for (const { isOptional, name, read } of fields) {
      if (!isOptional || Object.hasOwn(value, name)) {
        const field = read(value[name])
        if (field === unfit) {
          return unfit
        }
        output[name] = field
      }
    }
    return output
  }
}
