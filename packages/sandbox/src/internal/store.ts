import * as Effect from "effect/Effect"
import type { Generator } from "./random.js"
import type { Time } from "./time.js"
import type { World } from "./world.js"

/** What a store keeps. */
export interface Parts {
  readonly world: World
  readonly random: Generator
  readonly time: Time
}

/** Where the world is kept beyond the end of the process. */
export interface Store {
  /** Keeps what was written since the last time; returns when it is kept. */
  readonly save: Effect.Effect<void>
}

/** The world ends with the process. */
export const none: Store = { save: Effect.void }
