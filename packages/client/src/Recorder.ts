/**
 * Writes down what the vendor answers, for `Recorded` to answer it again. What the contract calls secret (tokens, card
 * numbers, PINs, encrypted data, links), and every field it does not know, never gets into a recording; ids, names and
 * amounts do, so record with test customers.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { recordWith } from "./internal/recorder.js"
import type { Recording } from "./Recorded.js"

/**
 * Some answers cannot stand in a recording, so it would answer in another order than the vendor did.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotRecorded extends Data.TaggedError("NotRecorded")<{
  readonly problems: ReadonlyArray<{
    /** Its name; the path where it has none. */
    readonly operation: string
    readonly problem: string
  }>
}> {
  override get message(): string {
    const list = this.problems.map(({ operation, problem }) => `${operation} ${problem}`)
    return `Not everything could be recorded: ${list.join("; ")}.`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RecorderService {
  /** What was answered so far, logins left out; calls that are still under way count as `lost`. */
  readonly recording: Effect.Effect<Recording, NotRecorded>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Recorder extends Context.Tag("@effect-yunmo/client/Recorder")<Recorder, RecorderService>() {}

/**
 * The `HttpClient` it is given, with everything that passes through written down. Put it between that and `Yunmo`.
 *
 * @example
 * ```ts
 * import * as Recorder from "@effect-yunmo/client/Recorder"
 * import * as Effect from "effect/Effect"
 *
 * // After the run, in its scope: a text for a file, read again by the schema `Recorded.Recording`.
 * const text = Effect.flatMap(Recorder.Recorder, ({ recording }) => recording).pipe(
 *   Effect.map((recording) => JSON.stringify(recording, null, 2))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient | Recorder, never, HttpClient.HttpClient> =
  Layer.effectContext(
    Effect.gen(function* () {
      const contract = yield* Contract.Contract
      const { http, recorded } = yield* recordWith(contract, yield* HttpClient.HttpClient)
      const recording = Effect.flatMap(recorded, ({ problems, recording }) =>
        problems.length > 0 ? new NotRecorded({ problems }) : Effect.succeed(recording)
      )
      return Context.make(HttpClient.HttpClient, http).pipe(Context.add(Recorder, { recording }))
    })
  )
