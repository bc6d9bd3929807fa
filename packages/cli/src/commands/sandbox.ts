/** `yunmo sandbox`: the vendor on this machine, as a server of its own. */

import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import { entry } from "../internal/sandboxOptions.js"
import type { Failure } from "../internal/sandboxProgram.js"
import type * as Words from "../internal/words.js"

export const isName = (word: string | undefined): word is "sandbox" => word === entry.name

/** Loaded when it is wanted: the other commands start in half the time without it. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<void, Failure, FileSystem> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/sandboxProgram.js")),
    (program) => program.run(words)
  )

const asOption = ({ about, flag, value }: Words.Option): Options.Options<unknown> => {
  const name = flag.slice(2)
  return value === undefined
    ? Options.withDescription(Options.boolean(name), about)
    : Options.text(name).pipe(Options.withPseudoName(value), Options.withDescription(about), Options.optional)
}

/** For the completions of shells: the words behind it are read by a table of their own, see `internal/words.ts`. */
export const command = Command.make(
  entry.name,
  Object.fromEntries(entry.options.map((option) => [option.flag, asOption(option)]))
).pipe(Command.withDescription(entry.about))
