/** `yunmo inbox`: what the inbox keeps, for people, and what was set aside, taken up again. */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

export const name = "inbox"

/** Loaded when it is wanted: no other command needs the drivers of databases. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void, never, FileSystem> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/inboxProgram.js")),
    (program) => program.run(words)
  )

/** For the list of commands: the words behind it are read by a table of their own, see `internal/words.ts`. */
export const command = Command.make(
  name,
  {
    first: Args.text({ name: "action" }),
    rest: Args.text({ name: "option" }).pipe(Args.repeated)
  },
  ({ first, rest }) => run([first, ...rest])
).pipe(
  Command.withDescription(
    "Shows what the inbox keeps, and takes up again what was set aside. yunmo inbox --help lists the actions."
  )
)
