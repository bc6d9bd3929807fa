/** Request and answer of an operation in an export, with the envelope told from the data inside. */

import * as Envelope from "../../Envelope.js"
import * as Notification from "../../Notification.js"
import type { Entry } from "./document.js"
import { entriesOf, follow, listOf, member, textMember } from "./document.js"
import { type Shape, saysNothing, shapesOf } from "./shape.js"
import { show } from "./show.js"

/** One direction of an operation. */
export interface Side {
  /** The whole body, when the export shows the envelope around the data. */
  readonly envelope: Shape | undefined
  /** What stands in `data`, or the body itself; undefined where the export describes none. */
  readonly data: Shape | undefined
  /** Of the body, as it is named in the export. */
  readonly name: string | undefined
  readonly mediaType: string | undefined
}

export interface Sides {
  readonly request: Side
  readonly response: Side
  /** Parameters in query, path, headers and cookies, `query page`. */
  readonly parameters: ReadonlyArray<string>
}

const none: Side = { envelope: undefined, data: undefined, name: undefined, mediaType: undefined }

const isJsonType = (type: string): boolean => /^(?:application\/(?:[\w.-]+\+)?json|\*\/\*)\b/i.test(type)

/** The body of that content that is JSON, else the first. */
const bodyIn = (
  root: unknown,
  holder: unknown
): { readonly type: string; readonly schema: unknown } | undefined => {
  const contents = entriesOf(member(follow(root, holder), "content"))
  const [type, content] = contents.find(([type]) => isJsonType(type)) ?? contents[0] ?? []
  return type === undefined ? undefined : { type, schema: member(content, "schema") }
}

/**
 * An envelope shows at least two of its fields, or `data` itself: no data object of ours has a field of that name. One that
 * shows `data` alone says nothing of the rest.
 */
const side = (
  shapeOf: (schema: unknown) => Shape,
  body: { readonly type: string; readonly schema: unknown } | undefined,
  fields: ReadonlyArray<string>
): Side => {
  if (body === undefined) {
    return none
  }
  const shape = shapeOf(body.schema)
  const found = { name: shape.name, mediaType: isJsonType(body.type) ? undefined : show(body.type) }
  const shown = fields.filter((field) => shape.properties.has(field))
  const data = shape.properties.get("data")
  return data !== undefined || shown.length > 2
    ? {
        ...found,
        envelope: shape.properties.size === 1 ? undefined : shape,
        data: data?.shape()
      }
    : {
        ...found,
        envelope: undefined,
        data: saysNothing(shape) && shape.types.length + shape.problems.length === 0 ? undefined : shape
      }
}

const successOf = (root: unknown, responses: unknown): unknown => {
  const all = entriesOf(responses)
  const [, response] =
    all.find(([status]) => status === "200") ??
    all.find(([status]) => /^2(?:\d\d|xx)$/i.test(status)) ??
    all.find(([status]) => status === "default") ??
    []
  return follow(root, response)
}

const parametersOf = (root: unknown, node: unknown): ReadonlyArray<string> =>
  listOf(member(node, "parameters")).flatMap((parameter) => {
    const resolved = follow(root, parameter)
    const place = textMember(resolved, "in") ?? ""
    const name = textMember(resolved, "name") ?? ""
    return name === "" || /^(?:content-type|accept|user-agent)$/i.test(name)
      ? []
      : [`${show(place)} ${show(name)}`]
  })

export const sidesOf = ({ document: { root }, isWebhook, node }: Entry): Sides => {
  const shapeOf = shapesOf(root)
  const requestFields = isWebhook ? Notification.envelopeFields : Envelope.requestFields
  return {
    request: side(shapeOf, bodyIn(root, member(node, "requestBody")), Object.keys(requestFields)),
    response: side(
      shapeOf,
      bodyIn(root, successOf(root, member(node, "responses"))),
      Object.keys(Envelope.responseFields)
    ),
    parameters: parametersOf(root, node)
  }
}
