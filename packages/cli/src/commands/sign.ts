/** `yunmo sign`: a message with its `sign` filled in, every other character as it was. */

import * as Command from "@effect/cli/Command"
import * as CliOptions from "@effect/cli/Options"
import * as CanonicalText from "@effect-yunmo/signing/CanonicalText"
import * as Digest from "@effect-yunmo/signing/Digest"
import * as Nonce from "@effect-yunmo/signing/Nonce"
import type * as RawMessage from "@effect-yunmo/signing/RawMessage"
import { SigningRefused } from "@effect-yunmo/signing/SigningError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Answer, print } from "../internal/answer.js"
import { CommandFailed } from "../internal/failure.js"
import * as Input from "../internal/input.js"
import * as Message from "../internal/message.js"
import * as Options from "../internal/options.js"
import * as Secrets from "../internal/secrets.js"

const options = {
  file: Options.file,
  keyFile: Options.keyFile,
  exempt: Options.exempt,
  nested: CliOptions.choice("nested", ["omit", "compactJson"]).pipe(
    CliOptions.withDescription("How objects and arrays are signed; without it they are refused."),
    CliOptions.optional
  ),
  text: CliOptions.boolean("text").pipe(
    CliOptions.withDescription(
      "Prints only the text that is signed, without the secret, which is not needed."
    )
  ),
  digest: CliOptions.boolean("digest").pipe(CliOptions.withDescription("Prints only the signature.")),
  json: Options.json
}

type Flags = Command.Command.ParseConfig<typeof options>

const refused = (refusal: SigningRefused): CommandFailed =>
  new CommandFailed({ code: refusal.reason, sentence: refusal.message })

/** What the signer refuses too: values on which implementations disagree. */
const blankField = (
  { data, envelope }: RawMessage.RawMessage,
  exempt: ReadonlyArray<string>
): SigningRefused | undefined => {
  for (const [part, fields] of [["envelope", envelope] as const, ["data", data] as const]) {
    for (const { key, kind, text } of fields) {
      if (key === "sign" || key === "token" || exempt.includes(key)) {
        continue
      }
      const field = `${part}.${shownKey(key)}`
      if (kind === "string" && text !== "" && text.trim() === "") {
        return new SigningRefused({ reason: "BlankString", field })
      }
      if ((kind === "object" || kind === "array") && /^.\s*.$/s.test(text)) {
        return new SigningRefused({ reason: "EmptyNested", field })
      }
    }
  }
  return undefined
}

const canonical = (
  message: RawMessage.RawMessage,
  { exempt, nested }: Flags
): Either.Either<string, CommandFailed> => {
  const blank = blankField(message, exempt)
  if (blank !== undefined) {
    return Either.left(refused(blank))
  }
  const result = CanonicalText.make(message, {
    exempt,
    nested: Option.getOrElse(nested, () => "refuse" as const)
  })
  return result._tag === "Text"
    ? Either.right(result.text)
    : Either.left(refused(new SigningRefused({ reason: result.reason, field: partOf(message, result.key) })))
}

const partOf = ({ data }: RawMessage.RawMessage, key: string): string =>
  `${data.some((field) => field.key === key) ? "data" : "envelope"}.${shownKey(key)}`

/** Anything can stand in a key's place, a card number included: only what looks like a name is shown. */
const shownKey = (key: string): string =>
  /^[A-Za-z_][\w-]{0,63}$/.test(key) && !/\d{6}/.test(key) ? key : `(key of ${key.length} characters)`

/** Nonce and time for a message that has none. */
const fill = (message: RawMessage.RawMessage) =>
  Effect.gen(function* () {
    const isEmpty = (key: string): boolean =>
      message.envelope.every((field) => field.key !== key || field.text === "")
    const filled: Array<readonly [key: string, value: string]> = []
    if (isEmpty("nonce")) {
      filled.push(["nonce", JSON.stringify(yield* Nonce.next)])
    }
    if (isEmpty("requestTime")) {
      filled.push(["requestTime", String(yield* Clock.currentTimeMillis)])
    }
    return filled
  })

const sign = (flags: Flags): Effect.Effect<Answer, CommandFailed> =>
  Effect.gen(function* () {
    if (flags.text && flags.digest) {
      return yield* new CommandFailed({
        code: "Usage",
        sentence: "The options --text and --digest exclude each other; give one of them."
      })
    }
    if (flags.text) {
      const text = yield* canonical(yield* Message.read(yield* Input.read(flags.file)), flags)
      return { text: `${text}\n`, json: { text }, exitCode: 0 }
    }
    const { keys, notes } = yield* Secrets.ring(flags.keyFile)
    const given = yield* Message.read(yield* Input.read(flags.file).pipe(Secrets.hiding(keys)))
    // Of what is made here nothing would be seen beside a bare signature.
    const filled = flags.digest ? [] : yield* fill(given)
    const body = filled.length === 0 ? given.text : Message.withFields(given.text, filled)
    const text = yield* canonical(yield* Message.read(body), flags)
    const [key] = keys
    const digest = Digest.make(text, key === undefined ? "" : Redacted.value(key.secret))
    if (flags.digest) {
      return { text: `${digest}\n`, json: { sign: digest }, notes, exitCode: 0 }
    }
    const message = Message.withFields(body, [["sign", JSON.stringify(digest)]])
    return {
      text: message.endsWith("\n") ? message : `${message}\n`,
      json: { message, sign: digest, text, filled: filled.map(([name]) => name) },
      notes,
      exitCode: 0
    }
  })

export const command = Command.make("sign", options, (flags) => print(flags.json, sign(flags))).pipe(
  Command.withDescription(
    "Prints a message with its sign filled in, and with a nonce and a requestTime where it has none; every other character stays. The secret is taken from YUNMO_SECRET_KEY or --key-file. Exit code 2 when nothing was signed."
  )
)
