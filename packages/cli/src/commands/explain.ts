/** `yunmo explain`: why a signature does not match. */

import * as Command from "@effect/cli/Command"
import * as CliOptions from "@effect/cli/Options"
import * as Explain from "@effect-yunmo/signing/Explain"
import type { SigningKey } from "@effect-yunmo/signing/SigningKey"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Answer, print } from "../internal/answer.js"
import type { CommandFailed } from "../internal/failure.js"
import * as Input from "../internal/input.js"
import { knownFields } from "../internal/knownFields.js"
import * as Message from "../internal/message.js"
import * as Options from "../internal/options.js"
import * as Secrets from "../internal/secrets.js"

const options = {
  file: Options.file,
  keyFile: Options.keyFile,
  exempt: Options.exempt,
  known: CliOptions.text("known").pipe(
    CliOptions.withPseudoName("keys"),
    CliOptions.withDescription(
      "The fields that the signing program knows, with commas between; unless given, those of the vendor's pages."
    ),
    CliOptions.optional
  ),
  compare: CliOptions.text("compare").pipe(
    CliOptions.withPseudoName("file"),
    CliOptions.withDescription(
      "A file with the text that the other side signed, to lay beside the one signed here."
    ),
    CliOptions.optional
  ),
  showText: CliOptions.boolean("show-text").pipe(
    CliOptions.withDescription(
      "Shows the signed text with all its values; a PIN or card number may be among them."
    )
  ),
  json: Options.json
}

type Flags = Command.Command.ParseConfig<typeof options>

const explain = (flags: Flags): Effect.Effect<Answer, CommandFailed> =>
  Effect.gen(function* () {
    const { keys, notes } = yield* Secrets.given(flags.keyFile)
    const raw = yield* Input.read(flags.file).pipe(Secrets.hiding(keys))
    const message = yield* Message.read(raw)
    const known = Option.match(flags.known, {
      onNone: () => knownFields(message),
      onSome: (list) => list.split(",").map((key) => key.trim())
    })
    const explanation = yield* Either.mapLeft(
      Explain.explain(raw, keys, { limits: Message.limits, exempt: flags.exempt, known }),
      Message.unreadable
    )
    const show = { showText: flags.showText }
    const comparison = yield* comparing(flags, keys, explanation)
    const isExplained = explanation.verdict === "Verified" || explanation.causes.length > 0
    return {
      text: [Explain.format(explanation, show), ...comparison.text].join("\n"),
      json: { ...Explain.toJson(explanation, show), ...comparison.json },
      notes: [...notes, ...comparison.notes],
      exitCode: isExplained ? 0 : 1
    }
  })

const nothing = { text: [], json: {}, notes: [] }

const comparing = (
  { compare, showText }: Flags,
  keys: ReadonlyArray<SigningKey>,
  explanation: Explain.Explanation
) =>
  Option.match(compare, {
    onNone: () => Effect.succeed(nothing),
    onSome: (file) =>
      Effect.gen(function* () {
        const bytes = yield* Input.read(Option.some(file)).pipe(Secrets.hiding(keys))
        const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, "")
        const secret = keys
          .map((key) => Redacted.value(key.secret).trim())
          .find((one) => one !== "" && text.endsWith(one))
        const other = Secrets.mask(keys, secret === undefined ? text : text.slice(0, -secret.length))
        const comparison = Explain.compare(explanation.text, other)
        const { equal, keys: at, position } = comparison
        return {
          text: [
            `The text signed here on the left, that of ${file} on the right.`,
            Explain.formatComparison(comparison, { showText })
          ],
          json: {
            comparison: {
              equal,
              position: position ?? null,
              keys: at.map((key) => key ?? null),
              ...(showText ? { rows: Redacted.value(comparison.rows) } : {})
            }
          },
          notes:
            secret === undefined ? [] : [`The secret at the end of ${file} was left out of the comparison.`]
        }
      })
  })

export const command = Command.make("explain", options, (flags) => print(flags.json, explain(flags))).pipe(
  Command.withDescription(
    "Says what is signed, the expected and the received digest, and which mistakes would have made the received one. Exit code 0 when the message verifies or a cause was found, 1 when none was, 2 when it cannot be read. The secrets are taken from YUNMO_SECRET_KEY or --key-file and YUNMO_ACCEPTED_SECRET_KEYS, blanks around them included."
  )
)
