/**
 * Data as the vendor may write it, made from the words of each field's schema and not from the schema itself, together with
 * how this package writes the same thing.
 */
import * as FastCheck from "effect/FastCheck"
import type { JsonObject, JsonValue } from "../src/Codec.js"
import * as Contract from "../src/Contract.js"
import * as Dto from "../src/Dto.js"
import { decimalText } from "./support.js"

/** `undefined` stands for a field that is not there. */
export interface Written<A = JsonValue | undefined> {
  readonly received: A
  readonly sent: A
}

type AnyWritten = FastCheck.Arbitrary<Written>

const as = (value: JsonValue | undefined, sent = value): Written => ({ received: value, sent })

/** A form of nothing: what is not there is not written. */
const absent = (received: JsonValue | undefined): Written => ({ received, sent: undefined })

const same = (values: FastCheck.Arbitrary<string>): AnyWritten => values.map((value) => as(value))

/** The vendor's text says that every value is a string, and its samples have numbers. */
const alsoNumbers = (values: FastCheck.Arbitrary<string>): AnyWritten =>
  FastCheck.oneof(
    { weight: 4, arbitrary: same(values) },
    { weight: 1, arbitrary: FastCheck.maxSafeNat().map((value) => as(value, String(value))) }
  )

const anyText = FastCheck.oneof(FastCheck.string(), FastCheck.fullUnicodeString())
const text = alsoNumbers(anyText)
const filled = anyText.filter((value) => value !== "" && value.trim() === value)
const id = alsoNumbers(filled)
const digits = FastCheck.stringMatching(/^\d{4,20}$/)
const unsigned = decimalText.map((value) => value.replace("-", ""))
const millis = FastCheck.nat({ max: 4_102_444_800_000 })
const date = FastCheck.date({
  min: new Date("1900-01-01"),
  max: new Date("2099-12-31"),
  noInvalidDate: true
}).map((value) => value.toISOString().slice(0, 10))

const words: Readonly<Record<string, AnyWritten>> = {
  text,
  "an integer, or its text": FastCheck.oneof(
    FastCheck.integer().map((value) => as(value)),
    FastCheck.integer().map((value) => as(String(value), value)),
    same(FastCheck.stringMatching(/^[A-Z_]{1,9}$/))
  ),
  "text, not blank": same(filled),
  "secret text": text,
  "secret text, not blank": alsoNumbers(anyText.filter((value) => value.trim() !== "")),
  amount: same(decimalText),
  "amount, not negative": same(unsigned),
  "amount above zero": same(unsigned.filter((value) => /[1-9]/.test(value))),
  "epoch milliseconds": FastCheck.oneof(
    millis.map((value) => as(value)),
    millis.map((value) => as(String(value), value))
  ),
  "time without a zone": text,
  date: same(date),
  "country code": same(FastCheck.stringMatching(/^[A-Z]{2}$/)),
  "email address": same(FastCheck.stringMatching(/^[a-z]{1,9}@[a-z]{1,9}$/)),
  "telephone number": same(digits),
  "dial code": same(FastCheck.stringMatching(/^\+?\d{1,4}$/))
}

const ids = new Set([
  "merchant number",
  "customer code",
  "customer id",
  "card id",
  "card sample id",
  "order number",
  "sub-order number",
  "merchant's order number",
  "liveness transaction id",
  "authorization id"
])

const list = (elements: AnyWritten): AnyWritten =>
  FastCheck.array(elements, { maxLength: 3 }).map((written) => ({
    received: written.map(({ received }) => received ?? null),
    sent: written.map(({ sent }) => sent ?? null)
  }))

const valueOf = (contract: Contract.ContractService, dto: Dto.Dto, name: string): AnyWritten => {
  const nested = dto.nested[name]
  const field = dto.fields[name]
  if (nested !== undefined) {
    return list(object(contract, nested))
  }
  const type = field === undefined ? name : Dto.typeOf(field)
  const value = ids.has(type) ? id : words[type]
  if (value === undefined) {
    throw new Error(`${dto.name}.${name} is ${type}, and nobody has said what that looks like on the wire`)
  }
  return value
}

/** Absent, null, and in an answer empty, are one thing. */
const maybe = (value: AnyWritten, isRequest: boolean): AnyWritten =>
  FastCheck.oneof(
    { weight: 4, arbitrary: value.map((written) => (written.received === "" ? absent("") : written)) },
    {
      weight: 1,
      arbitrary: FastCheck.constantFrom(absent(undefined), absent(null), absent(isRequest ? null : ""))
    }
  )

const member = (name: string, value: JsonValue | undefined): ReadonlyArray<readonly [string, JsonValue]> =>
  value === undefined ? [] : [[name, value]]

/** Names that nobody knows; those that every JavaScript object inherits among them, and ours where they are renamed. */
const strangeNames = (contract: Contract.ContractService, dto: Dto.Dto): FastCheck.Arbitrary<string> => {
  const taken = new Set(Object.keys(dto.fields).map((field) => Contract.wireNameOf(contract, dto, field)))
  return FastCheck.oneof(
    FastCheck.constantFrom("constructor", "toString", "addedLater", "unknownFields2"),
    FastCheck.constantFrom("addedToo", ...Object.keys(dto.fields)),
    FastCheck.string()
  ).filter((name) => !taken.has(name) && name !== "unknownFields" && !name.startsWith("wire."))
}

const anyJson: FastCheck.Arbitrary<JsonValue> = FastCheck.json({ maxDepth: 2 }).map((value) =>
  JSON.parse(value)
)

/** An object as the contract names its fields. A request drops what it does not know, an answer keeps it. */
export const object = (
  contract: Contract.ContractService,
  dto: Dto.Dto,
  isRequest = false
): FastCheck.Arbitrary<Written<JsonObject>> => {
  const fields = Object.entries(dto.fields).map(([name, field]) => {
    const value = valueOf(contract, dto, name)
    return (field.optional ? maybe(value, isRequest) : value).map((written) => ({
      name: Contract.wireNameOf(contract, dto, name),
      written
    }))
  })
  const strange = FastCheck.uniqueArray(FastCheck.tuple(strangeNames(contract, dto), anyJson), {
    maxLength: 3,
    selector: ([name]) => name
  })
  return FastCheck.tuple(FastCheck.tuple(...fields), strange).map(([known, unknown]) => ({
    received: Object.fromEntries([
      ...unknown,
      ...known.flatMap(({ name, written }) => member(name, written.received))
    ]),
    sent: Object.fromEntries([
      ...(isRequest ? [] : unknown),
      ...known.flatMap(({ name, written }) => member(name, written.sent))
    ])
  }))
}

/** What answers an operation: an object, a list of them, or a scalar. */
export const answer = (
  contract: Contract.ContractService,
  response: { readonly name: string; readonly dto?: Dto.Dto }
): AnyWritten => {
  const { dto, name } = response
  const scalar = FastCheck.oneof(
    FastCheck.boolean().map((value) => as(value)),
    FastCheck.boolean().map((value) => as(String(value), value))
  )
  if (dto === undefined) {
    return name === "Boolean" ? scalar : text
  }
  const value = object(contract, dto)
  return name === dto.name ? value : name.startsWith("List<") ? list(value) : FastCheck.oneof(value, text)
}
