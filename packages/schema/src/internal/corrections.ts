import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { ContractService } from "../Contract.js"
import type { Dto } from "../Dto.js"
import { KycData, ThreeDsData, TradeData } from "../Notification.js"
import * as Operation from "../Operation.js"
import { isJsonObject } from "./json.js"
import { meanings } from "./meanings.js"
import { nearest } from "./nearest.js"
import { isPath, Shape } from "./overrides.js"
import { dtoByName } from "./proposed.js"

export interface Problem {
  readonly path: ReadonlyArray<PropertyKey>
  readonly message: string
}

const settings = [
  "version",
  "successCode",
  "acknowledgement",
  "sandboxUrl",
  "paths",
  "codes",
  "fields",
  "enums",
  "tradeKindField",
  "signature"
]
const operations = Operation.all.map(({ name }): string => name)

/** "there is no setting of this name (did you mean paths?)" */
const missing = (what: string, name: string, candidates: ReadonlyArray<string>): string => {
  const near = nearest(name, candidates)
  const list = candidates.length > 12 ? "" : ` (there are ${candidates.join(", ")})`
  return `there is no ${what} of this name${near === undefined ? list : ` (did you mean ${near}?)`}`
}

const unexpected = ([first, second, third]: ReadonlyArray<string>): string => {
  if (second === undefined) {
    return missing("setting", first ?? "", settings)
  }
  switch (first) {
    case "paths":
      return missing("operation", second, operations)
    case "enums":
      return missing("enum", second, Object.keys(meanings))
    case "codes":
      return missing("setting of a code", third ?? "", ["meaning", "advice", "refused", "family"])
    default:
      return third === undefined
        ? missing("setting of the signature", second, ["nested", "responses", "exempt"])
        : missing("operation", third, operations)
  }
}

const shape = Schema.validateEither(Shape, { errors: "all", onExcessProperty: "error" })

const shapeProblems = (error: ParseResult.ParseError): ReadonlyArray<Problem> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ _tag, message, path }) => ({
    path,
    message: _tag === "Unexpected" ? unexpected(path.map(String)) : message
  }))

/** The members of an object inside corrections whose form nobody has checked; none where there is no object. */
const members = (
  value: unknown,
  ...path: ReadonlyArray<string>
): ReadonlyArray<readonly [string, unknown]> => {
  const [key, ...rest] = path
  if (!isJsonObject(value)) {
    return []
  }
  return key === undefined
    ? Object.entries(value)
    : Object.hasOwn(value, key)
      ? members(value[key], ...rest)
      : []
}

const textMembers = (
  value: unknown,
  ...path: ReadonlyArray<string>
): ReadonlyArray<readonly [string, string]> =>
  members(value, ...path).flatMap(([key, member]) => (typeof member === "string" ? [[key, member]] : []))

const noSuchField = (dtoName: string, field: string, fields: ReadonlyArray<string>): string => {
  const near = nearest(field, fields)
  return `${dtoName} has no such field${
    near === undefined ? ` (it has ${fields.join(", ") || "none"})` : ` (did you mean ${near}?)`
  }`
}

/** What no signature covers, in whatever part of a message it stands (SPEC 1.1). */
const unsigned = ["sign", "token"]
const requestEnvelope = ["merchantNo", "requestTime", "version", "nonce", "data", ...unsigned]

/**
 * The names that no field of a data object may get, since it is signed as one flat text with the envelope; inside of lists and nested
 * objects there are none. An answer has an envelope of its own, of which nobody has seen a signature: what would never be signed is
 * refused there, and no more.
 */
const reserved = new Map<string, ReadonlyArray<string>>([
  ...Operation.all.flatMap(({ response }) =>
    response.dto === undefined ? [] : [[response.dto.name, unsigned] as const]
  ),
  ...Operation.all.map(({ request }) => [request.name, requestEnvelope] as const),
  ...[KycData, ThreeDsData, TradeData].map(
    ({ name }) => [name, [...requestEnvelope, "eventType", "eventName"]] as const
  )
])

const envelopeProblem = (dto: Dto, field: string, wire: string | undefined): string | undefined =>
  wire === undefined ||
  wire === field ||
  Object.hasOwn(dto.fields, wire) ||
  !reserved.get(dto.name)?.includes(wire)
    ? undefined
    : unsigned.includes(wire)
      ? `${field} cannot be called "${wire}": the envelope has a ${wire}, which no signature covers, and ${field} would not be signed either`
      : `${field} cannot be called "${wire}": the envelope has a ${wire}, and in the signed text the two could not be told apart`

const fieldProblems = (corrections: unknown): ReadonlyArray<Problem> =>
  members(corrections, "fields").flatMap(([name, renames]): ReadonlyArray<Problem> => {
    const dto = Object.hasOwn(dtoByName, name) ? dtoByName[name] : undefined
    if (dto === undefined) {
      return [{ path: ["fields", name], message: missing("data object", name, Object.keys(dtoByName)) }]
    }
    const ours = Object.keys(dto.fields)
    const given = new Map(textMembers(renames))
    const wireNames = ours.map((field) => given.get(field) ?? field)
    return members(renames).flatMap(([field]): ReadonlyArray<Problem> => {
      const path = ["fields", name, field]
      const wire = given.get(field)
      return !Object.hasOwn(dto.fields, field)
        ? [{ path, message: noSuchField(name, field, ours) }]
        : wire !== undefined && wireNames.indexOf(wire) !== wireNames.lastIndexOf(wire)
          ? [{ path, message: `another field is called "${wire}" too` }]
          : Option.toArray(
              Option.map(Option.fromNullable(envelopeProblem(dto, field, wire)), (message) => ({
                path,
                message
              }))
            )
    })
  })

/** An empty value is never sent, and one with blanks around it is not what the vendor's documentation shows. */
const enumProblems = (corrections: unknown): ReadonlyArray<Problem> =>
  members(corrections, "enums").flatMap(([name, values]) =>
    members(values)
      .filter(([value]) => value === "" || value.trim() !== value)
      .map(([value]) => ({
        path: ["enums", name],
        message: `${JSON.stringify(value)} is no value of the wire; write the vendor's own, without blanks around it`
      }))
  )

const exemptProblems = (corrections: unknown): ReadonlyArray<Problem> =>
  members(corrections, "signature", "exempt").flatMap(([name, exempt]) => {
    const fields = Operation.isName(name) ? Operation.operations[name].request : undefined
    return fields === undefined || !Array.isArray(exempt)
      ? []
      : exempt.flatMap((field: unknown) =>
          typeof field === "string" && !Object.hasOwn(fields.fields, field)
            ? [
                {
                  path: ["signature", "exempt", name],
                  message: `"${field}": ${noSuchField(fields.name, field, Object.keys(fields.fields))}`
                }
              ]
            : []
        )
  })

/** Two operations under one path could not be told apart, by the vendor least of all. */
const pathProblems = (corrections: unknown, base: ContractService): ReadonlyArray<Problem> => {
  const corrected = new Map(textMembers(corrections, "paths").filter(([, path]) => isPath(path)))
  const paths = Operation.all.map(({ name }) => ({
    name,
    path: corrected.get(name) ?? base.paths[name].path
  }))
  return [...new Set(paths.map(({ path }) => path))].flatMap((path) => {
    const sharing = paths.filter((operation) => operation.path === path).map(({ name }): string => name)
    const wrong = sharing.find((name) => corrected.has(name))
    return sharing.length < 2 || wrong === undefined
      ? []
      : [
          {
            path: ["paths", wrong],
            message: `${sharing.join(" and ")} have the same path ${path}; each operation needs one of its own`
          }
        ]
  })
}

const codeProblems = (corrections: unknown, base: ContractService): ReadonlyArray<Problem> => {
  const codes = members(corrections, "codes").map(([code]) => code)
  const given = new Map(textMembers(corrections)).get("successCode")
  const success = given ?? base.successCode
  return [
    ...codes
      .filter((code) => !/^\S+$/.test(code))
      .map((code) => ({
        path: ["codes"],
        message: `${JSON.stringify(code)} is no code; write it without blanks`
      })),
    ...members(corrections, "codes").flatMap(([code, row]) => {
      const listed = Object.hasOwn(base.codes, code) ? base.codes[code] : undefined
      const family = new Map(textMembers(row)).get("family")
      return listed === undefined || family === undefined || family === listed.family
        ? []
        : [{ path: ["codes", code, "family"], message: `the family of a listed code stays ${listed.family}` }]
    }),
    ...(codes.includes(success) || Object.hasOwn(base.codes, success)
      ? [
          given === undefined
            ? {
                path: ["codes", success],
                message: "this is the code of success, it cannot be one of failure"
              }
            : { path: ["successCode"], message: `${success} is listed in codes, as one of failure` }
        ]
      : [])
  ]
}

/** What is named and does not exist, or contradicts something else. Passes over what has the wrong form. */
export const contradictions = (corrections: unknown, base: ContractService): ReadonlyArray<Problem> => [
  ...pathProblems(corrections, base),
  ...codeProblems(corrections, base),
  ...fieldProblems(corrections),
  ...enumProblems(corrections),
  ...exemptProblems(corrections)
]

/** The corrections, or everything that is wrong with them, at once. */
export const check = (
  corrections: unknown,
  base: ContractService
): Either.Either<typeof Shape.Type, ReadonlyArray<string>> => {
  const checked = shape(corrections)
  const problems = [
    ...(Either.isLeft(checked) ? shapeProblems(checked.left) : []),
    ...contradictions(corrections, base)
  ].map(({ message, path }) => `${path.map(String).join(".") || "the document"}: ${message}`)
  return Either.isRight(checked) && problems.length === 0
    ? Either.right(checked.right)
    : Either.left(problems)
}

/** Where JSON breaks off. The parser's own sentence quotes the text, which may be a secret out of a wrong file. */
export const notJson = (text: string, error: unknown): string => {
  if (text.trim() === "") {
    return "the document: it is empty; corrections are a JSON object, {} for none"
  }
  const position = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1]
  if (position === undefined) {
    return "the document: it is not JSON"
  }
  const lines = text.slice(0, Number(position)).split("\n")
  return `the document: it is not JSON from line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1} on`
}
