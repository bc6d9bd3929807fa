/** The words of `yunmo call`: its options, its help, and what it says to a name that there is not. */

import * as Operation from "@effect-yunmo/schema/Operation"
import type { Known } from "./callSecrets.js"
import type { CommandFailed } from "./failure.js"
import * as Words from "./words.js"

export const data: Words.Option = {
  flag: "--data",
  value: "json",
  about:
    "The data, a JSON object by the vendor's names; @file reads a file, - standard input. {} unless given."
}
export const safety: Words.Option = {
  flag: "--safety",
  value: "read|once",
  about:
    "Of a path: read is tried again when its answer is lost, once is not (the default). An operation has its own."
}
export const contract: Words.Option = {
  flag: "--contract",
  value: "file",
  about: "The corrections of the contract; YUNMO_CONTRACT_FILE, unless given."
}
export const showSecrets: Words.Option = {
  flag: "--show-secrets",
  about:
    "Shows what is secret in the answer, and the fields that nobody knows; a card number may be among them."
}
const json: Words.Option = { flag: "--json", about: "Answers with one JSON object, failures included." }

export const command = "yunmo call"

export const entry: Words.Entry = {
  name: "call",
  about: `Calls an operation by its name, or a path, in the environment that YUNMO_MERCHANT_NO, YUNMO_API_KEY, YUNMO_SECRET_KEY and
YUNMO_BASE_URL name (the vendor's sandbox without the last), and prints code, msg, time and data of the answer.
Exit code 0 for success, 1 when the vendor answered another code, 2 when it was asked wrongly or there was no answer and
nothing can have happened, 3 when it may have been executed.`,
  options: [data, safety, contract, showSecrets, json]
}

/** The client refuses these: each has a method of its own, which knows more than one answer. */
const isOffered = ({ safety, name }: Known): boolean =>
  safety !== "money" && safety !== "creating" && name !== "login"

export const help = (): string => {
  const names = Operation.all.filter(isOffered)
  const width = Math.max(...names.map(({ name }) => name.length))
  return `${Words.help(`${command} <operation or path>`, entry)}\nOperations:\n${names
    .map(
      ({ name, safety, section, title }) =>
        `  ${name.padEnd(width)}  ${section.padEnd(4)}  ${title} (${safety})\n`
    )
    .join("")}`
}

/** Insertions, deletions and replacements that make one word of the other. */
const distance = (from: string, to: string): number => {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [at, letter] of Array.from(from).entries()) {
    const next = [at + 1]
    for (let column = 1; column <= to.length; column++) {
      next.push(
        Math.min(
          (next[column - 1] ?? 0) + 1,
          (row[column] ?? 0) + 1,
          (row[column - 1] ?? 0) + (to.charAt(column - 1) === letter ? 0 : 1)
        )
      )
    }
    row = next
  }
  return row.at(-1) ?? 0
}

/** The word itself is not repeated: it may be a secret that slipped. */
export const noSuchOperation = (word: string): CommandFailed => {
  const meant = word.slice(0, 40).toLowerCase()
  const [nearest] = Operation.all
    .map(({ name }) => ({ name, away: distance(meant, name.toLowerCase()) }))
    .sort((a, b) => a.away - b.away)
  return Words.usage(
    nearest !== undefined && nearest.away <= 4
      ? `There is no operation of that name; did you mean ${nearest.name}? See ${command} --help.`
      : `There is no operation of that name, and a path begins with / (as in /card/label); see ${command} --help.`
  )
}
