import * as Effect from "effect/Effect"
import { ensureDurable } from "./durability.js"
import { migrate } from "./migrations.js"

/** What must hold before a table of this package is used. */
export const prepare = Effect.zipRight(ensureDurable, migrate)
