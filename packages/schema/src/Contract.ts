/**
 * What the toolkit believes about the vendor's API, as one value: paths, version text, success code, what each
 * response code means, field names, and what enum values mean. YUNMO publishes no paths and few enums, so a merchant
 * corrects this value from the documentation they have, in code or from JSON, without a fork. Client, notifications
 * and sandbox all read it.
 *
 * From the vendor's exported documentation corrections are made by `OpenApi.read`, `compare` and `toOverrides`: a module of
 * its own, so that this one needs no YAML parser.
 *
 * It is a `Context.Reference`: without any layer the proposed contract holds.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Dto } from "./Dto.js"
import { check, contradictions, notJson } from "./internal/corrections.js"
import { meanings } from "./internal/meanings.js"
import { merge } from "./internal/merge.js"
import { type Enums, type NestedSignature, type ResponseSignature, Shape } from "./internal/overrides.js"
import { dtoByName, proposed as proposedContract } from "./internal/proposed.js"
import type { TradeKindField } from "./Notification.js"
import * as Operation from "./Operation.js"
import { Source } from "./Provenance.js"
import { Advice, Family } from "./ResponseCode.js"

/**
 * What the values of the vendor's enums mean. The values themselves are data; these meanings are what code may ask
 * for.
 *
 * @since 0.1.0
 * @category models
 */
export const Meanings = meanings

/**
 * @since 0.1.0
 * @category models
 */
export type EnumName = keyof typeof Meanings

/**
 * The enums by name.
 *
 * @since 0.1.0
 * @category data
 */
export const enumNames: ReadonlyArray<EnumName> = Struct.keys(Meanings)

/**
 * @since 0.1.0
 * @category models
 */
export type Meaning<E extends EnumName> = (typeof Meanings)[E]["Type"]

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
  family: Family,
  advice: Advice,
  refused: Schema.Boolean,
  source: Source
})

/**
 * What the vendor's page on signatures leaves open. `nested` and `responses` are PROPOSED; that pages of operations exempt
 * fields is SPEC, which fields is not known.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignaturePolicies {
  /** How an object or array inside a request's data is signed: `refuse` says so before anything is sent. */
  readonly nested: typeof NestedSignature.Type
  /** When the `sign` of an answer is verified; no page of the vendor shows an answer with one. */
  readonly responses: typeof ResponseSignature.Type
  /** Fields of a request that its operation's page leaves out of the signature, by our names. */
  readonly exempt: Readonly<Partial<Record<Operation.Name, ReadonlyArray<string>>>>
}

/**
 * The single values of the contract that carry a source of their own.
 *
 * @since 0.1.0
 * @category models
 */
export type ScalarName =
  | "version"
  | "successCode"
  | "acknowledgement"
  | "sandboxUrl"
  | "tradeKindField"
  | "signature.nested"
  | "signature.responses"

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
  /** Single values that are better or worse known than their enum. */
  readonly valueSources: Readonly<Partial<Record<EnumName, Readonly<Record<string, Source>>>>>
  /** The field of a transaction notification that says which of the six kinds it is (PROPOSED). */
  readonly tradeKindField: TradeKindField
  readonly signature: SignaturePolicies
  /** Where each single value comes from. */
  readonly sources: Readonly<Record<ScalarName, Source>>
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

/**
 * Every data object whose fields can be corrected: of requests, of responses with what stands inside them, and of
 * notifications.
 *
 * @since 0.1.0
 * @category data
 */
export const dataObjects: ReadonlyArray<Dto> = Object.values(dtoByName)

/**
 * What a merchant may override. Paths, codes, fields and exempt fields are merged by key; an enum given here replaces the
 * proposed values of that enum whole.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Overrides = Shape.pipe(Schema.filter((overrides) => contradictions(overrides, proposedContract)))

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
export const correct = (overrides: Overrides, base: ContractService = proposed): ContractService =>
  merge(overrides, base)

const invalid = (problems: ReadonlyArray<string>): ContractInvalid => new ContractInvalid({ problems })

const checked = (corrections: unknown): Either.Either<ContractService, ContractInvalid> =>
  Either.mapBoth(check(corrections, proposed), { onLeft: invalid, onRight: (right) => correct(right) })

/**
 * As `correct`, with the corrections checked: that operations, data objects and fields exist, paths are paths and no two
 * operations share one, no two fields get one name, no field of a signed data object gets one of the envelope's, enum values are
 * not blank, and success is no failure. On failure the message names every wrong entry at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromOverrides = (overrides: Overrides): Either.Either<ContractService, ContractInvalid> =>
  checked(overrides)

/**
 * Reads corrections from JSON text. On failure the message names every wrong entry at once, and repeats no value that
 * does not fit: the text may be the wrong file.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromJson = (json: string): Either.Either<ContractService, ContractInvalid> =>
  Either.try({
    try: (): unknown => JSON.parse(json),
    catch: (error) => invalid([notJson(json, error)])
  }).pipe(Either.flatMap(checked))

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
  own(contract.codes, code)

/**
 * What a field is called on the wire.
 *
 * @since 0.1.0
 * @category accessors
 */
export const wireNameOf = (contract: ContractService, dto: Dto, field: string): string =>
  Option.getOrElse(renameOf(contract, dto, field), () => field)

/**
 * Where the name of a field comes from: `MERCHANT` where it was renamed. `None` when the data object has no such field.
 *
 * @since 0.1.0
 * @category accessors
 */
export const sourceOfField = (contract: ContractService, dto: Dto, field: string): Option.Option<Source> =>
  own(dto.fields, field).pipe(
    Option.map(({ provenance }) => (Option.isSome(renameOf(contract, dto, field)) ? "MERCHANT" : provenance))
  )

/**
 * Where the meaning of an enum's value comes from; `None` when it has none.
 *
 * @since 0.1.0
 * @category accessors
 */
export const sourceOfValue = (
  contract: ContractService,
  name: EnumName,
  raw: string
): Option.Option<Source> =>
  Option.map(meaningOf(contract, name, raw), () =>
    Option.getOrElse(own(contract.valueSources[name] ?? {}, raw), () => contract.enumSources[name])
  )

/**
 * The fields of a request that its signature leaves out, by their names on the wire: what signer and verifier take as
 * `exempt`.
 *
 * @since 0.1.0
 * @category accessors
 */
export const exemptOf = (contract: ContractService, operation: Operation.Name): ReadonlyArray<string> =>
  (contract.signature.exempt[operation] ?? []).map((field) =>
    wireNameOf(contract, Operation.operations[operation].request, field)
  )

const renameOf = (contract: ContractService, dto: Dto, field: string): Option.Option<string> =>
  Option.flatMap(own(contract.fields, dto.name), (renames) => own(renames, field))

const own = <A>(record: Readonly<Record<string, A>>, key: string): Option.Option<A> =>
  Object.hasOwn(record, key) ? Option.fromNullable(record[key]) : Option.none()

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
