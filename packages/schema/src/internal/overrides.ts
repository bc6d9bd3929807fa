import * as Schema from "effect/Schema"
import { TradeKindField } from "../Notification.js"
import { Advice, Family } from "../ResponseCode.js"
import { meanings } from "./meanings.js"
import { mapOperations } from "./record.js"

/**
 * Says what is wanted, and never what stood there: who names the wrong file as corrections may have named one with a
 * secret in it.
 */
const wanted = <A, I>(schema: Schema.Schema<A, I>, text: string): Schema.Schema<A, I> =>
  schema.annotations({ message: () => ({ message: `expected ${text}`, override: true }) })

/** The same for an object, whose members speak for themselves. */
const object = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<A, I> =>
  schema.annotations({ description: "an object", message: () => "expected an object" })

const oneOf = <A extends string>(choice: Schema.Schema<A>): Schema.Schema<A> =>
  wanted(choice, `${choice.ast}`)

const text = wanted(Schema.NonEmptyTrimmedString, "text without blanks around it")
const code = wanted(Schema.String.pipe(Schema.pattern(/^\S+$/)), "a code, as text without blanks")
const Path = Schema.String.pipe(Schema.pattern(/^\/[^\s?#]*$/))
export const isPath = Schema.is(Path)
const path = wanted(Path, "a path that begins with /")
const flag = wanted(Schema.Boolean, "true or false")
const listOfText = Schema.Array(text).annotations({ message: () => "expected a list of field names" })

const dictionary = <A, I>(value: Schema.Schema<A, I>) => object(Schema.Record({ key: Schema.String, value }))

const valuesOf = <A extends string>(meaning: Schema.Schema<A>) => dictionary(oneOf(meaning))

export const Enums = Schema.Struct({
  kycState: valuesOf(meanings.kycState),
  livenessState: valuesOf(meanings.livenessState),
  cardForm: valuesOf(meanings.cardForm),
  cardStatus: valuesOf(meanings.cardStatus),
  orderStatus: valuesOf(meanings.orderStatus),
  adjustmentDirection: valuesOf(meanings.adjustmentDirection),
  threeDsResult: valuesOf(meanings.threeDsResult),
  tradeKind: valuesOf(meanings.tradeKind),
  tradeStatus: valuesOf(meanings.tradeStatus),
  eventType: valuesOf(meanings.eventType)
})

export const NestedSignature = Schema.Literal("refuse", "omit", "compactJson")
export const ResponseSignature = Schema.Literal("always", "whenPresent", "never")

const Code = Schema.Struct({
  meaning: text,
  advice: oneOf(Advice),
  refused: flag,
  family: Schema.optionalWith(oneOf(Family), { exact: true })
})

const Signature = Schema.partialWith(
  Schema.Struct({
    nested: oneOf(NestedSignature),
    responses: oneOf(ResponseSignature),
    exempt: object(Schema.partialWith(Schema.Struct(mapOperations(() => listOfText)), { exact: true }))
  }),
  { exact: true }
)

/** The form of corrections. Whether what they name exists is for `problemsWith`. */
export const Shape = Schema.partialWith(
  Schema.Struct({
    version: text,
    successCode: code,
    acknowledgement: wanted(Schema.NonEmptyString, "text"),
    sandboxUrl: text,
    paths: object(Schema.partialWith(Schema.Struct(mapOperations(() => path)), { exact: true })),
    codes: dictionary(object(Code)),
    fields: dictionary(dictionary(text)),
    enums: object(Schema.partialWith(Enums, { exact: true })),
    tradeKindField: oneOf(TradeKindField),
    signature: object(Signature)
  }),
  { exact: true }
).annotations({ description: "an object", message: () => "expected an object" })
