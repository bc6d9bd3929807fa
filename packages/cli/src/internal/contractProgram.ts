/** What `yunmo contract import`, `check` and `show` do. */

import { resolve } from "node:path"
import * as Settings from "@effect-yunmo/node/Settings"
import * as Contract from "@effect-yunmo/schema/Contract"
import * as OpenApi from "@effect-yunmo/schema/OpenApi"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Answer, print } from "./answer.js"
import * as Files from "./contractFiles.js"
import { describe } from "./contractText.js"
import { CommandFailed } from "./failure.js"
import * as Words from "./words.js"

const contract: Words.Option = {
  flag: "--contract",
  value: "file",
  about: "The corrections there are; YUNMO_CONTRACT_FILE, unless given."
}
const choose: Words.Option = {
  flag: "--choose",
  value: "choice",
  about:
    "Decides what the export leaves open; may be given several times: createCustomer=/v1/customer, CustomerAddDto.phone=mobile, orderStatus.2=failed, version=V1.0.",
  repeated: true
}
const json: Words.Option = { flag: "--json", about: "Answers with one JSON object, failures included." }
const part: Words.Option = {
  flag: "--part",
  about:
    "The files are only a part of the documentation: operations that are missing there are no difference."
}
const out: Words.Option = {
  flag: "--out",
  value: "file",
  about: "Where the corrections are written; without it they are printed. A file that is there stays."
}
const acceptRenames: Words.Option = {
  flag: "--accept-renames",
  about: "Takes every rename that is proposed, where all operations that share the object agree."
}

interface Action extends Words.Entry {
  readonly files: boolean
  readonly answer: (
    values: Words.Values,
    files: ReadonlyArray<string>
  ) => Effect.Effect<Answer, CommandFailed>
}

const failed = (code: string, sentence: string): CommandFailed => new CommandFailed({ code, sentence })

/** Somebody has to choose first. */
const undecided = 3

interface InForce {
  readonly path: Option.Option<string>
  readonly overrides: Contract.Overrides
  readonly contract: Contract.ContractService
}

const inForce = (values: Words.Values): Effect.Effect<InForce, CommandFailed> =>
  Effect.gen(function* () {
    const named = Option.fromNullable(Words.one(values, contract))
    const path = Option.isSome(named)
      ? named
      : yield* Effect.mapError(Settings.contractFile, () =>
          failed("Usage", "YUNMO_CONTRACT_FILE is empty; unset it, or name a file.")
        )
    if (Option.isNone(path)) {
      return { path, overrides: {}, contract: Contract.proposed }
    }
    const text = yield* Files.readText(path.value)
    const corrected = yield* Either.mapLeft(Contract.fromJson(text), ({ message }) =>
      failed("ContractInvalid", `${path.value}: ${message}`)
    )
    // Checked a line above, with every problem named.
    const overrides = yield* Effect.mapError(
      Schema.decodeUnknown(Schema.parseJson(Contract.Overrides))(text),
      () => failed("ContractInvalid", `The corrections of ${path.value} cannot be read.`)
    )
    return { path, overrides, contract: corrected }
  })

const surveyed = (values: Words.Values, paths: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const base = yield* inForce(values)
    const words = Words.all(values, choose)
    const choices = yield* Either.mapLeft(OpenApi.choicesOf(words), ({ message }) =>
      failed("ChoiceInvalid", message)
    )
    const files = yield* Files.readAll(paths)
    const exported = yield* Either.mapLeft(OpenApi.read(files), ({ message }) =>
      failed("OpenApiInvalid", message)
    )
    return { base, choices, report: OpenApi.compare(exported, base.contract, choices) }
  })

const importing: Action = {
  name: "import",
  about:
    "Writes the paths of an export as corrections of the contract, and the renames and values that were chosen.",
  options: [out, choose, acceptRenames, contract, json],
  files: true,
  answer: (values, paths) =>
    Effect.gen(function* () {
      const { base, choices, report } = yield* surveyed(values, paths)
      const all = { ...choices, acceptRenames: values.has(acceptRenames.flag) }
      const corrections = OpenApi.toOverrides(report, all, base.overrides)
      if (Either.isLeft(corrections)) {
        const { _tag, message } = corrections.left
        return _tag === "Undecided"
          ? {
              text: OpenApi.format(report),
              json: { error: { code: _tag, message }, report },
              notes: [`${message.slice(0, -1)}: --choose <operation>=<path>. Nothing was written.`],
              exitCode: undecided
            }
          : yield* failed(_tag, message)
      }
      const overrides = corrections.right
      const text = `${JSON.stringify(overrides, undefined, 2)}\n`
      const path = Words.one(values, out)
      const left = report.operations
        .flatMap(({ differences }) => differences)
        .filter(
          ({ dto = "", field = "", found, kind }) =>
            kind === "renamed" && overrides.fields?.[dto]?.[field] !== found
        )
      const notes = [
        ...Option.toArray(base.path).map(
          (file) => `The corrections of ${file} are kept where these do not replace them.`
        ),
        ...(report.operations.length === 0
          ? ["No operation was found in the export, so no path was taken."]
          : []),
        ...(left.length > 0
          ? [
              `${left.length === 1 ? "One field looks" : `${left.length} fields look`} renamed and ${left.length === 1 ? "was" : "were"} left as ${left.length === 1 ? "it is" : "they are"}; yunmo contract check tells which, --accept-renames takes them.`
            ]
          : [])
      ]
      if (path === undefined) {
        return { text, json: { overrides, report }, notes, exitCode: 0 }
      }
      const replaces = Option.exists(base.path, (file) => resolve(file) === resolve(path))
      yield* Files.writeText(path, text, replaces)
      return {
        text: `${path} has the paths of ${report.operations.length} of ${Object.keys(Contract.proposed.paths).length} operations. Set YUNMO_CONTRACT_FILE=${path}, or read it with Contract.layerJson.\n`,
        json: { out: path, overrides, report },
        notes,
        exitCode: 0
      }
    })
}

const checking: Action = {
  name: "check",
  about:
    "Tells how an export differs from the contract. Exit code 0 when it does not, 1 when it does, 3 when operations have to be chosen first.",
  options: [choose, part, contract, json],
  files: true,
  answer: (values, paths) =>
    Effect.gen(function* () {
      const { report } = yield* surveyed(values, paths)
      const differences = OpenApi.count(report, values.has(part.flag))
      return {
        text: OpenApi.format(report),
        json: { differences, ...report },
        exitCode: report.questions.length > 0 ? undecided : differences > 0 ? 1 : 0
      }
    })
}

const showing: Action = {
  name: "show",
  about: "Shows the contract that is in force, and where each piece is known from.",
  options: [contract, json],
  files: false,
  answer: (values) =>
    Effect.map(inForce(values), (base) => ({
      text: describe(base.contract, Option.getOrUndefined(base.path)),
      json: base.contract,
      exitCode: 0
    }))
}

const actions = [importing, checking, showing]

/** The files among the words: what is no option, and no value of one. */
const filesOf = (
  { options }: Action,
  words: ReadonlyArray<string>
): { readonly files: ReadonlyArray<string>; readonly rest: ReadonlyArray<string> } => {
  const files: Array<string> = []
  const rest: Array<string> = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ""
    if (!word.startsWith("-")) {
      files.push(word)
      continue
    }
    rest.push(word)
    const value = words[at + 1]
    if (value !== undefined && options.some((option) => option.flag === word && option.value !== undefined)) {
      rest.push(value)
      at++
    }
  }
  return { files, rest }
}

const about =
  "Corrections of the contract from what the vendor's documentation host exports: OpenAPI 3.0 or 3.1 as JSON or YAML, or Markdown pages that hold it."

/** What the words behind `yunmo contract` come to. */
export const answered = (words: ReadonlyArray<string>): Effect.Effect<Answer, CommandFailed> => {
  const [first, ...others] = words
  if (first === undefined || first === "--help" || first === "-h") {
    return Effect.succeed({
      text: Words.helpOfAll("yunmo contract", "action", about, actions),
      json: {},
      exitCode: 0
    })
  }
  return Effect.gen(function* () {
    const action = yield* Words.find("yunmo contract", "action", actions, first)
    const command = `yunmo contract ${action.name}`
    const usage = action.files ? `${command} <file or folder ...>` : command
    if (Words.wantsHelp(others)) {
      return { text: Words.help(usage, action), json: {}, exitCode: 0 }
    }
    const { files, rest } = filesOf(action, others)
    const values = yield* Words.read(command, action, rest)
    if (action.files !== files.length > 0) {
      return yield* failed(
        "Usage",
        action.files
          ? `Name the exported files, or their folder; see ${command} --help.`
          : `It takes no file but behind --contract; see ${command} --help.`
      )
    }
    return yield* action.answer(values, files)
  })
}

export const run = (words: ReadonlyArray<string>): Effect.Effect<void> =>
  print(words.includes("--json"), answered(words))
