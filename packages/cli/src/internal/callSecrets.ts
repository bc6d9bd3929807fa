/** What `yunmo call` keeps from showing: what is secret by the schema, and what no schema says anything about. */

import type * as Raw from "@effect-yunmo/client/Raw"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Dto from "@effect-yunmo/schema/Dto"
import * as Notification from "@effect-yunmo/schema/Notification"
import type * as Operation from "@effect-yunmo/schema/Operation"
import type { JsonObject, JsonValue } from "@effect-yunmo/signing/RawMessage"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** An operation of the table. */
export type Known = (typeof Operation.operations)[Operation.Name]

const hidden = "<hidden>"

const isList = (value: JsonValue): value is ReadonlyArray<JsonValue> => Array.isArray(value)
const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !isList(value)

/** Names that a program would have; anything else may be a value, as where cards are listed under their numbers. */
const isName = (key: string): boolean => /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(key)

/** A field by the name it has on the wire. */
const fieldOf = (contract: Contract.ContractService, dto: Dto.Dto, key: string) => {
  const name = Object.keys(dto.fields).find((field) => Contract.wireNameOf(contract, dto, field) === key)
  const field = name === undefined ? undefined : dto.fields[name]
  return name === undefined || field === undefined
    ? undefined
    : { isSecret: Dto.isSecret(field), nested: dto.nested[name] }
}

export interface Shown {
  readonly data: JsonValue
  /** How many values do not show. */
  readonly hidden: number
}

/** Goes through a value and counts what it hides; the names of the fields stay. */
const masker = (contract: Contract.ContractService) => {
  let count = 0
  const hide = (value: JsonValue): JsonValue => {
    if (value === null || value === "") {
      return value
    }
    count++
    return hidden
  }
  const unknown = (value: JsonValue): JsonValue =>
    isList(value)
      ? value.map(unknown)
      : isObject(value) && Object.keys(value).every(isName)
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unknown(inner)]))
        : hide(value)
  const plain = (value: JsonValue, nested: Dto.Dto | undefined): JsonValue =>
    isList(value) ? value.map((one) => plain(one, nested)) : isObject(value) ? object(value, nested) : value
  const object = (value: JsonObject, dto: Dto.Dto | undefined): JsonValue => {
    if (dto === undefined || !Object.keys(value).every(isName)) {
      return unknown(value)
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const field = fieldOf(contract, dto, key)
        return [
          key,
          field === undefined ? unknown(inner) : field.isSecret ? hide(inner) : plain(inner, field.nested)
        ]
      })
    )
  }
  return { hide, object, shown: (data: JsonValue): Shown => ({ data, hidden: count }) }
}

/** An answer's `data` without its secrets. */
export const shown = (
  contract: Contract.ContractService,
  operation: Known | undefined,
  data: JsonValue
): Shown => {
  const mask = masker(contract)
  const response = operation?.response
  const whole = (value: JsonValue): JsonValue =>
    isList(value) ? value.map(whole) : isObject(value) ? mask.object(value, response?.dto) : scalar(value)
  const scalar = (value: JsonValue): JsonValue =>
    response !== undefined &&
    response.dto === undefined &&
    !Dto.isSecret(response.schema) &&
    Option.isSome(Schema.decodeUnknownOption(Schema.make<unknown>(response.schema.ast))(value))
      ? value
      : mask.hide(value)
  return mask.shown(whole(data))
}

/** Fields of envelope and `data` that are numbers by nature, in which a card number would not be told from an id. */
const isNumber = (key: string): boolean =>
  /(?:Id|No|Time|TimeStamp|nonce|[aA]mount|[fF]ee|version)$/.test(key)

/** 13 to 19 digits, with blanks or dashes between them or not, whose check digit is right. */
const hasCardNumber = (text: string): boolean =>
  [...text.matchAll(/(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g)].some(([match]) => {
    const digits = Array.from(match.replaceAll(/\D/g, ""), Number).reverse()
    const sum = digits.reduce(
      (total, digit, at) => total + (at % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2),
      0
    )
    return sum % 10 === 0
  })

/**
 * A notification without its secrets: what the schema of its kind calls secret, what no schema knows, and a card number
 * that stands in a text.
 */
export const notification = (
  contract: Contract.ContractService,
  dto: Dto.Dto | undefined,
  message: JsonObject
): Shown => {
  const mask = masker(contract)
  const texts = (value: JsonValue, key: string): JsonValue =>
    isList(value)
      ? value.map((one) => texts(one, key))
      : isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, texts(inner, name)]))
        : typeof value === "string" && !isNumber(key) && hasCardNumber(value)
          ? mask.hide(value)
          : value
  const shownFields = Object.entries(message).map(([key, value]): [string, JsonValue] => {
    if (key === "data") {
      return [key, isObject(value) ? mask.object(value, dto) : mask.hide(value)]
    }
    // The signature is made with the secret key: nothing to try keys on.
    return [key, key !== "sign" && Object.hasOwn(Notification.envelopeFields, key) ? value : mask.hide(value)]
  })
  const named = shownFields.map(([key, value], at): [string, JsonValue] => [
    isName(key) ? key : `<hidden ${at + 1}>`,
    value
  ])
  return mask.shown(texts(Object.fromEntries(named), ""))
}

export interface Given {
  /** What is secret in it is Redacted, so that the client takes it out of what the vendor says. */
  readonly data: Raw.Data
  /** The secret texts. */
  readonly secrets: ReadonlyArray<string>
  /** The fields that are secret by the schema, by their names on the wire. */
  readonly fields: ReadonlyArray<string>
}

/** The `data` of a request with its secrets marked. */
export const marked = (
  contract: Contract.ContractService,
  operation: Known | undefined,
  data: JsonObject
): Given => {
  const secrets: Array<string> = []
  const fields: Array<string> = []
  const secret = (value: JsonValue): Raw.Value => {
    if (isList(value)) {
      return value.map(secret)
    }
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, secret(inner)]))
    }
    if (typeof value === "number") {
      secrets.push(String(value))
    }
    if (typeof value !== "string") {
      return value
    }
    secrets.push(value)
    return Redacted.make(value)
  }
  const known = (value: JsonValue, nested: Dto.Dto | undefined): Raw.Value =>
    isList(value) ? value.map((one) => known(one, nested)) : isObject(value) ? object(value, nested) : value
  const object = (value: JsonObject, dto: Dto.Dto | undefined): Raw.Data =>
    Object.fromEntries(
      Object.entries(value).map(([key, inner]): [string, Raw.Value] => {
        const field = dto === undefined ? undefined : fieldOf(contract, dto, key)
        if (field !== undefined && !field.isSecret) {
          return [key, known(inner, field.nested)]
        }
        if (field !== undefined) {
          fields.push(key)
        }
        return [key, secret(inner)]
      })
    )
  return { data: object(data, operation?.request), secrets, fields }
}

/** A text of the vendor's that may repeat what was sent. A shorter value would be found everywhere. */
export const without = (secrets: ReadonlyArray<string>, text: string): string =>
  secrets
    .filter((secret) => secret.trim().length >= 4)
    .sort((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, hidden), text)
