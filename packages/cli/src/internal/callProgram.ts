/** What `yunmo call` does. */

import type * as FileSystem from "@effect/platform/FileSystem"
import * as CardJournal from "@effect-yunmo/client/CardJournal"
import * as OrderJournal from "@effect-yunmo/client/OrderJournal"
import type * as Raw from "@effect-yunmo/client/Raw"
import * as Yunmo from "@effect-yunmo/client/Yunmo"
import * as Program from "@effect-yunmo/node/Program"
import * as Settings from "@effect-yunmo/node/Settings"
import * as UndiciClient from "@effect-yunmo/node/UndiciClient"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as Operation from "@effect-yunmo/schema/Operation"
import * as RawMessage from "@effect-yunmo/signing/RawMessage"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Answer, print } from "./answer.js"
import * as Failure from "./callFailure.js"
import * as CallSecrets from "./callSecrets.js"
import * as CallWords from "./callWords.js"
import { CommandFailed } from "./failure.js"
import * as Input from "./input.js"
import { time } from "./lines.js"
import * as Message from "./message.js"
import { printable } from "./values.js"
import * as Words from "./words.js"

const failed = (code: string, sentence: string): CommandFailed => new CommandFailed({ code, sentence })

const safetyOf = (values: Words.Values, isOperation: boolean) =>
  Effect.gen(function* () {
    const given = Words.one(values, CallWords.safety)
    if (given !== undefined && isOperation) {
      return yield* Words.usage("The option --safety is for paths; an operation of the table has its own.")
    }
    if (given !== undefined && given !== "read" && given !== "once") {
      return yield* Words.usage("The option --safety expects read or once.")
    }
    return given
  })

/** Read as the signer reads: a key that stands twice, or digits that JavaScript would lose, are not lost. */
const dataOf = (given: string) =>
  Effect.gen(function* () {
    const raw =
      given === "-" || given.startsWith("@")
        ? yield* Input.read(
            given === "-" ? Option.none() : Option.some(given.slice(1)),
            undefined,
            "the data, a JSON object"
          )
        : given
    const read = RawMessage.read(raw, Message.limits)
    return read._tag === "Read"
      ? read.message.value
      : yield* failed(
          "DataInvalid",
          `The data of --data cannot be read as a JSON object, at position ${read.position}: ${read.detail} (${read.reason}).`
        )
  })

const settings = Config.all({
  merchantNo: Settings.merchantNo,
  apiKey: Settings.apiKey,
  secretKey: Settings.secretKey,
  accepted: Settings.accepted,
  baseUrl: Settings.baseUrl,
  contractFile: Settings.contractFile
}).pipe(
  Effect.mapError((error) =>
    failed("SettingInvalid", Program.describe("The call", Cause.fail(error)).trimEnd())
  )
)

const contractOf = (named: string | undefined, set: Option.Option<string>) =>
  Effect.provide(
    Contract.Contract,
    Settings.contractLayer(named === undefined ? set : Option.some(named))
  ).pipe(
    Effect.mapError(({ message, path, reason }) =>
      failed(
        "ContractInvalid",
        named === undefined ? message : `The contract file ${path} (--contract) cannot be used: ${reason}.`
      )
    )
  )

/** Servers often take `/Card/Detail/` for `/card/detail`, and so does the client. */
const same = (path: string): string => path.toLowerCase().replace(/\/+$/, "")

const operationOf = (contract: Contract.ContractService, given: string): CallSecrets.Known | undefined =>
  Operation.all.find(({ name }) => name === given || same(contract.paths[name].path) === same(given))

const answerOf = (
  url: string,
  name: string,
  answer: Raw.Answer,
  told: CallSecrets.Shown,
  msg: string
): Answer => {
  const { code, timestamp } = answer
  const body = JSON.stringify(told.data, undefined, 2).split("\n").map(printable).join("\n")
  const rows = [
    `from  ${url}`,
    `code  ${printable(code)}`,
    `msg   ${printable(msg)}`.trimEnd(),
    ...(timestamp === undefined ? [] : [`time  ${time(timestamp)}`]),
    `data  ${body}`
  ]
  return {
    text: `${rows.join("\n")}\n`,
    json: { operation: name, url, code, msg, timestamp, data: told.data, hidden: told.hidden },
    notes:
      told.hidden === 0
        ? []
        : [
            `${told.hidden === 1 ? "One value is" : `${told.hidden} values are`} hidden; --show-secrets shows ${told.hidden === 1 ? "it" : "them"}.`
          ],
    exitCode: 0
  }
}

/** What may be given up at any moment; the rest is waited for. */
type Interruptible = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const call = (given: string, values: Words.Values, interruptible: Interruptible) =>
  Effect.gen(function* () {
    if (!Operation.isName(given) && !given.startsWith("/")) {
      return yield* CallWords.noSuchOperation(given)
    }
    const chosen = yield* safetyOf(values, Operation.isName(given))
    const source = Words.one(values, CallWords.data) ?? "{}"
    const input = yield* interruptible(dataOf(source))
    const config = yield* settings
    const contract = yield* contractOf(Words.one(values, CallWords.contract), config.contractFile)
    const operation = operationOf(contract, given)
    const name = operation?.name ?? given
    const isRead = operation === undefined ? chosen === "read" : operation.safety === "read"
    const marked = CallSecrets.marked(contract, operation, input)
    const isShown = values.has(CallWords.showSecrets.flag)
    const url = config.baseUrl ?? contract.sandboxUrl
    const sent = Effect.flatMap(Yunmo.Yunmo, (yunmo) =>
      yunmo.call(given, marked.data, { safety: chosen })
    ).pipe(
      Effect.map((outcome): Answer => {
        if (outcome._tag === "Unknown") {
          return Failure.lost(operation, outcome.error)
        }
        const whole = Redacted.value(outcome.value.data)
        return answerOf(
          url,
          name,
          outcome.value,
          isShown ? { data: whole, hidden: 0 } : CallSecrets.shown(contract, operation, whole),
          isShown ? outcome.value.msg : CallSecrets.without(marked.secrets, outcome.value.msg)
        )
      }),
      Effect.catchAll((error) => Effect.succeed(Failure.of(name, operation, isRead, error))),
      Effect.provide(
        Yunmo.layer(config).pipe(
          // Nothing that is written down before it is sent goes by `call`.
          Layer.provide(
            Layer.mergeAll(OrderJournal.layerMemory, CardJournal.layerMemory, UndiciClient.layer)
          ),
          Layer.provide(Layer.succeed(Contract.Contract, contract))
        )
      ),
      Effect.catchTag("BaseUrlInvalid", ({ message }) => failed("BaseUrlInvalid", message)),
      // Standard output has the answer and nothing else.
      Effect.provide(Logger.replace(Logger.defaultLogger, Logger.withConsoleError(Logger.logfmtLogger)))
    )
    // The client lets itself be interrupted while it waits, and so would a child of this fiber.
    const answer = yield* isRead ? interruptible(sent) : Effect.flatMap(Effect.forkDaemon(sent), Fiber.join)
    return marked.fields.length > 0 && source !== "-" && !source.startsWith("@")
      ? {
          ...answer,
          notes: [
            ...(answer.notes ?? []),
            `What stands on the command line can be read by others on this machine: give ${marked.fields.join(", ")} in a file (--data @file) or on standard input (--data -).`
          ]
        }
      : answer
  })

/** What the words behind `yunmo call` come to. */
export const answered = (
  words: ReadonlyArray<string>,
  interruptible: Interruptible = (effect) => effect
): Effect.Effect<Answer, CommandFailed, FileSystem.FileSystem> => {
  if (Words.wantsHelp(words)) {
    const text = CallWords.help()
    return Effect.succeed({ text, json: { help: text }, exitCode: 0 })
  }
  const [given, ...rest] = words
  return given === undefined || given.startsWith("-")
    ? Words.usage(
        `Name the operation, or a path, right behind ${CallWords.command}; see ${CallWords.command} --help.`
      )
    : Effect.flatMap(Words.read(CallWords.command, CallWords.entry, rest), (values) =>
        call(given, values, interruptible)
      )
}

/**
 * Ctrl-C ends a read at once. What may change something is waited for, until its deadline at the latest: whoever gave it up
 * would not know what happened.
 */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void, never, FileSystem.FileSystem> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.zipRight(
      print(words.includes("--json"), answered(words, restore)),
      // A program that was stopped ends with 0 otherwise, whatever the answer was.
      Effect.sync(() => {
        const { exitCode } = process
        process.once("exit", () => {
          process.exitCode = exitCode
        })
      })
    )
  )
