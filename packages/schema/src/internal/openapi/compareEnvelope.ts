/** Lays the fields around `data` beside the envelope of the vendor's own page. */

import type { Fields } from "../../Dto.js"
import type { Difference } from "../../OpenApi.js"
import { difference, type Facts, optionalityDifference, type Place, typeDifference } from "./difference.js"
import { differs, kindOf, wordsOfKind } from "./kinds.js"
import { pairs } from "./renames.js"
import { type Shape, wordsOfShape } from "./shape.js"
import { listed, show } from "./show.js"

const versionDifference = (
  { contract, part }: Place,
  { values }: Shape,
  facts: Pick<Facts, "where" | "field" | "found">
): ReadonlyArray<Difference> =>
  values === undefined || values.length === 0 || values.includes(contract.version)
    ? []
    : [
        difference(part, {
          ...facts,
          kind: "enum",
          values,
          ours: contract.version,
          theirs: listed(values.map(show), 12),
          source: contract.sources.version,
          advice: `The vendor's samples send v1.0 and its table says V1.0 (SPEC). Where ${contract.version} is refused: ${values
            .slice(0, 1)
            .map((value) => `--choose version=${show(value)}`)
            .join("")}`
        })
      ]

/** The fields around `data`. Answers may grow at any time, and what is optional for us may always be there. */
export const compareEnvelope = (
  place: Place,
  fields: Fields,
  shape: Shape,
  isExpected: (field: string) => boolean
): ReadonlyArray<Difference> => {
  const { part } = place
  const names = Object.keys(fields)
  const fromShape = [...shape.properties]
  const missing = Object.entries(fields)
    .filter(
      ([name, field]) => !shape.properties.has(name) && isExpected(name) && field.provenance !== "PROPOSED"
    )
    .map(([name, field]) => ({
      field: name,
      wire: name,
      ours: field,
      fits: (other: Shape) => !differs(kindOf(field, undefined), part, other)
    }))
  const extra = fromShape
    .filter(([name]) => !names.includes(name))
    .map(([name, property]) => ({ name, property, shape: property.shape() }))
  const renamed = pairs(missing, extra, names, [...shape.properties.keys()])
  const renamedTo = new Map(renamed.map((pair) => [pair.missing.field, pair.extra.name]))
  return [
    ...Object.entries(fields).flatMap(([name, field]): ReadonlyArray<Difference> => {
      const found = renamedTo.get(name) ?? name
      const property = shape.properties.get(found)
      const facts = { where: show(found), field: name, found, source: field.provenance }
      if (property === undefined) {
        return missing.some((one) => one.field === name)
          ? [
              difference(part, {
                kind: "missing",
                where: name,
                field: name,
                ours: `${field.optional ? "optional" : "required"} ${wordsOfKind[kindOf(field, undefined)]}`,
                theirs: "not there",
                source: field.provenance,
                advice: part === "request" ? "It is sent all the same." : "It is read when it comes."
              })
            ]
          : []
      }
      const theirs = property.shape()
      const isHarmless = part === "response" && (field.optional || name === "data")
      return [
        ...(found === name
          ? []
          : [
              difference(part, {
                ...facts,
                kind: "renamed",
                ours: name,
                theirs: show(found),
                advice: "Names in the envelope cannot be corrected."
              })
            ]),
        ...(name === "data" ? [] : typeDifference(place, kindOf(field, undefined), theirs, facts)),
        ...(isHarmless ? [] : optionalityDifference(place, field, property, theirs, facts)),
        ...(part === "request" && name === "version" ? versionDifference(place, theirs, facts) : [])
      ]
    }),
    ...extra
      .filter(({ name }) => !renamed.some((pair) => pair.extra.name === name))
      .map(({ name, property, shape: theirs }) =>
        difference(part, {
          kind: "extra",
          where: show(name),
          found: name,
          ours: "not there",
          theirs: `${property.isRequired ? "required" : "optional"} ${wordsOfShape(theirs)}`,
          ...(part === "request" ? { source: "SPEC" as const } : {}),
          advice:
            part === "request"
              ? "It is not sent."
              : "Passed over; the signature of an answer covers it all the same."
        })
      )
  ]
}
