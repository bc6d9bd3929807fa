import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Fields, WithUnknownFields } from "../Dto.js"

type Signatures<F extends Fields> = { readonly [K in keyof F]: F[K]["signature"] }

export type StructOf<F extends Fields> = Schema.Schema<
  Schema.Schema.Type<Schema.Struct<Signatures<F>>>,
  Schema.Schema.Encoded<Schema.Struct<Signatures<F>>>
>

export type FieldTypes<F extends Fields> = Schema.Schema.Type<Schema.Struct<Signatures<F>>>

/**
 * The cast is needed because TypeScript cannot follow a mapped type through `Object.entries`; the keys and the
 * signatures are exactly those of `fields`.
 */
const signaturesOf = <F extends Fields>(fields: F): Signatures<F> =>
  Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.signature])) as Signatures<F>

/** A struct without any field takes whatever it is given, `onExcessProperty` or not; this one nobody can fill. */
const nothing = { [Symbol.for("@effect-yunmo/schema/nothing")]: Schema.optional(Schema.Undefined) }

/** Requirements are `never` for every field this package defines; `StructOf` says so for the whole. */
export const structOf = <F extends Fields>(fields: F): StructOf<F> =>
  Schema.Struct({
    ...signaturesOf(fields),
    ...(Object.keys(fields).length === 0 ? nothing : {})
  }) as unknown as StructOf<F>

export const redactedJson = (
  value: Readonly<Record<string, unknown>>
): Redacted.Redacted<Readonly<Record<string, unknown>>> => Redacted.make(value)

/** One for all: wrapping a value costs more than decoding a field. */
const noFields = redactedJson(Object.freeze({}))

/** Not `Schema.Record`, which copies by assignment and so loses a key called `__proto__`. */
const Received = Schema.declare(
  (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null && !Array.isArray(value),
  {
    description: "an object",
    // By way of text, so that there is nothing in it that JSON does not have, such as -0.
    arbitrary: () => (fc) =>
      fc.dictionary(
        fc.string(),
        fc.json().map((text): unknown => JSON.parse(text))
      )
  }
)

/**
 * Splits a received object into the fields known here and the rest, and joins them again on the way out. An empty text in
 * an optional field reads as absent: to the vendor empty is nothing, it is not even signed (SPEC 1.1).
 */
export const splitUnknown = <F extends Fields>(
  name: string,
  fields: F
): Schema.Schema<WithUnknownFields<FieldTypes<F>>, Readonly<Record<string, unknown>>> => {
  const known = new Set(Object.keys(fields))
  // Null as well, which the field's own schema would read as absent only after it has tried everything else.
  const empty = (key: string, value: unknown) =>
    (value === "" || value === null) && fields[key]?.optional === true
  const inner = Schema.Struct({
    ...signaturesOf(fields),
    unknownFields: Schema.RedactedFromSelf(Received)
  })
  return Schema.transform(
    Received,
    inner as unknown as Schema.Schema<unknown, Readonly<Record<string, unknown>>>,
    {
      strict: true,
      decode: (received) => {
        const here: Record<string, unknown> = {}
        const others: Array<[string, unknown]> = []
        for (const key of Object.keys(received)) {
          const value = received[key]
          if (!known.has(key)) {
            others.push([key, value])
          } else if (!empty(key, value)) {
            here[key] = value
          }
        }
        // An unknown key can be `__proto__`, which an assignment would lose.
        here["unknownFields"] = others.length === 0 ? noFields : redactedJson(Object.fromEntries(others))
        return here
      },
      encode: ({ unknownFields, ...rest }) => ({
        ...(Redacted.isRedacted(unknownFields) ? (Redacted.value(unknownFields) as object) : {}),
        ...rest
      })
    }
  ).annotations({ identifier: name }) as unknown as Schema.Schema<
    WithUnknownFields<FieldTypes<F>>,
    Readonly<Record<string, unknown>>
  >
}
