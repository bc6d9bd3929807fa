/**
 * What is wrong with the words of a command line, in a sentence. The parser's own complaints repeat what was typed, which
 * may be a secret, and take an option without a value for a file.
 */

import { CommandFailed } from "./failure.js"

/** The options of the commands that read a message; those that want a value are told apart. */
const flags = {
  sign: { plain: ["--text", "--digest", "--json"], valued: ["--key-file", "--nested", "--exempt"] },
  verify: { plain: ["--strict", "--json"], valued: ["--key-file", "--exempt"] },
  explain: { plain: ["--show-text", "--json"], valued: ["--key-file", "--exempt", "--known", "--compare"] }
}

const everywhere = ["--help", "-h", "--version", "--wizard"]
const everywhereValued = ["--completions", "--log-level"]

/** Whether this is a command that reads a message. */
const isCommand = (name: string | undefined): name is keyof typeof flags =>
  name !== undefined && Object.hasOwn(flags, name)

export const problem = ([name, ...words]: ReadonlyArray<string>): CommandFailed | undefined => {
  if (!isCommand(name)) {
    return undefined
  }
  const plain = [...everywhere, ...flags[name].plain]
  const valued = [...everywhereValued, ...flags[name].valued]
  const help = `see yunmo ${name} --help`
  let files = 0
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ""
    const [option = ""] = word.split("=", 1)
    if (!word.startsWith("-") || word === "-") {
      files++
    } else if (valued.includes(option)) {
      if (word === option && (words[++at] ?? "--").startsWith("--")) {
        return usage(`The option ${option} wants a value; ${help}.`)
      }
    } else if (!plain.includes(option)) {
      return usage(
        /secret|key|pass/i.test(option)
          ? "A secret does not belong on the command line, where other users can read it; set YUNMO_SECRET_KEY, or name a file that holds it with --key-file."
          : `There is no option ${/^--[a-z][a-z-]{0,30}$/.test(option) ? option : "of that name"}; ${help}.`
      )
    } else if (word !== option && !/^--[a-z-]+=(?:true|false)$/.test(word)) {
      return usage(`The option ${option} takes no value; ${help}.`)
    }
  }
  return files > 1 ? usage(`One file at most is read, and more were given; ${help}.`) : undefined
}

/** The options of a command that want a value, or those of them that may be given several times. */
const repeated = (name: string): ReadonlyArray<string> => (isCommand(name) ? flags[name].valued : [])

/** With `--option=value` as two words: the parser misses one behind another of the same name. */
export const normal = ([name, ...words]: ReadonlyArray<string>): ReadonlyArray<string> => {
  if (name === undefined) {
    return []
  }
  const valued = repeated(name)
  const split = words.flatMap((word) => {
    const at = word.indexOf("=")
    return at !== -1 && valued.includes(word.slice(0, at)) ? [word.slice(0, at), word.slice(at + 1)] : [word]
  })
  return [name, ...split]
}

const usage = (sentence: string): CommandFailed => new CommandFailed({ code: "Usage", sentence })

/** Whether JSON was asked for, as far as it can be told of words that are wrong. */
export const wantsJson = (words: ReadonlyArray<string>): boolean => words.includes("--json")
