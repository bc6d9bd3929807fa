/** The command line `yunmo`: a tree of commands, one file each under `commands/`. */

import { readFileSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Program from "@effect-yunmo/node/Program"
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Sandbox from "./commands/sandbox.js"

const { version } = Schema.decodeSync(Schema.parseJson(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

const yunmo = Command.make("yunmo").pipe(
  Command.withDescription("Tools for integrating the YUNMO card-issuing API."),
  Command.withSubcommands([Sandbox.command])
)

const run = Command.run(yunmo, { name: "yunmo", version, executable: "yunmo" })

/** Runs the command that `argv` names. Exits with 0 when it is done or was stopped, with 1 when it failed. */
export const main = (argv: ReadonlyArray<string>): void =>
  Program.main("yunmo", run(argv), {
    // The command line's own complaints are printed where they are found.
    isTold: (cause) => Option.exists(Cause.failureOption(cause), ValidationError.isValidationError)
  })
