/**
 * The words behind `yunmo trigger` and `yunmo inspect`, read by a table. The parser of the other commands writes every nested
 * command with all its options in one line of its help, repeats in its complaints what was typed, and knows no `--json` there.
 */

import * as Either from "effect/Either"
import { CommandFailed } from "./failure.js"

export interface Option {
  readonly flag: `--${string}`
  /** What its value is called; a switch has none. */
  readonly value?: string
  readonly about: string
  readonly required?: boolean
  readonly repeated?: boolean
}

/** What a command of the table looks like from outside. */
export interface Entry {
  readonly name: string
  readonly about: string
  readonly options: ReadonlyArray<Option>
  /** Exactly one of these has to be given. */
  readonly oneOf?: ReadonlyArray<Option>
}

/** What was given for each flag; a switch has the empty text. */
export type Values = ReadonlyMap<string, ReadonlyArray<string>>

export const usage = (sentence: string): CommandFailed => new CommandFailed({ code: "Usage", sentence })

export const one = (values: Values, { flag }: Option): string | undefined => values.get(flag)?.[0]

export const all = (values: Values, { flag }: Option): ReadonlyArray<string> => values.get(flag) ?? []

/** Words that may be told again: what else was typed may be a secret. */
const tellable = (word: string): boolean => /^(?:--)?[a-z0-9][a-z0-9.-]{0,30}$/.test(word)

const wrong = (sentence: string, command: string) => Either.left(usage(`${sentence}; see ${command} --help.`))

/** Finds the command that the first word names. */
export const find = <E extends Entry>(
  command: string,
  noun: string,
  entries: ReadonlyArray<E>,
  word: string | undefined
): Either.Either<E, CommandFailed> => {
  const found = entries.find(({ name }) => name === word)
  return found !== undefined
    ? Either.right(found)
    : wrong(
        word === undefined || word.startsWith("-")
          ? `Name the ${noun} behind ${command}`
          : `There is no ${noun} ${tellable(word) ? word : "of that name"}`,
        command
      )
}

/** Reads the options of a command. */
export const read = (
  command: string,
  { oneOf, options }: Entry,
  words: ReadonlyArray<string>
): Either.Either<Values, CommandFailed> => {
  const values = new Map<string, ReadonlyArray<string>>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ""
    const equals = word.startsWith("--") ? word.indexOf("=") : -1
    const flag = equals === -1 ? word : word.slice(0, equals)
    const option = options.find((option) => option.flag === flag)
    if (option === undefined) {
      return wrong(
        word.startsWith("-")
          ? `There is no option ${tellable(flag) ? flag : "of that name"}`
          : "Every value stands behind the option it belongs to, and one stands alone",
        command
      )
    }
    const before = values.get(flag) ?? []
    if (before.length > 0 && option.repeated !== true) {
      return wrong(`The option ${flag} is given twice`, command)
    }
    if (option.value === undefined) {
      if (equals !== -1) {
        return wrong(`The option ${flag} takes no value`, command)
      }
      values.set(flag, [""])
    } else {
      const value = equals === -1 ? words[++at] : word.slice(equals + 1)
      if (value === undefined || (equals === -1 && value.startsWith("--"))) {
        return wrong(`The option ${flag} wants a value`, command)
      }
      values.set(flag, [...before, value])
    }
  }
  const missing = options.find(({ flag, required }) => required === true && !values.has(flag))
  if (missing !== undefined) {
    return wrong(`The option ${missing.flag} is missing: ${missing.about}`, command)
  }
  if (oneOf !== undefined && oneOf.filter(({ flag }) => values.has(flag)).length !== 1) {
    return wrong(`Give one of ${oneOf.map(({ flag }) => flag).join(", ")}`, command)
  }
  return Either.right(values)
}

export const wantsHelp = (words: ReadonlyArray<string>): boolean =>
  words.some((word) => word === "--help" || word === "-h")

const columns = (rows: ReadonlyArray<readonly [string, string]>): string => {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("")
}

const withValue = ({ flag, value }: Option): string => (value === undefined ? flag : `${flag} ${value}`)

/** The options as one line: `--card id [--remark text]`, with ` | ` between those of which one is wanted. */
export const synopsis = ({ oneOf = [], options }: Entry): string =>
  [
    ...(oneOf.length === 0 ? [] : [oneOf.map(withValue).join(" | ")]),
    ...options
      .filter((option) => !oneOf.includes(option))
      .map((option) =>
        option.required === true
          ? `${withValue(option)}${option.repeated === true ? " ..." : ""}`
          : `[${withValue(option)}]`
      )
  ].join(" ")

/** What `--help` prints for a command of the table. */
export const help = (command: string, entry: Entry): string =>
  `${command} ${synopsis(entry)}\n\n${entry.about}\n\n${columns(
    entry.options.map((option) => [withValue(option), option.about])
  )}`

/** What `--help` prints for the table. */
export const helpOfAll = (
  command: string,
  noun: string,
  about: string,
  entries: ReadonlyArray<Entry>
): string =>
  `${command} <${noun}> [options]\n\n${about}\n\n${columns(
    entries.map(({ about, name }) => [name, about])
  )}\n${command} <${noun}> --help lists the options of each.\n`
