import * as Indexes from "./indexes.js"
import type { Generator } from "./random.js"
import type { Time } from "./time.js"
import { tablesOf, type World } from "./world.js"

/** The world at one time, with all that decides how it goes on. */
export interface Snapshot {
  readonly at: number
  readonly restore: () => void
}

export const take = (world: World, random: Generator, time: Time, at: number): Snapshot => {
  const tables = Object.values(tablesOf(world)).map((table) => table.copy())
  const { settings } = world
  const randomState = random.state()
  const clock = time.setting()
  return {
    at,
    restore: () => {
      for (const restore of tables) {
        restore()
      }
      world.settings = settings
      random.resume(randomState)
      time.set(clock)
      Indexes.rebuild(world)
    }
  }
}
