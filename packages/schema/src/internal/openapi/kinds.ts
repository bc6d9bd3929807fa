/** What JSON our fields are, what an export says they are, and what it means when the two differ. */

import * as SchemaAST from "effect/SchemaAST"
import { AmountFromWire, NonNegativeAmountFromWire, PositiveAmountFromWire } from "../../Amount.js"
import type { ContractService, EnumName } from "../../Contract.js"
import type { Dto, Field } from "../../Dto.js"
import { typeOf } from "../../Dto.js"
import * as Wire from "../../Wire.js"
import { meanings } from "../meanings.js"
import { type Shape, wordsOfShape } from "./shape.js"

export type Kind =
  | "text"
  | "date"
  | "amount"
  | "integerText"
  | "epoch"
  | "flag"
  | "object"
  | "list"
  | "objectOrText"
  | "anything"

type Way = "request" | "response"

const amounts: ReadonlyArray<SchemaAST.AST> = [
  AmountFromWire.ast,
  NonNegativeAmountFromWire.ast,
  PositiveAmountFromWire.ast
]

export const kindOf = (field: Pick<Field, "ast">, nested: Dto | undefined): Kind =>
  amounts.includes(field.ast)
    ? "amount"
    : field.ast === Wire.EpochMillis.ast
      ? "epoch"
      : field.ast === Wire.IntegerText.ast
        ? "integerText"
        : field.ast === Wire.Flag.ast
          ? "flag"
          : SchemaAST.isTupleType(field.ast)
            ? "list"
            : nested !== undefined
              ? "object"
              : SchemaAST.isUnknownKeyword(field.ast)
                ? "anything"
                : typeOf(field) === "date"
                  ? "date"
                  : "text"

/** The types an export may give without differing. */
const expected: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  text: ["string"],
  date: ["string"],
  amount: ["string"],
  integerText: ["integer", "number"],
  epoch: ["integer", "number"],
  flag: ["boolean"],
  object: ["object"],
  list: ["array"],
  objectOrText: ["object", "string"],
  anything: []
}

/** The types that our decoders read besides. */
const readBesides: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  text: ["number", "integer"],
  date: [],
  amount: ["number", "integer"],
  integerText: ["string"],
  epoch: ["string"],
  flag: ["string"],
  object: [],
  list: [],
  objectOrText: ["number", "integer"],
  anything: []
}

export const wordsOfKind: Readonly<Record<Kind, string>> = {
  text: "a string",
  date: "a string (date)",
  amount: "a string (amount)",
  integerText: "an integer",
  epoch: "an integer (epoch milliseconds)",
  flag: "a boolean",
  object: "an object",
  list: "a list",
  objectOrText: "an object or a string",
  anything: "anything"
}

/** Formats of text that say it is something else than what we send or read there. */
const otherFormat = (kind: Kind, { format, types }: Shape): boolean =>
  types.includes("string") &&
  format !== undefined &&
  (kind === "date"
    ? format === "date-time" || format === "time"
    : ["amount", "text"].includes(kind) && format === "binary")

/** Undefined when the export's type is ours, or when it gives none. */
export const differs = (kind: Kind, way: Way, shape: Shape): boolean => {
  if (shape.types.length === 0 || kind === "anything") {
    return false
  }
  const fitting = shape.types.filter((type) => expected[kind].includes(type))
  return fitting.length === 0 || otherFormat(kind, shape) || (way === "response" && !isRead(kind, shape))
}

const isRead = (kind: Kind, shape: Shape): boolean =>
  !(shape.format === "date-time" && kind === "epoch") &&
  shape.types.every((type) => expected[kind].includes(type) || readBesides[kind].includes(type))

/** What to do about another type. */
export const typeAdvice = (kind: Kind, way: Way, shape: Shape): string => {
  const isWhole = shape.types.includes("integer")
  if (kind === "amount") {
    const units = isWhole
      ? "An integer may count the smallest unit (cents): ask which before any money moves. "
      : ""
    return way === "request"
      ? `${units}We send amounts as text such as "20.00"; as a JSON number 20.00 and 20.0 would sign differently and digits can be lost: try a small amount in the sandbox first, and ask the vendor to take text.`
      : `${units}Read exactly all the same, digit by digit from the message; do not pass it through a floating-point number anywhere else.`
  }
  if (way === "request") {
    return `We send ${wordsOfKind[kind]}; try it in the sandbox, and where it is refused send the call by its name with data of your own.`
  }
  return isRead(kind, shape)
    ? kind === "flag"
      ? "Read all the same when the text is true or false; another text fails to decode."
      : kind === "epoch"
        ? "Read all the same when the text is a number of milliseconds."
        : "Read all the same; nothing to do."
    : `An answer with ${wordsOfShape(shape)} there would not decode: take the raw answer of this call until the schema is corrected.`
}

const isEnum = (name: string | undefined): name is EnumName =>
  name !== undefined && Object.hasOwn(meanings, name)

/** The enum that a field is read or written through, as its note says. */
export const enumOf = ({ note }: Pick<Field, "note">): EnumName | undefined => {
  const name = /through the enum `(\w+)`/.exec(note)?.[1]
  return isEnum(name) ? name : undefined
}

export interface EnumDifference {
  readonly name: EnumName
  readonly unknown: ReadonlyArray<string>
  readonly unlisted: ReadonlyArray<string>
}

/** How the listed values differ from those the contract knows; undefined when they do not, or none are listed. */
export const enumDifference = (
  contract: ContractService,
  name: EnumName,
  values: ReadonlyArray<string>
): EnumDifference | undefined => {
  const ours = Object.keys(contract.enums[name])
  const unknown = values.filter((value) => !ours.includes(value))
  const unlisted = ours.filter((value) => !values.includes(value))
  return unknown.length + unlisted.length === 0 ? undefined : { name, unknown, unlisted }
}
