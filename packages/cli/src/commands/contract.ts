/** `yunmo contract`: corrections of the contract from the vendor's exported documentation, and what is in force. */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"

export const name = "contract"

/** Loaded when it is wanted: no other command needs a YAML parser. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/contractProgram.js")),
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
    "Reads the vendor's exported documentation: its paths as corrections, and how it differs. yunmo contract --help lists the actions."
  )
)
