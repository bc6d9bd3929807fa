/** The options that the commands reading a message share. */

import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"

export const file = Args.text({ name: "file" }).pipe(
  Args.withDescription("The file that holds the message; without it, or with -, standard input is read."),
  Args.optional
)

export const keyFile = Options.text("key-file").pipe(
  Options.withPseudoName("file"),
  Options.withDescription("The file that holds the secret key, in place of YUNMO_SECRET_KEY."),
  Options.optional
)

export const exempt = Options.text("exempt").pipe(
  Options.withPseudoName("key"),
  Options.withDescription(
    "A field that the operation's own page leaves unsigned; may be given several times."
  ),
  Options.repeated
)

export const json = Options.boolean("json").pipe(
  Options.withDescription("Answers with one JSON object, failures included.")
)
