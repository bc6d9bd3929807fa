import * as Indexes from "./indexes.js"
import type { Generator } from "./random.js"
import type { Setting } from "./time.js"
import { tablesOf, type World } from "./world.js"

/** The world at one time, with all that decides how it goes on. */
export interface Snapshot {
  readonly at: number
  /** Makes everything as it was, but for the clock. */
  readonly restore: () => void
  /** How the clock was set. */
  readonly clock: Setting
}

export const take = (world: World, random: Generator, clock: Setting, at: number): Snapshot => {
  const tables = Object.values(tablesOf(world)).map((table) => table.copy())
  const { settings } = world
  const randomState = random.state()
  return {
    at,
    clock,
    restore: () => {
      for (const restore of tables) {
        restore()
      }
      world.settings = settings
      random.resume(randomState)
      Indexes.rebuild(world)
    }
  }
}
