/** `pnpm chaos <scenario>`: each scenario is one subcommand, prints one report, and exits with 1 when anything is not as promised. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Program from "@effect-yunmo/node/Program"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as DiskFull from "./DiskFull.js"
import * as Receive from "./Receive.js"
import * as Report from "./Report.js"
import * as Rotation from "./Rotation.js"

/** There is no file to be written at the path of `--report`. */
class ReportNotWritten extends Data.TaggedError("ReportNotWritten")<{
  readonly file: string
  readonly reason: string
}> {
  override get message(): string {
    return `The report cannot be written to ${this.file} (${this.reason}); it was printed instead.`
  }
}

const exitWith = (code: number): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })

const seed = Options.integer("seed").pipe(
  Options.withDescription(
    "Repeats the load and the moments of harm; one is chosen and printed when not given."
  ),
  Options.optional
)

const file = Options.text("report").pipe(
  Options.withPseudoName("file"),
  Options.withDescription("Where the report goes; standard output when not given."),
  Options.optional
)

const whole = (name: string, about: string) =>
  Options.integer(name).pipe(
    Options.filterMap(
      (n) => (n >= 0 ? Option.some(n) : Option.none()),
      `The option --${name} wants a whole number, 0 or more.`
    ),
    Options.withDescription(about),
    Options.optional
  )

const seeded = Option.match({
  onNone: () => Random.nextIntBetween(1, 1_000_000_000),
  onSome: (given: number) => Effect.succeed(given)
})

/** Printed or written; its verdict is the exit code. */
const tell = (report: Report.Report, to: Option.Option<string>) =>
  Effect.gen(function* () {
    const text = Report.toMarkdown(report)
    yield* Option.match(to, {
      onNone: () => Console.log(text),
      onSome: (path) =>
        Effect.flatMap(FileSystem.FileSystem, (files) => files.writeFileString(path, text)).pipe(
          Effect.tapError(() => Console.log(text)),
          Effect.mapError((error) => new ReportNotWritten({ file: path, reason: error.message }))
        )
    })
    yield* exitWith(report.differences.length === 0 ? 0 : 1)
  })

/** Notifications, and kills of the webhook. */
const scales = {
  pr: { count: 2_000, kills: 6 },
  nightly: { count: 100_000, kills: 20 },
  release: { count: 1_000_000, kills: 100 }
}

const receive = Command.make(
  "receive",
  {
    seed,
    file,
    scale: Options.choiceWithValue("scale", [
      ["pr", scales.pr],
      ["nightly", scales.nightly],
      ["release", scales.release]
    ]).pipe(
      Options.withDescription(
        "pr: 2,000 notifications and 6 kills; nightly: 100,000 and 20; release: 1,000,000 and 100."
      ),
      Options.withDefault(scales.pr)
    ),
    count: whole("count", "Different notifications, in place of the scale's."),
    kills: whole("kills", "Kills of the webhook (SIGKILL), in place of the scale's."),
    postgres: Options.boolean("postgres").pipe(
      Options.withDescription("On a PostgreSQL of its own, which is stopped and started, too.")
    ),
    encrypted: Options.boolean("encrypted").pipe(
      Options.withDescription("The rows are encrypted under a key.")
    ),
    entry: Options.file("entry", { exists: "yes" }).pipe(
      Options.withDescription(
        "The built entry point of another receiver, which takes the settings of apps/webhook and announces itself as that does."
      ),
      Options.optional
    ),
    stops: Options.map(
      whole("stops", "Stops of PostgreSQL; 5 when not given."),
      Option.getOrElse(() => 5)
    )
  },
  ({ count, encrypted, entry, file, kills, postgres, scale, seed, stops }) =>
    Effect.gen(function* () {
      const options: Receive.Options = {
        seed: yield* seeded(seed),
        count: Option.getOrElse(count, () => scale.count),
        kills: Option.getOrElse(kills, () => scale.kills),
        stops: postgres ? stops : 0,
        postgres,
        encrypted,
        entry: Option.getOrUndefined(entry)
      }
      yield* Console.error(`chaos: receive with seed ${options.seed}`)
      yield* tell(Receive.report(yield* Receive.run(options)), file)
    })
).pipe(
  Command.withDescription(
    "Notifications to the webhook, which is killed at random: no OK without its row afterwards."
  )
)

const diskFull = Command.make(
  "disk-full",
  {
    seed,
    file,
    folder: Options.directory("folder", { exists: "yes" }).pipe(
      Options.withDescription(
        "An empty folder on a small file system of its own, which will be filled to the last byte. When not given, the size of the process's files is limited."
      ),
      Options.optional
    )
  },
  ({ file, folder, seed }) =>
    Effect.gen(function* () {
      const options: DiskFull.Options = { seed: yield* seeded(seed), folder }
      yield* tell(DiskFull.report(yield* DiskFull.run(options)), file)
    })
).pipe(
  Command.withDescription(
    "The disk fills up under the webhook: 503 in place of OK, and back to work with the space."
  )
)

const rotation = Command.make(
  "rotation",
  { seed, file, count: whole("count", "Notifications in each of the three phases; 500 when not given.") },
  ({ count, file, seed }) =>
    Effect.gen(function* () {
      const options = { seed: yield* seeded(seed), count: Option.getOrElse(count, () => 500) }
      yield* tell(Rotation.report(yield* Rotation.run(options)), file)
    })
).pipe(Command.withDescription("The secret key is changed while notifications come in: none is refused."))

const chaos = Command.make("chaos").pipe(
  Command.withDescription(
    "The reference apps as real processes, done harm while they work. Exits with 1 when a promise broke."
  ),
  Command.withSubcommands([receive, diskFull, rotation])
)

const run = Command.run(chaos, { name: "chaos", version: "0.0.0", executable: "pnpm chaos" })

/** Exits with 0 when every promise held, with 1 when one did not, with 2 when it was asked wrongly. */
export const main = (argv: ReadonlyArray<string>): void =>
  Program.main(
    "chaos",
    // Without a scenario there is nothing to do: the help says which there are.
    run(argv.length > 2 ? argv : [...argv, "--help"]).pipe(
      // The command line's own complaints are printed where they are found.
      Effect.catchIf(ValidationError.isValidationError, () => exitWith(2))
    )
  )
