import type * as Config from "effect/Config"
import * as Predicate from "effect/Predicate"

/**
 * The name under which a config looks its value up, as well as it can be told. Effect puts it into errors of
 * the config itself, but not into those of a check that stands outside `Config.redacted`, and a check inside
 * has its message redacted. Reads Effect's own representation with nothing assumed: if that changes, the
 * error loses its path and keeps its sentence.
 */
export const configPath = (config: Config.Config<unknown>): Array<string> => {
  const path: Array<string> = []
  let step: unknown = config
  for (let depth = 0; depth < 32 && Predicate.isRecord(step); depth++) {
    if (typeof step.name === "string") {
      path.push(step.name)
    }
    step = step.config ?? step.original ?? step.first
  }
  return path
}
