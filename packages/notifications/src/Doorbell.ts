/**
 * Tells whoever handles notifications that new rows were committed, so that they need not wait for their next look. It is a
 * hint and no more: a ring may be lost or come for nothing, and the inbox alone says what there is to do. So whoever waits
 * for it also looks by themselves now and then.
 *
 * Silent unless a layer says how it rings: {@link layerMemory} inside one process; `@effect-yunmo/node` has it between
 * processes on one SQLite file, and over PostgreSQL's `NOTIFY`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

/**
 * @since 0.1.0
 * @category models
 */
export interface DoorbellService {
  /** Called after a commit. Never fails and never waits: several rings close together may be heard as one. */
  readonly ring: Effect.Effect<void>
  /**
   * One element for each ring heard, or for several of them. Whoever takes it hears every ring from then on: look once
   * after it was taken and before the first element is waited for.
   */
  readonly rings: Effect.Effect<Stream.Stream<void>, never, Scope.Scope>
}

const silent: DoorbellService = { ring: Effect.void, rings: Effect.succeed(Stream.never) }

/**
 * @since 0.1.0
 * @category services
 */
export class Doorbell extends Context.Reference<Doorbell>()("@effect-yunmo/notifications/Doorbell", {
  defaultValue: (): DoorbellService => silent
}) {}

/**
 * Rings inside this process.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<DoorbellService> = Effect.map(PubSub.sliding<void>(1), (rung) => ({
  ring: Effect.asVoid(PubSub.publish(rung, undefined)),
  rings: Effect.map(PubSub.subscribe(rung), (subscription) => Stream.fromQueue(subscription))
}))

/**
 * Rings inside this process.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<never> = Layer.effect(Doorbell, make)
