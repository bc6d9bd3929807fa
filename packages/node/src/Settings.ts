/**
 * The settings that our Node programs share, as `Config`. Read all of a program's settings with one `Config.all`:
 * then everything that is wrong is named at once.
 *
 * @since 0.1.0
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as BaseUrl from "@effect-yunmo/client/BaseUrl"
import type * as Credentials from "@effect-yunmo/client/Credentials"
import * as AtRest from "@effect-yunmo/notifications/AtRest"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Ids from "@effect-yunmo/schema/Ids"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as DatabaseChoice from "./DatabaseChoice.js"
import { deriveTokenKey, readKey } from "./internal/atRestKey.js"

/**
 * `YUNMO_MERCHANT_NO`.
 *
 * @since 0.1.0
 * @category config
 */
export const merchantNo: Config.Config<Ids.MerchantNo> = Config.string("YUNMO_MERCHANT_NO").pipe(
  Config.mapOrFail((text) =>
    Either.mapLeft(Schema.decodeUnknownEither(Ids.MerchantNo)(text), () =>
      // `Config` itself puts the name before the path of what is refused right behind a primitive.
      ConfigError.InvalidData([], "has blanks around it")
    )
  )
)

const pastedSecret = (name: string): Config.Config<Redacted.Redacted<string>> =>
  Config.mapOrFail(Config.redacted(name), (secret) => checkSecret(name, secret))

/** A key ring refuses what was pasted with blanks or line ends; so the check is asked of one. */
const checkSecret = (
  name: string,
  secret: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, ConfigError.ConfigError> =>
  KeyRing.make({ signing: SigningKey.make(name, secret) }).pipe(
    Either.mapBoth({
      onLeft: (invalid) => ConfigError.InvalidData([name], invalid.message),
      onRight: () => secret
    })
  )

/**
 * `YUNMO_API_KEY`.
 *
 * @since 0.1.0
 * @category config
 */
export const apiKey: Config.Config<Redacted.Redacted<string>> = pastedSecret("YUNMO_API_KEY")

/**
 * `YUNMO_SECRET_KEY`.
 *
 * @since 0.1.0
 * @category config
 */
export const secretKey: Config.Config<Redacted.Redacted<string>> = pastedSecret("YUNMO_SECRET_KEY")

const acceptedSecretKeys = Config.redacted("YUNMO_ACCEPTED_SECRET_KEYS").pipe(
  Config.map((list) => Redacted.value(list).split(",")),
  Config.mapOrFail((secrets) =>
    Either.all(secrets.map((secret) => checkSecret("YUNMO_ACCEPTED_SECRET_KEYS", Redacted.make(secret))))
  ),
  Config.withDefault([])
)

/**
 * `YUNMO_ACCEPTED_SECRET_KEYS` as the client takes them: further live keys while one is changed, with the API key in use.
 *
 * @since 0.1.0
 * @category config
 */
export const accepted: Config.Config<ReadonlyArray<Credentials.Keys>> = Config.map(
  acceptedSecretKeys,
  (secrets) => secrets.map((secret) => ({ secretKey: secret }))
)

/**
 * `YUNMO_SECRET_KEY` signs and is accepted; the keys of `YUNMO_ACCEPTED_SECRET_KEYS` are accepted beside it.
 *
 * @since 0.1.0
 * @category config
 */
export const keyRing: Config.Config<KeyRing.KeyRingService> = Config.all({
  signing: secretKey,
  accepted: acceptedSecretKeys
}).pipe(
  Config.mapOrFail(({ accepted, signing }) =>
    KeyRing.make({
      signing: SigningKey.make("signing", signing),
      accepted: accepted.map((secret, index) => SigningKey.make(`accepted-${index + 1}`, secret))
    }).pipe(
      Either.mapLeft((invalid) => ConfigError.InvalidData(["YUNMO_ACCEPTED_SECRET_KEYS"], invalid.message))
    )
  )
)

/**
 * `YUNMO_BASE_URL`: `https://…`, or `http://` on loopback. When not set, the client takes the contract's sandbox, which is
 * the vendor's; production has to be given, since no page names it.
 *
 * @since 0.1.0
 * @category config
 */
export const baseUrl: Config.Config<BaseUrl.BaseUrl | undefined> = Config.string("YUNMO_BASE_URL").pipe(
  Config.mapOrFail((url) =>
    Either.mapLeft(BaseUrl.fromText(url), (invalid) => ConfigError.InvalidData([], invalid.reason))
  ),
  Config.option,
  Config.map(Option.getOrUndefined)
)

/**
 * `YUNMO_DATABASE`: the path of the SQLite file that webhook and worker share, or the `postgres://` URL of their database. For
 * `Database.layer`. What is wrong with it is told without quoting it.
 *
 * @since 0.1.0
 * @category config
 */
export const database: Config.Config<DatabaseChoice.DatabaseChoice> = Config.nonEmptyString(
  "YUNMO_DATABASE"
).pipe(
  Config.mapOrFail((text) =>
    Either.mapLeft(DatabaseChoice.fromText(text), (problem) => ConfigError.InvalidData([], problem))
  )
)

const atRestKey = (text: string, index: number): Either.Either<AtRest.Key, ConfigError.ConfigError> =>
  Either.fromNullable(readKey(text), () =>
    ConfigError.InvalidData(
      ["YUNMO_AT_REST_KEYS"],
      `holds at place ${index + 1} what is not 32 bytes as 64 hexadecimal digits or as Base64; make one with \`openssl rand -hex 32\``
    )
  )

/**
 * `YUNMO_AT_REST_KEYS`: the keys under which the database holds what is secret, separated by commas, for `AtRest`. The first
 * encrypts, all decrypt. Each is 32 bytes, as 64 hexadecimal digits or as Base64, with its id and a colon before it
 * (`2026-11:…`), or alone: then its id is a digest of it. None when it is not set.
 *
 * @since 0.1.0
 * @category config
 */
export const atRestKeys: Config.Config<ReadonlyArray<AtRest.Key>> = Config.redacted(
  "YUNMO_AT_REST_KEYS"
).pipe(
  Config.mapOrFail((list) => Either.all(Redacted.value(list).split(",").map(atRestKey))),
  Config.mapOrFail((keys) =>
    Either.mapBoth(AtRest.make({ keys }), {
      onLeft: ({ problem }) => ConfigError.InvalidData(["YUNMO_AT_REST_KEYS"], `is wrong: ${problem}`),
      onRight: () => keys
    })
  ),
  Config.withDefault([])
)

/**
 * Encrypts the inbox's messages with the keys of {@link atRestKeys}; without any they stand as they came, and the inbox says so.
 *
 * @since 0.1.0
 * @category layers
 */
export const atRestLayer = (keys: ReadonlyArray<AtRest.Key>): Layer.Layer<never, AtRest.AtRestInvalid> =>
  keys.length === 0 ? Layer.empty : AtRest.layer({ keys })

/**
 * The key of the token store (`SqlTokenStore`), made from the first of `YUNMO_AT_REST_KEYS` by HKDF-SHA-256, so that one
 * setting does for both and neither use weakens the other. `None` when there is none: then there is no store.
 *
 * @since 0.1.0
 * @category config
 */
export const tokenKey: Config.Config<Option.Option<Redacted.Redacted<string>>> = Config.map(
  atRestKeys,
  ([first]) => Option.map(Option.fromNullable(first), ({ key }) => deriveTokenKey(key))
)

/**
 * `YUNMO_CONTRACT_FILE`, when there are corrections.
 *
 * @since 0.1.0
 * @category config
 */
export const contractFile: Config.Config<Option.Option<string>> = Config.option(
  Config.nonEmptyString("YUNMO_CONTRACT_FILE")
)

/**
 * The file of corrections cannot be read or used.
 *
 * @since 0.1.0
 * @category errors
 */
export class ContractFileInvalid extends Data.TaggedError("ContractFileInvalid")<{
  readonly path: string
  /** Why, and what to do about it, as the end of a sentence. */
  readonly reason: string
}> {
  override get message(): string {
    return `The contract file ${this.path} (YUNMO_CONTRACT_FILE) cannot be used: ${this.reason}.`
  }
}

/**
 * The contract with the corrections of the file, or the proposed one.
 *
 * @since 0.1.0
 * @category layers
 */
export const contractLayer = (
  file: Option.Option<string>
): Layer.Layer<Contract.Contract, ContractFileInvalid, FileSystem.FileSystem> =>
  Option.match(file, {
    onNone: () => Layer.succeed(Contract.Contract, Contract.proposed),
    onSome: (path) =>
      Layer.unwrapEffect(
        Effect.gen(function* () {
          const files = yield* FileSystem.FileSystem
          const json = yield* files.readFileString(path)
          return Layer.succeed(Contract.Contract, yield* Contract.fromJson(json))
        }).pipe(
          Effect.catchTags({
            ContractInvalid: ({ problems }) =>
              Effect.fail(
                new ContractFileInvalid({ path, reason: `${problems.join("; ")}; correct the named entries` })
              ),
            SystemError: ({ reason }) =>
              Effect.fail(
                new ContractFileInvalid({
                  path,
                  reason:
                    reason === "NotFound"
                      ? "there is no such file; check the path"
                      : `it cannot be read (${reason}); check that it is a file this user may read`
                })
              ),
            BadArgument: () =>
              Effect.fail(new ContractFileInvalid({ path, reason: "no file can have this path" }))
          })
        )
      )
  })
