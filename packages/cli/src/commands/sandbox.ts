/** `yunmo sandbox`: the vendor on this machine, as a server of its own. */

import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Failure } from "../internal/sandboxProgram.js"
import * as Values from "../internal/values.js"

const duration = (name: string, about: string) =>
  Options.text(name).pipe(
    Options.withPseudoName("duration"),
    Options.withDescription(about),
    Options.filterMap(Values.duration, `The option --${name} expects ${Values.durationExpected}.`),
    Options.optional
  )

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
  database: Options.text("database").pipe(
    Options.withPseudoName("file"),
    Options.withDescription(
      "A SQLite file that keeps the state; without it, the state ends with the sandbox."
    ),
    Options.optional
  ),
  clock: Options.text("clock").pipe(
    Options.withPseudoName("instant"),
    Options.withDescription("When the sandbox's clock starts, 2026-03-01T09:30:00Z say; now unless given."),
    Options.filterMap(Values.instant, `The option --clock expects ${Values.instantExpected}.`),
    Options.optional
  ),
  frozen: Options.boolean("frozen").pipe(
    Options.withDescription("The clock stands still until it is moved by yunmo trigger clock.")
  ),
  rules: Options.text("rule").pipe(
    Options.withPseudoName("name=value"),
    Options.withDescription(
      "How strict and how fast it is, checkSignature=off say; may be given several times. yunmo inspect rules lists the rules of a running sandbox."
    ),
    Options.repeated
  ),
  faults: Options.text("faults").pipe(
    Options.withPseudoName("file"),
    Options.withDescription("A JSON file with the plan of a bad day, or - for standard input."),
    Options.optional
  ),
  settleAfter: duration("settle-after", "How long a balance adjustment is pending; 250 millis unless given."),
  kycReviewAfter: duration(
    "kyc-review-after",
    "After how long a submitted KYC passes by itself; reviewed by hand unless given."
  ),
  resend: Options.text("resend").pipe(
    Options.withPseudoName("durations"),
    Options.withDescription(
      'The waits before a notification is sent again, "1 second, 5 seconds" say; the last one repeats.'
    ),
    Options.filterMap(
      Values.durations,
      'The option --resend expects durations with commas between, "1 second, 5 seconds" say.'
    ),
    Options.optional
  ),
  allowRemoteCallbacks: Options.boolean("allow-remote-callbacks").pipe(
    Options.withDescription("Lets notifications leave this machine.")
  ),
  allowRemoteControl: Options.boolean("allow-remote-control").pipe(
    Options.withDescription("Lets other machines use the control routes; wants SANDBOX_CONTROL_TOKEN set.")
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
    "Serves the vendor's API on this machine, with signed notifications. YUNMO_MERCHANT_NO, YUNMO_API_KEY, YUNMO_SECRET_KEY and SANDBOX_CONTROL_TOKEN are taken from the environment, with values for development where they are not set."
  )
)
