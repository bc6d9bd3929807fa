/**
 * Runs a Node program the way operators expect: settings that are wrong are named all at once and exit with 1, a
 * known failure is one sentence, only a defect prints a stack; SIGTERM and SIGINT stop it cleanly and exit with 0, and once
 * more, a second or longer after the first, end it at once.
 * Logs are JSON lines on stdout, complaints go to stderr.
 *
 * @since 0.1.0
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describeConfigError } from "./internal/configError.js"

/**
 * Settings from the environment. A variable that is set to nothing counts as not set, as it stands in a copied
 * `.env.example`.
 *
 * @since 0.1.0
 * @category config
 */
export const environment = (
  variables: Readonly<Record<string, string | undefined>>
): ConfigProvider.ConfigProvider =>
  ConfigProvider.fromMap(
    new Map(
      Object.entries(variables).flatMap(
        ([name, value]): ReadonlyArray<[string, string]> =>
          value === undefined || value.trim() === "" ? [] : [[name, value]]
      )
    ),
    { pathDelim: "_", seqDelim: "," }
  )

/**
 * What a person is told about a failure: every wrong setting, or one sentence, or for a defect its stack.
 *
 * @since 0.1.0
 * @category errors
 */
export const describe = (app: string, cause: Cause.Cause<unknown>): string =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => `${app} stopped because of a defect; please report it.\n${Cause.pretty(cause)}\n`,
    onSome: (error) =>
      ConfigError.isConfigError(error)
        ? describeConfigError(app, error)
        : `${app}: ${error instanceof Error && error.message !== "" ? error.message : Inspectable.toStringUnknown(error, 0)}\n`
  })

/** The codes by which a shell knows the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

/**
 * How far apart two signals are two wishes, in milliseconds: Ctrl-C reaches a program twice when what started it passes the signal on, and
 * the second of these must not cut the stop short.
 */
const patience = 1000

/** The first signal stops the program in order, which is the runtime's work; one that comes later ends it where it stands. */
const heedSignals = (): void => {
  let first: number | undefined
  const heed = (signal: keyof typeof exitCodes) => () => {
    const now = process.uptime() * 1000
    first ??= now
    if (now - first >= patience) {
      process.stderr.write(`A second ${signal} ended it at once; what was in flight is cut off.\n`)
      process.exit(exitCodes[signal])
    }
  }
  process.on("SIGINT", heed("SIGINT")).on("SIGTERM", heed("SIGTERM"))
}

/**
 * Runs an effect as a whole program: with 0 when it is done or was stopped, with 1 and a word on stderr when it failed.
 *
 * @since 0.1.0
 * @category running
 */
export const main = <A, E>(app: string, effect: Effect.Effect<A, E, NodeContext.NodeContext>): void => {
  heedSignals()
  // What our programs write (databases, logs of their own) holds personal data: it is for their user alone.
  process.umask(0o077)
  NodeRuntime.runMain(
    effect.pipe(
      Effect.tapErrorCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.sync(() => process.stderr.write(describe(app, cause)))
      ),
      Effect.provide(Layer.merge(NodeContext.layer, Layer.setConfigProvider(environment(process.env))))
    ),
    { disableErrorReporting: true, disablePrettyLogger: true }
  )
}

/**
 * A program that is steered by its environment alone was given arguments.
 *
 * @since 0.1.0
 * @category errors
 */
export class ArgumentsUnknown extends Data.TaggedError("ArgumentsUnknown")<{
  readonly app: string
  readonly count: number
}> {
  override get message(): string {
    return `${this.app} takes no arguments, and was given ${this.count}: it reads its settings from the environment, .env.example lists them.`
  }
}

/**
 * Refuses arguments, for a program that has none: one that was meant for somebody else would pass unnoticed.
 *
 * @since 0.1.0
 * @category running
 */
export const noArguments = (app: string): Effect.Effect<void, ArgumentsUnknown> =>
  Effect.suspend(() => {
    const count = process.argv.length - 2
    return count > 0 ? new ArgumentsUnknown({ app, count }) : Effect.void
  })

/**
 * The least level of what is logged: `debug` has a line for each notification that is kept.
 *
 * @since 0.1.0
 * @category config
 */
export const logLevel: Config.Config<LogLevel.LogLevel> = Config.withDefault(
  Config.logLevel("YUNMO_LOG_LEVEL"),
  LogLevel.Info
)

/**
 * Launches a layer as a whole program, with JSON lines as logs, from the level of `YUNMO_LOG_LEVEL` on. It ends when it is
 * stopped or fails.
 *
 * @example
 * ```ts
 * import * as Program from "@effect-yunmo/node/Program"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * Program.run("hello", Layer.effectDiscard(Effect.logInfo("hello")))
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = <E>(app: string, layer: Layer.Layer<never, E, NodeContext.NodeContext>): void =>
  main(
    app,
    Effect.flatMap(logLevel, (level) =>
      Effect.provide(Layer.launch(layer), Layer.merge(Logger.json, Logger.minimumLogLevel(level)))
    )
  )

/**
 * The log line by which a program says that it is at work: `listening` with an address for a server, `started` for a
 * program that listens nowhere.
 *
 * @since 0.1.0
 * @category logging
 */
export const Announcement = Schema.Union(
  Schema.Struct({
    event: Schema.Literal("listening"),
    app: Schema.String,
    /** `http://127.0.0.1:8787`, with the port that was got when 0 was asked for. */
    url: Schema.String,
    pid: Schema.Number
  }),
  Schema.Struct({ event: Schema.Literal("started"), app: Schema.String, pid: Schema.Number })
)

/**
 * @since 0.1.0
 * @category logging
 */
export type Announcement = typeof Announcement.Type

/**
 * Logs that a server accepts connections.
 *
 * @since 0.1.0
 * @category logging
 */
export const listening = (
  app: string,
  url: string,
  message = `${app} listens on ${url}`
): Effect.Effect<void> =>
  Effect.logInfo(message).pipe(Effect.annotateLogs({ event: "listening", app, url, pid: process.pid }))

/**
 * Logs that a program is at work.
 *
 * @since 0.1.0
 * @category logging
 */
export const started = (app: string, message = `${app} has started`): Effect.Effect<void> =>
  Effect.logInfo(message).pipe(Effect.annotateLogs({ event: "started", app, pid: process.pid }))

const LogLine = Schema.parseJson(Schema.Struct({ annotations: Announcement }))

/**
 * Reads a line of a program's output: its announcement, or `None`.
 *
 * @since 0.1.0
 * @category logging
 */
export const readAnnouncement = (line: string): Option.Option<Announcement> =>
  Option.map(Schema.decodeUnknownOption(LogLine)(line), ({ annotations }) => annotations)
