/** What a schema says a value looks like, with references, `allOf` and Apifox's own ways to combine schemas worked in. */

import { isJsonObject } from "../json.js"
import { entriesOf, listOf, lookUp, member, stepsOf, textMember } from "./document.js"
import { distinct, listed, show } from "./show.js"

export interface Property {
  readonly isRequired: boolean
  /** Looked at when it is asked for: what refers to itself has no end. */
  readonly shape: () => Shape
}

export interface Shape {
  /** Of the component it stands for. */
  readonly name: string | undefined
  /** JSON types without null; none where the schema does not say. */
  readonly types: ReadonlyArray<string>
  readonly isNullable: boolean
  readonly format: string | undefined
  /** The values that it lists. */
  readonly values: ReadonlyArray<string> | undefined
  readonly properties: ReadonlyMap<string, Property>
  /** Whether it says anywhere which of its properties are required. */
  readonly namesRequired: boolean
  readonly items: (() => Shape) | undefined
  /** What it is one of, where that is more than one thing. */
  readonly alternatives: ReadonlyArray<Shape>
  /** Why it does not say more, as the end of a sentence. */
  readonly problems: ReadonlyArray<string>
}

const nothing: Shape = {
  name: undefined,
  types: [],
  isNullable: false,
  format: undefined,
  values: undefined,
  properties: new Map(),
  namesRequired: false,
  items: undefined,
  alternatives: [],
  problems: []
}

const jsonTypes = ["string", "number", "integer", "boolean", "object", "array"]
/** References, `allOf` and alternatives looked into for one shape: a web of them could go on as good as for ever. */
const mostSteps = 2000
const deepest = 48

const nameOf = (reference: string): string | undefined => {
  const last = stepsOf(reference)?.at(-1)
  return last === undefined ? undefined : show(last)
}

const typeOfValue = (value: unknown): ReadonlyArray<string> =>
  typeof value === "number"
    ? [Number.isInteger(value) ? "integer" : "number"]
    : ["string", "boolean"].includes(typeof value)
      ? [typeof value]
      : []

const both = (left: Shape, right: Shape): Shape => {
  const common = left.types.filter((type) => right.types.includes(type))
  const properties = new Map(left.properties)
  for (const [key, property] of right.properties) {
    const before = properties.get(key)
    properties.set(key, {
      isRequired: property.isRequired || before?.isRequired === true,
      shape: property.shape
    })
  }
  return {
    name: left.name ?? right.name,
    types: left.types.length === 0 ? right.types : right.types.length === 0 ? left.types : common,
    isNullable: left.isNullable || right.isNullable,
    format: right.format ?? left.format,
    values: right.values ?? left.values,
    properties,
    namesRequired: left.namesRequired || right.namesRequired,
    items: right.items ?? left.items,
    alternatives: [...left.alternatives, ...right.alternatives],
    problems: distinct([...left.problems, ...right.problems])
  }
}

const withRequired = (shape: Shape, names: ReadonlyArray<string>): Shape => ({
  ...shape,
  properties: new Map(
    [...shape.properties].map(([key, property]) => [
      key,
      names.includes(key) ? { ...property, isRequired: true } : property
    ])
  )
})

const textsOf = (value: unknown): ReadonlyArray<string> =>
  listOf(value).filter((one): one is string => typeof one === "string")

/** Reads schemas of one document. */
export const shapesOf = (root: unknown): ((schema: unknown) => Shape) => {
  const start = (schema: unknown): Shape => {
    let steps = 0

    const read = (node: unknown, trail: ReadonlyArray<string>, depth: number): Shape => {
      if (!isJsonObject(node)) {
        return nothing
      }
      if (++steps > mostSteps || depth > deepest) {
        return { ...nothing, problems: ["its references are too entangled to follow"] }
      }
      const inner = (child: unknown): Shape => read(child, trail, depth + 1)
      const parts = [
        referred(node, trail, depth),
        ...apifoxParts(node, trail, depth),
        ...listOf(member(node, "allOf")).map(inner),
        oneOf([...listOf(member(node, "oneOf")), ...listOf(member(node, "anyOf"))], inner),
        own(node)
      ]
      return withRequired(
        overridden(parts.reduce(both), member(node, "x-apifox-overrides")),
        textsOf(member(node, "required"))
      )
    }

    const referred = (node: unknown, trail: ReadonlyArray<string>, depth: number): Shape => {
      const reference = textMember(node, "$ref")
      if (reference === undefined) {
        return nothing
      }
      if (stepsOf(reference) === undefined) {
        return { ...nothing, problems: [`${show(reference)} is another document, which is not fetched`] }
      }
      if (trail.includes(reference)) {
        return { ...nothing, problems: [`${show(reference)} refers to itself`] }
      }
      const target = lookUp(root, reference)
      return target === undefined
        ? { ...nothing, name: nameOf(reference), problems: [`${show(reference)} is not in the document`] }
        : { ...read(target, [...trail, reference], depth + 1), name: nameOf(reference) }
    }

    /** Apifox keeps schemas that are drawn into another one beside its properties, under ids. */
    const apifoxParts = (
      node: unknown,
      trail: ReadonlyArray<string>,
      depth: number
    ): ReadonlyArray<Shape> => {
      const refs = entriesOf(member(node, "x-apifox-refs"))
      const local = new Set(entriesOf(member(node, "properties")).map(([key]) => key))
      return refs.map(([, ref]) => {
        const shape = read(ref, trail, depth + 1)
        // What stands in the properties too was copied there, with all that is said of it.
        return {
          ...shape,
          name: undefined,
          properties: new Map([...shape.properties].filter(([key]) => !local.has(key)))
        }
      })
    }

    return read(schema, [], 0)
  }

  /** `null` takes a property away, a schema takes its place. */
  const overridden = (shape: Shape, overrides: unknown): Shape => {
    const changes = entriesOf(overrides)
    if (changes.length === 0) {
      return shape
    }
    const properties = new Map(shape.properties)
    for (const [key, schema] of changes) {
      if (schema === null) {
        properties.delete(key)
      } else {
        properties.set(key, {
          isRequired: properties.get(key)?.isRequired ?? false,
          shape: () => start(schema)
        })
      }
    }
    return { ...shape, properties }
  }

  const oneOf = (choices: ReadonlyArray<unknown>, inner: (node: unknown) => Shape): Shape => {
    const isNull = (choice: unknown): boolean => member(choice, "type") === "null"
    const shapes = choices.filter((choice) => !isNull(choice)).map(inner)
    const isNullable = choices.some(isNull) || shapes.some((shape) => shape.isNullable)
    const [only] = shapes
    return only === undefined
      ? { ...nothing, isNullable }
      : shapes.length === 1
        ? { ...only, isNullable }
        : {
            ...nothing,
            isNullable,
            types: shapes.some(({ types }) => types.length === 0)
              ? []
              : distinct(shapes.flatMap(({ types }) => types)),
            alternatives: shapes,
            problems: distinct(shapes.flatMap(({ problems }) => problems))
          }
  }

  const own = (node: unknown): Shape => {
    const given = member(node, "type")
    const names = typeof given === "string" ? [given] : textsOf(given)
    const listedValues = Array.isArray(member(node, "enum"))
      ? listOf(member(node, "enum"))
      : member(node, "const") === undefined
        ? undefined
        : [member(node, "const")]
    const properties = entriesOf(member(node, "properties"))
    const required = textsOf(member(node, "required"))
    const items = member(node, "items")
    const known = names.filter((name) => jsonTypes.includes(name))
    const strange = names.filter((name) => !jsonTypes.includes(name) && name !== "null")
    const inferred =
      properties.length > 0
        ? ["object"]
        : items !== undefined
          ? ["array"]
          : distinct((listedValues ?? []).flatMap(typeOfValue))
    return {
      ...nothing,
      types: names.length === 0 ? inferred : known,
      isNullable:
        member(node, "nullable") === true || names.includes("null") || listedValues?.includes(null) === true,
      format: textMember(node, "format"),
      values: listedValues
        ?.filter((value) => value !== null)
        .map((value) => (typeof value === "object" ? "" : String(value)))
        .filter((value) => value !== ""),
      properties: new Map(
        properties.map(([key, schema]) => [
          key,
          { isRequired: required.includes(key), shape: () => start(schema) }
        ])
      ),
      namesRequired: Array.isArray(member(node, "required")),
      items: items === undefined ? undefined : () => start(items),
      problems: strange.map((name) => `OpenAPI has no type ${show(name)}`)
    }
  }

  return start
}

/** Whether the schema says anything about what stands there. */
export const saysNothing = (shape: Shape): boolean =>
  shape.alternatives.length === 0 &&
  shape.properties.size === 0 &&
  shape.items === undefined &&
  (shape.types.length === 0 || (shape.types.length === 1 && shape.types[0] === "object"))

/** `a string`, `a list of CardQueryVo`, `an object with pageNo, total and records`. */
export const wordsOfShape = (shape: Shape): string => {
  const words = (type: string): string => {
    switch (type) {
      case "object":
        return shape.properties.size === 0 ? "an object" : `an object with ${namesOf(shape, 5)}`
      case "array": {
        const items = shape.items?.()
        const inside =
          items === undefined ? "" : (items.name ?? items.types.map((type) => `${type}s`).join(" or "))
        return inside === "" ? "a list" : `a list of ${inside}`
      }
      case "integer":
        return "an integer"
      default:
        return `a ${type}`
    }
  }
  const text = shape.types.length === 0 ? "anything" : shape.types.map(words).join(" or ")
  return shape.format === undefined ? text : `${text} (${show(shape.format)})`
}

const namesOf = (shape: Shape, most: number): string => {
  const names = [...shape.properties.keys()].map(show)
  return names.length > most ? `${names.slice(0, most).join(", ")} and more` : listed(names)
}
