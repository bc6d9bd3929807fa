/** `yunmo call`: any operation, or a path of one's own, against the environment that the settings name. */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

export const name = "call"

/** Loaded when it is wanted: no other command needs the client. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void, never, FileSystem> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/callProgram.js")),
    (program) => program.run(words)
  )

/** For the list of commands: the words behind it are read by a table of their own, see `internal/words.ts`. */
export const command = Command.make(
  name,
  {
    first: Args.text({ name: "operation or path" }),
    rest: Args.text({ name: "option" }).pipe(Args.repeated)
  },
  ({ first, rest }) => run([first, ...rest])
).pipe(Command.withDescription("Calls an operation of the vendor's API. yunmo call --help lists them."))
