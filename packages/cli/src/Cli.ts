/** The command line `yunmo`: a tree of commands, one file each under `commands/`. */

import { readFileSync } from "node:fs"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Program from "@effect-yunmo/node/Program"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Call from "./commands/call.js"
import * as ContractCommand from "./commands/contract.js"
import * as Control from "./commands/control.js"
import * as Explain from "./commands/explain.js"
import * as Inbox from "./commands/inbox.js"
import * as Sandbox from "./commands/sandbox.js"
import * as Sign from "./commands/sign.js"
import * as Verify from "./commands/verify.js"
import { exitWith, print } from "./internal/answer.js"
import * as Usage from "./internal/usage.js"
import * as Words from "./internal/words.js"

const { version } = Schema.decodeSync(Schema.parseJson(Schema.Struct({ version: Schema.String })))(
  readFileSync(new URL("../package.json", import.meta.url), "utf8")
)

const yunmo = Command.make("yunmo").pipe(
  Command.withDescription("Tools for integrating the YUNMO card-issuing API."),
  Command.withSubcommands([
    Sign.command,
    Verify.command,
    Explain.command,
    Sandbox.command,
    Control.trigger,
    Control.inspect,
    Call.command,
    ContractCommand.command,
    Inbox.command
  ])
)

/** The parser's own list has every option of a command in the command's line. */
const overview = Words.helpOfAll(
  "yunmo",
  "command",
  "Tools for integrating the YUNMO card-issuing API.\nyunmo --version prints the version, yunmo --completions bash, fish, sh or zsh a script for that shell.",
  [
    { name: "sign", about: "Prints a message with its sign filled in." },
    { name: "verify", about: "Verifies the signature of a message over its raw bytes." },
    { name: "explain", about: "Says why the signature of a message does not match." },
    { name: "sandbox", about: "Serves the vendor's API on this machine, with signed notifications." },
    { name: "trigger", about: "Makes something happen in a running sandbox." },
    { name: "inspect", about: "Shows what is in a running sandbox, and what happened there." },
    { name: "call", about: "Calls an operation of the vendor's API, or a path, in any environment." },
    { name: "contract", about: "Corrects the contract from the vendor's exported documentation." },
    { name: "inbox", about: "Shows what the inbox keeps, and takes up again what was set aside." }
  ].map((command) => ({ ...command, options: [] }))
)

const run = Command.run(yunmo, { name: "yunmo", version, executable: "yunmo" })

/**
 * Runs the command that `argv` names. Exits with 0 when it is done or was stopped, with 1 when it failed, with 2 when it was
 * asked wrongly; the commands that read a message, those that ask a sandbox, and `call` have codes
 * of their own.
 */
export const main = (argv: ReadonlyArray<string>): void => {
  const words = argv.slice(2)
  const [name, ...rest] = words
  if (Control.isName(name)) {
    Program.main("yunmo", Control.run(name, rest))
    return
  }
  if (name === Call.name) {
    Program.main("yunmo", Call.run(rest))
    return
  }
  if (name === ContractCommand.name) {
    Program.main("yunmo", ContractCommand.run(rest))
    return
  }
  if (name === Inbox.name) {
    Program.main("yunmo", Inbox.run(rest))
    return
  }
  if (Sandbox.isName(name)) {
    Program.main("yunmo", Sandbox.run(rest))
    return
  }
  if (name === undefined || name === "--help" || name === "-h") {
    Program.main("yunmo", print(false, Effect.succeed({ text: overview, json: {}, exitCode: 0 })))
    return
  }
  const problem = Usage.problem(words)
  const told = run([...argv.slice(0, 2), ...Usage.normal(words)]).pipe(
    // The command line's own complaints are printed where they are found.
    Effect.catchIf(ValidationError.isValidationError, () => exitWith(2))
  )
  Program.main("yunmo", problem === undefined ? told : print(Usage.wantsJson(words), Effect.fail(problem)))
}
