/** `yunmo sandbox`: the vendor on this machine, as a server of its own. */

import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Failure } from "../internal/sandboxProgram.js"

const options = {
  port: Options.integer("port").pipe(
    Options.filterMap(
      (port) => (port >= 0 && port <= 65_535 ? Option.some(port) : Option.none()),
      "A port is a number from 0 to 65535."
    ),
    Options.withDescription("The port to listen on; 0 takes a free one."),
    Options.withDefault(8788)
  ),
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on."),
    Options.withDefault("127.0.0.1")
  ),
  callback: Options.text("callback").pipe(
    Options.withPseudoName("url"),
    Options.withDescription("Where notifications go; until there is a place, they wait."),
    Options.optional
  ),
  seed: Options.text("seed").pipe(
    Options.withDescription("The same seed gives the same ids, card numbers and nonces."),
    Options.optional
  ),
  settleAfter: Options.text("settle-after").pipe(
    Options.withPseudoName("duration"),
    Options.withDescription('How long a balance adjustment is pending, "2 seconds" say.'),
    Options.filterMap(
      (text) => Duration.decodeUnknown(text),
      'Write a duration such as "250 millis" or "2 seconds".'
    ),
    Options.withDefault(Duration.millis(250))
  ),
  allowRemoteCallbacks: Options.boolean("allow-remote-callbacks").pipe(
    Options.withDescription("Lets notifications leave this machine.")
  )
}

export type Flags = Command.Command.ParseConfig<typeof options>

/** Loaded when it is wanted: the other commands start in half the time without it. */
const sandbox = (flags: Flags): Effect.Effect<never, Failure, FileSystem> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/sandboxProgram.js")),
    ({ launch }) => launch(flags)
  )

export const command = Command.make("sandbox", options, sandbox).pipe(
  Command.withDescription(
    "Serves the vendor's API from memory, with signed notifications. YUNMO_MERCHANT_NO, YUNMO_API_KEY, YUNMO_SECRET_KEY and SANDBOX_CONTROL_TOKEN are taken from the environment, with values for development where they are not set."
  )
)
