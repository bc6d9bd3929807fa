/**
 * The root lists Effect's packages so that pnpm finds there the peers of those that the workspace uses. Nothing imports them
 * at the root, which is no finding. (A name in knip's `ignoreDependencies` would be ignored in every package too.)
 */
import type { Preprocessor } from "knip"

const preprocess: Preprocessor = (data) => {
  const found = data.issues.devDependencies["package.json"] ?? {}
  for (const name of Object.keys(found)) {
    if (name !== "effect" && !name.startsWith("@effect/")) continue
    delete found[name]
    data.counters.devDependencies -= 1
  }
  return data
}

export default preprocess
