/** `yunmo trigger` and `yunmo inspect`: what happens in a running sandbox, and what is to be seen there. */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import type { Name } from "../internal/sandboxControl.js"

const names: ReadonlyArray<Name> = ["trigger", "inspect"]

export const isName = (word: string | undefined): word is Name => names.some((name) => name === word)

/** Loaded when it is wanted, as the sandbox itself. */
export const run = (name: Name, words: ReadonlyArray<string>): Effect.Effect<void> =>
  Effect.flatMap(
    Effect.promise(() => import("../internal/sandboxControl.js")),
    (control) => control.run(name, words)
  )

/** For the list of commands: the words behind it are read by a table of their own, see `internal/words.ts`. */
const listed = (name: Name, noun: string, description: string) =>
  Command.make(
    name,
    {
      first: Args.text({ name: noun }),
      rest: Args.text({ name: "option" }).pipe(Args.repeated)
    },
    ({ first, rest }) => run(name, [first, ...rest])
  ).pipe(Command.withDescription(description))

export const trigger = listed(
  "trigger",
  "event",
  "Makes something happen in a running sandbox: a KYC that passes, a shop that takes money, a bad day. yunmo trigger --help lists the events."
)

export const inspect = listed(
  "inspect",
  "view",
  "Shows what is in a running sandbox, and what happened there. yunmo inspect --help lists the views."
)
