/** `yunmo verify`: whether a message's signature holds, and how. */

import * as Command from "@effect/cli/Command"
import * as CliOptions from "@effect/cli/Options"
import * as Verifier from "@effect-yunmo/signing/Verifier"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Answer, print } from "../internal/answer.js"
import type { CommandFailed } from "../internal/failure.js"
import * as Input from "../internal/input.js"
import * as Message from "../internal/message.js"
import * as Options from "../internal/options.js"
import * as Secrets from "../internal/secrets.js"

const options = {
  file: Options.file,
  keyFile: Options.keyFile,
  exempt: Options.exempt,
  strict: CliOptions.boolean("strict").pipe(
    CliOptions.withDescription("Refuses a message whose signature fits other messages too.")
  ),
  json: Options.json
}

type Flags = Command.Command.ParseConfig<typeof options>

const verify = (flags: Flags): Effect.Effect<Answer, CommandFailed> =>
  Effect.gen(function* () {
    const { keys, notes } = yield* Secrets.ring(flags.keyFile)
    const raw = yield* Input.read(flags.file).pipe(Secrets.hiding(keys))
    const result = Verifier.verifyWith(keys, raw, {
      limits: Message.limits,
      exempt: flags.exempt,
      ambiguity: flags.strict ? "refuse" : "flag"
    })
    if (Either.isRight(result)) {
      const { collision, keyId, nested } = result.right
      const ambiguity = [...new Set(result.right.ambiguity.map(({ reason }) => reason))]
      const flagged =
        ambiguity.length === 0
          ? ""
          : `Other messages could be signed alike (${ambiguity.join(", ")}): do not act on it without a look.\n`
      return {
        text: `valid: key ${keyId}, nested values ${nested}, keys in both parts ${collision}\n${flagged}`,
        json: { valid: true, keyId, nested, collision, ambiguity },
        notes,
        exitCode: 0
      }
    }
    const error = result.left
    if (error._tag === "UnreadableMessage") {
      return yield* Message.unreadable(error)
    }
    const { keyIds, message, reason } = error
    return {
      text: `invalid: ${message}${reason === "Mismatch" ? " `yunmo explain` looks for the cause." : ""}\n`,
      json: { valid: false, reason, message, keyIds },
      notes,
      exitCode: 1
    }
  })

export const command = Command.make("verify", options, (flags) => print(flags.json, verify(flags))).pipe(
  Command.withDescription(
    "Verifies a message over its raw bytes: exit code 0 when it holds, 1 when it does not, 2 when it cannot be read. The secret is taken from YUNMO_SECRET_KEY or --key-file, further accepted ones from YUNMO_ACCEPTED_SECRET_KEYS."
  )
)
