/** One difference at a time: of type, of optionality, of enum values, and how binding each is. */

import * as Option from "effect/Option"
import * as Contract from "../../Contract.js"
import type { Field } from "../../Dto.js"
import type { Difference } from "../../OpenApi.js"
import type { Source } from "../../Provenance.js"
import { differs, enumDifference, enumOf, type Kind, typeAdvice, wordsOfKind } from "./kinds.js"
import { type Property, type Shape, wordsOfShape } from "./shape.js"
import { listed, show } from "./show.js"

export type Part = "request" | "response"

export interface Place {
  readonly contract: Contract.ContractService
  readonly part: Part
  /** Whether `required` lists of this part mean something in these documents. */
  readonly comparesRequired: boolean
  /** Collects what cannot be compared. */
  readonly note: (sentence: string) => void
}

export const verdictOf = (source: Source | undefined): Difference["verdict"] =>
  source === "SPEC" || source === "VENDOR" || source === "MERCHANT" ? "contradiction" : "correction"

const bound = (source: Source | undefined, advice: string): string =>
  source === "SPEC" || source === "VENDOR"
    ? `The vendor's own page says otherwise (${source}): ask YUNMO which of the two holds. ${advice}`
    : advice

export type Facts = Omit<Difference, "verdict" | "advice" | "part"> & { readonly advice: string }

export const difference = (part: Difference["part"], { advice, ...facts }: Facts): Difference => ({
  ...facts,
  part,
  verdict: verdictOf(facts.source),
  advice: bound(facts.source, advice)
})

/** The path of a property, `data.benefits[].benefitName`. */
export const at = (where: string, name: string): string => `${where}.${show(name)}`

export const typeDifference = (
  { part }: Place,
  kind: Kind,
  shape: Shape,
  facts: Pick<Facts, "where" | "dto" | "field" | "found" | "source">
): ReadonlyArray<Difference> =>
  differs(kind, part, shape)
    ? [
        difference(part, {
          ...facts,
          kind: "type",
          ours: wordsOfKind[kind],
          theirs: wordsOfShape(shape),
          advice: typeAdvice(kind, part, shape)
        })
      ]
    : []

export const optionalityDifference = (
  { comparesRequired, part }: Place,
  field: Field,
  property: Property,
  shape: Shape,
  facts: Pick<Facts, "where" | "dto" | "field" | "found" | "source">
): ReadonlyArray<Difference> => {
  const mayBeNull = part === "response" && shape.isNullable
  // Without lists of required fields only null says that a field may be absent.
  const isOptional = mayBeNull || (comparesRequired ? !property.isRequired : field.optional)
  return isOptional === field.optional
    ? []
    : [
        difference(part, {
          ...facts,
          kind: "optionality",
          ours: field.optional ? "optional" : "required",
          theirs: mayBeNull && property.isRequired ? "may be null" : isOptional ? "optional" : "required",
          advice:
            part === "request"
              ? isOptional
                ? "We always send it; nothing to do."
                : "Always pass it: a call without it is refused there."
              : isOptional
                ? "An answer without it would not decode; take the raw answer of this call until the schema is corrected."
                : "It is always there by their account; nothing to do."
        })
      ]
}

export const enumDifferences = (
  { contract, part }: Place,
  field: Field,
  shape: Shape,
  facts: Pick<Facts, "where" | "dto" | "field" | "found">
): ReadonlyArray<Difference> => {
  const name = enumOf(field)
  const values = shape.values
  const found =
    name === undefined || values === undefined ? undefined : enumDifference(contract, name, values)
  if (found === undefined || values === undefined || name === undefined) {
    return []
  }
  const source = contract.enumSources[name]
  // A value that nobody has listed yet contradicts nothing; one that the vendor's page shows and the export does not, does.
  const binding = found.unlisted
    .flatMap((value) => Option.toArray(Contract.sourceOfValue(contract, name, value)))
    .find((one) => verdictOf(one) === "contradiction")
  const known = binding ?? (verdictOf(source) === "contradiction" ? undefined : source)
  return [
    difference(part, {
      ...facts,
      kind: "enum",
      enum: name,
      values,
      ours: listed(Object.keys(contract.enums[name]), 12),
      theirs: listed(values.map(show), 12),
      ...(known === undefined ? {} : { source: known }),
      advice:
        (part === "request" && found.unlisted.length > 0
          ? `What we send for ${listed(found.unlisted, 12)} would not be understood. `
          : "") +
        (found.unknown.length > 0
          ? `Say what ${found.unknown.length === 1 ? "it means" : "each means"}: ${found.unknown
              .slice(0, 3)
              .map((value) => `--choose ${name}.${show(value)}=<meaning>`)
              .join(
                " "
              )}${found.unknown.length > 3 ? " …" : ""}${part === "request" ? "." : "; until then it is kept as text and decides nothing."}`
          : part === "request"
            ? ""
            : "The values that are not listed may never come; nothing to do.")
    })
  ]
}
