/**
 * Several merchants with their keys in a JSON file, read again when it changes and on SIGHUP: so keys change without a restart and
 * without a refusal. What is read is checked in whole before it replaces anything; a file that cannot be used leaves the
 * keys before it in use, and says so in the log and in a metric until it is mended.
 *
 * ```json
 * { "merchants": [
 *   { "merchantNo": "BU078255558", "secretKeys": ["…", "…"] },
 *   { "merchantNo": "BU000000001", "path": "/yunmo/second",
 *     "secretKeys": [{ "id": "2026-11", "file": "second.key" }, { "id": "2026-05", "secret": "…" }] }
 * ] }
 * ```
 *
 * The first key of a merchant signs, all of them are accepted. A key's file holds the secret and at most one line end; its name is
 * relative to the folder of the merchants file.
 *
 * @since 0.1.0
 */
import { dirname, resolve } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Merchants from "@effect-yunmo/notifications/Merchants"
import * as KeyRing from "@effect-yunmo/signing/KeyRing"
import * as SigningKey from "@effect-yunmo/signing/SigningKey"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import { type KeyEntry, type MerchantEntry, read } from "./internal/merchantsJson.js"

/**
 * A merchant of the file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Merchant extends Merchants.Entry {
  /** The path of this merchant's own callback URL. */
  readonly path: string | undefined
}

/**
 * What was read.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loaded {
  readonly merchants: ReadonlyArray<Merchant>
  /** The file itself and the files of keys, as absolute paths. */
  readonly files: ReadonlyArray<string>
  /** Which of them users other than the owner and its group may read. */
  readonly exposed: ReadonlyArray<string>
}

/**
 * The file cannot be read or used. The problems name merchant and field, never a secret.
 *
 * @since 0.1.0
 * @category errors
 */
export class MerchantsFileInvalid extends Data.TaggedError("MerchantsFileInvalid")<{
  readonly path: string
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return `The merchants file ${this.path} (YUNMO_MERCHANTS_FILE) cannot be used: ${this.problems.join("; ")}.`
  }
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly path: string
  /** Paths that no merchant may have: those that mean something already. */
  readonly takenPaths?: ReadonlyArray<string> | undefined
  /** How often to look whether a file has changed; every 2 seconds unless set. */
  readonly interval?: Duration.DurationInput | undefined
}

/**
 * How often the file was read again, by `outcome`: `replaced`, or `refused` when it could not be used.
 *
 * @since 0.1.0
 * @category metrics
 */
export const reloads = Metric.counter("yunmo_merchants_reloads_total", {
  description: "How often the merchants file was read again, by outcome",
  incremental: true
})

/**
 * 1 while the file on disk cannot be used and older keys are in use, else 0.
 *
 * @since 0.1.0
 * @category metrics
 */
export const broken = Metric.gauge("yunmo_merchants_file_broken", {
  description: "1 while the merchants file cannot be used and the keys read before it are in use"
})

/**
 * When the keys in use were read, in seconds since 1970.
 *
 * @since 0.1.0
 * @category metrics
 */
export const loadedAt = Metric.gauge("yunmo_merchants_loaded_timestamp_seconds", {
  description: "When the merchants and keys in use were read, in seconds since 1970"
})

const unreadable = (reason: string): string =>
  reason === "NotFound" ? "does not exist" : `cannot be read (${reason})`

const readText = (path: string): Effect.Effect<Either.Either<string, string>, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path)).pipe(
    Effect.mapError((error) =>
      unreadable(error._tag === "SystemError" ? error.reason : "no file has this path")
    ),
    Effect.either
  )

const isExposed = (path: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.stat(path)).pipe(
    // Windows has no such bits, and reports them as set.
    Effect.map(({ mode }) => process.platform !== "win32" && (mode & 0o007) !== 0),
    Effect.orElseSucceed(() => false)
  )

const keyFile = (path: string, key: KeyEntry): string | undefined =>
  "file" in key ? resolve(dirname(path), key.file) : undefined

const ring = (
  path: string,
  { keys, merchantNo }: MerchantEntry
): Effect.Effect<KeyRing.KeyRingService, ReadonlyArray<string>, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const read = yield* Effect.forEach(keys, (key, index) =>
      Effect.gen(function* () {
        const where = `merchant ${merchantNo}: secretKeys[${index}]`
        const file = keyFile(path, key)
        const text = "secret" in key ? Either.right(key.secret) : yield* readText(file ?? "")
        return text.pipe(
          Either.mapLeft((problem) => `${where} names the file ${file}, which ${problem}`),
          Either.map((secret) => ("file" in key ? secret.replace(/\r?\n$/, "") : secret)),
          Either.flatMap((secret) => {
            const made = SigningKey.make(
              key.id ?? (index === 0 ? "signing" : `accepted-${index}`),
              Redacted.make(secret)
            )
            return Either.mapBoth(KeyRing.make({ signing: made }), {
              onLeft: ({ reason }) =>
                `${where} ${reason === "DuplicateId" ? "has an id given twice" : unusable}`,
              onRight: () => made
            })
          })
        )
      })
    )
    const problems = read.flatMap((key) => (Either.isLeft(key) ? [key.left] : []))
    const [signing, ...accepted] = read.flatMap((key) => (Either.isRight(key) ? [key.right] : []))
    if (problems.length > 0 || signing === undefined) {
      return yield* Effect.fail(problems)
    }
    return yield* Either.mapLeft(KeyRing.make({ signing, accepted }), ({ message }) => [
      `merchant ${merchantNo}: ${message.replace(/\.$/, "")}`
    ])
  })

const unusable = "is empty, or has blanks or line ends around it: copy it again from the merchant console"

/**
 * Reads the file and the files of keys that it names.
 *
 * @since 0.1.0
 * @category reading
 */
export const load = (options: Options): Effect.Effect<Loaded, MerchantsFileInvalid, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const path = resolve(options.path)
    const invalid = (problems: ReadonlyArray<string>) =>
      new MerchantsFileInvalid({ path: options.path, problems })
    const text = yield* Effect.flatMap(
      readText(path),
      Either.mapLeft((problem) => invalid([`it ${problem}`]))
    )
    const { entries, problems } = read(text, options.takenPaths ?? [])
    const rings = yield* Effect.forEach(entries, (entry) => Effect.either(ring(path, entry)))
    const all = [...problems, ...rings.flatMap((made) => (Either.isLeft(made) ? made.left : []))]
    if (all.length > 0) {
      return yield* invalid(all)
    }
    const merchants = entries.flatMap(({ merchantNo, path: own }, index) => {
      const made = rings[index]
      return made !== undefined && Either.isRight(made)
        ? [{ merchantNo, keyRing: made.right, path: own }]
        : []
    })
    const files = [path, ...entries.flatMap(({ keys }) => keys.flatMap((key) => keyFile(path, key) ?? []))]
    return { merchants, files, exposed: yield* Effect.filter(files, isExposed) }
  })

const warnExposed = ({ exposed }: Loaded): Effect.Effect<void> =>
  Effect.forEach(
    exposed,
    (file) => Effect.logWarning(`Every user of this machine may read the secrets in ${file}: chmod 600 it.`),
    { discard: true }
  )

const told = ({ merchants }: Loaded): string =>
  merchants
    .map(({ keyRing, merchantNo }) => `${merchantNo} (${keyRing.accepted.map(({ id }) => id).join(", ")})`)
    .join("; ")

const paths = ({ merchants }: Loaded): string =>
  merchants.map(({ merchantNo, path = "" }) => `${merchantNo} ${path}`).join("\n")

const markLoaded = Effect.flatMap(Clock.currentTimeMillis, (now) =>
  Effect.zipRight(Metric.set(loadedAt, now / 1000), Metric.set(broken, 0))
)

/** Tells one state of the files from another, also where a symbolic link was turned to another file. */
const stampOf = (files: ReadonlyArray<string>): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.map(
    Effect.forEach(files, (file) =>
      Effect.flatMap(FileSystem.FileSystem, (system) => system.stat(file)).pipe(
        Effect.map(({ ino, mtime, size }) =>
          [
            Option.getOrElse(ino, () => 0),
            size,
            Option.match(mtime, { onNone: () => 0, onSome: (time) => time.getTime() })
          ].join(":")
        ),
        Effect.orElseSucceed(() => "none")
      )
    ),
    (stamps) => stamps.join("\n")
  )

/** Runs the effect with every SIGHUP, which otherwise would end the process. */
const onHangup = (effect: Effect.Effect<void>) =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) => {
    const listener = () => void Runtime.runFork(runtime)(effect)
    return Effect.acquireRelease(
      Effect.sync(() => process.on("SIGHUP", listener)),
      () => Effect.sync(() => process.off("SIGHUP", listener))
    )
  })

/**
 * What was read, in a `Merchants` whose content is replaced whenever the file or a file of keys changes, and on SIGHUP, for as long as
 * the scope lives. Paths are those of the start: a change of them is told as one that needs a restart.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options,
  first: Loaded
): Layer.Layer<Merchants.Merchants, Merchants.MerchantsInvalid, FileSystem.FileSystem> =>
  Layer.scoped(
    Merchants.Merchants,
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const merchants = yield* Merchants.make(first.merchants)
      yield* warnExposed(first)
      yield* markLoaded
      let inUse = first
      let stamp = yield* stampOf(first.files)
      /** Why the files as they are now cannot be used. */
      let refusal: string | undefined
      const turn = yield* Effect.makeSemaphore(1)

      const reload = (why: string, unchanged = false) =>
        Effect.gen(function* () {
          // Taken before the file is read: a change in between is seen as one next time.
          stamp = yield* stampOf(inUse.files)
          const next = yield* load(options)
          yield* merchants.replace(next.merchants)
          yield* warnExposed(next)
          yield* markLoaded
          yield* Metric.increment(Metric.tagged(reloads, "outcome", "replaced"))
          yield* Effect.logInfo(`Merchants and keys were replaced: ${told(next)}`).pipe(
            Effect.annotateLogs({ event: "merchantsReplaced", why })
          )
          if (paths(next) !== paths(first)) {
            yield* Effect.logWarning(
              "The merchants' paths have changed, which takes effect with a restart only."
            )
          }
          // Files that are new have to be watched from here on.
          stamp = next.files.join() === inUse.files.join() ? stamp : yield* stampOf(next.files)
          inUse = next
          refusal = undefined
        }).pipe(
          Effect.catchAll(({ message }) => {
            const told = unchanged && message === refusal
            refusal = message
            return Effect.logError(`The keys in use are kept: ${message}`).pipe(
              Effect.annotateLogs({ event: "merchantsRefused", why }),
              Effect.zipRight(Metric.set(broken, 1)),
              Effect.zipRight(Metric.increment(Metric.tagged(reloads, "outcome", "refused"))),
              Effect.unless(() => told)
            )
          }),
          turn.withPermits(1),
          Effect.provideService(FileSystem.FileSystem, files)
        )

      yield* onHangup(reload("SIGHUP"))
      yield* stampOf(inUse.files).pipe(
        Effect.provideService(FileSystem.FileSystem, files),
        // What it takes to mend a file need not show in the file: a key beside it that was missing, who may read it.
        Effect.flatMap((now) =>
          now === stamp && refusal === undefined
            ? Effect.void
            : Effect.delay(reload("the file changed", now === stamp), "100 millis")
        ),
        Effect.delay(options.interval ?? "2 seconds"),
        Effect.forever,
        Effect.forkScoped
      )
      return merchants
    }).pipe(Effect.withSpan("MerchantsFile.layer"))
  )

/**
 * For a program whose keys are settings: SIGHUP, which otherwise would end it, is answered with a word on where keys that
 * change belong.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNothingToReload: Layer.Layer<never> = Layer.scopedDiscard(
  onHangup(
    Effect.logWarning(
      "SIGHUP reads merchants and keys again, and here they are settings, which need a restart: move them to a file and name it in YUNMO_MERCHANTS_FILE."
    )
  )
)
