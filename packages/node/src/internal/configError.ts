import type * as ConfigError from "effect/ConfigError"
import { hints } from "./hints.js"

interface Problem {
  readonly name: string
  readonly problem: string
}

const problemsOf = (error: ConfigError.ConfigError): ReadonlyArray<Problem> => {
  switch (error._op) {
    case "And":
    case "Or":
      return [...problemsOf(error.left), ...problemsOf(error.right)]
    case "MissingData":
      return [{ name: error.path.join("_"), problem: "is not set" }]
    case "InvalidData":
    case "SourceUnavailable":
    case "Unsupported":
      return [{ name: error.path.join("_"), problem: error.message }]
  }
}

const line = ({ name, problem }: Problem): string => {
  const hint = hints[name]
  // Some problems are the end of a sentence that begins with the name, some are sentences of their own.
  const told = /^[A-Z]/.test(problem) ? `: ${problem.replace(/\.$/, "")}` : ` ${problem}`
  return `  ${name}${told}${hint === undefined ? "" : ` (${hint})`}`
}

/** One message for all settings that are wrong, in the order they were read. */
export const describeConfigError = (app: string, error: ConfigError.ConfigError): string => {
  const lines = [...new Set(problemsOf(error).map(line))]
  return `${app} cannot start: ${lines.length === 1 ? "a setting is" : `${lines.length} settings are`} missing or wrong.
${lines.join("\n")}
Set them in the environment or in a .env file; .env.example lists them all.
`
}
