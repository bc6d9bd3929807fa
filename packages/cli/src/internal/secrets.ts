/** Where secrets come from: the environment, or a file. Never the command line, which every user of a machine can read. */

import { createReadStream } from "node:fs"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CommandFailed } from "./failure.js"
import { cannotRead } from "./input.js"

const maxBytes = 4096

/** The keys, the signing one first, and what a person should know about how they were read. */
export interface Keys {
  readonly keys: ReadonlyArray<SigningKey.SigningKey>
  readonly notes: ReadonlyArray<string>
}

const settings = Config.all({
  signing: Config.option(Config.redacted("YUNMO_SECRET_KEY")),
  accepted: Config.option(Config.redacted("YUNMO_ACCEPTED_SECRET_KEYS"))
})

const fail = (code: string, sentence: string): CommandFailed => new CommandFailed({ code, sentence })

/** Whatever there is, even with blanks around it. */
export const given = (keyFile: Option.Option<string>): Effect.Effect<Keys, CommandFailed> =>
  Effect.gen(function* () {
    const { accepted, signing } = yield* Effect.mapError(settings, () =>
      fail("SettingInvalid", "The setting YUNMO_SECRET_KEY or YUNMO_ACCEPTED_SECRET_KEYS cannot be read.")
    )
    const file = Option.isSome(keyFile) ? yield* fromFile(keyFile.value) : undefined
    const first = file?.secret ?? Option.getOrUndefined(signing)
    if (first === undefined) {
      return yield* fail(
        "NoSecretKey",
        "There is no secret key; set YUNMO_SECRET_KEY, or name a file that holds it with --key-file."
      )
    }
    const further = Option.match(accepted, {
      onNone: () => [],
      onSome: (list) => Redacted.value(list).split(",")
    })
    return {
      keys: [
        SigningKey.make("signing", first),
        ...further.map((secret, index) => SigningKey.make(`accepted-${index + 1}`, secret))
      ],
      notes: file?.notes ?? []
    }
  })

/** The keys of a ring: none of them empty or with blanks around it. */
export const ring = (keyFile: Option.Option<string>): Effect.Effect<Keys, CommandFailed> =>
  Effect.flatMap(given(keyFile), ({ keys, notes }) => {
    const [signing, ...accepted] = keys
    return signing === undefined
      ? Effect.dieMessage("keys without one that signs")
      : Either.mapBoth(KeyRing.make({ signing, accepted }), {
          onLeft: (invalid) => fail("SecretKeyInvalid", invalid.message),
          onRight: (made) => ({ keys: made.accepted, notes })
        })
  })

/** One line end at its end belongs to the file, as every editor leaves one; anything else is the secret's. */
const fromFile = (
  path: string
): Effect.Effect<
  { readonly secret: Redacted.Redacted<string>; readonly notes: ReadonlyArray<string> },
  CommandFailed
> =>
  Effect.gen(function* () {
    const name = `The key file ${path}`
    const bytes = yield* Effect.tryPromise({
      try: () => readAll(path),
      catch: (cause) => cannotRead(name, cause)
    })
    const text = Option.flatMap(Option.fromNullable(bytes), decode)
    if (Option.isNone(text)) {
      return yield* fail(
        "KeyFileInvalid",
        `${name} holds no secret key (it is too large, or no UTF-8 text); it should hold the key alone.`
      )
    }
    const secret = text.value.replace(/\r?\n$/, "")
    if (secret.trim() === "") {
      return yield* fail("KeyFileInvalid", `${name} is empty; it should hold the key alone.`)
    }
    const notes =
      secret === text.value ? [] : [`The line end at the end of ${path} was left out of the secret key.`]
    return { secret: Redacted.make(secret), notes }
  })

const readAll = async (path: string): Promise<Uint8Array | undefined> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of createReadStream(path)) {
    length += chunk.length
    if (length > maxBytes) {
      return undefined
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A byte order mark is kept: it would be part of the secret, and the ring says so. */
const decode = Option.liftThrowable((bytes: Uint8Array) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
)

/** Hides the secrets in a text that is about something else. */
export const mask = (keys: ReadonlyArray<SigningKey.SigningKey>, text: string): string =>
  keys
    .map(({ secret }) => Redacted.value(secret))
    .flatMap((secret) => [secret, secret.trim()])
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length)
    .reduce((masked, secret) => masked.replaceAll(secret, "<secret>"), text)

/** A secret that was typed where a file belongs is not repeated. */
export const hiding =
  (keys: ReadonlyArray<SigningKey.SigningKey>) =>
  <A, R>(effect: Effect.Effect<A, CommandFailed, R>): Effect.Effect<A, CommandFailed, R> =>
    Effect.mapError(effect, ({ code, sentence }) => fail(code, mask(keys, sentence)))
