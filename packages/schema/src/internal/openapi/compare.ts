/** Lays what an export says about an operation's data beside what we send and read. */

import * as Option from "effect/Option"
import * as Contract from "../../Contract.js"
import type { Dto, Field } from "../../Dto.js"
import type { Difference } from "../../OpenApi.js"
import type { Source } from "../../Provenance.js"
import {
  at,
  difference,
  enumDifferences,
  optionalityDifference,
  type Part,
  type Place,
  typeDifference
} from "./difference.js"
import { differs, type Kind, kindOf, wordsOfKind } from "./kinds.js"
import { pairs } from "./renames.js"
import { type Property, type Shape, saysNothing, wordsOfShape } from "./shape.js"
import { show } from "./show.js"

const missingAdvice = (part: Part, field: Field): string =>
  part === "request"
    ? field.optional
      ? "Leave it out of your calls."
      : "We always send it; try in the sandbox whether it is passed over or refused."
    : field.optional
      ? "It will be absent."
      : "Without it no answer of this call decodes; take the raw answer until the schema is corrected."

const extraAdvice = (part: Part, property: Property): string =>
  part === "request"
    ? property.isRequired
      ? "The typed call cannot send it and will be refused; send the call by its name with data of your own."
      : "The typed call cannot send it; send the call by its name with data of your own where you need it."
    : "Kept under unknownFields; nothing to do."

/** An object of theirs beside a data object of ours. */
const compareObject = (place: Place, dto: Dto, shape: Shape, where: string): ReadonlyArray<Difference> => {
  const { contract, part } = place
  for (const problem of shape.problems) {
    place.note(`${where}: ${problem}; what it says there is not compared.`)
  }
  const fields = Object.entries(dto.fields)
  if (saysNothing(shape) || (shape.properties.size === 0 && shape.alternatives.length > 0)) {
    if (fields.length > 0) {
      place.note(`${where}: the export does not say what stands in it, so ${dto.name} is not compared.`)
    }
    return []
  }
  const wireOf = (field: string): string => Contract.wireNameOf(contract, dto, field)
  const sourceOf = (name: string, field: Field): Source =>
    Option.getOrElse(Contract.sourceOfField(contract, dto, name), () => field.provenance)
  const ours = fields.map(([name]) => wireOf(name))
  const theirs = [...shape.properties.keys()]
  const missing = fields
    .filter(([name]) => !shape.properties.has(wireOf(name)))
    .map(([name, field]) => ({
      field: name,
      wire: wireOf(name),
      fits: (other: Shape) =>
        other.types.length === 0 || !differs(kindOf(field, dto.nested[name]), part, other)
    }))
  const extra = [...shape.properties]
    .filter(([name]) => !ours.includes(name))
    .map(([name, property]) => ({ name, property, shape: property.shape() }))
  const renamed = pairs(missing, extra, ours, theirs)
  const renamedTo = new Map(renamed.map((pair) => [pair.missing.field, pair.extra.name]))

  const [onlyMissing, ...otherMissing] = missing
  const [onlyExtra, ...otherExtra] = extra
  /** Names without any resemblance are not taken for one field, but where nothing else is left it is worth a word. */
  const hint = (name: string): string =>
    onlyMissing?.field === name &&
    onlyExtra !== undefined &&
    otherMissing.length + otherExtra.length === 0 &&
    onlyMissing.fits(onlyExtra.shape)
      ? ` Should it be the same thing as ${show(onlyExtra.name)}: --choose ${dto.name}.${name}=${show(onlyExtra.name)}`
      : ""

  const one = (name: string, field: Field): ReadonlyArray<Difference> => {
    const wire = wireOf(name)
    const found = renamedTo.get(name) ?? wire
    const property = shape.properties.get(found)
    const facts = { where: at(where, found), dto: dto.name, field: name, found }
    if (property === undefined) {
      return [
        difference(part, {
          kind: "missing",
          where: at(where, wire),
          dto: dto.name,
          field: name,
          ours: `${field.optional ? "optional" : "required"} ${wordsOfKind[kindOf(field, dto.nested[name])]}`,
          theirs: "not there",
          source: sourceOf(name, field),
          advice: `${missingAdvice(part, field)}${hint(name)}`
        })
      ]
    }
    const theirShape = property.shape()
    for (const problem of theirShape.problems) {
      place.note(`${facts.where}: ${problem}.`)
    }
    return [
      ...(found === wire
        ? []
        : [
            difference(part, {
              ...facts,
              kind: "renamed",
              ours: show(wire),
              theirs: show(found),
              source: sourceOf(name, field),
              advice: `Where it is the same thing under another name: --choose ${dto.name}.${name}=${show(found)}`
            })
          ]),
      ...typeDifference(place, kindOf(field, dto.nested[name]), theirShape, {
        ...facts,
        source: field.provenance
      }),
      ...optionalityDifference(place, field, property, theirShape, { ...facts, source: field.provenance }),
      ...enumDifferences(place, field, theirShape, facts),
      ...compareNested(place, dto.nested[name], theirShape, facts.where)
    ]
  }

  return [
    ...fields.flatMap(([name, field]) => one(name, field)),
    ...extra
      .filter(({ name }) => !renamed.some((pair) => pair.extra.name === name))
      .map(({ name, property, shape: theirShape }) =>
        difference(part, {
          kind: "extra",
          where: at(where, name),
          dto: dto.name,
          found: name,
          ours: "not there",
          theirs: `${property.isRequired ? "required" : "optional"} ${wordsOfShape(theirShape)}`,
          advice: extraAdvice(part, property)
        })
      )
  ]
}

const compareNested = (
  place: Place,
  nested: Dto | undefined,
  shape: Shape,
  where: string
): ReadonlyArray<Difference> => {
  if (nested === undefined) {
    return []
  }
  const items = shape.items?.()
  return items !== undefined
    ? compareItems(place, nested, items, `${where}[]`)
    : shape.types.includes("object")
      ? compareObject(place, nested, shape, where)
      : []
}

const compareItems = (place: Place, dto: Dto, items: Shape, where: string): ReadonlyArray<Difference> =>
  differs("object", place.part, items)
    ? typeDifference(place, "object", items, { where, dto: dto.name, source: "NAME" })
    : compareObject(place, dto, items, where)

/** Where a list was put into an object, as pages of one are. */
const listHint = (kind: Kind, shape: Shape): string => {
  const lists = [...shape.properties].filter(([, property]) => property.shape().types.includes("array"))
  const [only] = lists
  return kind === "list" && only !== undefined && lists.length === 1
    ? ` The list seems to stand in ${show(only[0])}.`
    : ""
}

/** What stands in `data`, of whichever kind. */
export const compareData = (
  place: Place,
  kind: Kind,
  dto: Dto | undefined,
  source: Source,
  shape: Shape | undefined,
  where: string
): ReadonlyArray<Difference> => {
  if (shape === undefined) {
    const isEmpty = dto !== undefined && Object.keys(dto.fields).length === 0
    if (!isEmpty) {
      place.note(`${where}: the export does not describe it, so it is not compared.`)
    }
    return []
  }
  const isOther = differs(kind, place.part, shape)
  if (isOther || kind === "list") {
    const items = shape.items?.()
    return isOther
      ? typeDifference(place, kind, shape, {
          where,
          ...(dto === undefined ? {} : { dto: dto.name }),
          source
        }).map((one) => ({ ...one, advice: `${one.advice}${listHint(kind, shape)}` }))
      : dto === undefined || items === undefined
        ? compareData(place, kind, dto, source, undefined, `${where}[]`)
        : compareItems(place, dto, items, `${where}[]`)
  }
  const object = shape.alternatives.find(({ properties }) => properties.size > 0) ?? shape
  return dto === undefined || !(kind === "object" || object.types.includes("object"))
    ? []
    : compareObject(place, dto, object, where)
}
