/**
 * Recorded answers, for tests: a vendor that answers each operation with what was written down for it, in order. Nothing
 * leaves the process and no time is needed, so it goes with `TestClock`. For a vendor with a state take the sandbox.
 *
 * It is strict. A call that nothing is recorded for, or that is not signed and filled as the vendor asks, is a defect with
 * an {@link UnexpectedCall} in it: it ends the test, whatever errors the program under test recovers from. Recorded data
 * that does not fit the contract fails the layer with {@link RecordingInvalid}.
 *
 * `Recorder` writes such a recording down from a real run.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { JsonValue } from "@effect-yunmo/schema/Codec"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as CardJournal from "./CardJournal.js"
import { type Player, play, problemsOf } from "./internal/recorded.js"
import * as OrderJournal from "./OrderJournal.js"
import * as Yunmo from "./Yunmo.js"

const Json: Schema.Schema<JsonValue> = Schema.suspend(() =>
  Schema.Union(
    Schema.Null,
    Schema.Boolean,
    Schema.JsonNumber,
    Schema.String,
    Schema.Array(Json),
    Schema.Record({ key: Schema.String, value: Json })
  )
)

/**
 * What the vendor answers (SPEC 1.1), with `data` by the names of the contract in use.
 *
 * @since 0.1.0
 * @category models
 */
export const Envelope = Schema.Struct({
  code: Schema.String,
  msg: Schema.optionalWith(Schema.String, { exact: true }),
  /** Epoch milliseconds. */
  timestamp: Schema.optionalWith(Schema.Number, { exact: true }),
  data: Schema.optionalWith(Json, { exact: true })
})
/**
 * @since 0.1.0
 * @category models
 */
export type Envelope = typeof Envelope.Type

/**
 * What becomes of a call: an envelope, another HTTP status than 200, or `lost`, where the connection ends and nobody knows
 * whether the call was executed.
 *
 * @since 0.1.0
 * @category models
 */
export const Answer = Schema.Union(
  Schema.Literal("lost"),
  Schema.Struct({ status: Schema.Int.pipe(Schema.between(201, 599)) }),
  Envelope
)
/**
 * @since 0.1.0
 * @category models
 */
export type Answer = typeof Answer.Type

/**
 * The answers of each operation, in the order in which they are given. Plain JSON: keep it in a file, and read it with this
 * schema. `login` needs none: unless some are recorded, each login gives a token.
 *
 * @since 0.1.0
 * @category models
 */
export const Recording = Schema.partialWith(
  Schema.Record({
    key: Schema.Literal(...Operation.all.map(({ name }) => name)),
    value: Schema.Array(Answer)
  }),
  { exact: true }
)
/**
 * @since 0.1.0
 * @category models
 */
export type Recording = typeof Recording.Type

/**
 * A success.
 *
 * @since 0.1.0
 * @category constructors
 */
export const success = (data: JsonValue): Envelope => ({ code: "200", msg: "success", data })

/**
 * A refusal, by the vendor's code: `refusal("4000004", "customer code exists")`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refusal = (code: string, msg = ""): Envelope => ({ code, msg, data: null })

/**
 * A call that nothing is recorded for, or that the vendor would not take. A defect: fix the program, or the recording.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedCall extends Data.TaggedError("UnexpectedCall")<{
  /** Its name; the path where it has none. */
  readonly operation: string
  readonly problem: string
}> {
  override get message(): string {
    return `The recording cannot answer ${this.operation}: ${this.problem}.`
  }
}

/**
 * Recorded data that no answer of the vendor's could hold under the contract in use. All that is wrong is named.
 *
 * @since 0.1.0
 * @category errors
 */
export class RecordingInvalid extends Data.TaggedError("RecordingInvalid")<{
  readonly problems: ReadonlyArray<{
    /** `getCardDetail[0].data.status`. */
    readonly path: string
    readonly problem: string
  }>
}> {
  override get message(): string {
    const list = this.problems.map(({ path, problem }) => `${path} ${problem}`)
    return `The recording does not fit the contract: ${list.join("; ")}.`
  }
}

/**
 * A call that was answered.
 *
 * @since 0.1.0
 * @category models
 */
export type Call = {
  readonly [N in Operation.Name]: { readonly operation: N; readonly input: Operation.RequestOf<N> }
}[Operation.Name]

/**
 * @since 0.1.0
 * @category models
 */
export interface RecordedService {
  /** What was called, in order, logins included. */
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** What is recorded and was not asked for. Look at the end of a test whether anything is left. */
  readonly left: Effect.Effect<Recording>
}

/**
 * What happened to a recording.
 *
 * @since 0.1.0
 * @category services
 */
export class Recorded extends Context.Tag("@effect-yunmo/client/Recorded")<Recorded, RecordedService>() {}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The merchant whose requests are expected. */
  readonly merchantNo: Ids.MerchantNo
  /** What they have to be signed with. */
  readonly secretKey: Redacted.Redacted<string>
}

const make = (recording: Recording, options: Options): Effect.Effect<Player, RecordingInvalid> =>
  Effect.gen(function* () {
    const contract = yield* Contract.Contract
    const problems = yield* problemsOf(contract, recording)
    return problems.length > 0
      ? yield* new RecordingInvalid({ problems })
      : yield* play({ contract, recording, ...options }, (operation, problem) =>
          Effect.die(new UnexpectedCall({ operation, problem }))
        )
  })

/**
 * An `HttpClient` that answers from the recording, for a `Yunmo` layer of your own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = (
  recording: Recording,
  options: Options
): Layer.Layer<HttpClient.HttpClient | Recorded, RecordingInvalid> =>
  Layer.effectContext(
    Effect.map(make(recording, options), ({ calls, http, left }) =>
      Context.make(HttpClient.HttpClient, http).pipe(Context.add(Recorded, { calls, left }))
    )
  )

const merchant = {
  merchantNo: Ids.MerchantNo.make("BU000000001"),
  apiKey: Redacted.make("recorded-api-key"),
  secretKey: Redacted.make("recorded-secret-key"),
  baseUrl: "https://recorded.invalid"
}

/**
 * All that a program asks of the vendor: `Yunmo`, answered from the recording, with journals in memory.
 *
 * @example
 * ```ts
 * import * as Recorded from "@effect-yunmo/client/Recorded"
 *
 * const vendor = Recorded.layer({
 *   createCustomer: [Recorded.refusal("4000004"), Recorded.success({ customerId: "AU079126648" })],
 *   getCardDetail: ["lost", Recorded.success({ cardId: "CD1", status: "ACTIVE", balance: "25.00" })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  recording: Recording
): Layer.Layer<
  Yunmo.Yunmo | Recorded | OrderJournal.OrderJournal | CardJournal.CardJournal,
  RecordingInvalid
> =>
  Layer.orDie(Yunmo.layer(merchant)).pipe(
    Layer.provideMerge(Layer.merge(OrderJournal.layerMemory, CardJournal.layerMemory)),
    Layer.provideMerge(layerHttpClient(recording, merchant))
  )
