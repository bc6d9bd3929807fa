/**
 * How data crosses the wire under a contract: our field names to the vendor's and back, then the schema. The client
 * encodes requests and decodes responses, the sandbox does the reverse, and both read the same tables. Nothing here waits,
 * so every answer is an `Either`, which is an `Effect` as well.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ParseError } from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { ContractService } from "./Contract.js"
import * as Contract from "./Contract.js"
import type { Dto } from "./Dto.js"
import { problemsOf } from "./internal/issues.js"
import { isJsonObject, type JsonObject, type JsonValue, toJson } from "./internal/json.js"
import { requestSchema, responseSchema } from "./internal/operation.js"
import { readOf, unfit } from "./internal/reader.js"
import { fromWire, toWire } from "./internal/rename.js"
import * as Notification from "./Notification.js"
import * as Operation from "./Operation.js"

export type { JsonObject, JsonValue }

/**
 * Data that does not fit its schema. The problems name fields and rules, never the values that stood there.
 *
 * @since 0.1.0
 * @category errors
 */
export class DataInvalid extends Data.TaggedError("DataInvalid")<{
  /** The vendor's name of the data object, `CustomerAddDto` say. */
  readonly name: string
  readonly problems: ReadonlyArray<{
    /** `benefits[0].benefitName`; empty for the object itself. */
    readonly path: string
    readonly problem: string
  }>
}> {
  override get message(): string {
    const list = this.problems.map(({ path, problem }) => (path === "" ? problem : `${path} ${problem}`))
    return `${this.name} does not fit its schema: ${list.join("; ")}.`
  }
}

const all = { errors: "all" } as const
const exact = { errors: "all", onExcessProperty: "error" } as const

const invalid = (name: string) => (error: ParseError) =>
  new DataInvalid({ name, problems: problemsOf(error.issue) })

/**
 * Decodes a value, to the same result and the same error as `Schema.decodeUnknownEither` with all errors, and in less time
 * where it fits.
 *
 * @since 0.1.0
 * @category decoders
 */
export const decoder = <A, I>(
  schema: Schema.Schema<A, I>
): ((value: unknown) => Either.Either<A, ParseError>) => {
  const read = readOf(schema)
  return (value) => {
    // Almost everything that is received fits. What does not, Schema reads once more, to say where and why.
    const fitting = read(value)
    return fitting === unfit ? Schema.decodeUnknownEither(schema, all)(value) : Either.right(fitting)
  }
}

const decoded = <A, I>(
  name: string,
  schema: Schema.Schema<A, I>,
  value: unknown
): Either.Either<A, DataInvalid> => Either.mapLeft(decoder(schema)(value), invalid(name))

const object = (name: string, value: JsonValue): Either.Either<JsonObject, DataInvalid> =>
  isJsonObject(value)
    ? Either.right(value)
    : Either.left(new DataInvalid({ name, problems: [{ path: "", problem: "expected an object" }] }))

/**
 * A caller's input as the `data` of a request. A field the schema does not have is refused, since it would be signed
 * and sent.
 *
 * @since 0.1.0
 * @category requests
 */
export const encodeRequest = <N extends Operation.Name>(
  contract: ContractService,
  name: N,
  input: Operation.RequestOf<N>
): Either.Either<JsonObject, DataInvalid> => {
  const { request } = Operation.operations[name]
  return Schema.encodeEither(
    requestSchema(name),
    exact
  )(input).pipe(
    Either.mapLeft(invalid(request.name)),
    Either.flatMap((data) => object(request.name, toWire(contract, request, toJson(data))))
  )
}

/**
 * The `data` of a request as the input it came from. Fields the schema does not have are passed over.
 *
 * @since 0.1.0
 * @category requests
 */
export const decodeRequest = <N extends Operation.Name>(
  contract: ContractService,
  name: N,
  data: JsonValue
): Either.Either<Operation.RequestOf<N>, DataInvalid> => {
  const { request } = Operation.operations[name]
  return decoded(request.name, requestSchema(name), fromWire(contract, request, data))
}

/**
 * The `data` of a successful response.
 *
 * @since 0.1.0
 * @category responses
 */
export const decodeResponse = <N extends Operation.Name>(
  contract: ContractService,
  name: N,
  data: JsonValue
): Either.Either<Operation.ResponseOf<N>, DataInvalid> => {
  const { response } = Operation.operations[name]
  return decoded(response.name, responseSchema(name), fromWire(contract, response.dto, data))
}

/**
 * A response as the `data` that carries it.
 *
 * @since 0.1.0
 * @category responses
 */
export const encodeResponse = <N extends Operation.Name>(
  contract: ContractService,
  name: N,
  value: Operation.ResponseOf<N>
): Either.Either<JsonValue, DataInvalid> => {
  const { response } = Operation.operations[name]
  return Schema.encodeEither(
    responseSchema(name),
    all
  )(value).pipe(
    Either.mapLeft(invalid(response.name)),
    Either.map((data) => toWire(contract, response.dto, toJson(data)))
  )
}

const decodeData = <A, I>(
  contract: ContractService,
  dto: Dto & { readonly schema: Schema.Schema<A, I> },
  data: JsonValue
): Either.Either<A, DataInvalid> => decoded(dto.name, dto.schema, fromWire(contract, dto, data))

/**
 * Decodes a message that a verifier has already accepted. An event type the contract does not know gives `Unknown`,
 * never a failure.
 *
 * @since 0.1.0
 * @category notifications
 */
export const decodeNotification = (
  contract: ContractService,
  message: JsonObject
): Either.Either<Notification.Notification, DataInvalid> =>
  Either.flatMap(
    decoded("Notification", Notification.Envelope, message),
    (envelope): Either.Either<Notification.Notification, DataInvalid> => {
      const { Kyc, ThreeDs, Trade, Unknown } = Notification.Notification
      const data = message["data"] ?? null
      const kind = Contract.meaningOf(contract, "eventType", envelope.eventType)
      if (Option.isNone(kind)) {
        return Either.right(Unknown({ envelope, data: Redacted.make(data) }))
      }
      switch (kind.value) {
        case "kyc":
          return Either.map(decodeData(contract, Notification.KycData, data), (data) =>
            Kyc({ envelope, data })
          )
        case "threeDs":
          return Either.map(decodeData(contract, Notification.ThreeDsData, data), (data) =>
            ThreeDs({ envelope, data })
          )
        case "trade":
          return Either.map(decodeData(contract, Notification.TradeData, data), (data) =>
            Trade({ envelope, data })
          )
      }
    }
  )

/**
 * The `data` of a notification, as the sandbox sends it.
 *
 * @since 0.1.0
 * @category notifications
 */
export const encodeNotificationData = <A, I>(
  contract: ContractService,
  dto: Dto & { readonly schema: Schema.Schema<A, I> },
  data: A
): Either.Either<JsonObject, DataInvalid> =>
  Schema.encodeEither(
    dto.schema,
    all
  )(data).pipe(
    Either.mapLeft(invalid(dto.name)),
    Either.flatMap((encoded) => object(dto.name, toWire(contract, dto, toJson(encoded))))
  )
