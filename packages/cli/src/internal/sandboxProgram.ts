/** What `yunmo sandbox` runs: the vendor's API on one port of this machine. */

import type { FileSystem } from "@effect/platform/FileSystem"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeServer from "@effect-yunmo/node/NodeServer"
import * as Program from "@effect-yunmo/node/Program"
import * as Shared from "@effect-yunmo/node/Settings"
import * as Sqlite from "@effect-yunmo/node/Sqlite"
import type * as Rules from "@effect-yunmo/sandbox/Rules"
import * as Sandbox from "@effect-yunmo/sandbox/Sandbox"
import type { SandboxInvalid, StoreUnusable } from "@effect-yunmo/sandbox/SandboxError"
import * as SandboxServer from "@effect-yunmo/sandbox/SandboxServer"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { print } from "./answer.js"
import { CommandFailed } from "./failure.js"
import * as FaultPlan from "./faultPlan.js"
import * as RuleWords from "./rules.js"
import * as Flags from "./sandboxFlags.js"

const [development] = Sandbox.development.merchants

/** The same names as the client's and the webhook's, so that one file of settings fits them all. */
const settings = Config.all({
  merchantNo: Config.option(Shared.merchantNo),
  apiKey: Config.option(Shared.apiKey),
  secretKey: Config.option(Shared.secretKey),
  control: Config.option(Config.nonEmptyString("SANDBOX_CONTROL_TOKEN").pipe(Config.map(Redacted.make))),
  contractFile: Shared.contractFile
})

/** A credential that everybody knows guards nothing where others can reach the port. */
class ControlTokenNeeded extends Data.TaggedError("ControlTokenNeeded")<{ readonly host: string }> {
  override get message(): string {
    return `Other machines may reach ${this.host}, and the sandbox's control routes would be open to them; set SANDBOX_CONTROL_TOKEN, or listen on 127.0.0.1 without --allow-remote-control.`
  }
}

/** The settings that are secrets: whether each is set, and what it is otherwise, which is no secret. */
type Secrets = ReadonlyArray<readonly [name: string, isSet: boolean, otherwise: string]>

/** In the log, and where a person looks though nobody reads the log. */
const warnLoudly = (sentence: string): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.logWarning(sentence),
    Effect.sync(() => process.stderr.write(`yunmo: WARNING: ${sentence}\n`))
  )

/** Where its state is: said once it is there, since a file may not open. */
const announceState = (file: string | undefined): Effect.Effect<void> =>
  Effect.logInfo(
    file === undefined
      ? "Its state is in memory and ends with it; --database FILE keeps it."
      : `Its state is kept in ${file}, card numbers and codes readable. A file that was used before goes on as it was: options about seed, clock, rules and faults count at its first start and after a reset.`
  )

/** What a person needs to know before they use it. */
const announce = (flags: Flags.Flags, merchantNo: string, secrets: Secrets): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Effect.logWarning("This is the effect-yunmo sandbox, not YUNMO: no card it makes is real.")
    yield* Effect.logInfo(`It knows the merchant ${merchantNo}.`)
    for (const [name, isSet, otherwise] of secrets) {
      yield* isSet
        ? Effect.logInfo(`${name} is taken from the environment.`)
        : Effect.logWarning(`${name} is not set: it is "${otherwise}", which everybody may know.`)
    }
    if (flags.allowRemoteCallbacks) {
      yield* warnLoudly(
        "Notifications may leave this machine (--allow-remote-callbacks): whoever is at the callback URL reads what they tell of customers and cards, and can guess at the secret key that signs them."
      )
    }
    if (flags.allowRemoteControl) {
      yield* warnLoudly(
        "Other machines may use the control routes (--allow-remote-control): whoever has SANDBOX_CONTROL_TOKEN sees and changes everything, and it travels unencrypted."
      )
    }
  })

/** The rule of an option of its own beside those of `--rule`, which it must not contradict. */
const withShortcut = (
  rules: Rules.Changes,
  name: "settleAfterSeconds" | "kycReviewAfterSeconds",
  option: string,
  given: Duration.Duration | undefined
): Effect.Effect<Rules.Changes, CommandFailed> =>
  given === undefined
    ? Effect.succeed(rules)
    : name in rules
      ? new CommandFailed({
          code: "RuleInvalid",
          sentence: `The rule ${name} and ${option} say the same thing; give one of them.`
        })
      : Effect.succeed({ ...rules, [name]: Duration.toSeconds(given) })

/** The rules and the faults that it starts with. */
const behaviour = (flags: Flags.Flags) =>
  Effect.gen(function* () {
    const given = yield* RuleWords.read(flags.rules)
    const rules = yield* withShortcut(given, "settleAfterSeconds", "--settle-after", flags.settleAfter)
    return {
      rules: yield* withShortcut(rules, "kycReviewAfterSeconds", "--kyc-review-after", flags.kycReviewAfter),
      faults: flags.faults === undefined ? undefined : yield* FaultPlan.fromFile(flags.faults)
    }
  })

/** The database is named by an option here. */
const database = (filename: string) =>
  Layer.catchAll(Sqlite.layer({ filename }), ({ advice, reason }) =>
    Layer.fail(
      new CommandFailed({
        code: "DatabaseUnavailable",
        exitCode: 1,
        sentence: `The database ${filename} (--database) cannot be opened: ${reason}. ${advice ?? "Check that its folder exists and can be written."}`
      })
    )
  )

const sandbox = (flags: Flags.Flags) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { apiKey, contractFile, control, merchantNo, secretKey } = yield* settings
      if ((flags.allowRemoteControl || !NodeServer.isLoopback(flags.host)) && Option.isNone(control)) {
        return yield* new ControlTokenNeeded({ host: flags.host })
      }
      const merchant: Sandbox.MerchantOptions = {
        merchantNo: Option.getOrElse(merchantNo, () => development.merchantNo),
        apiKey: Option.getOrElse(apiKey, () => development.apiKey),
        secretKey: Option.getOrElse(secretKey, () => development.secretKey),
        callbackUrl: flags.callback
      }
      const options: Sandbox.Options = {
        merchants: [merchant],
        control: Option.getOrElse(control, () => Sandbox.development.control),
        seed: flags.seed,
        resend: flags.resend,
        ...(yield* behaviour(flags)),
        clock: {
          frozen: flags.frozen,
          ...(flags.clock === undefined ? {} : { startAt: flags.clock })
        },
        allowRemoteCallbacks: flags.allowRemoteCallbacks,
        allowRemoteControl: flags.allowRemoteControl
      }
      yield* announce(flags, merchant.merchantNo, [
        ["YUNMO_API_KEY", Option.isSome(apiKey), Redacted.value(development.apiKey)],
        ["YUNMO_SECRET_KEY", Option.isSome(secretKey), Redacted.value(development.secretKey)],
        ["SANDBOX_CONTROL_TOKEN", Option.isSome(control), Redacted.value(Sandbox.development.control)]
      ])
      return listening(flags.database).pipe(
        Layer.provide(SandboxServer.layer),
        Layer.provide(
          flags.database === undefined
            ? Sandbox.layer(options)
            : Layer.provide(Sandbox.layerSql(options), database(flags.database))
        ),
        Layer.provide(NodeHttpClient.layer),
        Layer.provide(
          NodeServer.layer({
            host: flags.host,
            port: flags.port,
            settings: { host: "--host", port: "--port" }
          })
        ),
        Layer.provide(Shared.contractLayer(contractFile))
      )
    })
  )

const listening = (file: string | undefined) =>
  Layer.effectDiscard(
    HttpServer.addressWith((address) => {
      const url = NodeServer.urlOf(address)
      return announceState(file).pipe(
        Effect.zipRight(
          Effect.logInfo(
            `Control routes under ${url}/_sandbox, described at ${url}/_sandbox/docs; status page ${url}/_sandbox/.`
          )
        ),
        Effect.zipRight(Program.listening("sandbox", url))
      )
    })
  )

/** Every way in which it does not start, though it was asked rightly. */
export type Failure =
  | ControlTokenNeeded
  | NodeServer.CannotListen
  | Shared.ContractFileInvalid
  | SandboxInvalid
  | StoreUnusable
  | ConfigError

/** Serves until it is stopped. What was asked wrongly ends with 2, what failed with 1. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void, Failure, FileSystem> =>
  Effect.gen(function* () {
    const help = Flags.helpFor(words)
    if (help !== undefined) {
      return yield* print(false, Effect.succeed({ text: help, json: {}, exitCode: 0 }))
    }
    const flags = yield* Flags.read(words)
    yield* Layer.launch(sandbox(flags)).pipe(Effect.provide(Logger.json))
  }).pipe(Effect.catchTag("CommandFailed", (failed) => print(false, failed)))
