/**
 * The keys of one merchant: one that signs, and all that are accepted when verifying. While a secret is being
 * changed both the old and the new one are accepted, so that no notification is refused on the way.
 *
 * Fails at construction, with the problem named, when a secret is empty or was pasted with blanks or line
 * ends around it.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { configPath } from "./internal/configPath.js"
import { KeyRing, type KeyRingService } from "./internal/keyRing.js"
import { describeSecretProblem, secretProblem } from "./internal/secret.js"
import { KeyRingInvalid } from "./internal/signErrors.js"
import type { SigningKey } from "./SigningKey.js"

// Apart, so that whoever only verifies does not bundle how rings are made.
export { KeyRing, type KeyRingService } from "./internal/keyRing.js"
export type { SigningKey } from "./SigningKey.js"

/**
 * Keys given as values.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly signing: SigningKey
  /** Further keys to accept; the same secret given again is ignored. */
  readonly accepted?: ReadonlyArray<SigningKey> | undefined
}

/**
 * Keys given as config.
 *
 * @since 0.1.0
 * @category options
 */
export interface ConfigOptions {
  /** The secret that signs; its id is `signing`. */
  readonly secretKey: Config.Config<Redacted.Redacted<string>>
  /**
   * Further secrets to accept, with the ids `accepted-1`, `accepted-2` and so on. A single empty one counts
   * as none.
   */
  readonly accepted?: Config.Config<ReadonlyArray<Redacted.Redacted<string>>> | undefined
}

/**
 * Builds a ring, or says which key does not fit. The answer is an `Effect` as well.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Either.Either<KeyRingService, KeyRingInvalid> => {
  const accepted: Array<SigningKey> = []
  for (const key of [options.signing, ...(options.accepted ?? [])]) {
    const secret = Redacted.value(key.secret)
    const problem = secretProblem(secret)
    if (problem !== undefined) {
      return Either.left(new KeyRingInvalid({ reason: problem, keyId: key.id }))
    }
    if (accepted.some((other) => Redacted.value(other.secret) === secret)) {
      continue
    }
    if (accepted.some((other) => other.id === key.id)) {
      return Either.left(new KeyRingInvalid({ reason: "DuplicateId", keyId: key.id }))
    }
    accepted.push(key)
  }
  return Either.right({ signing: options.signing, accepted })
}

/**
 * Keys given as values.
 *
 * @example
 * ```ts
 * import * as KeyRing from "@effect-yunmo/signing/KeyRing"
 * import * as SigningKey from "@effect-yunmo/signing/SigningKey"
 *
 * const keys = KeyRing.layer({ signing: SigningKey.make("test", "1111111111111111") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<KeyRing, KeyRingInvalid> =>
  Layer.effect(KeyRing, make(options))

/**
 * Keys from config. Every problem is a `ConfigError` that names the setting and what is wrong with it, never
 * the secret.
 *
 * @example
 * ```ts
 * import * as KeyRing from "@effect-yunmo/signing/KeyRing"
 * import * as Config from "effect/Config"
 *
 * const keys = KeyRing.layerConfig({
 *   secretKey: Config.redacted("YUNMO_SECRET_KEY"),
 *   accepted: Config.withDefault(Config.array(Config.redacted(), "YUNMO_ACCEPTED_SECRET_KEYS"), [])
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options: ConfigOptions): Layer.Layer<KeyRing, ConfigError.ConfigError> =>
  Layer.effect(
    KeyRing,
    Effect.gen(function* () {
      const [secretKey, accepted] = yield* Config.all([
        checked(options.secretKey),
        options.accepted === undefined ? Config.succeed([]) : checkedAll(options.accepted)
      ])
      const ring = make({
        signing: { id: "signing", secret: secretKey },
        accepted: accepted.map((secret, index) => ({ id: `accepted-${index + 1}`, secret }))
      })
      return yield* Either.mapLeft(ring, (invalid) =>
        ConfigError.InvalidData(configPath(options.secretKey), invalid.message)
      )
    })
  )

const checked = (
  config: Config.Config<Redacted.Redacted<string>>
): Config.Config<Redacted.Redacted<string>> =>
  Config.mapOrFail(config, (secret) => check(config, "the secret key", secret))

const checkedAll = (
  config: Config.Config<ReadonlyArray<Redacted.Redacted<string>>>
): Config.Config<ReadonlyArray<Redacted.Redacted<string>>> =>
  Config.mapOrFail(config, (secrets) => {
    const [first] = secrets
    return secrets.length === 1 && first !== undefined && Redacted.value(first) === ""
      ? Either.right([])
      : Either.all(secrets.map((secret, index) => check(config, `accepted secret key ${index + 1}`, secret)))
  })

const check = (
  config: Config.Config<unknown>,
  subject: string,
  secret: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, ConfigError.ConfigError> => {
  const problem = secretProblem(Redacted.value(secret))
  return problem === undefined
    ? Either.right(secret)
    : Either.left(
        ConfigError.InvalidData(
          configPath(config),
          `${subject} ${describeSecretProblem(problem)}; copy it again from the merchant console, without blanks or line ends`
        )
      )
}
