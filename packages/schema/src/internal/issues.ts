import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as SchemaAST from "effect/SchemaAST"

export interface Problem {
  readonly path: string
  readonly problem: string
}

/** Anything can stand in a key's place, a card number included: only what looks like a name is shown. */
const nameOf = (key: string): string =>
  /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(key) && !/\d{6}/.test(key) ? key : `(key of ${key.length} characters)`

const join = (path: string, part: PropertyKey): string =>
  typeof part === "number"
    ? `${path}[${part}]`
    : path === ""
      ? nameOf(String(part))
      : `${path}.${nameOf(String(part))}`

const listOf = <A>(value: ParseResult.SingleOrNonEmpty<A>): ReadonlyArray<A> =>
  isList(value) ? value : [value]

const isList = <A>(value: ParseResult.SingleOrNonEmpty<A>): value is readonly [A, ...Array<A>] =>
  Array.isArray(value)

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : typeof value

/** An optional field is a union with null and undefined: only its third member says what was wanted. */
const isAbsence = (issue: ParseResult.ParseIssue): boolean =>
  issue._tag === "Type" &&
  (SchemaAST.isUndefinedKeyword(issue.ast) || (SchemaAST.isLiteral(issue.ast) && issue.ast.literal === null))

const annotated = (ast: SchemaAST.AST, issue: ParseResult.ParseIssue): Option.Option<string> =>
  Option.flatMap(SchemaAST.getMessageAnnotation(ast), (message) => {
    const text = message(issue)
    return typeof text === "string" ? Option.some(text) : Option.none()
  })

/**
 * Says where an issue lies and what was expected there, and never what was found: the usual formatter prints the
 * value, and here values can be card numbers.
 */
export const problemsOf = (issue: ParseResult.ParseIssue, path = ""): ReadonlyArray<Problem> => {
  switch (issue._tag) {
    case "Pointer": {
      return problemsOf(issue.issue, listOf(issue.path).reduce(join, path))
    }
    case "Composite": {
      const inner = listOf(issue.issues)
      if (!SchemaAST.isUnion(issue.ast)) {
        return inner.flatMap((next) => problemsOf(next, path))
      }
      const [only, ...others] = inner.filter((next) => !isAbsence(next))
      return only !== undefined && others.length === 0
        ? problemsOf(only, path)
        : [{ path, problem: `expected ${issue.ast}, got ${kindOf(issue.actual)}` }]
    }
    case "Refinement":
    case "Transformation":
      return Option.match(annotated(issue.ast, issue), {
        onNone: () => problemsOf(issue.issue, path),
        onSome: (problem) => [{ path, problem }]
      })
    case "Missing":
      return [{ path, problem: "is missing" }]
    case "Unexpected":
      return [{ path, problem: "is not a field here" }]
    case "Forbidden":
      return [{ path, problem: "cannot be decoded here" }]
    case "Type":
      return [
        {
          path,
          problem: Option.getOrElse(annotated(issue.ast, issue), () =>
            issue.message?.startsWith("expected") === true
              ? issue.message
              : `expected ${issue.ast}, got ${kindOf(issue.actual)}`
          )
        }
      ]
  }
}
