/**
 * Whose notifications a program takes: one merchant, whose number and keys are settings, or several in a file
 * (`YUNMO_MERCHANTS_FILE`), whose keys can change while the program runs.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import type * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as MerchantsFile from "./MerchantsFile.js"
import { environment } from "./Program.js"
import * as Settings from "./Settings.js"

/**
 * One merchant, from settings.
 *
 * @since 0.1.0
 * @category models
 */
export interface One {
  readonly _tag: "One"
  readonly merchantNo: string
  readonly keyRing: KeyRing.KeyRingService
}

/**
 * Those of a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly _tag: "File"
  readonly path: string
}

/**
 * @since 0.1.0
 * @category models
 */
export type MerchantsChoice = One | File

const one = Config.all({ merchantNo: Settings.merchantNo, keyRing: Settings.keyRing })

const names = {
  merchantNo: "YUNMO_MERCHANT_NO",
  secretKey: "YUNMO_SECRET_KEY",
  accepted: "YUNMO_ACCEPTED_SECRET_KEYS"
} as const

/** The settings of one merchant, checked only where no file replaces them, and then all of them at once. */
const check = (
  given: Readonly<Record<keyof typeof names, Option.Option<Redacted.Redacted<string>>>>
): Either.Either<MerchantsChoice, ConfigError.ConfigError> => {
  const provider = environment({
    [names.merchantNo]: Option.getOrUndefined(Option.map(given.merchantNo, Redacted.value)),
    [names.secretKey]: Option.getOrUndefined(Option.map(given.secretKey, Redacted.value)),
    [names.accepted]: Option.getOrUndefined(Option.map(given.accepted, Redacted.value))
  })
  return Either.map(Effect.runSync(Effect.either(provider.load(one))), (merchant) => ({
    _tag: "One",
    ...merchant
  }))
}

/**
 * `YUNMO_MERCHANTS_FILE`, or without it `YUNMO_MERCHANT_NO`, `YUNMO_SECRET_KEY` and `YUNMO_ACCEPTED_SECRET_KEYS`, which the file replaces
 * when both are given.
 *
 * @since 0.1.0
 * @category config
 */
export const config: Config.Config<MerchantsChoice> = Config.all({
  file: Config.option(Config.nonEmptyString("YUNMO_MERCHANTS_FILE")),
  merchantNo: Config.option(Config.redacted(names.merchantNo)),
  secretKey: Config.option(Config.redacted(names.secretKey)),
  accepted: Config.option(Config.redacted(names.accepted))
}).pipe(
  Config.mapOrFail(({ file, ...given }) =>
    Option.match(file, {
      onNone: () => check(given),
      onSome: (path) => Either.right({ _tag: "File", path } as const)
    })
  )
)

/**
 * The merchants of a choice, ready to be provided.
 *
 * @since 0.1.0
 * @category models
 */
export interface Opened {
  readonly merchantNos: ReadonlyArray<string>
  /** The merchants that have a path of their own, by path. */
  readonly merchantPaths: Readonly<Record<string, string>>
  /** Answers SIGHUP for as long as it lives; from a file, it reads that again. */
  readonly layer: Layer.Layer<Merchants.Merchants, Merchants.MerchantsInvalid, FileSystem.FileSystem>
}

/**
 * Reads the file, where it is one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  choice: MerchantsChoice,
  options: Omit<MerchantsFile.Options, "path"> = {}
): Effect.Effect<Opened, MerchantsFile.MerchantsFileInvalid, FileSystem.FileSystem> => {
  if (choice._tag === "One") {
    return Effect.succeed({
      merchantNos: [choice.merchantNo],
      merchantPaths: {},
      layer: Layer.merge(Merchants.layer([choice]), MerchantsFile.layerNothingToReload)
    })
  }
  const { path } = choice
  return Effect.map(MerchantsFile.load({ ...options, path }), (loaded) => ({
    merchantNos: loaded.merchants.map(({ merchantNo }) => merchantNo),
    merchantPaths: Object.fromEntries(
      loaded.merchants.flatMap(({ merchantNo, path }) => (path === undefined ? [] : [[path, merchantNo]]))
    ),
    layer: MerchantsFile.layer({ ...options, path }, loaded)
  }))
}
