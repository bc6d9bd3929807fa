/**
 * What the toolkit believes about the vendor's API, as one value: paths, version text, success code, what each
 * response code means, field names, and what enum values mean. YUNMO publishes no paths and few enums, so a merchant
 * corrects this value from the documentation they have, in code or from JSON, without a fork. Client, notifications
 * and sandbox all read it.
 *
 * It is a `Context.Reference`: without any layer the proposed contract holds.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { dtoByName, proposed as proposedContract } from "./internal/proposed.js"
import { mapOperations, mapRecord } from "./internal/record.js"
import type * as Operation from "./Operation.js"
import { Source } from "./Provenance.js"
import { Advice } from "./ResponseCode.js"

/**
 * What the values of the vendor's enums mean. The values themselves are data; these meanings are what code may ask
 * for.
 *
 * @since 0.1.0
 * @category models
 */
export const Meanings = {
  kycState: Schema.Literal("notSubmitted", "pending", "passed", "rejected"),
  livenessState: Schema.Literal("pending", "passed", "failed"),
  cardForm: Schema.Literal("virtual", "physical"),
  cardStatus: Schema.Literal("inProduction", "bound", "active", "frozen", "destroyed"),
  orderStatus: Schema.Literal("pending", "done", "failed"),
  adjustmentDirection: Schema.Literal("increase", "decrease"),
  threeDsResult: Schema.Literal("approve", "decline"),
  tradeKind: Schema.Literal(
    "authorization",
    "additionalAuthorization",
    "settlement",
    "cancellation",
    "refund",
    "transaction"
  ),
  tradeStatus: Schema.Literal("pending", "succeeded", "failed"),
  eventType: Schema.Literal("kyc", "threeDs", "trade")
} as const

/**
 * @since 0.1.0
 * @category models
 */
export type EnumName = keyof typeof Meanings

/**
 * @since 0.1.0
 * @category models
 */
export type Meaning<E extends EnumName> = (typeof Meanings)[E]["Type"]

/** One sentence instead of one per member. */
const oneOf = <A extends string>(choice: Schema.Schema<A>): Schema.Schema<A> =>
  choice.annotations({ message: () => ({ message: `expected ${choice.ast}`, override: true }) })

const valuesOf = <A extends string>(meaning: Schema.Schema<A>) =>
  Schema.Record({ key: Schema.String, value: oneOf(meaning) }).annotations({ description: "an object" })

const Enums = Schema.Struct({
  kycState: valuesOf(Meanings.kycState),
  livenessState: valuesOf(Meanings.livenessState),
  cardForm: valuesOf(Meanings.cardForm),
  cardStatus: valuesOf(Meanings.cardStatus),
  orderStatus: valuesOf(Meanings.orderStatus),
  adjustmentDirection: valuesOf(Meanings.adjustmentDirection),
  threeDsResult: valuesOf(Meanings.threeDsResult),
  tradeKind: valuesOf(Meanings.tradeKind),
  tradeStatus: valuesOf(Meanings.tradeStatus),
  eventType: valuesOf(Meanings.eventType)
})

/**
 * What a response code means here. `name` is the tag of the error it becomes; a code of the merchant's own becomes
 * `UnknownResponseCode` with this meaning.
 *
 * @since 0.1.0
 * @category models
 */
export const Code = Schema.Struct({
  name: Schema.String,
  meaning: Schema.String,
  advice: Advice,
  refused: Schema.Boolean,
  source: Source
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ContractService {
  /** The `version` text of requests: the vendor's samples send `v1.0`, its table says `V1.0` (SPEC). */
  readonly version: string
  /** The `code` of success (VENDOR 1.2). */
  readonly successCode: string
  /** The text that acknowledges a notification (VENDOR 6.1). */
  readonly acknowledgement: string
  /** The vendor's sandbox (SPEC). Production is not known and has to be given. */
  readonly sandboxUrl: string
  readonly paths: Readonly<Record<Operation.Name, { readonly path: string; readonly source: Source }>>
  readonly codes: Readonly<Record<string, typeof Code.Type>>
  /** Renamed fields only: name of the data object, our field name, the vendor's. */
  readonly fields: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly enums: typeof Enums.Type
  /** Where each enum's meanings come from. */
  readonly enumSources: Readonly<Record<EnumName, Source>>
  /** The field of a transaction notification that says which of the six kinds it is (PROPOSED). */
  readonly tradeKindField: "eventType" | "subType" | "transactionCategory"
}

/**
 * @since 0.1.0
 * @category services
 */
export class Contract extends Context.Reference<Contract>()("@effect-yunmo/schema/Contract", {
  defaultValue: (): ContractService => proposedContract
}) {}

/**
 * The contract without anybody's corrections.
 *
 * @since 0.1.0
 * @category data
 */
export const proposed: ContractService = proposedContract

const Path = Schema.String.pipe(
  Schema.pattern(/^\/[^\s?#]*$/, { message: () => "expected a path that begins with /" })
)

type Renames = Readonly<Record<string, string>>

const problemsOfRenames = (name: string, renames: Renames): ReadonlyArray<Schema.FilterIssue> => {
  const dto = Object.hasOwn(dtoByName, name) ? dtoByName[name] : undefined
  if (dto === undefined) {
    return [{ path: [name], message: "there is no data object of this name" }]
  }
  const ours = Object.keys(dto.fields)
  const strange = Object.keys(renames).filter((field) => !Object.hasOwn(dto.fields, field))
  const wireNames = ours.map((field) => renames[field] ?? field)
  return [
    ...strange.map((field) => ({
      path: [name, field],
      message: `${name} has no such field (it has ${ours.join(", ")})`
    })),
    ...Object.entries(renames)
      .filter(([, wire]) => wireNames.indexOf(wire) !== wireNames.lastIndexOf(wire))
      .map(([field, wire]) => ({ path: [name, field], message: `another field is called "${wire}" too` }))
  ]
}

const Fields = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.NonEmptyTrimmedString })
}).pipe(
  Schema.filter((fields) =>
    Object.entries(fields).flatMap(([name, renames]) => problemsOfRenames(name, renames))
  )
)

/**
 * What a merchant may override. Paths, codes and fields are merged by key; an enum given here replaces the proposed
 * values of that enum whole.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Overrides = Schema.partialWith(
  Schema.Struct({
    version: Schema.NonEmptyTrimmedString,
    successCode: Schema.NonEmptyTrimmedString,
    acknowledgement: Schema.NonEmptyString,
    sandboxUrl: Schema.NonEmptyTrimmedString,
    paths: Schema.partialWith(Schema.Struct(mapOperations(() => Path)), { exact: true }).annotations({
      description: "an object"
    }),
    codes: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({ meaning: Schema.NonEmptyString, advice: oneOf(Advice), refused: Schema.Boolean })
    }),
    fields: Fields,
    enums: Schema.partialWith(Enums, { exact: true }).annotations({ description: "an object" }),
    tradeKindField: oneOf(Schema.Literal("eventType", "subType", "transactionCategory"))
  }),
  { exact: true }
).annotations({ description: "an object" })

/**
 * @since 0.1.0
 * @category models
 */
export type Overrides = typeof Overrides.Type

/**
 * A contract with corrections. What they touch is labelled `MERCHANT`.
 *
 * @example
 * ```ts
 * import * as Contract from "@effect-yunmo/schema/Contract"
 *
 * const contract = Contract.correct({
 *   paths: { createCustomer: "/v1/customers" },
 *   fields: { CustomerAddDto: { phone: "mobile" } },
 *   enums: { orderStatus: { "0": "pending", "1": "done", "2": "failed" } }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const correct = (overrides: Overrides, base: ContractService = proposed): ContractService => {
  const { paths = {}, codes = {}, fields = {}, enums = {}, ...scalars } = overrides
  return {
    ...base,
    ...scalars,
    paths: {
      ...base.paths,
      ...mapRecord(paths, (path) => ({ path, source: "MERCHANT" as const }))
    },
    codes: {
      ...base.codes,
      ...Object.fromEntries(
        Object.entries(codes).map(([code, row]) => [
          code,
          {
            name: Option.match(codeOf(base, code), {
              onNone: () => "UnknownResponseCode",
              onSome: ({ name }) => name
            }),
            ...row,
            source: "MERCHANT" as const
          }
        ])
      )
    },
    fields: {
      ...base.fields,
      ...Object.fromEntries(
        Object.entries(fields).map(([name, renames]) => [name, { ...base.fields[name], ...renames }])
      )
    },
    enums: { ...base.enums, ...enums },
    enumSources: { ...base.enumSources, ...mapRecord(enums, () => "MERCHANT" as const) }
  }
}

const strict = { errors: "all", onExcessProperty: "error" } as const

const invalid = (error: ParseResult.ParseError): ContractInvalid =>
  new ContractInvalid({
    problems: ParseResult.ArrayFormatter.formatErrorSync(error).map(
      ({ message, path }) => `${path.map(String).join(".") || "the document"}: ${message}`
    )
  })

/**
 * As `correct`, with the corrections checked: that data objects and fields exist, paths are paths, and no two fields get
 * one name. On failure the message names every wrong entry.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromOverrides = (overrides: Overrides): Either.Either<ContractService, ContractInvalid> =>
  Schema.validateEither(
    Overrides,
    strict
  )(overrides).pipe(Either.mapBoth({ onLeft: invalid, onRight: (checked) => correct(checked) }))

/**
 * Reads corrections from JSON text. On failure the message names every wrong entry.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromJson = (json: string): Either.Either<ContractService, ContractInvalid> =>
  Schema.decodeUnknownEither(
    Schema.parseJson(Overrides),
    strict
  )(json).pipe(Either.mapBoth({ onLeft: invalid, onRight: (overrides) => correct(overrides) }))

/**
 * Corrections that name something which does not exist, or have the wrong shape.
 *
 * @since 0.1.0
 * @category errors
 */
export class ContractInvalid extends Schema.TaggedError<ContractInvalid>()("ContractInvalid", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `The contract's corrections cannot be used: ${this.problems.join("; ")}. Correct the named entries.`
  }
}

/**
 * What a raw enum value means; `None` until someone who knows says so.
 *
 * @since 0.1.0
 * @category accessors
 */
export const meaningOf = <E extends EnumName>(
  contract: ContractService,
  name: E,
  raw: string | undefined
): Option.Option<Meaning<E>> => {
  const values: Readonly<Record<string, Meaning<E>>> = contract.enums[name]
  return raw !== undefined && Object.hasOwn(values, raw) ? Option.fromNullable(values[raw]) : Option.none()
}

/**
 * The raw value that is sent for a meaning: the first that the contract gives it. Values that are whole numbers come
 * first, smallest first, as in every JavaScript object.
 *
 * @since 0.1.0
 * @category accessors
 */
export const wireValueOf = <E extends EnumName>(
  contract: ContractService,
  name: E,
  meaning: Meaning<E>
): Option.Option<string> =>
  Option.fromNullable(Object.entries(contract.enums[name]).find(([, value]) => value === meaning)?.[0])

/**
 * The row of a response code; `None` for one that nobody has named.
 *
 * @since 0.1.0
 * @category accessors
 */
export const codeOf = (contract: ContractService, code: string): Option.Option<typeof Code.Type> =>
  Object.hasOwn(contract.codes, code) ? Option.fromNullable(contract.codes[code]) : Option.none()

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (overrides: Overrides): Layer.Layer<Contract, ContractInvalid> =>
  Layer.effect(Contract, fromOverrides(overrides))

/**
 * @since 0.1.0
 * @category layers
 */
export const layerJson = (json: string): Layer.Layer<Contract, ContractInvalid> =>
  Layer.effect(Contract, fromJson(json))
