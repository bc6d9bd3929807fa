/** The command line `yunmo`: a tree of commands, one file each under `commands/`. */

import { readFileSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Program from "@effect-yunmo/node/Program"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Explain from "./commands/explain.js"
import * as Sandbox from "./commands/sandbox.js"
import * as Sign from "./commands/sign.js"
import * as Verify from "./commands/verify.js"
import { exitWith, print } from "./internal/answer.js"
import * as Usage from "./internal/usage.js"

const { version } = Schema.decodeSync(Schema.parseJson(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

const yunmo = Command.make("yunmo").pipe(
  Command.withDescription("Tools for integrating the YUNMO card-issuing API."),
  Command.withSubcommands([Sign.command, Verify.command, Explain.command, Sandbox.command])
)

const run = Command.run(yunmo, { name: "yunmo", version, executable: "yunmo" })

/**
 * Runs the command that `argv` names. Exits with 0 when it is done or was stopped, with 1 when it failed; the commands that
 * read a message have codes of their own.
 */
export const main = (argv: ReadonlyArray<string>): void => {
  const words = argv.slice(2)
  const problem = Usage.problem(words)
  const told = run([...argv.slice(0, 2), ...Usage.normal(words)]).pipe(
    // The command line's own complaints are printed where they are found.
    Effect.catchIf(
      (error) => ValidationError.isValidationError(error) && Usage.isCommand(words[0]),
      () => exitWith(2)
    )
  )
  Program.main("yunmo", problem === undefined ? told : print(Usage.wantsJson(words), Effect.fail(problem)), {
    isTold: (cause) => Option.exists(Cause.failureOption(cause), ValidationError.isValidationError)
  })
}
